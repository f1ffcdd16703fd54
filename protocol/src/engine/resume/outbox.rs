use crate::Outgoing;
use crate::engine::queue::Queue;
use crate::mutate::{Rule, is_broken};

/// The messages to the peer: those it has not confirmed, and behind them those that are queued.
///
/// ```text
///       confirmed        on this leg            sent
///  ---------|-----------------|--------------------|- - - - - - - -
///   forgotten              retained                   queued, without numbers yet
/// ```
///
/// Spec: PROTOCOL.md, Numbering.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Outbox {
    confirmed: u64,
    /// How many of the retained are on the current leg.
    written: usize,
    /// What it keeps is the retained.
    pub(super) queue: Queue,
    /// What the retained that are not on the current leg cost.
    unwritten_cost: usize,
}

/// What a peer's count is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Count {
    /// It has confirmed more before.
    Stale,
    /// It may be.
    Valid,
    /// It never got as many.
    BeyondSent,
}

impl Outbox {
    pub(super) const fn judge(&self, count: u64) -> Count {
        if count > self.sent() {
            Count::BeyondSent
        } else if count < self.confirmed {
            Count::Stale
        } else {
            Count::Valid
        }
    }

    /// Forgets what the peer has, and gives what that cost. A count that is not valid does nothing.
    pub(super) fn confirm(&mut self, count: u64) -> usize {
        if self.judge(count) != Count::Valid {
            return 0;
        }
        // It is no more than are retained.
        let peer_has = usize::try_from(count - self.confirmed).unwrap_or(usize::MAX);
        let on_leg = peer_has.min(self.written);
        let released = self.queue.forget(on_leg);
        let elsewhere = self.queue.forget(peer_has - on_leg);
        self.confirmed = count;
        self.written -= on_leg;
        self.unwritten_cost -= elsewhere;
        released + elsewhere
    }

    /// A new leg begins behind what is confirmed.
    pub(super) fn rewind(&mut self) {
        self.written = 0;
        let retained = (0..self.queue.kept()).filter_map(|number| self.queue.kept_at(number));
        self.unwritten_cost = retained.map(Outgoing::cost).sum();
    }

    /// The next message for the current leg.
    pub(super) fn write(&mut self) -> Option<Outgoing> {
        let message = if self.written == self.queue.kept() {
            self.queue.keep()?
        } else {
            let message = self.queue.kept_at(self.written)?.clone();
            self.unwritten_cost -= message.cost();
            message
        };
        self.written += 1;
        if is_broken(Rule::ConfirmedByPeerOnly) {
            self.confirm(self.confirmed + self.written as u64);
        }
        Some(message)
    }

    /// Whether the current leg has carried everything.
    pub(super) fn is_written(&self) -> bool {
        self.queue.is_empty() && self.written == self.queue.kept()
    }

    /// What it costs that the current leg has not carried.
    pub(super) const fn unwritten(&self) -> usize {
        self.unwritten_cost + self.queue.cost()
    }

    /// Number of the last message that was on any leg.
    pub(super) const fn sent(&self) -> u64 {
        self.confirmed + self.queue.kept() as u64
    }

    /// How many messages wait to be confirmed.
    pub(super) const fn retained(&self) -> usize {
        self.queue.kept()
    }

    /// Forgets everything; the session is over.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
