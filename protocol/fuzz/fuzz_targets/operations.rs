//! Any sequence of operations on a session: no rule is broken, and it ends.
//!
//! The first four bytes choose the session, the next four how it ends and how many operations come
//! after that; every further four are an operation.

#![no_main]

#[path = "../../tests/driver/mod.rs"]
mod driver;
#[path = "../../tests/operations/mod.rs"]
mod operations;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (written, _) = data.as_chunks::<4>();
    if let [setup, [end, after, ..], operations @ ..] = written {
        let before = operations.len().saturating_sub(usize::from(*after));
        let (operations, after) = operations.split_at(before);
        operations::live(*setup, operations, *end, after);
    }
});
