//! A load that is kept up for some time: its units are counted, and what they cost.

use std::time::{Duration, Instant};

use crate::{
    error::Error,
    fleet::{Fleet, Workload},
    latency::Percentiles,
    meter::Meter,
    report::Report,
    session::Session,
};

pub(crate) trait Load<S>: Workload<S> {
    /// Puts the first units in flight; from then on each one that ends starts another.
    fn start(&mut self, sessions: &mut [S]) -> Result<(), Error>;

    fn forget_latencies(&mut self);

    /// Units that have ended since the start.
    fn units(&self) -> u64;

    fn out_of_order(&self) -> u64;

    fn latency(&self) -> Percentiles;
}

/// How long a load runs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Window {
    /// Before anything is counted.
    pub(crate) warm_up: Duration,
    pub(crate) length: Duration,
}

/// Runs the load and counts within the window.
///
/// Units that straddle an end of the window are counted where they end: there are
/// as many at the beginning as at the end.
pub(crate) fn measure<S: Session>(
    names: (&'static str, &'static str),
    fleet: &mut Fleet<S>,
    load: &mut impl Load<S>,
    window: Window,
    meter: &Meter,
) -> Result<Report, Error> {
    load.start(fleet.sessions())?;
    fleet.run_until(Instant::now() + window.warm_up, load)?;

    load.forget_latencies();
    let (units, start) = (load.units(), meter.read(fleet.worked())?);
    fleet.run_until(Instant::now() + window.length, load)?;
    let usage = meter.usage_since(start, fleet.worked())?;
    let units = load.units() - units;

    let (mode, unit) = names;
    Ok(Report {
        connections: fleet.sessions().len(),
        latency_us: Some(load.latency()),
        out_of_order: Some(load.out_of_order()),
        ..Report::new(mode, unit, &usage).with_cost(units, &usage)
    })
}
