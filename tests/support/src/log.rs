//! How a handler tells its test what it saw.

use std::fmt::Display;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::deadline::within;

/// The writing end: a state that any handler can take.
#[derive(Debug, Clone)]
pub struct Log(UnboundedSender<String>);

/// The test's end.
#[derive(Debug)]
pub struct Heard(UnboundedReceiver<String>);

/// A log without lines.
#[must_use]
pub fn log() -> (Log, Heard) {
    let (sender, receiver) = unbounded_channel();
    (Log(sender), Heard(receiver))
}

impl Log {
    /// Adds a line. A test that is over hears none.
    pub fn say(&self, line: impl Display) {
        let _ = self.0.send(line.to_string());
    }
}

impl Heard {
    /// The next line, which must come.
    pub async fn line(&mut self) -> String {
        let line = within("a line in the log", self.0.recv()).await;
        line.expect("a handler can still write")
    }

    /// Fails unless the next lines are these.
    pub async fn expect(&mut self, lines: &[&str]) {
        for expected in lines {
            assert_eq!(self.line().await, *expected);
        }
    }

    /// Fails if there is a line that was not read.
    pub fn assert_silent(&mut self) {
        if let Ok(line) = self.0.try_recv() {
            panic!("an unexpected line in the log: {line:?}");
        }
    }
}
