//! The rule that says what is done to a connection or a request.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, MutexGuard, PoisonError, TryLockError};

use super::fault::Faults;

/// A test's closure.
pub(super) type Rule<T> = Box<dyn FnMut(&T) -> Faults + Send>;

/// A rule, and how often it and those before it were asked.
///
/// It is replaced without waiting for the one that is running, which may be the one who replaces.
pub(super) struct Slot<T> {
    current: Mutex<Current<T>>,
    next: Mutex<Option<Rule<T>>>,
}

struct Current<T> {
    asked: u64,
    rule: Rule<T>,
}

impl<T> Slot<T> {
    /// A rule that says nothing.
    pub(super) fn new() -> Self {
        Self {
            current: Mutex::new(Current {
                asked: 0,
                rule: Box::new(|_| Faults::default()),
            }),
            next: Mutex::default(),
        }
    }

    /// Takes this rule from the next question on.
    pub(super) fn set(&self, rule: Rule<T>) {
        *lock(&self.next) = Some(rule);
        let mut current = match self.current.try_lock() {
            Ok(current) => current,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // Whoever is asking will see it.
            Err(TryLockError::WouldBlock) => return,
        };
        self.renew(&mut current);
    }

    /// Asks about what `describe` makes of the next number, in the order of these numbers. Nothing
    /// if the rule panicked, which has then been printed.
    pub(super) fn ask<D>(
        &self,
        describe: impl FnOnce(u64) -> D,
        about: impl FnOnce(&D) -> &T,
    ) -> (D, Option<Faults>) {
        let mut current = lock(&self.current);
        self.renew(&mut current);
        current.asked += 1;
        let described = describe(current.asked);
        let answer = catch_unwind(AssertUnwindSafe(|| (current.rule)(about(&described))));
        self.renew(&mut current);
        (described, answer.ok())
    }

    fn renew(&self, current: &mut Current<T>) {
        if let Some(rule) = lock(&self.next).take() {
            current.rule = rule;
        }
    }
}

/// Whoever panicked under a lock of the proxy's has left nothing half done.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
