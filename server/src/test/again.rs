//! A request that is sent a second time.

use std::sync::Arc;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::time::sleep;

use super::body::{Body, Message};
use super::circuit::Peer;
use super::fault::Late;
use super::head::Head;
use super::log::What;
use super::request::Request;
use super::state::State;

/// Waits until the second time has come.
pub(super) async fn wait(state: &State, request: &Request, late: Late) {
    // The senders are in the state, so neither wait can fail.
    match late {
        Late::After(delay) => sleep(delay).await,
        Late::Told => {
            let mut told = state.told.subscribe();
            let _ = told.changed().await;
        }
        Late::Newer => {
            let is_newer = |other: &Request| {
                other.number > request.number
                    && (&other.method, &other.path) == (&request.method, &request.path)
            };
            let mut log = state.log.subscribe();
            let passed = log.wait_for(|log| {
                let is_it = |what: &What| matches!(what, What::Forwarded(it) if is_newer(it));
                log.events().rev().any(|event| is_it(&event.what))
            });
            let _ = passed.await;
        }
    }
}

/// Sends a request on a connection of its own, and throws the answer away.
pub(super) async fn send(state: Arc<State>, request: Arc<Request>, bytes: Bytes) {
    state.network_is_there().await;
    let _ = exchange(&state, &request, &bytes).await;
    state.note(request.connection, What::ThrownAway(request));
}

async fn exchange(state: &State, request: &Request, bytes: &[u8]) -> std::io::Result<()> {
    let Peer {
        mut stream,
        mut inlet,
    } = Peer::connect(state.upstream()).await?;
    stream.write_all(bytes).await?;
    loop {
        let (mut message, is_last) = match Head::of_answer(&inlet.ready, request.method == "HEAD") {
            Head::Partial if inlet.fill(&mut stream).await? => continue,
            Head::Partial => return Ok(()),
            Head::Whole(head) => (
                Message::new(head.bytes, head.body),
                !matches!(head.status, 100..200),
            ),
            Head::Foreign => (Message::new(0, Body::Endless), true),
        };
        while !message.is_done() && (!inlet.ready.is_empty() || inlet.fill(&mut stream).await?) {
            let taken = message.take(&inlet.ready);
            drop(inlet.ready.split_to(taken));
        }
        if is_last || inlet.has_ended {
            return Ok(());
        }
    }
}
