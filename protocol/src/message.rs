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
    /// The same, as a copy if it is less than half of a buffer of `capacity` bytes.
    ///
    /// A slice keeps the whole buffer that it was read into, so a client could have the server keep
    /// a megabyte for each few bytes that wait to be handled.
    pub fn detached(self, capacity: usize) -> Self {
        if self.len() >= capacity / 2 {
            return self;
        }
        match self {
            Self::Text(text) => Self::Text(ByteString::from(String::from(&*text))),
            Self::Binary(bytes) => Self::Binary(Bytes::copy_from_slice(&bytes)),
        }
    }

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
