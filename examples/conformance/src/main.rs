//! `cargo run --release -p conformance -- --port 0`

use std::io::{self, Write as _};

#[actix_web::main]
async fn main() -> io::Result<()> {
    let port = port(std::env::args().skip(1))?;
    let (server, address) = conformance::serve(port)?;
    let mut out = io::stdout();
    writeln!(out, "listening on http://{address}")?;
    out.flush()?;
    server.await
}

fn port(mut arguments: impl Iterator<Item = String>) -> io::Result<u16> {
    let usage = || {
        io::Error::new(
            io::ErrorKind::InvalidInput,
            "usage: conformance --port PORT",
        )
    };
    match (
        arguments.next().as_deref(),
        arguments.next(),
        arguments.next(),
    ) {
        (None, _, _) => Ok(3000),
        (Some("--port"), Some(port), None) => port.parse().map_err(|_| usage()),
        _ => Err(usage()),
    }
}
