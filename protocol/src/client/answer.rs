use bytestring::ByteString;
use serde::Deserialize;

use crate::engine::{Farewell, Packet, Refusal, decode_payload};

/// What a poll was answered with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Answer {
    /// The server's count, and what is behind it.
    Packets(u64, Vec<Packet>),
    /// An other request took this one's place.
    Replaced,
    /// The server does not take this leg.
    Refused(Farewell),
    /// It begins as it must and is no payload.
    Malformed,
    /// Something in between answered.
    Foreign,
}

impl Answer {
    pub(super) fn decode(status: u16, body: &ByteString) -> Self {
        if status != 200 {
            return match error_code(body) {
                Some(1) => Self::Refused(Refusal::UnknownSid.into()),
                _ => Self::Foreign,
            };
        }
        let mut packets = decode_payload(body);
        match packets.next() {
            Some(Ok(Packet::Ack(count))) => packets
                .collect::<Result<_, _>>()
                .map_or(Self::Malformed, |packets| Self::Packets(count, packets)),
            Some(Ok(Packet::Noop)) if packets.next().is_none() => Self::Replaced,
            Some(Ok(Packet::Close(why))) if packets.next().is_none() => {
                Self::Refused(why_closed(why))
            }
            _ => Self::Foreign,
        }
    }
}

/// What a POST was answered with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Posted {
    /// It was taken; this is the server's count.
    Taken(u64),
    /// It was not taken; this is the server's count.
    NotTaken(u64),
    /// There is no session.
    Gone,
    /// Something in between answered.
    Foreign,
}

impl Posted {
    pub(super) fn decode(status: u16, body: &ByteString) -> Self {
        let mut packets = decode_payload(body);
        match (status, packets.next(), packets.next()) {
            (200, Some(Ok(Packet::Ack(count))), None) => Self::Taken(count),
            (409, Some(Ok(Packet::Ack(count))), None) => Self::NotTaken(count),
            (400, _, _) if error_code(body) == Some(1) => Self::Gone,
            _ => Self::Foreign,
        }
    }
}

/// Why a server says `1`: as any session ends, if it does not say.
pub(super) fn why_closed(said: Option<Farewell>) -> Farewell {
    said.unwrap_or(Farewell {
        code: 1000,
        message: "".into(),
    })
}

/// The code of one of Engine.IO's errors.
fn error_code(body: &str) -> Option<u16> {
    #[derive(Deserialize)]
    struct Error {
        code: u16,
    }
    let error: Error = serde_json::from_str(body).ok()?;
    Some(error.code)
}
