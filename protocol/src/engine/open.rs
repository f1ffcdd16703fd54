use bytestring::ByteString;
use serde::Serialize;

use crate::{Config, Sid};

/// The JSON of an open packet, for a plain session with exactly the keys that were published.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Open<'a> {
    sid: &'a str,
    upgrades: &'a [&'static str],
    ping_interval: u128,
    ping_timeout: u128,
    max_payload: usize,
    #[serde(flatten)]
    extension: Option<Extension<'a>>,
}

#[derive(Serialize)]
struct Extension<'a> {
    resume: Bounds,
    transports: &'a [&'static str],
}

#[derive(Serialize)]
struct Bounds {
    window: u128,
    buffer: usize,
}

/// The JSON that answers a handshake; `upgrades` says whether this session may still move to a
/// WebSocket, `resumes` whether it outlives its legs.
///
/// Spec: Engine.IO 4, Handshake; PROTOCOL.md, Handshake.
pub(super) fn encode(sid: Sid, upgrades: bool, resumes: bool, config: &Config) -> ByteString {
    let extension = resumes.then(|| Extension {
        resume: Bounds {
            window: config.resume_window.as_millis(),
            buffer: config.max_buffer,
        },
        transports: &config.transports,
    });
    let json = sid.with_str(|sid| {
        serde_json::to_string(&Open {
            sid,
            upgrades: if upgrades { &["websocket"] } else { &[] },
            ping_interval: config.ping_interval.as_millis(),
            ping_timeout: config.ping_timeout.as_millis(),
            max_payload: config.limits.max_payload,
            extension,
        })
    });
    // Numbers and plain strings: there is nothing in it that serde_json could refuse.
    ByteString::from(json.unwrap_or_default())
}
