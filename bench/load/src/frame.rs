//! WebSocket frames as a client writes and reads them (RFC 6455, section 5).

use crate::error::Error;

/// Far above anything the modes ask for; a server that goes beyond it is broken.
const MAX_PAYLOAD_BYTES: usize = 16 << 20;

const FIN: u8 = 0x80;
const MASKED: u8 = 0x80;
/// Lengths that stand for a longer length field after them.
const IN_TWO_BYTES: u8 = 0x7e;
const IN_EIGHT_BYTES: u8 = 0x7f;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Opcode {
    Text = 1,
    Close = 8,
    Ping = 9,
    Pong = 10,
}

/// One whole frame at the start of a buffer.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Frame<'a> {
    pub(crate) opcode: Opcode,
    pub(crate) payload: &'a [u8],
    /// Length with the header: where the next frame begins.
    pub(crate) len: usize,
}

/// Appends a masked frame to `out`.
pub(crate) fn encode(opcode: Opcode, payload: &[u8], mask: [u8; 4], out: &mut Vec<u8>) {
    out.push(FIN | opcode as u8);
    if let Ok(short @ 0..=125) = u8::try_from(payload.len()) {
        out.push(MASKED | short);
    } else if let Ok(medium) = u16::try_from(payload.len()) {
        out.push(MASKED | IN_TWO_BYTES);
        out.extend_from_slice(&medium.to_be_bytes());
    } else {
        out.push(MASKED | IN_EIGHT_BYTES);
        out.extend_from_slice(&(payload.len() as u64).to_be_bytes());
    }
    out.extend_from_slice(&mask);
    out.extend(payload.iter().zip(mask.iter().cycle()).map(|(b, m)| b ^ m));
}

/// The frame that `bytes` begins with, or `None` if it has not all arrived.
///
/// # Errors
///
/// For what no server of the contract sends: a masked frame, a fragment, a
/// binary frame, a reserved bit, a payload over 16 MiB.
pub(crate) fn decode(bytes: &[u8]) -> Result<Option<Frame<'_>>, Error> {
    let [first, second, rest @ ..] = bytes else {
        return Ok(None);
    };
    let opcode = match *first {
        0x81 => Opcode::Text,
        0x88 => Opcode::Close,
        0x89 => Opcode::Ping,
        0x8a => Opcode::Pong,
        other => return Err(unexpected(format!("a frame that begins with {other:#04x}"))),
    };
    if second & MASKED != 0 {
        return Err(unexpected("a masked frame".into()));
    }
    let (length, rest) = match second {
        &IN_TWO_BYTES => match rest.split_first_chunk() {
            Some((length, rest)) => (u64::from(u16::from_be_bytes(*length)), rest),
            None => return Ok(None),
        },
        &IN_EIGHT_BYTES => match rest.split_first_chunk() {
            Some((length, rest)) => (u64::from_be_bytes(*length), rest),
            None => return Ok(None),
        },
        short => (u64::from(*short), rest),
    };
    let length = usize::try_from(length)
        .ok()
        .filter(|length| *length <= MAX_PAYLOAD_BYTES)
        .ok_or_else(|| unexpected(format!("a frame of {length} bytes")))?;
    Ok(rest.get(..length).map(|payload| Frame {
        opcode,
        payload,
        len: bytes.len() - rest.len() + length,
    }))
}

fn unexpected(what: String) -> Error {
    Error::Server(what)
}

#[cfg(test)]
mod tests {
    use super::{Frame, Opcode, decode, encode};

    /// What a server would write: the same frame without its mask.
    fn from_server(payload: &[u8]) -> Vec<u8> {
        let mut masked = Vec::new();
        encode(Opcode::Text, payload, [0; 4], &mut masked);
        let header = masked.len() - payload.len() - 4;
        let mut bytes = masked[..header].to_vec();
        bytes[1] &= 0x7f;
        bytes.extend_from_slice(payload);
        bytes
    }

    #[test]
    fn a_frame_is_whole_only_at_its_last_byte() {
        for length in [0, 1, 125, 126, 65_535, 65_536] {
            let payload = vec![b'x'; length];
            let bytes = from_server(&payload);
            let cuts = (0..bytes.len().min(20)).chain([bytes.len() - 1]);
            for cut in cuts.filter(|cut| *cut < bytes.len()) {
                assert_eq!(
                    decode(&bytes[..cut]).unwrap(),
                    None,
                    "{length} cut at {cut}"
                );
            }
            let mut two = bytes.clone();
            two.extend_from_slice(b"\x81\x00");
            assert_eq!(
                decode(&two).unwrap(),
                Some(Frame {
                    opcode: Opcode::Text,
                    payload: &payload,
                    len: bytes.len(),
                })
            );
        }
    }

    #[test]
    fn the_example_of_the_rfc_is_masked_as_printed() {
        let mut out = Vec::new();
        encode(Opcode::Text, b"Hello", [0x37, 0xfa, 0x21, 0x3d], &mut out);
        assert_eq!(out, b"\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58");
    }

    #[test]
    fn what_the_contract_has_not_is_refused() {
        for bytes in [
            b"\x82\x00".as_slice(),
            b"\x01\x00",
            b"\xc1\x00",
            b"\x81\x80\0\0\0\0",
            b"\x81\x7f\xff\xff\xff\xff\xff\xff\xff\xff",
        ] {
            assert!(decode(bytes).is_err(), "{bytes:?}");
        }
    }
}
