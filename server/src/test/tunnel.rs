//! Both directions at once, until both have ended: a WebSocket, or what is not HTTP.

use std::convert::Infallible;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::sleep;

use super::circuit::Circuit;
use super::fault::Fault;
use super::inlet::Inlet;
use super::lane::Lane;
use super::log::{Ending, What};

/// Passes everything on, for at most `life` if there is one, and says how the connection ends.
pub(super) async fn tunnel(
    circuit: &mut Circuit,
    life: Option<Duration>,
) -> Result<Infallible, Ending> {
    circuit.connect().await?;
    let (state, number) = (circuit.state.clone(), circuit.number);
    let Some(server) = &mut circuit.server else {
        return Err(Ending::Broken);
    };
    let client = &mut circuit.client;
    let (mut from_client, mut to_client) = client.stream.split();
    let (mut from_server, mut to_server) = server.stream.split();
    let (up, down) = (&mut circuit.up, &mut circuit.down);
    let both = async {
        tokio::try_join!(
            relay(up, &mut client.inlet, &mut from_client, &mut to_server),
            relay(down, &mut server.inlet, &mut from_server, &mut to_client),
        )
    };
    let killed = async {
        match life {
            Some(after) => {
                sleep(after).await;
                state.network_is_there().await;
            }
            None => std::future::pending().await,
        }
    };
    tokio::select! {
        ended = both => Err(ended.err().unwrap_or(Ending::Closed)),
        () = killed => {
            let after = life.unwrap_or_default();
            state.note(number, What::Happened(Fault::kill(after)));
            Err(Ending::Cut)
        }
    }
}

async fn relay(
    lane: &mut Lane,
    inlet: &mut Inlet,
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
) -> Result<(), Ending> {
    loop {
        let bytes = inlet.ready.split();
        lane.pass(to, &bytes).await?;
        if !lane.read(inlet, from).await? {
            lane.finish(to).await;
            return Ok(());
        }
    }
}
