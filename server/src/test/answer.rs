//! An answer on its way to the client.

use std::sync::Arc;

use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::oneshot;

use super::body::{Body, Message};
use super::fault::Fault;
use super::head::{AnswerHead, Head};
use super::inlet::Inlet;
use super::lane::Lane;
use super::log::{Ending, What};
use super::page::Page;
use super::request::Request;
use super::state::State;

/// What is held back at most.
const MOST_HELD: usize = 16 * 1024 * 1024;

/// How a request ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// Another may follow.
    Next,
    /// Another may follow, on another connection to the server.
    Detach,
    /// It became a WebSocket.
    WebSocket,
    /// What comes now is no message any more.
    Raw,
}

/// An answer that is awaited.
pub(super) struct Answer<'a> {
    pub(super) state: &'a State,
    pub(super) request: &'a Arc<Request>,
    pub(super) lane: &'a mut Lane,
    pub(super) inlet: &'a mut Inlet,
    pub(super) from: ReadHalf<'a>,
    pub(super) to: WriteHalf<'a>,
    /// What the client is given in its place.
    pub(super) page: Option<Page>,
    pub(super) buffers: bool,
}

/// What became of a message.
struct Relayed {
    /// All of it came.
    came: bool,
    /// All that came was given to the client.
    passed: bool,
}

impl Answer<'_> {
    /// Passes the answer on, and what else comes until the request has been `sent`.
    pub(super) async fn relay(
        mut self,
        mut sent: oneshot::Receiver<()>,
    ) -> Result<Outcome, Ending> {
        let (status, relayed) = loop {
            let head = self.head().await?;
            let is_interim = matches!(head.status, 100 | 102..200);
            if head.status != 0 {
                self.note(What::Answering(Arc::clone(self.request), head.status));
            }
            let holds = self.buffers && head.status != 101 && !is_interim;
            let message = Message::new(head.bytes, head.body);
            let relayed = self.message(message, holds).await?;
            if !is_interim || !relayed.came {
                break (head.status, relayed);
            }
        };
        let is_websocket = status == 101 && self.request.is_upgrade;
        if let Some(page) = self.page.take() {
            let bytes = page.encode(self.request.method == "HEAD");
            let passed = self.lane.pass(&mut self.to, &bytes).await?;
            self.note(What::Happened(Fault::Replace(page)));
            if passed {
                self.note(What::Answered(Arc::clone(self.request)));
            }
            let is_detached = is_websocket || self.inlet.has_ended;
            return match (is_detached, sent.try_recv().is_ok()) {
                (true, true) => Ok(Outcome::Detach),
                (true, false) => Ok(Outcome::Raw),
                (false, true) => Ok(Outcome::Next),
                (false, false) => self.until_sent(sent).await,
            };
        }
        if relayed.came && relayed.passed {
            self.note(What::Answered(Arc::clone(self.request)));
        }
        if self.inlet.has_ended {
            self.lane.finish(&mut self.to).await;
        }
        if is_websocket {
            return Ok(Outcome::WebSocket);
        }
        self.until_sent(sent).await
    }

    /// A server may answer before it has the whole request, and send more, or end.
    async fn until_sent(&mut self, mut sent: oneshot::Receiver<()>) -> Result<Outcome, Ending> {
        loop {
            let more = tokio::select! {
                biased;
                // It fails together with the connection.
                _ = &mut sent => return Ok(Outcome::Next),
                more = self.lane.read(self.inlet, &mut self.from) => more?,
            };
            let bytes = self.inlet.ready.split();
            self.lane.pass(&mut self.to, &bytes).await?;
            if !more {
                self.lane.finish(&mut self.to).await;
                return Ok(Outcome::Raw);
            }
        }
    }

    /// The next head. What is none is the beginning of a body without an end.
    async fn head(&mut self) -> Result<AnswerHead, Ending> {
        loop {
            match Head::of_answer(&self.inlet.ready, self.request.method == "HEAD") {
                Head::Whole(head) => return Ok(head),
                Head::Partial if self.lane.read(self.inlet, &mut self.from).await? => {}
                Head::Partial | Head::Foreign => {
                    return Ok(AnswerHead {
                        bytes: 0,
                        status: 0,
                        body: Body::Endless,
                    });
                }
            }
        }
    }

    /// Passes a message on, perhaps only when all of it has come, or throws it away.
    async fn message(&mut self, mut message: Message, holds: bool) -> Result<Relayed, Ending> {
        let (mut holds, mut held, mut passed) = (holds, Vec::new(), true);
        let came = loop {
            if message.is_done() {
                break true;
            }
            if self.inlet.ready.is_empty() && !self.lane.read(self.inlet, &mut self.from).await? {
                break message.is_endless();
            }
            let taken = message.take(&self.inlet.ready);
            let bytes = self.inlet.ready.split_to(taken);
            if self.page.is_some() {
                continue;
            }
            if holds && held.len() + taken <= MOST_HELD {
                held.extend_from_slice(&bytes);
                continue;
            }
            holds = false;
            for bytes in [&std::mem::take(&mut held), bytes.as_ref()] {
                passed &= self.lane.pass(&mut self.to, bytes).await?;
            }
        };
        if !held.is_empty() {
            passed &= self.lane.pass(&mut self.to, &held).await?;
            self.note(What::Happened(Fault::Buffer));
        }
        Ok(Relayed { came, passed })
    }

    fn note(&self, what: What) {
        self.state.note(self.request.connection, what);
    }
}
