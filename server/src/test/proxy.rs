//! The proxy as a test holds it.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread;

use tokio::runtime::{Builder, Handle};
use tokio::sync::{oneshot, watch};
use tokio::task;

use super::door::Door;
use super::fault::{Direction, Fault, Faults};
use super::log::{Counts, Ending, Log};
use super::request::{Connection, Request};
use super::run::run;
use super::state::{Network, State, Wire};

/// A TCP proxy in this process that does to the traffic what a test asks for.
///
/// See the [module](super) for an example, and [`Fault`](super::Fault) for what it can do.
///
/// It ends when it is dropped: its connections are closed, and with [`Proxy::start`] its thread
/// has ended when `drop` returns.
#[derive(Debug)]
pub struct Proxy {
    shared: Shared,
    address: SocketAddr,
    home: Option<Home>,
}

struct Shared {
    state: Arc<State>,
    door: Arc<Door>,
}

#[derive(Debug)]
enum Home {
    /// A thread with a runtime.
    Thread {
        stop: oneshot::Sender<()>,
        thread: thread::JoinHandle<()>,
        ended: oneshot::Receiver<()>,
    },
    /// A task of somebody else's runtime.
    Task {
        stop: oneshot::Sender<()>,
        task: task::JoinHandle<()>,
    },
}

impl Proxy {
    /// Starts a proxy on a free port of 127.0.0.1 that forwards to `upstream`.
    ///
    /// It has a thread of its own, so a test that blocks does not stop it. Its time is real; for
    /// time that a test controls there is [`Proxy::start_here`].
    ///
    /// # Errors
    ///
    /// If there is no port, no thread or no runtime to be had.
    pub fn start(upstream: SocketAddr) -> io::Result<Self> {
        let door = Arc::new(Door::open()?);
        let (state, tasks) = State::new(upstream);
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let main = run(Arc::clone(&state), Arc::clone(&door), tasks, stopped);
        let thread = thread::Builder::new()
            .name("encke-test-proxy".to_owned())
            .spawn(move || {
                runtime.block_on(main);
                drop(runtime);
                // Nobody listens to a proxy that is dropped rather than closed.
                let _ = end.send(());
            })?;
        let home = Home::Thread {
            stop,
            thread,
            ended,
        };
        Ok(Self::new(state, door, home))
    }

    /// The same on the tokio runtime that this is called on, with that runtime's clock: delays,
    /// throttles and the like stand still while it is paused.
    ///
    /// A paused clock jumps to the next deadline whenever the runtime has nothing to do, even
    /// while bytes are on their way through the system. When it is dropped, its tasks end with the
    /// runtime's next turn; [`Proxy::close`] waits for that.
    ///
    /// # Errors
    ///
    /// If there is no port to be had, or this is called outside a runtime.
    pub fn start_here(upstream: SocketAddr) -> io::Result<Self> {
        let runtime = Handle::try_current().map_err(io::Error::other)?;
        let door = Arc::new(Door::open()?);
        let (state, tasks) = State::new(upstream);
        let (stop, stopped) = oneshot::channel();
        let task = runtime.spawn(run(Arc::clone(&state), Arc::clone(&door), tasks, stopped));
        Ok(Self::new(state, door, Home::Task { stop, task }))
    }

    fn new(state: Arc<State>, door: Arc<Door>, home: Home) -> Self {
        Self {
            address: door.address,
            shared: Shared { state, door },
            home: Some(home),
        }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The same as the beginning of a URL, such as `http://127.0.0.1:40000`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Forwards to another server from now on. Connections that reach the former one go on.
    pub fn forward_to(&self, upstream: SocketAddr) {
        self.shared.state.forward_to(upstream);
    }

    /// Asks `rule` what to do to each new connection, in place of the rule before. Open connections
    /// keep what was said of them.
    ///
    /// Positions are counted over the whole connection; everything else applies to each request on
    /// it, unless the rule for requests says something else. The rule runs on the proxy's thread. If
    /// it panics, the connection is reset.
    pub fn on_connection<F: Into<Faults>>(
        &self,
        mut rule: impl FnMut(&Connection) -> F + Send + 'static,
    ) {
        let rule = move |connection: &Connection| rule(connection).into();
        self.shared.state.on_connection.set(Box::new(rule));
    }

    /// Asks `rule` what to do to each new request, in place of the rule before. Requests that are
    /// under way keep what was said of them.
    ///
    /// The rule is asked once the request's head has come, in the order of
    /// [`Request::number`]; it runs on the proxy's thread. If it panics, the connection is reset.
    pub fn on_request<F: Into<Faults>>(
        &self,
        mut rule: impl FnMut(&Request) -> F + Send + 'static,
    ) {
        let rule = move |request: &Request| rule(request).into();
        self.shared.state.on_request.set(Box::new(rule));
    }

    /// Cuts one connection: the one on which, counted over all connections from now on, the last of
    /// so many bytes has passed in this direction.
    ///
    /// With every number up to what a run takes, each position of the run is met once. A later call
    /// of this kind replaces one that has not happened yet; requests that the proxy repeats are not
    /// counted.
    ///
    /// ```no_run
    /// # use encke::test::{Direction, Proxy};
    /// # fn run(_: &Proxy) {}
    /// # fn test(server: std::net::SocketAddr) -> std::io::Result<()> {
    /// let total = {
    ///     let proxy = Proxy::start(server)?;
    ///     run(&proxy);
    ///     proxy.counts().bytes_down
    /// };
    /// for position in 0..=total {
    ///     let proxy = Proxy::start(server)?;
    ///     proxy.cut_once(Direction::Down, position);
    ///     run(&proxy);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn cut_once(&self, direction: Direction, after: u64) {
        self.shared.state.trap.set(Fault::cut(direction, after));
    }

    /// The same with a RST.
    pub fn reset_once(&self, direction: Direction, after: u64) {
        self.shared.state.trap.set(Fault::reset(direction, after));
    }

    /// The same, but what comes after in this direction of the connection is swallowed.
    pub fn swallow_once(&self, direction: Direction, after: u64) {
        self.shared.state.trap.set(Fault::swallow(direction, after));
    }

    /// Takes away both rules, and what was to happen once. What the rules said of open connections
    /// stays.
    pub fn behave(&self) {
        self.shared.state.trap.clear();
        self.on_connection(|_| ());
        self.on_request(|_| ());
    }

    /// The open connections, oldest first.
    pub fn connections(&self) -> Vec<Connection> {
        let wires = self.shared.state.wires();
        wires.iter().map(|wire| wire.connection()).collect()
    }

    /// Cuts all open connections: both sides are closed by FIN.
    pub fn cut_all(&self) {
        self.end(|_| true, Ending::Cut);
    }

    /// Cuts the open connections that `which` says yes to.
    pub fn cut(&self, which: impl FnMut(&Connection) -> bool) {
        self.end(which, Ending::Cut);
    }

    /// Resets all open connections: both sides get a RST.
    pub fn reset_all(&self) {
        self.end(|_| true, Ending::Reset);
    }

    /// Resets the open connections that `which` says yes to.
    pub fn reset(&self, which: impl FnMut(&Connection) -> bool) {
        self.end(which, Ending::Reset);
    }

    /// Makes all open connections black holes, both ways, for as long as they live. New ones are
    /// not concerned.
    pub fn black_hole_all(&self) {
        self.black_hole(|_| true);
    }

    /// Makes those open connections black holes that `which` says yes to.
    pub fn black_hole(&self, which: impl FnMut(&Connection) -> bool) {
        for wire in self.select(which) {
            wire.swallow(Direction::Up);
            wire.swallow(Direction::Down);
        }
    }

    /// The network is gone: nothing passes in either direction, and new connections are not
    /// answered. (The system completes their TCP handshake; after that nothing comes.)
    ///
    /// What was on its way arrives after [`Proxy::resume`], as it does when TCP sends it again.
    pub fn pause(&self) {
        self.set_network(Network::Silent);
    }

    /// The network is gone, and new connections are refused until [`Proxy::resume`].
    pub fn refuse(&self) {
        self.shared.door.close();
        self.set_network(Network::Silent);
    }

    /// The network is back.
    ///
    /// # Errors
    ///
    /// If connections were refused and somebody else has the port now, which no other socket can
    /// get on Linux.
    pub fn resume(&self) -> io::Result<()> {
        self.shared.door.reopen()?;
        self.set_network(Network::There);
        Ok(())
    }

    /// Lets every request go that waits to be repeated [when told](super::Late::Told).
    pub fn repeat_now(&self) {
        self.shared.state.told.send_modify(|told| *told += 1);
    }

    /// What it saw and did so far.
    pub fn log(&self) -> Log {
        self.shared.state.log.borrow().clone()
    }

    /// How often things happened so far. Cheaper than all of [`Proxy::log`].
    pub fn counts(&self) -> Counts {
        self.shared.state.log.borrow().counts.clone()
    }

    /// Waits until the log is as `holds` wants it, which is asked now and after each event.
    ///
    /// The log goes back to the proxy's beginning, so nothing that came before the call is missed.
    /// There is no limit of time: put one around it, and print [`Proxy::log`] when it passes.
    pub async fn wait_for(&self, mut holds: impl FnMut(&Log) -> bool) {
        let mut log: watch::Receiver<Log> = self.shared.state.log.subscribe();
        // The sender is in the state.
        let _ = log.wait_for(|log| holds(log)).await;
    }

    /// Ends the proxy, and waits until its connections and tasks are gone.
    pub async fn close(mut self) {
        match self.home.take() {
            Some(Home::Thread {
                stop,
                thread,
                ended,
            }) => {
                drop(stop);
                // It fails if the thread panicked, and then it has ended too.
                let _ = ended.await;
                let _ = thread.join();
            }
            Some(Home::Task { stop, task }) => {
                drop(stop);
                let _ = task.await;
            }
            None => {}
        }
    }

    fn set_network(&self, network: Network) {
        self.shared.state.network.send_replace(network);
    }

    fn select(&self, mut which: impl FnMut(&Connection) -> bool) -> Vec<Arc<Wire>> {
        let mut wires = self.shared.state.wires();
        wires.retain(|wire| which(&wire.connection()));
        wires
    }

    fn end(&self, which: impl FnMut(&Connection) -> bool, ending: Ending) {
        for wire in self.select(which) {
            wire.end.send_replace(Some(ending));
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(Home::Thread { stop, thread, .. }) = self.home.take() {
            drop(stop);
            // A rule may hold the last handle, and its thread can not wait for itself.
            if thread.thread().id() != thread::current().id() {
                // A thread that panicked has said so itself.
                let _ = thread.join();
            }
        }
    }
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").finish_non_exhaustive()
    }
}
