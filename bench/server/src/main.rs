//! The contract of `bench/README.md`, kept by Encke.

use std::{env, net::Ipv4Addr, num::NonZero, thread};

use actix_web::{App, HttpServer};
use encke::{Args, Encke, Socket};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let options = Options::parse()?;

    let io = Encke::builder().build();
    // An emit fails when its receiver has gone or does not read: the load generator
    // sees its own event missing and says so.
    io.of("/")
        .on("echo", async |socket: Socket, args: Args| {
            let _ = socket.emit("echo", &args);
        })
        .on("broadcast", async |socket: Socket, args: Args| {
            let _ = socket.all().emit("broadcast", &args);
        });

    let mounted = io.clone();
    let server = HttpServer::new(move || App::new().service(mounted.scope("/socket.io")))
        .workers(thread::available_parallelism().map_or(1, NonZero::get))
        // A poll whose client has gone must not stay parked.
        .h1_allow_half_closed(false)
        .tcp_nodelay(true)
        .shutdown_signal(io.shutdown_signal())
        .bind((Ipv4Addr::LOCALHOST, options.port))?;
    for address in server.addrs() {
        println!("listening on http://{address}");
    }
    Ok(server.run().await?)
}

struct Options {
    port: u16,
}

impl Options {
    /// `--port P`, or else the variable `PORT`; 0 picks a free one.
    ///
    /// `--body` asks for the body path, which is the only one there is.
    fn parse() -> Result<Self, lexopt::Error> {
        use lexopt::prelude::{Long, ValueExt as _};

        let mut port = env::var_os("PORT").map_or(Ok(0), |port| port.parse())?;
        let mut arguments = lexopt::Parser::from_env();
        while let Some(argument) = arguments.next()? {
            match argument {
                Long("port") => port = arguments.value()?.parse()?,
                Long("body") => {}
                other => return Err(other.unexpected()),
            }
        }
        Ok(Self { port })
    }
}
