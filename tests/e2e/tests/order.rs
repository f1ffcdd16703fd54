//! What one client sends is handled in the order in which it was sent, and answered in that order.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use encke::{Data, Encke, State};
use serde_json::json;
use support::engine::{Polling, decode_payload};
use support::{Client, Guest, Packet, SocketPacket, Transport, at, serve};
use tokio::task::yield_now;
use tokio::time::sleep;

const EVENTS: u64 = 10_000;
/// Events of one POST.
const BATCH: usize = 1000;

/// Numbers in the order in which their handlers have ended.
#[derive(Debug, Clone, Default)]
struct Handled(Arc<Mutex<Vec<u64>>>);

impl Handled {
    fn push(&self, number: u64) {
        let mut numbers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        numbers.push(number);
    }

    fn assert_all(&self) {
        let numbers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        assert!(
            numbers.iter().copied().eq(0..EVENTS),
            "handled: {numbers:?}"
        );
    }
}

/// Waits now long, now short, now not at all, so that a handler that began before the last one had
/// ended would overtake it.
async fn count(Data(number): Data<u64>, State(handled): State<Handled>) -> u64 {
    if number % 97 == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    for _ in 0..number * 7 % 5 {
        yield_now().await;
    }
    handled.push(number);
    number
}

fn counting() -> (Encke, Handled) {
    let handled = Handled::default();
    let io = Encke::builder().state(handled.clone()).build();
    io.of("/").on("count", count);
    (io, handled)
}

fn event(number: u64) -> SocketPacket {
    SocketPacket::event(json!(["count", number]).to_string()).id(number)
}

fn answer(number: u64) -> Packet {
    Packet::Text(format!("43{number}[{number}]"))
}

async fn assert_in_order(transport: Transport) {
    let (io, handled) = counting();
    let host = serve(&io);
    let mut guest = Guest::connect(&host, transport).await;
    let events: Vec<_> = (0..EVENTS).map(event).collect();
    for batch in events.chunks(BATCH) {
        guest.send_all(batch).await;
    }
    for number in 0..EVENTS {
        assert_eq!(guest.next().await.encode(), [answer(number)]);
    }
    handled.assert_all();
    guest.assert_quiet().await;
}

#[tokio::test]
async fn over_polling() {
    assert_in_order(Transport::Polling).await;
}

#[tokio::test]
async fn over_websocket() {
    assert_in_order(Transport::WebSocket).await;
}

#[tokio::test]
async fn across_an_upgrade() {
    let (io, handled) = counting();
    let host = serve(&io);
    at(host.address(), async {
        let mut session = Polling::open("/socket.io/").await;
        session.send(&[Packet::text("40")]).await;
        let joined = session.poll().await;
        assert!(joined.text().starts_with("40{"), "{joined:?}");

        let packets: Vec<_> = (0..EVENTS)
            .flat_map(|number| event(number).encode())
            .collect();
        let mut batches = packets.chunks(BATCH);
        let mut answers = Vec::new();
        for batch in batches.by_ref().take(4) {
            session.send(batch).await;
        }
        let mut candidate = session.probe().await;
        for batch in batches.by_ref().take(1) {
            session.send(batch).await;
        }
        let last = session.poll().await;
        answers.extend(decode_payload(last.text()));
        // The upgrade is to fall among events: some answered, some waiting, some yet to be sent.
        assert!(answers.len() < 5 * BATCH, "all were handled before it");
        candidate.send_text("5").await;
        for packet in batches.flatten() {
            let Packet::Text(text) = packet else {
                panic!("{packet:?} is binary");
            };
            candidate.send_text(text).await;
        }

        answers.retain(|packet| *packet != Packet::text("6"));
        assert!(!answers.is_empty(), "none was handled before it");
        let polled = answers.len() as u64;
        let expected: Vec<_> = (0..polled).map(answer).collect();
        assert_eq!(answers, expected);
        for number in polled..EVENTS {
            assert_eq!(Packet::Text(candidate.text().await), answer(number));
        }
    })
    .await;
    handled.assert_all();
}

#[tokio::test]
async fn pipelined_echoes_all_return() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        let echo = |number: u64| {
            let event = json!(["message-with-ack", number]);
            SocketPacket::event(event.to_string()).id(number).encode()
        };
        let packets: Vec<_> = (0..2000).flat_map(echo).collect();
        client.session.send(&packets).await;
        for number in 0..2000 {
            assert_eq!(client.next().await.encode(), [answer(number)]);
        }
        client.assert_quiet().await;
    }
}
