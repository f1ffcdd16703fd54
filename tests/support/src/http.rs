//! HTTP/1.1 as bytes on a TCP stream.

mod connection;
mod request;
mod response;
mod streaming;

pub use connection::{Connection, fetch};
pub use request::Request;
pub use response::Response;
pub use streaming::Streaming;
