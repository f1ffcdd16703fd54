use serde::Serialize;

use super::spread::{Detach, Shape, Spread};
use super::unencodable::EncodeError;
use super::{Args, placeholder};
use crate::Outgoing;

/// What an event, or an answer to one, can carry.
///
/// Everything that implements [`Serialize`] is a payload, and so are [`Args`]:
///
/// - a tuple gives one argument for each element, and `()` none; so does an array `[T; N]`, which
///   serde can not tell from a tuple;
/// - anything else is one argument, a `Vec`, a slice or a tuple struct too; `Some(value)` is what
///   `value` is, and `None` one argument, `null`;
/// - what serialises as bytes (`bytes::Bytes`, `serde_bytes::ByteBuf`), at whatever depth, goes as
///   a binary attachment; a `Vec<u8>` serialises as a sequence of numbers.
pub trait Payload: Write {}

impl<T: Serialize + ?Sized> Payload for T {}

impl Payload for Args {}

/// Keeps [`Payload`] closed, so that how payloads are written can change.
pub trait Write {
    /// Appends the arguments to `json`.
    fn write(&self, json: &mut Json) -> Result<Shape, EncodeError>;
}

/// JSON that is being written, and the attachments that were in it so far.
#[derive(Default)]
pub struct Json {
    pub(super) text: Vec<u8>,
    pub(super) attachments: Vec<Outgoing>,
}

impl<T: Serialize + ?Sized> Write for T {
    fn write(&self, json: &mut Json) -> Result<Shape, EncodeError> {
        let start = json.text.len();
        let formatter = Detach(&mut json.attachments);
        let mut serializer = serde_json::Serializer::with_formatter(&mut json.text, formatter);
        let shape = self.serialize(Spread(&mut serializer))?;
        if json.attachments.is_empty() {
            return Ok(shape);
        }
        let text = json.text.get(start..).map(std::str::from_utf8);
        let text = text.and_then(Result::ok).unwrap_or_default();
        if placeholder::only_written(text, json.attachments.len()) {
            Ok(shape)
        } else {
            Err(EncodeError::Placeholder)
        }
    }
}

impl Write for Args {
    /// Sends each attachment that is referred to, once, however often it is.
    fn write(&self, json: &mut Json) -> Result<Shape, EncodeError> {
        let Json { text, attachments } = json;
        text.push(b'[');
        if self.attachments().is_empty() {
            text.extend_from_slice(self.joined().as_bytes());
        } else {
            let mut numbers = vec![None; self.attachments().len()];
            placeholder::copy_renumbered(self.joined(), text, |old| {
                let bytes = self.attachments().get(old).map(|bytes| &**bytes);
                let mut attach = || {
                    attachments.push(Outgoing::binary(bytes.unwrap_or_default()));
                    attachments.len() - 1
                };
                match numbers.get_mut(old) {
                    Some(number) => *number.get_or_insert_with(attach),
                    None => attach(),
                }
            });
        }
        text.push(b']');
        Ok(Shape::Array)
    }
}
