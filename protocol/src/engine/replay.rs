use std::collections::VecDeque;

use crate::Outgoing;

/// Both directions' numbering, and the messages that may have to be sent (again).
///
/// The k-th message of a direction has number k; no number is on the wire while nothing breaks.
///
/// ```text
///            confirmed           written             sent
///  ------------|-------------------|------------------|
///   forgotten        on this leg         still to go
/// ```
///
/// A plain session has no way to confirm: what was put on a leg counts as confirmed, so both marks
/// move together and nothing is retained. Spec: PROTOCOL.md, Numbering.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Replay {
    /// Messages `confirmed + 1 ..= sent`.
    log: VecDeque<Outgoing>,
    confirmed: u64,
    received: u64,
}

/// A queue that is empty again keeps at most this many slots, so that an idle session costs
/// nothing for a burst it had once.
const IDLE_SLOTS: usize = 4;

impl Replay {
    /// Numbers a message and queues it.
    pub(super) fn send(&mut self, message: Outgoing) {
        self.log.push_back(message);
    }

    /// The next message for the current leg.
    pub(super) fn write(&mut self) -> Option<Outgoing> {
        let message = self.log.pop_front()?;
        self.confirmed += 1;
        if self.log.is_empty() && self.log.capacity() > IDLE_SLOTS {
            self.log = VecDeque::new();
        }
        Some(message)
    }

    /// Counts a message that came in order.
    pub(super) fn receive(&mut self) {
        self.received += 1;
    }

    /// Whether every message was put on a leg.
    pub(super) fn is_drained(&self) -> bool {
        self.log.is_empty()
    }

    /// Number of the last message sent.
    pub(super) fn sent(&self) -> u64 {
        self.confirmed + self.log.len() as u64
    }

    /// How many of the peer's messages were taken.
    pub(super) const fn received(&self) -> u64 {
        self.received
    }

    /// Forgets what was not written; the session is over.
    pub(super) fn clear(&mut self) {
        self.log = VecDeque::new();
    }
}
