//! Who asks, and for which host: behind proxies, only the trusted ones are believed.

mod authority;
mod forwarded;

use std::fmt;
use std::net::IpAddr;

use actix_web::HttpRequest;
use actix_web::http::header::{
    FORWARDED, HOST, HeaderMap, HeaderName, HeaderValue, X_FORWARDED_FOR, X_FORWARDED_HOST,
    X_FORWARDED_PROTO,
};
use ipnet::{IpNet, Ipv4Net};

pub(crate) use authority::{Authority, Scheme};

/// The proxies whose word is taken for the client's address, host and scheme.
///
/// None by default: the headers of a request are then ignored, since anybody can write them.
///
/// A request whose connection comes from one of these is believed what its `Forwarded`, or its
/// `X-Forwarded-For`, `-Host` and `-Proto`, say. A chain is followed from its last proxy outwards,
/// up to the first address that is not listed: that is the client.
///
/// Most proxies write only one of the two kinds and let the other pass as the client sent it.
/// Where both are there and contradict each other, what they disagree about counts as unknown: no
/// client address, or a host that no origin is the same as. Have the proxy remove the kind that
/// it does not write.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies {
    nets: Vec<IpNet>,
    unix: bool,
}

/// An entry of [`TrustedProxies`] that can not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidProxy(String);

/// A request as its client made it, as far as is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Resolved {
    /// The client's address.
    pub(crate) client: Option<IpAddr>,
    /// The host that the client asked for.
    pub(crate) host: Option<Authority>,
    /// The scheme that the client used. `None` if the request came in the clear and no trusted
    /// proxy named one: it may be `http`, or TLS may end at a proxy that nobody listed.
    pub(crate) scheme: Option<Scheme>,
}

impl TrustedProxies {
    /// Trusts these: addresses (`127.0.0.1`, `::1`), networks (`10.0.0.0/8`, `fd00::/8`), and
    /// `unix` for whoever connects through a Unix socket.
    ///
    /// # Errors
    ///
    /// The first entry that is none of these.
    pub fn parse<I>(entries: I) -> Result<Self, InvalidProxy>
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        let mut proxies = Self::default();
        for entry in entries {
            let entry = entry.as_ref().trim();
            if entry == "unix" {
                proxies.unix = true;
            } else {
                let net = net(entry).ok_or_else(|| InvalidProxy(entry.to_owned()))?;
                proxies.nets.push(net);
            }
        }
        Ok(proxies)
    }

    /// What the request comes to, seen from its client.
    pub(crate) fn resolve(&self, request: &HttpRequest) -> Resolved {
        let headers = request.headers();
        let host = match request.uri().authority() {
            // RFC 9112, 3.2.2: a target with a host in it outranks `Host`; HTTP/2 has no other.
            Some(authority) => Authority::parse(authority.as_str()),
            None => only(headers, &HOST).and_then(Authority::parse),
        };
        let seen = Resolved {
            client: request.peer_addr().map(|peer| peer.ip().to_canonical()),
            host,
            scheme: request.app_config().secure().then_some(Scheme::Https),
        };
        self.look_behind(seen, headers)
    }

    /// The same, from what the connection itself shows.
    fn look_behind(&self, seen: Resolved, headers: &HeaderMap) -> Resolved {
        let is_proxy = seen.client.map_or(self.unix, |peer| self.contains(peer));
        if !is_proxy {
            return seen;
        }
        let account = self.forwarded(headers).agree(self.x_forwarded(headers));
        Resolved {
            client: account.client.or(seen.client),
            host: account.host.or(seen.host),
            scheme: account.scheme.or(seen.scheme),
        }
    }

    fn contains(&self, address: IpAddr) -> bool {
        self.nets.iter().any(|net| net.contains(&address))
    }

    /// Spec: RFC 7239, 4.
    fn forwarded(&self, headers: &HeaderMap) -> Account {
        let mut account = Account::default();
        for line in headers.get_all(FORWARDED).rev() {
            let line = std::str::from_utf8(line.as_bytes()).ok();
            let Some(elements) = line.and_then(forwarded::elements) else {
                return Account::unclear();
            };
            for element in elements.into_iter().rev() {
                if let Some(host) = element.host {
                    account.host = Said::of(Authority::parse(&host));
                }
                if let Some(proto) = element.proto {
                    account.scheme = Said::of(Scheme::parse(&proto));
                }
                // Whoever this element names wrote the next one, and is believed if trusted.
                let Some(node) = element.node else {
                    return account;
                };
                account.client = Said::of(forwarded::address(&node));
                if !self.trusts(&account.client) {
                    return account;
                }
            }
        }
        account
    }

    fn x_forwarded(&self, headers: &HeaderMap) -> Account {
        let mut account = Account::default();
        let mut writers = 0;
        for entry in entries_from_the_right(headers, &X_FORWARDED_FOR) {
            account.client = Said::of(entry.and_then(forwarded::address));
            writers += 1;
            if !self.trusts(&account.client) {
                break;
            }
        }
        // Some proxies set these two and some append to them, so that each has at most as many
        // entries that can be believed as there were proxies.
        let believed = writers.max(1);
        let outermost =
            |name: &HeaderName| entries_from_the_right(headers, name).take(believed).last();
        if let Some(host) = outermost(&X_FORWARDED_HOST) {
            account.host = Said::of(host.and_then(Authority::parse));
        }
        if let Some(proto) = outermost(&X_FORWARDED_PROTO) {
            account.scheme = Said::of(proto.and_then(Scheme::parse));
        }
        account
    }

    fn trusts(&self, client: &Said<IpAddr>) -> bool {
        matches!(client, Said::Clear(address) if self.contains(*address))
    }
}

impl fmt::Display for InvalidProxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:?} is no proxy to trust: expected an address, a network such as 10.0.0.0/8, or unix",
            self.0
        )
    }
}

impl std::error::Error for InvalidProxy {}

/// What the proxies say with headers of one kind.
#[derive(Default)]
struct Account {
    client: Said<IpAddr>,
    host: Said<Authority>,
    scheme: Said<Scheme>,
}

impl Account {
    const fn unclear() -> Self {
        Self {
            client: Said::Unclear,
            host: Said::Unclear,
            scheme: Said::Unclear,
        }
    }

    fn agree(self, other: Self) -> Self {
        Self {
            client: self.client.agree(other.client),
            host: self.host.agree(other.host),
            scheme: self.scheme.agree(other.scheme),
        }
    }
}

/// One thing that the proxies may or may not say.
#[derive(Default)]
enum Said<T> {
    /// Not mentioned.
    #[default]
    Nothing,
    /// This.
    Clear(T),
    /// Something that can not be read or believed.
    Unclear,
}

impl<T: PartialEq> Said<T> {
    fn of(value: Option<T>) -> Self {
        value.map_or(Self::Unclear, Self::Clear)
    }

    fn agree(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, said) | (said, Self::Nothing) => said,
            (Self::Clear(one), Self::Clear(other)) if one == other => Self::Clear(one),
            _ => Self::Unclear,
        }
    }

    /// What was said, or what the connection shows if nothing was.
    fn or(self, seen: Option<T>) -> Option<T> {
        match self {
            Self::Nothing => seen,
            Self::Clear(value) => Some(value),
            Self::Unclear => None,
        }
    }
}

/// An address or a network. An IPv4 one may be written the IPv6 way, and is met the IPv4 way.
fn net(entry: &str) -> Option<IpNet> {
    let net = match entry.parse::<IpNet>() {
        Ok(net) => net,
        Err(_) => IpNet::from(entry.parse::<IpAddr>().ok()?),
    };
    let IpNet::V6(v6) = net else {
        return Some(net);
    };
    let mapped = v6.addr().to_ipv4_mapped();
    let prefix = v6.prefix_len().checked_sub(96);
    let v4 = mapped
        .zip(prefix)
        .and_then(|(address, prefix)| Ipv4Net::new(address, prefix).ok());
    Some(v4.map_or(net, IpNet::V4))
}

/// The value of a header that is there once. With two it is not known which one was meant.
fn only<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name);
    let value = values.next()?;
    values.next().is_none().then(|| value.to_str().ok())?
}

/// The entries of a comma-separated list, last first, empty ones left out; `None` for one that is
/// not text.
fn entries_from_the_right<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = Option<&'a str>> + use<'a> {
    headers
        .get_all(name)
        .rev()
        .flat_map(|line: &HeaderValue| line.as_bytes().rsplit(|byte| *byte == b','))
        .map(<[u8]>::trim_ascii)
        .filter(|entry| !entry.is_empty())
        .map(|entry| std::str::from_utf8(entry).ok())
}

#[cfg(test)]
mod tests;
