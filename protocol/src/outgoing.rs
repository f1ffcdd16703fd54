use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::{Arc, OnceLock};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;

use crate::engine::frame;

/// A message on its way out: encoded once, and shared by everybody it goes to.
///
/// One buffer holds the message and, in front of it, the header of a WebSocket frame, so that the
/// frame and the record of a text body are both slices of it and a broadcast copies nothing. The
/// one form that differs, base64 for binary in a text body, is made when first asked for.
#[derive(Clone)]
pub struct Outgoing(Arc<Inner>);

struct Inner {
    /// Frame header, then the frame's payload, right-aligned to the end.
    buffer: Bytes,
    /// Where the frame's payload begins: for text that is the packet type `4`.
    payload: usize,
    /// Where the WebSocket frame begins.
    frame: usize,
    kind: Kind,
    /// As it stands in the bodies of one-way transports, by framing; made when first asked for.
    wrapped: OnceLock<Box<[OnceLock<Bytes>; WRAPPINGS]>>,
}

/// How many framings there are.
const WRAPPINGS: usize = 3;

enum Kind {
    Text,
    Binary { base64: OnceLock<Bytes> },
}

/// A text message can not contain U+001E, which separates the packets of a payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SeparatorInText;

impl fmt::Display for SeparatorInText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text message can not contain U+001E; send it as JSON or as bytes")
    }
}

impl std::error::Error for SeparatorInText {}

impl Outgoing {
    /// Bytes that a message counts for beyond its own, so that empty ones are not free.
    pub const OVERHEAD: usize = 64;

    /// Bytes that [`Outgoing::from_buffer`] wants free in front of the text.
    pub const HEADROOM: usize = frame::MAX_HEADER + 1;

    /// A text message.
    ///
    /// # Errors
    ///
    /// Refuses text with U+001E, which could travel a WebSocket but would fall apart in a payload.
    /// Spec: PROTOCOL.md, Packets.
    pub fn text(text: &str) -> Result<Self, SeparatorInText> {
        if memchr::memchr(crate::engine::SEPARATOR, text.as_bytes()).is_some() {
            return Err(SeparatorInText);
        }
        let mut buffer = Vec::with_capacity(Self::HEADROOM + text.len());
        buffer.resize(Self::HEADROOM, 0);
        buffer.extend_from_slice(text.as_bytes());
        Ok(Self::from_buffer(buffer, Self::HEADROOM))
    }

    /// A text message that stands at `start..` of a buffer, without copying it.
    ///
    /// The bytes before `start` are overwritten with framing. The text must be UTF-8 without
    /// U+001E, which JSON always is.
    ///
    /// # Panics
    ///
    /// When `start` is less than [`Outgoing::HEADROOM`] or past the end: the caller's mistake,
    /// never a peer's.
    pub fn from_buffer(mut buffer: Vec<u8>, start: usize) -> Self {
        assert!(
            (Self::HEADROOM..=buffer.len()).contains(&start),
            "a text message needs {} free bytes in front of it",
            Self::HEADROOM
        );
        debug_assert!(memchr::memchr(crate::engine::SEPARATOR, &buffer[start..]).is_none());
        let payload = start - 1;
        buffer[payload] = b'4';
        let frame = frame::write_header(&mut buffer, payload, frame::OpCode::Text);
        Self::new(buffer, payload, frame, Kind::Text)
    }

    /// A binary message; the bytes are copied once, behind room for framing.
    pub fn binary(bytes: &[u8]) -> Self {
        let payload = frame::MAX_HEADER;
        let mut buffer = Vec::with_capacity(payload + bytes.len());
        buffer.resize(payload, 0);
        buffer.extend_from_slice(bytes);
        let frame = frame::write_header(&mut buffer, payload, frame::OpCode::Binary);
        let base64 = OnceLock::new();
        Self::new(buffer, payload, frame, Kind::Binary { base64 })
    }

    fn new(buffer: Vec<u8>, payload: usize, frame: usize, kind: Kind) -> Self {
        Self(Arc::new(Inner {
            buffer: Bytes::from(buffer),
            payload,
            frame,
            kind,
            wrapped: OnceLock::new(),
        }))
    }

    /// Whether it goes out as text.
    pub fn is_text(&self) -> bool {
        matches!(self.0.kind, Kind::Text)
    }

    /// Bytes of the message itself, without packet type or framing.
    pub fn len(&self) -> usize {
        self.body().len()
    }

    /// What it counts for against a buffer, in bytes: its own and [`Outgoing::OVERHEAD`].
    pub fn cost(&self) -> usize {
        self.len() + Self::OVERHEAD
    }

    /// Whether it carries no byte.
    pub fn is_empty(&self) -> bool {
        self.body().is_empty()
    }

    /// The message itself, without packet type or framing.
    pub fn body(&self) -> &[u8] {
        let start = self.0.payload + usize::from(self.is_text());
        self.0.buffer.get(start..).unwrap_or_default()
    }

    /// The whole WebSocket frame, header included, as a server sends it.
    pub fn frame(&self) -> Bytes {
        self.0.buffer.slice(self.0.frame..)
    }

    /// The packet as it stands in a text body: `4` and the text, or `b` and base64.
    pub fn record(&self) -> Bytes {
        match &self.0.kind {
            Kind::Text => self.0.buffer.slice(self.0.payload..),
            Kind::Binary { base64 } => base64
                .get_or_init(|| {
                    let mut record = String::with_capacity(1 + self.len().div_ceil(3) * 4);
                    record.push('b');
                    STANDARD.encode_string(self.body(), &mut record);
                    Bytes::from(record)
                })
                .clone(),
        }
    }
}

impl Outgoing {
    /// The record in a framing of this number, which `wrap` makes once for everybody.
    pub(crate) fn wrapped(&self, framing: usize, wrap: impl FnOnce(&[u8]) -> Bytes) -> Bytes {
        let forms = self.0.wrapped.get_or_init(Box::default);
        match forms.get(framing) {
            Some(form) => form.get_or_init(|| wrap(&self.record())).clone(),
            None => wrap(&self.record()),
        }
    }
}

impl PartialEq for Outgoing {
    fn eq(&self, other: &Self) -> bool {
        self.is_text() == other.is_text() && self.body() == other.body()
    }
}

impl Eq for Outgoing {}

impl Hash for Outgoing {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.is_text().hash(state);
        self.body().hash(state);
    }
}

impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.is_text() { "text" } else { "binary" };
        write!(
            f,
            "Outgoing({kind}, {:?})",
            self.body().escape_ascii().to_string()
        )
    }
}
