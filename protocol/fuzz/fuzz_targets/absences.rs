//! Any sequence of operations on a resume session: no rule is broken, and it ends.
//!
//! The first four bytes choose the session, and every further four are an operation.

#![no_main]

#[path = "../../tests/absences/mod.rs"]
mod absences;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let (written, _) = data.as_chunks::<4>();
    if let [setup, operations @ ..] = written {
        absences::live(*setup, operations);
    }
});
