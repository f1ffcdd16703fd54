use std::fmt;
use std::ops::Range;

use serde::de::{Deserializer as _, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::DecodeError;

/// Where the parts of a JSON array stand in the text around it.
pub(super) struct Array {
    /// The first element, if it is to be kept apart from the others.
    pub(super) name: Option<Range<usize>>,
    /// From the first of the other elements to the last.
    pub(super) range: Range<usize>,
    pub(super) first_end: usize,
    pub(super) len: usize,
}

impl Array {
    /// Splits the array that begins at `start` and is the rest of `text`.
    pub(super) fn split(text: &str, start: usize, named: bool) -> Result<Self, DecodeError> {
        let rest = text
            .get(start..)
            .filter(|rest| rest.starts_with('['))
            .ok_or_else(|| DecodeError::at(text.as_bytes(), start, "a JSON array"))?;
        // Raw values are checked without recursion, however deep, and kept as they are.
        let mut json = serde_json::Deserializer::from_str(rest);
        let array = json.deserialize_seq(ArrayVisitor { text, named });
        array
            .and_then(|array| json.end().map(|()| array))
            .map_err(|error| syntax_error(rest, &error).within(start))
    }
}

/// The place of a `serde_json` error, which counts lines and columns.
pub(super) fn syntax_error(text: &str, error: &serde_json::Error) -> DecodeError {
    let lines = text.split_inclusive('\n').map(str::len);
    let before = lines.take(error.line().saturating_sub(1)).sum::<usize>();
    let column = error.column();
    let (offset, expected) = if error.is_eof() {
        // The last byte is blamed; what is missing stands behind it.
        (text.len(), "more JSON")
    } else if error.to_string().starts_with("control character") {
        // The one error that names the byte before the culprit.
        (before + column, "an escape in place of a control character")
    } else {
        (before + column.saturating_sub(1), "JSON")
    };
    DecodeError::at(text.as_bytes(), offset, expected)
}

struct ArrayVisitor<'t> {
    text: &'t str,
    named: bool,
}

impl ArrayVisitor<'_> {
    /// Where a part of the text stands in it.
    fn span(&self, part: &str) -> Range<usize> {
        let start = part.as_ptr().addr().wrapping_sub(self.text.as_ptr().addr());
        start..start.wrapping_add(part.len())
    }
}

impl<'de> Visitor<'de> for ArrayVisitor<'_> {
    type Value = Array;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Array, A::Error> {
        let name = if self.named {
            elements.next_element::<&RawValue>()?
        } else {
            None
        };
        let mut array = Array {
            name: name.map(|name| self.span(name.get())),
            range: 0..0,
            first_end: 0,
            len: 0,
        };
        while let Some(element) = elements.next_element::<&RawValue>()? {
            let span = self.span(element.get());
            if array.len == 0 {
                array.range.start = span.start;
                array.first_end = span.end;
            }
            array.range.end = span.end;
            array.len += 1;
        }
        Ok(array)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_array_is_refused() {
        for (text, offset) in [
            ("", 0),
            ("{}", 0),
            (" []", 0),
            ("1", 0),
            ("[", 1),
            ("[1", 2),
            ("[1,", 3),
            ("[1,]", 3),
            ("[1]]", 3),
            ("[1] x", 4),
            ("[\"a", 3),
            ("[nul]", 4),
            ("[\n1,\n\"é\" 2]", 10),
            ("[\"\u{1}\"]", 2),
            ("[\"é\n\"]", 4),
            (r#"["\q"]"#, 3),
            (r#"["\u00g0"]"#, 7),
            ("[01]", 2),
            ("[1.]", 3),
            ("[-]", 2),
            ("[1 é]", 3),
            ("['a']", 1),
        ] {
            let error = Array::split(text, 0, false).err().unwrap();
            assert_eq!(error.offset, offset, "{text:?}: {error}");
        }
    }

    #[test]
    fn parts_are_found_behind_a_beginning() {
        let text = "é[ \"name\" , [1] ,2 ]";
        let array = Array::split(text, 2, true).unwrap();
        assert_eq!(array.name.map(|name| &text[name]), Some("\"name\""));
        assert_eq!(&text[array.range.start..array.first_end], "[1]");
        assert_eq!(&text[array.range], "[1] ,2");
        assert_eq!(array.len, 2);
        let none = Array::split("[ ]", 0, true).unwrap();
        assert_eq!((none.name, none.range, none.len), (None, 0..0, 0));
    }
}
