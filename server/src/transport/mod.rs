//! How packets are carried over HTTP: one file a transport. None knows a session's insides.

mod body;
mod htmlfile;
pub(crate) mod jsonp;
mod one_way;
pub(crate) mod polling;
mod sse;
mod stream;
pub(crate) mod websocket;

pub(crate) use one_way::Manner;

use crate::fault::Fault;
use crate::handshake::Transport;
use crate::query::Wish;

/// How the answer looks to a GET on a one-way transport; `None` for the others. `padding` bytes at
/// least come before the first packet.
pub(crate) fn manner(
    transport: Transport,
    wish: &Wish,
    padding: usize,
) -> Result<Option<Manner>, Fault> {
    match transport {
        Transport::Stream => Ok(Some(stream::manner(padding, wish.wants_padding()))),
        Transport::Sse => Ok(Some(sse::manner(padding))),
        Transport::HtmlFile => htmlfile::manner(padding, wish).map(Some),
        Transport::Polling | Transport::WebSocket | Transport::Jsonp => Ok(None),
    }
}
