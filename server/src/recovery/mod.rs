//! Connection state recovery: what a client that lost its connection missed, and who it was.
//!
//! ```text
//!   emit --> Store::append: the log, and the mailboxes of the shards, under one lock
//!   lost --> Store::keep ------> absent, until the window has passed
//!   back --> Store::claim -----> authorize --> Store::recover: what the log has since
//! ```
//!
//! Events enter the log and every shard's mailbox in one order. So what a shard has carried out is
//! a position in the log, and a client that comes back to another shard is put behind the mail that
//! the log had before it, and in front of the rest.
//!
//! Spec: PROTOCOL.md, Connection state recovery.

mod absent;
mod limits;
mod log;
mod store;

pub(crate) use absent::Lost;
pub use limits::Recovery;
pub(crate) use log::{Audience, Kept};
pub(crate) use store::{Claim, Missed, Store};
