//! One session triggers events that the server emits to everybody, itself included.

use std::{collections::VecDeque, time::Instant};

use crate::{
    error::Error,
    fleet::Workload,
    latency::{Latency, Percentiles},
    load::Load,
    packet::Event,
    session::Session,
};

/// The most rounds in flight: what one receiver has had of them is a word of bits.
pub(crate) const MAX_IN_FLIGHT: usize = 64;

pub(crate) struct Broadcast {
    event: Event,
    in_flight: usize,
    receivers: Vec<Receiver>,
    /// Rounds that some receiver has not had, oldest first; the first is number `finished`.
    flying: VecDeque<Round>,
    finished: u64,
    deliveries: u64,
    out_of_order: u64,
    latency: Latency,
}

struct Round {
    triggered_at: Instant,
    missing: usize,
}

/// Which rounds one receiver has had: all below `next`, and those whose bit is set,
/// bit `i` being number `next + i`.
#[derive(Clone, Copy, Default)]
struct Receiver {
    next: u64,
    beyond: u64,
}

impl Broadcast {
    pub(crate) fn new(in_flight: usize, payload_bytes: usize) -> Result<Self, Error> {
        Ok(Self {
            event: Event::new("broadcast", payload_bytes),
            in_flight: in_flight.min(MAX_IN_FLIGHT),
            receivers: Vec::new(),
            flying: VecDeque::new(),
            finished: 0,
            deliveries: 0,
            out_of_order: 0,
            latency: Latency::new()?,
        })
    }

    /// Fills up the rounds in flight, in one write.
    fn trigger(&mut self, sessions: &mut [impl Session]) -> Result<(), Error> {
        let missing = sessions.len();
        let Some(sender) = sessions.first_mut() else {
            return Ok(());
        };
        while self.flying.len() < self.in_flight {
            let number = self.finished + self.flying.len() as u64;
            sender.emit(self.event.numbered(number));
            self.flying.push_back(Round {
                triggered_at: Instant::now(),
                missing,
            });
        }
        sender.flush()
    }
}

impl Receiver {
    /// Returns whether the round came in its order, or `None` if it had come before.
    fn take(&mut self, round: u64) -> Option<bool> {
        let ahead = round.checked_sub(self.next)?;
        let bit = 1_u64.checked_shl(u32::try_from(ahead).ok()?)?;
        if self.beyond & bit != 0 {
            return None;
        }
        self.beyond |= bit;
        let had = self.beyond.trailing_ones();
        self.next += u64::from(had);
        self.beyond = self.beyond.checked_shr(had).unwrap_or(0);
        Some(ahead == 0)
    }
}

impl<S: Session> Workload<S> for Broadcast {
    fn handle_event(
        &mut self,
        now: Instant,
        from: usize,
        _session: &mut S,
        event: &[u8],
    ) -> Result<(), Error> {
        let number = self.event.number_of(event)?;
        let round = number.checked_sub(self.finished);
        let round = round.and_then(|place| self.flying.get_mut(usize::try_from(place).ok()?));
        let in_order = self.receivers.get_mut(from).and_then(|r| r.take(number));
        let (Some(round), Some(in_order)) = (round, in_order) else {
            let what = format!("round {number} to session {from}, which is not due it");
            return Err(Error::Server(what));
        };
        round.missing -= 1;
        self.latency.record(now - round.triggered_at);
        self.deliveries += 1;
        self.out_of_order += u64::from(!in_order);
        Ok(())
    }

    fn handle_turn(&mut self, sessions: &mut [S]) -> Result<(), Error> {
        while self.flying.front().is_some_and(|round| round.missing == 0) {
            self.flying.pop_front();
            self.finished += 1;
        }
        self.trigger(sessions)
    }
}

impl<S: Session> Load<S> for Broadcast {
    fn start(&mut self, sessions: &mut [S]) -> Result<(), Error> {
        self.receivers.resize(sessions.len(), Receiver::default());
        self.trigger(sessions)
    }

    fn forget_latencies(&mut self) {
        self.latency.clear();
    }

    fn units(&self) -> u64 {
        self.deliveries
    }

    fn out_of_order(&self) -> u64 {
        self.out_of_order
    }

    fn latency(&self) -> Percentiles {
        self.latency.percentiles()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::{Broadcast, Receiver};
    use crate::{fleet::Workload as _, load::Load as _, session::Recorder};

    #[test]
    fn a_round_ends_when_all_have_it_and_another_begins() {
        let mut load = Broadcast::new(2, 128).unwrap();
        let mut sessions = [Recorder::default(), Recorder::default()];
        load.start(&mut sessions).unwrap();
        let emitted = sessions[0].emitted.clone();
        assert_eq!(emitted.len(), 2);

        for (receiver, round, triggered) in [(0, 0, 2), (0, 1, 2), (1, 0, 3), (1, 1, 4)] {
            let session = &mut sessions[receiver];
            load.handle_event(Instant::now(), receiver, session, &emitted[round])
                .unwrap();
            load.handle_turn(&mut sessions).unwrap();
            assert_eq!(sessions[0].emitted.len(), triggered);
        }
        assert!(sessions[1].emitted.is_empty());
        assert_eq!((load.deliveries, load.out_of_order), (4, 0));
    }

    #[test]
    fn a_delivery_that_comes_twice_or_early_fails_the_run() {
        let mut load = Broadcast::new(1, 128).unwrap();
        let mut sessions = [Recorder::default(), Recorder::default()];
        load.start(&mut sessions).unwrap();
        let round = sessions[0].emitted[0].clone();
        let early = load.event.numbered(1).to_vec();
        let now = Instant::now();
        load.handle_event(now, 0, &mut sessions[0], &round).unwrap();
        assert!(load.handle_event(now, 0, &mut sessions[0], &round).is_err());
        assert!(load.handle_event(now, 1, &mut sessions[1], &early).is_err());
    }

    #[test]
    fn a_receiver_takes_each_round_once_in_any_order() {
        let mut receiver = Receiver::default();
        assert_eq!(receiver.take(0), Some(true));
        assert_eq!(receiver.take(0), None);
        assert_eq!(receiver.take(3), Some(false));
        assert_eq!(receiver.take(3), None);
        assert_eq!(receiver.take(1), Some(true));
        assert_eq!(receiver.take(2), Some(true));
        assert_eq!(receiver.take(4), Some(true));
        assert_eq!(receiver.take(4 + 65), None);
    }

    #[test]
    fn a_receiver_takes_as_many_rounds_as_there_are_bits() {
        let mut receiver = Receiver::default();
        for round in (1..64).rev() {
            assert_eq!(receiver.take(round), Some(false));
        }
        assert_eq!(receiver.take(0), Some(true));
        assert_eq!((receiver.next, receiver.beyond), (64, 0));
    }
}
