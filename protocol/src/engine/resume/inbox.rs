use crate::untold::Untold;

/// The numbers of the peer's messages, and whether it is time to tell that they came.
///
/// Spec: PROTOCOL.md, Numbering and Confirming.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Inbox {
    received: u64,
    untold: Untold,
}

impl Inbox {
    /// How many messages were taken.
    pub(super) const fn received(&self) -> u64 {
        self.received
    }

    /// Whether nothing is left out if the next message has this number.
    pub(super) const fn follows(&self, number: u64) -> bool {
        number >= 1 && number <= self.received + 1
    }

    /// Whether the message of this number is new. If it is, it counts as taken.
    pub(super) const fn take(&mut self, number: u64, bytes: usize) -> bool {
        let is_new = number == self.received + 1;
        if is_new {
            self.received = number;
            self.untold.add(bytes);
        }
        is_new
    }

    /// Whether it is time to tell the peer, whose buffer has so many bytes.
    pub(super) const fn is_due(&self, buffer: usize) -> bool {
        self.untold.is_due(buffer)
    }

    /// Whether there is anything to tell.
    pub(super) const fn is_untold(&self) -> bool {
        !self.untold.is_empty()
    }

    /// The count, for the peer.
    pub(super) fn tell(&mut self) -> u64 {
        self.untold = Untold::default();
        self.received
    }
}
