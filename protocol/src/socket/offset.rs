use std::fmt;
use std::str::FromStr;

/// The name of an event among those of its server: what a client with connection state recovery
/// gives back to say how far it has come.
///
/// It travels as the event's last argument, a short text of `A-Z`, `a-z`, `0-9`, `-`, `_` and `.`.
/// Spec: PROTOCOL.md, Connection state recovery.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Offset {
    origin: u32,
    number: u64,
}

/// Six bits each, as in URL-safe base64.
const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Characters of the longest: 11 for a number, 6 for an origin, and the point between them.
const MAX_LEN: usize = 18;

impl Offset {
    /// The event of this number, of the server that calls itself `origin`. Servers that send each
    /// other's events need different origins.
    pub const fn new(origin: u32, number: u64) -> Self {
        Self { origin, number }
    }

    /// Appends the written form, which is plain in a JSON string.
    pub(super) fn write(self, text: &mut Vec<u8>) {
        write_digits(self.number, text);
        text.push(b'.');
        write_digits(u64::from(self.origin), text);
    }
}

fn write_digits(number: u64, text: &mut Vec<u8>) {
    let digits = number.checked_ilog2().map_or(1, |bits| bits / 6 + 1);
    for place in (0..digits).rev() {
        let digit = usize::try_from((number >> (6 * place)) % 64).unwrap_or_default();
        text.push(DIGITS[digit]);
    }
}

/// None for what [`write_digits`] does not write.
fn read_digits(text: &str) -> Option<u64> {
    if text.is_empty() || (text.len() > 1 && text.starts_with('A')) {
        return None;
    }
    text.bytes().try_fold(0_u64, |number, byte| {
        let digit = DIGITS.iter().position(|digit| *digit == byte)? as u64;
        Some(number.checked_mul(64)? | digit)
    })
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::with_capacity(MAX_LEN);
        self.write(&mut text);
        f.pad(std::str::from_utf8(&text).unwrap_or_default())
    }
}

/// The text is not an offset that this crate could have written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidOffset;

impl fmt::Display for InvalidOffset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not an offset of this server's")
    }
}

impl std::error::Error for InvalidOffset {}

impl FromStr for Offset {
    type Err = InvalidOffset;

    fn from_str(text: &str) -> Result<Self, InvalidOffset> {
        let (number, origin) = text.split_once('.').ok_or(InvalidOffset)?;
        let number = read_digits(number).ok_or(InvalidOffset)?;
        let origin = read_digits(origin).and_then(|origin| u32::try_from(origin).ok());
        Ok(Self::new(origin.ok_or(InvalidOffset)?, number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read_back() {
        for (origin, number, text) in [
            (0, 0, "A.A"),
            (1, 63, "_.B"),
            (63, 64, "BA._"),
            (u32::MAX, u64::MAX, "P__________.D_____"),
        ] {
            let offset = Offset::new(origin, number);
            assert_eq!(offset.to_string(), text);
            assert_eq!(text.parse(), Ok(offset));
            assert!(text.len() <= MAX_LEN);
        }
        for bit in 0..64 {
            for number in [1_u64 << bit, (1_u64 << bit) - 1] {
                let offset = Offset::new(7, number);
                assert_eq!(offset.to_string().parse(), Ok(offset));
            }
        }
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            ".",
            "A",
            "A.",
            ".A",
            "A.A.A",
            "AB.A",
            "A.AB",
            "A.é",
            "é.A",
            " A.A",
            "A.A\n",
            // One more than the greatest.
            "QAAAAAAAAAA.A",
            "A.EAAAAA",
            "P__________A.A",
            "0Zxd8wM",
            "__proto__",
        ] {
            assert_eq!(text.parse::<Offset>(), Err(InvalidOffset), "{text}");
        }
    }
}
