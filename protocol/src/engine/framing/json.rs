use std::fmt::Write as _;

/// Text as a JSON string that can stand in a script and in HTML: no character in it begins or ends
/// either. What is not UTF-8 becomes U+FFFD.
pub fn string(text: &[u8]) -> String {
    let mut json = String::with_capacity(text.len() + 16);
    json.push('"');
    for character in String::from_utf8_lossy(text).chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '<' | '>' | '&' | '\'' | '\0'..='\u{1f}' | '\u{7f}' | '\u{2028}' | '\u{2029}' => {
                // Writing to a string can not fail.
                let _ = write!(json, "\\u{:04x}", u32::from(character));
            }
            plain => json.push(plain),
        }
    }
    json.push('"');
    json
}
