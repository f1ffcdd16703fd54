//! Acknowledgements, both ways.

use bytes::Bytes;
use rust_socketio::Payload;
use serde_json::{Value, json};

use crate::{
    bench::Bench,
    check::{LIMIT, Outcome, Result, same},
    peer::Args,
};

pub async fn up(bench: &Bench) -> Result {
    let peer = bench.open().await?;
    same(
        &peer.ask("message-with-ack", Vec::<Value>::new()).await?,
        &json!([]),
    )?;
    let args = json!(["text", {"a": [1, null]}, -2.5, [], "🦀"]);
    let payload = args.as_array().cloned().unwrap_or_default();
    same(&peer.ask("message-with-ack", payload).await?, &args)?;
    Ok(Outcome::Pass)
}

/// It goes out as an acknowledgement of something that was never asked, and is ignored.
pub async fn up_binary(bench: &Bench) -> Result {
    let peer = bench.open().await?;
    let (answer, mut answers) = tokio::sync::mpsc::unbounded_channel();
    let callback = move |payload: Payload, _| -> futures_util::future::BoxFuture<'static, ()> {
        let _ = answer.send(payload);
        Box::pin(async {})
    };
    let bytes = Payload::Binary(Bytes::from_static(b"\x01\x02"));
    peer.client
        .emit_with_ack("message-with-ack", bytes, LIMIT, callback)
        .await?;
    bench.shows_life(&peer).await?;
    same(&answers.try_recv().is_err(), &true)?;
    Ok(Outcome::Gap(
        "a binary event that asks for an acknowledgement is sent as packet type 6",
    ))
}

pub async fn down(bench: &Bench) -> Result {
    never_answers(
        bench,
        json!("question").into(),
        Args::Json(vec![json!("question")]),
    )
    .await
}

pub async fn down_binary(bench: &Bench) -> Result {
    let bytes = Bytes::from_static(b"\x01\x02");
    never_answers(bench, bytes.clone().into(), Args::Binary(bytes)).await
}

/// The question arrives, without the id that an answer needs.
async fn never_answers(bench: &Bench, question: Payload, seen: Args) -> Result {
    let peer = bench.open().await?;
    peer.emit("emit-with-ack", question).await?;
    same(&peer.next("emit-with-ack").await?, &seen)?;
    same(&peer.next("emit-with-ack-timeout").await?, &json!([]))?;
    same(&peer.count("emit-with-ack-back"), &0)?;
    Ok(Outcome::Gap(
        "a handler is not told the id, and there is no call that answers",
    ))
}

/// The server stops waiting and says so.
pub async fn timeout(bench: &Bench) -> Result {
    let peer = bench.open().await?;
    peer.emit("emit-with-ack", json!("nobody answers")).await?;
    same(&peer.next("emit-with-ack-timeout").await?, &json!([]))?;
    bench.shows_life(&peer).await?;
    Ok(Outcome::Pass)
}
