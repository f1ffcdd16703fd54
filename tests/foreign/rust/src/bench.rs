//! What one feature works with: clients in one mode, and names nobody else uses.

use std::{
    fmt,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use rust_socketio::{TransportType, asynchronous::ClientBuilder};
use serde_json::{Value, json};

use crate::{
    check::{Result, same, within},
    peer::{Args, Peer},
};

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Polling,
    WebSocket,
    Upgrade,
}

impl Mode {
    pub const ALL: [Self; 3] = [Self::Polling, Self::WebSocket, Self::Upgrade];

    fn transport(self) -> TransportType {
        match self {
            Self::Polling => TransportType::Polling,
            Self::WebSocket => TransportType::Websocket,
            Self::Upgrade => TransportType::WebsocketUpgrade,
        }
    }

    /// The `transport` of the first request.
    pub fn first(self) -> &'static str {
        match self {
            Self::Polling | Self::Upgrade => "polling",
            Self::WebSocket => "websocket",
        }
    }
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Polling => "polling",
            Self::WebSocket => "websocket",
            Self::Upgrade => "upgrade",
        })
    }
}

pub struct Bench {
    pub base: String,
    pub mode: Mode,
    peers: Mutex<Vec<Peer>>,
}

impl Bench {
    pub fn new(base: &str, mode: Mode) -> Self {
        Self {
            base: base.trim_end_matches('/').to_owned(),
            mode,
            peers: Mutex::default(),
        }
    }

    /// A builder for the relaxed path, which does not reconnect.
    pub fn builder(&self, namespace: &str) -> ClientBuilder {
        self.builder_at(&self.base, "/relaxed/", namespace)
    }

    pub fn builder_at(&self, base: &str, path: &str, namespace: &str) -> ClientBuilder {
        ClientBuilder::new(format!("{base}{path}"))
            .namespace(namespace)
            .transport_type(self.mode.transport())
            .reconnect(false)
            .reconnect_delay(20, 20)
    }

    /// Starts a client, and keeps it to be closed at the end.
    ///
    /// # Errors
    ///
    /// When it cannot open its transport.
    pub async fn start(&self, builder: ClientBuilder) -> Result<Peer> {
        let peer = within(Box::pin(Peer::connect(builder)), "transport").await??;
        self.peers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(peer.clone());
        Ok(peer)
    }

    /// A client whose namespace is open.
    ///
    /// # Errors
    ///
    /// When it does not open.
    pub async fn open_with(&self, builder: ClientBuilder) -> Result<Peer> {
        let peer = self.start(builder).await?;
        peer.next("connect").await?;
        Ok(peer)
    }

    /// # Errors
    ///
    /// When it does not open.
    pub async fn open(&self) -> Result<Peer> {
        self.open_with(self.builder("/")).await
    }

    /// A name that no other test run against this server uses.
    pub fn unique(stem: &str) -> String {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let nth = COUNT.fetch_add(1, Ordering::Relaxed);
        format!("{stem}-{}-{}-{nth}", std::process::id(), clock())
    }

    /// A dynamic namespace that no other test run against this server uses.
    pub fn namespace() -> String {
        format!("/dynamic-{}", clock())
    }

    /// Why the socket that tracked `label` disconnected, asked until the server knows.
    ///
    /// # Errors
    ///
    /// When the server does not come to know it.
    pub async fn reason_of(&self, label: &str) -> Result<String> {
        let witness = self
            .open_with(self.builder_at(&self.base, "/recovery/", "/"))
            .await?;
        let known = async {
            loop {
                if let Args::Json(values) = witness.ask("reason-of", json!(label)).await?
                    && let Some(reason) = values.first().and_then(Value::as_str)
                {
                    return Ok(reason.to_owned());
                }
            }
        };
        within(known, &format!("reason of {label}")).await?
    }

    /// # Errors
    ///
    /// When the session does not answer.
    pub async fn shows_life(&self, peer: &Peer) -> Result<()> {
        same(
            &peer.ask("message-with-ack", json!("alive")).await?,
            &json!(["alive"]),
        )
    }

    pub async fn close(&self) {
        let peers = std::mem::take(&mut *self.peers.lock().unwrap_or_else(PoisonError::into_inner));
        for peer in peers {
            // A client that is gone already says so, and one whose task has ended may hang.
            let _ = tokio::time::timeout(Duration::from_secs(1), peer.client.disconnect()).await;
        }
    }
}

fn clock() -> u128 {
    SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_nanos())
}
