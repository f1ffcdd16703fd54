//! A session that is open, or closing.

mod flush;
mod legs;
mod receive;
mod state;

pub(super) use state::Session;
