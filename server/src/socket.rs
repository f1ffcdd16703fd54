use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use encke_protocol::socket::{self, Payload};
use encke_protocol::{CloseReason, Sid};

use crate::ask::Ask;
use crate::broadcast::Broadcast;
use crate::emitter::Emitter;
use crate::error::SendError;
use crate::handshake::Handshake;
use crate::live::{Handle, Ident, Live};
use crate::order::{Delivery, Order};
use crate::room::{IntoRooms, Room};

/// A client in a namespace.
///
/// A handle: clone it, keep it, use it from any thread. It is weak, so keeping one keeps nothing
/// of the connection alive, and using one whose socket is over is an error and nothing worse.
#[derive(Clone)]
pub struct Socket(Handle);

impl Socket {
    pub(crate) const fn new(handle: Handle) -> Self {
        Self(handle)
    }

    /// Its id: what the client knows as `socket.id`, and the name of a room it is alone in.
    ///
    /// Other clients may know it; it says nothing about the session below.
    pub fn id(&self) -> Sid {
        self.ident().id
    }

    /// The namespace it is in.
    pub fn namespace(&self) -> &str {
        &self.ident().space.name
    }

    /// Whether the client is in the namespace, be it attached or away.
    pub fn connected(&self) -> bool {
        self.live().is_some_and(|live| live.shared().joined)
    }

    /// Whether a connection carries it now. While its client is away and may come back it is
    /// connected and not attached: what is emitted waits.
    pub fn attached(&self) -> bool {
        self.live().is_some_and(|live| {
            let shared = live.shared();
            shared.joined && !shared.away
        })
    }

    /// Whether it goes on where the client's connection was lost: with the same id and the same
    /// rooms, and with the events that it has missed. Never without
    /// [`Builder::recovery`](crate::Builder::recovery).
    ///
    /// It is what to ask in `on_connect` before everything is set up anew; and in `authorize`, where
    /// it says what becomes of a client that is let in.
    pub fn recovered(&self) -> bool {
        self.ident().recovered
    }

    /// The request that opened its session; none once the socket is over.
    pub fn handshake(&self) -> Option<Handshake> {
        self.live().map(|live| live.handshake.clone())
    }

    /// Sends an event.
    ///
    /// A tuple becomes several arguments, `()` none, anything else one. A field that serialises as
    /// bytes travels as a binary attachment. The event is queued, never waited for.
    ///
    /// # Errors
    ///
    /// [`SendError::Full`] when it does not fit into `max_buffer` beside what the client has yet
    /// to read: nothing is changed by that, and it may be tried again later.
    /// [`SendError::Closed`] when the socket is over, [`SendError::Invalid`] when the value can
    /// not be encoded.
    pub fn emit<P: Payload + ?Sized>(&self, event: &str, payload: &P) -> Result<(), SendError> {
        let (packet, offset) = self.ident().space.encode(event, payload)?;
        self.0.send(packet, |packet| Order::Emit {
            packet,
            delivery: Delivery::Queued,
            offset,
        })
    }

    /// What is emitted by this is dropped if the client is behind: if it has more than 16 KiB yet to
    /// read, 64 bytes counted for each message, or is away.
    ///
    /// `socket.volatile().emit("cursor", &position)`.
    pub fn volatile(&self) -> Emitter<'_> {
        Emitter::new(&self.0, Delivery::Volatile)
    }

    /// What is emitted by this takes the place of an older event with the same key that no transport
    /// has carried yet: a client that is slow or away gets the newest, and not one after the other.
    ///
    /// `socket.conflate("price:ENCK").emit("price", &price)`. It stands where the older one stood;
    /// to all other events the order is as ever.
    pub fn conflate(&self, key: &str) -> Emitter<'_> {
        Emitter::new(&self.0, Delivery::Conflated(key.into()))
    }

    /// Waits until less than half of `max_buffer` is in use, so that there is room again after
    /// [`SendError::Full`].
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`] when the session is over, or ends meanwhile.
    pub async fn ready(&self) -> Result<(), SendError> {
        let gauge = Arc::clone(&self.0.joined()?.gauge);
        // Nothing of the socket is held while it waits.
        if gauge.ready().await {
            Ok(())
        } else {
            Err(SendError::Closed)
        }
    }

    /// Sends an event and waits for the client's answer:
    /// `socket.emit_with_ack("event", &data).timeout(d).await`.
    pub fn emit_with_ack<P: Payload + ?Sized>(&self, event: &str, payload: &P) -> Ask {
        let id = self.ident().space.next_ack.fetch_add(1, Ordering::Relaxed);
        let packet = socket::event(self.namespace(), Some(id), event, payload);
        Ask::new(self.0.clone(), id, packet.map_err(SendError::from))
    }

    /// Everybody else in this room, or in one of these rooms.
    pub fn to(&self, rooms: impl IntoRooms) -> Broadcast {
        self.broadcast().to(rooms)
    }

    /// Everybody in the namespace, the socket itself included.
    pub fn all(&self) -> Broadcast {
        Broadcast::new(Arc::clone(&self.ident().space))
    }

    /// Everybody else in the namespace.
    pub fn broadcast(&self) -> Broadcast {
        self.all().except(self.id())
    }

    /// Puts the socket into a room, or several.
    ///
    /// # Errors
    ///
    /// [`SendError::Full`] when it would then be in more than `max_rooms`,
    /// [`SendError::Closed`] when it is over.
    pub fn join(&self, rooms: impl IntoRooms) -> Result<(), SendError> {
        let live = self.live().ok_or(SendError::Closed)?;
        let mut rooms = rooms.into_rooms();
        rooms.sort_unstable();
        rooms.dedup();
        {
            let mut shared = live.shared();
            rooms.retain(|room| !shared.rooms.contains(room));
            if rooms.is_empty() {
                return Ok(());
            }
            let limit = self.ident().space.hub.options.max_rooms;
            if shared.rooms.len() + shared.joining + rooms.len() > limit {
                return Err(SendError::Full);
            }
            shared.joining += rooms.len();
        }
        let count = rooms.len();
        self.0
            .order(Order::Join(rooms))
            .inspect_err(|_| live.shared().joining -= count)
    }

    /// Takes the socket out of a room, or several.
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`] when it is over.
    pub fn leave(&self, rooms: impl IntoRooms) -> Result<(), SendError> {
        self.live().ok_or(SendError::Closed)?;
        self.0.order(Order::Leave(rooms.into_rooms()))
    }

    /// The rooms it is in, sorted, its own left out. Empty once it is over.
    pub fn rooms(&self) -> Vec<Room> {
        let mut rooms = self
            .live()
            .map(|live| live.shared().rooms.clone())
            .unwrap_or_default();
        rooms.sort_unstable();
        rooms
    }

    /// Ends the socket; `close` ends the whole session with it, and so the client's sockets in
    /// other namespaces. What was emitted before is delivered first.
    ///
    /// # Errors
    ///
    /// [`SendError::Closed`] when it is over already.
    pub fn disconnect(&self, close: bool) -> Result<(), SendError> {
        self.live().ok_or(SendError::Closed)?;
        self.0.order(Order::Disconnect {
            reason: CloseReason::ServerNamespaceDisconnect,
            close,
        })
    }

    /// Keeps a value with the socket, for its handlers as [`Ext<T>`](crate::Ext). It is dropped
    /// with the socket. Gives back the value of that type which was there.
    pub fn insert<T: Send + Sync + 'static>(&self, value: T) -> Option<Arc<T>> {
        let live = self.live()?;
        let mut shared = live.shared();
        let former = shared.extensions.remove();
        shared.extensions.insert(Arc::new(value));
        former
    }

    /// The value of this type that was kept with [`Socket::insert`].
    pub fn extension<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.live()?.shared().extensions.find()
    }

    /// Takes the value of this type away.
    pub fn remove<T: Send + Sync + 'static>(&self) -> Option<Arc<T>> {
        self.live()?.shared().extensions.remove()
    }

    pub(crate) const fn handle(&self) -> &Handle {
        &self.0
    }

    pub(crate) fn ident(&self) -> &Ident {
        &self.0.ident
    }

    pub(crate) fn live(&self) -> Option<Arc<Live>> {
        self.0.live()
    }
}

impl fmt::Debug for Socket {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Socket")
            .field("namespace", &self.namespace())
            .field("connected", &self.connected())
            .finish_non_exhaustive()
    }
}

impl PartialEq for Socket {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id()
    }
}

impl Eq for Socket {}
