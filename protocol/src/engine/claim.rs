use super::number;

/// What a request says of itself in a resume session, as it stands in its query.
///
/// Of a parameter that is repeated the first counts. To a plain session none of it means anything.
/// Spec: PROTOCOL.md, Legs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Claim {
    leg: Number,
    recv: Number,
    seq: Number,
    at_once: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
enum Number {
    #[default]
    Missing,
    Malformed,
    Is(u64),
}

/// The two numbers that a leg is opened with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Attach {
    /// The client's number of the leg, greater than that of any before.
    pub leg: u64,
    /// How many messages the client has taken.
    pub recv: u64,
}

impl Claim {
    /// A request that says nothing.
    pub const NONE: Self = Self {
        leg: Number::Missing,
        recv: Number::Missing,
        seq: Number::Missing,
        at_once: None,
    };

    /// Notes a parameter of the query; those that are not of the extension are ignored.
    pub fn note(&mut self, name: &str, value: &str) {
        let number = match name {
            "leg" => &mut self.leg,
            "recv" => &mut self.recv,
            "seq" => &mut self.seq,
            "wait" => {
                self.at_once.get_or_insert(value == "0");
                return;
            }
            _ => return,
        };
        if *number == Number::Missing {
            let decoded = number::decode(value.as_bytes());
            *number = decoded.map_or(Number::Malformed, Number::Is);
        }
    }

    /// Whether it claims to be a leg, rightly or not.
    pub const fn is_leg(&self) -> bool {
        !matches!(self.leg, Number::Missing)
    }

    /// Whether it is a POST with messages, by its own account.
    pub const fn has_messages(&self) -> bool {
        !matches!(self.seq, Number::Missing)
    }

    /// Whether a poll is to be answered although there is nothing to say.
    pub(super) fn is_at_once(&self) -> bool {
        self.at_once == Some(true)
    }

    /// The leg, if its numbers are right by themselves.
    pub(super) const fn attach(&self) -> Option<Attach> {
        match (self.leg, self.recv) {
            (Number::Is(leg @ 1..), Number::Is(recv)) => Some(Attach { leg, recv }),
            _ => None,
        }
    }

    /// Of a POST, how many messages the client has taken and the number of the first one in it, if
    /// these are right by themselves.
    pub(super) const fn post(&self) -> Option<(u64, Option<u64>)> {
        match (self.recv, self.seq) {
            (Number::Is(recv), Number::Is(seq @ 1..)) => Some((recv, Some(seq))),
            (Number::Is(recv), Number::Missing) => Some((recv, None)),
            _ => None,
        }
    }
}
