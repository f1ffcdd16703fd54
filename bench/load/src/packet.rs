//! The few Engine.IO 4 and Socket.IO 5 packets that the contract needs.

use crate::error::Error;

/// Separates the packets of a polling payload.
pub(crate) const SEPARATOR: u8 = 0x1e;
/// Joins the namespace `/`.
pub(crate) const CONNECT: &[u8] = b"40";
pub(crate) const PONG: &[u8] = b"3";
/// Ends a session.
pub(crate) const CLOSE: &[u8] = b"1";

/// Digits of the number that each payload begins with.
pub(crate) const NUMBER_BYTES: usize = 10;

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Packet<'a> {
    Open {
        sid: String,
    },
    Ping,
    Noop,
    /// A count of what the server has taken, in a session that outlives its connections.
    Count,
    Close,
    Joined,
    Event(&'a [u8]),
}

/// Parses one packet from a server.
///
/// # Errors
///
/// For a packet that this client has not asked for, a refused CONNECT among them.
pub(crate) fn parse(bytes: &[u8]) -> Result<Packet<'_>, Error> {
    #[derive(serde::Deserialize)]
    struct Open {
        sid: String,
    }
    match bytes {
        [b'0', open @ ..] => {
            let Open { sid } = serde_json::from_slice(open)
                .map_err(|error| Error::Server(format!("an open packet: {error}")))?;
            Ok(Packet::Open { sid })
        }
        [b'1'] => Ok(Packet::Close),
        [b'2'] => Ok(Packet::Ping),
        [b'6'] => Ok(Packet::Noop),
        [b'7', b'0'..=b'9', ..] => Ok(Packet::Count),
        [b'4', b'0', b'{', ..] => Ok(Packet::Joined),
        [b'4', b'2', ..] => Ok(Packet::Event(bytes)),
        other => {
            let start = other.get(..80).unwrap_or(other);
            let start = String::from_utf8_lossy(start).into_owned();
            Err(Error::Server(format!("an unexpected packet: {start}")))
        }
    }
}

/// An event whose payload is a string that begins with a number, so that each
/// delivery can be told from every other and checked whole.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    packet: Vec<u8>,
    number_at: usize,
}

impl Event {
    /// `payload_bytes` is the length of the string, at least [`NUMBER_BYTES`].
    pub(crate) fn new(name: &str, payload_bytes: usize) -> Self {
        let start = format!("42[\"{name}\",\"");
        let mut packet = start.clone().into_bytes();
        packet.resize(start.len() + NUMBER_BYTES, b'0');
        packet.resize(start.len() + payload_bytes.max(NUMBER_BYTES), b'x');
        packet.extend_from_slice(b"\"]");
        Self {
            packet,
            number_at: start.len(),
        }
    }

    /// The packet with this number in it.
    pub(crate) fn numbered(&mut self, mut number: u64) -> &[u8] {
        let digits = self.number_at..self.number_at + NUMBER_BYTES;
        for digit in self.packet[digits].iter_mut().rev() {
            *digit = b"0123456789"[usize::try_from(number % 10).unwrap_or_default()];
            number /= 10;
        }
        &self.packet
    }

    /// The number of a packet that is this event.
    ///
    /// # Errors
    ///
    /// When the packet differs in anything but its number.
    pub(crate) fn number_of(&self, packet: &[u8]) -> Result<u64, Error> {
        let digits_end = self.number_at + NUMBER_BYTES;
        let number = packet
            .get(self.number_at..digits_end)
            .and_then(|digits| {
                digits.iter().try_fold(0_u64, |number, digit| match digit {
                    b'0'..=b'9' => Some(number * 10 + u64::from(digit - b'0')),
                    _ => None,
                })
            })
            .filter(|_| packet.get(..self.number_at) == self.packet.get(..self.number_at))
            .filter(|_| packet.get(digits_end..) == self.packet.get(digits_end..));
        number.ok_or_else(|| {
            let packet = String::from_utf8_lossy(packet).into_owned();
            Error::Server(format!("an event that was not emitted: {packet}"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{Event, Packet, parse};

    #[test]
    fn an_event_gives_its_number_back() {
        let mut event = Event::new("echo", 32);
        assert_eq!(
            event.numbered(1_234_567),
            br#"42["echo","0001234567xxxxxxxxxxxxxxxxxxxxxx"]"#
        );
        for number in [0, 9, 10, 9_999_999_999] {
            let packet = event.numbered(number).to_vec();
            assert_eq!(event.number_of(&packet).unwrap(), number);
        }
    }

    #[test]
    fn an_event_that_differs_anywhere_is_refused() {
        let mut event = Event::new("echo", 12);
        let good = event.numbered(7).to_vec();
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] = b'!';
            assert!(event.number_of(&bad).is_err(), "changed at {at}");
            assert!(event.number_of(&good[..at]).is_err(), "cut at {at}");
        }
    }

    #[test]
    fn packets_of_a_server() {
        let sid = "a".to_owned();
        assert_eq!(
            parse(br#"0{"sid":"a","upgrades":[]}"#).unwrap(),
            Packet::Open { sid }
        );
        assert_eq!(parse(br#"40{"sid":"b"}"#).unwrap(), Packet::Joined);
        assert_eq!(parse(b"732").unwrap(), Packet::Count);
        assert_eq!(parse(b"42[\"a\"]").unwrap(), Packet::Event(b"42[\"a\"]"));
        assert!(parse(br#"44{"message":"no"}"#).is_err());
        assert!(parse(b"").is_err());
    }
}
