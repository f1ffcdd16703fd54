//! What a run prints.

use std::fmt;

use serde::Serialize;

use crate::{latency::Percentiles, meter::Usage};

/// One measurement. Absent figures are those that the mode does not measure.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    pub(crate) mode: &'static str,
    pub(crate) connections: usize,
    /// What is counted: `echo`, `delivery`, `connect` or `session`.
    pub(crate) unit: &'static str,
    pub(crate) units: u64,
    pub(crate) seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) in_flight: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) payload_bytes: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) units_per_second: Option<f64>,
    /// User and system time of the server for one unit, in microseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server_cpu_us: Option<f64>,
    /// The same for the end of a session, where the mode ends sessions.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server_cpu_us_to_close: Option<f64>,
    /// Resident bytes of the server that one session added.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server_bytes: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) latency_us: Option<Percentiles>,
    /// Events that overtook an earlier one of their session.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) out_of_order: Option<u64>,
    /// Parts of one core: at 1 the server, or the generator, was the bottleneck.
    pub(crate) server_share: f64,
    pub(crate) generator_share: f64,
    /// Part of all their cores that other programs used; above a few hundredths the
    /// run should be repeated.
    pub(crate) foreign_share: f64,
}

impl Report {
    pub(crate) fn new(mode: &'static str, unit: &'static str, usage: &Usage) -> Self {
        let share = |cpu: std::time::Duration| cpu.div_duration_f64(usage.elapsed);
        Self {
            mode,
            unit,
            seconds: usage.elapsed.as_secs_f64(),
            server_share: share(usage.server_cpu),
            generator_share: share(usage.generator_worked),
            foreign_share: usage.foreign_share,
            ..Self::default()
        }
    }

    /// Puts in what `units` cost by this usage.
    #[must_use]
    pub(crate) fn with_cost(mut self, units: u64, usage: &Usage) -> Self {
        self.units = units;
        self.units_per_second = Some(ratio(units, usage.elapsed.as_secs_f64()));
        self.server_cpu_us = Some(cpu_us(usage, units));
        self
    }

    /// Says what was emitted.
    #[must_use]
    pub(crate) fn with_events(mut self, in_flight: usize, payload_bytes: usize) -> Self {
        self.in_flight = Some(in_flight);
        self.payload_bytes = Some(payload_bytes);
        self
    }
}

/// Microseconds of the server's time for one of so many units.
pub(crate) fn cpu_us(usage: &Usage, units: u64) -> f64 {
    1e6 / ratio(units, usage.server_cpu.as_secs_f64())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of a run are far below 2^52"
)]
fn ratio(units: u64, seconds: f64) -> f64 {
    units as f64 / seconds
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { mode, unit, .. } = self;
        write!(f, "{mode}: {} connections", self.connections)?;
        if let Some(in_flight) = self.in_flight {
            write!(f, ", {in_flight} in flight")?;
        }
        if let Some(payload_bytes) = self.payload_bytes {
            write!(f, ", {payload_bytes} byte payload")?;
        }
        writeln!(f)?;
        if let Some(us) = self.server_cpu_us {
            writeln!(f, "  {us:.2} µs of server CPU for one {unit}")?;
        }
        if let Some(us) = self.server_cpu_us_to_close {
            writeln!(f, "  {us:.2} µs of server CPU to end it")?;
        }
        if let Some(bytes) = self.server_bytes {
            writeln!(f, "  {bytes:.0} bytes of server memory for one {unit}")?;
        }
        if let Some(rate) = self.units_per_second {
            writeln!(
                f,
                "  {rate:.0} a second, {} in {:.2} s",
                self.units, self.seconds
            )?;
        }
        if let Some(Percentiles {
            p50,
            p90,
            p99,
            p999,
            max,
        }) = self.latency_us
        {
            writeln!(
                f,
                "  latency in µs: p50 {p50:.0}, p90 {p90:.0}, p99 {p99:.0}, p99.9 {p999:.0}, max {max:.0}"
            )?;
        }
        if let Some(count) = self.out_of_order.filter(|count| *count > 0) {
            writeln!(f, "  {count} out of order")?;
        }
        write!(
            f,
            "  core used by the server {:.0} %, by the generator {:.0} %; both cores by others {:.1} %",
            100.0 * self.server_share,
            100.0 * self.generator_share,
            100.0 * self.foreign_share,
        )
    }
}
