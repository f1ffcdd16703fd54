//! Messages over polling, and the rules of its requests.

use support::engine::{Polling, decode_payload, encode_payload};
use support::http::{Connection, Request, fetch};
use support::{Bystander, Packet, Session, Transport, until};

/// Collects echoes until there are as many as were sent.
async fn echoes(session: &mut Session, count: usize) -> Vec<Packet> {
    let mut echoes = Vec::new();
    while echoes.len() < count {
        echoes.push(session.expect().await);
    }
    echoes
}

#[tokio::test]
async fn payload_is_taken_apart_and_answered_in_order() {
    let mut session = Session::open(Transport::Polling, "/engine.io/").await;
    let packets = [
        Packet::text("4one"),
        Packet::binary([0, 1, 2, 254, 255]),
        Packet::text("4"),
        Packet::binary([]),
        Packet::text("4é€😀\u{feff}\u{2028}"),
        Packet::text("42"),
        Packet::text("4b64"),
        Packet::binary(*b"text"),
    ];
    session.send(&packets).await;
    assert_eq!(echoes(&mut session, packets.len()).await, packets);
}

#[tokio::test]
async fn wire_form_is_the_published_one() {
    let mut session = Polling::open("/engine.io/").await;
    let ok = session.post("4a\x1ebAQIDBA==\x1e4\x1eb\x1e4é").await;
    assert_eq!((ok.status, ok.text()), (200, "ok"));
    let mut body = String::new();
    // The server may put them into as many answers as it likes.
    while body.split('\x1e').count() < 5 {
        let answer = session.poll().await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let separator = if body.is_empty() { "" } else { "\x1e" };
        body = format!("{body}{separator}{}", answer.text());
    }
    assert_eq!(body, "4a\x1ebAQIDBA==\x1e4\x1eb\x1e4é");
}

#[tokio::test]
async fn order_holds_over_many_requests() {
    let mut session = Session::open(Transport::Polling, "/engine.io/").await;
    let packets: Vec<_> = (0..200).map(|i| Packet::text(format!("4{i}"))).collect();
    let mut received = Vec::new();
    for batch in packets.chunks(7) {
        session.send(batch).await;
        received.push(session.expect().await);
    }
    let missing = packets.len() - received.len();
    received.extend(echoes(&mut session, missing).await);
    assert_eq!(received, packets);
}

#[tokio::test]
async fn requests_may_each_have_a_connection_of_their_own() {
    let session = Polling::open("/relaxed/").await;
    let target = session.target();
    for request in ["40", r#"42["message",1]"#, r#"42["message",2]"#] {
        let response = fetch(&Request::post(&target, request)).await;
        assert_eq!((response.status, response.text()), (200, "ok"));
    }
    let mut events = Vec::new();
    while events.len() < 4 {
        let response = fetch(&Request::get(&target)).await;
        assert_eq!(response.status, 200, "{response:?}");
        events.extend(decode_payload(response.text()));
    }
    assert_eq!(events[1], Packet::text(r#"42["auth",{}]"#));
    assert_eq!(events[2], Packet::text(r#"42["message-back",1]"#));
    assert_eq!(events[3], Packet::text(r#"42["message-back",2]"#));
}

#[tokio::test]
async fn parked_poll_is_answered_by_the_next_message() {
    let mut session = Polling::open("/relaxed/").await;
    session.park().await;
    session.send(&[Packet::text("40")]).await;
    let answer = session.poll().await;
    assert!(answer.text().starts_with("40{"), "{answer:?}");
}

#[tokio::test]
async fn utf_8_is_decoded_across_chunk_borders() {
    let text = "4ä€😀".as_bytes();
    let session = Polling::open("/relaxed/").await;
    let mut session = Session::Polling(session);
    session.send_text("40").await;
    for cut in 1..text.len() {
        let event = format!(r#"42["message",{cut},"ä€😀"]"#).into_bytes();
        let cut = event.len() - 2 - text.len() + cut;
        let (first, second) = event.split_at(cut);
        let Session::Polling(polling) = &mut session else {
            unreachable!("it was opened on polling")
        };
        let chunks = [first.to_vec(), second.to_vec()];
        let request = Request::post_chunked(&polling.target(), chunks);
        let response = polling.post_as(request).await;
        assert_eq!((response.status, response.text()), (200, "ok"), "{cut}");
    }
    for _ in ["CONNECT", "auth"] {
        session.expect().await;
    }
    for cut in 1..text.len() {
        let expected = format!(r#"42["message-back",{cut},"ä€😀"]"#);
        assert_eq!(session.expect().await, Packet::Text(expected));
    }
}

#[tokio::test]
async fn utf_8_is_decoded_across_tcp_segments() {
    let mut bystander = Bystander::connect().await;
    let polling = Polling::open("/relaxed/").await;
    let target = polling.target();
    let mut session = Session::Polling(polling);
    session.send_text("40").await;
    let request = Request::post(&target, r#"42["message","€"]"#).encode();
    let mut connection = Connection::open().await;
    for cut in [3, 4] {
        // The closing quote and bracket and one or two of the three bytes of the sign come later,
        // after the server has served others.
        let (first, second) = request.split_at(request.len() - cut);
        connection.write(first).await;
        bystander.assert_served().await;
        connection.write(second).await;
        assert_eq!(connection.response().await.text(), "ok");
    }
    for _ in ["CONNECT", "auth"] {
        session.expect().await;
    }
    for _ in 0..2 {
        let echo = Packet::text(r#"42["message-back","€"]"#);
        assert_eq!(session.expect().await, echo);
    }
}

#[tokio::test]
async fn second_concurrent_get_ends_the_session() {
    let mut bystander = Bystander::connect().await;
    let mut session = Polling::open("/relaxed/").await;
    session.park().await;
    let second = fetch(&Request::get(&session.target())).await;
    let first = session.poll().await;
    // Which of the two the server saw first is its own affair.
    let (parked, refused) = if first.status == 200 {
        (first, second)
    } else {
        (second, first)
    };
    assert_eq!((parked.status, parked.text()), (200, "1"));
    assert_eq!(refused.status, 400, "{refused:?}");
    session.forgotten().await;
    bystander.assert_served().await;
}

#[tokio::test]
async fn second_concurrent_post_ends_the_session() {
    let mut bystander = Bystander::connect().await;
    let mut session = Polling::open("/relaxed/").await;
    let target = session.target();
    let mut first = Connection::open().await;
    first.send(&Request::post_cut(&target, 10, "4half")).await;
    // Until the server has seen the first, a second is none.
    let refused = until("the overlapping POST to be refused", async || {
        let response = fetch(&Request::post(&target, "3")).await;
        (response.status != 200).then_some(response)
    })
    .await;
    assert_eq!(refused.status, 400, "{refused:?}");
    session.forgotten().await;
    bystander.assert_served().await;
}

#[tokio::test]
async fn cancelled_get_ends_the_session_at_once() {
    let mut bystander = Bystander::connect().await;
    let mut session = Polling::open("/relaxed/").await;
    let mut get = Connection::open().await;
    get.send(&Request::get(&session.target())).await;
    drop(get);
    session.forgotten().await;
    bystander.assert_served().await;
}

#[tokio::test]
async fn cut_post_ends_the_session_at_once() {
    let mut bystander = Bystander::connect().await;
    let chunk = |target: &str| {
        format!("POST {target} HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n4x")
            .into_bytes()
    };
    let sized = |target: &str| Request::post_cut(target, 10, "4half").encode();
    for cut in [&chunk as &dyn Fn(&str) -> Vec<u8>, &sized] {
        let mut session = Polling::open("/relaxed/").await;
        let mut post = Connection::open().await;
        post.write(&cut(&session.target())).await;
        drop(post);
        session.forgotten().await;
    }
    bystander.assert_served().await;
}

#[tokio::test]
async fn close_packet_releases_the_poll_and_ends_the_session() {
    // The close can overtake the poll, which is then refused as any other; so this is repeated
    // until the poll was first.
    until("a poll that was parked before the close", async || {
        let mut session = Polling::open("/relaxed/").await;
        session.park().await;
        session.send(&[Packet::text("1")]).await;
        let released = session.poll().await;
        fetch(&Request::get(&session.target()))
            .await
            .assert_error(1);
        fetch(&Request::post(&session.target(), "3"))
            .await
            .assert_error(1);
        if released.is_error(1) {
            return None;
        }
        assert_eq!((released.status, released.text()), (200, "6"));
        Some(())
    })
    .await;
}

#[tokio::test]
async fn content_type_of_a_post_does_not_matter_unless_it_is_binary() {
    let mut session = Polling::open("/relaxed/").await;
    for media_type in [None, Some("text/plain"), Some("application/json"), Some("")] {
        let mut request = Request::new("POST", &session.target());
        if let Some(media_type) = media_type {
            request = request.header("Content-Type", media_type);
        }
        let response = session.post_as(request.body("3")).await;
        assert_eq!(
            (response.status, response.text()),
            (200, "ok"),
            "{media_type:?}"
        );
    }
}

#[tokio::test]
async fn binary_body_is_refused_and_ends_the_session() {
    let mut bystander = Bystander::connect().await;
    let mut session = Polling::open("/relaxed/").await;
    let request = Request::new("POST", &session.target())
        .header("Content-Type", "application/octet-stream")
        .body("4hello");
    assert_eq!(session.post_as(request).await.status, 400);
    session.forgotten().await;
    bystander.assert_served().await;
}

#[tokio::test]
async fn bad_packet_ends_the_session() {
    let mut bystander = Bystander::connect().await;
    for body in [
        "",
        "\x1e",
        "3\x1e",
        "\x1e3",
        "3\x1e\x1e3",
        "2",
        "2probe",
        "3\x1e2",
        "7",
        "9",
        "abc",
        "é",
        "\0",
        "{}",
    ] {
        for parked in [false, true] {
            println!("{body:?}, with a poll parked: {parked}");
            let mut session = Polling::open("/relaxed/").await;
            if parked {
                session.park().await;
            }
            let response = session.post(body).await;
            assert!(matches!(response.status, 200 | 400), "{response:?}");
            if parked {
                // It must not stay parked; what it is answered depends on who was first.
                session.poll().await;
            }
            session.forgotten().await;
        }
        bystander.assert_served().await;
    }
}

#[tokio::test]
async fn http_1_0_can_poll() {
    let session = Polling::open("/relaxed/").await;
    let target = session.target();
    let post = fetch(&Request::post(&target, "40").http_1_0()).await;
    assert_eq!((post.status, post.text()), (200, "ok"));
    let poll = fetch(&Request::get(&target).http_1_0()).await;
    assert_eq!(poll.header("transfer-encoding"), None, "{poll:?}");
    assert!(poll.text().starts_with("40{"), "{poll:?}");
}

#[tokio::test]
async fn requests_may_be_pipelined() {
    let mut session = Polling::open("/engine.io/").await;
    let target = session.target();
    let posts: Vec<_> = (0..20).map(|i| Packet::text(format!("4{i}"))).collect();
    let mut connection = Connection::open().await;
    let wire: Vec<u8> = posts
        .iter()
        .map(|packet| encode_payload(std::slice::from_ref(packet)))
        .flat_map(|body| Request::post(&target, body).encode())
        .collect();
    connection.write(&wire).await;
    for _ in &posts {
        assert_eq!(connection.response().await.text(), "ok");
    }
    for post in posts {
        let packet = loop {
            match session.packet().await {
                Some(Packet::Text(text)) if text == "2" => {
                    session.send(&[Packet::text("3")]).await;
                }
                packet => break packet,
            }
        };
        assert_eq!(packet, Some(post));
    }
}
