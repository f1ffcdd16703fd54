use bytes::{Bytes, BytesMut};
use bytestring::ByteString;

use super::{Packet, SEPARATOR};
use crate::{DecodeError, Outgoing};

/// The packets of a request's body, in order, each a slice of it.
///
/// Ends after the first error. An empty body and a separator at the end both are an empty packet,
/// which is an error. Spec: Engine.IO 4, HTTP long-polling, Packet encoding.
pub fn decode(body: &ByteString) -> Decode {
    Decode {
        rest: Some(body.clone()),
        offset: 0,
    }
}

/// See [`decode`].
#[derive(Debug)]
pub struct Decode {
    rest: Option<ByteString>,
    offset: usize,
}

impl Iterator for Decode {
    type Item = Result<Packet, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        let rest = self.rest.take()?;
        let record = match rest.split_once(char::from(SEPARATOR)) {
            Some((record, behind)) => {
                self.rest = Some(rest.slice_ref(behind));
                rest.slice_ref(record)
            }
            None => rest,
        };
        let packet = Packet::decode_record(&record).map_err(|error| error.within(self.offset));
        self.offset += record.len() + 1;
        if packet.is_err() {
            self.rest = None;
        }
        Some(packet)
    }
}

/// The body of an answer, packet by packet.
#[derive(Debug, Default)]
pub struct Payload {
    body: Body,
    packets: usize,
}

#[derive(Debug, Default)]
enum Body {
    #[default]
    Empty,
    /// A single packet is sent as it is, without a copy.
    One(Bytes),
    Many(BytesMut),
}

impl Payload {
    /// Adds a packet behind the others.
    pub fn push(&mut self, packet: &Packet<Outgoing>) {
        let record = packet.record();
        self.packets += 1;
        self.body = match std::mem::take(&mut self.body) {
            Body::Empty => Body::One(record),
            Body::One(first) => {
                let mut body = BytesMut::with_capacity(first.len() + 1 + record.len());
                body.extend_from_slice(&first);
                Body::Many(append(body, &record))
            }
            Body::Many(body) => Body::Many(append(body, &record)),
        };
    }

    /// How many packets it has.
    pub const fn packets(&self) -> usize {
        self.packets
    }

    /// The body, to be sent as `text/plain; charset=UTF-8`.
    pub fn into_body(self) -> Bytes {
        match self.body {
            Body::Empty => Bytes::new(),
            Body::One(record) => record,
            Body::Many(body) => body.freeze(),
        }
    }
}

fn append(mut body: BytesMut, record: &[u8]) -> BytesMut {
    body.extend_from_slice(&[SEPARATOR]);
    body.extend_from_slice(record);
    body
}
