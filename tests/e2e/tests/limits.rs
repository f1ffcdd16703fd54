//! `maxPayload`, to the byte.

use serde_json::json;
use support::engine::{Duplex, Polling};
use support::http::{Connection, Request};
use support::ws::{Frame, Opcode, WebSocket};
use support::{Bystander, Client, Packet, Session, SocketPacket, Transport};

const MAX: usize = 1_000_000;

/// A message of `length` bytes, its type digit included.
fn message(length: usize) -> String {
    format!("4{}", "x".repeat(length - 1))
}

/// A message of `length` bytes, but only about half as many characters.
fn wide_message(length: usize) -> String {
    let (pairs, odd) = ((length - 1) / 2, (length - 1) % 2);
    format!("4{}{}", "é".repeat(pairs), "x".repeat(odd))
}

/// Cuts a body into chunks of `size`.
fn chunks(body: &str, size: usize) -> Vec<Vec<u8>> {
    body.as_bytes().chunks(size).map(<[u8]>::to_vec).collect()
}

/// An event of exactly [`MAX`] bytes that asks for an acknowledgement, and that acknowledgement; of
/// wide characters or not.
fn call(wide: bool) -> (String, String) {
    let (start, end) = (r#"421["message-with-ack",""#, r#""]"#);
    let room = MAX - start.len() - end.len();
    let argument = if wide {
        "é".repeat(room / 2) + &"x".repeat(room % 2)
    } else {
        "x".repeat(room)
    };
    let call = format!("{start}{argument}{end}");
    assert_eq!(call.len(), MAX);
    (call, format!(r#"["{argument}"]"#))
}

/// Fails unless the acknowledgement of [`call`] is the next packet.
async fn assert_answered(client: &mut Client, expected: &str) {
    let ack = client.next().await;
    assert_eq!((ack.kind, ack.id), (3, Some(1)));
    assert!(ack.data == expected, "{} bytes", ack.data.len());
}

#[tokio::test]
async fn post_or_frame_of_exactly_the_limit_is_accepted() {
    for transport in Transport::ALL {
        let mut client = Client::connect(transport, "/relaxed/").await;
        for wide in [false, true] {
            let (call, ack) = call(wide);
            client.session.send_text(&call).await;
            assert_answered(&mut client, &ack).await;
        }
    }
}

#[tokio::test]
async fn chunks_of_exactly_the_limit_are_accepted() {
    for size in [MAX, 65_536, 9_999] {
        let mut session = Polling::open("/relaxed/").await;
        session.send(&[Packet::text("40")]).await;
        let (call, ack) = call(true);
        let request = Request::post_chunked(&session.target(), chunks(&call, size));
        let response = session.post_as(request).await;
        assert_eq!((response.status, response.text()), (200, "ok"), "{size}");
        let mut client = Client::over(Session::Polling(session));
        assert_eq!(client.next().await.kind, 0);
        assert_eq!(client.event().await, json!(["auth", {}]));
        assert_answered(&mut client, &ack).await;
    }
}

#[tokio::test]
async fn post_over_the_limit_is_refused_and_the_session_lives() {
    let mut bystander = Bystander::connect().await;
    // The last one has no more characters than half the limit.
    for body in [message(MAX + 1), message(2 * MAX), wide_message(MAX + 1)] {
        let mut session = Polling::open("/relaxed/").await;
        let refused = session.post(&body).await;
        assert_eq!(refused.status, 413, "{refused:?}");
        let ok = session.post("3").await;
        assert_eq!((ok.status, ok.text()), (200, "ok"));
        bystander.assert_served().await;
    }
}

#[tokio::test]
async fn post_in_chunks_over_the_limit_is_refused_and_the_session_lives() {
    let mut bystander = Bystander::connect().await;
    for size in [MAX + 1, 65_536, 10] {
        let body = wide_message(MAX + 1);
        let mut session = Polling::open("/relaxed/").await;
        let request = Request::post_chunked(&session.target(), chunks(&body, size));
        let refused = session.post_as(request).await;
        assert_eq!(refused.status, 413, "{size}: {refused:?}");
        let ok = session.post("3").await;
        assert_eq!((ok.status, ok.text()), (200, "ok"), "{size}");
        bystander.assert_served().await;
    }
}

#[tokio::test]
async fn post_that_only_declares_too_much_is_refused() {
    let mut bystander = Bystander::connect().await;
    for declared in [MAX + 1, usize::MAX >> 1] {
        let mut session = Polling::open("/relaxed/").await;
        let mut connection = Connection::open().await;
        let request = Request::post_cut(&session.target(), declared, "4");
        connection.send(&request).await;
        // A server may wait for the bytes; it gets as many as it may take, and one more.
        connection.write(&vec![b'x'; MAX]).await;
        let refused = connection.response().await;
        assert_eq!(refused.status, 413, "{declared}: {refused:?}");
        let ok = session.post("3").await;
        assert_eq!((ok.status, ok.text()), (200, "ok"), "{declared}");
        bystander.assert_served().await;
    }
}

#[tokio::test]
async fn refused_post_delivers_nothing() {
    let mut session = Session::open(Transport::Polling, "/relaxed/").await;
    session.send_text("40").await;
    let Session::Polling(polling) = &mut session else {
        unreachable!("it was opened on polling")
    };
    let body = format!("42[\"message\"]\x1e{}", message(MAX));
    assert_eq!(polling.post(&body).await.status, 413);
    // Not even the packet before the limit: the greetings are all that has been sent.
    let mut client = Client::over(session);
    assert_eq!(client.next().await.kind, 0);
    assert_eq!(client.event().await, json!(["auth", {}]));
    client.assert_quiet().await;
}

#[tokio::test]
async fn binary_frame_of_exactly_the_limit_is_accepted() {
    let mut client = Client::connect(Transport::WebSocket, "/relaxed/").await;
    let event = SocketPacket::event(r#"["message",{"_placeholder":true,"num":0}]"#);
    client.send(&event.attach(vec![0xff; MAX])).await;
    let echo = client.next().await;
    assert!(echo.attachments == [vec![0xff; MAX]]);
}

#[tokio::test]
async fn fragments_of_exactly_the_limit_are_accepted() {
    for size in [MAX - 1, 65_536, 9_999] {
        let (call, ack) = call(true);
        let mut session = Duplex::open("/relaxed/").await;
        session.send(&[Packet::text("40")]).await;
        send_in_fragments(&mut session.socket, Opcode::TEXT, call.as_bytes(), size).await;
        let mut client = Client::over(Session::WebSocket(session));
        assert_eq!(client.next().await.kind, 0);
        assert_eq!(client.event().await, json!(["auth", {}]));
        assert_answered(&mut client, &ack).await;
    }
}

#[tokio::test]
async fn frame_over_the_limit_closes_with_1009() {
    let mut bystander = Bystander::connect().await;
    // A text frame carries a type digit in front of the message, which may or may not count.
    for frame in [
        Frame::binary(vec![0; MAX + 1]),
        Frame::text(message(MAX + 2)),
        Frame::text(wide_message(MAX + 2)),
        Frame::binary(vec![0; 4 * MAX]),
    ] {
        let mut socket = relaxed().await;
        assert_eq!(socket.refused(&frame.encode()).await, 1009);
        bystander.assert_served().await;
    }
}

#[tokio::test]
async fn fragments_over_the_limit_close_with_1009() {
    let mut bystander = Bystander::connect().await;
    for size in [MAX, 65_536, 9_999] {
        let mut socket = relaxed().await;
        send_in_fragments(&mut socket, Opcode::BINARY, &vec![0; MAX + 1], size).await;
        assert_eq!(socket.closed().await, 1009, "{size}");
        bystander.assert_served().await;
    }
}

#[tokio::test]
async fn frame_that_only_declares_too_much_closes_with_1009() {
    let mut bystander = Bystander::connect().await;
    for declared in [MAX as u64 + 1, u64::from(u32::MAX) + 1, 1 << 52] {
        let mut socket = relaxed().await;
        socket.write(&Frame::binary([]).head(declared)).await;
        // A server may look at the length only with the bytes, but it must not gather them all.
        assert_eq!(socket.flood(&[0; 10_000], 16 * MAX).await, 1009);
        bystander.assert_served().await;
    }
}

/// The WebSocket of a session whose pings are 25 s apart, behind its open packet.
async fn relaxed() -> WebSocket {
    let mut socket = WebSocket::open("/relaxed/?EIO=4&transport=websocket").await;
    socket.text().await;
    socket
}

/// Sends a message in frames of `size`.
async fn send_in_fragments(socket: &mut WebSocket, opcode: Opcode, payload: &[u8], size: usize) {
    for (index, fragment) in payload.chunks(size).enumerate() {
        let opcode = if index == 0 {
            opcode
        } else {
            Opcode::CONTINUATION
        };
        let frame = Frame::new(opcode, fragment);
        let is_last = (index + 1) * size >= payload.len();
        let frame = if is_last {
            frame
        } else {
            frame.to_be_continued()
        };
        socket.send(&frame).await;
    }
}
