use std::fmt;
use std::time::Duration;

use bytestring::ByteString;
use serde::Deserialize;

use super::Transport;

/// What the open packet of a resume session says.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Terms {
    /// The name of the session, a bearer secret: `Debug` does not print it.
    pub sid: ByteString,
    /// Time between the server's pings.
    pub ping_interval: Duration,
    /// What the server waits for a pong.
    pub ping_timeout: Duration,
    /// Bytes of one message at most, packet type included.
    pub max_payload: usize,
    /// How long the server keeps a session that has lost its leg.
    pub window: Duration,
    /// Bytes of unconfirmed messages that each side may hold.
    pub buffer: usize,
    /// Whether the server offers polling.
    pub polling: bool,
    /// Whether the server offers WebSockets.
    pub websocket: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Open {
    sid: String,
    ping_interval: u64,
    ping_timeout: u64,
    max_payload: usize,
    resume: Resume,
    transports: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Resume {
    window: u64,
    buffer: usize,
}

impl Terms {
    /// What the JSON of an open packet says; nothing if that is not a resume session.
    pub(super) fn decode(json: &str) -> Option<Self> {
        let open: Open = serde_json::from_str(json).ok()?;
        let offers = |transport: Transport| {
            let name = transport.as_str();
            // A server that does not say is asked.
            let offered = open.transports.as_ref();
            offered.is_none_or(|offered| offered.iter().any(|offered| offered == name))
        };
        Some(Self {
            ping_interval: Duration::from_millis(open.ping_interval),
            ping_timeout: Duration::from_millis(open.ping_timeout),
            max_payload: open.max_payload,
            window: Duration::from_millis(open.resume.window),
            buffer: open.resume.buffer,
            polling: offers(Transport::Polling),
            websocket: offers(Transport::WebSocket),
            sid: open.sid.into(),
        })
    }

    /// Longest silence before a leg is given up. Spec: PROTOCOL.md, Heartbeat.
    pub(super) fn silence(&self) -> Duration {
        self.ping_interval.saturating_add(self.ping_timeout)
    }

    pub(super) const fn offers(&self, transport: Transport) -> bool {
        match transport {
            Transport::Polling => self.polling,
            Transport::WebSocket => self.websocket,
        }
    }
}

impl fmt::Debug for Terms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Terms")
            .field("ping_interval", &self.ping_interval)
            .field("ping_timeout", &self.ping_timeout)
            .field("max_payload", &self.max_payload)
            .field("window", &self.window)
            .field("buffer", &self.buffer)
            .field("polling", &self.polling)
            .field("websocket", &self.websocket)
            .finish_non_exhaustive()
    }
}
