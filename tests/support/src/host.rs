use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;
use std::thread::JoinHandle;

use actix_web::dev::ServerHandle;
use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer, rt};

/// An actix server on a thread of its own, with the workers and services that a test needs.
///
/// It ends, with its workers, when it is dropped.
pub struct Host {
    addresses: Vec<SocketAddr>,
    handle: ServerHandle,
    thread: Option<JoinHandle<()>>,
}

impl Host {
    /// Serves what `configure` puts into the application, on a free port of 127.0.0.1.
    #[must_use]
    pub fn start(
        workers: usize,
        configure: impl Fn(&mut ServiceConfig) + Send + Clone + 'static,
    ) -> Self {
        Self::start_on(1, workers, configure)
    }

    /// The same for clients that speak HTTP/2 from the first byte.
    #[must_use]
    pub fn start_h2c(
        workers: usize,
        configure: impl Fn(&mut ServiceConfig) + Send + Clone + 'static,
    ) -> Self {
        Self::launch(1, true, workers, configure)
    }

    /// The same as [`Host::start`] on several ports.
    #[must_use]
    pub fn start_on(
        ports: usize,
        workers: usize,
        configure: impl Fn(&mut ServiceConfig) + Send + Clone + 'static,
    ) -> Self {
        Self::launch(ports, false, workers, configure)
    }

    fn launch(
        ports: usize,
        is_h2c: bool,
        workers: usize,
        configure: impl Fn(&mut ServiceConfig) + Send + Clone + 'static,
    ) -> Self {
        let bind = || TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let listeners: Vec<_> = std::iter::repeat_with(bind).take(ports).collect();
        let address = |listener: &TcpListener| listener.local_addr();
        let addresses: Result<_, _> = listeners.iter().map(address).collect();
        let (started, handle) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let mut server = HttpServer::new(move || App::new().configure(configure.clone()))
                .workers(workers)
                .h1_allow_half_closed(false)
                .disable_signals()
                .shutdown_timeout(1);
            for listener in listeners {
                let listening = if is_h2c {
                    server.listen_auto_h2c(listener)
                } else {
                    server.listen(listener)
                };
                server = listening.expect("the listener can be served");
            }
            rt::System::new().block_on(async move {
                let server = server.run();
                started.send(server.handle()).expect("the test waits");
                server.await.expect("the server runs");
            });
        });
        Self {
            addresses: addresses.expect("a listener has an address"),
            handle: handle.recv().expect("the server starts"),
            thread: Some(thread),
        }
    }

    /// Where it listens; the first port's address if there are several.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// Where each port is.
    #[must_use]
    pub fn addresses(&self) -> &[SocketAddr] {
        &self.addresses
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // The command is sent when the future is made, and carried out on the server's thread.
        drop(self.handle.stop(false));
        if let Some(thread) = self.thread.take() {
            // A server that failed has said so on its own thread.
            let _ = thread.join();
        }
    }
}
