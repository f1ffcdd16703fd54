use std::time::Duration;

use encke_protocol::Time;
use tokio::time::Instant;

/// The shard's time: the system's, less the time in which the shard did not run.
///
/// When the process was stopped, or the machine slept, the clients were not silent: nobody was
/// listening. So a gap between two looks at the clock is left out of it, which shifts every
/// deadline, and deadlines rest for another moment, in which what the clients have sent is read.
/// Spec: PROTOCOL.md, Heartbeat.
#[derive(Debug)]
pub(super) struct Clock {
    start: Instant,
    /// Time that was left out.
    skipped: Duration,
    looked: Instant,
    /// The clock is looked at at least this often.
    tick: Duration,
    resting_until: Option<Instant>,
}

impl Clock {
    pub(super) fn new(tick: Duration) -> Self {
        let now = Instant::now();
        Self {
            start: now,
            skipped: Duration::ZERO,
            looked: now,
            tick,
            resting_until: None,
        }
    }

    /// How often the shard is to run at the least.
    pub(super) const fn tick(&self) -> Duration {
        self.tick
    }

    pub(super) fn now(&self) -> Time {
        self.at(Instant::now())
    }

    /// Looks at the clock. False while deadlines rest.
    pub(super) fn look(&mut self) -> bool {
        self.look_at(Instant::now())
    }

    /// The shard begins to run after a time in which it had nothing to do.
    pub(super) fn wake(&mut self) {
        self.looked = Instant::now();
    }

    fn at(&self, now: Instant) -> Time {
        Time::ZERO + now.duration_since(self.start).saturating_sub(self.skipped)
    }

    fn look_at(&mut self, now: Instant) -> bool {
        let gap = now.duration_since(self.looked);
        self.looked = now;
        if gap > 2 * self.tick {
            self.skipped += gap.saturating_sub(self.tick);
            self.resting_until = Some(now + self.tick);
        }
        self.resting_until = self.resting_until.filter(|until| *until > now);
        self.resting_until.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_gap_is_left_out_and_deadlines_rest() {
        let tick = Duration::from_millis(50);
        let mut clock = Clock::new(tick);
        let start = clock.start;
        assert!(clock.look_at(start + tick));
        assert_eq!(clock.at(start + tick), Time::from_millis(50));
        // The process stands still for ten seconds.
        let woken = start + tick + Duration::from_secs(10);
        assert!(!clock.look_at(woken));
        assert_eq!(clock.at(woken), Time::from_millis(100));
        assert!(clock.look_at(woken + tick));
        assert_eq!(clock.at(woken + tick), Time::from_millis(150));
    }
}
