//! A server that did not run for a while does not take its own silence for its clients'.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use support::http::{Request, fetch};
use support::{Client, Packet, Process, Transport, at, within};
use tokio::time::sleep;

/// Its sessions are pinged every 300 ms and have 200 ms to answer.
const PATH: &str = "/socket.io/";
/// Many times as long as both together.
const STANDSTILL: Duration = Duration::from_secs(2);

/// Stops the server for a while. That it stands still for so long is an input here, and nothing is
/// waited for by it.
async fn stop(process: &Process) {
    let id = i32::try_from(process.id()).expect("numbers of processes are small");
    let id = Pid::from_raw(id);
    kill(id, Signal::SIGSTOP).expect("it runs");
    sleep(STANDSTILL).await;
    kill(id, Signal::SIGCONT).expect("it is there");
}

/// Waits for a ping.
async fn pinged(client: &mut Client) {
    within("a ping", async {
        loop {
            match client.session.packet().await {
                Some(Packet::Text(text)) if text == "2" => return,
                Some(Packet::Text(text)) if text == "6" => {}
                other => panic!("only a ping is due, found {other:?}"),
            }
        }
    })
    .await;
}

async fn pong(client: &mut Client) {
    client.session.send_text("3").await;
}

/// Answers as many pings as come.
async fn answer(client: &mut Client, pings: usize) {
    for _ in 0..pings {
        pinged(client).await;
        pong(client).await;
    }
}

/// Clients that a standstill meets at different moments.
struct Clients {
    /// Has answered its last ping.
    quiet: Client,
    /// Has yet to answer, and does it while the server stands still.
    late: Client,
    /// Has yet to answer, and does it once the server runs again.
    later: Client,
}

impl Clients {
    async fn connect(transport: Transport) -> Self {
        Self {
            quiet: Client::connect(transport, PATH).await,
            late: Client::connect(transport, PATH).await,
            later: Client::connect(transport, PATH).await,
        }
    }

    /// Until the server is stopped.
    async fn before(&mut self) {
        tokio::join!(
            answer(&mut self.quiet, 1),
            pinged(&mut self.late),
            pinged(&mut self.later),
        );
    }

    /// While it is.
    async fn meanwhile(&mut self) {
        pong(&mut self.late).await;
    }

    /// Once it runs again.
    async fn after(&mut self) {
        let later = async {
            pong(&mut self.later).await;
            answer(&mut self.later, 3).await;
        };
        tokio::join!(answer(&mut self.quiet, 3), answer(&mut self.late, 3), later,);
        for client in [&mut self.quiet, &mut self.late, &mut self.later] {
            client.assert_quiet().await;
        }
    }
}

async fn assert_nobody_gone(transport: Transport) {
    let process = Process::start().await;
    at(process.address(), async {
        let mut clients = Clients::connect(transport).await;
        for _ in 0..3 {
            Box::pin(clients.before()).await;
            tokio::join!(stop(&process), clients.meanwhile());
            Box::pin(clients.after()).await;
        }
    })
    .await;
}

#[tokio::test]
async fn nobody_is_disconnected_over_polling() {
    assert_nobody_gone(Transport::Polling).await;
}

#[tokio::test]
async fn nobody_is_disconnected_over_websocket() {
    assert_nobody_gone(Transport::WebSocket).await;
}

#[tokio::test]
async fn nobody_is_disconnected_between_two_polls() {
    let process = Process::start().await;
    at(process.address(), async {
        let mut client = Client::connect(Transport::Polling, PATH).await;
        for _ in 0..3 {
            // Each time the next ping may have become due, or the poll that is to fetch it overdue.
            stop(&process).await;
            for _ in 0..10 {
                fetch(&Request::get("/nothing-is-here")).await;
            }
        }
        answer(&mut client, 3).await;
        client.assert_quiet().await;
    })
    .await;
}

#[tokio::test]
async fn silent_client_is_still_missed() {
    let process = Process::start().await;
    at(process.address(), async {
        for transport in Transport::ALL {
            let mut client = Client::connect(transport, PATH).await;
            stop(&process).await;
            client.session.starved().await;
        }
    })
    .await;
}
