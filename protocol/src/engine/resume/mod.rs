//! A session that outlives its legs.

mod attach;
mod inbox;
mod outbox;
mod place;
mod receive;
mod state;

pub(super) use state::Resume;
