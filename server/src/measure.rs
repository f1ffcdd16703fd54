//! The metrics that Encke reports through the `metrics` facade. Their names are stable.
//!
//! | name | kind | labels | what |
//! |---|---|---|---|
//! | `encke_sessions` | gauge | `transport` | sessions that are open |
//! | `encke_messages_total` | counter | `direction`: `in`, `out` | messages of sessions |
//! | `encke_bytes_total` | counter | `direction` | their bytes, without framing |
//! | `encke_queue_bytes` | gauge | `shard` | bytes that clients have yet to read, once a second |
//! | `encke_detached_sessions` | gauge | - | sessions whose client is away, once a second |
//! | `encke_detached_bytes` | gauge | - | bytes kept for these, once a second |
//! | `encke_rejections_total` | counter | `reason` | requests and sockets refused, events not handled |
//! | `encke_closes_total` | counter | `reason` | sessions that ended |
//! | `encke_upgrades_total` | counter | - | sessions that moved to a WebSocket |
//! | `encke_recoveries_total` | counter | `result`: `recovered`, `fresh` | clients that came back for a lost socket |

use encke_protocol::CloseReason;
use metrics::{Counter, Gauge, counter, gauge};

use crate::handshake::Transport;

/// The instruments that a shard uses for every message, looked up once.
pub(crate) struct Meters {
    pub(crate) messages_in: Counter,
    pub(crate) messages_out: Counter,
    pub(crate) bytes_in: Counter,
    pub(crate) bytes_out: Counter,
    pub(crate) queue_bytes: Gauge,
    pub(crate) detached_sessions: Gauge,
    pub(crate) detached_bytes: Gauge,
    /// By transport, in the order of [`Transport::ALL`].
    sessions: [Gauge; Transport::ALL.len()],
}

impl Meters {
    pub(crate) fn new(shard: u32) -> Self {
        Self {
            messages_in: counter!("encke_messages_total", "direction" => "in"),
            messages_out: counter!("encke_messages_total", "direction" => "out"),
            bytes_in: counter!("encke_bytes_total", "direction" => "in"),
            bytes_out: counter!("encke_bytes_total", "direction" => "out"),
            queue_bytes: gauge!("encke_queue_bytes", "shard" => shard.to_string()),
            detached_sessions: gauge!("encke_detached_sessions"),
            detached_bytes: gauge!("encke_detached_bytes"),
            sessions: Transport::ALL
                .map(|transport| gauge!("encke_sessions", "transport" => transport.as_str())),
        }
    }

    /// The sessions on this transport.
    pub(crate) const fn sessions(&self, transport: Transport) -> &Gauge {
        let [polling, web_socket, stream, sse, html_file, jsonp] = &self.sessions;
        match transport {
            Transport::Polling => polling,
            Transport::WebSocket => web_socket,
            Transport::Stream => stream,
            Transport::Sse => sse,
            Transport::HtmlFile => html_file,
            Transport::Jsonp => jsonp,
        }
    }
}

/// Something was refused.
pub(crate) fn rejected(reason: &'static str) {
    counter!("encke_rejections_total", "reason" => reason).increment(1);
}

/// A session ended.
pub(crate) fn closed(reason: CloseReason) {
    counter!("encke_closes_total", "reason" => reason.as_str()).increment(1);
}

/// A session moved to a WebSocket.
pub(crate) fn upgraded() {
    counter!("encke_upgrades_total").increment(1);
}

/// A client came back for a socket whose connection was lost, and may go on with it or not.
pub(crate) fn recovered(recovered: bool) {
    let result = if recovered { "recovered" } else { "fresh" };
    counter!("encke_recoveries_total", "result" => result).increment(1);
}
