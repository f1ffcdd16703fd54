//! Many events at once, all of them, in order.

use futures_util::{FutureExt, future};
use rust_socketio::Payload;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::payload::breaks_on_long_polls;
use crate::{
    bench::{Bench, Mode},
    check::{LIMIT, Outcome, Result, same, within},
    peer::{Args, Peer},
};

const EVENTS: usize = 10_000;
const ACKS: usize = 2_000;
/// Few enough that the echoes of all of them fit in what the client reads of a poll at once.
const WINDOW: usize = 100;

pub async fn burst(bench: &Bench) -> Result {
    let peer = bench.open().await?;
    if bench.mode == Mode::Polling {
        return breaks_on_long_polls(&peer).await;
    }
    peer.emit("burst", json!(EVENTS)).await?;
    counts_up(&peer, "tick").await?;
    bench.shows_life(&peer).await?;
    same(&peer.count("tick"), &EVENTS)?;
    Ok(Outcome::Pass)
}

async fn counts_up(peer: &Peer, name: &str) -> Result<()> {
    peer.reached(name, EVENTS).await?;
    for (index, args) in peer.all(name).iter().enumerate() {
        same(args, &json!([index]))?;
    }
    Ok(())
}

/// Ids are drawn from 0 to 998: of 2000 questions in flight some share one, and the first answer
/// to it goes to all of those.
pub async fn pipelined_acks(bench: &Bench) -> Result {
    let peer = bench.open().await?;
    let (wrong, mut answers) = mpsc::unbounded_channel();
    let asked = future::join_all((0..ACKS).map(|index| {
        let wrong = wrong.clone();
        let callback = move |payload: Payload, _| {
            if Args::from(payload) != Args::Json(vec![json!([index])]) {
                let _ = wrong.send(index);
            }
            async {}.boxed()
        };
        peer.client.emit_with_ack("message-with-ack", json!(index), LIMIT, callback)
    }));
    let mixed_up = async {
        tokio::select! {
            index = answers.recv() => index,
            // The client's own task may have ended by then, with the acknowledgements untold.
            () = async { asked.await; future::pending().await } => None,
        }
    };
    within(mixed_up, "acknowledgement that went astray").await?;
    Ok(Outcome::Gap("an acknowledgement's id is drawn from 999, without regard to those in use"))
}

pub async fn events_up(bench: &Bench) -> Result {
    let peer = bench.open().await?;
    for index in 0..EVENTS {
        if bench.mode == Mode::Polling {
            peer.reached("message-back", index.saturating_sub(WINDOW)).await?;
        }
        peer.emit("message", json!(index)).await?;
    }
    counts_up(&peer, "message-back").await?;
    bench.shows_life(&peer).await?;
    same(&peer.count("message-back"), &EVENTS)?;
    Ok(Outcome::Pass)
}

/// Both ways at once, from the moment the namespace is open. That is as early as this client can:
/// it opens no namespace before its upgrade is over.
pub async fn upgrade(bench: &Bench) -> Result {
    let peer = bench.open().await?;
    peer.emit("burst", json!(EVENTS)).await?;
    for index in 0..EVENTS {
        peer.emit("message", json!(index)).await?;
    }
    counts_up(&peer, "message-back").await?;
    counts_up(&peer, "tick").await?;
    let Args::Json(said) = peer.ask("handshake", Vec::<Value>::new()).await? else {
        return Err("the handshake is binary".into());
    };
    let first = said.first().map(|said| &said["query"]["transport"]);
    same(&first, &Some(&json!("polling")))?;
    Ok(Outcome::Pass)
}
