use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use encke_protocol::Config;

use crate::error::Reject;
use crate::handshake::{Handshake, Transport};
use crate::origin::Origins;
use crate::proxy::TrustedProxies;
use crate::recovery::Recovery;
use crate::state::States;

/// Everything that the builder was told.
pub(crate) struct Options {
    /// What the protocol needs to know.
    pub(crate) session: Arc<Config>,
    pub(crate) max_buffer: usize,
    pub(crate) max_detached_bytes: usize,
    pub(crate) max_sessions: usize,
    pub(crate) max_rooms: usize,
    pub(crate) recovery: Option<Recovery>,
    pub(crate) upload_timeout: Duration,
    pub(crate) ack_timeout: Duration,
    pub(crate) transports: Vec<Transport>,
    /// Bytes that one answer carries that goes on, and for how long it does.
    pub(crate) stream_limit: usize,
    pub(crate) stream_lifetime: Duration,
    /// Bytes before its first packet, at least.
    pub(crate) padding: usize,
    pub(crate) origins: Origins,
    pub(crate) trusted_proxies: TrustedProxies,
    pub(crate) allow_request: Option<AllowRequest>,
    pub(crate) allow_resume: Option<AllowResume>,
    pub(crate) cookie: Option<String>,
    /// As the builder was given it.
    pub(crate) public_path: String,
    pub(crate) serve_client: bool,
    pub(crate) socket_io_js: bool,
    pub(crate) states: States,
}

/// See [`Builder::allow_request`](crate::Builder::allow_request).
pub(crate) type AllowRequest =
    Arc<dyn Fn(Handshake) -> Pin<Box<dyn Future<Output = bool>>> + Send + Sync>;

/// See [`Builder::allow_resume`](crate::Builder::allow_resume).
pub(crate) type AllowResume =
    Arc<dyn Fn(Handshake) -> Pin<Box<dyn Future<Output = Result<(), Reject>>>> + Send + Sync>;
