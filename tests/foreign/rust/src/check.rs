//! What a feature comes to, and the checks on the way there.

use std::{error::Error, fmt, future::Future, time::Duration};

pub type Fault = Box<dyn Error + Send + Sync>;
pub type Result<T = Outcome> = std::result::Result<T, Fault>;

/// Longest wait for anything.
pub const LIMIT: Duration = Duration::from_secs(10);

/// The result of one feature in one mode.
pub enum Outcome {
    Pass,
    /// The client cannot do it, for this reason, and the run has shown that it cannot.
    Gap(&'static str),
    Fail(String),
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pass => f.write_str("pass\t"),
            Self::Gap(cause) => write!(f, "gap\t{cause}"),
            Self::Fail(why) => {
                let words: Vec<_> = why.split_whitespace().collect();
                write!(f, "fail\t{}", words.join(" "))
            }
        }
    }
}

/// A fault and what it came from: the client's own text stops at `EngineIO Error`.
pub fn chain(fault: &(dyn Error + 'static)) -> String {
    let mut text = fault.to_string();
    let mut source = fault.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// # Errors
///
/// When the two differ.
pub fn same<A: PartialEq<B> + fmt::Debug, B: fmt::Debug>(found: &A, expected: &B) -> Result<()> {
    if found == expected {
        return Ok(());
    }
    Err(format!("found {found:?}, expected {expected:?}").into())
}

/// # Errors
///
/// When the statement is false.
pub fn holds(statement: bool, what: &str) -> Result<()> {
    if statement {
        Ok(())
    } else {
        Err(format!("not so: {what}").into())
    }
}

/// # Errors
///
/// When the future has not finished within [`LIMIT`].
pub async fn within<T>(future: impl Future<Output = T>, what: &str) -> Result<T> {
    tokio::time::timeout(LIMIT, future)
        .await
        .map_err(|_| format!("no {what} within {LIMIT:?}").into())
}
