//! One frame, allowed or not.

use std::io::{Error, ErrorKind, Result};

use tokio::io::{AsyncRead, AsyncReadExt};

/// The four bits that say what a frame is; any value can be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opcode(pub u8);

impl Opcode {
    /// A further part of a message.
    pub const CONTINUATION: Self = Self(0);
    /// A text message, or its first part.
    pub const TEXT: Self = Self(1);
    /// A binary message, or its first part.
    pub const BINARY: Self = Self(2);
    /// The closing handshake.
    pub const CLOSE: Self = Self(8);
    /// RFC 6455's own ping, which has nothing to do with Engine.IO's.
    pub const PING: Self = Self(9);
    /// The answer to it.
    pub const PONG: Self = Self(10);
}

/// A frame. As made, it is final, masked and has no reserved bit, as a client's frames have to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// Whether this is the last frame of its message.
    pub last: bool,
    /// The three reserved bits, as a number from 0 to 7; RSV1 is 4.
    pub reserved: u8,
    /// What it is.
    pub opcode: Opcode,
    /// Whether the payload travels masked.
    pub masked: bool,
    /// The payload, unmasked.
    pub payload: Vec<u8>,
}

/// Any key does: it only has to be there, so that the server is seen to take it out again.
const MASK: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];

/// In place of a length: two bytes follow that tell it.
const MEDIUM: u8 = 0x7e;

/// In place of a length: eight bytes follow that tell it.
const LONG: u8 = 0x7f;

impl Frame {
    /// A final frame.
    #[must_use]
    pub fn new(opcode: Opcode, payload: impl Into<Vec<u8>>) -> Self {
        Self {
            last: true,
            reserved: 0,
            opcode,
            masked: true,
            payload: payload.into(),
        }
    }

    /// A whole text message; the bytes need not be UTF-8.
    #[must_use]
    pub fn text(payload: impl Into<Vec<u8>>) -> Self {
        Self::new(Opcode::TEXT, payload)
    }

    /// A whole binary message.
    #[must_use]
    pub fn binary(payload: impl Into<Vec<u8>>) -> Self {
        Self::new(Opcode::BINARY, payload)
    }

    /// A close frame with a code and no reason.
    #[must_use]
    pub fn close(code: u16) -> Self {
        Self::new(Opcode::CLOSE, code.to_be_bytes())
    }

    /// The same frame, announcing that more of its message follow.
    #[must_use]
    pub fn to_be_continued(mut self) -> Self {
        self.last = false;
        self
    }

    /// The same frame with these reserved bits.
    #[must_use]
    pub fn reserved(mut self, bits: u8) -> Self {
        self.reserved = bits;
        self
    }

    /// The same frame without a mask, which a client must not send.
    #[must_use]
    pub fn unmasked(mut self) -> Self {
        self.masked = false;
        self
    }

    /// What goes over the wire.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut wire = self.head(self.payload.len() as u64);
        if self.masked {
            let masked = self.payload.iter().zip(MASK.iter().cycle());
            wire.extend(masked.map(|(byte, key)| byte ^ key));
        } else {
            wire.extend_from_slice(&self.payload);
        }
        wire
    }

    /// The head of this frame, mask key included, for a payload of `length` bytes.
    #[must_use]
    pub fn head(&self, length: u64) -> Vec<u8> {
        let mask_bit = u8::from(self.masked) << 7;
        let mut head = vec![u8::from(self.last) << 7 | self.reserved << 4 | self.opcode.0];
        match (u8::try_from(length), u16::try_from(length)) {
            (Ok(short @ ..MEDIUM), _) => head.push(mask_bit | short),
            (_, Ok(medium)) => {
                head.push(mask_bit | MEDIUM);
                head.extend(medium.to_be_bytes());
            }
            _ => {
                head.push(mask_bit | LONG);
                head.extend(length.to_be_bytes());
            }
        }
        if self.masked {
            head.extend(MASK);
        }
        head
    }

    /// Reads a frame from a server, which must not mask.
    ///
    /// # Errors
    ///
    /// If the connection ends before the frame does, or a bit is set that a server must not set.
    pub(crate) async fn read(from: &mut (impl AsyncRead + Unpin)) -> Result<Self> {
        let first = from.read_u8().await?;
        let second = from.read_u8().await?;
        let reserved = first >> 4 & 7;
        let masked = second >> 7 == 1;
        if reserved != 0 || masked {
            let what = format!("a server's frame begins {first:#04x} {second:#04x}");
            return Err(Error::new(ErrorKind::InvalidData, what));
        }
        let length = match second & LONG {
            MEDIUM => u64::from(from.read_u16().await?),
            LONG => from.read_u64().await?,
            short => u64::from(short),
        };
        let mut payload = Vec::new();
        from.take(length).read_to_end(&mut payload).await?;
        if (payload.len() as u64) < length {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        Ok(Self {
            last: first >> 7 == 1,
            reserved,
            opcode: Opcode(first & 15),
            masked,
            payload,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_length_is_written_and_read() {
        for length in [0, 1, 125, 126, 127, 65_535, 65_536] {
            let frame = Frame::binary(vec![7; length]).unmasked();
            let wire = frame.encode();
            let found = Frame::read(&mut wire.as_slice()).await.unwrap();
            assert!(found == frame, "{length}");
            let cut = &wire[..wire.len() - 1];
            assert!(Frame::read(&mut &*cut).await.is_err(), "{length}");
        }
    }

    #[test]
    fn head_and_mask_are_as_in_rfc_6455() {
        // The example of its section 5.7, with the same key.
        let hello = [
            0x81, 0x85, 0x37, 0xfa, 0x21, 0x3d, 0x7f, 0x9f, 0x4d, 0x51, 0x58,
        ];
        assert_eq!(Frame::text("Hello").encode(), hello);
        let long = Frame::binary([]).unmasked().head(65_536);
        assert_eq!(long, [0x82, 0x7f, 0, 0, 0, 0, 0, 1, 0, 0]);
        let odd = Frame::new(Opcode(0xb), []).to_be_continued().reserved(7);
        assert_eq!(odd.unmasked().encode(), [0x7b, 0]);
    }

    #[tokio::test]
    async fn masks_and_reserved_bits_from_a_server_are_errors() {
        for wire in [Frame::text("x"), Frame::text("x").unmasked().reserved(4)] {
            assert!(Frame::read(&mut wire.encode().as_slice()).await.is_err());
        }
    }
}
