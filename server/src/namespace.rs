use std::fmt;
use std::sync::{Arc, PoisonError};

use bytestring::ByteString;
use encke_protocol::socket::{Payload, is_reserved};

use crate::broadcast::{AskAll, Broadcast, SocketList};
use crate::directory::Table;
use crate::error::SendError;
use crate::handler::{Handler, erase};
use crate::handlers::{EventHandler, Handlers};
use crate::live::Space;
use crate::room::IntoRooms;

/// A namespace: its handlers are registered here, and its sockets are reached from here.
///
/// [`Encke::of`](crate::Encke::of) gives one by name. [`Encke::of_pattern`](crate::Encke::of_pattern)
/// gives the handlers of every namespace whose name fits: a `Namespace<Pattern>`, which has no
/// sockets of its own. Handlers registered later serve the sockets that connect later.
#[derive(Clone)]
pub struct Namespace<K = Fixed> {
    table: Table,
    kind: K,
}

/// A namespace that has a name.
#[derive(Clone)]
pub struct Fixed(Arc<Space>);

/// Namespaces that are made on demand.
#[derive(Debug, Clone)]
pub struct Pattern(());

impl<K> Namespace<K> {
    /// Decides who may join. `Err` refuses the client, with what it says; without such a handler
    /// everybody may.
    ///
    /// It may keep things with the socket ([`Socket::insert`](crate::Socket::insert)) and put it
    /// into rooms, but can not send to it yet.
    ///
    /// # Panics
    ///
    /// When the handler returns a `Result` whose error is not `Into<encke::Error>` or a
    /// [`Reject`](crate::Reject), as do all that register one.
    pub fn authorize<M>(&self, handler: impl Handler<M>) -> &Self {
        let handler = erase(handler);
        self.change(|handlers| handlers.authorize = Some(handler))
    }

    /// Runs when a client has joined, before any of its events.
    ///
    /// # Panics
    ///
    /// As [`Namespace::authorize`].
    pub fn on_connect<M>(&self, handler: impl Handler<M>) -> &Self {
        let handler = erase(handler);
        self.change(|handlers| handlers.connect = Some(handler))
    }

    /// Handles an event. The events of one socket are handled one at a time, in the order in which
    /// they came; those of other sockets never wait for them.
    ///
    /// # Panics
    ///
    /// As [`Namespace::authorize`], and when the name is one that Socket.IO reserves: `connect`,
    /// `connect_error`, `disconnect`, `disconnecting`, `newListener`, `removeListener`.
    pub fn on<M>(&self, event: &str, handler: impl Handler<M>) -> &Self {
        self.insert(event, handler, false)
    }

    /// Handles an event without holding up the socket's next ones: they may be handled, and
    /// answered, before this one is done.
    ///
    /// # Panics
    ///
    /// As [`Namespace::on`].
    pub fn on_concurrent<M>(&self, event: &str, handler: impl Handler<M>) -> &Self {
        self.insert(event, handler, true)
    }

    /// Runs before the handler of every event. Its return value is dropped, so it does not
    /// answer.
    ///
    /// # Panics
    ///
    /// As [`Namespace::authorize`].
    pub fn on_any<M>(&self, handler: impl Handler<M>) -> &Self {
        let handler = erase(handler);
        self.change(|handlers| handlers.any = Some(handler))
    }

    /// Handles events that no other handler is registered for. Without it they are counted, and
    /// answered with the error code `unknown_event`.
    ///
    /// # Panics
    ///
    /// As [`Namespace::authorize`].
    pub fn on_fallback<M>(&self, handler: impl Handler<M>) -> &Self {
        let handler = erase(handler);
        self.change(|handlers| handlers.fallback = Some(handler))
    }

    /// Runs when a socket is over, after its other handlers are done.
    ///
    /// # Panics
    ///
    /// As [`Namespace::authorize`].
    pub fn on_disconnect<M>(&self, handler: impl Handler<M>) -> &Self {
        let handler = erase(handler);
        self.change(|handlers| handlers.disconnect = Some(handler))
    }

    /// Runs when a client has lost its connection and may come back: what is emitted meanwhile waits
    /// for it, up to `max_buffer`.
    ///
    /// Only a session of Encke's own client outlives its connection. If the client is back before
    /// this has run, it does not run. See [`Builder::resume_window`](crate::Builder::resume_window).
    ///
    /// # Panics
    ///
    /// As [`Namespace::authorize`].
    pub fn on_detach<M>(&self, handler: impl Handler<M>) -> &Self {
        let handler = erase(handler);
        self.change(|handlers| handlers.detach = Some(handler))
    }

    /// Runs when a client that was away is back, in order with its events. Nothing was lost.
    ///
    /// # Panics
    ///
    /// As [`Namespace::authorize`].
    pub fn on_resume<M>(&self, handler: impl Handler<M>) -> &Self {
        let handler = erase(handler);
        self.change(|handlers| handlers.resume = Some(handler))
    }

    fn insert<M>(&self, event: &str, handler: impl Handler<M>, concurrent: bool) -> &Self {
        assert!(!is_reserved(event), "the event name `{event}` is reserved");
        let handler = EventHandler {
            handler: erase(handler),
            concurrent,
        };
        let event = ByteString::from(event);
        self.change(|handlers| {
            handlers.events.insert(event, handler);
        })
    }

    fn change(&self, change: impl FnOnce(&mut Handlers)) -> &Self {
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        change(Arc::make_mut(&mut table));
        self
    }
}

impl Namespace<Pattern> {
    pub(crate) const fn pattern(table: Table) -> Self {
        Self {
            table,
            kind: Pattern(()),
        }
    }
}

impl Namespace<Fixed> {
    pub(crate) const fn fixed(table: Table, space: Arc<Space>) -> Self {
        Self {
            table,
            kind: Fixed(space),
        }
    }

    /// Everybody in it.
    pub fn broadcast(&self) -> Broadcast {
        Broadcast::new(Arc::clone(&self.kind.0))
    }

    /// Everybody in this room, or in one of these rooms.
    pub fn to(&self, rooms: impl IntoRooms) -> Broadcast {
        self.broadcast().to(rooms)
    }

    /// Everybody but those in this room, or in one of these rooms.
    pub fn except(&self, rooms: impl IntoRooms) -> Broadcast {
        self.broadcast().except(rooms)
    }

    /// Sends an event to everybody. See [`Broadcast::emit`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn emit<P: Payload + ?Sized>(&self, event: &str, payload: &P) -> Result<(), SendError> {
        self.broadcast().emit(event, payload)
    }

    /// Sends an event to everybody and collects the answers. See [`Broadcast::emit_with_ack`].
    pub fn emit_with_ack<P: Payload + ?Sized>(&self, event: &str, payload: &P) -> AskAll {
        self.broadcast().emit_with_ack(event, payload)
    }

    /// Its sockets, of every node that answers.
    pub async fn sockets(&self) -> SocketList {
        self.broadcast().sockets().await
    }

    /// Disconnects everybody. See [`Broadcast::disconnect`].
    ///
    /// # Errors
    ///
    /// As there.
    pub fn disconnect(&self, close: bool) -> Result<(), SendError> {
        self.broadcast().disconnect(close)
    }
}

impl fmt::Debug for Fixed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Fixed").field(&self.0.name).finish()
    }
}

impl<K: fmt::Debug> fmt::Debug for Namespace<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Namespace").field(&self.kind).finish()
    }
}
