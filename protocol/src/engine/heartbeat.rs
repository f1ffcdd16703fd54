use std::time::Duration;

use crate::Time;

/// When to ping, and how long to wait for the pong.
///
/// ```text
///            ping_at              put on a leg
///   Quiet ------------>  Due  -------------------> Awaiting
///     ^                   |                         |    |
///     |                   +--- until: dead          |    +--- until: dead
///     +----------------------------- pong ----------+
/// ```
///
/// Only a pong counts: data does not prolong life, and a pong that nobody asked for changes
/// nothing. Spec: PROTOCOL.md, Heartbeat.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Heartbeat {
    state: State,
    /// While the session's inbox is full its pong may be among what is not read.
    held: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum State {
    Quiet { ping_at: Time },
    Due { until: Time },
    Awaiting { until: Time },
}

impl Heartbeat {
    /// The first ping comes an interval after the handshake, never at once.
    pub(super) fn new(now: Time, interval: Duration) -> Self {
        Self {
            state: State::Quiet {
                ping_at: now + interval,
            },
            held: false,
        }
    }

    /// On a new leg what was asked on the former one is forgotten, and the interval begins anew.
    pub(super) fn restart(&mut self, now: Time, interval: Duration) {
        self.state = State::Quiet {
            ping_at: now + interval,
        };
    }

    pub(super) fn deadline(&self) -> Option<Time> {
        match self.state {
            State::Quiet { ping_at } => Some(ping_at),
            State::Awaiting { .. } if self.held => None,
            State::Due { until } | State::Awaiting { until } => Some(until),
        }
    }

    /// Moves on if the deadline has passed. True: the client is silent for too long.
    pub(super) fn handle_timeout(&mut self, now: Time, timeout: Duration) -> bool {
        match self.state {
            State::Quiet { ping_at } => {
                if ping_at <= now {
                    self.state = State::Due {
                        until: now + timeout,
                    };
                }
                false
            }
            State::Due { until } => until <= now,
            State::Awaiting { until } => !self.held && until <= now,
        }
    }

    /// Whether a ping waits for a leg.
    pub(super) const fn is_due(&self) -> bool {
        matches!(self.state, State::Due { .. })
    }

    /// The ping that was due was put on a leg.
    pub(super) fn handle_ping_written(&mut self, now: Time, timeout: Duration) {
        match self.state {
            State::Due { .. } => {
                self.state = State::Awaiting {
                    until: now + timeout,
                }
            }
            State::Quiet { .. } | State::Awaiting { .. } => {}
        }
    }

    pub(super) fn handle_pong(&mut self, now: Time, interval: Duration) {
        match self.state {
            State::Awaiting { .. } => {
                self.state = State::Quiet {
                    ping_at: now + interval,
                }
            }
            State::Quiet { .. } | State::Due { .. } => {}
        }
    }

    /// Reading stops: the pong can not be expected.
    pub(super) const fn hold(&mut self) {
        self.held = true;
    }

    /// Reading goes on: the client has a whole timeout again.
    pub(super) fn release(&mut self, now: Time, timeout: Duration) {
        if std::mem::take(&mut self.held)
            && let State::Awaiting { until } = &mut self.state
        {
            *until = now + timeout;
        }
    }
}
