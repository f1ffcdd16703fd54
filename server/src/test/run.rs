//! The proxy's main task.

use std::future::poll_fn;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::door::Door;
use super::link;
use super::state::{Network, State, Task};

/// When the system has no more descriptors, the next connection is tried this much later.
const PAUSE: Duration = Duration::from_millis(10);

/// Accepts connections and runs the tasks until `stop` or its sender's end, then ends them all.
pub(super) async fn run(
    state: Arc<State>,
    door: Arc<Door>,
    mut tasks: mpsc::UnboundedReceiver<Task>,
    mut stop: oneshot::Receiver<()>,
) {
    let mut running = JoinSet::new();
    let mut network = state.network.subscribe();
    loop {
        let is_there = *network.borrow_and_update() == Network::There;
        tokio::select! {
            biased;
            _ = &mut stop => break,
            // The sender is in the state.
            _ = network.changed() => {}
            Some(task) = tasks.recv() => {
                running.spawn(task);
            }
            Some(_) = running.join_next() => {}
            accepted = poll_fn(|cx| door.poll_accept(cx)), if is_there => match accepted {
                Ok(stream) => {
                    running.spawn(link::serve(Arc::clone(&state), stream));
                }
                Err(_) => sleep(PAUSE).await,
            },
        }
    }
    door.close();
    running.shutdown().await;
}
