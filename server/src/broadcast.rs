use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use encke_protocol::socket::{self, Args, Encoded, Payload};
use encke_protocol::{CloseReason, Sid};
use tokio::sync::mpsc;

use crate::adapter::{BoxFuture, NodeId};
use crate::error::SendError;
use crate::info::SocketInfo;
use crate::live::Space;
use crate::order::{Delivery, Order};
use crate::room::{IntoRooms, Room, Selection};

/// A selection of the sockets of a namespace, and what can be done with it.
///
/// `io.of("/").to("a").to("b").except("c")` is everybody in room a or b who is not in c. It works
/// from any thread, and reaches the sockets of every worker and, with an
/// [`Adapter`](crate::Adapter), of every node.
#[derive(Clone)]
#[must_use = "a selection does nothing by itself"]
pub struct Broadcast {
    space: Arc<Space>,
    rooms: Option<Vec<Room>>,
    except: Vec<Room>,
    delivery: Delivery,
}

impl Broadcast {
    pub(crate) const fn new(space: Arc<Space>) -> Self {
        Self {
            space,
            rooms: None,
            except: Vec::new(),
            delivery: Delivery::Queued,
        }
    }

    /// Adds a room, or several: a socket in any of them is selected, once. An empty list of rooms
    /// selects nobody.
    pub fn to(mut self, rooms: impl IntoRooms) -> Self {
        self.rooms
            .get_or_insert_default()
            .extend(rooms.into_rooms());
        self
    }

    /// Leaves out whoever is in this room, or in one of these rooms.
    pub fn except(mut self, rooms: impl IntoRooms) -> Self {
        self.except.extend(rooms.into_rooms());
        self
    }

    /// An event is dropped for a client that is behind; see [`Socket::volatile`]. Of no effect on
    /// what else is done with the selection.
    ///
    /// [`Socket::volatile`]: crate::Socket::volatile
    pub fn volatile(mut self) -> Self {
        self.delivery = Delivery::Volatile;
        self
    }

    /// An event takes the place of an older one with the same key that a client has yet to get; see
    /// [`Socket::conflate`]. Of no effect on what else is done with the selection.
    ///
    /// [`Socket::conflate`]: crate::Socket::conflate
    pub fn conflate(mut self, key: &str) -> Self {
        self.delivery = Delivery::Conflated(key.into());
        self
    }

    /// Sends an event to every selected socket. It is encoded once.
    ///
    /// A client for which it does not fit beside what it has yet to read is disconnected, with
    /// [`CloseReason::BufferFull`]; the others are not kept waiting.
    ///
    /// # Errors
    ///
    /// [`SendError::Full`] when a worker has more than 64 MiB of broadcasts before it,
    /// [`SendError::Invalid`] when the value can not be encoded.
    pub fn emit<P: Payload + ?Sized>(&self, event: &str, payload: &P) -> Result<(), SendError> {
        let (packet, offset) = if self.delivery == Delivery::Queued {
            self.space.encode(event, payload)?
        } else {
            let packet = socket::event(&self.space.name, None, event, payload)?;
            (packet, None)
        };
        self.order(&Order::Emit {
            packet,
            delivery: self.delivery.clone(),
            offset,
        })
    }

    /// Sends an event to every selected socket and collects their answers:
    /// `io.of("/").to("room").emit_with_ack("event", &data).timeout(d).await`.
    pub fn emit_with_ack<P: Payload + ?Sized>(&self, event: &str, payload: &P) -> AskAll {
        let id = self.space.next_ack.fetch_add(1, Ordering::Relaxed);
        let packet = socket::event(&self.space.name, Some(id), event, payload);
        AskAll {
            space: Arc::clone(&self.space),
            selection: self.selection(),
            id,
            packet: packet.map_err(SendError::from),
            timeout: None,
        }
    }

    /// The selected sockets, of every node that answers.
    pub async fn sockets(&self) -> SocketList {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        let order = Order::List(sender);
        let selection = self.selection();
        // A worker that takes no more mail is one that does not answer, and its sockets are
        // missing; there is no name for it.
        let complete = self.space.hub.select_here(&selection, &order).is_ok();
        let missing = self.space.hub.adapter.query(&selection, &order).await;
        drop(order);
        let mut sockets = Vec::new();
        while let Some(socket) = receiver.recv().await {
            sockets.push(socket);
        }
        SocketList {
            sockets,
            missing,
            complete,
        }
    }

    /// Puts every selected socket into a room, or several.
    ///
    /// # Errors
    ///
    /// [`SendError::Full`] as for [`Broadcast::emit`]. A socket that would be in more than
    /// `max_rooms` stays out, which is logged.
    pub fn join(&self, rooms: impl IntoRooms) -> Result<(), SendError> {
        let mut rooms = rooms.into_rooms();
        rooms.sort_unstable();
        rooms.dedup();
        self.order(&Order::Join(rooms))
    }

    /// Takes every selected socket out of a room, or several.
    ///
    /// # Errors
    ///
    /// [`SendError::Full`] as for [`Broadcast::emit`].
    pub fn leave(&self, rooms: impl IntoRooms) -> Result<(), SendError> {
        self.order(&Order::Leave(rooms.into_rooms()))
    }

    /// Disconnects every selected socket; `close` ends their whole sessions.
    ///
    /// # Errors
    ///
    /// [`SendError::Full`] as for [`Broadcast::emit`].
    pub fn disconnect(&self, close: bool) -> Result<(), SendError> {
        self.order(&Order::Disconnect {
            reason: CloseReason::ServerNamespaceDisconnect,
            close,
        })
    }

    fn order(&self, order: &Order) -> Result<(), SendError> {
        self.space.hub.select(&self.selection(), order)
    }

    fn selection(&self) -> Arc<Selection> {
        Arc::new(Selection {
            nsp: self.space.name.clone(),
            rooms: self.rooms.clone(),
            except: self.except.clone(),
        })
    }
}

/// What [`Broadcast::sockets`] found.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SocketList {
    /// The sockets of every node that answered.
    pub sockets: Vec<SocketInfo>,
    /// The nodes that did not.
    pub missing: Vec<NodeId>,
    /// False when a worker of this very node could not be asked.
    pub complete: bool,
}

/// An event that asks a selection of sockets for answers; made by
/// [`Broadcast::emit_with_ack`], sent when awaited.
#[must_use = "the event is sent when this is awaited"]
pub struct AskAll {
    space: Arc<Space>,
    selection: Arc<Selection>,
    id: u64,
    packet: Result<Encoded, SendError>,
    timeout: Option<Duration>,
}

impl AskAll {
    /// How long each client has to answer. Default: the builder's `ack_timeout`, 30 s.
    pub const fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }
}

/// The answers of a selection.
#[derive(Debug, Clone, Default)]
#[non_exhaustive]
pub struct Collected {
    /// Who answered, and what.
    pub answers: Vec<(Sid, Args)>,
    /// Who was asked and did not answer, in time or at all.
    pub missing: Vec<Sid>,
    /// Nodes that could not be asked.
    pub missing_nodes: Vec<NodeId>,
}

impl IntoFuture for AskAll {
    type Output = Result<Collected, SendError>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let hub = Arc::clone(&self.space.hub);
        let (answers, mut receiver) = mpsc::unbounded_channel();
        let timeout = self.timeout.unwrap_or(hub.options.ack_timeout);
        let order = self.packet.map(|packet| Order::Ask {
            packet,
            id: self.id,
            timeout,
            answers,
        });
        let selection = self.selection;
        // Sent now, so that it keeps its place among what this thread emits.
        let sent = order.and_then(|order| {
            hub.select_here(&selection, &order)?;
            Ok(order)
        });
        Box::pin(async move {
            let order = sent?;
            let mut collected = Collected {
                missing_nodes: hub.adapter.query(&selection, &order).await,
                ..Collected::default()
            };
            // Ours is the last sender that answers nothing.
            drop(order);
            while let Some(answer) = receiver.recv().await {
                match answer.result {
                    Ok(args) => collected.answers.push((answer.from, args)),
                    Err(_) => collected.missing.push(answer.from),
                }
            }
            Ok(collected)
        })
    }
}
