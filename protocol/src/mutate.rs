//! Breaks rules on purpose, for tests of the tests. Feature `mutate`, which nobody else needs.
//!
//! Without the feature `is_broken` is a constant, so that nothing of this is in a build.

/// A rule that can be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Rule {
    /// Messages are forgotten when the peer confirms them, and never because they were written.
    ConfirmedByPeerOnly,
    /// Of a leg that is not the newest nothing is taken.
    OldLegIsIgnored,
    /// `8` goes in front of the next message whenever others have gone up another way.
    SequenceAfterSkip,
    /// A leg whose number is lower than that of the newest is refused.
    LowerLegIsRefused,
}

#[cfg(feature = "mutate")]
std::thread_local! {
    static BROKEN: std::cell::Cell<Option<Rule>> = const { std::cell::Cell::new(None) };
}

/// Breaks one rule in everything that runs on this thread, or mends what was broken.
#[cfg(feature = "mutate")]
pub fn set_broken(rule: Option<Rule>) {
    BROKEN.set(rule);
}

/// Whether `rule` is broken.
#[cfg(feature = "mutate")]
pub(crate) fn is_broken(rule: Rule) -> bool {
    BROKEN.get() == Some(rule)
}

/// Whether `rule` is broken.
#[cfg(not(feature = "mutate"))]
pub(crate) const fn is_broken(_: Rule) -> bool {
    false
}
