//! The hostile proxy, [`encke::test::Proxy`], for tests that are not written in Rust.
//!
//! It reads a command a line from standard input, each a JSON object, and answers each with one line
//! of JSON, in order. It ends, and every proxy with it, when standard input does.
//!
//! | command | what happens | answer |
//! |---|---|---|
//! | `{"do":"open","to":"http://127.0.0.1:1234"}` | a proxy to that server begins; it behaves | `{"proxy":1,"url":"http://127.0.0.1:5678"}` |
//! | `{"do":"open","to":…,"seed":17,…}` | the same, with faults that [`encke::test::Chaos`] draws | the same |
//! | `{"do":"pause","proxy":1}`, `refuse`, `resume` | the network goes, and comes back | `{}` |
//! | `{"do":"cut","proxy":1}`, `reset`, `black_hole` | so for all open connections | `{}` |
//! | `{"do":"kill","proxy":1,"after_ms":200}` | every WebSocket from now on lives so long | `{}` |
//! | `{"do":"behave","proxy":1}` | no seed and no `kill` counts any more | `{}` |
//! | `{"do":"counts","proxy":1}` | | `{"connections":3,"faults":2,"by_kind":{"cut":1,…},…}` |
//! | `{"do":"log","proxy":1}` | | `{"log":[…]}`, a line an event |
//! | `{"do":"close","proxy":1}` | the proxy ends | as of `counts` |
//!
//! With a `seed` there may be: `rate`, the part of the requests that have a fault of a kind, the same
//! for each kind; `rates`, by kind, such as `{"cut":0.1}`; `longest_ms` for delays, `span` for
//! positions in bytes, and `calm_after`, the number of requests after which no fault begins.
//!
//! A command that is wrong is answered `{"error":"…"}`, and changes nothing.

mod command;
mod rig;

use std::io::{self, BufRead as _, Write as _};
use std::thread;

use serde_json::json;
use tokio::sync::mpsc;

use crate::rig::Rig;

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    let mut lines = lines();
    let mut rig = Rig::default();
    let mut out = io::stdout();
    while let Some(line) = lines.recv().await {
        let answer = match rig.obey(&line?).await {
            Ok(answer) => answer,
            Err(refusal) => json!({ "error": refusal.to_string() }),
        };
        writeln!(out, "{answer}")?;
        out.flush()?;
    }
    Ok(())
}

/// The lines of standard input. A thread of its own reads them, since that blocks, and the proxies
/// have to go on meanwhile.
fn lines() -> mpsc::Receiver<io::Result<Vec<u8>>> {
    let (sender, receiver) = mpsc::channel(1);
    thread::spawn(move || {
        for line in io::stdin().lock().split(b'\n') {
            if sender.blocking_send(line).is_err() {
                break;
            }
        }
    });
    receiver
}
