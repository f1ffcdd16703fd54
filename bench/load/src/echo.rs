//! Every session keeps some events in flight, each of which comes back to it alone.

use std::{collections::VecDeque, time::Instant};

use crate::{
    error::Error,
    fleet::Workload,
    latency::{Latency, Percentiles},
    load::Load,
    packet::Event,
    session::Session,
};

pub(crate) struct Echo {
    event: Event,
    in_flight: usize,
    lanes: Vec<Lane>,
    echoes: u64,
    out_of_order: u64,
    latency: Latency,
}

/// One session's events that have not come back, oldest first.
#[derive(Default)]
struct Lane {
    emitted: u64,
    flying: VecDeque<(u64, Instant)>,
}

impl Echo {
    pub(crate) fn new(in_flight: usize, payload_bytes: usize) -> Result<Self, Error> {
        Ok(Self {
            event: Event::new("echo", payload_bytes),
            in_flight,
            lanes: Vec::new(),
            echoes: 0,
            out_of_order: 0,
            latency: Latency::new()?,
        })
    }
}

impl Lane {
    fn emit(&mut self, now: Instant, event: &mut Event, session: &mut impl Session) {
        session.emit(event.numbered(self.emitted));
        self.flying.push_back((self.emitted, now));
        self.emitted += 1;
    }
}

impl<S: Session> Workload<S> for Echo {
    fn handle_event(
        &mut self,
        now: Instant,
        from: usize,
        session: &mut S,
        event: &[u8],
    ) -> Result<(), Error> {
        let number = self.event.number_of(event)?;
        let lane = self.lanes.get_mut(from);
        let found = lane.and_then(|lane| {
            let place = lane
                .flying
                .iter()
                .position(|(flying, _)| *flying == number)?;
            let (_, emitted_at) = lane.flying.remove(place)?;
            Some((lane, place, emitted_at))
        });
        let Some((lane, place, emitted_at)) = found else {
            let what = format!("echo {number} to session {from}, which has not asked for it");
            return Err(Error::Server(what));
        };
        self.latency.record(now - emitted_at);
        self.echoes += 1;
        self.out_of_order += u64::from(place > 0);
        lane.emit(now, &mut self.event, session);
        Ok(())
    }
}

impl<S: Session> Load<S> for Echo {
    fn start(&mut self, sessions: &mut [S]) -> Result<(), Error> {
        self.lanes.resize_with(sessions.len(), Lane::default);
        for (lane, session) in self.lanes.iter_mut().zip(sessions) {
            for _ in 0..self.in_flight {
                lane.emit(Instant::now(), &mut self.event, session);
            }
            session.flush()?;
        }
        Ok(())
    }

    fn forget_latencies(&mut self) {
        self.latency.clear();
    }

    fn units(&self) -> u64 {
        self.echoes
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

    use super::Echo;
    use crate::{fleet::Workload as _, load::Load as _, session::Recorder};

    fn started() -> (Echo, Recorder) {
        let (mut echo, mut sessions) = (Echo::new(3, 32).unwrap(), [Recorder::default()]);
        echo.start(&mut sessions).unwrap();
        let [session] = sessions;
        assert_eq!(session.emitted.len(), 3);
        (echo, session)
    }

    #[test]
    fn each_echo_emits_the_next_event() {
        let (mut echo, mut session) = started();
        for number in 0..100 {
            let event = session.emitted[number].clone();
            echo.handle_event(Instant::now(), 0, &mut session, &event)
                .unwrap();
            assert_eq!(session.emitted.len(), number + 4);
        }
        assert_eq!((echo.echoes, echo.out_of_order), (100, 0));
    }

    #[test]
    fn an_overtaking_echo_is_counted() {
        let (mut echo, mut session) = started();
        for number in [1, 0, 3, 2] {
            let event = session.emitted[number].clone();
            echo.handle_event(Instant::now(), 0, &mut session, &event)
                .unwrap();
        }
        assert_eq!((echo.echoes, echo.out_of_order), (4, 2));
    }

    #[test]
    fn an_echo_that_was_not_asked_for_fails_the_run() {
        let (mut echo, mut session) = started();
        let [first, second, ..] = session.emitted.as_slice() else {
            panic!("too few emitted")
        };
        let (first, second) = (first.clone(), second.clone());
        let now = Instant::now();
        echo.handle_event(now, 0, &mut session, &first).unwrap();
        assert!(echo.handle_event(now, 0, &mut session, &first).is_err());
        assert!(echo.handle_event(now, 1, &mut session, &second).is_err());
    }
}
