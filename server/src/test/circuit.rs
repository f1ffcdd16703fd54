//! The two TCP connections that make one.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::fault::{Direction, Fault};
use super::inlet::Inlet;
use super::lane::Lane;
use super::log::{Ending, What};
use super::state::{State, Wire};

/// What comes after a cut is read for so long, since a socket that is closed with bytes unread
/// sends a RST instead of a FIN.
const LINGER: Duration = Duration::from_secs(5);

/// A client's connection, and the one to the server, made when there is something to say on it.
pub(super) struct Circuit {
    pub(super) state: Arc<State>,
    pub(super) wire: Arc<Wire>,
    pub(super) number: u64,
    pub(super) client: Peer,
    pub(super) server: Option<Peer>,
    pub(super) up: Lane,
    pub(super) down: Lane,
}

/// One side.
pub(super) struct Peer {
    pub(super) stream: TcpStream,
    pub(super) inlet: Inlet,
}

impl Circuit {
    pub(super) fn new(
        state: Arc<State>,
        wire: Arc<Wire>,
        client: TcpStream,
        faults: &[Fault],
    ) -> Self {
        Self {
            number: wire.connection().number,
            client: Peer::new(client),
            server: None,
            up: Lane::new(Direction::Up, &state, &wire, faults),
            down: Lane::new(Direction::Down, &state, &wire, faults),
            state,
            wire,
        }
    }

    /// Notes an event of this connection.
    pub(super) fn note(&self, what: What) {
        self.state.note(self.number, what);
    }

    /// Connects to the server, unless that has been done.
    pub(super) async fn connect(&mut self) -> Result<(), Ending> {
        if self.server.is_none() {
            self.state.network_is_there().await;
            match Peer::connect(self.state.upstream()).await {
                Ok(server) => self.server = Some(server),
                Err(_) => {
                    self.note(What::Unreachable);
                    return Err(Ending::Broken);
                }
            }
        }
        Ok(())
    }

    /// Ends both connections.
    pub(super) async fn end(self, ending: Ending) {
        let peers = [Some(self.client), self.server];
        let [client, server] = peers.map(|peer| async move {
            match (peer, ending) {
                (Some(peer), Ending::Cut) => peer.cut().await,
                (Some(peer), Ending::Reset | Ending::Broken) => peer.reset(),
                (_, Ending::Closed) | (None, _) => {}
            }
        });
        tokio::join!(client, server);
    }
}

impl Peer {
    fn new(stream: TcpStream) -> Self {
        // It can fail on a connection that is gone already, which the next read tells.
        let _ = stream.set_nodelay(true);
        let inlet = Inlet::default();
        Self { stream, inlet }
    }

    pub(super) async fn connect(address: SocketAddr) -> std::io::Result<Self> {
        TcpStream::connect(address).await.map(Self::new)
    }

    async fn cut(mut self) {
        let drain = async {
            let mut rest = vec![0; 16 * 1024];
            if self.stream.shutdown().await.is_ok() {
                while let Ok(1..) = self.stream.read(&mut rest).await {}
            }
        };
        let _ = timeout(LINGER, drain).await;
    }

    fn reset(self) {
        // It can fail on a connection that is gone already, which is what was wanted.
        let _ = SockRef::from(&self.stream).set_linger(Some(Duration::ZERO));
    }
}
