//! How long units of work took.

use std::time::Duration;

use hdrhistogram::Histogram;
use serde::Serialize;

use crate::error::Error;

const LONGEST: Duration = Duration::from_secs(60);

/// A histogram with three significant digits, from a nanosecond to a minute.
pub(crate) struct Latency(Histogram<u64>);

/// Microseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Percentiles {
    pub(crate) p50: f64,
    pub(crate) p90: f64,
    pub(crate) p99: f64,
    pub(crate) p999: f64,
    pub(crate) max: f64,
}

impl Latency {
    pub(crate) fn new() -> Result<Self, Error> {
        Histogram::new_with_bounds(1, nanoseconds(LONGEST), 3)
            .map(Self)
            .map_err(|error| Error::Usage(error.to_string()))
    }

    pub(crate) fn record(&mut self, time: Duration) {
        self.0.saturating_record(nanoseconds(time));
    }

    pub(crate) fn clear(&mut self) {
        self.0.reset();
    }

    pub(crate) fn percentiles(&self) -> Percentiles {
        let at = |quantile| microseconds(self.0.value_at_quantile(quantile));
        Percentiles {
            p50: at(0.5),
            p90: at(0.9),
            p99: at(0.99),
            p999: at(0.999),
            max: microseconds(self.0.max()),
        }
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

fn microseconds(nanoseconds: u64) -> f64 {
    Duration::from_nanos(nanoseconds).as_secs_f64() * 1e6
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Latency;

    #[test]
    fn percentiles_are_in_microseconds() {
        let mut latency = Latency::new().unwrap();
        for ms in 1..=100 {
            latency.record(Duration::from_millis(ms));
        }
        let found = latency.percentiles();
        assert!((found.p50 / 50_000.0 - 1.0).abs() < 0.002, "{found:?}");
        assert!((found.max / 100_000.0 - 1.0).abs() < 0.002, "{found:?}");
        latency.clear();
        latency.record(Duration::from_millis(1));
        assert!(latency.percentiles().max < 1_001.0);
    }
}
