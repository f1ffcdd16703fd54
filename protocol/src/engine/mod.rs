//! Packets, and how they travel: the session below namespaces and events.

mod candidate;
mod claim;
mod farewell;
pub mod frame;
mod framing;
mod heartbeat;
mod leg;
mod machine;
mod number;
mod open;
mod opening;
mod packet;
mod payload;
mod plain;
mod queue;
mod refusal;
mod resume;
mod route;

pub use claim::{Attach, Claim};
pub use farewell::Farewell;
pub use framing::{Framing, jsonp, script_string};
pub use leg::{Leg, LegEnd, Output, Via};
pub use machine::Engine;
pub use opening::{Mode, Opening};
pub use packet::Packet;
pub use payload::{Decode, Payload, decode as decode_payload};
pub use refusal::Refusal;

/// The byte between two packets of a payload, U+001E.
pub const SEPARATOR: u8 = 0x1e;
