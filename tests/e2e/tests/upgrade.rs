//! A session's way from polling to WebSocket.

use serde_json::json;
use support::engine::{Polling, decode_payload};
use support::http::{Request, fetch};
use support::ws::{Frame, Message, WebSocket};
use support::{Bystander, Client, Packet, Session, until};

/// Opens a session over polling and connects it to the main namespace.
async fn connected(path: &str) -> Polling {
    let mut session = Polling::open(path).await;
    session.send(&[Packet::text("40")]).await;
    let mut greetings = Vec::new();
    while greetings.len() < 2 {
        greetings.extend(session.packet().await);
    }
    assert_eq!(greetings[1], Packet::text(r#"42["auth",{}]"#));
    session
}

fn message(number: usize) -> Packet {
    Packet::Text(format!(r#"42["message",{number}]"#))
}

fn echo(number: usize) -> Packet {
    Packet::Text(format!(r#"42["message-back",{number}]"#))
}

/// Fails unless the session still works over polling.
async fn assert_polls(session: &mut Polling, number: usize) {
    session.send(&[message(number)]).await;
    loop {
        match session.packet().await {
            // A candidate has had its poll released.
            Some(Packet::Text(text)) if text == "6" => {}
            packet => return assert_eq!(packet, Some(echo(number))),
        }
    }
}

/// Opens candidates until one is answered `3probe`: the server may need a moment to notice that
/// the one before is gone, and until then it has to refuse.
async fn probe_again(session: &Polling) -> WebSocket {
    let target = session.upgrade_target();
    until("a new candidate to be probed", async || {
        let mut candidate = WebSocket::open(&target).await;
        candidate.send_text("2probe").await;
        match candidate.message().await {
            Message::Text(text) => {
                assert_eq!(text, "3probe");
                Some(candidate)
            }
            _ => None,
        }
    })
    .await
}

#[tokio::test]
async fn upgraded_session_goes_on_over_the_websocket() {
    for path in ["/socket.io/", "/relaxed/"] {
        let session = connected(path).await;
        let mut client = Client::over(Session::WebSocket(session.upgrade().await));
        for round in 0..20 {
            let call = json!(["message-with-ack", round]);
            assert_eq!(client.call(&call).await, json!([round]));
        }
    }
}

#[tokio::test]
async fn idle_parked_poll_is_released_before_any_ping() {
    // Pings are 25 s apart here, and a test waits 10 s.
    let mut session = connected("/relaxed/").await;
    session.park().await;
    let mut candidate = session.probe().await;
    let released = session.poll().await;
    assert_eq!((released.status, released.text()), (200, "6"));
    candidate.send_text("5").await;
    candidate.send_text(r#"42["message",1]"#).await;
    assert_eq!(candidate.text().await, r#"42["message-back",1]"#);
}

#[tokio::test]
async fn later_polls_are_released_too() {
    let mut session = connected("/relaxed/").await;
    let mut candidate = session.probe().await;
    for _ in 0..3 {
        let released = session.poll().await;
        assert_eq!((released.status, released.text()), (200, "6"));
    }
    candidate.send_text("5").await;
    candidate.send_text(r#"42["message",1]"#).await;
    assert_eq!(candidate.text().await, r#"42["message-back",1]"#);
}

#[tokio::test]
async fn poll_is_not_held_when_the_upgrade_completes() {
    let mut session = connected("/relaxed/").await;
    let mut candidate = session.probe().await;
    session.park().await;
    candidate.send_text("5").await;
    candidate.send_text(r#"42["message",1]"#).await;
    assert_eq!(candidate.text().await, r#"42["message-back",1]"#);
    // Whether the poll or the upgrade was first, it has nothing to say and is not left waiting.
    let released = session.poll().await;
    assert!(
        released.text() == "6" || released.is_error(3),
        "{released:?}"
    );
}

#[tokio::test]
async fn queued_packets_move_to_the_websocket_once_and_in_order() {
    let mut session = connected("/relaxed/").await;
    let mut candidate = session.probe().await;
    for number in 0..50 {
        session.send(&[message(number)]).await;
    }
    candidate.send_text("5").await;
    for number in 50..100 {
        candidate
            .send_text(&format!(r#"42["message",{number}]"#))
            .await;
    }
    for number in 0..100 {
        let expected = format!(r#"42["message-back",{number}]"#);
        assert_eq!(candidate.text().await, expected);
    }
}

#[tokio::test]
async fn binary_event_may_begin_on_one_transport_and_end_on_the_other() {
    let mut session = connected("/relaxed/").await;
    let mut candidate = session.probe().await;
    let event = r#"451-["message",{"_placeholder":true,"num":0}]"#;
    let whole = [Packet::text(event), Packet::binary([1])];
    session.send(&whole).await;
    session.send(&[Packet::text(event)]).await;
    candidate.send_text("5").await;
    candidate.send_binary(&[2]).await;
    for attachment in [1, 2] {
        let text = candidate.text().await;
        assert!(text.starts_with(r#"451-["message-back",{"#), "{text}");
        let found = candidate.message().await;
        assert_eq!(found, Message::Binary(vec![attachment]));
    }
}

#[tokio::test]
async fn messages_around_an_upgrade_arrive_once_and_in_order() {
    for polled in [0, 1, 10, 30] {
        let mut session = connected("/relaxed/").await;
        let mut echoes = Vec::new();
        for number in 0..30 {
            session.send(&[message(number)]).await;
            if number < polled {
                echoes.extend(decode_payload(session.poll().await.text()));
            }
        }
        let mut session = Session::WebSocket(session.upgrade().await);
        let more: Vec<_> = (30..60).map(message).collect();
        session.send(&more).await;
        while echoes.len() < 60 {
            echoes.push(session.expect().await);
        }
        let expected: Vec<_> = (0..60).map(echo).collect();
        assert_eq!(echoes, expected, "{polled} of them polled");
        session.send(&[message(60)]).await;
        assert_eq!(session.expect().await, echo(60));
    }
}

#[tokio::test]
async fn polling_carries_messages_until_the_upgrade() {
    let mut session = connected("/relaxed/").await;
    let mut candidate = session.probe().await;
    for number in 0..5 {
        assert_polls(&mut session, number).await;
    }
    candidate.send_text("5").await;
    candidate.send_text(r#"42["message",5]"#).await;
    assert_eq!(candidate.text().await, r#"42["message-back",5]"#);
}

#[tokio::test]
async fn old_transport_is_refused_afterwards() {
    let session = connected("/relaxed/").await;
    let target = session.target();
    let session = session.upgrade().await;
    let mut client = Client::over(Session::WebSocket(session));
    // The upgrade packet has been seen once something behind it is answered.
    client.assert_quiet().await;
    for _ in 0..2 {
        fetch(&Request::get(&target)).await.assert_error(3);
        fetch(&Request::post(&target, "3")).await.assert_error(3);
        fetch(&Request::post(&target, "1")).await.assert_error(3);
        client.assert_quiet().await;
    }
}

#[tokio::test]
async fn second_websocket_is_closed_and_the_first_is_unharmed() {
    let session = connected("/relaxed/").await;
    let target = session.upgrade_target();
    let mut client = Client::over(Session::WebSocket(session.upgrade().await));
    client.assert_quiet().await;
    for say in [None, Some("2probe"), Some("5"), Some("4hello"), Some("1")] {
        let request = support::ws::handshake(&target);
        // Refusing the handshake closes it as well.
        if let Ok(mut second) = WebSocket::request(&request).await {
            if let Some(packet) = say {
                second.send_text(packet).await;
            }
            second.closed().await;
        }
        client.assert_quiet().await;
    }
}

#[tokio::test]
async fn second_candidate_is_closed_and_the_first_is_unharmed() {
    let mut session = connected("/relaxed/").await;
    let mut first = session.probe().await;
    let request = support::ws::handshake(&session.upgrade_target());
    if let Ok(mut second) = WebSocket::request(&request).await {
        second.send_text("2probe").await;
        second.closed().await;
    }
    assert_polls(&mut session, 1).await;
    first.send_text("5").await;
    first.send_text(r#"42["message",2]"#).await;
    assert_eq!(first.text().await, r#"42["message-back",2]"#);
}

#[tokio::test]
async fn websocket_session_takes_no_second_websocket() {
    let mut client = Client::connect(support::Transport::WebSocket, "/relaxed/").await;
    let sid = client.session.sid();
    let target = format!("/relaxed/?EIO=4&transport=websocket&sid={sid}");
    let request = support::ws::handshake(&target);
    if let Ok(mut second) = WebSocket::request(&request).await {
        // A reader that has nothing to probe for may wait for the first packet.
        second.send_text("4").await;
        second.closed().await;
    }
    client.assert_quiet().await;
}

#[tokio::test]
async fn junk_on_a_probe_kills_only_the_candidate() {
    let mut bystander = Bystander::connect().await;
    let mut session = connected("/relaxed/").await;
    let junk = [
        Frame::text("4hello"),
        Frame::text("2"),
        Frame::text("2prob"),
        Frame::text("2probes"),
        Frame::text("3probe"),
        Frame::text("abc"),
        Frame::text("9"),
        Frame::text(""),
        Frame::binary("2probe"),
        Frame::text([0x32, 0xff]),
        Frame::text("2probe").unmasked(),
        Frame::text("2probe").reserved(4),
    ];
    for (number, junk) in junk.iter().enumerate() {
        println!("{junk:?}");
        let mut candidate = WebSocket::open(&session.upgrade_target()).await;
        candidate.send(junk).await;
        candidate.closed().await;
        assert_polls(&mut session, number).await;
        // The same after a good probe.
        let mut candidate = probe_again(&session).await;
        candidate.send(junk).await;
        candidate.closed().await;
        assert_polls(&mut session, number).await;
    }
    drop(probe_again(&session).await);
    let mut candidate = probe_again(&session).await;
    candidate.send_text("5").await;
    candidate.send_text(r#"42["message",1]"#).await;
    assert_eq!(candidate.text().await, r#"42["message-back",1]"#);
    bystander.assert_served().await;
}

#[tokio::test]
async fn abandoned_probe_kills_only_the_candidate() {
    let mut session = connected("/relaxed/").await;
    for clean in [true, false] {
        for probed in [true, false] {
            let target = session.upgrade_target();
            let mut candidate = if probed {
                probe_again(&session).await
            } else {
                WebSocket::open(&target).await
            };
            if clean {
                candidate.send(&Frame::close(1000)).await;
                candidate.closed().await;
            }
            drop(candidate);
            assert_polls(&mut session, 1).await;
        }
    }
    let mut candidate = probe_again(&session).await;
    candidate.send_text("5").await;
    candidate.send_text(r#"42["message",2]"#).await;
    assert_eq!(candidate.text().await, r#"42["message-back",2]"#);
}

#[tokio::test]
async fn candidate_dies_with_its_session() {
    let mut session = connected("/relaxed/").await;
    let mut candidate = session.probe().await;
    session.send(&[Packet::text("1")]).await;
    session.forgotten().await;
    candidate.closed().await;
}

#[tokio::test]
async fn heartbeat_goes_on_over_the_websocket() {
    let session = connected("/socket.io/").await;
    let mut session = Session::WebSocket(session.upgrade().await);
    let mut pings = 0;
    while pings < 4 {
        match session.packet().await {
            Some(Packet::Text(text)) if text == "2" => {
                pings += 1;
                session.send_text("3").await;
            }
            Some(Packet::Text(text)) if text == "6" => {}
            packet => panic!("only pings are due, found {packet:?}"),
        }
    }
    // And without a pong it ends.
    session.starved().await;
}

#[tokio::test]
async fn ping_may_be_answered_on_the_other_transport() {
    let mut session = connected("/socket.io/").await;
    // The upgrade begins with a ping unanswered.
    while session.packet().await != Some(Packet::text("2")) {}
    let mut candidate = session.probe().await;
    candidate.send_text("5").await;
    candidate.send_text("3").await;
    let mut pings = 0;
    while pings < 3 {
        assert_eq!(candidate.text().await, "2");
        candidate.send_text("3").await;
        pings += 1;
    }
}
