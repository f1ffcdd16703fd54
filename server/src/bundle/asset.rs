use std::sync::LazyLock;

use actix_web::http::header::{ContentEncoding, EntityTag, HeaderValue};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use bytes::Bytes;
use sha2::{Digest as _, Sha384};

/// One file of the client, with what its answers say of it.
pub(super) struct Asset {
    pub(super) name: &'static str,
    /// What Socket.IO's server calls the file that does the same.
    pub(super) socket_io_name: &'static str,
    pub(super) media_type: HeaderValue,
    /// Identity first; the order is no preference.
    pub(super) forms: [Form; 3],
}

/// The bytes of a file in one coding.
pub(super) struct Form {
    pub(super) coding: ContentEncoding,
    pub(super) bytes: Bytes,
    /// Strong, so each form has its own.
    pub(super) tag: EntityTag,
}

/// A file of the folder that the client's build writes.
macro_rules! asset {
    ($name:literal, $socket_io_name:literal, $media_type:ident) => {
        Asset {
            name: $name,
            socket_io_name: $socket_io_name,
            media_type: HeaderValue::from_static($media_type),
            forms: [
                form!(Identity, $name, ""),
                form!(Gzip, $name, ".gz"),
                form!(Brotli, $name, ".br"),
            ],
        }
    };
}

macro_rules! form {
    ($coding:ident, $name:literal, $extension:literal) => {
        Form::new(
            ContentEncoding::$coding,
            include_bytes!(concat!("../../client/", $name, $extension)),
        )
    };
}

const SCRIPT: &str = "text/javascript; charset=utf-8";
const MAP: &str = "application/json";

/// The one that applications put on their pages.
pub(super) static MINIFIED: LazyLock<Asset> =
    LazyLock::new(|| asset!("encke.min.js", "socket.io.min.js", SCRIPT));

static OTHERS: LazyLock<[Asset; 5]> = LazyLock::new(|| {
    [
        asset!("encke.js", "socket.io.js", SCRIPT),
        asset!("encke.esm.js", "socket.io.esm.min.js", SCRIPT),
        asset!("encke.js.map", "socket.io.js.map", MAP),
        asset!("encke.min.js.map", "socket.io.min.js.map", MAP),
        asset!("encke.esm.js.map", "socket.io.esm.min.js.map", MAP),
    ]
});

/// The minified script's hash as the `integrity` of a `<script>` has it.
pub(super) static INTEGRITY: LazyLock<String> = LazyLock::new(|| {
    let digest = Sha384::digest(&MINIFIED.identity().bytes);
    format!("sha384-{}", BASE64_STANDARD.encode(digest))
});

/// Every file.
pub(super) fn all() -> impl Iterator<Item = &'static Asset> {
    std::iter::once(&*MINIFIED).chain(&*OTHERS)
}

impl Asset {
    /// Sixteen hexadecimal digits that change with the file.
    pub(super) fn hash(&self) -> &str {
        self.identity().tag.tag()
    }

    fn identity(&self) -> &Form {
        let [identity, ..] = &self.forms;
        identity
    }
}

impl Form {
    fn new(coding: ContentEncoding, bytes: &'static [u8]) -> Self {
        Self {
            coding,
            tag: EntityTag::new_strong(short_hash(&Sha384::digest(bytes))),
            bytes: Bytes::from_static(bytes),
        }
    }
}

/// Eight bytes are plenty to tell one release's files from another's.
fn short_hash(digest: &[u8]) -> String {
    let start = digest.iter().take(8);
    let number = start.fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{number:016x}")
}
