use std::time::Duration;

/// How long to wait before the next try: not at all, then evenly spread up to a bound that doubles.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Backoff {
    /// Failures in a row.
    failures: u32,
    /// Waits that were drawn so far.
    draws: u64,
}

impl Backoff {
    /// The wait after a failure.
    pub(super) fn next(&mut self, seed: u64, min: Duration, max: Duration) -> Duration {
        let doublings = self.failures.checked_sub(1);
        self.failures = self.failures.saturating_add(1);
        let Some(doublings) = doublings else {
            return Duration::ZERO;
        };
        let bound = 2_u32
            .checked_pow(doublings)
            .and_then(|factor| min.checked_mul(factor))
            .map_or(max, |bound| bound.min(max));
        self.draws += 1;
        let ms = u64::try_from(bound.as_millis()).unwrap_or(u64::MAX);
        Duration::from_millis(mix(seed.wrapping_add(self.draws)) % ms.saturating_add(1))
    }

    /// It worked.
    pub(super) fn reset(&mut self) {
        self.failures = 0;
    }
}

/// The finalizer of `SplitMix64`: seeds that differ by one give numbers that have nothing in common.
const fn mix(seed: u64) -> u64 {
    let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIN: Duration = Duration::from_millis(500);
    const MAX: Duration = Duration::from_secs(10);

    #[test]
    fn at_once_and_then_within_a_bound_that_doubles() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.next(7, MIN, MAX), Duration::ZERO);
        for bound in [500, 1000, 2000, 4000, 8000, 10_000, 10_000] {
            let wait = backoff.next(7, MIN, MAX);
            assert!(wait <= Duration::from_millis(bound), "{wait:?} of {bound}");
        }
        backoff.failures = u32::MAX;
        assert!(backoff.next(7, MIN, MAX) <= MAX);
        backoff.reset();
        assert_eq!(backoff.next(7, MIN, MAX), Duration::ZERO);
    }

    #[test]
    fn waits_are_spread() {
        let mut backoff = Backoff::default();
        let waits: Vec<Duration> = (0..1000).map(|_| backoff.next(7, MAX, MAX)).collect();
        for tenth in 0..10 {
            let from = Duration::from_secs(tenth);
            let in_it = |wait: &&Duration| (from..from + Duration::from_secs(1)).contains(wait);
            let count = waits.iter().filter(in_it).count();
            assert!((60..140).contains(&count), "{count} of 1000 from {from:?}");
        }
    }
}
