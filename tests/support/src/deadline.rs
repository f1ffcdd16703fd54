//! The one way to wait.

use std::fmt::Display;
use std::time::Duration;

use tokio::time::timeout;

/// The longest that a test waits for one thing.
///
/// Generous, so that a busy machine does not fail a test: only a server that does not do the thing
/// at all is supposed to run into it.
pub const DEADLINE: Duration = Duration::from_secs(10);

/// Waits for `event`, and fails the test, naming `what`, if it does not come before [`DEADLINE`].
pub async fn within<T>(what: impl Display, event: impl Future<Output = T>) -> T {
    let Ok(outcome) = timeout(DEADLINE, event).await else {
        panic!("waited {} s in vain for {what}", DEADLINE.as_secs());
    };
    outcome
}

/// Repeats `attempt` until it gives something, and fails the test like [`within`] if it never does.
///
/// For what the server does on its own account and announces to nobody, such as noticing that a
/// connection was cut. Each attempt is a round trip of its own, so this does not spin.
pub async fn until<T>(what: impl Display, mut attempt: impl AsyncFnMut() -> Option<T>) -> T {
    within(what, async {
        loop {
            if let Some(outcome) = attempt().await {
                return outcome;
            }
        }
    })
    .await
}
