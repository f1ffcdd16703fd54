use bytestring::ByteString;
use serde::Serialize;

use crate::{Config, Sid};

/// The JSON of an open packet, with exactly the keys that were published.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Open<'a> {
    sid: &'a str,
    upgrades: &'a [&'static str],
    ping_interval: u128,
    ping_timeout: u128,
    max_payload: usize,
}

/// The JSON that answers a handshake; `upgrades` says whether this session may still move to a
/// WebSocket.
///
/// Spec: Engine.IO 4, Handshake.
pub(super) fn encode(sid: Sid, upgrades: bool, config: &Config) -> ByteString {
    let json = sid.with_str(|sid| {
        serde_json::to_string(&Open {
            sid,
            upgrades: if upgrades { &["websocket"] } else { &[] },
            ping_interval: config.ping_interval.as_millis(),
            ping_timeout: config.ping_timeout.as_millis(),
            max_payload: config.limits.max_payload,
        })
    });
    // Numbers and plain strings: there is nothing in it that serde_json could refuse.
    ByteString::from(json.unwrap_or_default())
}
