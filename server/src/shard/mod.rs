//! A worker's sessions: their state, their deadlines, and the task that serves them.
//!
//! Nothing here is shared with another thread. What others want done comes as mail.

mod absence;
mod clock;
mod core;
mod entry;
mod inbound;
mod member;
mod opening;
mod orders;
mod outlet;
mod recovering;
mod requests;
mod runner;
mod seats;
mod stake;
mod task;
mod worker;

use std::time::Duration;

pub(crate) use opening::Opened;
pub(crate) use requests::{farewell, packet_bytes};
pub(crate) use worker::Shard;

/// A shard with sessions looks at its clock at least this often, however long its deadlines.
const LONGEST_TICK: Duration = Duration::from_secs(1);
/// And no more often than this, however short they are.
const SHORTEST_TICK: Duration = Duration::from_millis(10);
