//! The handlers that every namespace has. An argument of the wrong type is ignored, so the
//! arguments are taken raw and answered by an `Ack`.

use std::time::Duration;

use encke::{Ack, Args, Auth, CloseReason, Encke, Namespace, Reject, Socket, State};
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::reasons::Reasons;

/// Longest wait for the answer to `emit-with-ack`.
const ANSWER: Duration = Duration::from_millis(500);
/// Most events of a `burst`.
const MOST_TICKS: u32 = 20_000;

pub(crate) fn install_all(io: &Encke) {
    install(&io.of("/"));
    install(&io.of("/custom"));
    install(io.of("/auth").authorize(authorize));
    let dynamic = io.of_pattern(|name| {
        let digits = name.strip_prefix("/dynamic-").unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    install(&dynamic);
}

fn install<K>(namespace: &Namespace<K>) {
    namespace
        .on_connect(on_connect)
        .on("message", async |socket: Socket, args: Args, _: Ack| {
            socket.emit("message-back", &args).ok();
        })
        .on("message-with-ack", async |args: Args| args)
        .on_concurrent("emit-with-ack", emit_with_ack)
        .on("join", join)
        .on("leave", leave)
        .on("rooms", async |socket: Socket| socket.rooms())
        .on("to-others", to_others)
        .on("to-all", to_all)
        .on("to-except", to_except)
        .on("broadcast", async |socket: Socket, args: Args, _: Ack| {
            socket.broadcast().emit("broadcast-event", &args).ok();
        })
        .on("burst", burst)
        .on("disconnect-me", disconnect_me)
        .on("handshake", handshake)
        .on("track", track)
        .on("reason-of", reason_of)
        .on_fallback(async |_: Ack| {})
        .on_disconnect(on_disconnect);
}

#[derive(Deserialize)]
struct Token {
    token: String,
}

async fn authorize(Auth(auth): Auth<Box<RawValue>>) -> Result<(), Reject> {
    // Raw first, so that credentials of any shape are refused with the same words.
    let token = serde_json::from_str::<Token>(auth.get());
    if token.is_ok_and(|auth| auth.token == "secret") {
        return Ok(());
    }
    let data = json!({ "code": "E_AUTH", "retry": false });
    Err(Reject::new("not authorized").data(data))
}

async fn on_connect(socket: Socket, Auth(auth): Auth<Option<Box<RawValue>>>) -> encke::Result {
    match auth {
        Some(auth) => socket.emit("auth", &auth)?,
        None => socket.emit("auth", &json!({}))?,
    }
    Ok(())
}

async fn emit_with_ack(socket: Socket, args: Args) -> encke::Result {
    let asked = socket.emit_with_ack("emit-with-ack", &args);
    match asked.timeout(ANSWER).await {
        Ok(answer) => socket.emit("emit-with-ack-back", &answer)?,
        Err(encke::AckError::Timeout) => socket.emit("emit-with-ack-timeout", &())?,
        Err(_) => {}
    }
    Ok(())
}

async fn join(socket: Socket, args: Args, ack: Ack) {
    if let Ok(room) = args.data::<String>()
        && socket.join(room).is_ok()
    {
        ack.send("ok").ok();
    }
}

async fn leave(socket: Socket, args: Args, ack: Ack) {
    if let Ok(room) = args.data::<String>()
        && socket.leave(room).is_ok()
    {
        ack.send("ok").ok();
    }
}

async fn to_others(socket: Socket, args: Args, _: Ack) {
    if let Ok(room) = args.data::<String>() {
        socket.to(room).emit("room-event", &args).ok();
    }
}

async fn to_all(socket: Socket, args: Args, _: Ack) {
    if let Ok(room) = args.data::<String>() {
        socket.all().to(room).emit("room-event", &args).ok();
    }
}

async fn to_except(socket: Socket, args: Args, _: Ack) {
    if let Ok((room, except)) = args.data::<(String, String)>() {
        let selected = socket.all().to(room).except(except);
        selected.emit("room-event", &args.remove(1)).ok();
    }
}

async fn burst(socket: Socket, args: Args, _: Ack) {
    let count = args.data::<u32>().unwrap_or(0).min(MOST_TICKS);
    for tick in 0..count {
        if socket.emit("tick", &tick).is_err() {
            break;
        }
    }
}

async fn disconnect_me(socket: Socket, args: Args, _: Ack) {
    if let Ok(close) = args.data::<bool>() {
        socket.disconnect(close).ok();
    }
}

async fn handshake(socket: Socket, Auth(auth): Auth<Option<Value>>) -> encke::Result<Value> {
    let handshake = socket.handshake().ok_or(encke::SendError::Closed)?;
    let query: Map<String, Value> = handshake
        .query_pairs()
        .map(|(name, value)| (name.into_owned(), value.into_owned().into()))
        .collect();
    Ok(json!({
        "sid": socket.id(),
        "nsp": socket.namespace(),
        "auth": auth.unwrap_or_else(|| json!({})),
        "query": query,
    }))
}

/// The labels that a socket is tracked by.
struct Labels(Vec<String>);

async fn track(socket: Socket, args: Args, ack: Ack) {
    if let Ok(label) = args.data::<String>() {
        let mut labels = match socket.remove::<Labels>() {
            Some(labels) => labels.0.clone(),
            None => Vec::new(),
        };
        labels.push(label);
        socket.insert(Labels(labels));
        ack.send("ok").ok();
    }
}

async fn reason_of(State(reasons): State<Reasons>, args: Args, ack: Ack) {
    if let Ok(label) = args.data::<String>() {
        let reason = reasons.of(&label).map(CloseReason::as_str);
        ack.send(&reason).ok();
    }
}

async fn on_disconnect(socket: Socket, reason: CloseReason, State(reasons): State<Reasons>) {
    if let Some(labels) = socket.extension::<Labels>() {
        for label in &labels.0 {
            reasons.remember(label, reason);
        }
    }
}
