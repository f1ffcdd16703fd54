//! Who pings whom, when, and what happens without a pong.

use std::time::{Duration, Instant};

use support::engine::{Polling, decode_payload};
use support::http::{Request, fetch};
use support::{Packet, Session, Transport, within};

/// Of `/engine.io/` and `/socket.io/`.
const INTERVAL: Duration = Duration::from_millis(300);
const TIMEOUT: Duration = Duration::from_millis(200);

/// What a server's timer may be early: clocks of a coarser grain than the test's.
const GRAIN: Duration = Duration::from_millis(5);

/// Fails if less than `least` has gone by. The other side is no business of a clock: a server that
/// is late may be on a busy machine, and one that never comes runs into the deadline.
fn assert_elapsed(since: Instant, least: Duration) {
    let elapsed = since.elapsed();
    assert!(
        elapsed + GRAIN >= least,
        "{elapsed:?} is less than {least:?}"
    );
}

/// Fails unless the next packet of the session is a ping.
async fn assert_ping(session: &mut Session) {
    assert_eq!(session.packet().await, Some(Packet::text("2")));
}

#[tokio::test]
async fn first_ping_comes_after_the_interval_and_goes_on() {
    for transport in Transport::ALL {
        let begun = Instant::now();
        let mut session = Session::open(transport, "/engine.io/").await;
        for round in 1..=4 {
            assert_ping(&mut session).await;
            assert_elapsed(begun, INTERVAL * round);
            session.send_text("3").await;
        }
        session.send_text("4alive").await;
        assert_eq!(session.packet().await, Some(Packet::text("4alive")));
    }
}

#[tokio::test]
async fn nothing_is_pinged_at_once() {
    for transport in Transport::ALL {
        let mut session = Session::open(transport, "/relaxed/").await;
        session.send_text("40").await;
        for _ in ["CONNECT", "auth"] {
            let packet = session.packet().await;
            assert_ne!(packet, Some(Packet::text("2")), "{transport:?}");
        }
        for round in 0..50 {
            session
                .send_text(&format!(r#"42["message",{round}]"#))
                .await;
            let echo = format!(r#"42["message-back",{round}]"#);
            assert_eq!(session.packet().await, Some(Packet::Text(echo)));
        }
    }
}

#[tokio::test]
async fn missing_pong_ends_the_session() {
    for transport in Transport::ALL {
        let begun = Instant::now();
        let mut session = Session::open(transport, "/engine.io/").await;
        assert_ping(&mut session).await;
        assert_eq!(session.packet().await, None, "{transport:?}");
        assert_elapsed(begun, INTERVAL + TIMEOUT);
    }
}

#[tokio::test]
async fn second_pong_can_be_missing_too() {
    for transport in Transport::ALL {
        let mut session = Session::open(transport, "/engine.io/").await;
        assert_ping(&mut session).await;
        session.send_text("3").await;
        assert_ping(&mut session).await;
        assert_eq!(session.packet().await, None, "{transport:?}");
    }
}

#[tokio::test]
async fn data_does_not_prolong_life() {
    for transport in Transport::ALL {
        let mut session = Session::open(transport, "/engine.io/").await;
        assert_ping(&mut session).await;
        // Every echo is answered by more data, so this goes on until the server ends it.
        let more = [Packet::text("4more")];
        session.send(&more).await;
        within("the session to be ended in spite of its data", async {
            while let Some(packet) = session.packet().await {
                // Nor is there a second ping.
                assert_eq!(packet, more[0], "{transport:?}");
                session.offend(&more).await;
            }
        })
        .await;
    }
}

#[tokio::test]
async fn unsolicited_pongs_are_harmless() {
    for transport in Transport::ALL {
        let mut session = Session::open(transport, "/engine.io/").await;
        for round in 0..3 {
            for _ in 0..10 {
                session.send_text("3").await;
            }
            session.send_text(&format!("4{round}")).await;
            let echo = Packet::Text(format!("4{round}"));
            assert_eq!(session.expect().await, echo, "{transport:?}");
        }
    }
}

#[tokio::test]
async fn pong_does_not_count_before_its_ping() {
    for transport in Transport::ALL {
        let mut session = Session::open(transport, "/engine.io/").await;
        session.send_text("3").await;
        assert_ping(&mut session).await;
        assert_eq!(session.packet().await, None, "{transport:?}");
    }
}

#[tokio::test]
async fn ping_of_a_client_is_a_violation() {
    for transport in Transport::ALL {
        for violation in ["2", "2probe"] {
            let mut session = Session::open(transport, "/relaxed/").await;
            session.offend(&[Packet::text(violation)]).await;
            session.ended().await;
        }
    }
}

#[tokio::test]
async fn session_that_is_never_polled_ends() {
    let session = Polling::open("/engine.io/").await;
    // Asking on the wrong transport tells whether the sid is known, and touches nothing.
    let ask = session.upgrade_target();
    let known = async || fetch(&Request::get(&ask)).await.is_error(3);
    assert!(known().await);
    // Another session's heartbeat is the clock.
    let mut clock = Session::open(Transport::WebSocket, "/engine.io/").await;
    let mut beats = 0;
    while known().await {
        assert_ping(&mut clock).await;
        clock.send_text("3").await;
        beats += 1;
        assert!(beats < 30, "it is still known after 30 ping intervals");
    }
}

#[tokio::test]
async fn polls_that_are_answered_anyway_carry_the_ping() {
    let mut session = Polling::open("/engine.io/").await;
    let mut pings = 0;
    // There is always an echo to answer with.
    while pings < 2 {
        session.send(&[Packet::text("4more")]).await;
        let answer = session.poll().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let packets = decode_payload(answer.text());
        if packets.contains(&Packet::text("2")) {
            session.send(&[Packet::text("3")]).await;
            pings += 1;
        }
    }
}
