//! Chat rooms in a browser: rooms, names, who is here, who is typing, confirmed messages.

mod chat;
mod options;
mod page;
mod problem;
mod rooms;
mod words;

use std::io::{self, ErrorKind};
use std::net::TcpListener;
use std::process::ExitCode;

use actix_web::{App, HttpServer};
use encke::Encke;

use chat::Chat;
use options::Options;

#[actix_web::main]
async fn main() -> io::Result<ExitCode> {
    let options = match Options::parse(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(usage) => {
            eprintln!("{usage}");
            return Ok(ExitCode::from(2));
        }
    };
    let listener = match listen(&options) {
        Ok(listener) => listener,
        Err(error) => {
            eprintln!("Can not listen on {}: {error}.", options.host);
            return Ok(ExitCode::FAILURE);
        }
    };
    println!("Chat is on http://{}", listener.local_addr()?);

    let io = Encke::builder().state(Chat::default()).build();
    io.of("/")
        .authorize(chat::authorize)
        .on_connect(chat::connect)
        .on("join", chat::join)
        .on("say", chat::say)
        .on("typing", chat::typing)
        .on("rename", chat::rename)
        .on_disconnect(chat::disconnect);

    let shutdown = io.shutdown_signal();
    HttpServer::new(move || {
        App::new()
            .service(io.scope("/socket.io"))
            .configure(page::serve)
    })
    // Without this, a long poll whose client has gone away is not noticed.
    .h1_allow_half_closed(false)
    .shutdown_timeout(1)
    .shutdown_signal(shutdown)
    .listen(listener)?
    .run()
    .await?;
    Ok(ExitCode::SUCCESS)
}

/// Takes the port that was asked for, or any free one if another program has it.
fn listen(options: &Options) -> io::Result<TcpListener> {
    let Options { host, port } = options;
    match TcpListener::bind((host.as_str(), *port)) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            eprintln!("Port {port} is taken by another program; using a free one instead.");
            TcpListener::bind((host.as_str(), 0))
        }
        listener => listener,
    }
}
