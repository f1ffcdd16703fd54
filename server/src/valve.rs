use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

/// Whether a WebSocket's reader may go on.
///
/// The reader may be on another thread than the session, so what it has sent there and is not yet
/// handled is counted, and bounded by [`AHEAD`]; and the shard shuts the valve while the session's
/// inbox is full.
#[derive(Debug, Default)]
pub(crate) struct Valve(Mutex<State>);

/// Bytes that a reader may be ahead of the shard. A message larger than that goes alone.
const AHEAD: usize = 64 * 1024;

#[derive(Debug, Default)]
struct State {
    ahead: usize,
    shut: bool,
    /// The leg is over: what is still on its way is handled by nobody.
    over: bool,
    reader: Option<Waker>,
}

impl Valve {
    /// Counts bytes that are on their way to the shard.
    pub(crate) fn sent(&self, bytes: usize) {
        self.lock().ahead += bytes;
    }

    /// The shard has handled them.
    pub(crate) fn handled(&self, bytes: usize) {
        let mut state = self.lock();
        state.ahead -= bytes;
        Self::wake(state);
    }

    /// Stops, or lets go on, a reader whose session has too much to handle.
    pub(crate) fn shut(&self, shut: bool) {
        let mut state = self.lock();
        state.shut = shut;
        Self::wake(state);
    }

    /// Nothing more is read.
    pub(crate) fn end(&self) {
        let mut state = self.lock();
        state.over = true;
        Self::wake(state);
    }

    /// Ready when the reader may read; false when it is to stop.
    pub(crate) fn poll_open(&self, cx: &mut Context<'_>) -> Poll<bool> {
        let mut state = self.lock();
        if state.is_open() {
            return Poll::Ready(!state.over);
        }
        state.reader = Some(cx.waker().clone());
        Poll::Pending
    }

    fn wake(mut state: MutexGuard<'_, State>) {
        if state.is_open()
            && let Some(reader) = state.reader.take()
        {
            drop(state);
            reader.wake();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that could panic runs under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    const fn is_open(&self) -> bool {
        self.over || (!self.shut && self.ahead < AHEAD)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shut_by_too_much_or_by_the_shard() {
        let valve = Valve::default();
        let open = || {
            valve
                .poll_open(&mut Context::from_waker(Waker::noop()))
                .is_ready()
        };
        valve.sent(AHEAD);
        assert!(!open());
        valve.handled(1);
        assert!(open());
        valve.shut(true);
        assert!(!open());
        valve.shut(false);
        assert!(open());
    }

    #[test]
    fn its_end_wakes_the_reader() {
        let valve = Valve::default();
        valve.sent(AHEAD);
        valve.shut(true);
        valve.end();
        let open = valve.poll_open(&mut Context::from_waker(Waker::noop()));
        assert_eq!(open, Poll::Ready(false));
    }
}
