//! Frames of RFC 6455: how a server writes them, and how it reads a client's.

mod decode;
mod mask;

pub use decode::{Decoder, Incoming, Violation};

/// Bytes of the longest header that a server writes: no mask, 64-bit length.
pub const MAX_HEADER: usize = 10;

/// What a frame carries.
///
/// Spec: RFC 6455, 5.2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OpCode {
    /// UTF-8.
    Text = 0x1,
    /// Bytes.
    Binary = 0x2,
    /// The last frame of a direction.
    Close = 0x8,
    /// Keep-alive of the WebSocket layer; Engine.IO has its own.
    Ping = 0x9,
    /// The answer to a [`OpCode::Ping`].
    Pong = 0xA,
}

const FIN: u8 = 0x80;

/// Writes the header of an unfragmented frame right in front of its payload `buffer[payload..]`,
/// and returns where the frame begins.
///
/// # Panics
///
/// When fewer than [`MAX_HEADER`] bytes are free before `payload`.
pub fn write_header(buffer: &mut [u8], payload: usize, op_code: OpCode) -> usize {
    let len = buffer.len() - payload;
    let first = FIN | op_code as u8;
    let mut header = [first; MAX_HEADER];
    let header = match (u8::try_from(len), u16::try_from(len)) {
        (Ok(len @ 0..=125), _) => {
            header[1] = len;
            &header[..2]
        }
        (_, Ok(len)) => {
            header[1] = 126;
            header[2..4].copy_from_slice(&len.to_be_bytes());
            &header[..4]
        }
        (_, Err(_)) => {
            header[1] = 127;
            header[2..].copy_from_slice(&(len as u64).to_be_bytes());
            &header[..]
        }
    };
    let start = payload - header.len();
    buffer[start..payload].copy_from_slice(header);
    start
}

/// A whole Close frame.
///
/// Spec: RFC 6455, 5.5.1 and 7.4.1.
pub fn close(code: u16, reason: &str) -> Vec<u8> {
    let mut payload = code.to_be_bytes().to_vec();
    payload.extend_from_slice(reason.as_bytes());
    encode(OpCode::Close, &payload)
}

/// A whole frame with this payload.
pub fn encode(op_code: OpCode, payload: &[u8]) -> Vec<u8> {
    let mut buffer = vec![0; MAX_HEADER];
    buffer.extend_from_slice(payload);
    let start = write_header(&mut buffer, MAX_HEADER, op_code);
    buffer.drain(..start);
    buffer
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_takes_the_shortest_form() {
        for (len, header) in [
            (0, &[0x82, 0][..]),
            (125, &[0x82, 125]),
            (126, &[0x82, 126, 0, 126]),
            (0xffff, &[0x82, 126, 0xff, 0xff]),
            (0x1_0000, &[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
        ] {
            let frame = encode(OpCode::Binary, &vec![7; len]);
            assert_eq!(&frame[..header.len()], header);
            assert_eq!(frame.len(), header.len() + len);
        }
    }
}
