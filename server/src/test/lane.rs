//! One direction of a connection, with what is done to it.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio::time::sleep;

use super::fault::{Direction, Fault};
use super::inlet::Inlet;
use super::log::{Ending, What};
use super::state::{State, Wire};

/// A throttled direction writes so many times a second.
const SLICES: u32 = 50;

/// Passes bytes on in one direction, as far as the faults let them, and counts them.
pub(super) struct Lane {
    direction: Direction,
    /// How many bytes have passed.
    passed: u64,
    positions: Vec<Position>,
    /// Bytes a second.
    rate: Option<u32>,
    number: u64,
    state: Arc<State>,
    wire: Arc<Wire>,
}

/// Where a fault happens, counted over the connection.
struct Position {
    at: u64,
    fault: Fault,
    /// Whether it is forgotten when the request is over.
    is_of_request: bool,
}

impl Lane {
    /// A direction of a connection that has these faults.
    pub(super) fn new(
        direction: Direction,
        state: &Arc<State>,
        wire: &Arc<Wire>,
        faults: &[Fault],
    ) -> Self {
        let mut lane = Self {
            direction,
            passed: 0,
            positions: Vec::new(),
            rate: None,
            number: wire.connection().number,
            state: Arc::clone(state),
            wire: Arc::clone(wire),
        };
        lane.plan(faults, false);
        lane
    }

    /// Begins a request: its positions count from here, those of the one before are forgotten.
    pub(super) fn begin(&mut self, positions: &[Fault], rate: Option<u32>) {
        self.positions.retain(|position| !position.is_of_request);
        self.plan(positions, true);
        self.rate = rate;
    }

    fn plan(&mut self, faults: &[Fault], is_of_request: bool) {
        for fault in faults {
            if let Some((direction, after)) = fault.position()
                && direction == self.direction
            {
                self.positions.push(Position {
                    at: self.passed.saturating_add(after),
                    fault: fault.clone(),
                    is_of_request,
                });
            }
        }
        self.positions.sort_by_key(|position| position.at);
    }

    /// Waits until more is ready, and says whether it is; if not, that was all.
    ///
    /// Nothing is lost if the future is dropped.
    pub(super) async fn read(
        &self,
        inlet: &mut Inlet,
        from: &mut (impl AsyncRead + Unpin),
    ) -> Result<bool, Ending> {
        match inlet.fill(from).await {
            Ok(more) => Ok(more),
            Err(_) => {
                // A reset does not travel while there is no network.
                self.state.network_is_there().await;
                if !self.wire.swallows(self.direction) {
                    return Err(Ending::Broken);
                }
                inlet.has_ended = true;
                Ok(false)
            }
        }
    }

    /// Passes bytes on, and says whether all of them passed.
    ///
    /// # Errors
    ///
    /// How the connection is to end, if these bytes end it.
    pub(super) async fn pass(
        &mut self,
        to: &mut (impl AsyncWrite + Unpin),
        mut bytes: &[u8],
    ) -> Result<bool, Ending> {
        if !bytes.is_empty() {
            self.reach()?;
        }
        while !bytes.is_empty() {
            self.state.network_is_there().await;
            if self.wire.swallows(self.direction) {
                self.state.swallowed(bytes.len() as u64);
                return Ok(false);
            }
            let most = self.next_slice(bytes.len());
            let (count, sprung) = self.state.trap.step(self.direction, most);
            let (now, later) = bytes.split_at(count);
            let count = now.len() as u64;
            // First, so that whoever has read a byte finds it counted.
            self.state.passed(self.direction, count);
            if to.write_all(now).await.is_err() {
                self.lost()?;
                continue;
            }
            bytes = later;
            self.passed = self.passed.saturating_add(count);
            if let Some(fault) = sprung {
                self.happen(fault)?;
            }
            self.reach()?;
            if let Some(rate) = self.rate {
                // A slice has at most a second's bytes, so the number is small.
                let count = u32::try_from(count).unwrap_or(u32::MAX);
                sleep(Duration::from_secs(1) * count / rate).await;
            }
        }
        Ok(true)
    }

    /// Passes a FIN on.
    pub(super) async fn finish(&self, to: &mut (impl AsyncWrite + Unpin)) {
        self.state.network_is_there().await;
        if !self.wire.swallows(self.direction) {
            // It fails if the other side has reset the connection, which reading from it tells.
            let _ = to.shutdown().await;
        }
    }

    /// Lets a fault happen whose position has been reached.
    fn reach(&mut self) -> Result<(), Ending> {
        while let Some(position) = self.positions.first()
            && position.at <= self.passed
        {
            let fault = self.positions.remove(0).fault;
            self.happen(fault)?;
        }
        Ok(())
    }

    fn happen(&self, fault: Fault) -> Result<(), Ending> {
        let outcome = match fault {
            Fault::Cut { .. } => Err(Ending::Cut),
            Fault::Reset { .. } => Err(Ending::Reset),
            _ => {
                self.wire.swallow(self.direction);
                Ok(())
            }
        };
        self.state.note(self.number, What::Happened(fault));
        outcome
    }

    /// How many of so many bytes may be written now.
    fn next_slice(&self, there: usize) -> usize {
        let to_position = self
            .positions
            .first()
            .map(|position| position.at.saturating_sub(self.passed));
        let by_rate = self.rate.map(|rate| u64::from((rate / SLICES).max(1)));
        let most = to_position
            .into_iter()
            .chain(by_rate)
            .filter_map(|most| usize::try_from(most).ok())
            .min();
        most.map_or(there, |most| most.min(there))
    }

    /// The receiver is gone. Its reset goes the other way, and stays unheard if that is a black hole.
    fn lost(&self) -> Result<(), Ending> {
        let back = match self.direction {
            Direction::Up => Direction::Down,
            Direction::Down => Direction::Up,
        };
        if !self.wire.swallows(back) {
            return Err(Ending::Broken);
        }
        self.wire.swallow(self.direction);
        Ok(())
    }
}
