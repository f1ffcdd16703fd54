use bytes::Bytes;

use super::json;

pub(super) const MEDIA_TYPE: &str = "text/html; charset=UTF-8";

pub(super) fn encode(record: &[u8]) -> Bytes {
    [
        b"<script>p(",
        json::string(record).as_bytes(),
        b")</script>",
    ]
    .concat()
    .into()
}

/// White space between two scripts.
pub(super) fn padding(bytes: usize) -> Bytes {
    vec![b' '; bytes].into()
}
