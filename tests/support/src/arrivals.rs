//! The application's side of a test: its handles of the sockets that clients connect.

use std::thread::ThreadId;

use encke::{CloseReason, Encke, Sid, Socket};
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::deadline::within;

/// The sockets of a server's main namespace, as they come and go.
#[derive(Debug)]
pub struct Arrivals {
    arrived: UnboundedReceiver<Arrival>,
    gone: UnboundedReceiver<(Sid, CloseReason)>,
    /// Those that have gone while another one was waited for.
    passed: Vec<(Sid, CloseReason)>,
}

/// A socket as its application has it.
#[derive(Debug, Clone)]
pub struct Arrival {
    /// The handle.
    pub socket: Socket,
    /// The worker that has its session: the one on which its handlers run.
    pub worker: ThreadId,
}

impl Arrivals {
    /// Takes over what happens when a client joins and leaves.
    #[must_use]
    pub fn of(io: &Encke) -> Self {
        let (arrive, arrived) = unbounded_channel();
        let (go, gone) = unbounded_channel();
        io.of("/")
            .on_connect(move |socket: Socket| {
                let arrive = arrive.clone();
                async move {
                    let worker = std::thread::current().id();
                    // A test that is over watches nobody.
                    let _ = arrive.send(Arrival { socket, worker });
                }
            })
            .on_disconnect(move |socket: Socket, reason: CloseReason| {
                let go = go.clone();
                async move {
                    let _ = go.send((socket.id(), reason));
                }
            });
        Self {
            arrived,
            gone,
            passed: Vec::new(),
        }
    }

    /// Waits for the next socket.
    pub async fn next(&mut self) -> Arrival {
        let arrival = within("a socket to join", self.arrived.recv()).await;
        arrival.expect("the server has its handlers as long as it lives")
    }

    /// Waits until this socket is gone, and gives the reason.
    pub async fn gone(&mut self, socket: &Socket) -> CloseReason {
        within("a socket to leave", async {
            loop {
                let passed = self.passed.iter().position(|(id, _)| *id == socket.id());
                if let Some(at) = passed {
                    return self.passed.swap_remove(at).1;
                }
                let gone = self.gone.recv().await;
                self.passed
                    .push(gone.expect("the server has its handlers as long as it lives"));
            }
        })
        .await
    }

    /// Fails if a socket has gone that was not asked after.
    pub fn assert_nobody_gone(&mut self) {
        while let Ok(gone) = self.gone.try_recv() {
            self.passed.push(gone);
        }
        let reasons: Vec<_> = self.passed.iter().map(|(_, reason)| reason).collect();
        assert!(reasons.is_empty(), "gone: {reasons:?}");
    }
}
