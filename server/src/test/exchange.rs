//! A request and its answer.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;

use super::again;
use super::answer::{Answer, Outcome};
use super::body::Message;
use super::circuit::Circuit;
use super::course::{Course, Given};
use super::fault::{Direction, Fault, Late, Which};
use super::log::{Ending, What};
use super::page::Page;
use super::request::Request;
use super::sending::Sending;

/// A request whose head has come.
pub(super) struct Exchange {
    pub(super) request: Arc<Request>,
    pub(super) message: Message,
    pub(super) course: Course,
}

impl Exchange {
    /// Carries it out.
    pub(super) async fn run(self, circuit: &mut Circuit) -> Result<Outcome, Ending> {
        let Self {
            request,
            message,
            course,
        } = self;
        for fault in course.at_once() {
            circuit.note(What::Happened(fault));
        }
        let [delay, _] = course.delays;
        let [up_rate, down_rate] = course.rates;
        circuit.client.inlet.delay(delay);
        circuit.up.begin(&course.positions, up_rate);
        circuit.down.begin(&course.positions, down_rate);
        let page = match course.page {
            Some(Given::Instead(page)) => return answer(circuit, &request, message, page).await,
            Some(Given::InPlace(page)) => Some(page),
            None => None,
        };
        if let Some((late, which)) = course.repeat
            && !request.is_upgrade
        {
            repeat(circuit, &request, message.clone(), late, which).await?;
        }
        circuit.connect().await?;
        let [_, delay] = course.delays;
        forward(circuit, &request, message, page, course.buffers, delay).await
    }
}

/// Gives a page and leaves the server out.
async fn answer(
    circuit: &mut Circuit,
    request: &Arc<Request>,
    message: Message,
    page: Page,
) -> Result<Outcome, Ending> {
    collect(circuit, message).await?;
    let bytes = page.encode(request.method == "HEAD");
    let client = &mut circuit.client;
    let passed = circuit.down.pass(&mut client.stream, &bytes).await?;
    if client.inlet.has_ended
        && let Some(server) = &mut circuit.server
    {
        circuit.up.finish(&mut server.stream).await;
    }
    circuit.note(What::Happened(Fault::Answer(page)));
    if passed {
        circuit.note(What::Answered(Arc::clone(request)));
    }
    Ok(Outcome::Next)
}

/// Takes a whole message from the client, or as much of it as comes.
async fn collect(circuit: &mut Circuit, mut message: Message) -> Result<Bytes, Ending> {
    let client = &mut circuit.client;
    let mut whole = Vec::new();
    while !message.is_done() {
        if client.inlet.ready.is_empty()
            && !circuit
                .up
                .read(&mut client.inlet, &mut client.stream)
                .await?
        {
            break;
        }
        let taken = message.take(&client.inlet.ready);
        whole.extend_from_slice(&client.inlet.ready.split_to(taken));
    }
    Ok(whole.into())
}

/// Has one of the two copies sent beside this connection. The other goes the usual way, when this
/// returns.
async fn repeat(
    circuit: &mut Circuit,
    request: &Arc<Request>,
    message: Message,
    late: Late,
    which: Which,
) -> Result<(), Ending> {
    let bytes = collect(circuit, message).await?;
    circuit.client.inlet.unread(&bytes);
    let (state, request) = (Arc::clone(&circuit.state), Arc::clone(request));
    let its_time = again::its_time(&state, &request, late);
    let note = What::Happened(Fault::Repeat {
        late,
        answer: which,
    });
    match which {
        Which::First => circuit.state.spawn(async move {
            its_time.await;
            state.note(request.connection, note);
            again::send(state, request, bytes).await;
        }),
        Which::Second => {
            let first = again::send(Arc::clone(&state), Arc::clone(&request), bytes);
            circuit.state.spawn(first);
            its_time.await;
            circuit.note(note);
        }
    }
    Ok(())
}

/// Passes a request on, and its answer back.
async fn forward(
    circuit: &mut Circuit,
    request: &Arc<Request>,
    message: Message,
    page: Option<Page>,
    buffers: bool,
    delay: Duration,
) -> Result<Outcome, Ending> {
    let Some(server) = &mut circuit.server else {
        return Err(Ending::Broken);
    };
    if server.inlet.has_ended && !circuit.wire.swallows(Direction::Down) {
        return Err(Ending::Broken);
    }
    server.inlet.delay(delay);
    let (from, to_client) = circuit.client.stream.split();
    let (from_server, to) = server.stream.split();
    let (sent, is_sent) = oneshot::channel();
    let sending = Sending {
        state: &circuit.state,
        request,
        lane: &mut circuit.up,
        inlet: &mut circuit.client.inlet,
        from,
        to,
    };
    let answer = Answer {
        state: &circuit.state,
        request,
        lane: &mut circuit.down,
        inlet: &mut server.inlet,
        from: from_server,
        to: to_client,
        page,
        buffers,
    };
    tokio::select! {
        biased;
        never = sending.relay(message, sent) => never.map(|never| match never {}),
        outcome = answer.relay(is_sent) => outcome,
    }
}
