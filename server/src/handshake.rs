//! The request that opened a session, as the application may see it.

mod transport;

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::ops::Range;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::error::QueryPayloadError;
use actix_web::web::Query;
use serde::de::DeserializeOwned;

pub use transport::Transport;

use crate::origin::Verdict;
use crate::proxy::{Resolved, Scheme};

/// The request that opened the session.
///
/// It is what the client sent when it connected: a later upgrade changes nothing in it. Headers
/// that concern one connection only (`Connection`, `Upgrade`, `Sec-WebSocket-*` and such) are left
/// out, and, where any origin may connect, so are `Cookie` and `Authorization` of other origins'
/// pages. A clone is a pointer to the same.
#[derive(Clone)]
pub struct Handshake(Arc<Inner>);

/// Kept by every session for as long as it lives, so all its text is one piece.
struct Inner {
    /// The path, the query, the host, and each header as `name:value\n`.
    text: Box<[u8]>,
    path_end: u16,
    query_end: u16,
    host_end: u16,
    peer: Option<IpAddr>,
    transport: Transport,
    is_secure: bool,
    is_cross_origin: bool,
}

/// The most that is kept of one request. Node.js takes no larger heads at all.
const MAX_TEXT_BYTES: usize = 16 * 1024;

/// The request holds more than a session can keep: an answer with the status 431.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HeadTooLarge;

/// The query does not fit the type that it was to become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidQuery(String);

impl Handshake {
    /// Keeps of `request` what the application may see.
    pub(crate) fn new(
        request: &HttpRequest,
        transport: Transport,
        resolved: &Resolved,
        verdict: &Verdict,
    ) -> Result<Self, HeadTooLarge> {
        let mut text = Vec::with_capacity(1024);
        let mut keep = |parts: &[&[u8]]| {
            for part in parts {
                text.extend_from_slice(part);
            }
            match u16::try_from(text.len()) {
                Ok(end) if text.len() <= MAX_TEXT_BYTES => Ok(end),
                _ => Err(HeadTooLarge),
            }
        };
        let host = resolved.host.as_ref().map(ToString::to_string);
        let path_end = keep(&[request.path().as_bytes()])?;
        let query_end = keep(&[request.query_string().as_bytes()])?;
        let host_end = keep(&[host.unwrap_or_default().as_bytes()])?;
        for (name, value) in request.headers() {
            let name = name.as_str();
            let is_hidden = verdict.hides_credentials() && CREDENTIALS.contains(&name);
            if !is_hidden && !is_of_the_connection(name) {
                keep(&[name.as_bytes(), b":", value.as_bytes(), b"\n"])?;
            }
        }
        Ok(Self(Arc::new(Inner {
            text: text.into_boxed_slice(),
            path_end,
            query_end,
            host_end,
            peer: resolved.client,
            transport,
            is_secure: resolved.scheme == Some(Scheme::Https),
            is_cross_origin: verdict.is_cross_origin(),
        })))
    }

    /// The first header of this name, in any case; `None` also if its value is not UTF-8.
    pub fn header(&self, name: &str) -> Option<&str> {
        std::str::from_utf8(self.header_bytes(name)?).ok()
    }

    /// The same, whatever its bytes are.
    pub fn header_bytes(&self, name: &str) -> Option<&[u8]> {
        self.headers()
            .find_map(|(other, value)| other.eq_ignore_ascii_case(name).then_some(value))
    }

    /// Every header that was kept, its name in lower case. One that was sent twice comes twice.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &[u8])> {
        let lines = self.0.text.get(usize::from(self.0.host_end)..);
        lines
            .unwrap_or_default()
            .split(|byte| *byte == b'\n')
            .filter_map(|line| {
                // Neither byte can be in a name, nor a line feed in a value.
                let colon = line.iter().position(|byte| *byte == b':')?;
                let (name, value) = line.split_at_checked(colon)?;
                Some((std::str::from_utf8(name).ok()?, value.get(1..)?))
            })
    }

    /// The path of the request, as it was sent.
    pub fn path(&self) -> &str {
        self.text(0..self.0.path_end)
    }

    /// The query of the request, as it was sent and without the question mark.
    pub fn query(&self) -> &str {
        self.text(self.0.path_end..self.0.query_end)
    }

    /// The first value of this name in the query, decoded.
    ///
    /// Percent signs and pluses are decoded, and bytes that are then not UTF-8 become U+FFFD.
    pub fn query_value(&self, name: &str) -> Option<Cow<'_, str>> {
        self.query_pairs()
            .find_map(|(other, value)| (other == name).then_some(value))
    }

    /// Every name and value of the query, decoded, in order.
    pub fn query_pairs(&self) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
        form_urlencoded::parse(self.query().as_bytes())
    }

    /// The query as a type of the application's, as [`actix_web::web::Query`] reads it.
    ///
    /// The protocol's own parameters (`EIO`, `transport`) are among its fields.
    ///
    /// # Errors
    ///
    /// A field is missing, appears twice or does not fit.
    pub fn parse_query<T: DeserializeOwned>(&self) -> Result<T, InvalidQuery> {
        match Query::from_query(self.query()) {
            Ok(Query(value)) => Ok(value),
            Err(QueryPayloadError::Deserialize(error)) => Err(InvalidQuery(error.to_string())),
            Err(error) => Err(InvalidQuery(error.to_string())),
        }
    }

    /// The client's address, behind trusted proxies the one they name; `None` if they hide it or
    /// the connection has none, such as one through a Unix socket.
    pub fn peer_addr(&self) -> Option<IpAddr> {
        self.0.peer
    }

    /// The host that the client asked for, with the port if it wrote one, in lower case; `None` if
    /// it named none or one that can not be.
    ///
    /// Behind trusted proxies the one they were asked for.
    pub fn host(&self) -> Option<&str> {
        let host = self.text(self.0.query_end..self.0.host_end);
        (!host.is_empty()).then_some(host)
    }

    /// Whether the client is known to have come over TLS. A trusted proxy's word counts for it.
    pub fn is_secure(&self) -> bool {
        self.0.is_secure
    }

    /// The origin of the page that connected, as its browser wrote it; `None` for native clients.
    pub fn origin(&self) -> Option<&str> {
        self.header("origin")
    }

    /// Whether a page of another origin than the server's own connected.
    pub fn is_cross_origin(&self) -> bool {
        self.0.is_cross_origin
    }

    /// The transport that the session began on.
    pub fn transport(&self) -> Transport {
        self.0.transport
    }

    fn text(&self, range: Range<u16>) -> &str {
        let range = usize::from(range.start)..usize::from(range.end);
        let text = self.0.text.get(range).unwrap_or_default();
        std::str::from_utf8(text).unwrap_or_default()
    }
}

/// Names only where values are: cookies, tokens and the like end up in logs otherwise.
impl fmt::Debug for Handshake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Names<'a>(Vec<Cow<'a, str>>);
        impl fmt::Debug for Names<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_list().entries(&self.0).finish()
            }
        }
        let query = self.query_pairs().map(|(name, _)| name).collect();
        let headers = self.headers().map(|(name, _)| name.into()).collect();
        f.debug_struct("Handshake")
            .field("transport", &self.transport())
            .field("peer_addr", &self.peer_addr())
            .field("host", &self.host())
            .field("is_secure", &self.is_secure())
            .field("origin", &self.origin())
            .field("is_cross_origin", &self.is_cross_origin())
            .field("path", &self.path())
            .field("query", &Names(query))
            .field("headers", &Names(headers))
            .finish()
    }
}

impl fmt::Display for HeadTooLarge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "the request's head holds more than {MAX_TEXT_BYTES} bytes"
        )
    }
}

impl std::error::Error for HeadTooLarge {}

impl fmt::Display for InvalidQuery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the query does not fit: {}", self.0)
    }
}

impl std::error::Error for InvalidQuery {}

/// What a browser adds by itself for whoever looks at the page.
const CREDENTIALS: [&str; 2] = ["authorization", "cookie"];

/// Whether a header speaks of one connection, and of nothing that outlives it.
///
/// Spec: RFC 9110, 7.6.1, and RFC 6455, 11.3.
fn is_of_the_connection(name: &str) -> bool {
    name.starts_with("sec-websocket-")
        || matches!(
            name,
            "connection"
                | "http2-settings"
                | "keep-alive"
                | "proxy-authenticate"
                | "proxy-authorization"
                | "proxy-connection"
                | "te"
                | "trailer"
                | "transfer-encoding"
                | "upgrade"
        )
}

#[cfg(test)]
mod tests;
