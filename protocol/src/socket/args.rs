use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use bytestring::ByteString;

use super::array::Array;
use super::{json, placeholder};
use crate::DecodeError;

/// The arguments of an event, or of an answer to one, as they came: JSON texts, and attachments.
///
/// The texts are valid JSON and otherwise untouched: keys keep their order, numbers their digits,
/// and lone surrogate escapes stay. Cloning copies no text and no attachment. The whole message is
/// kept in memory as long as any part of it is.
///
/// [`Args::data`] reads them into a type. As a payload they go out as they came in.
#[derive(Clone, Default)]
pub struct Args {
    /// The message that the arguments stand in.
    text: ByteString,
    /// From the first argument's first byte to the last one's last.
    range: Range<usize>,
    /// Where the first argument ends; it is the one that is asked for most.
    first_end: usize,
    len: usize,
    attachments: Option<Arc<[Bytes]>>,
}

impl Args {
    /// The elements of a JSON array.
    ///
    /// # Errors
    ///
    /// When the text is no JSON array, or goes on behind it.
    pub fn from_json(text: impl Into<ByteString>) -> Result<Self, DecodeError> {
        let text = text.into();
        let array = Array::split(&text, 0, false)?;
        Ok(Self::new(text, &array))
    }

    /// The elements behind the name of the array that `text` was split into.
    pub(super) fn new(text: ByteString, array: &Array) -> Self {
        Self {
            text,
            range: array.range.clone(),
            first_end: array.first_end,
            len: array.len,
            attachments: None,
        }
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The JSON text of the argument at `index`, from 0.
    ///
    /// In the arguments of a binary packet an attachment is written
    /// `{"_placeholder":true,"num":N}`, `N` being its index in [`Args::attachments`].
    pub fn raw(&self, index: usize) -> Option<&str> {
        if index == 0 && self.len > 0 {
            return self.text.get(self.range.start..self.first_end);
        }
        self.iter().nth(index)
    }

    /// The JSON texts in order.
    pub fn iter(&self) -> ArgsIter<'_> {
        self.iter_in(&self.text)
    }

    /// The arguments in a text in which they stand at the same places as in their own.
    pub(super) fn iter_in<'a>(&self, text: &'a str) -> ArgsIter<'a> {
        ArgsIter {
            text,
            at: self.range.start,
            left: self.len,
        }
    }

    /// The arguments as they stand in their message, with commas between them.
    pub(super) fn joined(&self) -> &str {
        self.text.get(self.range.clone()).unwrap_or_default()
    }

    /// The text that the arguments stand in.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The binary values that came with the packet; those of skipped arguments included.
    pub fn attachments(&self) -> &[Bytes] {
        self.attachments.as_deref().unwrap_or_default()
    }

    /// Bytes that these arguments keep in memory: the message and its attachments.
    pub fn byte_len(&self) -> usize {
        let attachments = self.attachments().iter().map(Bytes::len).sum::<usize>();
        self.text.len().saturating_add(attachments)
    }

    /// Without the first `count`.
    pub fn skip(mut self, count: usize) -> Self {
        let mut rest = self.iter();
        for _ in rest.by_ref().take(count) {}
        let ArgsIter { at, left, .. } = rest;
        if left == 0 {
            return Self::default();
        }
        self.range.start = json::skip_space(self.text.as_bytes(), at);
        self.first_end = json::value_end(self.text.as_bytes(), self.range.start);
        self.len = left;
        self
    }

    /// The first `count` only.
    pub fn take(mut self, count: usize) -> Self {
        if count == 0 {
            return Self::default();
        }
        if count < self.len {
            let mut rest = self.iter();
            self.range.end = rest
                .nth_span(count - 1)
                .map_or(self.range.end, |span| span.end);
            self.len = count;
        }
        self
    }

    /// Without the one at `index`.
    pub fn remove(self, index: usize) -> Self {
        if index == 0 {
            return self.skip(1);
        }
        if index + 1 >= self.len {
            let count = self.len.min(index);
            return self.take(count);
        }
        let mut text = String::with_capacity(self.joined().len());
        for (at, argument) in self.iter().enumerate() {
            if at != index {
                if !text.is_empty() {
                    text.push(',');
                }
                text.push_str(argument);
            }
        }
        Self {
            range: 0..text.len(),
            first_end: json::value_end(text.as_bytes(), 0),
            len: self.len - 1,
            text: text.into(),
            attachments: self.attachments,
        }
    }

    /// The arguments of a binary packet, now that its attachments are there.
    ///
    /// # Errors
    ///
    /// When a placeholder's number is missing or is not that of an attachment. The offset is one in
    /// the message.
    pub fn attach(mut self, attachments: Vec<Bytes>) -> Result<Self, DecodeError> {
        let range = self.range.clone();
        if let Some(text) = placeholder::canonicalise(&self.text, range, attachments.len())? {
            self.range = 0..text.len();
            self.first_end = json::value_end(text.as_bytes(), 0);
            self.text = text.into();
        }
        self.attachments = (!attachments.is_empty()).then(|| attachments.into());
        Ok(self)
    }
}

impl PartialEq for Args {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len
            && self.attachments() == other.attachments()
            && self.iter().eq(other.iter())
    }
}

impl Eq for Args {}

impl Hash for Args {
    fn hash<H: Hasher>(&self, state: &mut H) {
        for text in self {
            text.hash(state);
        }
        self.attachments().hash(state);
    }
}

impl fmt::Debug for Args {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Args")
            .field("texts", &self.iter().collect::<Vec<_>>())
            .field("attachments", &self.attachments())
            .finish()
    }
}

impl<'a> IntoIterator for &'a Args {
    type Item = &'a str;
    type IntoIter = ArgsIter<'a>;

    fn into_iter(self) -> ArgsIter<'a> {
        self.iter()
    }
}

/// The JSON texts of [`Args`], in order.
#[derive(Debug, Clone)]
pub struct ArgsIter<'a> {
    text: &'a str,
    at: usize,
    left: usize,
}

impl ArgsIter<'_> {
    fn next_span(&mut self) -> Option<Range<usize>> {
        self.left = self.left.checked_sub(1)?;
        let text = self.text.as_bytes();
        let start = json::skip_space(text, self.at);
        let end = json::value_end(text, start);
        // Behind the comma, of which there is one unless this was the last.
        self.at = json::skip_space(text, end) + 1;
        Some(start..end)
    }

    fn nth_span(&mut self, index: usize) -> Option<Range<usize>> {
        for _ in 0..index {
            self.next_span()?;
        }
        self.next_span()
    }
}

impl<'a> Iterator for ArgsIter<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        let span = self.next_span()?;
        self.text.get(span)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

impl ExactSizeIterator for ArgsIter<'_> {}

#[cfg(test)]
mod tests {
    use super::*;

    fn args(text: &'static str) -> Args {
        Args::from_json(text).unwrap()
    }

    #[test]
    fn texts_are_kept_as_they_are() {
        let args = args(" [ 1.50 , {\"b\":1, \"a\":\"],\\\"\"},\n[ ] ,\"\\ud800\",null ] ".trim());
        let texts = [
            "1.50",
            r#"{"b":1, "a":"],\""}"#,
            "[ ]",
            r#""\ud800""#,
            "null",
        ];
        assert_eq!(args.len(), texts.len());
        assert!(args.iter().eq(texts));
        for (index, text) in texts.into_iter().enumerate() {
            assert_eq!(args.raw(index), Some(text));
        }
        assert_eq!(args.raw(texts.len()), None);
    }

    #[test]
    fn none_is_empty() {
        for none in [Args::default(), args("[]"), args("[ ]")] {
            assert!(none.is_empty());
            assert_eq!(none.raw(0), None);
            assert_eq!(none.iter().next(), None);
            assert_eq!(none.joined(), "");
            assert_eq!(none, Args::default());
        }
    }

    #[test]
    fn some_of_them() {
        let all = args("[ 1 , [2,2] ,\"3\"]");
        for skipped in 0..=4 {
            for taken in 0..=4 {
                let some = all.clone().skip(skipped).take(taken);
                let expected = ["1", "[2,2]", "\"3\""]
                    .into_iter()
                    .skip(skipped)
                    .take(taken);
                assert!(some.iter().eq(expected.clone()), "{skipped} {taken}");
                assert_eq!(some.len(), expected.len());
                assert_eq!(some.raw(0), expected.clone().next());
                let joined = format!("[{}]", some.joined());
                assert_eq!(Args::from_json(joined).unwrap(), some);
                assert_eq!(all.clone().take(taken + skipped).skip(skipped), some);
            }
        }
    }

    #[test]
    fn all_but_one() {
        let all = args("[ 1 , [2,2] ,\"3\"]");
        for index in 0..=4 {
            let mut texts = vec!["1", "[2,2]", "\"3\""];
            if index < texts.len() {
                texts.remove(index);
            }
            let some = all.clone().remove(index);
            assert!(some.iter().eq(texts.iter().copied()), "{index}");
            assert_eq!(some.len(), texts.len());
            assert_eq!(some.raw(0), texts.first().copied());
        }
        assert!(Args::default().remove(0).is_empty());
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = "[".repeat(200_000) + &"]".repeat(200_000);
        let args = Args::from_json(deep).unwrap();
        assert_eq!(args.len(), 1);
        assert_eq!(args.raw(0).map(str::len), Some(399_998));
    }

    #[test]
    fn attachments_are_shared_by_parts_and_counted() {
        let all = args(r#"[{"num":0,"_placeholder":true},2]"#);
        let all = all.attach(vec![Bytes::from_static(b"abc")]).unwrap();
        assert_eq!(all.raw(0), Some(r#"{"_placeholder":true,"num":0}"#));
        assert_eq!(all.raw(1), Some("2"));
        assert_eq!(all.byte_len(), all.text.len() + 3);
        assert_eq!(all.clone().take(1).attachments(), all.attachments());
        let other = args(r#"[{"num":0,"_placeholder":true},2]"#);
        let other = other.attach(vec![Bytes::from_static(b"abd")]).unwrap();
        assert_ne!(all, other);
    }
}
