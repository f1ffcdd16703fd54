use crate::Outgoing;

/// What came on a duplex leg since the peer was told a count.
///
/// The peer keeps all of it, and once that fills its buffer it sends nothing more: the count has to go
/// out before. More often than that it only costs. Spec: PROTOCOL.md, Confirming.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(crate) struct Untold {
    messages: u8,
    /// As it counts against a buffer.
    cost: usize,
}

/// Messages after which the count is told.
const MESSAGES: u8 = 100;
/// The cost after which it is, unless a quarter of the peer's buffer is less.
const COST: usize = 64 * 1024;

impl Untold {
    pub(crate) const fn add(&mut self, bytes: usize) {
        self.messages = self.messages.saturating_add(1);
        let cost = bytes.saturating_add(Outgoing::OVERHEAD);
        self.cost = self.cost.saturating_add(cost);
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.messages == 0
    }

    /// Whether the count is to be told now, to a peer with a buffer of so many bytes.
    pub(crate) const fn is_due(&self, buffer: usize) -> bool {
        if self.is_empty() {
            return false;
        }
        let quarter = buffer / 4;
        let most = if quarter < COST { quarter } else { COST };
        self.messages >= MESSAGES || self.cost >= most
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told_after(bytes: usize, buffer: usize) -> usize {
        let mut untold = Untold::default();
        let mut messages = 0;
        while !untold.is_due(buffer) {
            untold.add(bytes);
            messages += 1;
        }
        messages
    }

    #[test]
    fn small_messages_are_told_by_number() {
        assert_eq!(told_after(0, usize::MAX), 100);
        assert_eq!(told_after(400, 1 << 20), 100);
    }

    #[test]
    fn large_ones_by_what_they_cost() {
        assert_eq!(told_after(1024 - 64, usize::MAX), 64);
        assert_eq!(told_after(usize::MAX, usize::MAX), 1);
    }

    #[test]
    fn sooner_where_the_peer_keeps_little() {
        assert_eq!(told_after(192, 4096), 4);
        assert_eq!(told_after(0, 0), 1);
    }
}
