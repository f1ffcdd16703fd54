//! How packets stand in the body of an answer that goes on.

mod htmlfile;
mod json;
pub mod jsonp;
mod sse;
mod stream;

use bytes::Bytes;
pub use json::string as script_string;

use super::Packet;
use crate::Outgoing;

/// What the body of a one-way leg is made of.
///
/// Spec: PROTOCOL.md, One-way transports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Framing {
    /// Records, each with U+001E behind it.
    Stream,
    /// Server-sent events.
    Sse,
    /// Scripts in a page that has no end.
    HtmlFile,
}

impl Framing {
    /// The media type of the body.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Stream => stream::MEDIA_TYPE,
            Self::Sse => sse::MEDIA_TYPE,
            Self::HtmlFile => htmlfile::MEDIA_TYPE,
        }
    }

    /// A packet. The form of a message is made once, and shared by everybody that it goes to.
    pub fn encode(self, packet: &Packet<Outgoing>) -> Bytes {
        match packet {
            Packet::Message(message) => message.wrapped(self as usize, |record| self.wrap(record)),
            other => self.wrap(&other.record()),
        }
    }

    fn wrap(self, record: &[u8]) -> Bytes {
        match self {
            Self::Stream => stream::encode(record),
            Self::Sse => sse::encode(record),
            Self::HtmlFile => htmlfile::encode(record),
        }
    }

    /// What makes the client's side look, at least so many bytes, and means nothing.
    pub fn padding(self, bytes: usize) -> Bytes {
        match self {
            Self::Stream => stream::padding(bytes),
            Self::Sse => sse::padding(bytes),
            Self::HtmlFile => htmlfile::padding(bytes),
        }
    }
}
