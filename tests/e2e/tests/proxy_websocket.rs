//! The hostile proxy in front of Encke itself: polling, WebSockets, and chaos from a seed.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use encke::test::{Chaos, Direction, Fault, Kind, Proxy, Seed};
use support::engine::Polling;
use support::http::{Connection, Request};
use support::ws::{Message, WebSocket};
use support::{DEADLINE, Packet, Session, Transport, at, conformance, within};
use tokio::time::Instant;

const BARE: &str = "/engine.io/";
const TARGET: &str = "/engine.io/?EIO=4&transport=websocket";

fn start() -> Proxy {
    Proxy::start(conformance()).expect("a proxy")
}

async fn echoes(session: &mut Session) {
    for packet in [Packet::text("4hello"), Packet::binary([0, 1, 254])] {
        session.send(std::slice::from_ref(&packet)).await;
        assert_eq!(session.expect().await, packet);
    }
}

#[tokio::test]
async fn sessions_work_through_a_proxy_that_behaves() {
    let proxy = start();
    at(proxy.address(), async {
        for transport in Transport::ALL {
            echoes(&mut Session::open(transport, BARE).await).await;
        }
        let duplex = Polling::open(BARE).await.upgrade().await;
        echoes(&mut Session::WebSocket(duplex)).await;
    })
    .await;
    let counts = proxy.log().counts;
    assert_eq!((counts.websockets, counts.faults()), (2, 0));
    assert!(counts.requests > 6, "{counts:?}");
}

#[tokio::test]
async fn a_websocket_is_muted_downwards() {
    let proxy = start();
    proxy.on_request(|_| Fault::Mute(Direction::Down));
    let _open = at(proxy.address(), WebSocket::open(TARGET)).await;
    // The open packet, and then what the server says when no pong comes.
    let muted = proxy.wait_for(|log| log.counts.of(Kind::Mute) == 1 && log.counts.swallowed > 0);
    within("the open packet to be swallowed", muted).await;
    let [connection] = proxy.connections().try_into().expect("there is one");
    assert!(connection.is_websocket);
}

#[tokio::test]
async fn a_websocket_is_muted_upwards() {
    let proxy = start();
    proxy.on_request(|request| request.is_upgrade.then_some(Fault::Mute(Direction::Up)));
    let mut socket = at(proxy.address(), WebSocket::open(TARGET)).await;
    assert!(socket.text().await.starts_with('0'));
    socket.send_text("4hello").await;
    // No echo: pings, and the end for want of a pong.
    loop {
        match within("the end", socket.message()).await {
            Message::Text(text) if text == "2" => socket.send_text("3").await,
            Message::Text(text) => assert_eq!(text, "1"),
            Message::Closed(_) => break,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_websocket_is_killed_after_a_time() {
    let proxy = start();
    let life = Duration::from_millis(50);
    proxy.on_connection(move |_| Fault::kill(life));
    let from = Instant::now();
    let mut socket = at(proxy.address(), WebSocket::open(TARGET)).await;
    assert!(socket.text().await.starts_with('0'));
    assert_eq!(within("the end", socket.closed()).await, 1006);
    assert!((life..DEADLINE).contains(&from.elapsed()));
    assert_eq!(proxy.log().counts.of(Kind::Kill), 1);
}

#[tokio::test]
async fn a_websocket_is_cut_inside_a_frame() {
    let proxy = start();
    // Counted from the first byte of the 101, whose length the first run tells.
    let socket = at(proxy.address(), WebSocket::open(TARGET)).await;
    let there = |log: &encke::test::Log| log.counts.answers == 1;
    within("the 101 to pass", proxy.wait_for(there)).await;
    drop(socket);
    let past = proxy.log().counts.bytes_down + 1000;
    proxy.on_request(move |_| Fault::cut(Direction::Down, past));
    let mut socket = at(proxy.address(), WebSocket::open(TARGET)).await;
    assert!(socket.text().await.starts_with('0'));
    let before = proxy.log().counts.bytes_down;
    socket.send_text(&format!("4{}", "x".repeat(2000))).await;
    assert_eq!(within("the end", socket.closed()).await, 1006);
    assert!(proxy.log().counts.bytes_down > before);
    assert_eq!(proxy.log().counts.of(Kind::Cut), 1);
}

/// What a row of requests meets, on connections of their own.
async fn fate(seed: Seed) -> Vec<Option<Fault>> {
    let proxy = start();
    let mut chaos = Chaos::new(seed)
        .all(0.06)
        // A client that waits for what has been swallowed waits for ever.
        .rate(Kind::Swallow, 0.0)
        .rate(Kind::Throttle, 0.0)
        .span(300)
        .longest(Duration::from_millis(2));
    let drawn = Arc::new(Mutex::new(Vec::new()));
    let notes = Arc::clone(&drawn);
    proxy.on_request(move |request| {
        let fault = chaos.draw(request);
        notes.lock().expect("nobody panics").push(fault.clone());
        fault
    });
    for number in 0..200 {
        let request = match number % 2 {
            0 => Request::get("/nothing-is-here"),
            _ => Request::post("/nothing-is-here", vec![b'x'; 100]),
        };
        // Cut off or answered, each comes to an end.
        let exchange = async {
            Connection::open()
                .await
                .try_exchange(&request)
                .await
                .is_ok()
        };
        at(proxy.address(), exchange).await;
    }
    let log = proxy.log();
    assert!(log.counts.faults() > 20, "{log}");
    drop(proxy);
    let drawn = drawn.lock().expect("nobody panics");
    drawn.clone()
}

#[tokio::test]
async fn the_same_seed_gives_the_same_fate() {
    let seed = Seed::pick();
    let first = fate(seed).await;
    assert_eq!(first.len(), 200, "{seed}");
    assert_eq!(first, fate(seed).await, "{seed}");
    assert_ne!(first, fate(Seed(seed.0 ^ 1)).await, "{seed}");
}
