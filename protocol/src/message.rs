use bytes::Bytes;
use bytestring::ByteString;

/// What the application's side of a session takes and gives: a text or some bytes.
///
/// Spec: Engine.IO 4, packet type `message`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Message {
    /// A packet of type 4.
    Text(ByteString),
    /// A binary frame, or a `b` record of a text body.
    Binary(Bytes),
}

impl Message {
    /// Bytes of the message itself, without any framing.
    pub fn len(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Binary(bytes) => bytes.len(),
        }
    }

    /// Whether it carries no byte; such a message is valid.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
