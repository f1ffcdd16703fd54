//! A page whose connection can be cut, and which misses nothing.

mod ledger;
mod options;
mod page;
mod plug;
mod visit;
mod watch;

use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, TcpListener};
use std::process::ExitCode;
use std::time::Duration;

use actix_web::middleware::from_fn;
use actix_web::{App, HttpServer, rt, web};
use encke::Encke;
use tokio::time::{Instant, MissedTickBehavior, interval};

use options::Options;
use plug::Plugs;
use visit::{TICK, Visits, WINDOW};

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
    println!("Resume is on http://{}", listener.local_addr()?);

    let visits = web::Data::new(Visits::default());
    let plugs = web::Data::new(Plugs::default());
    let io = Encke::builder()
        .resume_window(WINDOW)
        // Between two polls a session has no connection; that it has been too long shows after this.
        .ping_interval(Duration::from_secs(5))
        .ping_timeout(Duration::from_secs(3))
        .data(visits.clone())
        .data(plugs.clone())
        .build();
    io.of("/")
        .authorize(visit::authorize)
        .on_connect(visit::connect)
        .on("number", visit::number)
        .on("pull", visit::pull)
        .on_detach(visit::detach)
        .on_resume(visit::resume)
        .on_disconnect(visit::disconnect);
    rt::spawn(count(io.clone()));

    // The wires that can be cut end here, and the server itself is behind them.
    let behind = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let address = behind.local_addr()?;
    rt::spawn(plug::relay(listener, address, plugs.clone()));

    let shutdown = io.shutdown_signal();
    HttpServer::new(move || {
        App::new()
            .app_data(visits.clone())
            .app_data(plugs.clone())
            .app_data(web::Data::new(io.clone()))
            .wrap(from_fn(plug::pass))
            .service(io.scope("/socket.io"))
            .configure(watch::serve)
            .configure(page::serve)
    })
    // Without this, a long poll whose client has gone away is not noticed.
    .h1_allow_half_closed(false)
    .shutdown_timeout(1)
    .shutdown_signal(shutdown)
    .listen(behind)?
    .run()
    .await?;
    Ok(ExitCode::SUCCESS)
}

/// Says one number after the other to everybody, whether they are attached or away.
async fn count(io: Encke) {
    let begun = Instant::now();
    let everybody = io.of("/");
    let mut ticks = interval(TICK);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    for number in 1_u64.. {
        ticks.tick().await;
        let at = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
        if let Err(error) = everybody.emit("count", &(number, at)) {
            eprintln!("Number {number} was not sent: {error}.");
        }
    }
}

/// Takes the port that was asked for, or any free one if another program has it.
fn listen(options: &Options) -> io::Result<TcpListener> {
    let Options { host, port } = options;
    let listener = match TcpListener::bind((host.as_str(), *port)) {
        Err(error) if error.kind() == ErrorKind::AddrInUse => {
            eprintln!("Port {port} is taken by another program; using a free one instead.");
            TcpListener::bind((host.as_str(), 0))
        }
        listener => listener,
    }?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}
