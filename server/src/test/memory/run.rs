use std::time::Duration;

use actix_web::rt::System;
use tokio::runtime::Builder;

/// Runs a test with a virtual clock, on this thread.
///
/// The clock stands still while anything has something to do, and jumps to the next timer when
/// nothing has. So an hour of heartbeats takes some milliseconds, nothing that happens takes any
/// virtual time, and two runs of the same test are the same.
///
/// Within it there are a Tokio runtime, a `LocalSet` and an actix `System`, so that `spawn_local`,
/// `actix_web::rt::spawn` and handlers that use them work. What waits for another thread or for a
/// socket is waited for while timers go off: the clock stands still for
/// [`spawn_blocking`](tokio::task::spawn_blocking) only.
///
/// # Panics
///
/// When it is called within a runtime, such as from `#[tokio::test]`; when the system has no more
/// file descriptors; and when `future` does.
pub fn run<F: Future>(future: F) -> F::Output {
    let runtime = || {
        let mut builder = Builder::new_current_thread();
        let built = builder.enable_all().start_paused(true).build();
        built.expect("the system has file descriptors left")
    };
    System::with_tokio_rt(runtime).block_on(future)
}

/// Lets time pass: within [`run`] virtual time, from timer to timer, in their order.
///
/// `tokio::time::advance` would jump over them, and the server would take that for a time in which
/// its process stood still: sessions do not age in it.
pub async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// Lets all that can happen now happen, for instance so that a test can be sure that nothing more
/// comes. Within [`run`] it takes a millisecond of virtual time; elsewhere it means little.
pub async fn settle() {
    sleep(Duration::from_millis(1)).await;
}
