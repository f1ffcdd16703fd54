//! Many events at once, all of them, in order.

use futures_util::{FutureExt, future};
use rust_socketio::Payload;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::payload::breaks_on_long_polls;
use crate::{
    bench::{Bench, Mode},
    check::{LIMIT, Outcome, Result, holds, same, within},
    peer::{Args, Peer, acknowledged},
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
    let (astray, mut answers) = mpsc::unbounded_channel();
    let asked = future::join_all((0..ACKS).map(|index| {
        let astray = astray.clone();
        let callback = move |payload: Payload, _| {
            let answer = acknowledged(payload.into());
            if answer != json!([index]) {
                let _ = astray.send(answer);
            }
            async {}.boxed()
        };
        peer.client
            .emit_with_ack("message-with-ack", json!(index), LIMIT, callback)
    }));
    let first = async {
        tokio::select! {
            answer = answers.recv() => answer,
            // The asking may be over before the first answer is there.
            () = async { asked.await; future::pending().await } => None,
        }
    };
    let answer = within(first, "acknowledgement that went astray").await?;
    let to_another =
        (0..ACKS).any(|index| answer.as_ref().is_some_and(|args| *args == json!([index])));
    holds(to_another, "it is the answer to another question")?;
    Ok(Outcome::Gap(
        "an acknowledgement's id is drawn from 999, without regard to those in use",
    ))
}

pub async fn events_up(bench: &Bench) -> Result {
    let peer = bench.open().await?;
    for index in 0..EVENTS {
        if bench.mode == Mode::Polling {
            peer.reached("message-back", index.saturating_sub(WINDOW))
                .await?;
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
