//! A packet, and several of them in one HTTP body.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// A packet, not interpreted: tests are about what exactly is in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packet {
    /// A packet with its type digit in front, such as `4hello`.
    Text(String),
    /// A binary message.
    Binary(Vec<u8>),
}

impl Packet {
    /// A text packet, type digit included.
    #[must_use]
    pub fn text(packet: impl Into<String>) -> Self {
        Self::Text(packet.into())
    }

    /// A binary message.
    #[must_use]
    pub fn binary(bytes: impl Into<Vec<u8>>) -> Self {
        Self::Binary(bytes.into())
    }
}

/// Separates the packets of a payload.
const SEPARATOR: char = '\x1e';

/// Packets as the body of a POST.
#[must_use]
pub fn encode_payload(packets: &[Packet]) -> String {
    let encode = |packet: &Packet| match packet {
        Packet::Text(text) => text.clone(),
        Packet::Binary(bytes) => format!("b{}", STANDARD.encode(bytes)),
    };
    let parts: Vec<_> = packets.iter().map(encode).collect();
    parts.join(&SEPARATOR.to_string())
}

/// The packets in the body of a poll's answer.
#[must_use]
pub fn decode_payload(body: &str) -> Vec<Packet> {
    let decode = |part: &str| match part.strip_prefix('b') {
        Some(base64) => Packet::Binary(
            STANDARD
                .decode(base64)
                .unwrap_or_else(|error| panic!("{part:?} is not base64: {error}")),
        ),
        None => Packet::text(part),
    };
    body.split(SEPARATOR).map(decode).collect()
}
