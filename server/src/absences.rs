use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::registry::Address;

/// The clients of this server that are away, in the order in which they went, and what is kept for
/// them.
///
/// All of them together may hold `max_detached_bytes`: beyond that the longest absent is given up.
/// The lock is held for a look at a map, and only when something is sent to a client that is away,
/// or when one goes or comes.
#[derive(Debug)]
pub(crate) struct Absences {
    limit: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    next: u64,
    bytes: usize,
    away: BTreeMap<Absence, (Address, usize)>,
}

/// Names a client's absence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Absence(u64);

impl Absences {
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            limit,
            state: Mutex::default(),
        }
    }

    /// A client has gone.
    pub(crate) fn enter(&self, address: Address) -> Absence {
        let mut state = self.lock();
        let absence = Absence(state.next);
        state.next += 1;
        state.away.insert(absence, (address, 0));
        absence
    }

    /// So many bytes are kept for it now. Gives those that are to be given up, which are out of the
    /// books with that.
    pub(crate) fn hold(&self, absence: Absence, bytes: usize) -> Vec<Address> {
        let mut guard = self.lock();
        let state = &mut *guard;
        let Some((_, held)) = state.away.get_mut(&absence) else {
            return Vec::new();
        };
        state.bytes = state.bytes - *held + bytes;
        *held = bytes;
        let mut given_up = Vec::new();
        while state.bytes > self.limit
            && let Some((_, (address, held))) = state.away.pop_first()
        {
            state.bytes -= held;
            given_up.push(address);
        }
        given_up
    }

    /// It is back, or its session is over.
    pub(crate) fn leave(&self, absence: Absence) {
        let mut state = self.lock();
        if let Some((_, held)) = state.away.remove(&absence) {
            state.bytes -= held;
        }
    }

    /// How many are away, and the bytes kept for them.
    pub(crate) fn totals(&self) -> (usize, usize) {
        let state = self.lock();
        (state.away.len(), state.bytes)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that could panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
