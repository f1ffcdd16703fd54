//! A server in the test's own process, at the usual path.

use encke::Encke;

use crate::host::Host;

/// Serves `io` at `/socket.io/` with two workers, so that what clients do on several connections
/// lands on both.
#[must_use]
pub fn serve(io: &Encke) -> Host {
    let io = io.clone();
    Host::start(2, move |app| {
        app.service(io.scope("/socket.io"));
    })
}
