//! Which server the clients of this crate talk to.

use std::net::SocketAddr;

tokio::task_local! {
    static ADDRESS: SocketAddr;
}

/// Runs `visit`, in which every client talks to the server at `address` instead of to the
/// conformance server. Tasks that it starts are on their own again.
pub fn at<T>(address: SocketAddr, visit: impl Future<Output = T>) -> impl Future<Output = T> {
    // In a box, since a whole test may be in it.
    ADDRESS.scope(address, Box::pin(visit))
}

/// Where [`at`] sends the clients of the running task.
pub(crate) fn current() -> Option<SocketAddr> {
    ADDRESS.try_with(|address| *address).ok()
}
