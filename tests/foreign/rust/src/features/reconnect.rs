//! Sessions that end without a goodbye, and the client that comes back by itself.

use rust_socketio::{Payload, asynchronous::ClientBuilder};
use serde_json::{Value, json};

use crate::{
    bench::Bench,
    check::{Outcome, Result, holds, same},
    peer::Peer,
    relay::Relay,
};

struct Tracked {
    peer: Peer,
    label: String,
}

impl Tracked {
    async fn open(bench: &Bench, builder: ClientBuilder) -> Result<Self> {
        let builder = builder.reconnect(true).auth(json!({"token": "kept"}));
        let peer = bench.open_with(builder).await?;
        peer.next("auth").await?;
        let label = Bench::unique("label");
        same(&peer.ask("track", json!(label)).await?, &json!(["ok"]))?;
        same(&peer.ask("join", json!(label)).await?, &json!(["ok"]))?;
        Ok(Self { peer, label })
    }

    /// Checks that the client has a new session, and gives the server's reason for the old one's end.
    async fn comes_back(&self, bench: &Bench) -> Result<String> {
        self.peer.next("connect").await?;
        same(&self.peer.next("auth").await?, &json!([{"token": "kept"}]))?;
        same(
            &self.peer.ask("rooms", Vec::<Value>::new()).await?,
            &json!([[]]),
        )?;
        bench.reason_of(&self.label).await
    }
}

/// A packet that is none: the server has to end the session.
pub async fn server_close(bench: &Bench) -> Result {
    let tracked = Tracked::open(bench, bench.builder("/")).await?;
    #[expect(
        deprecated,
        reason = "text that is not JSON is put between quotes as it is"
    )]
    tracked
        .peer
        .emit("message", Payload::String("no\"json".to_owned()))
        .await?;
    same(&tracked.comes_back(bench).await?, &"parse error")?;
    Ok(Outcome::Pass)
}

pub async fn engine_close(bench: &Bench) -> Result {
    let tracked = Tracked::open(bench, bench.builder("/")).await?;
    tracked.peer.client.disconnect().await?;
    same(
        &bench.reason_of(&tracked.label).await?,
        &"client namespace disconnect",
    )?;
    Ok(Outcome::Gap("the one call that closes says goodbye first"))
}

pub async fn cut(bench: &Bench) -> Result {
    let mut relay = Relay::before(&bench.base).await?;
    let tracked = Tracked::open(bench, bench.builder_at(&relay.url, "/relaxed/", "/")).await?;
    relay.tell("cut").await?;
    let reason = tracked.comes_back(bench).await?;
    holds(
        ["transport close", "transport error"].contains(&&*reason),
        &reason,
    )?;
    bench.close().await;
    relay.close().await?;
    Ok(Outcome::Pass)
}
