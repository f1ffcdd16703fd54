use bytes::{BufMut as _, Bytes, BytesMut};

use crate::engine::SEPARATOR;

pub(super) const MEDIA_TYPE: &str = "text/plain; charset=UTF-8";

pub(super) fn encode(record: &[u8]) -> Bytes {
    let mut framed = BytesMut::with_capacity(record.len() + 1);
    framed.put_slice(record);
    framed.put_u8(SEPARATOR);
    framed.freeze()
}

/// A blank record.
pub(super) fn padding(bytes: usize) -> Bytes {
    let mut blank = vec![b' '; bytes];
    blank.push(SEPARATOR);
    blank.into()
}
