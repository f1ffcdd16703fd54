use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::HeaderName;
use actix_web::web;
use encke_protocol::Config;

use crate::adapter::{Adapter, Memory};
use crate::error::{BuildError, Reject};
use crate::handshake::{Handshake, Transport};
use crate::io::Encke;
use crate::options::Options;
use crate::origin::Origins;
use crate::proxy::TrustedProxies;
use crate::recovery::Recovery;
use crate::state::States;

/// The options of a server; [`Encke::builder`](crate::Encke::builder) begins one.
///
/// ```
/// use std::time::Duration;
/// use encke::{Encke, Origins};
///
/// let io = Encke::builder()
///     .ping_interval(Duration::from_secs(20))
///     .max_buffer(256 * 1024)
///     .origins(Origins::list(["https://app.example"])?)
///     .build();
/// # Ok::<(), encke::OriginsError>(())
/// ```
#[must_use = "a builder does nothing until it is built"]
pub struct Builder {
    options: Options,
    config: Config,
    adapter: Option<Arc<dyn Adapter>>,
}

impl Encke {
    /// Begins a server's options.
    pub fn builder() -> Builder {
        Builder::default()
    }
}

/// Bytes.
const MAX_PADDING: usize = 64 * 1024;

/// All but JSONP.
const DEFAULT_TRANSPORTS: [Transport; 5] = [
    Transport::Polling,
    Transport::WebSocket,
    Transport::Stream,
    Transport::Sse,
    Transport::HtmlFile,
];

impl Default for Builder {
    fn default() -> Self {
        Self {
            options: Options {
                session: Arc::default(),
                max_buffer: 1 << 20,
                max_detached_bytes: 64 << 20,
                max_sessions: usize::MAX,
                max_rooms: 1000,
                recovery: None,
                upload_timeout: Duration::from_secs(30),
                ack_timeout: Duration::from_secs(30),
                transports: DEFAULT_TRANSPORTS.to_vec(),
                stream_limit: 4 << 20,
                stream_lifetime: Duration::from_secs(5 * 60),
                padding: 0,
                origins: Origins::same(),
                trusted_proxies: TrustedProxies::default(),
                allow_request: None,
                allow_resume: None,
                cookie: None,
                public_path: "/socket.io".to_owned(),
                serve_client: true,
                socket_io_js: false,
                states: States::default(),
            },
            config: Config::default(),
            adapter: None,
        }
    }
}

impl Builder {
    /// Time from the handshake, or from a pong, to the next ping. Default 25 s, at least 10 ms.
    ///
    /// Shorter finds dead connections sooner and costs more wake-ups on phones; proxies that cut
    /// idle connections want it below their own limit.
    pub const fn ping_interval(mut self, interval: Duration) -> Self {
        self.config.ping_interval = interval;
        self
    }

    /// Longest wait for the pong after a ping was sent. Default 20 s, at least 10 ms; must exceed
    /// one round trip. A client that is silent for longer is disconnected.
    pub const fn ping_timeout(mut self, timeout: Duration) -> Self {
        self.config.ping_timeout = timeout;
        self
    }

    /// Longest life of a WebSocket that means to take a polling session over and has not done so.
    /// Default 10 s, at least 10 ms. The session goes on polling.
    pub const fn upgrade_timeout(mut self, timeout: Duration) -> Self {
        self.config.upgrade_timeout = timeout;
        self
    }

    /// Longest life of a session that has joined no namespace. Default 45 s, at least 10 ms.
    pub const fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.config.connect_timeout = timeout;
        self
    }

    /// Longest time for the body of a POST; after it the answer is 408 and the session ends.
    /// Default 30 s, at least 10 ms.
    pub const fn upload_timeout(mut self, timeout: Duration) -> Self {
        self.options.upload_timeout = timeout;
        self
    }

    /// How long a client has to answer an event, unless the call says otherwise. Default 30 s.
    pub const fn ack_timeout(mut self, timeout: Duration) -> Self {
        self.options.ack_timeout = timeout;
        self
    }

    /// Bytes of one WebSocket message or one POST's body. Default 1,000,000, at least 64.
    ///
    /// Larger ones end a WebSocket with code 1009, and a POST is answered 413.
    pub const fn max_payload(mut self, bytes: usize) -> Self {
        self.config.limits.max_payload = bytes;
        self
    }

    /// Bytes that one client may have yet to read, or in a resume session to confirm, 64 more for
    /// each message. Default 1 MiB, at
    /// least 1 KiB.
    ///
    /// An emit that does not fit is refused with [`SendError::Full`](crate::SendError::Full); a
    /// broadcast that does not fit disconnects that client.
    pub const fn max_buffer(mut self, bytes: usize) -> Self {
        self.options.max_buffer = bytes;
        self
    }

    /// How long a session of Encke's own client is kept that has lost its connection. Default 60 s;
    /// 0 refuses resume, so that every session ends with its connection.
    ///
    /// Within it the client comes back on any transport, and every message arrives once and in
    /// order. Later the session is over, with
    /// [`CloseReason::WindowPassed`](crate::CloseReason::WindowPassed). A client that never came
    /// back after its handshake is kept for at most 10 s. Spec: PROTOCOL.md, Losing a leg.
    pub const fn resume_window(mut self, window: Duration) -> Self {
        self.config.resume_window = window;
        self
    }

    /// Bytes that may be kept for all clients together that are away. Default 64 MiB.
    ///
    /// Beyond that the session of the longest absent ends, with
    /// [`CloseReason::DetachedLimit`](crate::CloseReason::DetachedLimit).
    pub const fn max_detached_bytes(mut self, bytes: usize) -> Self {
        self.options.max_detached_bytes = bytes;
        self
    }

    /// Bytes of one client's that handlers have yet to take, 64 more for each message, and also
    /// those of one packet with its attachments. Default 1 MiB, at least 1 KiB.
    ///
    /// Past it the client is not read until handlers have caught up.
    pub const fn max_inbound(mut self, bytes: usize) -> Self {
        self.config.limits.max_inbound = bytes;
        self
    }

    /// Attachments of one packet from a client. Default 10. More end its session.
    pub const fn max_attachments(mut self, count: usize) -> Self {
        self.config.limits.max_attachments = count;
        self
    }

    /// Sessions that may be open. Default unlimited. A handshake beyond is answered 503.
    pub const fn max_sessions(mut self, count: usize) -> Self {
        self.options.max_sessions = count;
        self
    }

    /// Namespaces that one client may be in. Default 100, at least 1. Joining more is refused.
    pub const fn max_namespaces(mut self, count: usize) -> Self {
        self.config.limits.max_namespaces = count;
        self
    }

    /// Rooms that one socket may be in. Default 1000. Joining more is refused.
    pub const fn max_rooms(mut self, count: usize) -> Self {
        self.options.max_rooms = count;
        self
    }

    /// Lets a Socket.IO client that lost its connection go on with the same id, the same rooms and
    /// what it has missed: Socket.IO's connection state recovery. Default off.
    ///
    /// A client that comes back in time is a new session with the old socket's id, whose
    /// [`Socket::recovered`](crate::Socket::recovered) is true. Its rooms and the values of
    /// [`Socket::insert`](crate::Socket::insert) are those of the lost one. Handlers run as for any
    /// that connects, [`Namespace::authorize`](crate::Namespace::authorize) first: whoever may not
    /// join any more is refused, and has been sent nothing. (Socket.IO skips its middlewares then,
    /// unless told otherwise.) Handles of the lost socket stay closed.
    ///
    /// Then come the events that it has missed, in order: those to the socket itself, and those to
    /// its rooms and to everybody, by the rooms it was in when it was lost. An event that asks for
    /// an answer is not among them, nor is a volatile one, nor what was refused, such as an `emit`
    /// to the lost socket. What a client sent when its connection was lost may be lost.
    ///
    /// A client is new instead when `41` has ended its socket from either side, when its former
    /// connection is not known to be over, when it has never had an event, when what it has missed
    /// is not kept any more, and when that does not fit into `max_buffer`.
    ///
    /// Each event that may be missed has one more argument on the wire, a text of about ten
    /// characters, which the client's handlers get too. A volatile event whose last argument is a
    /// text is taken for one of these by clients, which are then not recovered: send it another way,
    /// or end it with something else. Events are kept on this node alone, where the client has to
    /// come back to; with an [`Adapter`] it is on for all nodes or for none.
    pub const fn recovery(mut self, recovery: Recovery) -> Self {
        self.options.recovery = Some(recovery);
        self
    }

    /// Packets in the answer to one poll. Default unlimited, at least 1; some clients refuse
    /// answers of more than 16.
    pub const fn packets_per_poll(mut self, count: usize) -> Self {
        self.config.limits.packets_per_poll = count;
        self
    }

    /// The transports that are served. Default all but [`Transport::Jsonp`];
    /// [`Transport::ALL`] are all. Without WebSocket, or with nothing else, there are no upgrades to
    /// it.
    pub fn transports(mut self, transports: impl IntoIterator<Item = Transport>) -> Self {
        self.options.transports = transports.into_iter().collect();
        self
    }

    /// Bytes that one answer of [`Transport::Stream`] or [`Transport::Sse`] carries. Default 4 MiB, at
    /// least 1 KiB; of [`Transport::HtmlFile`] at most 256 KiB.
    ///
    /// The client then opens the next, and nothing is lost: a page keeps all that has come in one
    /// answer for as long as that goes on.
    pub const fn stream_limit(mut self, bytes: usize) -> Self {
        self.options.stream_limit = bytes;
        self
    }

    /// How long one such answer goes on. Default 5 minutes, at least 10 ms. It is looked at when
    /// something is written, with each ping at the latest.
    pub const fn stream_lifetime(mut self, lifetime: Duration) -> Self {
        self.options.stream_lifetime = lifetime;
        self
    }

    /// Bytes that say nothing, at least, before the first packet of such an answer. Default 0, at most
    /// 64 KiB; [`Transport::HtmlFile`] always has 2 KiB. For a proxy or a device that holds back the
    /// beginning of an answer.
    pub const fn stream_padding(mut self, bytes: usize) -> Self {
        self.options.padding = bytes;
        self
    }

    /// Which pages may connect, for CORS and for WebSockets alike. Default
    /// [`Origins::same`].
    pub fn origins(mut self, origins: Origins) -> Self {
        self.options.origins = origins;
        self
    }

    /// Proxies whose word on the client's address, and on the host and scheme it asked for, is
    /// taken. Default none.
    pub fn trusted_proxies(mut self, proxies: TrustedProxies) -> Self {
        self.options.trusted_proxies = proxies;
        self
    }

    /// Looks at each handshake before a session is made; `false` answers it 403. Default none.
    ///
    /// To refuse with a message the client can read, use
    /// [`Namespace::authorize`](crate::Namespace::authorize).
    pub fn allow_request<F, Fut>(mut self, allow: F) -> Self
    where
        F: Fn(Handshake) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = bool> + 'static,
    {
        self.options.allow_request = Some(Arc::new(move |handshake| Box::pin(allow(handshake))));
        self
    }

    /// Looks at the request by which a client that was away comes back, or by which it would move its
    /// session to a WebSocket; an error ends the session. Default none.
    ///
    /// A login may have run out since the handshake: the request has the cookies and headers of now.
    /// The client is told the error's message with the code 403, its sockets disconnect with
    /// [`CloseReason::NotAuthorized`](crate::CloseReason::NotAuthorized), and nothing that was kept
    /// for it is sent. The error's data is not. What it posts before it comes back is taken, as from a
    /// client that never went.
    pub fn allow_resume<F, Fut>(mut self, allow: F) -> Self
    where
        F: Fn(Handshake) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), Reject>> + 'static,
    {
        self.options.allow_resume = Some(Arc::new(move |handshake| Box::pin(allow(handshake))));
        self
    }

    /// Sets a cookie of this name to the session's sid on the answer to a polling handshake, for
    /// load balancers that need one. Default off. It is `HttpOnly` and `SameSite=Lax`.
    pub fn cookie(mut self, name: impl Into<String>) -> Self {
        self.options.cookie = Some(name.into());
        self
    }

    /// The path at which browsers find Encke, for [`Encke::client_url`]. Default `/socket.io`, where
    /// clients look unless they are told otherwise. Slashes around it do not matter.
    ///
    /// It is what [`Encke::scope`] is given, behind the prefixes of scopes around it and of a proxy
    /// that takes one off. It moves nothing: where Encke is served says `scope`.
    pub fn public_path(mut self, path: impl Into<String>) -> Self {
        self.options.public_path = path.into();
        self
    }

    /// Whether the client is served under Encke's path: `encke.js`, `encke.min.js`, `encke.esm.js`
    /// (an ES module), their source maps, and the minified script by the name that
    /// [`Encke::client_url`] gives. Default `true`.
    ///
    /// Anybody may load it, whatever [`Builder::origins`] says of who may connect. With `false`
    /// these paths are the application's.
    pub const fn serve_client(mut self, serve: bool) -> Self {
        self.options.serve_client = serve;
        self
    }

    /// Whether the client is also served by the names of Socket.IO's: `socket.io.js`,
    /// `socket.io.min.js`, `socket.io.esm.min.js` and their source maps. Default `false`.
    ///
    /// A page that loads its client from the server then moves over as it is, unless its
    /// `<script>` has an `integrity`, which is that of other bytes.
    pub const fn socket_io_js(mut self, serve: bool) -> Self {
        self.options.socket_io_js = serve;
        self
    }

    /// Connects the server with others. Default a [`Memory`] with no other.
    pub fn adapter(mut self, adapter: impl Adapter + 'static) -> Self {
        self.adapter = Some(Arc::new(adapter));
        self
    }

    /// A value that handlers take as [`State<T>`](crate::State). One of each type is kept.
    pub fn state<T: Send + Sync + 'static>(mut self, value: T) -> Self {
        self.options.states.insert(Arc::new(value));
        self
    }

    /// The same for a value that the application already shares as [`web::Data`].
    pub fn data<T: Send + Sync + 'static>(mut self, value: web::Data<T>) -> Self {
        self.options.states.insert(value.into_inner());
        self
    }

    /// The server.
    ///
    /// # Panics
    ///
    /// When the options can not be served together; [`Builder::try_build`] says so without.
    pub fn build(self) -> Encke {
        match self.try_build() {
            Ok(io) => io,
            Err(error) => panic!("{error}"),
        }
    }

    /// The server.
    ///
    /// # Errors
    ///
    /// When an option is out of its range, when no transport is left, when pages of any origin may
    /// connect with credentials, when `public_path` is no path, and when `socket_io_js` is wanted
    /// without `serve_client`.
    pub fn try_build(self) -> Result<Encke, BuildError> {
        let Self {
            mut options,
            mut config,
            adapter,
        } = self;
        check(&options, &config)?;
        config.max_buffer = options.max_buffer;
        config.transports = options.transports.iter().map(|one| one.as_str()).collect();
        let has_socket = options.transports.contains(&Transport::WebSocket);
        config.upgrades = has_socket && options.transports.len() > 1;
        options.session = Arc::new(config);
        let adapter = adapter.unwrap_or_else(|| Arc::new(Memory::default()));
        Ok(Encke::new(options, adapter))
    }
}

fn check(options: &Options, config: &Config) -> Result<(), BuildError> {
    let shortest = Duration::from_millis(10);
    for (name, duration) in [
        ("ping_interval", config.ping_interval),
        ("ping_timeout", config.ping_timeout),
        ("upgrade_timeout", config.upgrade_timeout),
        ("connect_timeout", config.connect_timeout),
        ("upload_timeout", options.upload_timeout),
        ("stream_lifetime", options.stream_lifetime),
        (
            "the window of recovery",
            options
                .recovery
                .map_or(shortest, |recovery| recovery.window),
        ),
    ] {
        if duration < shortest {
            return Err(BuildError(format!(
                "{name} is {duration:?}, less than 10 ms"
            )));
        }
    }
    for (name, value, least) in [
        ("max_payload", config.limits.max_payload, 64),
        ("max_buffer", options.max_buffer, 1024),
        ("max_inbound", config.limits.max_inbound, 1024),
        ("max_namespaces", config.limits.max_namespaces, 1),
        ("packets_per_poll", config.limits.packets_per_poll, 1),
        ("transports", options.transports.len(), 1),
        ("stream_limit", options.stream_limit, 1024),
    ] {
        if value < least {
            return Err(BuildError(format!("{name} is {value}, less than {least}")));
        }
    }
    if options.padding > MAX_PADDING {
        return Err(BuildError(format!(
            "stream_padding is {}, more than {MAX_PADDING}",
            options.padding
        )));
    }
    if let Some(name) = &options.cookie
        && HeaderName::from_bytes(name.as_bytes()).is_err()
    {
        // A cookie's name is a token, as that of a header is.
        return Err(BuildError(format!(
            "{name:?} can not be the name of a cookie"
        )));
    }
    if !is_path(&options.public_path) {
        let path = &options.public_path;
        return Err(BuildError(format!(
            "public_path is {path:?}, not a path such as /socket.io"
        )));
    }
    if options.socket_io_js && !options.serve_client {
        return Err(BuildError(
            "socket_io_js is on, and serve_client is off: nothing would be served".to_owned(),
        ));
    }
    let origins = options.origins.check();
    origins.map_err(|error| BuildError(error.to_string()))
}

/// Whether pages can have it in a URL behind the host: no query, no host of its own, and nothing
/// that means something in an attribute.
fn is_path(text: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~%!$*+,;=@".contains(&byte);
    text.bytes().all(is_allowed)
}

impl fmt::Debug for Builder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder").finish_non_exhaustive()
    }
}
