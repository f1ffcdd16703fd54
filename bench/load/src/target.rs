//! The server that is measured.

use std::net::{Ipv4Addr, SocketAddr};

#[derive(Debug)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    /// The `Host` header.
    pub(crate) host: String,
    pub(crate) path: String,
    /// Whether sessions are to outlive their connections.
    pub(crate) resume: bool,
}

impl Target {
    /// A server of this machine: nothing here may load another one.
    pub(crate) fn new(port: u16, path: &str, resume: bool) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        Self {
            address,
            host: address.to_string(),
            path: path.to_owned(),
            resume,
        }
    }
}
