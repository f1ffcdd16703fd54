use crate::DecodeError;

/// The greatest number that every language can hold.
const MAX: u64 = (1 << 53) - 1;
/// Digits of [`MAX`].
const MAX_LEN: usize = 16;

/// A decimal number without sign or leading zeros, at most 2^53 − 1.
///
/// Spec: PROTOCOL.md, Packets.
pub(super) fn decode(text: &[u8]) -> Result<u64, DecodeError> {
    let mut number: u64 = 0;
    for (at, byte) in text.iter().enumerate() {
        let is_padded = at == 1 && number == 0;
        if !byte.is_ascii_digit() || at == MAX_LEN || is_padded {
            return Err(DecodeError::at(text, at, "a number"));
        }
        number = number * 10 + u64::from(byte - b'0');
    }
    if text.is_empty() || number > MAX {
        return Err(DecodeError::at(text, 0, "a number"));
    }
    Ok(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_all_can_hold() {
        for (text, number) in [
            ("0", 0),
            ("7", 7),
            ("120", 120),
            ("9007199254740991", (1 << 53) - 1),
        ] {
            assert_eq!(decode(text.as_bytes()), Ok(number), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for (text, offset) in [
            ("", 0),
            ("-1", 0),
            ("+1", 0),
            ("00", 1),
            ("01", 1),
            ("1.5", 1),
            ("1e3", 1),
            ("0x1", 1),
            (" 1", 0),
            ("9007199254740992", 0),
            ("18446744073709551616", 16),
            ("\u{0661}", 0),
        ] {
            let error = decode(text.as_bytes()).expect_err(text);
            assert_eq!(error.offset, offset, "{text}");
        }
    }
}
