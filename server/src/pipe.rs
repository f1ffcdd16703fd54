use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use bytes::Bytes;

use crate::gauge::{Gauge, MESSAGE_COST};

/// What a WebSocket's body has yet to write: filled by the session's shard, emptied by the
/// connection, on the same thread or on another.
///
/// It holds at most [`HIGH`] bytes and whatever frame passed that mark; the rest of what a client
/// has yet to read stays in its session's queue. The lock is held for a push or a pop and never
/// while anything else is called.
#[derive(Debug)]
pub(crate) struct Pipe {
    state: Mutex<State>,
    gauge: Arc<Gauge>,
}

/// The shard stops filling here.
const HIGH: usize = 64 * 1024;
/// The connection asks for more here.
const LOW: usize = 16 * 1024;
/// Slots that an empty pipe keeps.
const IDLE_SLOTS: usize = 4;

#[derive(Debug, Default)]
struct State {
    frames: VecDeque<Frame>,
    bytes: usize,
    /// The shard found no room and wants to hear when there is.
    starved: bool,
    end: End,
    reader: Option<Waker>,
}

#[derive(Debug)]
struct Frame {
    bytes: Bytes,
    /// What goes back to the gauge once it is written.
    cost: usize,
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
enum End {
    #[default]
    Open,
    /// The shard has put its last frame in.
    Finishing,
    /// The connection is gone.
    Lost,
}

/// What the connection finds.
#[derive(Debug)]
pub(crate) enum Next {
    /// A frame; `wanted` says that the shard waits to hear that there is room.
    Frame { bytes: Bytes, wanted: bool },
    /// That was all.
    End,
}

impl Pipe {
    pub(crate) fn new(gauge: Arc<Gauge>) -> Self {
        Self {
            state: Mutex::default(),
            gauge,
        }
    }

    /// Whether another frame may be pushed. If not, the connection will say when it may.
    pub(crate) fn has_room(&self) -> bool {
        let mut state = self.lock();
        let room = state.bytes < HIGH && state.end == End::Open;
        state.starved |= !room;
        room
    }

    /// Bytes that the connection has yet to write.
    pub(crate) fn pending(&self) -> usize {
        self.lock().bytes
    }

    /// Queues a frame, and wakes nobody: see [`Pipe::wake`]. `cost` is what was reserved for it.
    pub(crate) fn push(&self, bytes: Bytes, cost: usize) {
        let mut state = self.lock();
        if state.end == End::Open {
            state.bytes += bytes.len() + MESSAGE_COST;
            state.frames.push_back(Frame { bytes, cost });
        } else {
            self.gauge.release(cost);
        }
    }

    /// Queues the last frame. The connection ends once it is written.
    pub(crate) fn finish(&self, last: Bytes) {
        self.push(last, 0);
        self.close();
    }

    /// Nothing more comes. The connection ends once all is written.
    pub(crate) fn close(&self) {
        let mut state = self.lock();
        if state.end == End::Open {
            state.end = End::Finishing;
        }
    }

    /// Lets the connection look.
    pub(crate) fn wake(&self) {
        let reader = self.lock().reader.take();
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    /// The next frame to write.
    pub(crate) fn poll_next(&self, cx: &mut Context<'_>) -> Poll<Next> {
        let mut state = self.lock();
        let Some(frame) = state.frames.pop_front() else {
            return if state.end == End::Open {
                state.reader = Some(cx.waker().clone());
                Poll::Pending
            } else {
                Poll::Ready(Next::End)
            };
        };
        state.bytes -= frame.bytes.len() + MESSAGE_COST;
        if state.frames.is_empty() && state.frames.capacity() > IDLE_SLOTS {
            state.frames = VecDeque::new();
        }
        let wanted = state.starved && state.bytes <= LOW;
        state.starved &= !wanted;
        self.gauge.release(frame.cost);
        Poll::Ready(Next::Frame {
            bytes: frame.bytes,
            wanted,
        })
    }

    /// The client is gone: unless a last frame was put in, nothing more is written.
    pub(crate) fn abandon(&self) {
        if self.lock().end == End::Open {
            self.lose();
        }
        self.wake();
    }

    /// The connection is gone; nothing more is taken.
    pub(crate) fn lose(&self) {
        let mut state = self.lock();
        state.end = End::Lost;
        for frame in std::mem::take(&mut state.frames) {
            self.gauge.release(frame.cost);
        }
        state.bytes = 0;
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that could panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(pipe: &Pipe) -> Poll<Next> {
        pipe.poll_next(&mut Context::from_waker(Waker::noop()))
    }

    #[test]
    fn asks_for_more_once_it_has_drained() {
        let gauge = Arc::new(Gauge::new(usize::MAX));
        let pipe = Pipe::new(Arc::clone(&gauge));
        let frame = Bytes::from(vec![0; HIGH / 2]);
        for _ in 0..2 {
            assert!(pipe.has_room());
            assert!(gauge.reserve(10));
            pipe.push(frame.clone(), 10);
        }
        assert!(!pipe.has_room());
        assert!(matches!(
            next(&pipe),
            Poll::Ready(Next::Frame { wanted: false, .. })
        ));
        assert!(matches!(
            next(&pipe),
            Poll::Ready(Next::Frame { wanted: true, .. })
        ));
        assert!(next(&pipe).is_pending());
        assert_eq!(gauge.used(), 0);
    }

    #[test]
    fn what_is_lost_is_given_back() {
        let gauge = Arc::new(Gauge::new(100));
        let pipe = Pipe::new(Arc::clone(&gauge));
        assert!(gauge.reserve(20));
        pipe.push(Bytes::from_static(b"a"), 10);
        pipe.lose();
        pipe.push(Bytes::from_static(b"b"), 10);
        assert_eq!(gauge.used(), 0);
        assert!(matches!(next(&pipe), Poll::Ready(Next::End)));
    }

    #[test]
    fn the_last_frame_is_written_before_the_end() {
        let pipe = Pipe::new(Arc::new(Gauge::new(100)));
        pipe.finish(Bytes::from_static(b"bye"));
        assert!(matches!(next(&pipe), Poll::Ready(Next::Frame { .. })));
        assert!(matches!(next(&pipe), Poll::Ready(Next::End)));
    }
}
