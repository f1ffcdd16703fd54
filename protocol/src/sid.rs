use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Serialize, Serializer};

/// The name of a session or of a socket: 16 bytes, written as 22 URL-safe characters.
///
/// The sid of a session is a bearer secret: whoever knows it can speak for the client. The bytes
/// come from the driver, which must take them from a secure random source. `Debug` therefore
/// prints no byte of it; whoever really means to show one uses `Display`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sid([u8; 16]);

const TEXT_LEN: usize = 22;

impl Sid {
    /// A sid of these bytes.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes given to [`Sid::from_bytes`].
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }

    /// Calls `f` with the written form, without allocating.
    pub fn with_str<R>(&self, f: impl FnOnce(&str) -> R) -> R {
        let mut text = [0; TEXT_LEN];
        let len = URL_SAFE_NO_PAD
            .encode_slice(self.0, &mut text)
            .unwrap_or_default();
        f(text
            .get(..len)
            .and_then(|text| std::str::from_utf8(text).ok())
            .unwrap_or_default())
    }
}

impl fmt::Display for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_str(|text| f.pad(text))
    }
}

impl fmt::Debug for Sid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sid(..)")
    }
}

impl Serialize for Sid {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.with_str(|text| serializer.serialize_str(text))
    }
}

/// The text is not a sid that this crate could have written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InvalidSid;

impl fmt::Display for InvalidSid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a sid is {TEXT_LEN} characters of A-Z, a-z, 0-9, - and _"
        )
    }
}

impl std::error::Error for InvalidSid {}

impl FromStr for Sid {
    type Err = InvalidSid;

    fn from_str(text: &str) -> Result<Self, InvalidSid> {
        // `decode_slice` wants room for an estimate that exceeds 16 bytes.
        let mut bytes = [0; 18];
        match URL_SAFE_NO_PAD.decode_slice(text, &mut bytes) {
            Ok(16) => bytes
                .first_chunk()
                .map(|bytes| Self(*bytes))
                .ok_or(InvalidSid),
            _ => Err(InvalidSid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_and_read_back() {
        let sid = Sid::from_bytes(*b"\xff\xfe 0123456789abc");
        let text = sid.to_string();
        assert_eq!(text.len(), TEXT_LEN);
        assert!(!text.contains(['+', '/', '=']));
        assert_eq!(text.parse(), Ok(sid));
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "a",
            "__proto__",
            &"A".repeat(21),
            &"A".repeat(23),
            &"é".repeat(11),
        ] {
            assert_eq!(text.parse::<Sid>(), Err(InvalidSid), "{text}");
        }
    }

    #[test]
    fn debug_keeps_the_secret() {
        let sid = Sid::from_bytes([7; 16]);
        assert_eq!(format!("{sid:?}"), "Sid(..)");
    }
}
