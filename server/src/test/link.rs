//! A client's connection, from its beginning to its end.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpStream;

use super::answer::Outcome;
use super::body::Message;
use super::circuit::Circuit;
use super::course::Course;
use super::exchange::Exchange;
use super::fault::{Direction, Fault, Faults};
use super::head::{Head, RequestHead};
use super::log::{Ending, What};
use super::request::Request;
use super::state::State;
use super::tunnel::tunnel;

/// Serves a connection that has just come.
pub(super) async fn serve(state: Arc<State>, client: TcpStream) {
    let Ok(peer) = client.peer_addr() else {
        return;
    };
    let (wire, Faults(faults)) = state.connected(peer);
    let mut circuit = Circuit::new(Arc::clone(&state), Arc::clone(&wire), client, &faults);
    let ending = tokio::select! {
        biased;
        ending = wire.told_to_end() => ending,
        ended = converse(&mut circuit, &faults) => match ended {
            Err(ending) => ending,
        },
    };
    state.ended(circuit.number, ending);
    circuit.end(ending).await;
}

/// Carries out one request after another.
async fn converse(circuit: &mut Circuit, faults: &[Fault]) -> Result<Infallible, Ending> {
    loop {
        // The delay of one request is not the next one's.
        circuit.client.inlet.delay(Duration::ZERO);
        let Some(head) = next_request(circuit).await? else {
            return tunnel(circuit, None).await;
        };
        let message = Message::new(head.bytes, head.body.clone());
        let (request, Faults(of_request)) = circuit.state.requested(&circuit.wire, describe(head));
        let course = Course::new(faults, &of_request);
        let (mutes, life) = (course.mutes, course.kill);
        let exchange = Exchange {
            request: Arc::clone(&request),
            message,
            course,
        };
        match exchange.run(circuit).await? {
            Outcome::Next => {}
            Outcome::Detach => circuit.server = None,
            Outcome::Raw => return tunnel(circuit, None).await,
            Outcome::WebSocket => {
                circuit.wire.is_websocket();
                circuit.note(What::WebSocket(request));
                for direction in [Direction::Up, Direction::Down] {
                    if mutes[direction.index()] {
                        circuit.wire.swallow(direction);
                        circuit.note(What::Happened(Fault::Mute(direction)));
                    }
                }
                return tunnel(circuit, life).await;
            }
        }
    }
}

/// Waits for a request; nothing if what comes is none.
async fn next_request(circuit: &mut Circuit) -> Result<Option<RequestHead>, Ending> {
    loop {
        match Head::of_request(&circuit.client.inlet.ready) {
            Head::Whole(head) => return Ok(Some(head)),
            Head::Foreign => return Ok(None),
            Head::Partial => {}
        }
        let client = &mut circuit.client;
        let Some(server) = &mut circuit.server else {
            if circuit
                .up
                .read(&mut client.inlet, &mut client.stream)
                .await?
            {
                continue;
            }
            return if client.inlet.ready.is_empty() {
                Err(Ending::Closed)
            } else {
                Ok(None)
            };
        };
        if client.inlet.has_ended && server.inlet.has_ended {
            return Err(Ending::Closed);
        }
        let (mut from_client, mut to_client) = client.stream.split();
        let (mut from_server, mut to_server) = server.stream.split();
        tokio::select! {
            more = circuit.up.read(&mut client.inlet, &mut from_client), if !client.inlet.has_ended => {
                if !more? {
                    // The beginning of a head is all that there will be of it.
                    let rest = client.inlet.ready.split();
                    circuit.up.pass(&mut to_server, &rest).await?;
                    circuit.up.finish(&mut to_server).await;
                }
            }
            more = circuit.down.read(&mut server.inlet, &mut from_server), if !server.inlet.has_ended => {
                let more = more?;
                let unasked = server.inlet.ready.split();
                circuit.down.pass(&mut to_client, &unasked).await?;
                if !more {
                    circuit.down.finish(&mut to_client).await;
                }
            }
        }
    }
}

/// What a rule is asked about. Its numbers are given later.
fn describe(head: RequestHead) -> Request {
    let (path, query) = head.target.split_once('?').unwrap_or((&head.target, ""));
    Request {
        number: 0,
        connection: 0,
        on_connection: 0,
        path: path.to_owned(),
        query: query.to_owned(),
        method: head.method,
        is_upgrade: head.is_upgrade,
    }
}
