//! Sessions that are opened and closed: what one of them costs.

use std::time::{Duration, Instant};

use crate::{
    error::Error,
    fleet::{Fleet, Idle},
    meter::Meter,
    report::{Report, cpu_us},
    session::Session,
};

/// Opened and held before counting begins, for the same reason as in `held`.
const BEFOREHAND: usize = 64;
/// What a server does after its last byte: freeing, timers, logs.
const AFTERMATH: Duration = Duration::from_millis(200);

/// Opens `count` sessions, `at_once` of them unfinished at any time, then closes all.
pub(crate) fn measure<S: Session>(
    fleet: &mut Fleet<S>,
    count: usize,
    at_once: usize,
    meter: &Meter,
) -> Result<Report, Error> {
    fleet.open(BEFOREHAND, at_once)?;
    let start = meter.read(fleet.worked())?;
    fleet.open(count, at_once)?;
    let opening = meter.usage_since(start, fleet.worked())?;

    fleet.run_until(Instant::now() + AFTERMATH, &mut Idle)?;
    let start = meter.read(fleet.worked())?;
    let closed = fleet.sessions().len() as u64;
    fleet.close(at_once)?;
    fleet.run_until(Instant::now() + AFTERMATH, &mut Idle)?;
    let closing = meter.usage_since(start, fleet.worked())?;

    Ok(Report {
        connections: count,
        in_flight: Some(at_once),
        server_cpu_us_to_close: Some(cpu_us(&closing, closed)),
        ..Report::new("connect", "connect", &opening).with_cost(count as u64, &opening)
    })
}
