//! Which pages may talk to the server: one setting for CORS and for every `WebSocket`.

mod embedded;

use std::collections::HashSet;
use std::fmt;

use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_MAX_AGE, ACCESS_CONTROL_REQUEST_HEADERS, HeaderMap,
    HeaderName, HeaderValue, ORIGIN, VARY,
};

use crate::proxy::{Authority, Resolved, Scheme};

/// The pages that may talk to the server, by the origin that their browser names.
///
/// Holds for polling, where it becomes CORS headers, and for a `WebSocket`, where a browser sends
/// cookies but asks nobody. Requests from other origins are answered 403. Requests without an
/// origin come from native clients and from the server's own pages, and pass; browsers that name
/// no origin but say that a page of another site asks are treated as that page.
///
/// Default [`Origins::same`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origins {
    allowed: Allowed,
    credentials: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
enum Allowed {
    #[default]
    Same,
    List(HashSet<Origin>),
    Any,
}

/// Why [`Origins`] can not be served.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OriginsError {
    /// An entry of the list is not an origin.
    NotAnOrigin(String),
    /// Every page may talk to the server, and with the cookies of whoever looks at it.
    AnyWithCredentials,
}

/// What the origin setting says of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// No page of another origin is behind it, as far as its headers tell.
    NoOrigin,
    /// A page of the host that was asked for.
    Same,
    /// A page of an origin in the list, named as the request named it.
    Listed(HeaderValue),
    /// A page of another origin, let in because any is.
    Cross,
    /// Not allowed.
    Refused,
}

impl Origins {
    /// Only pages of the host and port that the request asks for.
    ///
    /// Behind a proxy that changes `Host`, list it as a trusted proxy. Where the scheme of the
    /// request is known (TLS ends here, or a trusted proxy names it), the page's must be the same.
    pub fn same() -> Self {
        Self::default()
    }

    /// Pages of these origins, and of the same origin.
    ///
    /// Each is a scheme, a host and a port where it is not the scheme's own, such as
    /// `https://a.example`, `http://localhost:3000` or `capacitor://localhost`. Case does not
    /// matter, and names beyond ASCII are written in Punycode. There are no wildcards, and
    /// `null`, which any page can become, can not be listed.
    ///
    /// # Errors
    ///
    /// [`OriginsError::NotAnOrigin`] with the first entry that is not one, for instance because a
    /// path or only a slash follows it.
    pub fn list<I>(origins: I) -> Result<Self, OriginsError>
    where
        I: IntoIterator<Item: AsRef<str>>,
    {
        let list = origins.into_iter().map(|entry| {
            let entry = entry.as_ref();
            // A page's origin is never that of its WebSocket, so such an entry would match nothing.
            Origin::parse(entry)
                .filter(|origin| !matches!(&*origin.scheme, "ws" | "wss"))
                .ok_or_else(|| OriginsError::NotAnOrigin(entry.to_owned()))
        });
        Ok(Self {
            allowed: Allowed::List(list.collect::<Result<_, _>>()?),
            credentials: false,
        })
    }

    /// Pages of any origin, even `null`.
    ///
    /// `Cookie` and `Authorization` of requests from other origins are then hidden from the
    /// application, so that no page can act as whoever looks at it.
    pub fn any() -> Self {
        Self {
            allowed: Allowed::Any,
            credentials: false,
        }
    }

    /// Whether pages of listed origins may read answers to requests that carry cookies
    /// (`withCredentials` in the client). Default `false`.
    ///
    /// Cookies of a same-origin page are always seen. With [`Origins::any`] the server does not
    /// start.
    pub fn credentials(self, credentials: bool) -> Self {
        Self {
            credentials,
            ..self
        }
    }

    /// Whether the setting can be served, asked once before it is.
    pub(crate) fn check(&self) -> Result<(), OriginsError> {
        if self.credentials && self.allowed == Allowed::Any {
            return Err(OriginsError::AnyWithCredentials);
        }
        Ok(())
    }

    /// What the setting says of a request with these headers.
    pub(crate) fn verdict(&self, headers: &HeaderMap, request: &Resolved) -> Verdict {
        let stranger = match self.allowed {
            Allowed::Any => Verdict::Cross,
            Allowed::Same | Allowed::List(_) => Verdict::Refused,
        };
        let mut origins = headers.get_all(ORIGIN);
        let Some(named) = origins.next() else {
            return if is_cross_site(headers) {
                stranger
            } else {
                Verdict::NoOrigin
            };
        };
        if origins.next().is_some() {
            return Verdict::Refused;
        }
        let Some(origin) = named.to_str().ok().and_then(Origin::parse) else {
            // Under a policy that hides the referrer a page's own beacon comes from `null`.
            return if is_own(headers) {
                Verdict::Same
            } else {
                stranger
            };
        };
        match &self.allowed {
            _ if origin.is_same(request) => Verdict::Same,
            Allowed::List(list) if list.contains(&origin) => Verdict::Listed(named.clone()),
            _ => stranger,
        }
    }

    /// The headers that every answer to such a request carries, errors too.
    pub(crate) fn headers(
        &self,
        verdict: &Verdict,
    ) -> impl Iterator<Item = (HeaderName, HeaderValue)> + use<> {
        let origin = match (&self.allowed, verdict) {
            (Allowed::Any, _) => Some(HeaderValue::from_static("*")),
            (_, Verdict::Listed(origin)) => Some(origin.clone()),
            _ => None,
        };
        let credentials = (self.credentials && matches!(verdict, Verdict::Listed(_)))
            .then(|| HeaderValue::from_static("true"));
        // A cache must not give the answer for one origin to another, or to none.
        let vary =
            matches!(self.allowed, Allowed::List(_)).then(|| HeaderValue::from_static("Origin"));
        [
            (ACCESS_CONTROL_ALLOW_ORIGIN, origin),
            (ACCESS_CONTROL_ALLOW_CREDENTIALS, credentials),
            (VARY, vary),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }

    /// The headers that the answer to a preflight carries besides [`Origins::headers`].
    ///
    /// Requested headers that are too many or no names are not allowed, so that the browser tells
    /// the page.
    pub(crate) fn preflight(
        verdict: &Verdict,
        headers: &HeaderMap,
    ) -> impl Iterator<Item = (HeaderName, HeaderValue)> + use<> {
        let fixed = |value| is_answered(verdict).then(|| HeaderValue::from_static(value));
        let requested = is_answered(verdict)
            .then(|| requested_headers(headers))
            .flatten();
        [
            (ACCESS_CONTROL_ALLOW_METHODS, fixed("GET, POST, OPTIONS")),
            (ACCESS_CONTROL_ALLOW_HEADERS, requested),
            // Two hours: Chromium keeps a preflight's answer no longer.
            (ACCESS_CONTROL_MAX_AGE, fixed("7200")),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
    }
}

impl Verdict {
    /// Whether the request may go on.
    pub(crate) fn is_allowed(&self) -> bool {
        *self != Self::Refused
    }

    /// Whether a page of another origin than the server's is behind the request.
    pub(crate) fn is_cross_origin(&self) -> bool {
        match self {
            Self::NoOrigin | Self::Same => false,
            Self::Listed(_) | Self::Cross | Self::Refused => true,
        }
    }

    /// Whether the application must not see the request's `Cookie` and `Authorization`.
    pub(crate) fn hides_credentials(&self) -> bool {
        matches!(self, Self::Cross | Self::Refused)
    }
}

impl fmt::Display for OriginsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAnOrigin(entry) => write!(
                f,
                "{entry:?} is not an origin: expected scheme://host or scheme://host:port \
                 with nothing behind it, such as https://a.example"
            ),
            Self::AnyWithCredentials => f.write_str(
                "any origin together with credentials would let every page act as whoever \
                 looks at it: list the origins",
            ),
        }
    }
}

impl std::error::Error for OriginsError {}

/// An origin other than `null`, normalised.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Origin {
    scheme: Box<str>,
    /// Without the scheme's default port.
    authority: Authority,
}

impl Origin {
    fn parse(text: &str) -> Option<Self> {
        let (scheme, authority) = text.split_once("://")?;
        // RFC 3986, 3.1
        let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
            && scheme
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
        if !is_scheme {
            return None;
        }
        let mut origin = Self {
            scheme: scheme.to_ascii_lowercase().into_boxed_str(),
            authority: Authority::parse(authority)?,
        };
        if let Some(scheme) = origin.web_scheme() {
            origin.authority = origin.authority.without_port(scheme.default_port());
        }
        Some(origin)
    }

    /// Whether a page of this origin asks its own host.
    ///
    /// Where the request's scheme is not known, the page's stands in for it. TLS then ends at a
    /// proxy that nobody listed, or else an `https` page asks an `http` server, which browsers
    /// block and which gains it nothing.
    fn is_same(&self, request: &Resolved) -> bool {
        let (Some(scheme), Some(host)) = (self.web_scheme(), &request.host) else {
            return false;
        };
        request.scheme.is_none_or(|asked| asked == scheme)
            && host.clone().without_port(scheme.default_port()) == self.authority
    }

    fn web_scheme(&self) -> Option<Scheme> {
        match &*self.scheme {
            "http" => Some(Scheme::Http),
            "https" => Some(Scheme::Https),
            _ => None,
        }
    }
}

/// Whether a browser says that a page of another origin caused the request.
///
/// A `<script>`, an image or a frame sends cookies to any host and names no origin.
///
/// Spec: Fetch Metadata, 2.3.
fn is_cross_site(headers: &HeaderMap) -> bool {
    headers
        .get_all("sec-fetch-site")
        .any(|site| matches!(site.as_bytes(), b"cross-site" | b"same-site"))
}

/// Whether a browser says that a page of this origin caused the request. No script can set that
/// header, and a sandboxed page, whose origin is `null` too, does not get this value.
///
/// Spec: Fetch Metadata, 2.3.
fn is_own(headers: &HeaderMap) -> bool {
    let mut sites = headers.get_all("sec-fetch-site");
    sites.next().is_some_and(|site| site == "same-origin") && sites.next().is_none()
}

/// A same-origin page needs no leave, and a refused one gets none.
fn is_answered(verdict: &Verdict) -> bool {
    matches!(verdict, Verdict::Listed(_) | Verdict::Cross)
}

/// What a page's own headers may take in a preflight's answer.
const MAX_REQUESTED_BYTES: usize = 1024;

/// The requested headers, to be allowed as they are, if each is a name.
fn requested_headers(headers: &HeaderMap) -> Option<HeaderValue> {
    let mut names = String::new();
    for line in headers.get_all(ACCESS_CONTROL_REQUEST_HEADERS) {
        for name in line.as_bytes().split(|byte| *byte == b',') {
            let name = name.trim_ascii();
            if name.is_empty() {
                continue;
            }
            if names.len() + name.len() > MAX_REQUESTED_BYTES {
                return None;
            }
            let name = HeaderName::from_bytes(name).ok()?;
            if !names.is_empty() {
                names.push_str(", ");
            }
            names.push_str(name.as_str());
        }
    }
    (!names.is_empty()).then(|| HeaderValue::try_from(names).ok())?
}

#[cfg(test)]
mod tests;
