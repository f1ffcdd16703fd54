//! What people write, checked: a value of these types is fit to be stored and shown.

use std::sync::Arc;

use serde::Serialize;

use crate::problem::Problem;

/// How somebody wants to be called. Several people may have the same name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Name(String);

/// What a room is called; two rooms never have the same name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct RoomName(Arc<str>);

/// A message's text, of one or more lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Text(String);

impl Name {
    /// In characters.
    pub(crate) const LONGEST: usize = 24;

    pub(crate) fn parse(raw: &str) -> Result<Self, Problem> {
        one_line("name", raw, Self::LONGEST).map(Self)
    }
}

impl RoomName {
    /// In characters.
    pub(crate) const LONGEST: usize = 32;

    pub(crate) fn parse(raw: &str) -> Result<Self, Problem> {
        one_line("room's name", raw, Self::LONGEST).map(|name| Self(name.into()))
    }

    /// The room's name for Encke. Every socket is alone in a room named by its id, so a name that
    /// a guest makes up is kept apart from those.
    pub(crate) fn channel(&self) -> String {
        format!("room:{}", self.0)
    }
}

impl Serialize for RoomName {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Text {
    /// In characters.
    pub(crate) const LONGEST: usize = 2000;

    pub(crate) fn parse(raw: &str) -> Result<Self, Problem> {
        let text: String = raw
            .trim()
            .chars()
            .filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\t'))
            .collect();
        if text.is_empty() {
            return Err(Problem::Blank("message"));
        }
        fit("message", text, Self::LONGEST).map(Self)
    }
}

/// One line without control characters, each gap one space. It needs a letter or a digit: a name
/// of spaces without width would look like none.
fn one_line(what: &'static str, raw: &str, longest: usize) -> Result<String, Problem> {
    let words: Vec<String> = raw
        .split_whitespace()
        .map(|word| word.chars().filter(|letter| !letter.is_control()).collect())
        .collect();
    let line = words.join(" ");
    if !line.chars().any(char::is_alphanumeric) {
        return Err(Problem::Blank(what));
    }
    fit(what, line, longest)
}

fn fit(what: &'static str, text: String, longest: usize) -> Result<String, Problem> {
    if text.chars().count() > longest {
        return Err(Problem::TooLong(what, longest));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_one_tidy_line() {
        assert_eq!(
            Name::parse("  Ada \t\n Lovelace\u{7} ").unwrap().0,
            "Ada Lovelace"
        );
        assert_eq!(Name::parse("Zoë 🎈").unwrap().0, "Zoë 🎈");
        for raw in ["", " \n ", "\u{200b}\u{200b}", "…"] {
            assert_eq!(Name::parse(raw), Err(Problem::Blank("name")), "{raw:?}");
        }
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        let longest = "é".repeat(Name::LONGEST);
        assert_eq!(Name::parse(&longest).unwrap().0, longest);
        let longer = longest + "é";
        assert_eq!(Name::parse(&longer), Err(Problem::TooLong("name", 24)));
        assert!(RoomName::parse(&"r".repeat(32)).is_ok());
        assert!(RoomName::parse(&"r".repeat(33)).is_err());
        assert!(Text::parse(&"🎈".repeat(2000)).is_ok());
        assert!(Text::parse(&"🎈".repeat(2001)).is_err());
    }

    #[test]
    fn texts_keep_their_lines() {
        assert_eq!(Text::parse(" a\r\n\tb\u{0} ").unwrap().0, "a\n\tb");
        assert_eq!(Text::parse("\u{0}\n"), Err(Problem::Blank("message")));
        assert_eq!(Text::parse("</script>").unwrap().0, "</script>");
    }

    /// A guest can not name a room so that it is some socket's own.
    #[test]
    fn channels_are_apart_from_sockets() {
        assert_eq!(RoomName::parse("lobby").unwrap().channel(), "room:lobby");
    }
}
