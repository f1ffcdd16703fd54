//! A packet of Socket.IO.

use serde_json::Value;

use crate::engine::Packet;

/// A packet of Socket.IO with its attachments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SocketPacket {
    /// The type digit, 0 to 6.
    pub kind: u8,
    /// How many attachments the text announces.
    pub announced: usize,
    /// The namespace, `/` for the main one.
    pub namespace: String,
    /// The id that joins an event and its acknowledgement.
    pub id: Option<u64>,
    /// The JSON as it was written; empty if there is none.
    pub data: String,
    /// The attachments.
    pub attachments: Vec<Vec<u8>>,
}

impl SocketPacket {
    /// A CONNECT without an auth payload.
    #[must_use]
    pub fn connect(namespace: &str) -> Self {
        Self::new(0, String::new()).namespace(namespace)
    }

    /// An event of the main namespace; `data` is the array of its name and arguments.
    #[must_use]
    pub fn event(data: impl Into<String>) -> Self {
        Self::new(2, data.into())
    }

    /// An acknowledgement in the main namespace; `data` is the array of its arguments.
    #[must_use]
    pub fn ack(id: u64, data: impl Into<String>) -> Self {
        Self::new(3, data.into()).id(id)
    }

    /// The same packet in another namespace.
    #[must_use]
    pub fn namespace(mut self, namespace: &str) -> Self {
        namespace.clone_into(&mut self.namespace);
        self
    }

    /// The same packet with this id.
    #[must_use]
    pub fn id(mut self, id: u64) -> Self {
        self.id = Some(id);
        self
    }

    /// The same packet with this JSON.
    #[must_use]
    pub fn data(mut self, json: impl Into<String>) -> Self {
        self.data = json.into();
        self
    }

    /// The same event or acknowledgement with one more attachment, which makes it a binary one.
    #[must_use]
    pub fn attach(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        if self.announced == 0 {
            self.kind += 3;
        }
        self.announced += 1;
        self.attachments.push(bytes.into());
        self
    }

    /// The JSON, parsed.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.data)
            .unwrap_or_else(|error| panic!("data is not JSON ({error}): {self:?}"))
    }

    /// The packets that carry it: the text, then the attachments.
    #[must_use]
    pub fn encode(&self) -> Vec<Packet> {
        let count = match self.kind {
            5.. => format!("{}-", self.announced),
            _ => String::new(),
        };
        let namespace = match self.namespace.as_str() {
            "/" => String::new(),
            custom => format!("{custom},"),
        };
        let id = self.id.map(|id| id.to_string()).unwrap_or_default();
        let text = format!("4{}{count}{namespace}{id}{}", self.kind, self.data);
        let attachments = self.attachments.iter().cloned().map(Packet::Binary);
        std::iter::once(Packet::Text(text))
            .chain(attachments)
            .collect()
    }

    /// Reads the text of a packet, as strictly as the reference client does; its attachments follow
    /// in packets of their own.
    #[must_use]
    pub fn decode(text: &str) -> Self {
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let broken = |what: &str| -> ! { panic!("{what} of a packet of Socket.IO: {text:?}") };
        let (kind, mut rest) = text.split_at_checked(1).unwrap_or_else(|| broken("type"));
        let kind = kind.parse().unwrap_or_else(|_| broken("type"));
        let mut packet = Self::new(kind, String::new());
        if kind >= 5 {
            let (announced, after) = rest.split_once('-').unwrap_or_else(|| broken("count"));
            packet.announced = announced.parse().unwrap_or_else(|_| broken("count"));
            rest = after;
        }
        if rest.starts_with('/') {
            // The comma is optional on input but always present on output.
            let (namespace, after) = rest.split_once(',').unwrap_or_else(|| broken("namespace"));
            namespace.clone_into(&mut packet.namespace);
            rest = after;
        }
        let (id, data) = rest.split_at(digits(rest));
        if !id.is_empty() {
            packet.id = Some(id.parse().unwrap_or_else(|_| broken("id")));
        }
        data.clone_into(&mut packet.data);
        packet
    }

    fn new(kind: u8, data: String) -> Self {
        Self {
            kind,
            announced: 0,
            namespace: "/".to_owned(),
            id: None,
            data,
            attachments: Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_is_the_published_one() {
        for (text, packet) in [
            ("0", SocketPacket::connect("/")),
            ("0/a,{}", SocketPacket::connect("/a").data("{}")),
            ("212[1]", SocketPacket::event("[1]").id(12)),
            ("3/a,0[]", SocketPacket::ack(0, "[]").namespace("/a")),
            (
                "52-/a,7[]",
                SocketPacket::event("[]")
                    .namespace("/a")
                    .id(7)
                    .attach([1])
                    .attach([2]),
            ),
            ("61-7[]", SocketPacket::ack(7, "[]").attach([])),
        ] {
            let encoded = packet.encode();
            assert_eq!(encoded[0], Packet::Text(format!("4{text}")));
            assert_eq!(encoded.len(), 1 + packet.attachments.len());
            let mut decoded = SocketPacket::decode(text);
            decoded.attachments.clone_from(&packet.attachments);
            assert_eq!(decoded, packet);
        }
    }
}
