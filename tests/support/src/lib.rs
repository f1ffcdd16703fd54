//! Clients that can misbehave, for testing a server from the outside.
//!
//! An ordinary HTTP or WebSocket library keeps its user from sending broken bytes, and a test of a
//! server needs to send them. So everything here works on a TCP stream: [`http`] and [`ws`] write
//! what they are told, [`engine`] and [`client`] are thin layers that speak Engine.IO and
//! Socket.IO correctly as long as a test does not ask for more.
//!
//! Waiting has one form, [`within`]: what is awaited arrives before [`DEADLINE`], or the test
//! fails and says what it was waiting for. There are no sleeps. Functions of this crate panic when
//! the server does something other than what their documentation says, since that is how a test
//! fails.

#![allow(
    clippy::missing_panics_doc,
    reason = "in a test's own library a panic is the way to report a failure, on every function"
)]

mod arrivals;
pub mod bystander;
pub mod client;
mod deadline;
mod dice;
pub mod engine;
mod guest;
mod host;
pub mod http;
mod journal;
mod landings;
mod log;
mod meter;
mod nomad;
mod place;
mod process;
mod returning;
mod scattered;
mod serve;
mod server;
mod upstream;
pub mod ws;

use std::net::SocketAddr;

pub use arrivals::{Arrival, Arrivals};
pub use bystander::Bystander;
pub use client::{Client, SocketPacket};
pub use deadline::{DEADLINE, until, within};
pub use dice::Dice;
pub use engine::{OneWay, Packet, Resumable, Session, Transport};
pub use guest::Guest;
pub use host::Host;
pub use journal::{Entry, Journal, journal};
pub use landings::{Landing, Landings};
pub use log::{Heard, Log, log};
pub use meter::{Meter, meter};
pub use nomad::Nomad;
pub use place::at;
pub use process::Process;
pub use returning::{Returning, absent};
pub use scattered::Scattered;
pub use serve::serve;
pub use upstream::{End, Line, Upstream};

/// The address of the server under test: where [`at`] sends the running task, or else a running
/// conformance server, the same for a whole test process.
///
/// That is the one that the environment variable `ENCKE_CONFORMANCE_URL` names, such as
/// `http://127.0.0.1:8080`; without it, one is started in this process on a free port.
#[must_use]
pub fn conformance() -> SocketAddr {
    place::current().unwrap_or_else(server::address)
}
