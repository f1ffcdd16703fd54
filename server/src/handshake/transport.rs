use std::fmt;

use encke_protocol::engine::Framing;

/// A way to carry packets between a client and the server.
///
/// All but the first two carry sessions of Encke's own client only.
///
/// Spec: PROTOCOL.md, Transports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transport {
    /// HTTP long-polling: parked GETs down, POSTs up.
    Polling,
    /// A WebSocket, RFC 6455.
    WebSocket,
    /// A GET whose answer goes on, POSTs up.
    Stream,
    /// The same as server-sent events.
    Sse,
    /// The same as a page in a hidden iframe, a script a packet.
    HtmlFile,
    /// Polling by `<script>`, a form up. Pages of other sites can run the same script, so it has to
    /// be switched on, and is answered only to pages whose origin is known and allowed.
    Jsonp,
}

impl Transport {
    /// Every transport.
    pub const ALL: [Self; 6] = [
        Self::Polling,
        Self::WebSocket,
        Self::Stream,
        Self::Sse,
        Self::HtmlFile,
        Self::Jsonp,
    ];

    /// The name that clients give in `transport=`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Polling => "polling",
            Self::WebSocket => "websocket",
            Self::Stream => "stream",
            Self::Sse => "sse",
            Self::HtmlFile => "htmlfile",
            Self::Jsonp => "jsonp",
        }
    }

    /// The transport of this name, as clients write it.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|transport| transport.as_str() == name)
    }

    /// Whether only a session that can resume may be on it.
    pub(crate) const fn needs_resume(self) -> bool {
        !matches!(self, Self::Polling | Self::WebSocket)
    }
}

impl From<Framing> for Transport {
    fn from(framing: Framing) -> Self {
        match framing {
            Framing::Stream => Self::Stream,
            Framing::Sse => Self::Sse,
            Framing::HtmlFile => Self::HtmlFile,
        }
    }
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_exact() {
        for (name, transport) in [
            ("polling", Some(Transport::Polling)),
            ("websocket", Some(Transport::WebSocket)),
            ("stream", Some(Transport::Stream)),
            ("sse", Some(Transport::Sse)),
            ("htmlfile", Some(Transport::HtmlFile)),
            ("jsonp", Some(Transport::Jsonp)),
            ("WebSocket", None),
            ("", None),
            ("__proto__", None),
        ] {
            assert_eq!(Transport::from_name(name), transport, "{name:?}");
        }
        assert_eq!(format!("{:>10}", Transport::WebSocket), " websocket");
    }
}
