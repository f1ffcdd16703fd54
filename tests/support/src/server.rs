//! Where the server under test listens.

use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::OnceLock;

use crate::host::Host;

/// The variable that points the tests at a server that is already running.
const VARIABLE: &str = "ENCKE_CONFORMANCE_URL";

/// The address of the server under test, settled at the first call.
pub(crate) fn address() -> SocketAddr {
    static ADDRESS: OnceLock<SocketAddr> = OnceLock::new();
    *ADDRESS.get_or_init(|| std::env::var(VARIABLE).map_or_else(|_| start(), |url| parse(&url)))
}

/// Starts a conformance server that lives as long as this process, and says where it listens.
///
/// It has two workers, so that what clients do on several connections lands on both.
fn start() -> SocketAddr {
    let servers = conformance::Servers::default();
    let host = Host::start(2, move |app| servers.mount(app));
    let address = host.address();
    // Dropping it would end it.
    std::mem::forget(host);
    address
}

fn parse(url: &str) -> SocketAddr {
    url.strip_prefix("http://")
        .and_then(|rest| rest.trim_end_matches('/').to_socket_addrs().ok())
        .and_then(|mut addresses| addresses.next())
        .unwrap_or_else(|| panic!("{VARIABLE} is not of the form http://HOST:PORT: {url:?}"))
}
