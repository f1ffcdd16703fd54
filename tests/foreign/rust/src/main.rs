//! `rust_socketio` against a conformance server: every feature in every mode, a line each.

mod bench;
mod check;
mod features;
mod peer;
mod relay;

use std::{env, process::ExitCode, sync::Arc};

use bench::{Bench, Mode};
use check::Outcome;

const CLIENT: &str = "rust_socketio 0.6.0";

#[tokio::main]
async fn main() -> ExitCode {
    let Ok(base) = env::var("ENCKE_URL") else {
        eprintln!("ENCKE_URL is not set: the address of a conformance server");
        return ExitCode::FAILURE;
    };
    let part = env::var("ENCKE_PART").ok();
    quiet_the_client();
    let mut failed = false;
    for mode in Mode::ALL {
        for (feature, run) in features::table(mode, part.as_deref()) {
            let bench = Arc::new(Bench::new(&base, mode));
            // In a task of its own, so that a panic is one failure among others.
            let outcome = match tokio::spawn(run(Arc::clone(&bench))).await {
                Ok(Ok(outcome)) => outcome,
                Ok(Err(fault)) => Outcome::Fail(check::chain(&*fault)),
                Err(panic) => Outcome::Fail(panic.to_string()),
            };
            bench.close().await;
            failed |= matches!(outcome, Outcome::Fail(_));
            println!("result\t{CLIENT}\t{mode}\t{feature}\t{outcome}");
        }
    }
    ExitCode::from(u8::from(failed))
}

/// Silences panics inside the client's own tasks, which one of its gaps is shown by.
fn quiet_the_client() {
    let report = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        let inside = panic
            .location()
            .is_some_and(|at| at.file().contains("rust_socketio"));
        if !inside {
            report(panic);
        }
    }));
}
