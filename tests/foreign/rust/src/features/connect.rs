//! Opening a namespace and being refused one.

use serde_json::{Value, json};

use crate::{
    bench::Bench,
    check::{Outcome, Result, holds, same},
    peer::{Args, Peer},
};

pub async fn default(bench: &Bench) -> Result {
    connects(bench, "/").await
}

pub async fn custom(bench: &Bench) -> Result {
    connects(bench, "/custom").await
}

pub async fn dynamic(bench: &Bench) -> Result {
    connects(bench, &Bench::namespace()).await
}

/// Connects to `namespace` and checks everything that the server says about it.
async fn connects(bench: &Bench, namespace: &str) -> Result {
    let auth = json!({"token": "any", "nested": {"list": [1, null, "ü"]}});
    let peer = bench
        .open_with(bench.builder(namespace).auth(auth.clone()))
        .await?;
    same(&peer.next("auth").await?, &json!([auth]))?;
    let Args::Json(said) = peer.ask("handshake", Vec::<Value>::new()).await? else {
        return Err("the handshake is binary".into());
    };
    let said = said.first().ok_or("the handshake is empty")?;
    holds(
        said["sid"].as_str().is_some_and(|sid| !sid.is_empty()),
        "it has a sid",
    )?;
    same(&said["nsp"], &json!(namespace))?;
    same(&said["auth"], &auth)?;
    same(&said["query"]["EIO"], &json!("4"))?;
    // The client fails to open in the upgrade mode unless it has upgraded.
    same(&said["query"]["transport"], &json!(bench.mode.first()))?;
    Ok(Outcome::Pass)
}

pub async fn without_auth(bench: &Bench) -> Result {
    same(&bench.open().await?.next("auth").await?, &json!([{}]))?;
    Ok(Outcome::Pass)
}

/// What the server refused with. The client wraps it in a sentence.
async fn refusal(peer: &Peer) -> Result<Value> {
    let Args::Json(said) = peer.next("error").await? else {
        return Err("the error is binary".into());
    };
    let sentence = said
        .first()
        .and_then(Value::as_str)
        .ok_or("the error has no text")?;
    let json = sentence.split_once(": ").ok_or("the error has no data")?.1;
    Ok(serde_json::from_str(json)?)
}

pub async fn refused_then_granted(bench: &Bench) -> Result {
    let builder = |token| bench.builder("/auth").auth(json!({"token": token}));
    let error = json!({"message": "not authorized", "data": {"code": "E_AUTH", "retry": false}});
    let peer = bench.start(builder("wrong")).await?;
    same(&refusal(&peer).await?, &error)?;
    same(&peer.count("connect"), &0)?;
    let peer = bench.open_with(builder("secret")).await?;
    same(&peer.next("auth").await?, &json!([{"token": "secret"}]))?;
    Ok(Outcome::Pass)
}

pub async fn unknown(bench: &Bench) -> Result {
    let peer = bench.start(bench.builder("/nowhere")).await?;
    same(
        &refusal(&peer).await?,
        &json!({"message": "Invalid namespace"}),
    )?;
    Ok(Outcome::Pass)
}

/// Ending one client's whole connection leaves the other's alone: they do not share one.
pub async fn multiplex(bench: &Bench) -> Result {
    let root = bench.open().await?;
    let custom = bench.open_with(bench.builder("/custom")).await?;
    custom.emit("disconnect-me", json!(true)).await?;
    custom.next("close").await?;
    bench.shows_life(&root).await?;
    Ok(Outcome::Gap(
        "a client opens one namespace, over a session of its own",
    ))
}
