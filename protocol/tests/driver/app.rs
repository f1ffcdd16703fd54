use std::time::Duration;

use encke_protocol::socket::{Encoded, Slot, connect_error};
use encke_protocol::{CloseReason, Outgoing, Sid};

use super::Driver;

/// What an application does.
impl Driver {
    pub(crate) fn send_message(&mut self, message: &Outgoing) {
        self.books.send(message);
        self.call(|session, _, out| session.send_message(message, out));
    }

    pub(crate) fn send(&mut self, packet: &Encoded) {
        for message in packet.messages() {
            self.books.send(message);
        }
        self.call(|session, _, out| session.send(packet, out));
    }

    pub(crate) fn close(&mut self, reason: CloseReason) {
        self.call(|session, now, out| session.handle_close(now, reason, out));
        assert!(!self.session.engine().is_open());
    }

    pub(crate) fn abort(&mut self, reason: CloseReason) {
        self.call(|session, _, out| session.handle_abort(reason, out));
        assert!(self.session.is_closed());
    }

    /// Too much is unhandled: nothing is read for now.
    pub(crate) fn hold(&mut self) {
        self.books.hold();
        self.call(|session, _, _| session.hold());
    }

    pub(crate) fn release(&mut self) {
        self.books.release(self.now);
        self.call(|session, now, _| session.release(now));
    }

    /// Lets a client in.
    pub(crate) fn accept(&mut self, slot: Slot, sid: Sid) {
        let is_asked = self.books.stays.is_asked(slot);
        let sockets = self.session.sockets().expect("a session with namespaces");
        let packet = sockets.accept(slot, sid);
        assert_eq!(packet.is_some(), is_asked);
        if let Some(packet) = packet {
            self.books.stays.join(slot);
            self.send(&packet);
        }
    }

    /// Turns a client away.
    pub(crate) fn refuse(&mut self, slot: Slot, message: &str) {
        let is_asked = self.books.stays.is_asked(slot);
        let sockets = self.session.sockets().expect("a session with namespaces");
        let nsp = sockets.refuse(slot);
        assert_eq!(nsp.is_some(), is_asked);
        if let Some(nsp) = nsp {
            self.books.stays.leave(slot);
            self.send(&connect_error::<()>(&nsp, message, None).expect("JSON"));
        }
    }

    /// Takes a client out of a namespace.
    pub(crate) fn leave(&mut self, slot: Slot) {
        let is_present = self.books.stays.is_present(slot);
        let sockets = self.session.sockets().expect("a session with namespaces");
        let packet = sockets.leave(slot);
        assert_eq!(packet.is_some(), is_present);
        if let Some(packet) = packet {
            self.books.stays.leave(slot);
            self.send(&packet);
        }
    }

    /// Sends an event, and waits for its ack if there is an id.
    pub(crate) fn emit(&mut self, slot: Slot, packet: &Encoded, ack: Option<(u64, Duration)>) {
        let sockets = self.session.sockets().expect("a session with namespaces");
        if let Some((id, timeout)) = ack {
            let until = self.now + timeout;
            let is_present = self.books.stays.is_present(slot);
            assert_eq!(sockets.expect_ack(slot, id, until), is_present);
            if is_present {
                self.books.stays.expect_ack(slot, id, until);
            }
        }
        self.send(packet);
    }
}
