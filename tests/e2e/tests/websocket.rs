//! Messages over WebSocket, and what RFC 6455 asks of a server.

use support::engine::Duplex;
use support::http::{Request, fetch};
use support::ws::{Frame, Message, Opcode, WebSocket, handshake};
use support::{Bystander, Packet, Session, Transport, until};

/// Opens a bare session and gives its WebSocket.
async fn bare() -> WebSocket {
    Duplex::open("/engine.io/").await.socket
}

/// The next message; Engine.IO's pings are answered on the way.
async fn next(socket: &mut WebSocket) -> Message {
    loop {
        match socket.message().await {
            Message::Text(text) if text == "2" => socket.send_text("3").await,
            message => return message,
        }
    }
}

#[tokio::test]
async fn text_is_echoed_as_text_and_binary_as_binary() {
    let mut session = Session::open(Transport::WebSocket, "/engine.io/").await;
    let packets = [
        Packet::text("4hello"),
        Packet::binary([0, 1, 2, 254, 255]),
        Packet::text("4"),
        Packet::binary([]),
        Packet::text("4é€😀\u{feff}"),
        Packet::binary(*b"4hello"),
        Packet::text("4bAAEC"),
    ];
    session.send(&packets).await;
    for packet in packets {
        assert_eq!(session.expect().await, packet);
    }
}

#[tokio::test]
async fn every_form_of_length_is_understood() {
    let mut session = Session::open(Transport::WebSocket, "/engine.io/").await;
    for length in [124, 125, 126, 127, 65_534, 65_535, 65_536, 65_537] {
        let text = Packet::Text(format!("4{}", "x".repeat(length - 1)));
        let binary = Packet::binary(vec![7; length]);
        for packet in [text, binary] {
            session.send(std::slice::from_ref(&packet)).await;
            assert!(session.expect().await == packet, "{length}");
        }
    }
}

#[tokio::test]
async fn fragments_are_put_together() {
    let mut socket = bare().await;
    let text = "4a€😀";
    // Every cut, inside characters as well.
    for cut in 0..=text.len() {
        let (first, second) = text.as_bytes().split_at(cut);
        socket.send(&Frame::text(first).to_be_continued()).await;
        let empty = Frame::new(Opcode::CONTINUATION, []);
        socket.send(&empty.to_be_continued()).await;
        socket.send(&Frame::new(Opcode::CONTINUATION, second)).await;
        assert_eq!(next(&mut socket).await, Message::Text(text.to_owned()));
    }
    let bytes = [0xff, 0x80, 0];
    socket
        .send(&Frame::binary(&bytes[..1]).to_be_continued())
        .await;
    socket
        .send(&Frame::new(Opcode::CONTINUATION, &bytes[1..]))
        .await;
    assert_eq!(next(&mut socket).await, Message::Binary(bytes.to_vec()));
}

#[tokio::test]
async fn control_frames_may_come_between_fragments() {
    let mut socket = bare().await;
    socket.send(&Frame::text("4he").to_be_continued()).await;
    socket
        .send(&Frame::new(Opcode::PING, "are you there"))
        .await;
    let pong = Message::Pong(b"are you there".to_vec());
    assert_eq!(next(&mut socket).await, pong);
    socket.send(&Frame::new(Opcode::PONG, "unasked")).await;
    socket.send(&Frame::new(Opcode::CONTINUATION, "llo")).await;
    assert_eq!(next(&mut socket).await, Message::Text("4hello".to_owned()));
}

#[tokio::test]
async fn ping_frames_are_answered_with_their_payload() {
    let mut socket = bare().await;
    for payload in [vec![], vec![0xff, 0, 0x80], vec![b'x'; 125]] {
        socket
            .send(&Frame::new(Opcode::PING, payload.clone()))
            .await;
        assert_eq!(next(&mut socket).await, Message::Pong(payload));
    }
}

#[tokio::test]
async fn frames_may_arrive_byte_by_byte_and_many_at_once() {
    let mut socket = bare().await;
    for byte in Frame::text("4slow").encode() {
        socket.write(&[byte]).await;
    }
    assert_eq!(next(&mut socket).await, Message::Text("4slow".to_owned()));
    let many: Vec<_> = (0..200).map(|i| format!("4{i}")).collect();
    let wire: Vec<_> = many
        .iter()
        .flat_map(|text| Frame::text(text.as_str()).encode())
        .collect();
    socket.write(&wire).await;
    for text in many {
        assert_eq!(next(&mut socket).await, Message::Text(text));
    }
}

#[tokio::test]
async fn close_frame_is_answered() {
    for (close, code) in [
        (Frame::close(1000), 1000),
        (Frame::close(1001), 1001),
        (Frame::close(4999), 4999),
        (Frame::new(Opcode::CLOSE, []), 1005),
        (Frame::new(Opcode::CLOSE, b"\x03\xe8goodbye"), 1000),
    ] {
        let mut socket = bare().await;
        socket.send(&close).await;
        // An echo of the code is usual, not obligatory.
        let found = socket.closed().await;
        assert!(found == code || found == 1000, "{found} for {close:?}");
    }
}

#[tokio::test]
async fn close_packet_ends_the_session() {
    let mut session = Session::open(Transport::WebSocket, "/relaxed/").await;
    session.send_text("1").await;
    session.ended().await;
}

#[tokio::test]
async fn bad_packet_ends_the_session() {
    let mut bystander = Bystander::connect().await;
    for packet in ["", "2", "2probe", "7", "9", "abc", "bAAEC", "é", "\0", "{}"] {
        println!("{packet:?}");
        let mut session = Session::open(Transport::WebSocket, "/relaxed/").await;
        session.send_text(packet).await;
        session.ended().await;
        bystander.assert_served().await;
    }
}

#[tokio::test]
async fn session_ends_with_its_websocket() {
    for clean in [true, false] {
        let mut session = Duplex::open("/relaxed/").await;
        let sid = session.handshake()["sid"].as_str().expect("a string");
        let ask = format!("/relaxed/?EIO=4&transport=polling&sid={sid}");
        // It is known, though not for polling.
        fetch(&Request::get(&ask)).await.assert_error(3);
        if clean {
            session.socket.send(&Frame::close(1000)).await;
            session.socket.closed().await;
        }
        drop(session);
        until("the session to be forgotten", async || {
            let response = fetch(&Request::get(&ask)).await;
            response.is_error(1).then_some(())
        })
        .await;
    }
}

#[tokio::test]
async fn headers_of_the_handshake_are_read_as_http_says() {
    let request = Request::get("/relaxed/?EIO=4&transport=websocket")
        .header("connection", "keep-alive, upgrade")
        .header("upgrade", "WebSocket")
        .header("sec-websocket-version", "13")
        .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
    let mut socket = WebSocket::request(&request).await.expect("101");
    assert!(socket.text().await.starts_with("0{"));
}

#[tokio::test]
async fn subprotocols_and_extensions_are_not_made_up() {
    // What was not offered must not be chosen; the client checks the extensions itself.
    let response = fetch(&handshake("/relaxed/?EIO=4&transport=websocket")).await;
    assert_eq!(response.status, 101);
    assert_eq!(response.header("sec-websocket-protocol"), None);
}
