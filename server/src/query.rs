use std::borrow::Cow;

use actix_web::HttpRequest;
use actix_web::http::Method;
use encke_protocol::engine::Claim;

use crate::handshake::Transport;
use crate::origin::{Origins, Verdict};
use crate::proxy::Resolved;

/// The parameters of the protocol in a request's query; where one is repeated, its first value.
#[derive(Debug, Default)]
pub(crate) struct Query {
    pub(crate) version: Option<String>,
    pub(crate) transport: Option<String>,
    pub(crate) sid: Option<String>,
    pub(crate) extension: Option<String>,
    pub(crate) claim: Claim,
    pub(crate) wish: Wish,
}

/// How a client wants to be answered over a one-way transport, or over JSONP.
#[derive(Debug, Default, Clone)]
pub(crate) struct Wish {
    /// The number of the page's function that takes what comes.
    callback: Option<String>,
    /// The origin of the page that a frame is to tell of it.
    origin: Option<String>,
    padding: Option<String>,
    probe: Option<String>,
}

impl Query {
    pub(crate) fn parse(query: &str) -> Self {
        let mut parsed = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            parsed.note(&name, value);
        }
        parsed
    }

    /// The transport, if there is one of the name.
    pub(crate) fn transport(&self) -> Option<Transport> {
        Transport::from_name(self.transport.as_deref()?)
    }

    /// What the origin setting says of the request. How a page can make it depends on the transport.
    pub(crate) fn verdict(
        &self,
        request: &HttpRequest,
        origins: &Origins,
        resolved: &Resolved,
    ) -> Verdict {
        let headers = request.headers();
        match self.transport() {
            Some(Transport::Jsonp) => origins.script_verdict(headers, resolved),
            Some(Transport::HtmlFile) if request.method() == Method::GET => {
                origins.frame_verdict(headers, resolved, self.wish.origin())
            }
            _ => origins.verdict(headers, resolved),
        }
    }

    fn note(&mut self, name: &str, value: Cow<'_, str>) {
        let field = match name {
            "EIO" => &mut self.version,
            "transport" => &mut self.transport,
            "sid" => &mut self.sid,
            "encke" => &mut self.extension,
            "cb" => &mut self.wish.callback,
            "origin" => &mut self.wish.origin,
            "pad" => &mut self.wish.padding,
            "probe" => &mut self.wish.probe,
            _ => {
                self.claim.note(name, &value);
                return;
            }
        };
        field.get_or_insert_with(|| value.into_owned());
    }
}

impl Wish {
    /// The number, if it is digits and nothing else.
    pub(crate) fn callback(&self) -> Option<u32> {
        let digits = self.callback.as_deref()?;
        let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| digits.parse().ok())?
    }

    /// Whether there is a `cb`, a number or not.
    pub(crate) const fn has_callback(&self) -> bool {
        self.callback.is_some()
    }

    pub(crate) fn origin(&self) -> Option<&str> {
        self.origin.as_deref()
    }

    /// Whether the client's engine waits for padding.
    pub(crate) fn wants_padding(&self) -> bool {
        self.padding.as_deref() == Some("1")
    }

    /// Whether the request is no leg, and only asks whether one would come through.
    pub(crate) fn is_probe(&self) -> bool {
        self.probe.as_deref() == Some("1")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_callback_is_a_number() {
        for (query, callback) in [
            ("cb=0", Some(0)),
            ("cb=4294967295", Some(u32::MAX)),
            ("cb=4294967296", None),
            ("cb=1%3Balert(1)", None),
            ("cb=%2B1", None),
            ("cb=-1", None),
            ("cb=", None),
            ("cb=1&cb=2", Some(1)),
            ("cb=a&cb=2", None),
            ("", None),
        ] {
            let query_wish = Query::parse(query).wish;
            assert_eq!(query_wish.callback(), callback, "{query}");
        }
    }
}
