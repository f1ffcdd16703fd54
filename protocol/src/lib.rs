#![doc = include_str!("../README.md")]

mod close;
mod config;
pub mod engine;
mod error;
mod fault;
mod message;
mod outgoing;
mod session;
mod sid;
pub mod socket;
mod time;

pub use close::CloseReason;
pub use config::{Config, Limits};
pub use error::{DecodeError, Found, ProtocolError};
pub use fault::Fault;
pub use message::Message;
pub use outgoing::{Outgoing, SeparatorInText};
pub use session::{Event, Layer, Session};
pub use sid::{InvalidSid, Sid};
pub use time::Time;
