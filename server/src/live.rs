use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use bytestring::ByteString;
use encke_protocol::Sid;
use encke_protocol::socket::{self, EncodeError, Encoded, Offset, Payload, Slot};

use crate::error::SendError;
use crate::gauge::{Gauge, packet_cost};
use crate::handshake::Handshake;
use crate::hub::Hub;
use crate::mail::{Key, Mail};
use crate::mailbox::Mailbox;
use crate::order::Order;
use crate::recovery::Audience;
use crate::room::Room;
use crate::state::States;

/// A namespace as its sockets know it.
pub(crate) struct Space {
    pub(crate) name: ByteString,
    /// Ids of acks, unicast and broadcast alike, so that a broadcast that asks for answers is
    /// encoded once.
    pub(crate) next_ack: AtomicU64,
    pub(crate) hub: Arc<Hub>,
}

impl Space {
    /// Encodes an event that may be missed: with its offset, if such events are kept.
    pub(crate) fn encode<P: Payload + ?Sized>(
        &self,
        event: &str,
        payload: &P,
    ) -> Result<(Encoded, Option<Offset>), EncodeError> {
        match &self.hub.recovery {
            None => Ok((socket::event(&self.name, None, event, payload)?, None)),
            Some(store) => {
                let offset = store.next_offset();
                let packet = socket::event_at(&self.name, offset, event, payload)?;
                Ok((packet, Some(offset)))
            }
        }
    }
}

/// What a handle of a socket knows even when the socket is over.
pub(crate) struct Ident {
    pub(crate) id: Sid,
    pub(crate) space: Arc<Space>,
    pub(crate) mailbox: Arc<Mailbox>,
    pub(crate) key: Key,
    pub(crate) slot: Slot,
    /// Whether it goes on where a connection was lost.
    pub(crate) recovered: bool,
}

/// What lives as long as the socket: its shard has the only strong reference.
pub(crate) struct Live {
    pub(crate) gauge: Arc<Gauge>,
    pub(crate) handshake: Handshake,
    pub(crate) auth: Option<ByteString>,
    shared: Mutex<Shared>,
}

#[derive(Default)]
pub(crate) struct Shared {
    /// Whether the client was let in; until then nothing can be sent.
    pub(crate) joined: bool,
    /// Whether the client has lost its leg, and what is sent waits for it.
    pub(crate) away: bool,
    pub(crate) rooms: Vec<Room>,
    /// Rooms taken by calls that the shard has yet to carry out.
    pub(crate) joining: usize,
    pub(crate) extensions: States,
}

impl Live {
    pub(crate) fn new(gauge: Arc<Gauge>, handshake: Handshake, auth: Option<ByteString>) -> Self {
        Self {
            gauge,
            handshake,
            auth,
            shared: Mutex::default(),
        }
    }

    /// Held for a look or a change of a field, on any thread.
    pub(crate) fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What every handle of a socket is made of: weak, and usable from any thread.
#[derive(Clone)]
pub(crate) struct Handle {
    pub(crate) ident: Arc<Ident>,
    live: Weak<Live>,
}

impl Handle {
    pub(crate) fn new(ident: &Arc<Ident>, live: &Arc<Live>) -> Self {
        Self {
            ident: Arc::clone(ident),
            live: Arc::downgrade(live),
        }
    }

    pub(crate) fn live(&self) -> Option<Arc<Live>> {
        self.live.upgrade()
    }

    /// What is there while something can be sent.
    pub(crate) fn joined(&self) -> Result<Arc<Live>, SendError> {
        let live = self.live().ok_or(SendError::Closed)?;
        let joined = live.shared().joined;
        joined.then_some(live).ok_or(SendError::Closed)
    }

    /// Hands an order to the socket's shard.
    pub(crate) fn order(&self, order: Order) -> Result<(), SendError> {
        let Ident {
            id,
            ref space,
            ref mailbox,
            key,
            slot,
            ..
        } = *self.ident;
        match (order, &space.hub.recovery) {
            (
                Order::Emit {
                    packet,
                    offset: Some(offset),
                    ..
                },
                Some(store),
            ) => {
                let audience = Audience::Socket(space.name.clone(), id);
                let mut posted = Ok(());
                store.append(Instant::now(), offset, packet, audience, |event| {
                    posted = mailbox.post(Mail::SocketKept(key, slot, Arc::clone(event)));
                    posted.is_ok()
                });
                mailbox.catch_up();
                posted
            }
            (order, _) => mailbox.deliver_bounded(Mail::Socket(key, slot, order)),
        }
    }

    /// Sends a packet that counts against `max_buffer`, as the order that `order` makes of it.
    pub(crate) fn send(
        &self,
        packet: Encoded,
        order: impl FnOnce(Encoded) -> Order,
    ) -> Result<(), SendError> {
        let live = self.joined()?;
        let cost = packet_cost(&packet);
        if !live.gauge.reserve(cost) {
            return Err(SendError::Full);
        }
        self.order(order(packet))
            .inspect_err(|_| live.gauge.release(cost))
    }
}
