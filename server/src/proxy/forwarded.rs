use std::borrow::Cow;
use std::net::{IpAddr, Ipv4Addr};

/// What one proxy said in `Forwarded`. Parameters that nobody asks for are not kept.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Element<'a> {
    /// Who connected to the proxy.
    pub(super) node: Option<Cow<'a, str>>,
    /// The `Host` that the proxy was asked for.
    pub(super) host: Option<Cow<'a, str>>,
    /// The scheme in which the proxy was asked.
    pub(super) proto: Option<Cow<'a, str>>,
}

/// More proxies than this are no chain but an attempt to cost memory.
const MAX_ELEMENTS: usize = 64;

const BLANK: [char; 2] = [' ', '\t'];

/// The elements of one `Forwarded` header, the outermost proxy's first; `None` if it is malformed.
///
/// Quotes must balance exactly: a client that sends half a quoted string would otherwise swallow
/// what the proxy appends to it. Unquoted values may hold more than the grammar allows, since many
/// proxies write `host:port` and IPv6 addresses without quotes.
///
/// Spec: RFC 7239, 4.
pub(super) fn elements(line: &str) -> Option<Vec<Element<'_>>> {
    let mut elements = Vec::new();
    let mut element: Option<Element<'_>> = None;
    let mut rest = line.trim_start_matches(BLANK);
    loop {
        if !rest.is_empty() && !rest.starts_with([',', ';']) {
            let (name, tail) = rest.split_once('=')?;
            if name.is_empty() || !name.bytes().all(is_token) {
                return None;
            }
            let (value, tail) = value(tail)?;
            element.get_or_insert_default().set(name, value)?;
            rest = tail.trim_start_matches(BLANK);
        }
        let mut chars = rest.chars();
        let separator = chars.next();
        // RFC 9110, 5.6.1: a list may have empty elements, which mean nothing.
        if matches!(separator, None | Some(','))
            && let Some(element) = element.take()
        {
            if elements.len() == MAX_ELEMENTS {
                return None;
            }
            elements.push(element);
        }
        match separator {
            None => return Some(elements),
            Some(',' | ';') => rest = chars.as_str().trim_start_matches(BLANK),
            Some(_) => return None,
        }
    }
}

/// The address in a `for=`, or in an entry of `X-Forwarded-For`, with or without a port.
///
/// `unknown`, a name that hides the address, and anything else are `None`.
///
/// Spec: RFC 7239, 6.
pub(super) fn address(node: &str) -> Option<IpAddr> {
    let address = if let Some(rest) = node.strip_prefix('[') {
        let (address, port) = rest.split_once(']')?;
        if !port.is_empty() && !port.starts_with(':') {
            return None;
        }
        IpAddr::V6(address.parse().ok()?)
    } else if let Ok(address) = node.parse() {
        address
    } else {
        let (address, _port) = node.split_once(':')?;
        IpAddr::V4(address.parse::<Ipv4Addr>().ok()?)
    };
    Some(address.to_canonical())
}

impl<'a> Element<'a> {
    fn set(&mut self, name: &str, value: Cow<'a, str>) -> Option<()> {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        let slot = if is("for") {
            &mut self.node
        } else if is("host") {
            &mut self.host
        } else if is("proto") {
            &mut self.proto
        } else {
            return Some(());
        };
        // "Each parameter MUST NOT occur more than once per field-value element."
        slot.replace(value).is_none().then_some(())
    }
}

/// Reads a value, quoted or not, and gives what is behind it.
fn value(text: &str) -> Option<(Cow<'_, str>, &str)> {
    if let Some(quoted) = text.strip_prefix('"') {
        let mut value = String::new();
        let mut chars = quoted.chars();
        loop {
            match chars.next()? {
                '"' => return Some((Cow::Owned(value), chars.as_str())),
                '\\' => value.push(chars.next()?),
                char => value.push(char),
            }
        }
    }
    let end = text.find([',', ';', ' ', '\t']).unwrap_or(text.len());
    let (value, tail) = text.split_at_checked(end)?;
    (!value.is_empty() && !value.contains('"')).then_some((Cow::Borrowed(value), tail))
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    type Parts<'a> = (Option<&'a str>, Option<&'a str>, Option<&'a str>);

    fn parts<'a>(elements: &'a [Element<'_>]) -> Vec<Parts<'a>> {
        elements
            .iter()
            .map(|element| {
                (
                    element.node.as_deref(),
                    element.host.as_deref(),
                    element.proto.as_deref(),
                )
            })
            .collect()
    }

    #[test]
    fn elements_are_read_as_the_rfc_writes_them() {
        let cases: [(&str, &[Parts<'_>]); 12] = [
            ("", &[]),
            (" , ,\t, ", &[]),
            ("for=\"_gazonk\"", &[(Some("_gazonk"), None, None)]),
            (
                "For=\"[2001:db8:cafe::17]:4711\"",
                &[(Some("[2001:db8:cafe::17]:4711"), None, None)],
            ),
            (
                "for=192.0.2.60;proto=http;by=203.0.113.43",
                &[(Some("192.0.2.60"), None, Some("http"))],
            ),
            (
                "for=192.0.2.43, for=198.51.100.17",
                &[
                    (Some("192.0.2.43"), None, None),
                    (Some("198.51.100.17"), None, None),
                ],
            ),
            (
                "FOR=a ; HOST=\"b:1\" ;; PROTO=https ;,",
                &[(Some("a"), Some("b:1"), Some("https"))],
            ),
            ("host=b:1", &[(None, Some("b:1"), None)]),
            ("for=\"a\\\"b\\\\c,;\"", &[(Some("a\"b\\c,;"), None, None)]),
            ("for=\"\"", &[(Some(""), None, None)]),
            // An element that names nobody still has its place in the chain.
            (
                "for=a, by=b,",
                &[(Some("a"), None, None), (None, None, None)],
            ),
            ("secret=x;for=a", &[(Some("a"), None, None)]),
        ];
        for (line, expected) in cases {
            let elements = elements(line);
            assert_eq!(
                elements.as_deref().map(parts).as_deref(),
                Some(expected),
                "{line:?}"
            );
        }
    }

    #[test]
    fn malformed_elements_are_refused() {
        for line in [
            "for",
            "for=",
            "=a",
            "for =a",
            "for= a",
            "for=a b",
            "for=a;for=b",
            "for=\"a",
            "for=\"a\\",
            "for=\"a\"b",
            "for=a\"b\"",
            "for=a,x",
            "f\u{e9}=a",
            // Half a quoted string, and what a proxy would append to it.
            "for=1.1.1.1;host=\", for=192.0.2.1;host=\"a:80\"",
        ] {
            assert_eq!(elements(line), None, "{line:?}");
        }
    }

    #[test]
    fn a_list_has_a_bound() {
        let list = |count| vec!["for=10.0.0.1"; count].join(",");
        assert_eq!(
            elements(&list(MAX_ELEMENTS)).map(|elements| elements.len()),
            Some(MAX_ELEMENTS)
        );
        assert_eq!(elements(&list(MAX_ELEMENTS + 1)), None);
        let half_a_mebibyte = 1 << 19;
        assert_eq!(elements(&",".repeat(half_a_mebibyte)), Some(Vec::new()));
        assert_eq!(elements(&"\"".repeat(half_a_mebibyte)), None);
    }

    #[test]
    fn addresses_come_with_and_without_ports() {
        for (node, expected) in [
            ("192.0.2.1", Some("192.0.2.1")),
            ("192.0.2.1:80", Some("192.0.2.1")),
            ("192.0.2.1:_hidden", Some("192.0.2.1")),
            ("2001:db8::1", Some("2001:db8::1")),
            ("[2001:DB8::1]", Some("2001:db8::1")),
            ("[2001:db8::1]:80", Some("2001:db8::1")),
            ("::ffff:192.0.2.1", Some("192.0.2.1")),
            ("[::ffff:192.0.2.1]:1", Some("192.0.2.1")),
            ("", None),
            (":", None),
            ("unknown", None),
            ("unknown:80", None),
            ("_hidden", None),
            ("a.example", None),
            ("256.0.0.1", None),
            ("[192.0.2.1]", None),
            ("[::1", None),
            ("[::1]x", None),
            ("fe80::1%eth0", None),
            ("\u{661}.0.0.1", None),
        ] {
            let expected = expected.and_then(|address| address.parse().ok());
            assert_eq!(address(node), expected, "{node:?}");
        }
    }
}
