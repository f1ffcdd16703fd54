use bytestring::ByteString;
use serde_json::value::RawValue;

use super::array::{Array, syntax_error};
use super::{Args, json, name};
use crate::{DecodeError, Fault, Limits, ProtocolError};

/// What a text message says. The attachments of an event or an ack are yet to come.
///
/// Spec: Socket.IO 5, Packet encoding.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Packet {
    /// `0`: the sender wants to join.
    Connect {
        /// The namespace, with its leading `/`.
        nsp: ByteString,
        /// The text of a JSON object.
        auth: Option<ByteString>,
    },
    /// `1`: the sender leaves.
    Disconnect {
        /// The namespace, with its leading `/`.
        nsp: ByteString,
    },
    /// `2` or `5`: something happened.
    Event {
        /// The namespace, with its leading `/`.
        nsp: ByteString,
        /// What an answer is to be marked with, if one is asked for.
        id: Option<u64>,
        /// The event's name; a number is given as it was written.
        name: ByteString,
        /// What follows the name.
        args: Args,
        /// How many attachments follow, for [`Args::attach`].
        attachments: usize,
    },
    /// `3` or `6`: the answer to an event.
    Ack {
        /// The namespace, with its leading `/`.
        nsp: ByteString,
        /// The number that the event came with.
        id: u64,
        /// The answer.
        args: Args,
        /// How many attachments follow, for [`Args::attach`].
        attachments: usize,
    },
    /// `4`: the receiver may not join. Only a server sends it.
    ConnectError {
        /// The namespace, with its leading `/`.
        nsp: ByteString,
        /// The text of a JSON object or string.
        data: Option<ByteString>,
    },
}

/// Stands between the packets of a text body, so that no packet may contain it.
const SEPARATOR: char = '\u{1e}';

/// JavaScript counts no further without gaps.
const MAX_ID: u64 = (1 << 53) - 1;

impl Packet {
    /// Reads a text message.
    ///
    /// Nothing is allocated for attachments that are announced.
    ///
    /// # Errors
    ///
    /// Whatever is no packet, an event with a reserved name, or more attachments than
    /// `limits.max_attachments`. Offsets count from the beginning of the message.
    pub fn decode(text: &ByteString, limits: &Limits) -> Result<Self, Fault> {
        let mut reader = Reader { text, at: 0 };
        let kind = reader
            .bump_if(|byte| matches!(byte, b'0'..=b'6'))
            .ok_or_else(|| reader.error("a packet type from 0 to 6"))?;
        let attachments = match kind {
            b'5' | b'6' => reader.attachments(limits)?,
            _ => 0,
        };
        let nsp = reader.namespace()?;
        match kind {
            b'0' => Ok(Self::Connect {
                nsp,
                auth: reader.json("a JSON object", b"{")?,
            }),
            b'1' => match reader.peek() {
                None => Ok(Self::Disconnect { nsp }),
                Some(_) => Err(reader.error("nothing behind a DISCONNECT").into()),
            },
            b'4' => Ok(Self::ConnectError {
                nsp,
                data: reader.json("a JSON object or string", b"{\"")?,
            }),
            b'2' | b'5' => {
                let id = reader.id()?;
                let array = Array::split(text, reader.at, true)?;
                Ok(Self::Event {
                    nsp,
                    id,
                    name: reader.event_name(&array)?,
                    args: Args::new(text.clone(), &array),
                    attachments,
                })
            }
            _ => {
                let id = reader.id()?;
                Ok(Self::Ack {
                    nsp,
                    id: id.ok_or_else(|| reader.error("the number of an acknowledgement"))?,
                    args: Args::new(text.clone(), &Array::split(text, reader.at, false)?),
                    attachments,
                })
            }
        }
    }
}

struct Reader<'t> {
    text: &'t ByteString,
    at: usize,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn bump_if(&mut self, accept: impl FnOnce(u8) -> bool) -> Option<u8> {
        let byte = self.peek().filter(|byte| accept(*byte))?;
        self.at += 1;
        Some(byte)
    }

    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    fn error(&self, expected: &'static str) -> DecodeError {
        self.error_at(self.at, expected)
    }

    fn error_at(&self, offset: usize, expected: &'static str) -> DecodeError {
        DecodeError::at(self.text.as_bytes(), offset, expected)
    }

    /// Digits as a number; one too great to hold becomes the greatest.
    fn digits(&mut self) -> Option<u64> {
        let start = self.at;
        let mut number = 0_u64;
        while let Some(digit) = self.bump_if(|byte| byte.is_ascii_digit()) {
            let digit = u64::from(digit - b'0');
            number = number.saturating_mul(10).saturating_add(digit);
        }
        (self.at > start).then_some(number)
    }

    /// `N-`
    fn attachments(&mut self, limits: &Limits) -> Result<usize, Fault> {
        let start = self.at;
        let count = self.digits();
        let count = count.ok_or_else(|| self.error("a number of attachments"))?;
        self.bump_if(|byte| byte == b'-')
            .ok_or_else(|| self.error("'-' behind the number of attachments"))?;
        if count == 0 {
            return Err(self
                .error_at(start, "a number of attachments from 1")
                .into());
        }
        usize::try_from(count)
            .ok()
            .filter(|count| *count <= limits.max_attachments)
            .ok_or_else(|| ProtocolError::TooManyAttachments.into())
    }

    /// `/name,` or `/name?query,` or, at the end of the packet, either without its comma.
    fn namespace(&mut self) -> Result<ByteString, DecodeError> {
        if self.peek() != Some(b'/') {
            return Ok(ByteString::from_static("/"));
        }
        let rest = self.rest();
        let (whole, behind) = match rest.split_once(',') {
            Some((whole, _)) => (whole, 1),
            None => (rest, 0),
        };
        let name = whole.split_once('?').map_or(whole, |(name, _)| name);
        // It comes back in answers, and would there end a packet in the middle.
        if let Some(at) = name.find(SEPARATOR) {
            return Err(self.error_at(self.at + at, "a namespace without U+001E"));
        }
        let name = self.text.slice_ref(name);
        self.at += whole.len() + behind;
        Ok(name)
    }

    fn id(&mut self) -> Result<Option<u64>, DecodeError> {
        let start = self.at;
        match self.digits() {
            Some(id) if id > MAX_ID => Err(self.error_at(start, "a number up to 2^53 - 1")),
            id => Ok(id),
        }
    }

    /// The rest as one JSON value that begins with one of these bytes, if there is any.
    fn json(
        &self,
        expected: &'static str,
        first: &[u8],
    ) -> Result<Option<ByteString>, DecodeError> {
        let Some(byte) = self.peek() else {
            return Ok(None);
        };
        if !first.contains(&byte) {
            return Err(self.error(expected));
        }
        let rest = self.rest();
        match serde_json::from_str::<&RawValue>(rest) {
            Ok(raw) => Ok(Some(self.text.slice_ref(raw.get()))),
            Err(error) => Err(syntax_error(rest, &error).within(self.at)),
        }
    }

    fn event_name(&self, array: &Array) -> Result<ByteString, Fault> {
        let span = array.name.clone().unwrap_or(self.at..self.at);
        let literal = self.text.get(span.clone()).unwrap_or_default();
        let name = match literal.as_bytes() {
            [b'-' | b'0'..=b'9', ..] => return Ok(self.text.slice_ref(literal)),
            [b'"', inner @ .., b'"'] if memchr::memchr(b'\\', inner).is_none() => {
                self.text.slice_ref(literal.trim_matches('"'))
            }
            [b'"', ..] => serde_json::from_str::<String>(&json::mend_surrogates(literal))
                .map_err(|error| syntax_error(literal, &error).within(span.start))?
                .into(),
            _ => {
                let expected = "an event's name, a string or a number";
                return Err(self.error_at(span.start, expected).into());
            }
        };
        if name::is_reserved(&name) {
            return Err(ProtocolError::ReservedEvent.into());
        }
        Ok(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Found;

    fn decode(text: &str) -> Result<Packet, Fault> {
        Packet::decode(&ByteString::from(text), &Limits::default())
    }

    fn event(text: &str) -> (String, Args) {
        match decode(text) {
            Ok(Packet::Event { name, args, .. }) => (name.to_string(), args),
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn an_error_says_where_and_what() {
        for (text, offset, found) in [
            ("", 0, Found::End),
            ("7", 0, Found::Byte(b'7')),
            ("é", 0, Found::Byte(0xc3)),
            ("2", 1, Found::End),
            ("2é[]", 1, Found::Byte(0xc3)),
            ("2/é,é", 5, Found::Byte(0xc3)),
            ("2[]", 1, Found::Byte(b'[')),
            ("2/é,1[null]", 7, Found::Byte(b'n')),
            ("2[\"a\",", 6, Found::End),
            ("2[\"a\"]é", 6, Found::Byte(0xc3)),
            ("2[\"é\" 1]", 7, Found::Byte(b'1')),
            ("3[]", 1, Found::Byte(b'[')),
            ("3/a,9007199254740992[]", 4, Found::Byte(b'9')),
            ("1/a,{}", 4, Found::Byte(b'{')),
            ("0/a,[]", 4, Found::Byte(b'[')),
            ("0{\"a\"}", 5, Found::Byte(b'}')),
            ("5é", 1, Found::Byte(0xc3)),
            ("51", 2, Found::End),
            ("51é", 2, Found::Byte(0xc3)),
            ("500-[\"a\"]", 1, Found::Byte(b'0')),
            ("0/é\u{1e}", 4, Found::Byte(0x1e)),
        ] {
            match decode(text) {
                Err(Fault::Decode(error)) => {
                    assert_eq!(
                        (error.offset, error.found),
                        (offset, found),
                        "{text:?}: {error}"
                    );
                }
                other => panic!("{text:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn attachments_are_counted_up_to_the_limit() {
        let limits = Limits {
            max_attachments: 3,
            ..Limits::default()
        };
        for (count, expected) in [
            ("1", Ok(1)),
            ("3", Ok(3)),
            ("003", Ok(3)),
            ("4", Err(Fault::Protocol(ProtocolError::TooManyAttachments))),
            (
                "18446744073709551617",
                Err(Fault::Protocol(ProtocolError::TooManyAttachments)),
            ),
        ] {
            for (kind, rest) in [("5", "-[\"a\"]"), ("6", "-1[]")] {
                let text = format!("{kind}{count}{rest}").into();
                let decoded = Packet::decode(&text, &limits).map(|packet| match packet {
                    Packet::Event { attachments, .. } | Packet::Ack { attachments, .. } => {
                        attachments
                    }
                    other => panic!("{other:?}"),
                });
                assert_eq!(decoded, expected, "{text}");
            }
        }
    }

    #[test]
    fn arguments_are_slices_of_the_message() {
        let text = ByteString::from("2/chat,12[\"say\", {\"b\":1,\"a\":[2.50]} ,\"é\"]");
        let Ok(Packet::Event {
            nsp,
            id,
            name,
            args,
            ..
        }) = Packet::decode(&text, &Limits::default())
        else {
            panic!("no event");
        };
        assert_eq!((&*nsp, id, &*name), ("/chat", Some(12), "say"));
        assert!(args.iter().eq([r#"{"b":1,"a":[2.50]}"#, "\"é\""]));
        let bounds = text.as_bytes().as_ptr_range();
        for slice in [&*nsp, &*name].into_iter().chain(&args) {
            assert!(bounds.contains(&slice.as_ptr()));
        }
    }

    #[test]
    fn names_are_read_through_their_escapes() {
        for (literal, name) in [
            (r#""""#, ""),
            (r#""é\u00e9\"""#, "éé\""),
            (r#""\ud83d\ude00""#, "\u{1f600}"),
            (r#""a\ud800""#, "a\u{fffd}"),
            (r#""\\ud800""#, "\\ud800"),
            ("0", "0"),
            ("-1.50e2", "-1.50e2"),
            (r#"" connect""#, " connect"),
        ] {
            assert_eq!(event(&format!("2[{literal}]")).0, name);
        }
        for name in ["disconnecting", r"\u0064isconnecting"] {
            let text = format!("2[\"{name}\"]");
            let expected = Err(Fault::Protocol(ProtocolError::ReservedEvent));
            assert_eq!(decode(&text), expected);
        }
    }

    #[test]
    fn depth_costs_no_stack() {
        let deep = "[".repeat(200_000) + &"]".repeat(200_000);
        let (_, args) = event(&format!("2[\"a\",{deep}]"));
        assert_eq!(args.raw(0), Some(&*deep));
        let deep = r#"{"a":"#.repeat(200_000) + "1" + &"}".repeat(200_000);
        assert!(decode(&format!("0{deep}")).is_ok());
        assert!(decode(&format!("2[\"a\",{}", "[".repeat(200_000))).is_err());
    }

    #[test]
    fn no_cut_of_a_packet_is_accepted_in_its_place() {
        let text = "52-/é,12[\"ä\",{\"_placeholder\":true,\"num\":0},\"\u{1f600}\"]";
        assert!(decode(text).is_ok());
        for (cut, _) in text.char_indices() {
            assert!(decode(&text[..cut]).is_err(), "{}", &text[..cut]);
        }
    }
}
