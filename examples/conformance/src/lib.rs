//! A server with known behaviour on four paths; see the README beside this package.

mod handlers;
mod options;
mod reasons;

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_files::Files;
use actix_web::dev::Server;
use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer};
use encke::{Builder, Encke, Message, Origins, Recovery, Session, Transport};

pub use crate::options::{Options, USAGE};
use crate::reasons::Reasons;

/// The servers of the four paths.
#[derive(Debug, Clone)]
pub struct Servers {
    /// `/engine.io/`: every message is sent back.
    pub engine: Encke,
    /// `/socket.io/`: a heartbeat short enough to be tested.
    pub socket: Encke,
    /// `/relaxed/`: the usual heartbeat.
    pub relaxed: Encke,
    /// `/recovery/`: as relaxed, with connection state recovery.
    pub recovery: Encke,
}

impl Servers {
    /// Every path, without sessions, for pages of these origins.
    pub fn new(origins: &Origins) -> Self {
        let reasons = Reasons::default();
        let common = || common(origins.clone());
        let brisk = || brisk(common());
        let engine = brisk().build();
        engine.on_session(echo);
        let recovery = Recovery {
            window: Duration::from_secs(120),
            event_bytes: 64 * 1024 * 1024,
            ..Recovery::default()
        };
        let socket_io = |builder: Builder| {
            let io = builder.state(reasons.clone()).build();
            handlers::install_all(&io);
            io
        };
        Self {
            engine,
            socket: socket_io(brisk().connect_timeout(Duration::from_secs(1))),
            relaxed: socket_io(common()),
            recovery: socket_io(common().recovery(recovery)),
        }
    }

    /// Puts the four paths into an application.
    pub fn mount(&self, app: &mut ServiceConfig) {
        app.service(self.engine.scope("/engine.io"))
            .service(self.socket.scope("/socket.io"))
            .service(self.relaxed.scope("/relaxed"))
            .service(self.recovery.scope("/recovery"));
    }

    /// Ready once the process is told to stop and every session has ended.
    pub async fn stopped(self) {
        tokio::join!(
            self.engine.shutdown_signal(),
            self.socket.shutdown_signal(),
            self.relaxed.shutdown_signal(),
            self.recovery.shutdown_signal(),
        );
    }
}

impl Default for Servers {
    fn default() -> Self {
        Self::new(&Origins::any())
    }
}

/// A server on a port of 127.0.0.1; it runs when awaited.
///
/// # Errors
///
/// When the port can not be had, or an origin is none.
pub fn serve(options: &Options) -> io::Result<(Server, SocketAddr)> {
    let origins = options.origins().map_err(io::Error::other)?;
    let listener = TcpListener::bind(("127.0.0.1", options.port))?;
    let address = listener.local_addr()?;
    let servers = Servers::new(&origins);
    let stopped = servers.clone().stopped();
    let pages = options.pages.clone();
    let server = HttpServer::new(move || {
        let app = App::new().configure(|app| servers.mount(app));
        app.configure(|app| {
            if let Some(pages) = &pages {
                app.service(Files::new("/", pages));
            }
        })
    });
    let server = server
        .h1_allow_half_closed(false)
        .shutdown_timeout(1)
        .shutdown_signal(stopped)
        .listen(listener)?;
    Ok((server.run(), address))
}

/// What all paths have in common. A burst of 20,000 events has to fit the buffer.
fn common(origins: Origins) -> Builder {
    Encke::builder()
        .transports(Transport::ALL)
        .origins(origins)
        .max_buffer(16 * 1024 * 1024)
}

fn brisk(common: Builder) -> Builder {
    common
        .ping_interval(Duration::from_millis(300))
        .ping_timeout(Duration::from_millis(200))
}

async fn echo(mut session: Session) {
    while let Some(message) = session.recv().await {
        let sent = match message {
            Message::Text(text) => session.send_text(&text),
            Message::Binary(bytes) => session.send_binary(&bytes),
        };
        if sent.is_err() {
            break;
        }
    }
}
