use std::fmt;
use std::net::Ipv6Addr;

/// The scheme that a request was made in, as far as it matters here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Scheme {
    /// In the clear.
    Http,
    /// Over TLS.
    Https,
}

impl Scheme {
    /// The scheme of this name in any case. Some proxies name a WebSocket's own scheme.
    pub(crate) fn parse(name: &str) -> Option<Self> {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        if is("https") || is("wss") {
            Some(Self::Https)
        } else if is("http") || is("ws") {
            Some(Self::Http)
        } else {
            None
        }
    }

    /// The port that is meant where none is written.
    pub(crate) const fn default_port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// A host, and the port if one is written behind it.
///
/// Two spellings of one host are equal: case, one trailing dot, and the many ways to write an
/// IPv6 address are normalised.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Authority {
    host: Box<str>,
    port: Option<u16>,
}

/// The longest name that DNS has.
const MAX_NAME_BYTES: usize = 253;

impl Authority {
    /// Reads `host`, `host:port`, `[v6]` and `[v6]:port`.
    ///
    /// A user name, a path, a zone or a character that no browser leaves in a host makes it `None`.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (host, port) = if let Some(text) = text.strip_prefix('[') {
            let (address, tail) = text.split_once(']')?;
            let address: Ipv6Addr = address.parse().ok()?;
            let port = match tail.strip_prefix(':') {
                None if !tail.is_empty() => return None,
                port => port,
            };
            (format!("[{address}]"), port)
        } else {
            match text.split_once(':') {
                Some((host, port)) => (name(host)?, Some(port)),
                None => (name(text)?, None),
            }
        };
        let port = match port {
            // RFC 3986, 3.2.3: a colon with nothing behind it means the default.
            None | Some("") => None,
            // `parse` alone would take a plus sign.
            Some(digits) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(digits.parse().ok()?)
            }
            Some(_) => return None,
        };
        let host = host.into_boxed_str();
        Some(Self { host, port })
    }

    /// The same, without a port that says no more than the scheme does.
    pub(crate) fn without_port(self, default: u16) -> Self {
        Self {
            port: self.port.filter(|port| *port != default),
            ..self
        }
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)?;
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

/// A DNS name or an IPv4 address, normalised. Underscores are in the names of many containers.
fn name(text: &str) -> Option<String> {
    let text = text.strip_suffix('.').unwrap_or(text);
    let is_label = |label: &str| {
        !label.is_empty()
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~'))
    };
    (text.len() <= MAX_NAME_BYTES && text.split('.').all(is_label))
        .then(|| text.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_authority_are_equal() {
        for (spelling, normal) in [
            ("a.example", "a.example"),
            ("A.Example", "a.example"),
            ("a.example.", "a.example"),
            ("A.EXAMPLE.:8080", "a.example:8080"),
            ("a.example:", "a.example"),
            ("a.example:0080", "a.example:80"),
            ("localhost:3000", "localhost:3000"),
            ("my_service:1", "my_service:1"),
            ("192.0.2.1:65535", "192.0.2.1:65535"),
            ("[::1]", "[::1]"),
            ("[0:0:0:0:0:0:0:1]:80", "[::1]:80"),
            ("[2001:DB8::A]:443", "[2001:db8::a]:443"),
            ("[::1]:", "[::1]"),
        ] {
            let authority = Authority::parse(spelling).map(|authority| authority.to_string());
            assert_eq!(authority.as_deref(), Some(normal), "{spelling}");
        }
    }

    #[test]
    fn what_is_no_authority_is_refused() {
        let long = "a".repeat(MAX_NAME_BYTES + 1);
        for text in [
            "",
            ".",
            "..",
            ":80",
            "a..b",
            ".a",
            "a..",
            "a:b",
            "a:+80",
            "a:-1",
            "a:65536",
            "a:80:80",
            "a:8 0",
            " a",
            "a ",
            "user@a",
            "a/",
            "a?b",
            "a#b",
            "a,b",
            "*.example",
            "bücher.example",
            "a\0b",
            "::1",
            "[::1",
            "[::1]80",
            "[::1]x",
            "[]",
            "[a]",
            "[fe80::1%eth0]",
            "[::1]]",
            "]",
            "é",
            &long,
        ] {
            assert_eq!(Authority::parse(text), None, "{text:?}");
        }
        assert!(
            Authority::parse(&long[1..]).is_some(),
            "the longest that passes"
        );
    }

    #[test]
    fn only_the_default_port_is_dropped() {
        for (text, default, left) in [("a:443", 443, "a"), ("a:443", 80, "a:443"), ("a", 80, "a")] {
            let authority = Authority::parse(text).map(|authority| authority.without_port(default));
            assert_eq!(
                authority.map(|left| left.to_string()).as_deref(),
                Some(left),
                "{text}"
            );
        }
    }

    #[test]
    fn schemes_are_read_in_any_case() {
        for (name, scheme) in [
            ("http", Some(Scheme::Http)),
            ("HTTPS", Some(Scheme::Https)),
            ("ws", Some(Scheme::Http)),
            ("wss", Some(Scheme::Https)),
            ("", None),
            ("https ", None),
            ("ftp", None),
        ] {
            assert_eq!(Scheme::parse(name), scheme, "{name:?}");
        }
    }
}
