//! Ending a namespace or a whole session, and what the server says about it afterwards.

use serde_json::json;

use crate::{
    bench::Bench,
    check::{Outcome, Result, same},
    peer::Peer,
};

/// A socket that is tracked under a label.
async fn tracked(bench: &Bench) -> Result<(Peer, String)> {
    let (peer, label) = (bench.open().await?, Bench::unique("label"));
    same(&peer.ask("track", json!(label)).await?, &json!(["ok"]))?;
    same(&peer.ask("reason-of", json!(label)).await?, &json!([null]))?;
    Ok((peer, label))
}

pub async fn namespace(bench: &Bench) -> Result {
    disconnected(bench, false).await
}

pub async fn connection(bench: &Bench) -> Result {
    disconnected(bench, true).await
}

async fn disconnected(bench: &Bench, close: bool) -> Result {
    let (peer, label) = tracked(bench).await?;
    peer.emit("disconnect-me", json!(close)).await?;
    peer.next("close").await?;
    same(
        &bench.reason_of(&label).await?,
        &"server namespace disconnect",
    )?;
    Ok(Outcome::Pass)
}

pub async fn client(bench: &Bench) -> Result {
    let (peer, label) = tracked(bench).await?;
    peer.client.disconnect().await?;
    same(
        &bench.reason_of(&label).await?,
        &"client namespace disconnect",
    )?;
    Ok(Outcome::Pass)
}
