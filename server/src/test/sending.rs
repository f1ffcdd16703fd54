//! A request on its way to the server.

use std::convert::Infallible;
use std::sync::Arc;

use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::oneshot;

use super::body::Message;
use super::inlet::Inlet;
use super::lane::Lane;
use super::log::{Ending, What};
use super::request::Request;
use super::state::State;

/// While a request waits for its answer, so much of what follows it is read, in order to notice
/// when the client ends the connection.
const READ_AHEAD: usize = 64 * 1024;

/// A request that is being passed on.
pub(super) struct Sending<'a> {
    pub(super) state: &'a State,
    pub(super) request: &'a Arc<Request>,
    pub(super) lane: &'a mut Lane,
    pub(super) inlet: &'a mut Inlet,
    pub(super) from: ReadHalf<'a>,
    pub(super) to: WriteHalf<'a>,
}

impl Sending<'_> {
    /// Passes the request on, says so, and then listens to the client until it is dropped.
    pub(super) async fn relay(
        mut self,
        mut message: Message,
        sent: oneshot::Sender<()>,
    ) -> Result<Infallible, Ending> {
        let mut passed = true;
        let came = loop {
            if message.is_done() {
                break true;
            }
            if self.inlet.ready.is_empty() && !self.lane.read(self.inlet, &mut self.from).await? {
                break message.is_endless();
            }
            let taken = message.take(&self.inlet.ready);
            let bytes = self.inlet.ready.split_to(taken);
            passed &= self.lane.pass(&mut self.to, &bytes).await?;
        };
        if came && passed {
            let what = What::Forwarded(Arc::clone(self.request));
            self.state.note(self.request.connection, what);
        }
        // Nobody listens if the answer came first and was the last thing on this connection.
        let _ = sent.send(());
        while self.inlet.ready.len() < READ_AHEAD {
            if !self.lane.read(self.inlet, &mut self.from).await? {
                self.lane.finish(&mut self.to).await;
                break;
            }
        }
        std::future::pending().await
    }
}
