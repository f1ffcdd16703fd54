use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::{Rc, Weak};
use std::time::Duration;

use bytes::Bytes;
use encke_protocol::client::{Config, End};
use encke_protocol::engine::Packet;
use encke_protocol::socket::Encoded;
use encke_protocol::{Outgoing, Time};
use tokio::sync::{Notify, mpsc};
use tokio::task::{AbortHandle, spawn_local};
use tokio::time::{Instant, sleep_until, timeout_at};

use super::act::{Act, Ask, Kind, Report};
use super::carry::{self, Reporter};
use super::failure::Failure;
use super::heard::Sender;
use super::line::{Line, Network};
use super::machine::Machine;
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
    reports: mpsc::UnboundedSender<(u64, Report)>,
}

/// What changes in it.
pub(super) struct State {
    machine: Machine,
    /// Requests that are under way, by their numbers.
    running: BTreeMap<u64, Running>,
    /// The session's WebSocket, once it has moved to it.
    socket: Option<u64>,
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
        self.machine.is_attached()
    }

    /// A request is over.
    fn forget(&mut self, number: u64) -> Option<Running> {
        self.socket = self.socket.filter(|socket| *socket != number);
        self.running.remove(&number)
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
    pub(super) fn start(
        line: Line,
        config: Config,
        is_plain: bool,
        patience: Duration,
    ) -> Rc<Self> {
        let (reports, received) = mpsc::unbounded_channel();
        let session = Rc::new_cyclic(|this: &Weak<Self>| {
            let sender = Weak::clone(this) as Weak<dyn Sender>;
            Self {
                line: Rc::new(line),
                patience,
                start: Instant::now(),
                state: RefCell::new(State {
                    machine: Machine::new(config, is_plain),
                    running: BTreeMap::new(),
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
        session.with(Machine::handle_start);
        session
    }

    /// Serves the session until it is over.
    async fn run(self: Rc<Self>, mut reports: mpsc::UnboundedReceiver<(u64, Report)>) {
        loop {
            let deadline = {
                let state = self.state.borrow();
                if state.is_abandoned || state.end.is_some() {
                    return;
                }
                state.machine.deadline()
            };
            let deadline = deadline.and_then(|at| {
                let at = Duration::from_millis(at.as_millis());
                self.start.checked_add(at)
            });
            tokio::select! {
                biased;
                Some((number, report)) = reports.recv() => self.handle_report(number, report),
                () = self.due.notified() => {}
                () = async {
                    match deadline {
                        Some(at) => sleep_until(at).await,
                        None => std::future::pending().await,
                    }
                } => self.with(Machine::handle_timeout),
            }
        }
    }

    fn handle_report(&self, number: u64, report: Report) {
        {
            let mut state = self.state.borrow_mut();
            if !state.running.contains_key(&number) {
                // The client has given it up.
                return;
            }
            if let Report::Answer { .. } | Report::Lost { .. } = &report {
                state.forget(number);
            }
            if let Report::Lost { status, .. } = &report {
                state.refusal = *status;
            }
        }
        self.with(|machine, now| machine.handle_report(now, number, report));
    }

    /// Calls into the state machine, and does what comes of it.
    fn with(&self, call: impl FnOnce(&mut Machine, Time) -> Vec<Act>) {
        let mut state = self.state.borrow_mut();
        let acts = call(&mut state.machine, self.now());
        self.perform(&mut state, acts);
    }

    fn now(&self) -> Time {
        Time::ZERO + self.start.elapsed()
    }

    fn perform(&self, state: &mut State, acts: Vec<Act>) {
        for act in acts {
            match act {
                Act::Start(ask) => self.carry(state, ask),
                Act::Write(number, packet) => {
                    if let Packet::Upgrade(_) = packet {
                        state.socket = Some(number);
                    }
                    let running = state.running.get(&number);
                    if let Some(frames) = running.and_then(|running| running.frames.as_ref()) {
                        // One that has ended says so by its report.
                        let _ = frames.send(wire::masked(&packet.frame()));
                    }
                }
                Act::End(number) => {
                    if let Some(running) = state.forget(number) {
                        self.end(running);
                    }
                }
                Act::Opened => state.is_open = true,
                Act::Message(message) => state.spaces.handle_message(message),
                Act::Closed(end) => {
                    state.spaces.end(&end);
                    state.end = Some(end);
                }
            }
        }
        self.changed.notify_waiters();
        self.due.notify_one();
    }

    /// The client wants no more of a request.
    fn end(&self, running: Running) {
        match running.frames {
            Some(frames) => drop(frames.send(wire::close(1000))),
            None => {
                let line = Rc::clone(&self.line);
                // The server does not hear of it before anything gets through.
                spawn_local(async move {
                    line.passes().await;
                    running.task.abort();
                });
            }
        }
    }

    fn carry(&self, state: &mut State, ask: Ask) {
        let Ask {
            number,
            query,
            kind,
        } = ask;
        let line = Rc::clone(&self.line);
        let reporter = Reporter {
            number,
            reports: self.reports.clone(),
        };
        let (task, frames) = match kind {
            Kind::Get => {
                let get = async move { carry::get(&line, &query, reporter).await };
                (spawn_local(get), None)
            }
            Kind::Post(packets) => {
                let post = async move { carry::post(&line, &query, packets, reporter).await };
                (spawn_local(post), None)
            }
            Kind::WebSocket { is_leg } => {
                if is_leg {
                    state.socket = Some(number);
                }
                let (frames, written) = mpsc::unbounded_channel();
                let socket = async move {
                    carry::websocket(&line, &query, written, reporter).await;
                };
                (spawn_local(socket), Some(frames))
            }
        };
        let task = task.abort_handle();
        state.running.insert(number, Running { task, frames });
    }

    /// Sends the messages of a packet: all of them or, if they do not fit, none.
    pub(super) fn send_all(&self, messages: &[Outgoing]) -> Result<(), SendError> {
        let mut state = self.state.borrow_mut();
        if state.is_abandoned {
            return Err(SendError::Closed);
        }
        let acts = state.machine.send(self.now(), messages)?;
        self.perform(&mut state, acts);
        Ok(())
    }

    /// Breaks every connection.
    pub(super) fn lose(&self) {
        let broken: Vec<u64> = self.state.borrow().running.keys().copied().collect();
        for number in broken {
            let running = self.state.borrow_mut().forget(number);
            if let Some(running) = running {
                running.task.abort();
                let lost = Report::Lost {
                    code: None,
                    status: None,
                };
                self.with(|machine, now| machine.handle_report(now, number, lost));
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
        self.with(Machine::handle_close);
    }

    /// The client is gone, without a word.
    pub(super) fn abandon(&self) {
        let mut state = self.state.borrow_mut();
        state.is_abandoned = true;
        for running in std::mem::take(&mut state.running).into_values() {
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
