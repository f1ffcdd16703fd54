use std::time::Duration;

/// How long, and how much, is kept for clients that have lost their connection; given to
/// [`Builder::recovery`](crate::Builder::recovery).
///
/// ```
/// use std::time::Duration;
/// use encke::{Encke, Recovery, Socket};
///
/// let io = Encke::builder()
///     .recovery(Recovery {
///         window: Duration::from_secs(30),
///         ..Recovery::default()
///     })
///     .build();
/// io.of("/").on_connect(async |socket: Socket| {
///     if !socket.recovered() {
///         socket.join("news")?;
///     }
///     Ok::<(), encke::Error>(())
/// });
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Recovery {
    /// How long a client may be away. Default 2 minutes, at least 10 ms.
    ///
    /// It runs from when the server has noticed, and the last handler of the lost connection is
    /// done.
    pub window: Duration,
    /// Bytes of events that are kept, over all namespaces, some 400 counted for an event beyond its
    /// own. Default 16 MiB.
    ///
    /// Past it the oldest go first; a client that has missed one of those is not recovered.
    pub event_bytes: usize,
    /// Bytes of sockets that are kept, over all namespaces: some 500 for each, and the names of its
    /// rooms. Values kept with [`Socket::insert`](crate::Socket::insert) can not be counted. Default
    /// 16 MiB.
    ///
    /// Past it whoever is away for longest goes first.
    pub socket_bytes: usize,
}

impl Default for Recovery {
    fn default() -> Self {
        Self {
            window: Duration::from_secs(120),
            event_bytes: 16 << 20,
            socket_bytes: 16 << 20,
        }
    }
}
