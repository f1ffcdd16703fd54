//! What a proxy, its listener and its connections share.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use tokio::sync::{mpsc, watch};

use super::fault::{Direction, Fault, Faults};
use super::log::{Ending, Log, What};
use super::request::{Connection, Request};
use super::rule::{Slot, lock};
use super::trap::Trap;

/// A task of the proxy.
pub(super) type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Whether there is a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Network {
    /// There is.
    There,
    /// Nothing passes, and nobody answers.
    Silent,
}

/// What is known of everything, and what is told to everybody.
pub(super) struct State {
    pub(super) log: watch::Sender<Log>,
    pub(super) network: watch::Sender<Network>,
    /// What is asked about each connection.
    pub(super) on_connection: Slot<Connection>,
    /// What is asked about each request.
    pub(super) on_request: Slot<Request>,
    pub(super) trap: Trap,
    /// How often repeats were told to go.
    pub(super) told: watch::Sender<u64>,
    /// What runs beside the connections.
    tasks: mpsc::UnboundedSender<Task>,
    upstream: Mutex<SocketAddr>,
    wires: Mutex<BTreeMap<u64, Arc<Wire>>>,
}

/// What is known of an open connection, and what it is told from outside.
pub(super) struct Wire {
    pub(super) connection: Mutex<Connection>,
    /// Which directions pass nothing on any more.
    swallows: [AtomicBool; 2],
    /// How it is to end.
    pub(super) end: watch::Sender<Option<Ending>>,
}

impl State {
    /// The state, and where it sends what is to run.
    pub(super) fn new(upstream: SocketAddr) -> (Arc<Self>, mpsc::UnboundedReceiver<Task>) {
        let (tasks, receiver) = mpsc::unbounded_channel();
        let state = Self {
            log: watch::Sender::default(),
            network: watch::Sender::new(Network::There),
            trap: Trap::default(),
            told: watch::Sender::default(),
            tasks,
            upstream: Mutex::new(upstream),
            wires: Mutex::default(),
            on_connection: Slot::new(),
            on_request: Slot::new(),
        };
        (Arc::new(state), receiver)
    }

    pub(super) fn upstream(&self) -> SocketAddr {
        *lock(&self.upstream)
    }

    pub(super) fn forward_to(&self, upstream: SocketAddr) {
        *lock(&self.upstream) = upstream;
    }

    /// Notes a new connection and asks the rule about it.
    pub(super) fn connected(&self, peer: SocketAddr) -> (Arc<Wire>, Faults) {
        let describe = |number| {
            let connection = Connection {
                number,
                peer,
                requests: 0,
                is_websocket: false,
            };
            let wire = Arc::new(Wire::new(connection.clone()));
            lock(&self.wires).insert(number, Arc::clone(&wire));
            self.note(number, What::Connected);
            (wire, connection)
        };
        let ((wire, connection), faults) = self.on_connection.ask(describe, |(_, it)| it);
        (wire, self.or_reset(connection.number, faults))
    }

    /// Numbers a request, notes it and asks the rule about it.
    pub(super) fn requested(&self, wire: &Wire, mut request: Request) -> (Arc<Request>, Faults) {
        let describe = |number| {
            let mut connection = lock(&wire.connection);
            connection.requests += 1;
            request.number = number;
            request.connection = connection.number;
            request.on_connection = connection.requests;
            drop(connection);
            let request = Arc::new(request);
            self.note(request.connection, What::Requested(Arc::clone(&request)));
            request
        };
        let (request, faults) = self.on_request.ask(describe, |request| request);
        let faults = self.or_reset(request.connection, faults);
        (request, faults)
    }

    /// A rule that panicked resets the connection.
    fn or_reset(&self, connection: u64, faults: Option<Faults>) -> Faults {
        faults.unwrap_or_else(|| {
            self.note(connection, What::Panicked);
            Fault::reset(Direction::Up, 0).into()
        })
    }

    /// Notes that a connection is no more.
    pub(super) fn ended(&self, number: u64, ending: Ending) {
        if lock(&self.wires).remove(&number).is_some() {
            self.note(number, What::Ended(ending));
        }
    }

    /// Notes an event.
    pub(super) fn note(&self, connection: u64, what: What) {
        self.log.send_modify(|log| log.push(connection, what));
    }

    pub(super) fn passed(&self, direction: Direction, bytes: u64) {
        self.log
            .send_modify(|log| log.counts.passed(direction, bytes));
    }

    pub(super) fn swallowed(&self, bytes: u64) {
        self.log.send_modify(|log| log.counts.swallowed += bytes);
    }

    /// The open connections, oldest first.
    pub(super) fn wires(&self) -> Vec<Arc<Wire>> {
        lock(&self.wires).values().cloned().collect()
    }

    /// Runs a task for as long as the proxy runs.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        // Nobody takes it when the proxy has ended, and then it is not to run.
        let _ = self.tasks.send(Box::pin(task));
    }

    /// Waits until there is a network.
    pub(super) async fn network_is_there(&self) {
        if *self.network.borrow() != Network::There {
            let mut network = self.network.subscribe();
            // The sender is in here, so it does not go away.
            let _ = network.wait_for(|network| *network == Network::There).await;
        }
    }
}

impl Wire {
    fn new(connection: Connection) -> Self {
        Self {
            connection: Mutex::new(connection),
            swallows: Default::default(),
            end: watch::Sender::default(),
        }
    }

    pub(super) fn connection(&self) -> Connection {
        lock(&self.connection).clone()
    }

    pub(super) fn is_websocket(&self) {
        lock(&self.connection).is_websocket = true;
    }

    pub(super) fn swallows(&self, direction: Direction) -> bool {
        self.swallows[direction.index()].load(Ordering::SeqCst)
    }

    pub(super) fn swallow(&self, direction: Direction) {
        self.swallows[direction.index()].store(true, Ordering::SeqCst);
    }

    /// Waits until somebody wants it to end.
    pub(super) async fn told_to_end(&self) -> Ending {
        let mut end = self.end.subscribe();
        let ending = end.wait_for(Option::is_some).await;
        let ending = ending.ok().and_then(|ending| *ending);
        match ending {
            Some(ending) => ending,
            // The sender is in here, so it does not go away.
            None => std::future::pending().await,
        }
    }
}
