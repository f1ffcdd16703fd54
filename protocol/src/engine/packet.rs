use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use bytes::Bytes;
use bytestring::ByteString;

use super::frame::{self, OpCode};
use super::{Attach, Farewell, number};
use crate::{DecodeError, Message, Outgoing};

/// The engine's unit: one WebSocket message, or one record of a payload.
///
/// `M` is what a message packet carries: a [`Message`] on the way in, an [`Outgoing`] on the way
/// out. Spec: Engine.IO 4, Protocol.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Packet<M = Message> {
    /// `0`: the answer to a handshake, with its JSON.
    Open(ByteString),
    /// `1`: the session is over, or a leg refused; a server may say why.
    Close(Option<Farewell>),
    /// `2`: the server's heartbeat, or a client's probe.
    Ping {
        /// Whether it tests a WebSocket before an upgrade (`2probe`).
        probe: bool,
    },
    /// `3`: the answer to a ping.
    Pong {
        /// Whether it answers a probe (`3probe`).
        probe: bool,
    },
    /// `4`, a binary frame, or a `b` record.
    Message(M),
    /// `5`: the client moves to this leg, in a resume session with its numbers.
    Upgrade(Option<Attach>),
    /// `6`: ends a poll that has nothing to say.
    Noop,
    /// `7`: how many messages were taken.
    Ack(u64),
    /// `8`: the number of the next message on this leg.
    Sequence(u64),
}

const PROBE: &str = "probe";

/// JavaScript clients pad, some others do not.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

impl Packet {
    /// Decodes the text of a WebSocket message. Binary ones are messages as they stand.
    ///
    /// # Errors
    ///
    /// When it is empty or begins with no packet type, or a packet without data carries some.
    pub fn decode(text: &ByteString) -> Result<Self, DecodeError> {
        let (kind, data) = match text.as_bytes().as_ref() {
            [kind, data @ ..] => (*kind, data),
            [] => return Err(DecodeError::at(&[], 0, "a packet type")),
        };
        let bare = |packet| match data {
            [] => Ok(packet),
            _ => Err(DecodeError::at(text.as_bytes(), 1, "the end of the packet")),
        };
        match kind {
            // Slicing behind an ASCII digit can not cut a character.
            b'4' => Ok(Self::Message(Message::Text(
                text.slice_ref(text.get(1..).unwrap_or_default()),
            ))),
            b'0' => Ok(Self::Open(
                text.slice_ref(text.get(1..).unwrap_or_default()),
            )),
            b'1' if data.is_empty() => Ok(Self::Close(None)),
            b'1' => serde_json::from_slice(data)
                .map(|farewell| Self::Close(Some(farewell)))
                .map_err(|_| DecodeError::at(text.as_bytes(), 1, "the end of the packet, or why")),
            b'2' if data == PROBE.as_bytes() => Ok(Self::Ping { probe: true }),
            b'2' => bare(Self::Ping { probe: false }),
            // Whatever else a pong repeats to us does no harm.
            b'3' => Ok(Self::Pong {
                probe: data == PROBE.as_bytes(),
            }),
            b'5' if data.is_empty() => Ok(Self::Upgrade(None)),
            b'5' => decode_attach(data)
                .map(|attach| Self::Upgrade(Some(attach)))
                .map_err(|error| error.within(1)),
            b'6' => bare(Self::Noop),
            b'7' => number::decode(data)
                .map(Self::Ack)
                .map_err(|error| error.within(1)),
            b'8' => number::decode(data)
                .map(Self::Sequence)
                .map_err(|error| error.within(1)),
            _ => Err(DecodeError::at(text.as_bytes(), 0, "a packet type")),
        }
    }

    /// The same, its message [detached](Message::detached) from a buffer of `capacity` bytes.
    pub fn detached(self, capacity: usize) -> Self {
        match self {
            Self::Message(message) => Self::Message(message.detached(capacity)),
            other => other,
        }
    }

    /// Decodes one record of a payload: as [`Packet::decode`], and `b` with base64.
    ///
    /// # Errors
    ///
    /// As [`Packet::decode`], and for what is not base64.
    pub fn decode_record(record: &ByteString) -> Result<Self, DecodeError> {
        let Some(base64) = record.strip_prefix('b') else {
            return Self::decode(record);
        };
        match BASE64.decode(base64) {
            Ok(bytes) => Ok(Self::Message(Message::Binary(Bytes::from(bytes)))),
            Err(error) => {
                let offset = match error {
                    base64::DecodeError::InvalidByte(at, _)
                    | base64::DecodeError::InvalidLastSymbol(at, _) => at,
                    _ => base64.len(),
                };
                let error = DecodeError::at(base64.as_bytes(), offset, "base64");
                Err(error.within(1))
            }
        }
    }
}

impl Packet<Outgoing> {
    /// The packet as one WebSocket frame, header included.
    pub fn frame(&self) -> Bytes {
        match self {
            Self::Message(message) => message.frame(),
            Self::Open(_)
            | Self::Close(Some(_))
            | Self::Upgrade(Some(_))
            | Self::Ack(_)
            | Self::Sequence(_) => frame::encode(OpCode::Text, &self.record()).into(),
            Self::Close(None) => Bytes::from_static(b"\x81\x011"),
            Self::Ping { probe: false } => Bytes::from_static(b"\x81\x012"),
            Self::Ping { probe: true } => Bytes::from_static(b"\x81\x062probe"),
            Self::Pong { probe: false } => Bytes::from_static(b"\x81\x013"),
            Self::Pong { probe: true } => Bytes::from_static(b"\x81\x063probe"),
            Self::Upgrade(None) => Bytes::from_static(b"\x81\x015"),
            Self::Noop => Bytes::from_static(b"\x81\x016"),
        }
    }

    /// The packet as one record of a text body.
    pub fn record(&self) -> Bytes {
        match self {
            Self::Message(message) => message.record(),
            Self::Open(json) => {
                let mut record = Vec::with_capacity(1 + json.len());
                record.push(b'0');
                record.extend_from_slice(json.as_bytes());
                Bytes::from(record)
            }
            Self::Close(None) => Bytes::from_static(b"1"),
            Self::Close(Some(farewell)) => format!("1{}", farewell.encode()).into(),
            Self::Ping { probe: false } => Bytes::from_static(b"2"),
            Self::Ping { probe: true } => Bytes::from_static(b"2probe"),
            Self::Pong { probe: false } => Bytes::from_static(b"3"),
            Self::Pong { probe: true } => Bytes::from_static(b"3probe"),
            Self::Upgrade(None) => Bytes::from_static(b"5"),
            Self::Upgrade(Some(Attach { leg, recv })) => format!("5{leg},{recv}").into(),
            Self::Noop => Bytes::from_static(b"6"),
            Self::Ack(count) => format!("7{count}").into(),
            Self::Sequence(number) => format!("8{number}").into(),
        }
    }
}

/// The numbers behind a `5`, as `N,R`.
fn decode_attach(data: &[u8]) -> Result<Attach, DecodeError> {
    let comma = memchr::memchr(b',', data).unwrap_or(data.len());
    let (leg, rest) = data.split_at(comma);
    let leg = number::decode(leg)?;
    let Some(recv) = rest.get(1..) else {
        return Err(DecodeError::at(data, data.len(), "a comma"));
    };
    let recv = number::decode(recv).map_err(|error| error.within(comma + 1))?;
    Ok(Attach { leg, recv })
}
