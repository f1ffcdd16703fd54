//! The server's pings, on the path where they come every 300 ms.

use serde_json::json;

use crate::{
    bench::Bench,
    check::{Outcome, Result, same},
    relay::Relay,
};

const PATH: &str = "/socket.io/";
/// The client does not show pings. Each of these waits takes the server 500 ms, in which a client
/// without a pong is closed.
const WAITS: usize = 2;

pub async fn heartbeat(bench: &Bench) -> Result {
    let peer = bench
        .open_with(bench.builder_at(&bench.base, PATH, "/"))
        .await?;
    for _ in 0..WAITS {
        peer.emit("emit-with-ack", json!("nobody answers")).await?;
        same(&peer.next("emit-with-ack-timeout").await?, &json!([]))?;
    }
    bench.shows_life(&peer).await?;
    same(&peer.count("error"), &0)?;
    Ok(Outcome::Pass)
}

pub async fn ping_timeout(bench: &Bench) -> Result {
    let mut relay = Relay::before(&bench.base).await?;
    let peer = bench
        .open_with(bench.builder_at(&relay.url, PATH, "/").reconnect(true))
        .await?;
    let label = Bench::unique("label");
    same(&peer.ask("track", json!(label)).await?, &json!(["ok"]))?;
    relay.tell("freeze").await?;
    same(&bench.reason_of(&label).await?, &"ping timeout")?;
    relay.tell("cut").await?;
    peer.next("connect").await?;
    bench.shows_life(&peer).await?;
    bench.close().await;
    relay.close().await?;
    Ok(Outcome::Pass)
}
