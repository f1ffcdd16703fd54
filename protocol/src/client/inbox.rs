use std::time::Duration;

use crate::untold::Untold;
use crate::{Message, Time};

/// How many of the server's messages were taken, and when to tell it.
///
/// Spec: PROTOCOL.md, Confirming.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Inbox {
    received: u64,
    untold: Untold,
    /// When to tell it at the latest.
    until: Option<Time>,
}

const WAIT: Duration = Duration::from_secs(1);

impl Inbox {
    pub(super) const fn received(&self) -> u64 {
        self.received
    }

    pub(super) fn take(&mut self, now: Time, message: &Message) {
        self.received += 1;
        self.untold.add(message.len());
        self.until.get_or_insert(now + WAIT);
    }

    /// When a duplex leg is to carry the count.
    pub(super) const fn deadline(&self) -> Option<Time> {
        self.until
    }

    /// Whether a duplex leg should carry the count now, to a server whose buffer has so many bytes.
    pub(super) fn is_due(&self, now: Time, buffer: usize) -> bool {
        self.untold.is_due(buffer) || self.until.is_some_and(|until| until <= now)
    }

    /// The count, which the server is now told.
    pub(super) fn tell(&mut self) -> u64 {
        self.untold = Untold::default();
        self.until = None;
        self.received
    }
}
