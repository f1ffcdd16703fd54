//! The command line.

use std::{ffi::OsString, time::Duration};

use crate::{broadcast::MAX_IN_FLIGHT, error::Error, load::Window, packet::NUMBER_BYTES};

pub(crate) const USAGE: &str = "\
Usage: bench-load MODE --port P --server-pid PID [options]

Loads the Socket.IO server on 127.0.0.1:P, and reports what that cost the process PID.

Modes
  idle       hold sessions over WebSocket that do nothing; memory of one
  polls      the same over long polling, each with its poll parked
  echo       every session keeps `--in-flight` echoes going over WebSocket
  poll-echo  the same over long polling
  broadcast  one session triggers broadcasts to all, `--in-flight` of them at a time
  connect    open sessions over WebSocket, `--in-flight` of them at a time; then close them

Options
  --connections N   sessions                         (idle, polls, connect: 10000;
                                                      echo, poll-echo: 64; broadcast: 1000)
  --in-flight K     see the modes, 1 to 64           (1; connect: 64)
  --payload B       bytes of an event's string       (echo: 32; broadcast: 128)
  --seconds S       how long a load is counted       (3)
  --warm-up S       how long it runs before that     (1)
  --hold S          how long idle sessions are held  (0)
  --path PATH       the server's path                (/socket.io/)
  --resume          ask for sessions that outlive their connections (WebSocket modes, Encke only)
  --core N          keep this generator on one core  (not kept)
  --json            print one line of JSON instead of text
";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Idle,
    Polls,
    Echo,
    PollEcho,
    Broadcast,
    Connect,
}

#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) mode: Mode,
    pub(crate) port: u16,
    pub(crate) path: String,
    pub(crate) resume: bool,
    pub(crate) server_pid: i32,
    pub(crate) connections: usize,
    pub(crate) in_flight: usize,
    pub(crate) payload_bytes: usize,
    pub(crate) window: Window,
    pub(crate) hold: Duration,
    pub(crate) core: Option<usize>,
    pub(crate) json: bool,
}

impl Options {
    /// `None` when help was asked for.
    ///
    /// # Errors
    ///
    /// For an option that is unknown, missing or out of its range.
    pub(crate) fn parse(
        arguments: impl IntoIterator<Item = OsString>,
    ) -> Result<Option<Self>, Error> {
        use lexopt::prelude::{Long, Short, Value, ValueExt as _};

        let mut arguments = lexopt::Parser::from_iter(arguments);
        let (mut mode, mut port, mut server_pid, mut core) = (None, None, None, None);
        let (mut connections, mut in_flight, mut payload) = (None, None, None);
        let (mut seconds, mut warm_up, mut hold) = (3.0, 1.0, 0.0);
        let (mut path, mut json, mut resume) = ("/socket.io/".to_owned(), false, false);
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("help") | Short('h') => return Ok(None),
                Long("port") => port = Some(arguments.value()?.parse()?),
                Long("server-pid") => server_pid = Some(arguments.value()?.parse()?),
                Long("connections") => connections = Some(arguments.value()?.parse()?),
                Long("in-flight") => in_flight = Some(arguments.value()?.parse()?),
                Long("payload") => payload = Some(arguments.value()?.parse()?),
                Long("seconds") => seconds = arguments.value()?.parse()?,
                Long("warm-up") => warm_up = arguments.value()?.parse()?,
                Long("hold") => hold = arguments.value()?.parse()?,
                Long("path") => path = arguments.value()?.string()?,
                Long("resume") => resume = true,
                Long("core") => core = Some(arguments.value()?.parse()?),
                Long("json") => json = true,
                Value(name) if mode.is_none() => mode = Some(name.parse_with(Mode::parse)?),
                other => return Err(other.unexpected().into()),
            }
        }

        let mode = mode.ok_or_else(|| missing("a mode"))?;
        let options = Self {
            mode,
            port: port.ok_or_else(|| missing("--port"))?,
            path,
            resume,
            server_pid: server_pid.ok_or_else(|| missing("--server-pid"))?,
            connections: connections.unwrap_or(mode.connections()),
            in_flight: in_flight.unwrap_or(mode.in_flight()),
            payload_bytes: payload.unwrap_or(mode.payload_bytes()),
            window: Window {
                warm_up: duration(warm_up, "--warm-up")?,
                length: duration(seconds, "--seconds")?,
            },
            hold: duration(hold, "--hold")?,
            core,
            json,
        };
        options.check().map(Some)
    }

    fn check(self) -> Result<Self, Error> {
        if self.resume && matches!(self.mode, Mode::Polls | Mode::PollEcho) {
            return Err(Error::Usage("--resume is for WebSocket".to_owned()));
        }
        let ranges = [
            (self.connections, "--connections", 1, usize::MAX),
            (self.in_flight, "--in-flight", 1, MAX_IN_FLIGHT),
            (self.payload_bytes, "--payload", NUMBER_BYTES, 1 << 20),
        ];
        for (value, name, least, most) in ranges {
            if !(least..=most).contains(&value) {
                let what = format!("{name} {value} is not between {least} and {most}");
                return Err(Error::Usage(what));
            }
        }
        Ok(self)
    }
}

impl Mode {
    fn parse(name: &str) -> Result<Self, &'static str> {
        match name {
            "idle" => Ok(Self::Idle),
            "polls" => Ok(Self::Polls),
            "echo" => Ok(Self::Echo),
            "poll-echo" => Ok(Self::PollEcho),
            "broadcast" => Ok(Self::Broadcast),
            "connect" => Ok(Self::Connect),
            _ => Err("there is no such mode"),
        }
    }

    fn connections(self) -> usize {
        match self {
            Self::Idle | Self::Polls | Self::Connect => 10_000,
            Self::Echo | Self::PollEcho => 64,
            Self::Broadcast => 1000,
        }
    }

    fn in_flight(self) -> usize {
        match self {
            Self::Connect => 64,
            Self::Idle | Self::Polls | Self::Echo | Self::PollEcho | Self::Broadcast => 1,
        }
    }

    fn payload_bytes(self) -> usize {
        match self {
            Self::Broadcast => 128,
            Self::Idle | Self::Polls | Self::Echo | Self::PollEcho | Self::Connect => 32,
        }
    }
}

fn missing(what: &str) -> Error {
    Error::Usage(format!("{what} is missing"))
}

fn duration(seconds: f64, name: &str) -> Result<Duration, Error> {
    Duration::try_from_secs_f64(seconds)
        .map_err(|error| Error::Usage(format!("{name} {seconds}: {error}")))
}

#[cfg(test)]
mod tests {
    use super::{Mode, Options};

    fn parse(line: &str) -> Option<Options> {
        Options::parse(line.split(' ').map(Into::into)).unwrap()
    }

    fn refused(line: &str) -> String {
        Options::parse(line.split(' ').map(Into::into))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn a_mode_brings_its_defaults() {
        let options = parse("x broadcast --port 1 --server-pid 2").unwrap();
        assert_eq!(options.mode, Mode::Broadcast);
        assert_eq!((options.connections, options.payload_bytes), (1000, 128));
        assert!(parse("x --help").is_none());
    }

    #[test]
    fn what_is_missing_or_out_of_range_is_named() {
        assert_eq!(refused("x --port 1"), "a mode is missing");
        assert_eq!(refused("x idle --port 1"), "--server-pid is missing");
        assert_eq!(
            refused("x polls --resume --port 1 --server-pid 2"),
            "--resume is for WebSocket"
        );
        let line = "x echo --port 1 --server-pid 2 --in-flight 65";
        assert_eq!(refused(line), "--in-flight 65 is not between 1 and 64");
        assert!(refused("x echo --seconds -1 --port 1 --server-pid 2").starts_with("--seconds -1"));
    }
}
