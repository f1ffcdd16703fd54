//! Loads a Socket.IO 5 server and reports what one unit of work costs it.
//!
//! One thread, one epoll, clients written for this: the generator must be cheaper
//! than any server, or it would measure itself. `bench/README.md` says what each
//! mode means.

mod broadcast;
mod connect;
mod echo;
mod error;
mod fleet;
mod frame;
mod held;
mod http;
mod latency;
mod load;
mod meter;
mod options;
mod packet;
mod polling;
mod process;
mod report;
mod session;
mod target;
mod websocket;
mod wire;

use std::{env, process::ExitCode};

use crate::{
    broadcast::Broadcast,
    echo::Echo,
    error::Error,
    fleet::{Fleet, Waiting},
    meter::Meter,
    options::{Mode, Options, USAGE},
    polling::Polling,
    report::Report,
    session::Session,
    target::Target,
    websocket::WebSocket,
};

/// Sessions being opened at a time, where opening is not what is measured: well
/// below any server's backlog.
const OPENING_AT_ONCE: usize = 64;

fn main() -> ExitCode {
    let outcome = match Options::parse(env::args_os()) {
        Ok(Some(options)) => run(&options),
        Ok(None) => {
            print!("{USAGE}");
            Ok(())
        }
        Err(error) => Err(error),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bench-load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<(), Error> {
    if let Some(core) = options.core {
        process::pin(core)?;
    }
    let meter = Meter::new(options.server_pid)?;
    let report = match options.mode {
        Mode::Idle => held::<WebSocket>("idle", options, &meter)?,
        Mode::Polls => held::<Polling<1>>("polls", options, &meter)?,
        Mode::Echo => echo::<WebSocket>("echo", options, &meter)?,
        Mode::PollEcho => echo::<Polling<2>>("poll-echo", options, &meter)?,
        Mode::Broadcast => broadcast(options, &meter)?,
        Mode::Connect => connect::measure(
            &mut fleet::<WebSocket>(options, Waiting::Spinning)?,
            options.connections,
            options.in_flight,
            &meter,
        )?,
    };
    if options.json {
        let line = serde_json::to_string(&report).map_err(|error| Error::Io {
            doing: "write the report",
            source: error.into(),
        })?;
        println!("{line}");
    } else {
        println!("{report}");
    }
    Ok(())
}

fn fleet<S: Session>(options: &Options, waiting: Waiting) -> Result<Fleet<S>, Error> {
    Fleet::new(
        Target::new(options.port, &options.path, options.resume),
        waiting,
    )
}

fn held<S: Session>(mode: &'static str, options: &Options, meter: &Meter) -> Result<Report, Error> {
    let mut fleet = fleet::<S>(options, Waiting::Sleeping)?;
    held::measure(
        mode,
        &mut fleet,
        options.connections,
        OPENING_AT_ONCE,
        options.hold,
        meter,
    )
}

fn echo<S: Session>(mode: &'static str, options: &Options, meter: &Meter) -> Result<Report, Error> {
    let mut fleet = fleet::<S>(options, Waiting::Spinning)?;
    fleet.open(options.connections, OPENING_AT_ONCE)?;
    let mut load = Echo::new(options.in_flight, options.payload_bytes)?;
    let report = load::measure((mode, "echo"), &mut fleet, &mut load, options.window, meter)?;
    Ok(report.with_events(options.in_flight, options.payload_bytes))
}

fn broadcast(options: &Options, meter: &Meter) -> Result<Report, Error> {
    let mut fleet = fleet::<WebSocket>(options, Waiting::Spinning)?;
    fleet.open(options.connections, OPENING_AT_ONCE)?;
    let mut load = Broadcast::new(options.in_flight, options.payload_bytes)?;
    let names = ("broadcast", "delivery");
    let report = load::measure(names, &mut fleet, &mut load, options.window, meter)?;
    Ok(report.with_events(options.in_flight, options.payload_bytes))
}
