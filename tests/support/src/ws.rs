//! RFC 6455 as frames on a TCP stream.

mod frame;
mod websocket;

pub use frame::{Frame, Opcode};
pub use websocket::{Message, WebSocket, handshake};
