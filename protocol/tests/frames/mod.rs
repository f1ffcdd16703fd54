//! What a client puts on a WebSocket, and how a decoder takes it.

use bytes::{Bytes, BytesMut};
use encke_protocol::Message;
use encke_protocol::engine::frame::{Decoder, Incoming, Violation};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

/// What a decoder here takes for one message.
pub(crate) const MAX_PAYLOAD: usize = 300;

/// A client's frame.
#[derive(Debug, Clone)]
pub(crate) struct Frame {
    first: u8,
    mask: Option<[u8; 4]>,
    payload: Vec<u8>,
}

impl Frame {
    fn write(&self, bytes: &mut Vec<u8>) {
        let masked = if self.mask.is_some() { 0x80 } else { 0 };
        bytes.push(self.first);
        match u16::try_from(self.payload.len()).unwrap() {
            len @ 0..126 => bytes.push(masked | u8::try_from(len).unwrap()),
            len => {
                bytes.push(masked | 0x7e);
                bytes.extend(len.to_be_bytes());
            }
        }
        let mask = self.mask.unwrap_or_default();
        bytes.extend(self.mask.into_iter().flatten());
        let payload = self.payload.iter().zip(mask.into_iter().cycle());
        bytes.extend(payload.map(|(byte, mask)| byte ^ mask));
    }
}

/// What a client may send, and what is then understood.
#[derive(Debug, Clone)]
pub(crate) enum Sent {
    /// In fragments that end there, with a ping after each that is not the last.
    Message(Message, Vec<Index>),
    Ping(Vec<u8>),
    Pong(Vec<u8>),
    Close,
}

pub(crate) fn sent() -> impl Strategy<Value = Sent> {
    let message = prop_oneof![
        "\\PC{0,40}".prop_map(|text| Message::Text(text.into())),
        vec(any::<u8>(), 0..MAX_PAYLOAD).prop_map(|bytes| Message::Binary(bytes.into())),
    ];
    prop_oneof![
        4 => (message, vec(any::<Index>(), 0..5)).prop_map(|(message, ends)| Sent::Message(message, ends)),
        1 => vec(any::<u8>(), 0..126).prop_map(Sent::Ping),
        1 => vec(any::<u8>(), 0..126).prop_map(Sent::Pong),
        1 => Just(Sent::Close),
    ]
}

pub(crate) fn frames(sent: &Sent, mask: [u8; 4]) -> Vec<Frame> {
    let frame = |first, payload: &[u8]| Frame {
        first,
        mask: Some(mask),
        payload: payload.to_vec(),
    };
    match sent {
        Sent::Message(message, ends) => {
            let (op_code, bytes) = match message {
                Message::Text(text) => (0x1, &text.as_bytes()[..]),
                Message::Binary(bytes) => (0x2, &bytes[..]),
            };
            let mut ends: Vec<usize> = ends.iter().map(|end| end.index(bytes.len() + 1)).collect();
            ends.sort_unstable();
            let mut frames = Vec::new();
            let mut start = 0;
            for end in &ends {
                let first = if frames.is_empty() { op_code } else { 0x0 };
                frames.push(frame(first, &bytes[start..*end]));
                frames.push(frame(0x89, b"between"));
                start = *end;
            }
            let first = if frames.is_empty() {
                0x80 | op_code
            } else {
                0x80
            };
            frames.push(frame(first, &bytes[start..]));
            frames
        }
        Sent::Ping(bytes) => vec![frame(0x89, bytes)],
        Sent::Pong(bytes) => vec![frame(0x8a, bytes)],
        Sent::Close => vec![frame(0x88, &[0x03, 0xe8])],
    }
}

pub(crate) fn understood(sent: &Sent) -> Vec<Incoming> {
    match sent {
        Sent::Message(message, ends) => {
            let ping = Incoming::Ping(Bytes::from_static(b"between"));
            let mut all = vec![ping; ends.len()];
            all.push(Incoming::Message(message.clone()));
            all
        }
        Sent::Ping(bytes) => vec![Incoming::Ping(bytes.clone().into())],
        Sent::Pong(_) => vec![Incoming::Pong],
        Sent::Close => vec![Incoming::Close],
    }
}

/// Anything that has about the form of a frame.
pub(crate) fn any_frame() -> impl Strategy<Value = Frame> {
    let first = prop_oneof![
        8 => prop::sample::select(vec![0x01, 0x02, 0x00, 0x80, 0x81, 0x82, 0x88, 0x89]),
        1 => any::<u8>(),
    ];
    let mask = prop_oneof![20 => any::<[u8; 4]>().prop_map(Some), 1 => Just(None)];
    let payload = prop_oneof![
        4 => vec(any::<u8>(), 0..4),
        2 => vec(0x20_u8..0x7f, 0..200),
        1 => vec(any::<u8>(), 0..MAX_PAYLOAD + 10),
        1 => Just(vec![0x03, 0xe8]),
    ];
    (first, mask, payload).prop_map(|(first, mask, payload)| Frame {
        first,
        mask,
        payload,
    })
}

/// What comes of bytes that arrive in pieces, up to the violation that ends the connection.
pub(crate) fn decode(bytes: &[u8], ends: &[Index]) -> (Vec<Incoming>, Option<Violation>) {
    let mut ends: Vec<usize> = ends.iter().map(|end| end.index(bytes.len() + 1)).collect();
    ends.push(bytes.len());
    ends.sort_unstable();
    let mut decoder = Decoder::new(MAX_PAYLOAD);
    let mut buffer = BytesMut::new();
    let mut all = Vec::new();
    let mut start = 0;
    for end in ends {
        buffer.extend_from_slice(&bytes[start..end]);
        start = end;
        loop {
            match decoder.decode(&mut buffer) {
                Ok(Some(incoming)) => all.push(incoming),
                Ok(None) => break,
                Err(violation) => return (all, Some(violation)),
            }
        }
        // Never more than a frame is waited for.
        assert!(buffer.len() < MAX_PAYLOAD + 14, "{} bytes", buffer.len());
    }
    (all, None)
}

pub(crate) fn written(frames: &[Frame]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for frame in frames {
        frame.write(&mut bytes);
    }
    bytes
}
