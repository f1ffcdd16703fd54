//! `cargo run --release -p conformance -- --port 0`

use std::io::{self, Write as _};
use std::process::ExitCode;

use conformance::{Options, USAGE};

#[actix_web::main]
async fn main() -> io::Result<ExitCode> {
    let options = match Options::parse(lexopt::Parser::from_env()) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("{error}\n\n{USAGE}");
            return Ok(ExitCode::from(2));
        }
    };
    let (server, address) = conformance::serve(&options)?;
    let mut out = io::stdout();
    writeln!(out, "listening on http://{address}")?;
    out.flush()?;
    server.await?;
    Ok(ExitCode::SUCCESS)
}
