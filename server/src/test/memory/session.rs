use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use encke_protocol::client::{self, Config, End, Exchange, Output, Request};
use encke_protocol::engine::Packet;
use encke_protocol::socket::Encoded;
use encke_protocol::{Outgoing, Time};
use tokio::sync::{Notify, mpsc};
use tokio::task::{AbortHandle, spawn_local};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::carry::{self, Report, Reporter};
use super::failure::Failure;
use super::heard::Sender;
use super::line::{Line, Network};
use super::spaces::Spaces;
use super::wire;
use crate::error::SendError;
use crate::handshake::Transport;

/// The client's side of a session: its state machine, and the tasks that carry its requests.
pub(super) struct Session {
    line: Rc<Line>,
    patience: Duration,
    start: Instant,
    state: RefCell<State>,
    /// Something has changed that a test may wait for.
    changed: Notify,
    /// The deadline may have changed, or there is none any more.
    due: Notify,
    reports: mpsc::UnboundedSender<(Exchange, Report)>,
}

/// What changes in it.
pub(super) struct State {
    client: client::Client,
    exchanges: BTreeMap<Exchange, Running>,
    /// The session's WebSocket, once it has moved to it.
    socket: Option<Exchange>,
    pub(super) spaces: Spaces,
    pub(super) is_open: bool,
    pub(super) end: Option<End>,
    /// What the last WebSocket was refused with.
    refusal: Option<u16>,
    is_abandoned: bool,
}

/// A request that is under way.
struct Running {
    task: AbortHandle,
    /// What goes up, if it is a WebSocket.
    frames: Option<mpsc::UnboundedSender<Bytes>>,
}

impl State {
    pub(super) fn is_attached(&self) -> bool {
        self.client.is_attached()
    }

    /// A request is over.
    fn forget(&mut self, exchange: Exchange) -> Option<Running> {
        if self.socket == Some(exchange) {
            self.socket = None;
        }
        self.exchanges.remove(&exchange)
    }

    /// Why there is no session.
    pub(super) fn no_session(&self) -> Option<Failure> {
        match &self.end {
            Some(End::Handshake { status }) => Some(Failure::NoSession {
                status: status.or(self.refusal),
            }),
            _ => None,
        }
    }
}

impl Session {
    /// Asks for a session.
    pub(super) fn start(line: Line, config: Config, patience: Duration) -> Rc<Self> {
        let (reports, received) = mpsc::unbounded_channel();
        let transport = config.transport;
        let session = Rc::new_cyclic(|this: &Weak<Self>| {
            let sender = Weak::clone(this) as Weak<dyn Sender>;
            Self {
                line: Rc::new(line),
                patience,
                start: Instant::now(),
                state: RefCell::new(State {
                    client: client::Client::new(Arc::new(config)),
                    exchanges: BTreeMap::new(),
                    socket: None,
                    spaces: Spaces::new(sender),
                    is_open: false,
                    end: None,
                    refusal: None,
                    is_abandoned: false,
                }),
                changed: Notify::new(),
                due: Notify::new(),
                reports,
            }
        });
        spawn_local(Rc::clone(&session).run(received));
        session.with(client::Client::handle_start);
        if transport == client::Transport::WebSocket {
            let mut state = session.state.borrow_mut();
            state.socket = state.exchanges.keys().next().copied();
        }
        session
    }

    /// Serves the session until it is over.
    async fn run(self: Rc<Self>, mut reports: mpsc::UnboundedReceiver<(Exchange, Report)>) {
        loop {
            let deadline = {
                let state = self.state.borrow();
                if state.is_abandoned || state.end.is_some() {
                    return;
                }
                state.client.deadline()
            };
            let deadline = deadline.and_then(|at| {
                let at = Duration::from_millis(at.as_millis());
                self.start.checked_add(at)
            });
            tokio::select! {
                biased;
                Some((exchange, report)) = reports.recv() => self.handle_report(exchange, report),
                () = self.due.notified() => {}
                () = async {
                    match deadline {
                        Some(at) => sleep_until(at).await,
                        None => std::future::pending().await,
                    }
                } => self.with(client::Client::handle_timeout),
            }
        }
    }

    fn handle_report(&self, exchange: Exchange, report: Report) {
        {
            let mut state = self.state.borrow_mut();
            if !state.exchanges.contains_key(&exchange) {
                // The client has given it up.
                return;
            }
            if let Report::Answer { .. } | Report::Lost { .. } = &report {
                state.forget(exchange);
            }
            if let Report::Lost { status, .. } = &report {
                state.refusal = *status;
            }
        }
        self.with(|client, now, out| match report {
            Report::Opened => client.handle_opened(now, exchange, out),
            Report::Packet(packet) => client.handle_packet(now, exchange, packet, out),
            Report::Answer { status, body } => {
                client.handle_answer(now, exchange, status, &body, out);
            }
            Report::Lost { code, .. } => client.handle_lost(now, exchange, code, out),
        });
    }

    /// Calls into the state machine, and does what comes of it.
    fn with<R>(&self, call: impl FnOnce(&mut client::Client, Time, &mut Vec<Output>) -> R) -> R {
        let mut out = Vec::new();
        let mut state = self.state.borrow_mut();
        let now = Time::ZERO + self.start.elapsed();
        let result = call(&mut state.client, now, &mut out);
        for output in out {
            self.perform(&mut state, output);
        }
        self.changed.notify_waiters();
        self.due.notify_one();
        result
    }

    fn perform(&self, state: &mut State, output: Output) {
        match output {
            Output::Start(exchange, request) => self.carry(state, exchange, request),
            Output::Write(exchange, packet) => {
                if let Packet::Upgrade(_) = packet {
                    state.socket = Some(exchange);
                }
                let running = state.exchanges.get(&exchange);
                if let Some(frames) = running.and_then(|running| running.frames.as_ref()) {
                    // One that has ended says so by its report.
                    let _ = frames.send(wire::masked(&packet.frame()));
                }
            }
            Output::End(exchange) => {
                let running = state.forget(exchange);
                match running.map(|running| (running.frames, running.task)) {
                    Some((Some(frames), _)) => drop(frames.send(wire::close(1000))),
                    Some((None, task)) => {
                        let line = Rc::clone(&self.line);
                        // The server does not hear of it before anything gets through.
                        spawn_local(async move {
                            line.passes().await;
                            task.abort();
                        });
                    }
                    None => {}
                }
            }
            Output::Opened => state.is_open = true,
            Output::Message(message) => state.spaces.handle_message(message),
            Output::Detached | Output::Resumed => {}
            Output::Closed(end) => {
                state.spaces.end(&end);
                state.end = Some(end);
            }
        }
    }

    fn carry(&self, state: &mut State, exchange: Exchange, request: Request) {
        let query = state.client.query(&request);
        let line = Rc::clone(&self.line);
        let reporter = Reporter {
            exchange,
            reports: self.reports.clone(),
        };
        let is_socket = request.transport() == client::Transport::WebSocket;
        let running = match request {
            Request::Post { packets, .. } => Running {
                task: spawn_local(async move {
                    carry::post(&line, &query, packets, reporter).await;
                })
                .abort_handle(),
                frames: None,
            },
            Request::Handshake(_) | Request::Leg { .. } | Request::Probe if is_socket => {
                if let Request::Leg { .. } = request {
                    state.socket = Some(exchange);
                }
                let (frames, written) = mpsc::unbounded_channel();
                Running {
                    task: spawn_local(async move {
                        carry::websocket(&line, &query, written, reporter).await;
                    })
                    .abort_handle(),
                    frames: Some(frames),
                }
            }
            Request::Handshake(_) | Request::Leg { .. } | Request::Probe => Running {
                task: spawn_local(async move {
                    carry::get(&line, &query, reporter).await;
                })
                .abort_handle(),
                frames: None,
            },
        };
        state.exchanges.insert(exchange, running);
    }

    /// Sends the messages of a packet: all of them or, if they do not fit, none.
    pub(super) fn send_all(&self, messages: &[Outgoing]) -> Result<(), SendError> {
        {
            let state = self.state.borrow();
            let terms = state.client.terms().filter(|_| state.client.is_open());
            let terms = terms.ok_or(SendError::Closed)?;
            let cost: usize = messages.iter().map(Outgoing::cost).sum();
            if cost > terms.buffer.saturating_sub(state.client.retained()) {
                return Err(SendError::Full);
            }
            // The packet type counts, too.
            if messages.iter().any(|one| one.len() >= terms.max_payload) {
                let why = "it is larger than the server takes";
                return Err(SendError::Invalid(why.to_owned()));
            }
        }
        for message in messages {
            let sent = self.with(|client, now, out| client.send(now, message.clone(), out));
            sent.map_err(|_| SendError::Closed)?;
        }
        Ok(())
    }

    /// Breaks every connection.
    pub(super) fn lose(&self) {
        let broken: Vec<Exchange> = self.state.borrow().exchanges.keys().copied().collect();
        for exchange in broken {
            let running = self.state.borrow_mut().forget(exchange);
            if let Some(running) = running {
                running.task.abort();
                self.with(|client, now, out| client.handle_lost(now, exchange, None, out));
            }
        }
    }

    pub(super) fn set_network(&self, network: Network) {
        self.line.set_network(network);
        if network == Network::Down {
            self.lose();
        }
    }

    pub(super) fn line(&self) -> &Line {
        &self.line
    }

    /// Says goodbye.
    pub(super) fn close(&self) {
        self.with(client::Client::handle_close);
    }

    /// The client is gone, without a word.
    pub(super) fn abandon(&self) {
        let mut state = self.state.borrow_mut();
        state.is_abandoned = true;
        for running in std::mem::take(&mut state.exchanges).into_values() {
            running.task.abort();
        }
        self.due.notify_one();
    }

    /// What carries the session.
    pub(super) fn transport(&self) -> Option<Transport> {
        let state = self.state.borrow();
        if !state.is_attached() {
            None
        } else if state.socket.is_some() {
            Some(Transport::WebSocket)
        } else {
            Some(Transport::Polling)
        }
    }

    pub(super) fn state<R>(&self, look: impl FnOnce(&mut State) -> R) -> R {
        look(&mut self.state.borrow_mut())
    }

    /// Waits until `look` finds something.
    ///
    /// # Errors
    ///
    /// How long it was waited for in vain.
    pub(super) async fn wait<R>(
        &self,
        mut look: impl FnMut(&mut State) -> Option<R>,
    ) -> Result<R, Duration> {
        let until = Instant::now().checked_add(self.patience);
        loop {
            let changed = self.changed.notified();
            if let Some(found) = self.state(&mut look) {
                return Ok(found);
            }
            match until {
                Some(until) => timeout_at(until, changed)
                    .await
                    .map_err(|_| self.patience)?,
                None => changed.await,
            }
        }
    }
}

impl Sender for Session {
    fn send(&self, packet: &Encoded) -> Result<(), SendError> {
        let messages: Vec<Outgoing> = packet.messages().cloned().collect();
        self.send_all(&messages)
    }
}
