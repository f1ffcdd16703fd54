//! How traces are written; the page that replays them says what everything means.

mod describe;

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use encke_protocol::engine::Opening;
use encke_protocol::{CloseReason, Config, Layer, Limits, Message};
use serde::Deserialize;
use serde_json::Value;

pub(crate) use describe::describe;

#[derive(Deserialize)]
pub(crate) struct Trace {
    pub(crate) name: String,
    config: Options,
    opening: String,
    layer: String,
    pub(crate) steps: Vec<Step>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Step {
    pub(crate) at_ms: u64,
    pub(crate) input: Value,
    /// Whether the driver gets to what is ready only later.
    #[serde(default)]
    pub(crate) unflushed: bool,
    pub(crate) outputs: Vec<Value>,
}

/// What differs from the defaults.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Options {
    ping_interval: Option<u64>,
    ping_timeout: Option<u64>,
    connect_timeout: Option<u64>,
    upgrades: Option<bool>,
    max_payload: Option<usize>,
    max_inbound: Option<usize>,
    packets_per_poll: Option<usize>,
}

impl Trace {
    pub(crate) fn opening(&self) -> Opening {
        match &*self.opening {
            "polling" => Opening::Polling,
            "websocket" => Opening::WebSocket,
            other => panic!("opening {other}"),
        }
    }

    pub(crate) fn layer(&self) -> Layer {
        match &*self.layer {
            "bare" => Layer::Bare,
            "socket.io" => Layer::SocketIo,
            other => panic!("layer {other}"),
        }
    }

    pub(crate) fn config(&self) -> Config {
        let options = &self.config;
        let default = Config::default();
        let limits = Limits::default();
        let ms = |ms: Option<u64>, default| ms.map_or(default, Duration::from_millis);
        Config {
            ping_interval: ms(options.ping_interval, default.ping_interval),
            ping_timeout: ms(options.ping_timeout, default.ping_timeout),
            connect_timeout: ms(options.connect_timeout, default.connect_timeout),
            upgrades: options.upgrades.unwrap_or(default.upgrades),
            limits: Limits {
                max_payload: options.max_payload.unwrap_or(limits.max_payload),
                max_inbound: options.max_inbound.unwrap_or(limits.max_inbound),
                packets_per_poll: options.packets_per_poll.unwrap_or(limits.packets_per_poll),
                ..limits
            },
            ..default
        }
    }
}

/// A text, or bytes.
pub(crate) fn message(value: &Value) -> Message {
    match value.get("$binary") {
        Some(base64) => {
            let bytes = STANDARD.decode(base64.as_str().unwrap()).unwrap();
            Message::Binary(bytes.into())
        }
        None => Message::Text(value.as_str().unwrap().into()),
    }
}

pub(crate) fn reason(value: &Value) -> CloseReason {
    let reasons = [
        CloseReason::TransportClose,
        CloseReason::TransportError,
        CloseReason::BufferFull,
        CloseReason::ServerClose,
        CloseReason::Shutdown,
    ];
    let found = reasons.into_iter().find(|reason| *value == reason.as_str());
    found.unwrap_or_else(|| panic!("reason {value}"))
}
