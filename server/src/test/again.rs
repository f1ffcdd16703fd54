//! A request that is sent a second time.

use std::sync::Arc;

use bytes::Bytes;
use tokio::io::AsyncWriteExt;
use tokio::time::sleep;

use super::body::{Body, Message};
use super::circuit::Peer;
use super::fault::Late;
use super::head::Head;
use super::log::{Log, What};
use super::request::Request;
use super::state::State;

/// Waits for the second time. What comes between this call and the first poll counts.
pub(super) fn its_time(
    state: &State,
    request: &Arc<Request>,
    late: Late,
) -> impl Future<Output = ()> + Send + use<> {
    let (mut told, mut log) = (state.told.subscribe(), state.log.subscribe());
    let request = Arc::clone(request);
    async move {
        // The senders live as long as the proxy, so neither wait fails.
        match late {
            Late::After(delay) => sleep(delay).await,
            Late::Told => {
                let _ = told.changed().await;
            }
            Late::Newer => {
                let _ = log.wait_for(|log| has_newer(log, &request)).await;
            }
        }
    }
}

/// Whether a later request with the same method and path has been passed on.
fn has_newer(log: &Log, request: &Request) -> bool {
    let is_newer = |other: &Request| {
        other.number > request.number
            && (&other.method, &other.path) == (&request.method, &request.path)
    };
    let mut back = log.events().rev();
    back.find_map(|event| match &event.what {
        What::Forwarded(other) if is_newer(other) => Some(true),
        // What is older than the request itself need not be looked at.
        What::Requested(other) if other.number == request.number => Some(false),
        _ => None,
    })
    .unwrap_or_default()
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
