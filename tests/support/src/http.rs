//! HTTP/1.1 as bytes on a TCP stream.

mod connection;
mod request;
mod response;

pub use connection::{Connection, fetch};
pub use request::Request;
pub use response::Response;
