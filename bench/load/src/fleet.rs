//! All the sessions of one measurement, in one thread, behind one epoll.

use std::{
    io::ErrorKind,
    rc::Rc,
    time::{Duration, Instant},
};

use mio::{Events, Poll};

use crate::{
    error::Error,
    session::{Session, Stage},
    target::Target,
};

/// Longer than any server may be silent while something is asked of it.
const PATIENCE: Duration = Duration::from_secs(30);
/// Longest sleep in one turn: clocks are looked at between turns.
const LONGEST_SLEEP: Duration = Duration::from_millis(20);

/// How to wait for the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// In the kernel.
    Sleeping,
    /// Asking again and again. A sleeping generator has to be woken, the server's
    /// send pays for that, and how often it happens depends on the generator's speed:
    /// measured, 10 % of a delivery. Clients elsewhere cost a server no wake-ups.
    Spinning,
}

/// What a mode does with the events that arrive.
pub(crate) trait Workload<S> {
    /// `from` is the session's place in the fleet, `now` when its bytes are being read.
    ///
    /// # Errors
    ///
    /// For an event that should not be.
    fn handle_event(
        &mut self,
        now: Instant,
        from: usize,
        session: &mut S,
        event: &[u8],
    ) -> Result<(), Error>;

    /// Called once all that was ready has been read.
    fn handle_turn(&mut self, _sessions: &mut [S]) -> Result<(), Error> {
        Ok(())
    }
}

/// The workload of sessions that do nothing: any event is one too many.
pub(crate) struct Idle;

impl<S> Workload<S> for Idle {
    fn handle_event(&mut self, _: Instant, _: usize, _: &mut S, event: &[u8]) -> Result<(), Error> {
        let event = String::from_utf8_lossy(event);
        Err(Error::Server(format!(
            "an event to an idle session: {event}"
        )))
    }
}

pub(crate) struct Fleet<S> {
    target: Rc<Target>,
    waiting: Waiting,
    poll: Poll,
    events: Events,
    sessions: Vec<S>,
    joined: usize,
    left: usize,
    /// The one read buffer.
    scratch: Vec<u8>,
    last_event: Instant,
    worked: Duration,
}

impl<S: Session> Fleet<S> {
    pub(crate) fn new(target: Target, waiting: Waiting) -> Result<Self, Error> {
        Ok(Self {
            target: Rc::new(target),
            waiting,
            poll: Poll::new().map_err(Error::io("make an epoll"))?,
            events: Events::with_capacity(1024),
            sessions: Vec::new(),
            joined: 0,
            left: 0,
            scratch: Vec::new(),
            last_event: Instant::now(),
            worked: Duration::ZERO,
        })
    }

    /// Time spent on anything but waiting, since this fleet was made.
    pub(crate) fn worked(&self) -> Duration {
        self.worked
    }

    pub(crate) fn sessions(&mut self) -> &mut [S] {
        &mut self.sessions
    }

    /// Opens `count` more sessions, at most `at_once` of them unfinished at any time,
    /// and returns when all have joined.
    pub(crate) fn open(&mut self, count: usize, at_once: usize) -> Result<(), Error> {
        let goal = self.sessions.len() + count;
        self.last_event = Instant::now();
        while self.joined < goal {
            while self.sessions.len() < goal.min(self.joined + at_once) {
                let first_token = self.sessions.len() * S::WIRES;
                let session = S::open(&self.target, self.poll.registry(), first_token)?;
                self.sessions.push(session);
            }
            self.turn(&mut Idle)?;
            self.check_patience(|| format!("{goal} sessions to open"))?;
        }
        Ok(())
    }

    /// Ends every session, at most `at_once` of them unfinished at any time.
    pub(crate) fn close(&mut self, at_once: usize) -> Result<(), Error> {
        let goal = self.sessions.len();
        let mut leaving = 0;
        self.last_event = Instant::now();
        while self.left < goal {
            while let Some(session) = self.sessions.get_mut(leaving)
                && leaving < self.left + at_once
            {
                session.leave()?;
                leaving += 1;
                self.left += usize::from(session.stage() == Stage::Left);
            }
            self.turn(&mut Idle)?;
            self.check_patience(|| format!("{goal} sessions to close"))?;
        }
        Ok(())
    }

    /// Lets `workload` run until `end`.
    ///
    /// # Errors
    ///
    /// When the server is silent for [`PATIENCE`], besides what the workload refuses.
    pub(crate) fn run_until(
        &mut self,
        end: Instant,
        workload: &mut impl Workload<S>,
    ) -> Result<(), Error> {
        self.last_event = Instant::now();
        while Instant::now() < end {
            self.turn(workload)?;
            self.check_patience(|| "an event that is in flight".into())?;
        }
        Ok(())
    }

    /// Waits until something is ready, or briefly, and handles all that is.
    fn turn(&mut self, workload: &mut impl Workload<S>) -> Result<(), Error> {
        let longest_wait = match self.waiting {
            Waiting::Sleeping => LONGEST_SLEEP,
            Waiting::Spinning => Duration::ZERO,
        };
        match self.poll.poll(&mut self.events, Some(longest_wait)) {
            Err(source) if source.kind() != ErrorKind::Interrupted => {
                return Err(Error::Io {
                    doing: "wait for the server",
                    source,
                });
            }
            _ => {}
        }
        if self.events.is_empty() {
            return Ok(());
        }
        let start = Instant::now();
        for event in &self.events {
            let now = Instant::now();
            self.last_event = now;
            let (from, wire) = (event.token().0 / S::WIRES, event.token().0 % S::WIRES);
            // None: a wire that was dropped after its event was already fetched.
            let Some(session) = self.sessions.get_mut(from) else {
                continue;
            };
            let before = session.stage();
            session.handle_ready(wire, &mut self.scratch, &mut |session, event| {
                workload.handle_event(now, from, session, event)
            })?;
            if before != session.stage() {
                match session.stage() {
                    Stage::Opening => {}
                    Stage::Joined => self.joined += 1,
                    Stage::Left => self.left += 1,
                }
            }
        }
        workload.handle_turn(&mut self.sessions)?;
        self.worked += start.elapsed();
        Ok(())
    }

    fn check_patience(&self, waiting_for: impl FnOnce() -> String) -> Result<(), Error> {
        if self.last_event.elapsed() < PATIENCE {
            return Ok(());
        }
        Err(Error::Stalled {
            waiting_for: waiting_for(),
        })
    }
}
