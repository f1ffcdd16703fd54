use std::fmt;

/// A way to carry packets between a client and the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Transport {
    /// HTTP long-polling: parked GETs down, POSTs up.
    Polling,
    /// A WebSocket, RFC 6455.
    WebSocket,
}

impl Transport {
    /// The name that clients give in `transport=`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Polling => "polling",
            Self::WebSocket => "websocket",
        }
    }

    /// The transport of this name, as clients write it.
    pub(crate) fn from_name(name: &str) -> Option<Self> {
        [Self::Polling, Self::WebSocket]
            .into_iter()
            .find(|transport| transport.as_str() == name)
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
            ("WebSocket", None),
            ("", None),
            ("__proto__", None),
        ] {
            assert_eq!(Transport::from_name(name), transport, "{name:?}");
        }
        assert_eq!(format!("{:>10}", Transport::WebSocket), " websocket");
    }
}
