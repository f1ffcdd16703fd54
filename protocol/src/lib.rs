#![doc = include_str!("../README.md")]

#[cfg(feature = "client")]
pub mod client;
mod close;
mod config;
pub mod engine;
mod error;
mod fault;
mod message;
#[cfg(feature = "mutate")]
pub mod mutate;
#[cfg(not(feature = "mutate"))]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "every build names the rules, and only this feature breaks them"
)]
mod mutate;
mod outgoing;
mod session;
mod sid;
pub mod socket;
mod time;
mod untold;

pub use close::CloseReason;
pub use config::{Config, Limits};
pub use error::{DecodeError, Found, ProtocolError};
pub use fault::Fault;
pub use message::Message;
pub use outgoing::{Outgoing, SeparatorInText};
pub use session::{Event, Layer, Session};
pub use sid::{InvalidSid, Sid};
pub use time::Time;
