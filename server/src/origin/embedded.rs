//! Requests by a `<script>`, a form or a frame: their browser sends cookies, asks nobody, and often
//! names no origin.

use actix_web::http::header::{HeaderMap, HeaderValue, ORIGIN, REFERER};

use super::{Allowed, Origin, Origins, Verdict, is_cross_site, is_own};
use crate::proxy::Resolved;

impl Origins {
    /// What the setting says of a request by a `<script>` or a form, whose answer any page around
    /// it can read: it has to be known to come from the same origin or a listed one.
    ///
    /// Spec: PROTOCOL.md, JSONP.
    pub(crate) fn script_verdict(&self, headers: &HeaderMap, request: &Resolved) -> Verdict {
        if headers.contains_key(ORIGIN) {
            return match self.verdict(headers, request) {
                known @ (Verdict::Same | Verdict::Listed(_)) => known,
                Verdict::NoOrigin | Verdict::Cross | Verdict::Refused => Verdict::Refused,
            };
        }
        if is_own(headers) {
            return Verdict::Same;
        }
        let referrer = headers.get(REFERER).and_then(|value| value.to_str().ok());
        match referrer.and_then(origin_of) {
            Some(origin) => self.named_verdict(headers, origin, request),
            None => Verdict::Refused,
        }
    }

    /// What the setting says of a page that is to be in a frame. `target` is the origin to which it
    /// would hand what it has; without one only a page of its own origin can reach into it.
    ///
    /// Spec: PROTOCOL.md, Hidden iframe.
    pub(crate) fn frame_verdict(
        &self,
        headers: &HeaderMap,
        request: &Resolved,
        target: Option<&str>,
    ) -> Verdict {
        match target {
            Some(origin) => self.named_verdict(headers, origin, request),
            None => match self.verdict(headers, request) {
                own @ (Verdict::NoOrigin | Verdict::Same) => own,
                Verdict::Listed(_) | Verdict::Cross | Verdict::Refused => Verdict::Refused,
            },
        }
    }

    /// What it says of an origin that was named otherwise than by `Origin`.
    fn named_verdict(&self, headers: &HeaderMap, origin: &str, request: &Resolved) -> Verdict {
        let Some(parsed) = Origin::parse(origin) else {
            return Verdict::Refused;
        };
        match &self.allowed {
            _ if parsed.is_same(request) && !is_cross_site(headers) => Verdict::Same,
            Allowed::List(list) if list.contains(&parsed) => {
                HeaderValue::from_str(origin).map_or(Verdict::Refused, Verdict::Listed)
            }
            Allowed::Same | Allowed::List(_) | Allowed::Any => Verdict::Refused,
        }
    }
}

/// The origin at the front of an address.
fn origin_of(url: &str) -> Option<&str> {
    let authority = url.find("://")? + 3;
    let rest = url.get(authority..)?;
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    url.get(..authority + end)
}
