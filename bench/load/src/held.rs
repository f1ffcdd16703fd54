//! Sessions that are opened and then do nothing: what one of them weighs.

use std::time::{Duration, Instant};

use crate::{
    error::Error,
    fleet::{Fleet, Idle},
    meter::Meter,
    process::Process,
    report::Report,
    session::Session,
};

/// Sessions opened before the first weighing, so that code pages, pools and tables
/// that are touched once a process are not counted as the sessions'.
const BEFOREHAND: usize = 64;

const BETWEEN_WEIGHINGS: Duration = Duration::from_millis(200);
/// As many weighings in a row must agree.
const AGREEING: usize = 5;
/// A server whose memory still moves after so long is weighed as it is.
const LONGEST_SETTLING: Duration = Duration::from_secs(10);

/// Opens `count` sessions, holds them for `hold`, and weighs the server.
pub(crate) fn measure<S: Session>(
    mode: &'static str,
    fleet: &mut Fleet<S>,
    count: usize,
    at_once: usize,
    hold: Duration,
    meter: &Meter,
) -> Result<Report, Error> {
    fleet.open(BEFOREHAND, at_once)?;
    let before = settled_bytes(fleet, meter.server())?;
    let start = meter.read(fleet.worked())?;
    fleet.open(count, at_once)?;
    fleet.run_until(Instant::now() + hold, &mut Idle)?;
    let after = settled_bytes(fleet, meter.server())?;
    let usage = meter.usage_since(start, fleet.worked())?;
    Ok(Report {
        connections: count,
        units: count as u64,
        server_bytes: Some(difference(before, after) / difference(0, count as u64)),
        ..Report::new(mode, "session", &usage)
    })
}

/// Resident bytes once they no longer move by more than a thousandth.
fn settled_bytes<S: Session>(fleet: &mut Fleet<S>, server: &Process) -> Result<u64, Error> {
    let deadline = Instant::now() + LONGEST_SETTLING;
    let mut weighings = Vec::new();
    loop {
        fleet.run_until(Instant::now() + BETWEEN_WEIGHINGS, &mut Idle)?;
        let now = server.resident_bytes()?;
        weighings.retain(|then: &u64| then.abs_diff(now) <= now / 1000);
        weighings.push(now);
        if weighings.len() >= AGREEING || Instant::now() > deadline {
            return Ok(now);
        }
    }
}

/// May be negative, where memory that was free before is used again.
#[expect(
    clippy::cast_precision_loss,
    reason = "memory sizes are far below 2^52"
)]
fn difference(before: u64, after: u64) -> f64 {
    after as f64 - before as f64
}
