use std::fmt;

use bytes::{Buf, Bytes, BytesMut};
use bytestring::ByteString;

use super::mask;
use crate::Message;

/// Reads a client's frames, and puts fragments together.
///
/// Nothing is waited for that will be refused: a frame's length is judged by its header, and a
/// message's by the sum of its fragments. Spec: RFC 6455, 5.
#[derive(Debug)]
pub struct Decoder {
    max_payload: usize,
    message: Option<Parts>,
}

/// The fragments of a message that have come.
#[derive(Debug)]
struct Parts {
    is_text: bool,
    bytes: BytesMut,
    /// Fragments without a byte, which a peer could send for ever.
    empty: usize,
}

/// What a client sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// A whole message.
    Message(Message),
    /// To be answered with a Pong that carries the same.
    Ping(Bytes),
    /// Asked for or not, it means nothing.
    Pong,
    /// The client's last frame.
    Close,
}

/// What a client may not do. The connection is to be closed with [`Violation::code`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Violation {
    /// A bit, an opcode or a length that has no meaning, or a control frame in fragments.
    Malformed,
    /// A frame without a mask.
    Unmasked,
    /// A continuation of nothing, or a message within another.
    OutOfOrder,
    /// Text that is not UTF-8.
    NotUtf8,
    /// One empty fragment after the other.
    Endless,
    /// More than a message may have.
    TooLarge,
}

/// Empty fragments that a message may have.
const MAX_EMPTY: usize = 16;
/// Spec: RFC 6455, 5.5.
const MAX_CONTROL: usize = 125;

struct Header {
    is_final: bool,
    op_code: u8,
    mask: [u8; 4],
    /// Where the payload begins.
    start: usize,
    len: usize,
}

impl Decoder {
    /// A decoder for messages of at most so many bytes.
    pub const fn new(max_payload: usize) -> Self {
        Self {
            max_payload,
            message: None,
        }
    }

    /// Takes the next frames off `buffer`, up to one that says something; nothing if that needs
    /// more bytes.
    ///
    /// # Errors
    ///
    /// What the client may not do. Nothing after it can be read.
    pub fn decode(&mut self, buffer: &mut BytesMut) -> Result<Option<Incoming>, Violation> {
        loop {
            let Some(header) = self.header(buffer)? else {
                return Ok(None);
            };
            if buffer.len() - header.start < header.len {
                return Ok(None);
            }
            buffer.advance(header.start);
            let mut payload = buffer.split_to(header.len);
            mask::apply(header.mask, &mut payload);
            if let Some(incoming) = self.handle_frame(&header, payload)? {
                return Ok(Some(incoming));
            }
        }
    }

    /// The header at the beginning, if all of it is there, and if its frame may come.
    fn header(&self, buffer: &[u8]) -> Result<Option<Header>, Violation> {
        let [first, second, rest @ ..] = buffer else {
            return Ok(None);
        };
        let (is_final, reserved, op_code) = (first & 0x80 != 0, first & 0x70, first & 0x0f);
        if reserved != 0 || !matches!(op_code, 0x0..=0x2 | 0x8..=0xA) {
            return Err(Violation::Malformed);
        }
        if second & 0x80 == 0 {
            return Err(Violation::Unmasked);
        }
        let (len, extended) = match second & 0x7f {
            126 => match rest.first_chunk() {
                Some(bytes) => (u64::from(u16::from_be_bytes(*bytes)), 2),
                None => return Ok(None),
            },
            127 => match rest.first_chunk() {
                Some(bytes) => (u64::from_be_bytes(*bytes), 8),
                None => return Ok(None),
            },
            len => (u64::from(len), 0),
        };
        let len = usize::try_from(len).map_err(|_| Violation::TooLarge)?;
        if op_code >= 0x8 {
            if !is_final || len > MAX_CONTROL {
                return Err(Violation::Malformed);
            }
        } else {
            let gathered = self.message.as_ref().map_or(0, |parts| parts.bytes.len());
            if len > self.max_payload.saturating_sub(gathered) {
                return Err(Violation::TooLarge);
            }
        }
        let Some(mask) = rest.get(extended..).and_then(<[u8]>::first_chunk) else {
            return Ok(None);
        };
        Ok(Some(Header {
            is_final,
            op_code,
            mask: *mask,
            start: 2 + extended + mask.len(),
            len,
        }))
    }

    fn handle_frame(
        &mut self,
        header: &Header,
        payload: BytesMut,
    ) -> Result<Option<Incoming>, Violation> {
        match header.op_code {
            0x0 => {
                let mut parts = self.message.take().ok_or(Violation::OutOfOrder)?;
                parts.push(&payload)?;
                self.handle_parts(parts, header.is_final)
            }
            0x1 | 0x2 => {
                if self.message.is_some() {
                    return Err(Violation::OutOfOrder);
                }
                let parts = Parts {
                    is_text: header.op_code == 0x1,
                    bytes: payload,
                    empty: 0,
                };
                self.handle_parts(parts, header.is_final)
            }
            0x8 => {
                check_close(&payload)?;
                Ok(Some(Incoming::Close))
            }
            0x9 => Ok(Some(Incoming::Ping(payload.freeze()))),
            _ => Ok(Some(Incoming::Pong)),
        }
    }

    fn handle_parts(
        &mut self,
        parts: Parts,
        is_final: bool,
    ) -> Result<Option<Incoming>, Violation> {
        if !is_final {
            self.message = Some(parts);
            return Ok(None);
        }
        let bytes = parts.bytes.freeze();
        let message = if parts.is_text {
            let text = ByteString::try_from(bytes).map_err(|_| Violation::NotUtf8)?;
            Message::Text(text)
        } else {
            Message::Binary(bytes)
        };
        Ok(Some(Incoming::Message(message)))
    }
}

impl Parts {
    fn push(&mut self, fragment: &[u8]) -> Result<(), Violation> {
        self.empty += usize::from(fragment.is_empty());
        if self.empty > MAX_EMPTY {
            return Err(Violation::Endless);
        }
        self.bytes.extend_from_slice(fragment);
        Ok(())
    }
}

/// Spec: RFC 6455, 5.5.1 and 7.4.
fn check_close(payload: &[u8]) -> Result<(), Violation> {
    let Some((code, reason)) = payload.split_first_chunk() else {
        return if payload.is_empty() {
            Ok(())
        } else {
            Err(Violation::Malformed)
        };
    };
    match u16::from_be_bytes(*code) {
        1000..=1003 | 1007..=1014 | 3000..=4999 => {}
        _ => return Err(Violation::Malformed),
    }
    match std::str::from_utf8(reason) {
        Ok(_) => Ok(()),
        Err(_) => Err(Violation::NotUtf8),
    }
}

impl Violation {
    /// The close code for it. Spec: RFC 6455, 7.4.1.
    pub const fn code(self) -> u16 {
        match self {
            Self::Malformed | Self::Unmasked | Self::OutOfOrder => 1002,
            Self::NotUtf8 => 1007,
            Self::Endless => 1008,
            Self::TooLarge => 1009,
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => "a malformed frame",
            Self::Unmasked => "a frame without a mask",
            Self::OutOfOrder => "a fragment out of order",
            Self::NotUtf8 => "text that is not UTF-8",
            Self::Endless => "too many empty fragments",
            Self::TooLarge => "a message larger than allowed",
        })
    }
}

impl std::error::Error for Violation {}

#[cfg(test)]
mod tests {
    use super::*;

    const MASK: [u8; 4] = [9, 8, 7, 6];

    fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
        let mut frame = vec![first];
        match u16::try_from(payload.len()) {
            Ok(len @ 0..=125) => frame.push(0x80 | u8::try_from(len).unwrap()),
            Ok(len) => {
                frame.push(0xfe);
                frame.extend(len.to_be_bytes());
            }
            Err(_) => {
                frame.push(0xff);
                frame.extend((payload.len() as u64).to_be_bytes());
            }
        }
        frame.extend(MASK);
        let mut masked = payload.to_vec();
        mask::apply(MASK, &mut masked);
        frame.extend(masked);
        frame
    }

    /// Everything that comes of the bytes, given `step` at a time.
    fn decode(bytes: &[u8], step: usize) -> Result<Vec<Incoming>, Violation> {
        let mut decoder = Decoder::new(70_000);
        let mut buffer = BytesMut::new();
        let mut all = Vec::new();
        for bytes in bytes.chunks(step) {
            buffer.extend_from_slice(bytes);
            while let Some(incoming) = decoder.decode(&mut buffer)? {
                all.push(incoming);
            }
        }
        assert!(buffer.is_empty());
        Ok(all)
    }

    #[test]
    fn any_chunking_gives_the_same() {
        let long = vec![b'x'; 66_000];
        let bytes = [
            frame(0x81, "ä".as_bytes()),
            frame(0x01, b"\xc3"),
            frame(0x89, b"between"),
            frame(0x00, b""),
            frame(0x80, b"\xa4"),
            frame(0x82, &long),
            frame(0x8a, b""),
            frame(0x88, &[0x03, 0xe8]),
        ]
        .concat();
        let text = || Incoming::Message(Message::Text("ä".into()));
        let expected = vec![
            text(),
            Incoming::Ping(Bytes::from_static(b"between")),
            text(),
            Incoming::Message(Message::Binary(long.into())),
            Incoming::Pong,
            Incoming::Close,
        ];
        for step in [1, 2, 3, 7, 1000, bytes.len()] {
            assert_eq!(decode(&bytes, step), Ok(expected.clone()), "{step}");
        }
    }

    #[test]
    fn violations() {
        let too_large = vec![0; 70_001];
        let unmasked = vec![0x81, 0];
        for (name, bytes, violation) in [
            ("reserved bit", frame(0xc1, b""), Violation::Malformed),
            ("reserved opcode", frame(0x83, b""), Violation::Malformed),
            ("unmasked", unmasked, Violation::Unmasked),
            ("ping in fragments", frame(0x09, b""), Violation::Malformed),
            ("long ping", frame(0x89, &[0; 126]), Violation::Malformed),
            ("continued nothing", frame(0x80, b""), Violation::OutOfOrder),
            ("not UTF-8", frame(0x81, b"\xc3"), Violation::NotUtf8),
            ("large", frame(0x82, &too_large), Violation::TooLarge),
            (
                "close without a code",
                frame(0x88, &[3]),
                Violation::Malformed,
            ),
            (
                "close with 1005",
                frame(0x88, &[0x03, 0xed]),
                Violation::Malformed,
            ),
            (
                "close reason",
                frame(0x88, b"\x03\xe8\xff"),
                Violation::NotUtf8,
            ),
        ] {
            assert_eq!(decode(&bytes, 1), Err(violation), "{name}");
        }
        let within = [frame(0x01, b"a"), frame(0x81, b"b")].concat();
        assert_eq!(decode(&within, 1), Err(Violation::OutOfOrder));
        let sum = [
            frame(0x02, &too_large[..60_000]),
            frame(0x80, &too_large[..10_001]),
        ]
        .concat();
        assert_eq!(decode(&sum, 1000), Err(Violation::TooLarge));
    }

    #[test]
    fn a_length_is_judged_before_its_bytes_come() {
        let mut buffer = BytesMut::from(&[0x82, 0xff][..]);
        buffer.extend_from_slice(&(1_u64 << 52).to_be_bytes());
        let refused = Decoder::new(70_000).decode(&mut buffer);
        assert_eq!(refused, Err(Violation::TooLarge));
    }

    #[test]
    fn empty_fragments_end() {
        let mut bytes = frame(0x01, b"");
        for _ in 0..MAX_EMPTY {
            bytes.extend(frame(0x00, b""));
        }
        assert_eq!(decode(&bytes, 1), Ok(vec![]));
        bytes.extend(frame(0x00, b""));
        assert_eq!(decode(&bytes, 1), Err(Violation::Endless));
    }
}
