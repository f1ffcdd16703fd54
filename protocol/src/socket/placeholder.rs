//! The objects that stand for attachments in the JSON of a binary packet.
//!
//! They mean something in packets of types 5 and 6 only; elsewhere such an object is plain data.
//! Incoming text is brought into the form [`CANONICAL`] once. From then on a search for these bytes
//! finds exactly the placeholders: inside a string the quotes would have backslashes before them,
//! and every object that begins like this was taken for a placeholder.
//!
//! Spec: Socket.IO 5, Packet encoding.

use std::ops::Range;

use memchr::{memchr3, memmem};

use super::json;
use crate::DecodeError;

/// How a canonical placeholder begins; the number and `}` follow.
const CANONICAL: &str = r#"{"_placeholder":true,"num":"#;

/// An object with `"_placeholder":true` in it.
#[derive(Debug, PartialEq, Eq)]
struct Placeholder {
    span: Range<usize>,
    /// None when there is no `num`, or it is not a number from 0.
    num: Option<usize>,
}

impl Placeholder {
    fn is_canonical(&self, text: &str) -> bool {
        let digits = text
            .get(self.span.clone())
            .and_then(|object| object.strip_prefix(CANONICAL)?.strip_suffix('}'));
        digits.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
    }
}

/// An object that may turn out to be a placeholder.
struct Candidate {
    start: usize,
    marked: bool,
    num: Option<usize>,
}

/// All placeholders of `range`, in order. One within another is part of that other.
///
/// Iterative, and it needs 8 bytes for each object that is open at a time.
fn find(text: &str, range: Range<usize>) -> Vec<Placeholder> {
    let text = text.as_bytes().get(..range.end).unwrap_or_default();
    let mut found: Vec<Placeholder> = Vec::new();
    let mut open: Vec<usize> = Vec::new();
    let mut candidates: Vec<Candidate> = Vec::new();
    let mut at = range.start;
    while let Some(skipped) = text
        .get(at..)
        .and_then(|rest| memchr3(b'"', b'{', b'}', rest))
    {
        at += skipped;
        match text.get(at) {
            Some(b'{') => {
                open.push(at);
                at += 1;
            }
            Some(b'}') => {
                at += 1;
                let start = open.pop();
                if let Some(candidate) = candidates.pop_if(|last| Some(last.start) == start)
                    && candidate.marked
                {
                    let inner = |inner: &Placeholder| inner.span.start > candidate.start;
                    while found.last().is_some_and(inner) {
                        found.pop();
                    }
                    found.push(Placeholder {
                        span: candidate.start..at,
                        num: candidate.num,
                    });
                }
            }
            _ => {
                let end = json::string_end(text, at);
                let colon = json::skip_space(text, end);
                let literal = text.get(at..end).unwrap_or_default();
                at = end;
                // In valid JSON only a key has a colon behind it.
                if text.get(colon) == Some(&b':') {
                    at = json::skip_space(text, colon + 1);
                    if let Some(object) = open.last() {
                        note_member(&mut candidates, *object, literal, text, at);
                    }
                }
            }
        }
    }
    found
}

/// Takes notice of the member with key `literal` whose value begins at `value`. A repeated `num`
/// overrides the former, as in JavaScript; a mark stays.
fn note_member(
    candidates: &mut Vec<Candidate>,
    object: usize,
    literal: &[u8],
    text: &[u8],
    value: usize,
) {
    let is_mark = json::spells(literal, b"_placeholder")
        && text
            .get(value..)
            .is_some_and(|rest| rest.starts_with(b"true"));
    let is_num = !is_mark && json::spells(literal, b"num");
    if !is_mark && !is_num {
        return;
    }
    let num = if is_num { number(text, value) } else { None };
    match candidates.last_mut().filter(|last| last.start == object) {
        Some(candidate) if is_mark => candidate.marked = true,
        Some(candidate) => candidate.num = num,
        None if is_mark || num.is_some() => candidates.push(Candidate {
            start: object,
            marked: is_mark,
            num,
        }),
        None => {}
    }
}

/// The whole number at `start`, in whatever notation; JavaScript does not tell `1` from `1.0`.
fn number(text: &[u8], start: usize) -> Option<usize> {
    // Looked at first: to search for the end of what is no number could take quadratic time.
    if !text.get(start)?.is_ascii_digit() {
        return None;
    }
    let literal = text.get(start..json::scalar_end(text, start))?;
    let literal = std::str::from_utf8(literal).ok()?;
    literal.parse().ok().or_else(|| {
        let number: f64 = literal.parse().ok()?;
        let whole = number.fract() == 0.0 && number <= f64::from(u16::MAX);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole, and within 0..=65535"
        )]
        whole.then_some(number as usize)
    })
}

/// The text of `range` with every placeholder in canonical form; none if it is so already.
///
/// # Errors
///
/// A placeholder whose number is missing, not a number, or not below `attachments`.
pub(super) fn canonicalise(
    text: &str,
    range: Range<usize>,
    attachments: usize,
) -> Result<Option<String>, DecodeError> {
    let mut canonical: Option<String> = None;
    let mut copied = range.start;
    for placeholder in find(text, range.clone()) {
        let num = placeholder
            .num
            .filter(|num| *num < attachments)
            .ok_or_else(|| {
                let expected = "a placeholder with the number of an attachment";
                DecodeError::at(text.as_bytes(), placeholder.span.start, expected)
            })?;
        if placeholder.is_canonical(text) {
            continue;
        }
        let canonical = canonical.get_or_insert_default();
        canonical.push_str(text.get(copied..placeholder.span.start).unwrap_or_default());
        canonical.push_str(&written(num));
        copied = placeholder.span.end;
    }
    if let Some(canonical) = &mut canonical {
        canonical.push_str(text.get(copied..range.end).unwrap_or_default());
    }
    Ok(canonical)
}

/// The canonical placeholder of attachment `num`.
pub(super) fn written(num: usize) -> String {
    format!("{CANONICAL}{num}}}")
}

/// The number and the length of the canonical placeholder that `text` begins with.
pub(super) fn leading(text: &str) -> Option<(usize, usize)> {
    let digits = text.strip_prefix(CANONICAL)?;
    let (digits, _) = digits.split_once('}')?;
    Some((digits.parse().ok()?, CANONICAL.len() + digits.len() + 1))
}

/// Appends canonical `text` to `out`, each placeholder with the number that `renumber` gives it.
pub(super) fn copy_renumbered(
    text: &str,
    out: &mut Vec<u8>,
    mut renumber: impl FnMut(usize) -> usize,
) {
    let mut copied = 0;
    for start in memmem::find_iter(text.as_bytes(), CANONICAL) {
        if let Some((num, len)) = text.get(start..).and_then(leading) {
            let before = text.get(copied..start).unwrap_or_default();
            out.extend_from_slice(before.as_bytes());
            out.extend_from_slice(written(renumber(num)).as_bytes());
            copied = start + len;
        }
    }
    out.extend_from_slice(text.get(copied..).unwrap_or_default().as_bytes());
}

/// Whether the placeholders in `text` are the `attachments` that were written there, and no more.
///
/// Data may contain an object that looks like a placeholder. A receiver would take it for one, and
/// most close the connection when its number is out of range.
pub(super) fn only_written(text: &str, attachments: usize) -> bool {
    // `serde_json` escapes nothing of the key, so only raw JSON can hide one behind `\u`.
    let is_plain = memmem::find(text.as_bytes(), b"\\u").is_none();
    if is_plain && memmem::find_iter(text.as_bytes(), r#""_placeholder""#).count() == attachments {
        return true;
    }
    let found = find(text, 0..text.len());
    found.len() == attachments && found.iter().all(|found| found.is_canonical(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(text: &str) -> Vec<Option<usize>> {
        let found = find(text, 0..text.len());
        for placeholder in &found {
            assert!(text[placeholder.span.clone()].starts_with('{'));
            assert!(text[placeholder.span.clone()].ends_with('}'));
        }
        found.into_iter().map(|found| found.num).collect()
    }

    #[test]
    fn found_at_any_key_position_and_depth() {
        for text in [
            r#"{"_placeholder":true,"num":3}"#,
            r#"{"num":3,"_placeholder":true}"#,
            r#"[1,{"a":[{"b":{},"num" : 3 , "c":[{}], "_placeholder" :true}]},"}"]"#,
            r#"{"_place\u0068older":true,"n\u0075m":3}"#,
            r#"{"_placeholder":true,"num":3.0}"#,
            r#"{"_placeholder":true,"num":30e-1}"#,
            r#"{"_placeholder":true,"num":1,"num":3}"#,
            r#"{"_placeholder":true,"num":3,"_placeholder":false}"#,
            r#"{"_placeholder":true,"num":3,"inner":{"_placeholder":true,"num":4}}"#,
            r#"{"num":3,"inner":{"_placeholder":true,"num":4},"_placeholder":true}"#,
        ] {
            assert_eq!(numbers(text), [Some(3)], "{text}");
        }
    }

    #[test]
    fn a_number_that_is_none_is_noticed() {
        for num in [
            "-1", "0.5", "\"0\"", "null", "true", "[0]", "{}", "1e99", "-0.1", "\"inf\"",
        ] {
            let text = format!(r#"{{"_placeholder":true,"num":{num}}}"#);
            assert_eq!(numbers(&text), [None], "{text}");
        }
        assert_eq!(numbers(r#"{"_placeholder":true}"#), [None]);
        assert_eq!(
            numbers(r#"{"_placeholder":true,"num":0,"num":null}"#),
            [None]
        );
    }

    #[test]
    fn other_data_is_left_alone() {
        for text in [
            r#""{\"_placeholder\":true,\"num\":0}""#,
            r#"{"_placeholder":false,"num":0}"#,
            r#"{"_placeholder":"true","num":0}"#,
            r#"{"_placeholder":1,"num":0}"#,
            r#"{"a":"_placeholder","b":true,"num":0}"#,
            r#"["_placeholder",true,"num",0]"#,
            r#"{"_placeholders":true,"num":0}"#,
            r#"{"a":{"num":0},"b":{"num":1}}"#,
        ] {
            assert_eq!(numbers(text), [], "{text}");
        }
    }

    #[test]
    fn canonical_text_is_not_copied() {
        let text = r#"{"_placeholder":true,"num":0},[{"_placeholder":true,"num":12}]"#;
        assert_eq!(canonicalise(text, 0..text.len(), 13), Ok(None));
        let error = canonicalise(text, 0..text.len(), 12).unwrap_err();
        assert_eq!(error.offset, 31);
    }

    #[test]
    fn other_forms_are_rewritten() {
        let text = r#"51-["é",{ "num":1,"_placeholder":true },"{",{"_placeholder":true,"num":0}]"#;
        assert_eq!(
            canonicalise(text, 8..text.len() - 1, 2).unwrap().as_deref(),
            Some(r#",{"_placeholder":true,"num":1},"{",{"_placeholder":true,"num":0}"#)
        );
    }

    #[test]
    fn numbers_are_replaced_in_order() {
        let text = r#"[{"_placeholder":true,"num":10},"{\"_placeholder\":true,\"num\":",{"_placeholder":true,"num":2}]"#;
        let mut seen = Vec::new();
        let mut out = Vec::new();
        copy_renumbered(text, &mut out, |num| {
            seen.push(num);
            num * 100
        });
        assert_eq!(seen, [10, 2]);
        assert_eq!(
            String::from_utf8(out).unwrap(),
            text.replace(":10}", ":1000}").replace(":2}", ":200}")
        );
    }

    #[test]
    fn an_impostor_is_noticed() {
        let own = r#"{"_placeholder":true,"num":0}"#;
        assert!(only_written(own, 1));
        assert!(only_written(
            &format!(r#"[{own},"\u0001","\"_placeholder\""]"#),
            1
        ));
        for other in [
            r#"{"_placeholder":true,"num":7}"#,
            r#"{"_placeholder":true}"#,
            r#"{"\u005fplaceholder":true,"num":0}"#,
            own,
        ] {
            assert!(!only_written(&format!("[{own},{other}]"), 1), "{other}");
        }
        assert!(!only_written(
            &format!(r#"{{"x":{own},"\u005fplaceholder":true}}"#),
            1
        ));
        assert!(only_written(
            &format!(r#"[{own},{{"_placeholder":false}}]"#),
            1
        ));
    }

    #[test]
    fn depth_costs_no_stack() {
        let depth = 200_000;
        let text =
            r#"{"":["#.repeat(depth) + r#"{"num":0,"_placeholder":true}"# + &"]}".repeat(depth);
        assert_eq!(numbers(&text), [Some(0)]);
    }

    /// Takes minutes where the time grows with the square of the length.
    #[test]
    fn time_grows_with_the_length() {
        for opening in [
            r#"{"num":"#,
            r#"{"num":0,"a":"#,
            r#"{"_placeholder":true,"num":"#,
        ] {
            let text = opening.repeat(50_000) + "0" + &"}".repeat(50_000);
            assert!(numbers(&text).len() <= 1);
        }
    }
}
