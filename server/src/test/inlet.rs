//! What has come from one side and has yet to be passed on.

use std::collections::VecDeque;
use std::io;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::{Instant, sleep_until};

/// Room for one read.
const READ: usize = 16 * 1024;
/// While so much waits for its time, no more is read.
const MOST_WAITING: usize = 1024 * 1024;

/// Reads from one side, and lets what it read out later if it is told to.
#[derive(Debug, Default)]
pub(super) struct Inlet {
    /// What may be passed on.
    pub(super) ready: BytesMut,
    /// Whether everything has come and may be passed on.
    pub(super) has_ended: bool,
    /// How much later than it came a byte may be passed on.
    delay: Duration,
    waiting: VecDeque<(Instant, BytesMut)>,
    waiting_bytes: usize,
    /// When the end may be passed on.
    end: Option<Instant>,
    fresh: BytesMut,
}

impl Inlet {
    /// Sets the delay of what comes from now on, and of what came last and is still here.
    pub(super) fn delay(&mut self, delay: Duration) {
        let more = delay.saturating_sub(self.delay);
        self.delay = delay;
        if !more.is_zero() && !self.ready.is_empty() {
            self.waiting_bytes += self.ready.len();
            let due = Instant::now() + more;
            self.waiting.push_front((due, self.ready.split()));
            if std::mem::take(&mut self.has_ended) {
                self.end = Some(due);
            }
        }
    }

    /// Puts bytes back in front of what is ready.
    pub(super) fn unread(&mut self, bytes: &[u8]) {
        let mut ready = BytesMut::from(bytes);
        ready.extend_from_slice(&self.ready);
        self.ready = ready;
    }

    /// Waits until more is ready, and says whether it is; if not, that was all.
    ///
    /// Nothing is lost if the future is dropped.
    pub(super) async fn fill(&mut self, from: &mut (impl AsyncRead + Unpin)) -> io::Result<bool> {
        while !self.has_ended {
            if self.delay.is_zero() && self.waiting.is_empty() && self.end.is_none() {
                self.ready.reserve(READ);
                let read = from.read_buf(&mut self.ready).await?;
                self.has_ended = read == 0;
                return Ok(read != 0);
            }
            let due = self.waiting.front().map(|(due, _)| *due).or(self.end);
            let has_room = self.waiting_bytes < MOST_WAITING;
            self.fresh.reserve(READ);
            tokio::select! {
                biased;
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    let Some((_, bytes)) = self.waiting.pop_front() else {
                        self.has_ended = true;
                        break;
                    };
                    self.waiting_bytes -= bytes.len();
                    self.ready.unsplit(bytes);
                    return Ok(true);
                }
                read = from.read_buf(&mut self.fresh), if self.end.is_none() && has_room => {
                    let due = Instant::now() + self.delay;
                    match read? {
                        0 => self.end = Some(due),
                        read => {
                            self.waiting_bytes += read;
                            self.waiting.push_back((due, self.fresh.split()));
                        }
                    }
                }
            }
        }
        Ok(false)
    }
}
