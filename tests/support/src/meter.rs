//! What a server reports through the `metrics` facade.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use metrics::{
    Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit,
    set_global_recorder,
};

/// Every counter and gauge of this process, by `name{label=value}`.
///
/// There is one for each process, so tests that look at it can not share one with others.
#[derive(Debug, Default)]
pub struct Meter(Mutex<BTreeMap<String, Arc<AtomicU64>>>);

/// The process's meter, from the first call on.
pub fn meter() -> &'static Meter {
    static METER: OnceLock<&Meter> = OnceLock::new();
    METER.get_or_init(|| {
        let meter: &Meter = Box::leak(Box::default());
        set_global_recorder(meter).expect("nobody else records");
        meter
    })
}

impl Meter {
    /// A counter, 0 if nothing was counted yet.
    #[must_use]
    pub fn count(&self, key: &str) -> u64 {
        let cells = self.cells();
        cells.get(key).map_or(0, |cell| cell.load(Ordering::SeqCst))
    }

    /// A gauge, if there is one; they count things, so it is a whole number.
    #[must_use]
    pub fn gauge(&self, key: &str) -> Option<i64> {
        let cells = self.cells();
        let value = f64::from_bits(cells.get(key)?.load(Ordering::SeqCst));
        assert!(value.fract() == 0.0, "{key} is {value}");
        #[expect(clippy::cast_possible_truncation, reason = "it is a whole number")]
        Some(value as i64)
    }

    /// The names with labels of everything that was ever reported.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        self.cells().keys().cloned().collect()
    }

    fn cell(&self, key: &Key) -> Arc<AtomicU64> {
        let labels: Vec<_> = key
            .labels()
            .map(|label| format!("{}={}", label.key(), label.value()))
            .collect();
        let name = match labels.as_slice() {
            [] => key.name().to_owned(),
            labels => format!("{}{{{}}}", key.name(), labels.join(",")),
        };
        Arc::clone(self.cells().entry(name).or_default())
    }

    fn cells(&self) -> MutexGuard<'_, BTreeMap<String, Arc<AtomicU64>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recorder for &'static Meter {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(self.cell(key))
    }

    fn register_gauge(&self, key: &Key, _: &Metadata<'_>) -> Gauge {
        // Zero has the same bits in both kinds.
        Gauge::from_arc(self.cell(key))
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}
