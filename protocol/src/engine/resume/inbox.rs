/// The numbers of the peer's messages, and whether it is time to tell that they came.
///
/// Spec: PROTOCOL.md, Numbering and Confirming.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Inbox {
    received: u64,
    /// Messages, and their bytes, since the peer was told last.
    messages: u8,
    bytes: usize,
}

/// Messages after which a count is sent.
const MESSAGES: u8 = 32;
/// Bytes after which a count is sent.
const BYTES: usize = 16 * 1024;

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
    pub(super) fn take(&mut self, number: u64, bytes: usize) -> bool {
        let is_new = number == self.received + 1;
        if is_new {
            self.received = number;
            self.messages = self.messages.saturating_add(1);
            self.bytes = self.bytes.saturating_add(bytes);
        }
        is_new
    }

    /// Whether it is time to tell the peer.
    pub(super) const fn is_due(&self) -> bool {
        self.messages >= MESSAGES || self.bytes >= BYTES
    }

    /// Whether there is anything to tell.
    pub(super) const fn is_untold(&self) -> bool {
        self.messages > 0
    }

    /// The count, for the peer.
    pub(super) fn tell(&mut self) -> u64 {
        self.messages = 0;
        self.bytes = 0;
        self.received
    }
}
