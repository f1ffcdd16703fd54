//! Namespaces, events, acknowledgements and attachments. Knows nothing of transports.

mod ack;
mod args;
mod array;
mod attached;
mod encode;
mod extract;
mod json;
mod key;
mod layer;
mod name;
mod offset;
mod packet;
mod payload;
mod placeholder;
mod spread;
mod unencodable;

pub use args::{Args, ArgsIter};
pub use encode::{
    Encoded, ack, connect, connect_error, connect_recoverable, disconnect, event, event_at,
};
pub use extract::{DataError, read_json};
pub use layer::{Slot, SocketEvent, Sockets};
pub use name::is_reserved;
pub use offset::{InvalidOffset, Offset};
pub use packet::Packet;
pub use payload::Payload;
pub use unencodable::EncodeError;
