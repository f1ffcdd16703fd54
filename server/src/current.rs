use std::cell::Cell;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::mail::Key;

thread_local! {
    static CURRENT: Cell<Option<(u32, Key)>> = const { Cell::new(None) };
}

/// The session whose handler is being polled on this thread, with its shard.
///
/// That is how an ack that a handler asks of its own client is told from all others.
pub(crate) fn current() -> Option<(u32, Key)> {
    CURRENT.get()
}

/// A handler's future, which is polled as the current session's.
pub(crate) struct Scoped<F> {
    pub(crate) session: (u32, Key),
    pub(crate) future: F,
}

impl<F: Future + Unpin> Future for Scoped<F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<F::Output> {
        let _reset = Reset(CURRENT.replace(Some(self.session)));
        Pin::new(&mut self.future).poll(cx)
    }
}

/// Carries out mail that has nothing to do with the handler in whose emit it is carried out.
pub(crate) fn outside<R>(call: impl FnOnce() -> R) -> R {
    let _reset = Reset(CURRENT.take());
    call()
}

/// Puts the former session back, also when the handler panics.
struct Reset(Option<(u32, Key)>);

impl Drop for Reset {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}
