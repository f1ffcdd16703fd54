use std::collections::BTreeMap;

use encke_protocol::Time;
use encke_protocol::socket::{Slot, SocketEvent, Sockets};

/// Who is in which namespace, as the application knows it.
#[derive(Default)]
pub(crate) struct Stays {
    stays: BTreeMap<Slot, Stay>,
}

#[derive(Default)]
struct Stay {
    is_joined: bool,
    is_over: bool,
    /// The acks that the application waits for, and until when.
    waiting: BTreeMap<u64, Time>,
}

impl Stays {
    /// The stays in the order in which they were asked for.
    pub(crate) fn slots(&self) -> impl Iterator<Item = Slot> {
        self.stays.keys().copied()
    }

    /// Whether it was asked for and not answered.
    pub(crate) fn is_asked(&self, slot: Slot) -> bool {
        self.stays
            .get(&slot)
            .is_some_and(|stay| !stay.is_joined && !stay.is_over)
    }

    /// Whether it is joined, or asked for and not answered.
    pub(crate) fn is_present(&self, slot: Slot) -> bool {
        self.stays.get(&slot).is_some_and(|stay| !stay.is_over)
    }

    fn is_joined(&self, slot: Slot) -> bool {
        self.stays
            .get(&slot)
            .is_some_and(|stay| stay.is_joined && !stay.is_over)
    }

    /// Whether any namespace was ever joined.
    pub(super) fn was_joined(&self) -> bool {
        self.stays.values().any(|stay| stay.is_joined)
    }

    /// Whether anything is waited for: an ack, or the first namespace.
    pub(super) fn awaits(&self) -> bool {
        !self.was_joined() || self.stays.values().any(|stay| !stay.waiting.is_empty())
    }

    fn stay(&mut self, slot: Slot) -> &mut Stay {
        self.stays.get_mut(&slot).expect("a stay that began")
    }

    pub(super) fn join(&mut self, slot: Slot) {
        self.stay(slot).is_joined = true;
    }

    /// Either side has ended a stay, or the application has refused it.
    pub(super) fn leave(&mut self, slot: Slot) {
        let stay = self.stay(slot);
        assert!(!std::mem::replace(&mut stay.is_over, true), "over again");
        stay.waiting.clear();
    }

    pub(super) fn expect_ack(&mut self, slot: Slot, id: u64, until: Time) {
        self.stay(slot).waiting.insert(id, until);
    }

    pub(super) fn expire(&mut self, now: Time, slot: Slot, id: u64) {
        let until = self.stay(slot).waiting.remove(&id);
        let until = until.expect("an ack that was waited for");
        assert!(until <= now, "an ack expired at {now:?}, due {until:?}");
    }

    /// Enters what a client did.
    pub(super) fn enter(&mut self, event: &SocketEvent) {
        match event {
            SocketEvent::Connect { slot, .. } => {
                assert!(self.slots().all(|known| known < *slot), "{slot:?} again");
                self.stays.insert(*slot, Stay::default());
            }
            SocketEvent::Event { slot, .. } => {
                assert!(self.is_joined(*slot), "an event of {slot:?}");
            }
            SocketEvent::Ack { slot, id, .. } => {
                assert!(self.is_joined(*slot), "an ack of {slot:?}");
                let waited = self.stay(*slot).waiting.remove(id);
                assert!(waited.is_some(), "nobody waits for ack {id} of {slot:?}");
            }
            SocketEvent::Leave { slot } => self.leave(*slot),
        }
    }

    /// Whether the session knows the same.
    pub(super) fn check(&self, sockets: &Sockets) {
        let present = self.stays.values().filter(|stay| !stay.is_over);
        assert_eq!(present.count(), sockets.len());
        for (slot, stay) in &self.stays {
            assert_eq!(sockets.expects_ack(*slot), !stay.waiting.is_empty());
        }
    }

    /// Whether no ack is waited for too long once all that is due was done.
    pub(super) fn check_punctual(&self, now: Time) {
        for until in self.stays.values().flat_map(|stay| stay.waiting.values()) {
            assert!(now < *until, "an ack that was due at {until:?}");
        }
    }
}
