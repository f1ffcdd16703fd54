//! Clients and a server within one thread, without sockets, on a virtual clock.

mod act;
mod carry;
mod client;
mod connect;
mod failure;
mod heard;
mod line;
mod machine;
mod plain;
mod run;
mod server;
mod service;
mod session;
mod spaces;
mod wire;

pub use client::Client;
pub use connect::Connect;
pub use encke_protocol::client::End;
pub use failure::{Failure, Over};
pub use heard::Heard;
pub use run::{run, settle, sleep};
pub use server::Server;
