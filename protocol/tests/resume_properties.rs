//! What holds for a resume session whatever happens to it.

mod absences;

use proptest::collection::vec;
use proptest::prelude::*;

use absences::{Written, live};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    /// Most of the operations come from a client that does wrong.
    #[test]
    fn the_rules_hold_and_every_session_ends(
        setup in any::<Written>(),
        operations in vec(any::<Written>(), 0..60),
    ) {
        live(setup, &operations);
    }
}
