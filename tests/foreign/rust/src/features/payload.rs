//! What arguments survive the way there and back.

use bytes::Bytes;
use rust_socketio::Payload;
use serde_json::{Value, json};

use crate::{
    bench::{Bench, Mode},
    check::{Outcome, Result, holds, same},
    peer::{Args, Peer},
};

pub async fn arguments(bench: &Bench) -> Result {
    let values = json!([
        "plain", "", "Grüße, 世界, 🦀🏳️‍🌈, \u{10ffff}",
        "separators \u{2028} \u{2029} \u{1e} \u{0} \u{7f} \u{feff}",
        "quotes \" and \\ and </script> and \r\n",
        0, -1, 1.5, 1e21, 5e-324, 9_007_199_254_740_991_i64, -9_007_199_254_740_991_i64,
        true, false, null, [], {}, [[[]]], {"": {"": null}},
        {"zebra": 1, "apple": [{"ключ": "значение"}, [null, [false]]], "constructor": "c"},
        {"_placeholder": true, "num": 0},
    ]);
    let peer = bench.open().await?;
    peer.emit("message", values.as_array().cloned().unwrap_or_default())
        .await?;
    same(&peer.next("message-back").await?, &values)?;
    peer.emit("message", Vec::<Value>::new()).await?;
    same(&peer.next("message-back").await?, &json!([]))?;
    Ok(Outcome::Pass)
}

pub async fn long_text(bench: &Bench) -> Result {
    let peer = bench.open().await?;
    if bench.mode == Mode::Polling {
        return breaks_on_long_polls(&peer).await;
    }
    let long = json!([long()]);
    peer.emit("message", long[0].clone()).await?;
    holds(
        peer.next("message-back").await? == long,
        "the text is the same",
    )?;
    bench.shows_life(&peer).await?;
    Ok(Outcome::Pass)
}

fn long() -> Value {
    Value::String("é🦀".repeat(50_000))
}

/// One packet longer than what the client reads at once ends it.
pub async fn breaks_on_long_polls(peer: &Peer) -> Result {
    peer.emit("message", long()).await?;
    peer.next("error").await?;
    same(&peer.count("message-back"), &0)?;
    Ok(Outcome::Gap(
        "each piece of a poll's body that is read is taken for a whole payload",
    ))
}

/// The client can send them, as JSON that it was given, but not take them.
pub async fn lone_surrogates(bench: &Bench) -> Result {
    let peer = bench.open().await?;
    #[expect(deprecated, reason = "no other payload can hold a lone surrogate")]
    peer.emit(
        "message",
        Payload::String(r#"{"text":"a\udc00b"}"#.to_owned()),
    )
    .await?;
    bench.shows_life(&peer).await?;
    let back = peer.all("message-back");
    if back.is_empty() {
        return Ok(Outcome::Gap(
            "events that are not well-formed Unicode are dropped unseen",
        ));
    }
    same(&back[0], &json!([{"text": "a\u{fffd}b"}]))?;
    Ok(Outcome::Pass)
}

const SEPARATOR: u8 = 0x1e;

pub async fn binary_flat(bench: &Bench) -> Result {
    let peer = bench.open().await?;
    let every_byte: Bytes = (0..=u8::MAX).collect();
    if bench.mode == Mode::Polling {
        echoes(&peer, every_byte).await?;
        return Ok(Outcome::Pass);
    }
    echoes(
        &peer,
        every_byte
            .iter()
            .copied()
            .filter(|byte| *byte != SEPARATOR)
            .collect(),
    )
    .await?;
    peer.emit("message", every_byte).await?;
    peer.next("error").await?;
    Ok(Outcome::Gap(
        "WebSocket frames, binary ones too, are split at byte 0x1e",
    ))
}

async fn echoes(peer: &Peer, bytes: Bytes) -> Result<()> {
    peer.emit("message", bytes.clone()).await?;
    same(&peer.next("message-back").await?, &Args::Binary(bytes))
}

/// The type says it: an argument list is JSON or one buffer, and a buffer stays alone.
pub async fn binary_deep(bench: &Bench) -> Result {
    let peer = bench.open().await?;
    let bytes = Bytes::from_static(b"\x01\x02");
    echoes(&peer, bytes.clone()).await?;
    // A buffer inside JSON is a list of numbers to this client.
    let nested = json!([{"leaf": bytes.as_ref()}]);
    peer.emit("message", nested[0].clone()).await?;
    same(
        &peer.next("message-back").await?,
        &json!([{"leaf": [1, 2]}]),
    )?;
    Ok(Outcome::Gap("a payload is JSON or one buffer, never both"))
}
