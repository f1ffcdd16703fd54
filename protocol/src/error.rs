use std::fmt;

/// Bytes that are not what the protocol says: the peer's fault, or that of something in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DecodeError {
    /// Where in the packet or payload, in bytes.
    pub offset: usize,
    /// What would have been right there.
    pub expected: &'static str,
    /// What was there.
    pub found: Found,
}

/// What a decoder met in place of what it expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Found {
    /// The end of the input.
    End,
    /// This byte.
    Byte(u8),
}

impl DecodeError {
    /// The error for the input `bytes` at `offset`.
    pub fn at(bytes: &[u8], offset: usize, expected: &'static str) -> Self {
        let found = bytes
            .get(offset)
            .map_or(Found::End, |byte| Found::Byte(*byte));
        Self {
            offset,
            expected,
            found,
        }
    }

    /// The same error, seen from a whole of which the failed part begins at `start`.
    pub fn within(self, start: usize) -> Self {
        Self {
            offset: self.offset.saturating_add(start),
            ..self
        }
    }
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "expected {} at byte {}, found ",
            self.expected, self.offset
        )?;
        match self.found {
            Found::End => f.write_str("the end"),
            Found::Byte(byte) => write!(f, "'{}'", byte.escape_ascii()),
        }
    }
}

impl std::error::Error for DecodeError {}

/// A well-formed packet at a time or place where the protocol does not allow it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ProtocolError {
    /// An engine packet that only the other side may send, such as a client's ping.
    UnexpectedPacket,
    /// CONNECT for a namespace that is joined already.
    DuplicateConnect,
    /// A packet for a namespace that is not joined.
    NotJoined,
    /// A packet that only a server sends.
    ServerOnly,
    /// An event that uses a name with a meaning of its own, such as `disconnect`.
    ReservedEvent,
    /// Binary data that no packet announced.
    UnannouncedBinary,
    /// Text where attachments of an earlier packet are still missing.
    MissingAttachment,
    /// More attachments than the limit.
    TooManyAttachments,
    /// A packet that with its attachments passes the limit in bytes.
    TooLarge,
    /// A message on a leg or in a POST that did not say its number.
    Unnumbered,
    /// A number that leaves messages out.
    Gap,
    /// A count of more messages than were sent.
    BeyondSent,
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::UnexpectedPacket => "a packet that only the other side may send",
            Self::DuplicateConnect => "CONNECT for a namespace that is joined already",
            Self::NotJoined => "a packet for a namespace that is not joined",
            Self::ServerOnly => "a packet that only a server sends",
            Self::ReservedEvent => "an event with a reserved name",
            Self::UnannouncedBinary => "binary data that no packet announced",
            Self::MissingAttachment => "text where an attachment is missing",
            Self::TooManyAttachments => "more attachments than allowed",
            Self::TooLarge => "a packet larger than allowed",
            Self::Unnumbered => "a message without a number",
            Self::Gap => "a number that leaves messages out",
            Self::BeyondSent => "a count of more messages than were sent",
        })
    }
}

impl std::error::Error for ProtocolError {}
