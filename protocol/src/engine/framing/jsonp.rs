//! A payload as a script that calls the page, and as the field of a form.

use std::fmt;

use bytes::Bytes;
use bytestring::ByteString;
use serde::Deserializer as _;
use serde::de::{Error, Visitor};

use super::json;

/// The media type of [`encode`].
pub const MEDIA_TYPE: &str = "application/javascript; charset=UTF-8";

/// The script that gives a payload to the page's function of this number.
///
/// It begins with a comment, so that no other program can take its first bytes for its own.
/// Spec: PROTOCOL.md, JSONP.
pub fn encode(callback: u32, payload: &[u8]) -> Bytes {
    let call = format!("/**/___encke[{callback}](");
    [call.as_bytes(), json::string(payload).as_bytes(), b");"]
        .concat()
        .into()
}

/// The payload in a form's field, where it stands as a JSON string: browsers change line feeds in
/// fields. `None` if it is none.
///
/// Halves of surrogate pairs, which a page's text may have and no body can, become U+FFFD, as they
/// do in a body. Spec: PROTOCOL.md, JSONP.
pub fn decode(field: &str) -> Option<ByteString> {
    let mut json = serde_json::Deserializer::from_str(field);
    let text = json.deserialize_bytes(Text).ok()?;
    json.end().ok()?;
    Some(text)
}

/// As bytes, since the parser refuses halves of pairs in a `str`.
struct Text;

impl Visitor<'_> for Text {
    type Value = ByteString;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON string")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<ByteString, E> {
        Ok(String::from_utf8_lossy(bytes).into_owned().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_string_is_no_field() {
        for field in ["", "4hi", "\"", "\"a\" \"b\"", "[\"a\"]", "null", "\"\\x\""] {
            assert_eq!(decode(field), None, "{field:?}");
        }
        assert_eq!(decode("\"4a\\n\\u001e6\"").as_deref(), Some("4a\n\u{1e}6"));
        assert_eq!(
            decode(r#""4\ud800!""#).as_deref(),
            Some("4\u{fffd}\u{fffd}\u{fffd}!")
        );
        assert_eq!(decode(r#""4\ud83d\ude00""#).as_deref(), Some("4😀"));
    }
}
