use std::time::Duration;

use super::Transport;

/// How a client behaves where the protocol leaves it the choice.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Config {
    /// What carries the handshake. Default polling, which every network lets through.
    pub transport: Transport,
    /// Whether WebSockets are used beyond the handshake: tried while polling, and to come back.
    /// Default true.
    pub upgrade: bool,
    /// Whether polling is used beyond the handshake: to come back when WebSockets fail. Default true.
    pub polling: bool,
    /// Whether messages go up a new WebSocket before the server's count has come. Saves a round
    /// trip, and may send again what is there already. Default false.
    pub early: bool,
    /// Messages that are put on a WebSocket at a time, before the driver says that they have left by
    /// [`Client::handle_written`](super::Client::handle_written). Default unlimited.
    pub burst: usize,
    /// Longest wait for the first sign that a leg, a probe or a handshake works. Default 10 s.
    pub open_timeout: Duration,
    /// Bound of the wait after the second failure in a row; the first is followed by none, and
    /// each further one doubles it. A leg that lived for less, and carried no message, counts as a
    /// failure. Default 500 ms.
    pub wait_min: Duration,
    /// What doubling ends at. Default 10 s.
    pub wait_max: Duration,
    /// Where waits come from, which are spread evenly between nothing and their bound, lest all
    /// clients of a server that was gone come back at once. Default 0: a driver sets something
    /// random.
    pub seed: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            transport: Transport::Polling,
            upgrade: true,
            polling: true,
            early: false,
            burst: usize::MAX,
            open_timeout: Duration::from_secs(10),
            wait_min: Duration::from_millis(500),
            wait_max: Duration::from_secs(10),
            seed: 0,
        }
    }
}
