use std::borrow::Cow;

use bytes::Bytes;

use super::json;

pub(super) const MEDIA_TYPE: &str = "text/event-stream";

/// A line of an event ends at CR and at LF, so a record with one in it goes as a JSON string. No record
/// begins with a quotation mark by itself.
pub(super) fn encode(record: &[u8]) -> Bytes {
    let has_break = memchr::memchr2(b'\r', b'\n', record).is_some();
    let data = if has_break {
        Cow::Owned(json::string(record).into_bytes())
    } else {
        Cow::Borrowed(record)
    };
    [b"data:", &*data, b"\n\n"].concat().into()
}

/// A comment.
pub(super) fn padding(bytes: usize) -> Bytes {
    let mut comment = vec![b' '; bytes];
    comment.splice(..0, *b":");
    comment.extend_from_slice(b"\n\n");
    comment.into()
}
