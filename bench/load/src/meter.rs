//! What the server, this generator and everybody else used between two moments.

use std::time::{Duration, Instant};

use crate::{
    error::Error,
    process::{Process, busy_time},
};

pub(crate) struct Meter {
    server: Process,
    own: Process,
    /// Those of the server and of the generator together.
    cores: Vec<usize>,
}

/// The state of all clocks at one moment.
#[derive(Clone, Copy)]
pub(crate) struct Reading {
    at: Instant,
    server: Duration,
    own: Duration,
    worked: Duration,
    busy: Duration,
}

/// The difference of two readings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Usage {
    pub(crate) elapsed: Duration,
    pub(crate) server_cpu: Duration,
    /// Time in which the generator did anything but wait.
    pub(crate) generator_worked: Duration,
    /// Part of the cores that neither the server nor the generator used, and that
    /// was not idle: another program's work, which makes a run doubtful.
    pub(crate) foreign_share: f64,
}

impl Meter {
    pub(crate) fn new(server_pid: i32) -> Result<Self, Error> {
        let server = Process::new(server_pid)?;
        let own = Process::own()?;
        let mut cores = server.cores()?;
        cores.extend(own.cores()?);
        cores.sort_unstable();
        cores.dedup();
        Ok(Self { server, own, cores })
    }

    /// `worked` is the fleet's.
    pub(crate) fn read(&self, worked: Duration) -> Result<Reading, Error> {
        Ok(Reading {
            at: Instant::now(),
            server: self.server.cpu_time()?,
            own: self.own.cpu_time()?,
            worked,
            busy: busy_time(&self.cores)?,
        })
    }

    pub(crate) fn usage_since(&self, start: Reading, worked: Duration) -> Result<Usage, Error> {
        let end = self.read(worked)?;
        let elapsed = end.at - start.at;
        let server_cpu = end.server.saturating_sub(start.server);
        let accounted = server_cpu + end.own.saturating_sub(start.own);
        let busy = end.busy.saturating_sub(start.busy);
        let foreign = busy.saturating_sub(accounted);
        let cores = u32::try_from(self.cores.len()).unwrap_or(1);
        Ok(Usage {
            elapsed,
            server_cpu,
            generator_worked: end.worked.saturating_sub(start.worked),
            foreign_share: foreign.div_duration_f64(elapsed * cores),
        })
    }

    pub(crate) fn server(&self) -> &Process {
        &self.server
    }
}
