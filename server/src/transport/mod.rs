//! How packets are carried over HTTP: one file a transport. None knows a session's insides.

pub(crate) mod polling;
pub(crate) mod websocket;
