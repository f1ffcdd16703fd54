use std::fmt;
use std::rc::Weak;

use encke_protocol::socket::{self, Args, DataError, Encoded, Payload};
use serde::de::DeserializeOwned;

use crate::error::SendError;

/// An event that a client has heard.
#[derive(Clone)]
pub struct Heard {
    pub(super) name: String,
    pub(super) args: Args,
    pub(super) question: Option<Question>,
}

/// What an answer needs to reach the server.
#[derive(Clone)]
pub(super) struct Question {
    pub(super) id: u64,
    pub(super) namespace: String,
    pub(super) sender: Weak<dyn Sender>,
}

/// Whoever can send packets to the server.
pub(super) trait Sender {
    fn send(&self, packet: &Encoded) -> Result<(), SendError>;
}

impl Heard {
    /// The event's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What came with it.
    pub fn args(&self) -> &Args {
        &self.args
    }

    /// The same as a type: a tuple takes an argument for each of its elements, anything else the
    /// first.
    ///
    /// # Errors
    ///
    /// When it does not fit.
    pub fn data<T: DeserializeOwned>(&self) -> Result<T, DataError> {
        self.args.data()
    }

    /// Whether the server asked for an answer.
    pub fn is_question(&self) -> bool {
        self.question.is_some()
    }

    /// Answers it, which the server takes once: what
    /// [`Socket::emit_with_ack`](crate::Socket::emit_with_ack) gives there.
    ///
    /// # Errors
    ///
    /// [`SendError::Invalid`] when the server has not asked, and when the answer can not be encoded;
    /// [`SendError::Closed`] when the session is over; [`SendError::Full`] when the client has too
    /// much that the server has yet to confirm.
    pub fn ack<P: Payload + ?Sized>(&self, answer: &P) -> Result<(), SendError> {
        let Some(question) = &self.question else {
            let why = format!("{self:?} asks for no answer");
            return Err(SendError::Invalid(why));
        };
        let packet = socket::ack(&question.namespace, question.id, answer)?;
        let sender = question.sender.upgrade().ok_or(SendError::Closed)?;
        sender.send(&packet)
    }
}

/// The event as JSON, such as `["news",1,{"a":[]}]`; of attachments only how many there are.
impl fmt::Display for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A string is always JSON.
        let name = serde_json::to_string(&self.name).unwrap_or_default();
        write!(f, "[{name}")?;
        for argument in &self.args {
            write!(f, ",{argument}")?;
        }
        f.write_str("]")?;
        match self.args.attachments().len() {
            0 => Ok(()),
            count => write!(f, " and {count} attachments"),
        }
    }
}

impl fmt::Debug for Heard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
