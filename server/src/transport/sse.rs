//! A body that `EventSource` reads.

use bytes::Bytes;
use encke_protocol::engine::Framing;

use super::one_way::Manner;

pub(super) fn manner(padding: usize) -> Manner {
    let framing = Framing::Sse;
    let prelude = if padding == 0 {
        Bytes::new()
    } else {
        framing.padding(padding)
    };
    Manner {
        framing,
        prelude,
        policy: None,
    }
}
