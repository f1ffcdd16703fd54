use std::collections::BTreeMap;

use crate::Time;

/// The answers that the application waits for, each with the time when it stops waiting.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Acks {
    waiting: BTreeMap<u64, Time>,
    /// No deadline is earlier than this. Taking an answer leaves it, and so it may be too early,
    /// which costs one look through the table at most.
    earliest: Option<Time>,
}

impl Acks {
    pub(super) fn expect(&mut self, id: u64, until: Time) {
        self.waiting.insert(id, until);
        self.earliest = Some(self.earliest.map_or(until, |earliest| earliest.min(until)));
    }

    /// Whether the answer was waited for. It is not when it is unknown, late or repeated.
    pub(super) fn take(&mut self, id: u64) -> bool {
        let waited = self.waiting.remove(&id).is_some();
        if self.waiting.is_empty() {
            self.earliest = None;
        }
        waited
    }

    pub(super) const fn deadline(&self) -> Option<Time> {
        self.earliest
    }

    /// One of the answers that did not come in time.
    pub(super) fn take_expired(&mut self, now: Time) -> Option<u64> {
        if self.earliest.is_none_or(|earliest| earliest > now) {
            return None;
        }
        let expired = self.waiting.iter().find(|(_, until)| **until <= now);
        let expired = expired.map(|(id, _)| *id);
        match expired {
            Some(id) => {
                self.waiting.remove(&id);
            }
            None => self.earliest = self.waiting.values().min().copied(),
        }
        expired
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }
}
