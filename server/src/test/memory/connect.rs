use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use actix_web::http::Uri;
use actix_web::http::header::{HeaderValue, TryIntoHeaderPair};
use encke_protocol::client::{self, Config};
use futures_util::future::LocalBoxFuture;
use serde::Serialize;

use super::client::{Client, to_json};
use super::failure::Failure;
use super::line::{Head, Line};
use super::server::Server;
use super::session::Session;
use crate::error::SendError;
use crate::handshake::Transport;

/// A client that is about to connect: await it. [`Server::connect`] makes one.
///
/// ```
/// # use encke::test::{Failure, Server};
/// # use encke::{Auth, Encke, Reject, Transport};
/// # encke::test::run(async {
/// # let io = Encke::builder().build();
/// # io.of("/admin").authorize(async |Auth(word): Auth<Word>| {
/// #     if word.word == "friend" { Ok(()) } else { Err(Reject::new("no")) }
/// # });
/// # #[derive(serde::Deserialize)]
/// # struct Word { word: String }
/// # let server = Server::of(&io).await;
/// let admin = server
///     .connect()
///     .namespace("/admin")
///     .auth(&serde_json::json!({ "word": "friend" }))
///     .header(("accept-language", "de"))
///     .transport(Transport::WebSocket)
///     .await?;
/// assert_eq!(admin.transport(), Some(Transport::WebSocket));
/// # Ok::<(), Failure>(())
/// # }).unwrap();
/// ```
#[must_use = "a client connects when this is awaited"]
pub struct Connect {
    server: Server,
    namespace: String,
    auth: Option<Result<String, SendError>>,
    head: Result<Head, SendError>,
    cookies: BTreeMap<String, String>,
    config: Config,
    is_plain: bool,
    patience: Duration,
}

/// Longest wait for anything that does not come.
const PATIENCE: Duration = Duration::from_secs(5 * 60);

impl Server {
    /// A client of this server; it connects when this is awaited.
    pub fn connect(&self) -> Connect {
        let number = self.clients.get() + 1;
        self.clients.set(number);
        let host = (Ipv4Addr::LOCALHOST, 49_152);
        Connect {
            server: self.clone(),
            namespace: "/".to_owned(),
            auth: None,
            head: Ok(Head {
                path: "/socket.io".to_owned(),
                query: String::new(),
                headers: Vec::new(),
                peer: SocketAddr::from(host),
            }),
            cookies: BTreeMap::new(),
            config: Config {
                seed: number,
                ..Config::default()
            },
            is_plain: false,
            patience: PATIENCE,
        }
    }
}

impl Connect {
    /// The namespace to join. Default `/`.
    pub fn namespace(mut self, name: &str) -> Self {
        name.clone_into(&mut self.namespace);
        self
    }

    /// Credentials for it, which handlers take as [`Auth`](crate::Auth). An object; default none.
    pub fn auth<A: Serialize + ?Sized>(mut self, auth: &A) -> Self {
        self.auth = Some(to_json(auth));
        self
    }

    /// Begins on this transport and stays there while it works. By default a client begins polling
    /// and moves to a WebSocket at once, if the server lets it. It polls where a browser would have
    /// an answer that goes on, or scripts.
    pub fn transport(mut self, transport: Transport) -> Self {
        self.config.transport = match transport {
            Transport::WebSocket => client::Transport::WebSocket,
            Transport::Polling
            | Transport::Stream
            | Transport::Sse
            | Transport::HtmlFile
            | Transport::Jsonp => client::Transport::Polling,
        };
        self.config.upgrade = false;
        self
    }

    /// Behaves as a Socket.IO client does, whose session ends with its connection: its sockets are
    /// then over with [`End::Gone`](super::End), and to come back is to connect anew.
    ///
    /// So does every client of a server that lets no session resume
    /// ([`Builder::resume_window`](crate::Builder::resume_window)). It stays on the transport that
    /// it begins on, polling unless [`Connect::transport`] says otherwise.
    pub fn plain(mut self) -> Self {
        self.is_plain = true;
        self
    }

    /// Where Encke is in the application. Default `/socket.io`.
    pub fn path(mut self, path: &str) -> Self {
        let path = path.trim_matches('/');
        let path = if path.is_empty() {
            String::new()
        } else {
            format!("/{path}")
        };
        if format!("{path}/").parse::<Uri>().is_err() {
            self.head = Err(SendError::Invalid(format!("{path:?} is no path")));
        }
        if let Ok(head) = &mut self.head {
            head.path = path;
        }
        self
    }

    /// A name and a value in the query of each request, as they are before they are encoded.
    pub fn query(mut self, name: &str, value: &str) -> Self {
        if let Ok(head) = &mut self.head {
            let mut pair = form_urlencoded::Serializer::new(String::new());
            pair.append_pair(name, value);
            head.query.push('&');
            head.query.push_str(&pair.finish());
        }
        self
    }

    /// A header of each request. One of the same name takes the place of what was there, such as
    /// that of `Host: localhost`.
    pub fn header(mut self, header: impl TryIntoHeaderPair) -> Self {
        match (header.try_into_pair(), &mut self.head) {
            (Ok(pair), Ok(head)) => head.headers.push(pair),
            (Err(_), Ok(_)) => {
                self.head = Err(SendError::Invalid("that is no header".to_owned()));
            }
            (_, Err(_)) => {}
        }
        self
    }

    /// A cookie that the client has. Those that the application sets are sent back, too.
    pub fn cookie(mut self, name: &str, value: &str) -> Self {
        let pair = format!("{name}={value}");
        if HeaderValue::from_str(&pair).is_err() {
            self.head = Err(SendError::Invalid(format!("{pair:?} is no cookie")));
        }
        self.cookies.insert(name.to_owned(), value.to_owned());
        self
    }

    /// The client's address, as the server sees it. Default `127.0.0.1`.
    pub fn peer_addr(mut self, address: SocketAddr) -> Self {
        if let Ok(head) = &mut self.head {
            head.peer = address;
        }
        self
    }

    /// How long the client waits for anything that it is asked for. Default five minutes, which
    /// take no time on a virtual clock.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }
}

impl IntoFuture for Connect {
    type Output = Result<Client, Failure>;
    type IntoFuture = LocalBoxFuture<'static, Self::Output>;

    /// # Errors
    ///
    /// [`Failure::NoSession`] when the server refuses the handshake, [`Failure::Refused`] when it
    /// does not let the client into the namespace.
    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let line = Line::new(self.server.service, self.head?, self.cookies);
            let auth = self.auth.transpose()?;
            let session = Session::start(line, self.config, self.is_plain, self.patience);
            Client::open(session, &self.namespace, auth.as_deref()).await
        })
    }
}

impl fmt::Debug for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connect")
            .field("namespace", &self.namespace)
            .field("transport", &self.config.transport)
            .finish_non_exhaustive()
    }
}
