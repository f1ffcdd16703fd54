use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use encke::CloseReason;

/// Why sockets disconnected, by the labels that clients gave them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Reasons(Arc<Mutex<HashMap<String, CloseReason>>>);

/// Labels that are remembered; a client that makes up more is not.
const MOST: usize = 100_000;

impl Reasons {
    pub(crate) fn remember(&self, label: &str, reason: CloseReason) {
        let mut reasons = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if reasons.len() < MOST {
            reasons.insert(label.to_owned(), reason);
        }
    }

    pub(crate) fn of(&self, label: &str) -> Option<CloseReason> {
        let reasons = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        reasons.get(label).copied()
    }
}
