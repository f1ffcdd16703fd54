use std::time::Duration;

/// What a session needs to know of the server's options.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Config {
    /// Time from the handshake, or from a pong, to the next ping. Default 25 s.
    pub ping_interval: Duration,
    /// Longest wait for the pong after a ping was put on a leg. Default 20 s; must exceed one
    /// round trip.
    pub ping_timeout: Duration,
    /// Longest life of a WebSocket that has not yet taken a session over. Default 10 s.
    pub upgrade_timeout: Duration,
    /// Longest life of a session that has joined no namespace. Default 45 s.
    pub connect_timeout: Duration,
    /// Whether a polling session may move to a WebSocket. Default true.
    pub upgrades: bool,
    /// How long a session is kept that has lost its leg. Default 60 s; 0 refuses resume.
    pub resume_window: Duration,
    /// Bytes that each side of a resume session may hold unconfirmed, as the client is told. The
    /// driver keeps to it. Default 1 MiB.
    pub max_buffer: usize,
    /// Names of the transports that a resume session is offered. Default `polling`, `websocket`.
    pub transports: Vec<&'static str>,
    /// What a client may use at most.
    pub limits: Limits,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            ping_interval: Duration::from_secs(25),
            ping_timeout: Duration::from_secs(20),
            upgrade_timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(45),
            upgrades: true,
            resume_window: Duration::from_secs(60),
            max_buffer: 1 << 20,
            transports: vec!["polling", "websocket"],
            limits: Limits::default(),
        }
    }
}

/// What one client may use at most, in bytes and counts.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Limits {
    /// Bytes of one decoded message, and of one request body. Default 1,000,000.
    pub max_payload: usize,
    /// Attachments of one packet. Default 10.
    pub max_attachments: usize,
    /// Bytes of one packet together with its attachments. Default 1 MiB.
    pub max_inbound: usize,
    /// Namespaces joined at a time. Default 100.
    pub max_namespaces: usize,
    /// Packets in the answer to one poll of a plain session. Default unlimited; some clients refuse
    /// more than 16.
    pub packets_per_poll: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            max_payload: 1_000_000,
            max_attachments: 10,
            max_inbound: 1 << 20,
            max_namespaces: 100,
            packets_per_poll: usize::MAX,
        }
    }
}
