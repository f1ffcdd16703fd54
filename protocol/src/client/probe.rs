use super::Exchange;
use crate::Time;

/// A WebSocket that is tried while polls carry the session.
///
/// ```text
///   Off --the session polls--> Waiting --at--> Trying --3probe--> the session's leg
///                                 ^              |
///                                 +-- anything else, silence
/// ```
///
/// Spec: PROTOCOL.md, Upgrade.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Probe {
    Off,
    Waiting { at: Time },
    Trying { exchange: Exchange, until: Time },
}

impl Probe {
    pub(super) const fn deadline(&self) -> Option<Time> {
        match self {
            Self::Off => None,
            Self::Waiting { at } => Some(*at),
            Self::Trying { until, .. } => Some(*until),
        }
    }

    pub(super) fn is(&self, exchange: Exchange) -> bool {
        self.exchange() == Some(exchange)
    }

    pub(super) const fn exchange(&self) -> Option<Exchange> {
        match self {
            Self::Off | Self::Waiting { .. } => None,
            Self::Trying { exchange, .. } => Some(*exchange),
        }
    }
}
