//! Frames that RFC 6455 does not allow, and the code that each is closed with.

use support::Bystander;
use support::ws::{Frame, Opcode, WebSocket};

/// The WebSocket of a session whose pings are 25 s apart, behind its open packet.
async fn relaxed() -> WebSocket {
    let mut socket = WebSocket::open("/relaxed/?EIO=4&transport=websocket").await;
    socket.text().await;
    socket
}

/// Sends each sequence of frames on a WebSocket of its own, and fails unless the server closes with
/// one of these codes and goes on serving a bystander.
async fn assert_closes(codes: &[u16], sequences: &[&[Frame]]) {
    let mut bystander = Bystander::connect().await;
    for frames in sequences {
        println!("{frames:?}");
        let mut socket = relaxed().await;
        for frame in *frames {
            socket.send(frame).await;
        }
        let code = socket.closed().await;
        assert!(codes.contains(&code), "closed with {code}");
        bystander.assert_served().await;
    }
}

fn continuation(payload: impl Into<Vec<u8>>) -> Frame {
    Frame::new(Opcode::CONTINUATION, payload)
}

#[tokio::test]
async fn endless_empty_continuations_are_stopped() {
    let mut bystander = Bystander::connect().await;
    for start in [Frame::text("4"), Frame::text(""), Frame::binary([])] {
        let mut socket = relaxed().await;
        socket.send(&start.to_be_continued()).await;
        let flood = continuation([]).to_be_continued().encode().repeat(1000);
        // Whether so many frames are too big, against policy or against the protocol is a matter of
        // taste. They carry nothing, so the size of the message alone never stops them.
        let code = socket.flood(&flood, 24_000_000).await;
        assert!(matches!(code, 1002 | 1008 | 1009), "closed with {code}");
        bystander.assert_served().await;
    }
}

#[tokio::test]
async fn bad_utf_8_closes_with_1007() {
    let bad: [&[u8]; 8] = [
        b"4\x80",
        b"4\xff",
        b"4\xc3",
        b"4\xc0\xaf",
        b"4\xed\xa0\x80",
        b"4\xf4\x90\x80\x80",
        b"4\xf0\x9f\x98",
        b"4a\xc3\x28b",
    ];
    for bytes in bad {
        let whole = [Frame::text(bytes)];
        let (first, second) = bytes.split_at(2);
        let fragments = [Frame::text(first).to_be_continued(), continuation(second)];
        assert_closes(&[1007], &[&whole, &fragments]).await;
    }
    // And in the reason of a close frame.
    let close = [Frame::new(Opcode::CLOSE, *b"\x03\xe8\xff")];
    assert_closes(&[1007], &[&close]).await;
}

#[tokio::test]
async fn unmasked_frames_close_with_1002() {
    assert_closes(
        &[1002],
        &[
            &[Frame::text("4hello").unmasked()],
            &[Frame::text("").unmasked()],
            &[Frame::binary([1]).unmasked()],
            &[Frame::new(Opcode::PING, "").unmasked()],
            &[
                Frame::text("4").to_be_continued(),
                continuation("x").unmasked(),
            ],
        ],
    )
    .await;
}

#[tokio::test]
async fn reserved_bits_close_with_1002() {
    for bits in 1..=7 {
        let text = [Frame::text("4hello").reserved(bits)];
        let ping = [Frame::new(Opcode::PING, "").reserved(bits)];
        assert_closes(&[1002], &[&text, &ping]).await;
    }
}

#[tokio::test]
async fn reserved_opcodes_close_with_1002() {
    for opcode in [3, 4, 5, 6, 7, 11, 12, 13, 14, 15] {
        let frame = Frame::new(Opcode(opcode), "4hello");
        assert_closes(&[1002], &[&[frame]]).await;
    }
}

#[tokio::test]
async fn broken_control_frames_close_with_1002() {
    let long = vec![b'x'; 126];
    for opcode in [Opcode::PING, Opcode::PONG, Opcode::CLOSE] {
        let fragmented = [Frame::new(opcode, "").to_be_continued(), continuation("")];
        let too_long = [Frame::new(opcode, long.clone())];
        assert_closes(&[1002], &[&fragmented, &too_long]).await;
    }
    for payload in [
        vec![3],
        999_u16.to_be_bytes().to_vec(),
        1005_u16.to_be_bytes().to_vec(),
        1006_u16.to_be_bytes().to_vec(),
        1015_u16.to_be_bytes().to_vec(),
        5000_u16.to_be_bytes().to_vec(),
    ] {
        let close = [Frame::new(Opcode::CLOSE, payload)];
        assert_closes(&[1002], &[&close]).await;
    }
}

#[tokio::test]
async fn fragments_out_of_place_close_with_1002() {
    assert_closes(
        &[1002],
        &[
            &[continuation("4")],
            &[continuation("4").to_be_continued()],
            &[Frame::text("4").to_be_continued(), Frame::text("4")],
            &[Frame::text("4").to_be_continued(), Frame::binary([1])],
        ],
    )
    .await;
}

#[tokio::test]
async fn impossible_length_is_refused() {
    let mut bystander = Bystander::connect().await;
    for length in [1 << 63, u64::MAX] {
        let mut socket = relaxed().await;
        socket.write(&Frame::binary([]).head(length)).await;
        let code = socket.closed().await;
        assert!(matches!(code, 1002 | 1009), "closed with {code}");
        bystander.assert_served().await;
    }
}
