//! The proxies, and what is done with them.

use std::collections::BTreeMap;
use std::time::Duration;
use std::{fmt, io};

use encke::test::{Counts, Fault, Kind, Proxy};
use serde_json::{Map, Value, json};

use crate::command::{Command, Open, Upstream, name_of};

/// The open proxies by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Rig {
    proxies: BTreeMap<u64, Proxy>,
    /// The number of the newest.
    last: u64,
}

/// Why a command was not carried out.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// The line is no command.
    Malformed(serde_json::Error),
    /// Two things that it says do not fit.
    Contradiction(&'static str),
    /// There is no proxy of this number, or not any more.
    NoProxy(u64),
    /// The system does not let it.
    System(io::Error),
}

impl Rig {
    /// Carries a command out, and gives its answer.
    pub(crate) async fn obey(&mut self, line: &[u8]) -> Result<Value, Refusal> {
        match serde_json::from_slice(line)? {
            Command::Open(open) => return self.open(&open),
            Command::Pause { proxy } => self.proxy(proxy)?.pause(),
            Command::Refuse { proxy } => self.proxy(proxy)?.refuse(),
            Command::Resume { proxy } => self.proxy(proxy)?.resume()?,
            Command::Cut { proxy } => self.proxy(proxy)?.cut_all(),
            Command::Reset { proxy } => self.proxy(proxy)?.reset_all(),
            Command::BlackHole { proxy } => self.proxy(proxy)?.black_hole_all(),
            Command::Kill { proxy, after_ms } => {
                let kill = Fault::kill(Duration::from_millis(after_ms));
                self.proxy(proxy)?
                    .on_request(move |request| request.is_upgrade.then(|| kill.clone()));
            }
            Command::Behave { proxy } => self.proxy(proxy)?.behave(),
            Command::Counts { proxy } => return Ok(show(&self.proxy(proxy)?.counts())),
            Command::Log { proxy } => {
                let log = self.proxy(proxy)?.log();
                let lines: Vec<String> = log.events().map(ToString::to_string).collect();
                return Ok(json!({ "log": lines }));
            }
            Command::Close { proxy } => {
                let closed = self.proxies.remove(&proxy);
                let closed = closed.ok_or(Refusal::NoProxy(proxy))?;
                let counts = show(&closed.counts());
                closed.close().await;
                return Ok(counts);
            }
        }
        Ok(json!({}))
    }

    fn open(&mut self, open: &Open) -> Result<Value, Refusal> {
        let chaos = open.chaos().map_err(Refusal::Contradiction)?;
        let Upstream(upstream) = open.to;
        // Thousands of proxies need no thread each.
        let proxy = Proxy::start_here(upstream)?;
        if let Some(mut chaos) = chaos {
            proxy.on_request(move |request| chaos.draw(request));
        }
        self.last += 1;
        let answer = json!({ "proxy": self.last, "url": proxy.url() });
        self.proxies.insert(self.last, proxy);
        Ok(answer)
    }

    fn proxy(&self, number: u64) -> Result<&Proxy, Refusal> {
        self.proxies.get(&number).ok_or(Refusal::NoProxy(number))
    }
}

fn show(counts: &Counts) -> Value {
    let by_kind: Map<String, Value> = Kind::ALL
        .into_iter()
        .map(|kind| (name_of(kind), counts.of(kind).into()))
        .collect();
    json!({
        "connections": counts.connections,
        "ended": counts.ended,
        "requests": counts.requests,
        "forwarded": counts.forwarded,
        "answers": counts.answers,
        "websockets": counts.websockets,
        "bytes_up": counts.bytes_up,
        "bytes_down": counts.bytes_down,
        "swallowed": counts.swallowed,
        "faults": counts.faults(),
        "by_kind": by_kind,
    })
}

impl From<serde_json::Error> for Refusal {
    fn from(error: serde_json::Error) -> Self {
        Self::Malformed(error)
    }
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        Self::System(error)
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Malformed(error) => write!(f, "no command: {error}"),
            Self::Contradiction(what) => f.write_str(what),
            Self::NoProxy(number) => write!(f, "there is no proxy {number}"),
            Self::System(error) => error.fmt(f),
        }
    }
}
