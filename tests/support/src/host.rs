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
    address: SocketAddr,
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
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port is free");
        let address = listener.local_addr().expect("a listener has an address");
        let (started, handle) = mpsc::channel();
        let thread = std::thread::spawn(move || {
            let server = HttpServer::new(move || App::new().configure(configure.clone()))
                .workers(workers)
                .h1_allow_half_closed(false)
                .disable_signals()
                .shutdown_timeout(1)
                .listen(listener)
                .expect("the listener can be served");
            rt::System::new().block_on(async move {
                let server = server.run();
                started.send(server.handle()).expect("the test waits");
                server.await.expect("the server runs");
            });
        });
        Self {
            address,
            handle: handle.recv().expect("the server starts"),
            thread: Some(thread),
        }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
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
