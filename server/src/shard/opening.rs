use std::rc::Rc;
use std::sync::Arc;

use encke_protocol::engine::{Leg, Mode, Opening, Packet};
use encke_protocol::{Layer, Outgoing, Session, Sid};

use super::core::Core;
use super::entry::{Entry, Inbox};
use super::inbound::new_sid;
use super::outlet::{Outlet, Reading};
use crate::bare::Bare;
use crate::gauge::Gauge;
use crate::handshake::{Handshake, Transport};
use crate::mail::{Key, WebSocketEnds};
use crate::registry::{Address, Place};

/// A session that was just made.
pub(crate) struct Opened {
    pub(crate) address: Address,
    pub(crate) sid: Sid,
    /// The first packet, for the exchange that opened it.
    pub(crate) open: Packet<Outgoing>,
}

impl Core {
    /// Makes a session, on leg 0 if it is opened by a WebSocket.
    pub(super) fn open(
        &mut self,
        handshake: Handshake,
        mode: Mode,
        socket: Option<WebSocketEnds>,
        gauge: Arc<Gauge>,
    ) -> Opened {
        let hub = Arc::clone(self.hub());
        let sid = new_sid();
        let (opening, transport) = match socket {
            Some(_) => (Opening::WebSocket, Transport::WebSocket),
            None => (Opening::Polling, Transport::Polling),
        };
        let is_bare = self.directory.bare().is_some();
        let layer = if is_bare {
            Layer::Bare
        } else {
            Layer::SocketIo
        };
        if self.sessions.is_empty() {
            self.clock.wake();
        }
        let now = self.clock.now();
        let config = Arc::clone(&hub.options.session);
        let (session, open) = Session::new(now, sid, opening, mode, layer, config);
        self.generation = self.generation.wrapping_add(1);
        let generation = self.generation;
        let index = self.sessions.insert(Entry {
            generation,
            number: hub.next_number(),
            sid,
            opened: now,
            session,
            transport,
            handshake,
            gauge: Arc::clone(&gauge),
            legs: socket
                .map(|ends| (Leg::FIRST, Outlet::WebSocket(Reading(ends))))
                .into_iter()
                .collect(),
            members: Vec::new(),
            bare: is_bare.then(|| Rc::new(Bare::new(Arc::clone(&gauge)))),
            timer: None,
            dirty: false,
            inbox: Inbox::default(),
            absence: None,
        });
        let address = Address {
            mailbox: Arc::clone(&self.mailbox),
            key: Key::new(index, generation),
        };
        let place = Place {
            address: address.clone(),
            gauge,
        };
        hub.registry.insert(sid, place);
        self.meters.sessions(transport).increment(1.0);
        self.settle(address.key);
        Opened { address, sid, open }
    }
}
