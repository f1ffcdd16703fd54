//! What a process, and the cores it runs on, have used: read from Linux.

use std::{fs, time::Duration};

use nix::{
    sched::{CpuSet, sched_getaffinity, sched_setaffinity},
    time::{ClockId, clock_getcpuclockid, clock_gettime},
    unistd::{Pid, SysconfVar, sysconf},
};

use crate::error::Error;

/// A process that is watched from outside.
pub(crate) struct Process {
    pid: Pid,
    clock: ClockId,
}

impl Process {
    /// # Errors
    ///
    /// When there is no such process.
    pub(crate) fn new(pid: i32) -> Result<Self, Error> {
        let pid = Pid::from_raw(pid);
        let clock = clock_getcpuclockid(pid).map_err(Error::errno("find the server process"))?;
        Ok(Self { pid, clock })
    }

    pub(crate) fn own() -> Result<Self, Error> {
        Self::new(Pid::this().as_raw())
    }

    /// User and system time of all its threads, those that ended included.
    ///
    /// It is the `utime` plus `stime` of `/proc/PID/stat`, read from the clock
    /// behind them, which counts nanoseconds where the file counts hundredths
    /// of a second.
    pub(crate) fn cpu_time(&self) -> Result<Duration, Error> {
        let time = clock_gettime(self.clock).map_err(Error::errno("read a process's CPU clock"))?;
        Ok(time.into())
    }

    /// Resident bytes, added up page by page.
    ///
    /// `VmRSS` of `/proc/PID/status` is cheaper and may be off by the counts
    /// that each core has not yet handed in.
    pub(crate) fn resident_bytes(&self) -> Result<u64, Error> {
        let rollup = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.pid))
            .map_err(Error::io("read the server's smaps_rollup"))?;
        let kib: Option<u64> = rollup
            .lines()
            .find_map(|line| line.strip_prefix("Rss:"))
            .and_then(|rest| rest.trim().strip_suffix("kB"))
            .and_then(|kib| kib.trim().parse().ok());
        kib.map(|kib| kib * 1024).ok_or(Error::Io {
            doing: "find Rss in smaps_rollup",
            source: std::io::ErrorKind::InvalidData.into(),
        })
    }

    /// Numbers of the cores that it may run on.
    pub(crate) fn cores(&self) -> Result<Vec<usize>, Error> {
        let set = sched_getaffinity(self.pid).map_err(Error::errno("read an affinity"))?;
        Ok((0..CpuSet::count())
            .filter(|core| set.is_set(*core).unwrap_or(false))
            .collect())
    }
}

/// Keeps this process, threads it will start included, on one core.
pub(crate) fn pin(core: usize) -> Result<(), Error> {
    let mut set = CpuSet::new();
    set.set(core)
        .and_then(|()| sched_setaffinity(Pid::from_raw(0), &set))
        .map_err(Error::errno("pin this process to its core"))
}

/// Time that these cores have spent on anything but idling, by all processes,
/// by the kernel and by the hypervisor's other guests.
pub(crate) fn busy_time(cores: &[usize]) -> Result<Duration, Error> {
    let stat = fs::read_to_string("/proc/stat").map_err(Error::io("read /proc/stat"))?;
    let ticks_a_second = sysconf(SysconfVar::CLK_TCK)
        .map_err(Error::errno("read the clock tick"))?
        .and_then(|ticks| u64::try_from(ticks).ok())
        .unwrap_or(100);
    let ticks: u64 = stat
        .lines()
        .filter_map(|line| busy_ticks(line, cores))
        .sum();
    Ok(Duration::from_micros(ticks * 1_000_000 / ticks_a_second))
}

/// `None` for a line of `/proc/stat` that is not one of these cores'.
fn busy_ticks(line: &str, cores: &[usize]) -> Option<u64> {
    let (core, times) = line.strip_prefix("cpu")?.split_once(' ')?;
    if !cores.contains(&core.parse().ok()?) {
        return None;
    }
    // user, nice, system, idle, iowait, irq, softirq, steal; what follows is
    // already in user and nice.
    let times = times.split_whitespace().take(8).enumerate();
    times
        .filter(|(field, _)| !matches!(field, 3 | 4))
        .map(|(_, ticks)| ticks.parse::<u64>().ok())
        .sum()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Process, busy_ticks};

    #[test]
    fn busy_is_all_but_idle_and_iowait() {
        let line = "cpu1 1 20 300 4000 50000 600000 7000000 80000000 9 9";
        assert_eq!(busy_ticks(line, &[0, 1]), Some(87_600_321));
        assert_eq!(busy_ticks(line, &[0]), None);
        assert_eq!(busy_ticks("cpu  1 1 1 1 1 1 1 1", &[0]), None);
        assert_eq!(busy_ticks("ctxt 5", &[0]), None);
    }

    #[test]
    fn this_process_uses_time_and_memory() {
        let own = Process::own().unwrap();
        let before = own.cpu_time().unwrap();
        while own.cpu_time().unwrap() < before + Duration::from_millis(1) {}
        assert!(own.resident_bytes().unwrap() > 100_000);
        assert!(!own.cores().unwrap().is_empty());
    }
}
