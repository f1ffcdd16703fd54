use std::collections::VecDeque;
use std::fmt;

use crate::Outgoing;
use crate::mutate::{Rule, is_broken};

/// The messages that the server has yet to confirm.
///
/// ```text
///            confirmed             sent               last
///  ------------|--------------------|-----------------|
///   forgotten     was put somewhere    was put nowhere
/// ```
///
/// Spec: PROTOCOL.md, Numbering.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Outbox {
    /// Messages `confirmed + 1 ..= last`.
    log: VecDeque<Outgoing>,
    confirmed: u64,
    sent: u64,
    /// Bytes of the log, 64 counted for each message beyond its own.
    bytes: usize,
}

/// Why a message was not taken; it is given back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SendError {
    /// There is no session yet, or none any more.
    NotOpen(Outgoing),
    /// What the server has not confirmed would pass `buffer`.
    Full(Outgoing),
    /// It is longer than `maxPayload`.
    TooLarge(Outgoing),
}

impl fmt::Display for SendError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NotOpen(_) => "no session is open",
            Self::Full(_) => "the server has too much to confirm",
            Self::TooLarge(_) => "the message is larger than the server takes",
        })
    }
}

impl std::error::Error for SendError {}

/// A count of messages that were never sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Overcount;

impl Outbox {
    /// Numbers a message and retains it, if it fits.
    pub(super) fn push(&mut self, message: Outgoing, buffer: usize) -> Result<(), SendError> {
        let bytes = self.bytes + message.len() + Outgoing::OVERHEAD;
        if bytes > buffer {
            return Err(SendError::Full(message));
        }
        self.bytes = bytes;
        self.log.push_back(message);
        Ok(())
    }

    /// Takes the server's count. True if it says something new.
    pub(super) fn confirm(&mut self, count: u64) -> Result<bool, Overcount> {
        if count > self.sent {
            return Err(Overcount);
        }
        let is_news = count > self.confirmed;
        while self.confirmed < count {
            if let Some(message) = self.log.pop_front() {
                self.bytes -= message.len() + Outgoing::OVERHEAD;
            }
            self.confirmed += 1;
        }
        Ok(is_news)
    }

    pub(super) const fn confirmed(&self) -> u64 {
        self.confirmed
    }

    /// Number of the last message, whether it was put anywhere or not.
    pub(super) fn last(&self) -> u64 {
        self.confirmed + self.log.len() as u64
    }

    /// Retained bytes, as `buffer` counts them.
    pub(super) const fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether nothing is retained.
    pub(super) fn is_confirmed(&self) -> bool {
        self.log.is_empty()
    }

    /// A retained message.
    pub(super) fn get(&self, number: u64) -> Option<&Outgoing> {
        let index = number.checked_sub(self.confirmed + 1)?;
        self.log.get(usize::try_from(index).ok()?)
    }

    /// Messages up to this one were put somewhere.
    pub(super) fn mark_sent(&mut self, number: u64) {
        self.sent = self.sent.max(number);
        if is_broken(Rule::ConfirmedByPeerOnly) {
            let _ = self.confirm(number);
        }
    }
}

/// How far a duplex leg has carried messages up.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Cursor {
    /// Number of the next message to write.
    next: u64,
    /// The number that the server gives the next message on this leg, if it has been told one.
    counted: Option<u64>,
}

/// What goes up next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// `8`: the next message has this number.
    Sequence(u64),
    Message(Outgoing),
}

impl Cursor {
    /// Of leg 0, on which messages begin at number 1.
    pub(super) const FIRST: Self = Self {
        next: 1,
        counted: Some(1),
    };

    /// Of any other leg.
    pub(super) const NEW: Self = Self {
        next: 1,
        counted: None,
    };

    /// Whether everything was written, or need not be.
    pub(super) fn is_done(&self, outbox: &Outbox) -> bool {
        self.next.max(outbox.confirmed() + 1) > outbox.last()
    }

    /// The next packet; what the server confirmed by another way is left out.
    pub(super) fn write(&mut self, outbox: &mut Outbox) -> Option<Step> {
        if self.is_done(outbox) {
            return None;
        }
        self.next = self.next.max(outbox.confirmed() + 1);
        let is_told = self.counted.is_some() && is_broken(Rule::SequenceAfterSkip);
        if self.counted != Some(self.next) && !is_told {
            self.counted = Some(self.next);
            return Some(Step::Sequence(self.next));
        }
        let message = outbox.get(self.next)?.clone();
        outbox.mark_sent(self.next);
        self.next += 1;
        self.counted = Some(self.next);
        Some(Step::Message(message))
    }
}
