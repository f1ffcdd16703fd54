//! Walking over JSON that is known to be valid, without recursion.
//!
//! Positions are byte offsets. On text that is not valid JSON the answers are wrong but in bounds.

use std::borrow::Cow;

use memchr::{memchr, memchr2, memmem};

/// Where the first byte that is not white space stands, at or behind `at`.
pub(super) fn skip_space(text: &[u8], mut at: usize) -> usize {
    while let Some(b' ' | b'\t' | b'\n' | b'\r') = text.get(at) {
        at += 1;
    }
    at
}

/// Where the string literal ends whose opening quote stands at `start`.
pub(super) fn string_end(text: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    while let Some(found) = text.get(at..).and_then(|rest| memchr2(b'"', b'\\', rest)) {
        at += found;
        if text.get(at) == Some(&b'"') {
            return at + 1;
        }
        // A backslash and whatever it escapes; the digits of `\u` can do no harm.
        at += 2;
    }
    text.len()
}

/// Where the value ends whose first byte stands at `start`.
pub(super) fn value_end(text: &[u8], start: usize) -> usize {
    let mut depth = 0_usize;
    let mut at = start;
    while let Some(byte) = text.get(at) {
        at = match byte {
            b'"' => string_end(text, at),
            b'[' | b'{' => {
                depth += 1;
                at + 1
            }
            b']' | b'}' => {
                depth = depth.saturating_sub(1);
                at + 1
            }
            _ if depth > 0 => at + 1,
            _ => scalar_end(text, at),
        };
        if depth == 0 {
            break;
        }
    }
    at
}

/// Where the number or keyword ends that begins at `start`.
pub(super) fn scalar_end(text: &[u8], start: usize) -> usize {
    let rest = text.get(start..).unwrap_or_default();
    let len = rest
        .iter()
        .position(|byte| matches!(byte, b',' | b']' | b'}' | b' ' | b'\t' | b'\n' | b'\r'));
    start + len.unwrap_or(rest.len())
}

/// Whether the string literal `literal`, quotes included, spells `word`, which has only characters
/// that JSON may escape in no other way than `\u`.
pub(super) fn spells(literal: &[u8], word: &[u8]) -> bool {
    let Some(mut rest) = literal
        .strip_prefix(b"\"")
        .and_then(|rest| rest.strip_suffix(b"\""))
    else {
        return false;
    };
    for expected in word {
        let (found, behind) = match rest {
            [b'\\', b'u', behind @ ..] => match unit(behind) {
                Some((code, behind)) => (code, behind),
                None => return false,
            },
            [byte, behind @ ..] => (u16::from(*byte), behind),
            [] => return false,
        };
        if found != u16::from(*expected) {
            return false;
        }
        rest = behind;
    }
    rest.is_empty()
}

/// The UTF-16 code unit written as the first four bytes, and what follows.
fn unit(text: &[u8]) -> Option<(u16, &[u8])> {
    let (digits, rest) = text.split_first_chunk::<4>()?;
    let mut code = 0;
    for digit in digits {
        let digit = char::from(*digit).to_digit(16)?;
        code = code << 4 | u16::try_from(digit).ok()?;
    }
    Some((code, rest))
}

/// The text with each surrogate escape that has no partner replaced by `\ufffd`, which is as long.
///
/// JavaScript may cut a string inside a surrogate pair and sends the halves as they are; no Rust
/// string can hold them.
pub(super) fn mend_surrogates(text: &str) -> Cow<'_, str> {
    if !may_have_surrogates(text.as_bytes()) {
        return Cow::Borrowed(text);
    }
    let bytes = text.as_bytes();
    let mut mended = String::new();
    let mut copied = 0;
    let mut at = 0;
    while let Some(found) = bytes.get(at..).and_then(|rest| memchr(b'\\', rest)) {
        at += found;
        at += match surrogate(bytes, at) {
            Some(0xd800..=0xdbff) if matches!(surrogate(bytes, at + 6), Some(0xdc00..=0xdfff)) => {
                12
            }
            Some(_) => {
                mended.push_str(text.get(copied..at).unwrap_or_default());
                mended.push_str("\\ufffd");
                copied = at + 6;
                6
            }
            None => 2,
        };
    }
    if copied == 0 {
        return Cow::Borrowed(text);
    }
    mended.push_str(text.get(copied..).unwrap_or_default());
    Cow::Owned(mended)
}

fn may_have_surrogates(text: &[u8]) -> bool {
    // Most text has no escape at all, and this search is the cheapest.
    let Some(escape) = memchr(b'\\', text) else {
        return false;
    };
    let text = text.get(escape..).unwrap_or_default();
    [&b"\\ud"[..], b"\\uD"].into_iter().any(|start| {
        memmem::find_iter(text, start).any(|at| {
            matches!(
                text.get(at + start.len()),
                Some(b'8' | b'9' | b'a'..=b'f' | b'A'..=b'F')
            )
        })
    })
}

/// The code of the escape at `at`, if it is one of a surrogate.
fn surrogate(text: &[u8], at: usize) -> Option<u16> {
    let digits = text.get(at..)?.strip_prefix(b"\\u")?;
    let (code, _) = unit(digits)?;
    (0xd800..=0xdfff).contains(&code).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_ends_where_it_ends() {
        for value in [
            "1",
            "-1.5e+3",
            "null",
            "\"\"",
            r#""a\"b\\""#,
            r#""]}""#,
            "[]",
            r#"{"a":[1,{"b":"]"}],"c":"\\"}"#,
            "\"é\u{1f600}\"",
        ] {
            for behind in ["", ",1", " ,", "]", "}", "\n"] {
                let text = format!("  {value}{behind}");
                let start = skip_space(text.as_bytes(), 0);
                assert_eq!(start, 2);
                assert_eq!(value_end(text.as_bytes(), start), 2 + value.len(), "{text}");
            }
        }
    }

    #[test]
    fn broken_text_stays_in_bounds() {
        let text = r#"{"a\":[1,{"b":"]"}],"c":"\"#;
        for cut in 0..=text.len() {
            let bytes = text.get(..cut).map(str::as_bytes).unwrap_or_default();
            for start in 0..=cut + 1 {
                assert!(value_end(bytes, start) <= cut.max(start));
                assert!(string_end(bytes, start) <= cut.max(start));
            }
        }
    }

    #[test]
    fn keys_are_read_through_their_escapes() {
        assert!(spells(br#""num""#, b"num"));
        assert!(spells(br#""\u006eu\u006D""#, b"num"));
        for other in [
            &br#""nu""#[..],
            br#""numb""#,
            br#""n\u0075""#,
            br#""\u016eum""#,
            br#""\u006""#,
            br#""\num""#,
            b"\"",
            b"",
        ] {
            assert!(!spells(other, b"num"), "{}", other.escape_ascii());
        }
    }

    #[test]
    fn lone_surrogates_are_replaced_and_pairs_are_not() {
        for (text, expected) in [
            (r#""plain""#, None),
            (r#""\ud7ff\ue000""#, None),
            (r#""\ud83d\ude00""#, None),
            (r#""\\ud800""#, None),
            (r#""\ud800""#, Some(r#""\ufffd""#)),
            (r#""\uDC00é""#, Some(r#""\ufffdé""#)),
            (r#""\ud800\ud83d\ude00""#, Some(r#""\ufffd\ud83d\ude00""#)),
            (r#""\ud83d\\ude00""#, Some(r#""\ufffd\\ude00""#)),
            (r#""\ude00\ud83d""#, Some(r#""\ufffd\ufffd""#)),
            (r#""\ud83d\n\ude00""#, Some(r#""\ufffd\n\ufffd""#)),
        ] {
            let mended = mend_surrogates(text);
            assert_eq!(mended, expected.unwrap_or(text));
            assert_eq!(matches!(mended, Cow::Owned(_)), expected.is_some());
            assert!(serde_json::from_str::<String>(&mended).is_ok());
        }
    }
}
