//! What the program can be told.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use encke::test::{Chaos, Kind};
use serde::Deserialize;

/// A line of standard input.
#[derive(Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub(crate) enum Command {
    Open(Open),
    Pause { proxy: u64 },
    Refuse { proxy: u64 },
    Resume { proxy: u64 },
    Cut { proxy: u64 },
    Reset { proxy: u64 },
    BlackHole { proxy: u64 },
    Kill { proxy: u64, after_ms: u64 },
    Behave { proxy: u64 },
    Counts { proxy: u64 },
    Log { proxy: u64 },
    Close { proxy: u64 },
}

/// What a proxy is to be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Open {
    pub(crate) to: Upstream,
    seed: Option<u64>,
    rate: Option<Share>,
    rates: Option<HashMap<Named, Share>>,
    longest_ms: Option<u64>,
    span: Option<u64>,
    calm_after: Option<u64>,
}

/// Where a server listens, as it says so itself: `http://127.0.0.1:1234`.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Upstream(pub(crate) SocketAddr);

/// A part of all, from 0 to 1.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(try_from = "f64")]
struct Share(f64);

/// A kind of fault by its name, which is that of [`Kind`] in lower case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(try_from = "String")]
struct Named(Kind);

impl Open {
    /// What draws its faults; nothing without a seed.
    ///
    /// # Errors
    ///
    /// If there is no seed for what else is said of faults.
    pub(crate) fn chaos(&self) -> Result<Option<Chaos>, &'static str> {
        let Some(seed) = self.seed else {
            let says_more = self.rate.is_some()
                || self.rates.is_some()
                || self.longest_ms.is_some()
                || self.span.is_some()
                || self.calm_after.is_some();
            return if says_more {
                Err("faults are drawn from a seed, and there is none")
            } else {
                Ok(None)
            };
        };
        let mut chaos = Chaos::new(seed);
        if let Some(Share(rate)) = self.rate {
            chaos = chaos.all(rate);
        }
        for (&Named(kind), &Share(rate)) in self.rates.iter().flatten() {
            chaos = chaos.rate(kind, rate);
        }
        if let Some(longest) = self.longest_ms {
            chaos = chaos.longest(Duration::from_millis(longest));
        }
        if let Some(span) = self.span {
            chaos = chaos.span(span);
        }
        if let Some(requests) = self.calm_after {
            chaos = chaos.calm_after(requests);
        }
        Ok(Some(chaos))
    }
}

impl TryFrom<String> for Upstream {
    type Error = String;

    fn try_from(url: String) -> Result<Self, String> {
        let host = url.strip_prefix("http://").unwrap_or_default();
        let host = host.strip_suffix('/').unwrap_or(host);
        host.parse()
            .map(Self)
            .map_err(|_| format!("no address such as http://127.0.0.1:1234: {url:?}"))
    }
}

impl TryFrom<f64> for Share {
    type Error = String;

    fn try_from(share: f64) -> Result<Self, String> {
        if (0.0..=1.0).contains(&share) {
            Ok(Self(share))
        } else {
            Err(format!("no number from 0 to 1: {share}"))
        }
    }
}

impl TryFrom<String> for Named {
    type Error = String;

    fn try_from(name: String) -> Result<Self, String> {
        let mut kinds = Kind::ALL.into_iter();
        kinds
            .find(|kind| name_of(*kind) == name)
            .map(Self)
            .ok_or_else(|| format!("no kind of fault: {name:?}"))
    }
}

/// The name of a kind in commands and answers.
pub(crate) fn name_of(kind: Kind) -> String {
    format!("{kind:?}").to_lowercase()
}
