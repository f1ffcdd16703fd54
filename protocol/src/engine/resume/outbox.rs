use std::collections::VecDeque;

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
    retained: VecDeque<Outgoing>,
    /// How many of the retained are on the current leg.
    written: usize,
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

/// As for a queue that is empty again.
const IDLE_SLOTS: usize = 4;

impl Outbox {
    pub(super) fn judge(&self, count: u64) -> Count {
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
        let mut released = 0;
        while self.confirmed < count
            && let Some(message) = self.retained.pop_front()
        {
            self.confirmed += 1;
            released += message.cost();
            if self.written > 0 {
                self.written -= 1;
            } else {
                self.unwritten_cost -= message.cost();
            }
        }
        if self.retained.is_empty() && self.retained.capacity() > IDLE_SLOTS {
            self.retained = VecDeque::new();
        }
        released
    }

    /// A new leg begins behind what is confirmed.
    pub(super) fn rewind(&mut self) {
        self.written = 0;
        self.unwritten_cost = self.retained.iter().map(Outgoing::cost).sum();
    }

    /// The next message for the current leg.
    pub(super) fn write(&mut self) -> Option<Outgoing> {
        let message = if let Some(message) = self.retained.get(self.written) {
            self.unwritten_cost -= message.cost();
            message.clone()
        } else {
            let message = self.queue.pop()?;
            self.retained.push_back(message.clone());
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
        self.written == self.retained.len() && self.queue.is_empty()
    }

    /// What it costs that the current leg has not carried.
    pub(super) const fn unwritten(&self) -> usize {
        self.unwritten_cost + self.queue.cost()
    }

    /// Number of the last message that was on any leg.
    pub(super) fn sent(&self) -> u64 {
        self.confirmed + self.retained.len() as u64
    }

    /// How many messages wait to be confirmed.
    pub(super) fn retained(&self) -> usize {
        self.retained.len()
    }

    /// Forgets everything; the session is over.
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }
}
