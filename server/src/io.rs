use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use encke_protocol::CloseReason;
use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::adapter::{Adapter, Node, Server};
use crate::bundle;
use crate::directory::Directory;
use crate::hub::Hub;
use crate::info::SessionInfo;
use crate::mail::Mail;
use crate::mount::Mount;
use crate::namespace::{Fixed, Namespace, Pattern};
use crate::options::Options;
use crate::recovery::Store;
use crate::session::Session;

/// A server: its options, its namespaces and its sessions.
///
/// A handle: clone it into the closure that makes the application, and keep one to emit from
/// anywhere.
///
/// ```no_run
/// use actix_web::{App, HttpServer};
/// use encke::{Data, Encke, Socket};
///
/// #[actix_web::main]
/// async fn main() -> std::io::Result<()> {
///     let io = Encke::builder().build();
///     io.of("/").on("chat", async |socket: Socket, Data(text): Data<String>| {
///         socket.broadcast().emit("chat", &text).ok();
///     });
///     let stop = io.shutdown_signal();
///     HttpServer::new(move || App::new().service(io.scope("/socket.io")))
///         .h1_allow_half_closed(false)
///         .shutdown_timeout(1)
///         .shutdown_signal(stop)
///         .bind(("127.0.0.1", 3000))?
///         .run()
///         .await
/// }
/// ```
#[derive(Clone)]
pub struct Encke {
    directory: Arc<Directory>,
}

/// How long [`Encke::close`] waits for clients to take their last packets.
///
/// actix then needs 1.3 s to end while a single connection is left, and both together are to stay
/// below two seconds.
const CLOSING: Duration = Duration::from_millis(500);

impl Encke {
    pub(crate) fn new(options: Options, adapter: Arc<dyn Adapter>) -> Self {
        let hub = Arc::new(Hub::new(options, adapter));
        let server: Arc<dyn Server> = Arc::clone(&hub) as _;
        hub.adapter.start(Node(Arc::downgrade(&server)));
        Self {
            directory: Arc::new(Directory::new(hub)),
        }
    }

    /// The service to mount in an application, at `path` with and without a slash at its end.
    ///
    /// It also serves the client there; see [`Builder::serve_client`](crate::Builder::serve_client).
    ///
    /// Build the `HttpServer` with `h1_allow_half_closed(false)`: with actix's default of `true`
    /// a client that goes away during a poll is noticed only when its ping times out.
    pub fn scope(&self, path: &str) -> Mount {
        Mount::new(Arc::clone(&self.directory), path)
    }

    /// Where browsers find the minified client script by a name that stands for its bytes alone:
    /// [`Builder::public_path`](crate::Builder::public_path), `/encke.min-`, a hash, `.js`.
    ///
    /// They keep it for a year and do not ask again; another release of Encke has another name. It
    /// is a path without a host, to be put into a page as it is.
    ///
    /// ```
    /// # use encke::Encke;
    /// let io = Encke::builder().build();
    /// let tag = format!(r#"<script src="{}"></script>"#, io.client_url());
    /// # assert!(tag.starts_with("<script src=\"/socket.io/encke.min-"));
    /// ```
    ///
    /// While nodes of two releases share an address, each answers 404 to the other's name: keep a
    /// client on one node then, or use the plain `encke.min.js`.
    pub fn client_url(&self) -> String {
        let path = self.directory.hub().options.public_path.trim_matches('/');
        let slash = if path.is_empty() { "" } else { "/" };
        format!("{slash}{path}/{}", bundle::hashed_name())
    }

    /// What a `<script>` with the minified client script has as its `integrity`: `sha384-` and the
    /// hash in Base64. With it a browser runs no other bytes.
    ///
    /// A page of another origin needs `crossorigin="anonymous"` beside it.
    pub fn client_integrity(&self) -> &'static str {
        bundle::integrity()
    }

    /// A namespace by its name, such as `/` or `/admin`: to register its handlers, and to reach
    /// its sockets. A slash in front is added.
    ///
    /// Clients may join it from now on. A name that fits a pattern is one of the pattern's.
    ///
    /// # Panics
    ///
    /// When the name has a comma, a question mark or U+001E in it, which no client could write.
    pub fn of(&self, name: &str) -> Namespace<Fixed> {
        assert!(
            !name.contains([',', '?', '\u{1e}']),
            "`{name}` can not be the name of a namespace"
        );
        let (space, table) = if name.starts_with('/') {
            self.directory.open(name)
        } else {
            self.directory.open(&format!("/{name}"))
        };
        Namespace::fixed(table, space)
    }

    /// The handlers of every namespace whose name, with its slash in front, fits.
    ///
    /// Such a namespace is made when a client asks for it, and is gone with its last socket.
    pub fn of_pattern(
        &self,
        fits: impl Fn(&str) -> bool + Send + Sync + 'static,
    ) -> Namespace<Pattern> {
        Namespace::pattern(self.directory.add_pattern(Arc::new(fits)))
    }

    /// Gives every session to a handler as it is, without Socket.IO: messages, no namespaces.
    ///
    /// ```
    /// # use encke::{Encke, Message, Session};
    /// # let io = Encke::builder().build();
    /// io.on_session(async |mut session: Session| {
    ///     while let Some(message) = session.recv().await {
    ///         let sent = match message {
    ///             Message::Text(text) => session.send_text(&text),
    ///             Message::Binary(bytes) => session.send_binary(&bytes),
    ///         };
    ///         if sent.is_err() {
    ///             break;
    ///         }
    ///     }
    /// });
    /// ```
    ///
    /// # Panics
    ///
    /// When the server has such a handler already.
    pub fn on_session<F, Fut>(&self, handler: F) -> &Self
    where
        F: Fn(Session) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = ()> + 'static,
    {
        let handler = Arc::new(move |session| Box::pin(handler(session)) as _);
        assert!(
            self.directory.set_bare(handler),
            "the server's sessions have a handler already"
        );
        self
    }

    /// The sessions of this node.
    pub async fn sessions(&self) -> Vec<SessionInfo> {
        let (sender, mut receiver) = mpsc::unbounded_channel();
        for mailbox in self.directory.hub().mailboxes() {
            // A worker that is gone has no sessions.
            let _ = mailbox.deliver(Mail::ListSessions(sender.clone()));
        }
        drop(sender);
        let mut sessions = Vec::new();
        while let Some(session) = receiver.recv().await {
            sessions.push(session);
        }
        sessions
    }

    /// How many sessions, namespaces and rooms this node has, and what it keeps for recovery.
    pub fn counts(&self) -> Counts {
        let hub = self.directory.hub();
        let (namespaces, rooms) = hub.presence.counts();
        let recovery = hub.recovery.as_ref();
        Counts {
            sessions: hub.registry.len(),
            namespaces,
            rooms,
            absent: recovery.map_or(0, Store::absent),
            kept_bytes: recovery.map_or(0, Store::event_bytes),
        }
    }

    /// Ends every session and refuses new ones.
    ///
    /// Parked polls and WebSockets are ended at once, after what was emitted to them, with the
    /// reason [`CloseReason::Shutdown`]. Waits until their clients have taken that, at most half a
    /// second.
    pub async fn close(&self) {
        let hub = self.directory.hub();
        hub.start_closing();
        let (done, mut all) = mpsc::unbounded_channel();
        for mailbox in hub.mailboxes() {
            let _ = mailbox.deliver(Mail::CloseAll(CloseReason::Shutdown, done.clone()));
        }
        drop(done);
        // It only ever ends: nothing is sent on it.
        let _ = timeout(CLOSING, all.recv()).await;
        hub.closed.send_replace(true);
    }

    /// Ready once the process is told to stop (SIGTERM or SIGINT; Ctrl-C elsewhere than on Unix),
    /// or [`Encke::close`] was called, and every session has ended.
    ///
    /// Give it to `HttpServer::shutdown_signal`. Without it a parked poll or an open WebSocket
    /// holds actix's graceful stop up for the whole of its `shutdown_timeout`, 30 s: a plain
    /// `HttpServer` hides `ServerHandle::stop` from its application. A client that does not read its
    /// last packets, or does not send the rest of a POST, holds it up all the same: a
    /// `shutdown_timeout` of 1 s ends that.
    pub fn shutdown_signal(&self) -> impl Future<Output = ()> + Send + use<> {
        let io = self.clone();
        async move {
            let mut closed = io.directory.hub().closed.subscribe();
            let stopped = tokio::select! {
                // It can not fail: the sender is in the hub, which `io` keeps.
                closed = closed.wait_for(|closed| *closed) => closed.is_err(),
                () = stop_signal() => true,
            };
            if stopped {
                io.close().await;
            }
        }
    }
}

/// What [`Encke::counts`] counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Counts {
    /// Sessions that are not forgotten yet.
    pub sessions: usize,
    /// Namespaces with a socket.
    pub namespaces: usize,
    /// Rooms with a socket, over all namespaces.
    pub rooms: usize,
    /// Sockets whose clients have lost their connection and may come back; see
    /// [`Builder::recovery`](crate::Builder::recovery).
    pub absent: usize,
    /// Bytes of the events that are kept for such clients.
    pub kept_bytes: usize,
}

#[cfg(unix)]
async fn stop_signal() {
    use tokio::signal::unix::{SignalKind, signal};

    let mut signals: Vec<_> = [SignalKind::terminate(), SignalKind::interrupt()]
        .into_iter()
        .filter_map(|kind| signal(kind).ok())
        .collect();
    let waits = signals.iter_mut().map(|signal| Box::pin(signal.recv()));
    if waits.len() == 0 {
        // Signals can not be had here; the application may still call `close`.
        return std::future::pending().await;
    }
    futures_util::future::select_all(waits).await;
}

#[cfg(not(unix))]
async fn stop_signal() {
    if tokio::signal::ctrl_c().await.is_err() {
        std::future::pending::<()>().await;
    }
}

impl fmt::Debug for Encke {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Encke")
            .field("counts", &self.counts())
            .finish_non_exhaustive()
    }
}
