//! A body that is read as it grows, by `fetch` or `XMLHttpRequest`.

use bytes::Bytes;
use encke_protocol::engine::Framing;

use super::one_way::Manner;

/// What `XDomainRequest` wants to have before it tells a page of anything. Other engines need none:
/// Chromium held back 1 KB to guess a type, and guesses nothing under `nosniff`.
const PADDING: usize = 2048;

pub(super) fn manner(padding: usize, wants_padding: bool) -> Manner {
    let framing = Framing::Stream;
    let bytes = if wants_padding {
        padding.max(PADDING)
    } else {
        padding
    };
    let prelude = if bytes == 0 {
        Bytes::new()
    } else {
        framing.padding(bytes)
    };
    Manner {
        framing,
        prelude,
        policy: None,
    }
}
