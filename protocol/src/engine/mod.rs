//! Packets, and how they travel: the session below namespaces and events.

mod candidate;
pub mod frame;
mod heartbeat;
mod leg;
mod open;
mod packet;
mod payload;
mod refusal;
mod replay;
mod route;
mod state;

pub use leg::{Leg, LegEnd, Output, Via};
pub use packet::Packet;
pub use payload::{Decode, Payload, decode as decode_payload};
pub use refusal::Refusal;
pub use state::{Engine, Opening};

/// The byte between two packets of a payload, U+001E.
pub const SEPARATOR: u8 = 0x1e;
