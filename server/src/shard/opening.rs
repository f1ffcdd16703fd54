use std::rc::Rc;
use std::sync::Arc;

use encke_protocol::engine::{Leg, Mode, Opening, Packet};
use encke_protocol::{Layer, Outgoing, Session, Sid};

use super::core::Core;
use super::entry::{Entry, Inbox};
use super::inbound::new_sid;
use super::outlet::{Outlet, Reading, Streaming};
use crate::bare::Bare;
use crate::gauge::Gauge;
use crate::handshake::{Handshake, Transport};
use crate::mail::{Ends, Key};
use crate::registry::{Address, Place};

/// A session that was just made.
pub(crate) struct Opened {
    pub(crate) address: Address,
    pub(crate) sid: Sid,
    /// The first packet, for the exchange that opened it.
    pub(crate) open: Packet<Outgoing>,
}

impl Core {
    /// Makes a session, on leg 0 if what opened it goes on.
    pub(super) fn open(
        &mut self,
        handshake: Handshake,
        mode: Mode,
        ends: Ends,
        gauge: Arc<Gauge>,
    ) -> Opened {
        let hub = Arc::clone(self.hub());
        let sid = new_sid();
        if self.sessions.is_empty() {
            self.clock.wake();
        }
        let now = self.clock.now();
        let (opening, transport, outlet) = match ends {
            Ends::Poll(transport) => (Opening::Polling, transport, None),
            Ends::Stream(ends) => {
                let transport = Transport::from(ends.framing);
                let streaming = Streaming::new(ends, now, &hub.options);
                (Opening::Stream, transport, Some(Outlet::Stream(streaming)))
            }
            Ends::WebSocket(ends) => {
                let outlet = Outlet::WebSocket(Reading(ends));
                (Opening::WebSocket, Transport::WebSocket, Some(outlet))
            }
        };
        let is_bare = self.directory.bare().is_some();
        let layer = if is_bare {
            Layer::Bare
        } else {
            Layer::SocketIo
        };
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
            legs: outlet
                .map(|outlet| (Leg::FIRST, outlet))
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
