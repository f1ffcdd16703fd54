use std::borrow::Cow;
use std::sync::Arc;

use serde::Serialize;

use super::name;
use super::offset::Offset;
use super::payload::{Json, Payload};
use super::spread::Shape;
use super::unencodable::EncodeError;
use crate::{Outgoing, Sid};

/// A packet on its way out: one text message, and one binary message for each attachment.
///
/// Encoded once for everybody it goes to; cloning counts references.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Encoded {
    header: Outgoing,
    /// None if there are none, which is the usual case and then costs no allocation.
    attachments: Option<Arc<[Outgoing]>>,
}

impl Encoded {
    fn new(header: Outgoing, attachments: Vec<Outgoing>) -> Self {
        Self {
            header,
            attachments: (!attachments.is_empty()).then(|| attachments.into()),
        }
    }

    /// The text message that the packet begins with.
    pub const fn header(&self) -> &Outgoing {
        &self.header
    }

    /// The binary messages that follow the header, in order.
    pub fn attachments(&self) -> &[Outgoing] {
        self.attachments.as_deref().unwrap_or_default()
    }

    /// All messages in the order in which they are to be sent, with none between them.
    pub fn messages(&self) -> impl Iterator<Item = &Outgoing> {
        std::iter::once(&self.header).chain(self.attachments())
    }

    /// How many messages it is, at least 1.
    pub fn count(&self) -> usize {
        1 + self.attachments().len()
    }

    /// Bytes of all its messages, without framing.
    pub fn bytes(&self) -> usize {
        self.messages().map(Outgoing::len).sum()
    }
}

/// EVENT: `2[/ns,][id]["name",…]`, or `5N-…` with attachments.
///
/// `nsp` begins with `/` and has no comma, `?` or U+001E in it, here and in the other functions.
///
/// # Errors
///
/// A reserved name, and whatever can not be written as JSON.
pub fn event<P: Payload + ?Sized>(
    nsp: &str,
    id: Option<u64>,
    event: &str,
    payload: &P,
) -> Result<Encoded, EncodeError> {
    let name = event_name(event)?;
    let draft = Draft::write(nsp, name.len(), payload)?;
    Ok(draft.finish([b'2', b'5'], nsp, id, Some(&name)))
}

/// EVENT as by [`event`], without an id and with its offset as the last argument.
///
/// Spec: PROTOCOL.md, Connection state recovery.
///
/// # Errors
///
/// As [`event`].
pub fn event_at<P: Payload + ?Sized>(
    nsp: &str,
    offset: Offset,
    event: &str,
    payload: &P,
) -> Result<Encoded, EncodeError> {
    let name = event_name(event)?;
    let mut draft = Draft::write(nsp, name.len(), payload)?;
    draft.append(offset);
    Ok(draft.finish([b'2', b'5'], nsp, None, Some(&name)))
}

/// ACK: `3[/ns,]id[…]`, or `6N-…` with attachments.
///
/// # Errors
///
/// Whatever can not be written as JSON.
pub fn ack<P: Payload + ?Sized>(nsp: &str, id: u64, payload: &P) -> Result<Encoded, EncodeError> {
    let draft = Draft::write(nsp, 0, payload)?;
    Ok(draft.finish([b'3', b'6'], nsp, Some(id), None))
}

/// CONNECT, from the server: `0[/ns,]{"sid":"…"}`.
pub fn connect(nsp: &str, sid: Sid) -> Encoded {
    connect_with(nsp, &[(r#"{"sid":""#, sid)])
}

/// CONNECT, from a server with connection state recovery: `0[/ns,]{"sid":"…","pid":"…"}`.
pub fn connect_recoverable(nsp: &str, sid: Sid, pid: Sid) -> Encoded {
    connect_with(nsp, &[(r#"{"sid":""#, sid), (r#"","pid":""#, pid)])
}

fn connect_with(nsp: &str, fields: &[(&str, Sid)]) -> Encoded {
    let mut text = plain(b'0', nsp);
    for (before, value) in fields {
        text.extend_from_slice(before.as_bytes());
        value.with_str(|value| text.extend_from_slice(value.as_bytes()));
    }
    text.extend_from_slice(br#""}"#);
    Encoded::new(Outgoing::from_buffer(text, Outgoing::HEADROOM), Vec::new())
}

/// `CONNECT_ERROR`: `4[/ns,]{"message":"…"}`, with `"data"` if there is any.
///
/// It has no attachments; bytes in `data` become a sequence of numbers.
///
/// # Errors
///
/// Whatever can not be written as JSON.
pub fn connect_error<D: Serialize + ?Sized>(
    nsp: &str,
    message: &str,
    data: Option<&D>,
) -> Result<Encoded, EncodeError> {
    #[derive(Serialize)]
    struct Refusal<'a, D: ?Sized> {
        message: &'a str,
        #[serde(skip_serializing_if = "Option::is_none")]
        data: Option<&'a D>,
    }
    let mut text = plain(b'4', nsp);
    serde_json::to_writer(&mut text, &Refusal { message, data })?;
    let header = Outgoing::from_buffer(text, Outgoing::HEADROOM);
    Ok(Encoded::new(header, Vec::new()))
}

/// DISCONNECT: `1[/ns,]`.
pub fn disconnect(nsp: &str) -> Encoded {
    let text = plain(b'1', nsp);
    Encoded::new(Outgoing::from_buffer(text, Outgoing::HEADROOM), Vec::new())
}

/// The beginning of a packet whose length in front of its JSON is known.
fn plain(kind: u8, nsp: &str) -> Vec<u8> {
    let mut text = Vec::with_capacity(Outgoing::HEADROOM + nsp.len() + 48);
    text.resize(Outgoing::HEADROOM, 0);
    text.push(kind);
    if nsp != ROOT {
        text.extend_from_slice(nsp.as_bytes());
        text.push(b',');
    }
    text
}

/// The namespace that is not written.
const ROOT: &str = "/";

/// Digits of the greatest number that can stand in front of the JSON.
const MAX_DIGITS: usize = 20;

/// An event's name as it stands between quotes.
fn event_name(event: &str) -> Result<Cow<'_, str>, EncodeError> {
    if name::is_reserved(event) {
        return Err(EncodeError::ReservedEvent);
    }
    escaped(event)
}

/// The inside of a JSON string.
fn escaped(text: &str) -> Result<Cow<'_, str>, EncodeError> {
    if text
        .bytes()
        .all(|byte| byte >= b' ' && byte != b'"' && byte != b'\\')
    {
        return Ok(Cow::Borrowed(text));
    }
    let mut literal = serde_json::to_string(text)?;
    literal.pop();
    literal.remove(0);
    Ok(Cow::Owned(literal))
}

/// A payload that was written behind as much room as its packet's beginning can need: whether
/// there are attachments, and how many, is known only now.
struct Draft {
    json: Json,
    /// Where the payload begins, and later the packet.
    start: usize,
    shape: Shape,
}

impl Draft {
    fn write<P: Payload + ?Sized>(
        nsp: &str,
        name: usize,
        payload: &P,
    ) -> Result<Self, EncodeError> {
        // Type, count, '-', namespace, ',', id, '[', name in quotes, ','.
        let start = Outgoing::HEADROOM + 2 * MAX_DIGITS + nsp.len() + name + 7;
        let mut json = Json::default();
        json.text.reserve(start + 64);
        json.text.resize(start, 0);
        let shape = payload.write(&mut json)?;
        Ok(Self { json, start, shape })
    }

    /// Adds an argument behind the payload's.
    fn append(&mut self, offset: Offset) {
        let text = &mut self.json.text;
        if self.shape == Shape::Array {
            // The payload's bracket goes behind the offset instead.
            self.start += 1;
            text.pop();
        }
        self.shape = Shape::Value;
        if text.len() > self.start {
            text.push(b',');
        }
        text.push(b'"');
        offset.write(text);
        text.push(b'"');
    }

    /// Puts the rest of the packet around the payload.
    fn finish(
        mut self,
        [text, binary]: [u8; 2],
        nsp: &str,
        id: Option<u64>,
        name: Option<&str>,
    ) -> Encoded {
        match self.shape {
            // The payload's own brackets become those of the packet.
            Shape::Array => self.start += 1,
            Shape::Value | Shape::Nothing => self.json.text.push(b']'),
        }
        if let Some(name) = name {
            let rest = self.json.text.get(self.start..);
            if rest.is_none_or(|rest| rest != b"]") {
                self.prepend(b",");
            }
            self.prepend(b"\"");
            self.prepend(name.as_bytes());
            self.prepend(b"\"");
        }
        self.prepend(b"[");
        if let Some(id) = id {
            self.prepend_number(id);
        }
        if nsp != ROOT {
            self.prepend(b",");
            self.prepend(nsp.as_bytes());
        }
        let attachments = self.json.attachments.len();
        if attachments == 0 {
            self.prepend(&[text]);
        } else {
            self.prepend(b"-");
            self.prepend_number(attachments as u64);
            self.prepend(&[binary]);
        }
        let header = Outgoing::from_buffer(self.json.text, self.start);
        Encoded::new(header, self.json.attachments)
    }

    /// There is room: `write` reserved the most that the parts can need.
    fn prepend(&mut self, bytes: &[u8]) {
        let end = self.start;
        self.start -= bytes.len();
        self.json.text[self.start..end].copy_from_slice(bytes);
    }

    fn prepend_number(&mut self, mut number: u64) {
        loop {
            self.prepend(&[b'0' + u8::try_from(number % 10).unwrap_or_default()]);
            number /= 10;
            if number == 0 {
                break;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Args;
    use super::*;

    fn text(encoded: &Encoded) -> &str {
        std::str::from_utf8(encoded.header().body()).unwrap()
    }

    #[test]
    fn every_packet_in_both_kinds_of_namespace() {
        let sid = Sid::from_bytes([0; 16]);
        let none = None::<&()>;
        for (encoded, expected) in [
            (event("/", None, "e", &1), "2[\"e\",1]"),
            (event("/é", Some(0), "e", &1), "2/é,0[\"e\",1]"),
            (
                event("/", Some(u64::MAX), "e", &()),
                "218446744073709551615[\"e\"]",
            ),
            (ack("/", 0, &()), "30[]"),
            (ack("/a", 120, &(1, "é")), "3/a,120[1,\"é\"]"),
            (
                Ok(connect("/", sid)),
                "0{\"sid\":\"AAAAAAAAAAAAAAAAAAAAAA\"}",
            ),
            (
                Ok(connect("/a", sid)),
                "0/a,{\"sid\":\"AAAAAAAAAAAAAAAAAAAAAA\"}",
            ),
            (
                Ok(connect_recoverable("/a", sid, sid)),
                "0/a,{\"sid\":\"AAAAAAAAAAAAAAAAAAAAAA\",\"pid\":\"AAAAAAAAAAAAAAAAAAAAAA\"}",
            ),
            (Ok(disconnect("/")), "1"),
            (Ok(disconnect("/a")), "1/a,"),
            (connect_error("/", "no", none), "4{\"message\":\"no\"}"),
            (
                connect_error("/a", "\"", Some([1].as_slice())),
                "4/a,{\"message\":\"\\\"\",\"data\":[1]}",
            ),
        ] {
            assert_eq!(text(&encoded.unwrap()), expected);
        }
    }

    #[test]
    fn an_offset_is_the_last_argument() {
        let offset = Offset::new(1, 64);
        let args = |json| Args::from_json(json).unwrap();
        for (encoded, expected) in [
            (event_at("/", offset, "e", &1), r#"2["e",1,"BA.B"]"#),
            (event_at("/é", offset, "e", &"x"), r#"2/é,["e","x","BA.B"]"#),
            (event_at("/", offset, "e", &()), r#"2["e","BA.B"]"#),
            (
                event_at("/", offset, "e", &(1, [2])),
                r#"2["e",1,[2],"BA.B"]"#,
            ),
            (event_at("/", offset, "e", &[0; 0]), r#"2["e","BA.B"]"#),
            (
                event_at("/", offset, "e", &vec![0; 0]),
                r#"2["e",[],"BA.B"]"#,
            ),
            (
                event_at("/", offset, "e", &None::<u8>),
                r#"2["e",null,"BA.B"]"#,
            ),
            (event_at("/", offset, "e", &args("[]")), r#"2["e","BA.B"]"#),
            (
                event_at("/", offset, "e", &args("[[],2]")),
                r#"2["e",[],2,"BA.B"]"#,
            ),
        ] {
            assert_eq!(text(&encoded.unwrap()), expected);
        }
        let bytes = serde_bytes::Bytes::new(b"ab");
        let encoded = event_at("/a", offset, "e", &(1, bytes)).unwrap();
        assert_eq!(
            text(&encoded),
            r#"51-/a,["e",1,{"_placeholder":true,"num":0},"BA.B"]"#
        );
        assert_eq!(encoded.attachments(), [Outgoing::binary(b"ab")]);
        let refused = event_at("/", offset, "disconnect", &());
        assert_eq!(refused, Err(EncodeError::ReservedEvent));
    }

    #[test]
    fn names_are_escaped_and_reserved_ones_refused() {
        let name = "\"\\\n\u{1e}\u{7f}é";
        let encoded = event("/a", Some(1), name, &1).unwrap();
        assert_eq!(text(&encoded), "2/a,1[\"\\\"\\\\\\n\\u001e\u{7f}é\",1]");
        let long = "\u{1}".repeat(1000);
        let encoded = event("/a", Some(1), &long, &()).unwrap();
        assert_eq!(
            text(&encoded),
            format!("2/a,1[\"{}\"]", "\\u0001".repeat(1000))
        );
        assert_eq!(
            event("/", None, "connect", &()),
            Err(EncodeError::ReservedEvent)
        );
    }

    #[test]
    fn framing_fits_in_front_of_every_packet() {
        for name in ["", "name"] {
            for nsp in ["/", "/a", "/a long namespace"] {
                for len in [0, 100, 125, 126, 65_535, 65_536] {
                    let encoded = event(nsp, Some(u64::MAX), name, &"x".repeat(len)).unwrap();
                    let frame = encoded.header().frame();
                    let record = encoded.header().record();
                    assert!(frame.ends_with(&record));
                    assert_eq!(&record[1..], encoded.header().body());
                }
            }
        }
    }
}
