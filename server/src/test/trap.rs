//! A fault at a position that is counted over all connections.

use std::sync::Mutex;

use super::fault::{Direction, Fault};
use super::rule::lock;

/// Springs once, on the connection whose byte is the last one to pass.
#[derive(Default)]
pub(super) struct Trap(Mutex<Option<Armed>>);

struct Armed {
    fault: Fault,
    direction: Direction,
    /// How many bytes may still pass.
    left: u64,
}

impl Trap {
    /// Sets it, in place of one that has not sprung. A fault without a position sets none.
    pub(super) fn set(&self, fault: Fault) {
        *lock(&self.0) = fault.position().map(|(direction, left)| Armed {
            fault,
            direction,
            left,
        });
    }

    /// Takes it away.
    pub(super) fn clear(&self) {
        *lock(&self.0) = None;
    }

    /// Counts bytes that are about to pass: how many of so many may, and what is to happen then.
    pub(super) fn step(&self, direction: Direction, there: usize) -> (usize, Option<Fault>) {
        let mut trap = lock(&self.0);
        let Some(armed) = trap.as_mut().filter(|armed| armed.direction == direction) else {
            return (there, None);
        };
        let passing = usize::try_from(armed.left).map_or(there, |left| left.min(there));
        armed.left -= passing as u64;
        if armed.left > 0 {
            return (passing, None);
        }
        (passing, trap.take().map(|armed| armed.fault))
    }
}
