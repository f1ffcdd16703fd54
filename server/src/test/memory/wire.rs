//! Frames as a client writes and reads them.

use bytes::{Buf, Bytes, BytesMut};
use bytestring::ByteString;
use encke_protocol::engine::Packet;
use encke_protocol::engine::frame::{self, OpCode};
use encke_protocol::{DecodeError, Message};

/// The mask of every frame; a fixed one, since nothing here is hidden from anybody.
const MASK: [u8; 4] = [0x9d, 0x27, 0x00, 0xff];
const MASKED: u8 = 0x80;

/// What a server sent.
#[derive(Debug, PartialEq)]
pub(super) enum Incoming {
    Packet(Result<Packet, DecodeError>),
    /// With its code, if it has one.
    Close(Option<u16>),
    /// A frame that no server of ours sends.
    Foreign,
}

/// A client's frame, made of a server's.
pub(super) fn masked(frame: &[u8]) -> Bytes {
    let header = header_len(frame).unwrap_or(frame.len());
    let (header, payload) = frame.split_at(header.min(frame.len()));
    let mut masked = BytesMut::with_capacity(frame.len() + MASK.len());
    masked.extend_from_slice(header);
    if let Some(second) = masked.get_mut(1) {
        *second |= MASKED;
    }
    masked.extend_from_slice(&MASK);
    let pairs = payload.iter().zip(MASK.iter().cycle());
    masked.extend(pairs.map(|(byte, mask)| byte ^ mask));
    masked.freeze()
}

/// A client's Close frame.
pub(super) fn close(code: u16) -> Bytes {
    masked(&frame::close(code, ""))
}

/// Takes the next frame off `buffer`, if all of it is there.
pub(super) fn take(buffer: &mut BytesMut) -> Option<Incoming> {
    let header = header_len(buffer)?;
    let len = match (buffer.get(1)?, buffer.get(2..header)?) {
        (_, [a, b]) => usize::from(u16::from_be_bytes([*a, *b])),
        (_, long @ [_, ..]) => usize::try_from(u64::from_be_bytes(long.try_into().ok()?)).ok()?,
        (len, []) => usize::from(*len),
    };
    let first = *buffer.first()?;
    if buffer.len() < header + len {
        return None;
    }
    buffer.advance(header);
    let payload = buffer.split_to(len).freeze();
    Some(match OPS.into_iter().find(|op| 0x80 | *op as u8 == first) {
        Some(OpCode::Text) => match ByteString::try_from(payload) {
            Ok(text) => Incoming::Packet(Packet::decode(&text)),
            Err(_) => Incoming::Foreign,
        },
        Some(OpCode::Binary) => Incoming::Packet(Ok(Packet::Message(Message::Binary(payload)))),
        Some(OpCode::Close) => {
            Incoming::Close(payload.first_chunk().map(|code| u16::from_be_bytes(*code)))
        }
        _ => Incoming::Foreign,
    })
}

const OPS: [OpCode; 3] = [OpCode::Text, OpCode::Binary, OpCode::Close];

/// Bytes in front of an unmasked frame's payload, once that can be told.
fn header_len(frame: &[u8]) -> Option<usize> {
    let header = match frame.get(1)? {
        126 => 4,
        127 => 10,
        _ => 2,
    };
    (frame.len() >= header).then_some(header)
}

#[cfg(test)]
mod tests {
    use encke_protocol::Outgoing;
    use encke_protocol::engine::frame::{Decoder, Incoming as FromClient};

    use super::*;

    #[test]
    fn the_server_reads_what_the_client_writes() {
        for len in [0, 1, 125, 126, 127, 0xffff, 0x1_0000] {
            let bytes = vec![7; len];
            let mut buffer = BytesMut::from(&*masked(&Outgoing::binary(&bytes).frame()));
            let read = Decoder::new(1 << 20).decode(&mut buffer);
            let message = Message::Binary(bytes.into());
            assert_eq!(read, Ok(Some(FromClient::Message(message))));
            assert!(buffer.is_empty());
        }
    }

    #[test]
    fn the_client_reads_what_the_server_writes() {
        for len in [0, 1, 125, 126, 127, 0xffff, 0x1_0000] {
            let bytes = vec![7; len];
            let frame = Outgoing::binary(&bytes).frame();
            let mut buffer = BytesMut::from(&frame[..frame.len() - 1]);
            if len > 0 {
                assert_eq!(take(&mut buffer), None);
            }
            buffer.extend_from_slice(&frame[frame.len() - 1..]);
            buffer.extend_from_slice(b"\x81\x016");
            let message = Packet::Message(Message::Binary(bytes.into()));
            assert_eq!(take(&mut buffer), Some(Incoming::Packet(Ok(message))));
            let noop = Incoming::Packet(Ok(Packet::Noop));
            assert_eq!(take(&mut buffer), Some(noop));
            assert_eq!(take(&mut buffer), None);
        }
        let mut close = BytesMut::from(&*frame::close(1008, "slow"));
        assert_eq!(take(&mut close), Some(Incoming::Close(Some(1008))));
    }
}
