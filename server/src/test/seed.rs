//! Randomness that can be had again.

use std::collections::hash_map::RandomState;
use std::fmt;
use std::hash::BuildHasher;

/// Where a plan of faults begins: with the same seed it is the same plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Seed(pub u64);

impl Seed {
    /// The variable of the environment that [`Seed::pick`] asks for.
    pub const VARIABLE: &'static str = "ENCKE_SEED";

    /// The number in the environment's `ENCKE_SEED`, or else one at random.
    ///
    /// It is printed on standard error, together with how to have it again, so that it stands
    /// beside a failed test.
    ///
    /// # Panics
    ///
    /// If `ENCKE_SEED` is set to what is no number.
    pub fn pick() -> Self {
        let seed = match std::env::var(Self::VARIABLE) {
            Ok(text) => Self(text.trim().parse().unwrap_or_else(|_| {
                panic!(
                    "{} is no number from 0 to 2^64 - 1: {text:?}",
                    Self::VARIABLE
                )
            })),
            // Its keys are drawn anew for each process and differ from one to the next.
            Err(_) => Self(RandomState::new().hash_one(())),
        };
        eprintln!("{seed}");
        seed
    }

    /// The numbers that belong to the `k`-th thing of its class.
    ///
    /// They do not depend on how many things of other classes there were before, nor on how many
    /// numbers those took.
    pub(super) fn dice(self, class: u64, k: u64) -> Dice {
        let mut dice = Dice(self.0);
        for number in [class, k] {
            dice = Dice(dice.next() ^ number);
        }
        dice
    }
}

impl From<u64> for Seed {
    fn from(seed: u64) -> Self {
        Self(seed)
    }
}

impl fmt::Display for Seed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", Self::VARIABLE, self.0)
    }
}

/// A row of random numbers.
#[derive(Debug, Clone)]
pub(super) struct Dice(u64);

impl Dice {
    /// The next number.
    pub(super) const fn next(&mut self) -> u64 {
        // SplitMix64, which has no bad seeds: Steele, Lea and Flood, "Fast splittable pseudorandom
        // number generators", 2014.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `limit`; 0 if that is 0.
    pub(super) const fn below(&mut self, limit: u64) -> u64 {
        let number = self.next();
        if limit == 0 { 0 } else { number % limit }
    }

    /// A number from 0 up to, and not including, 1.
    #[allow(
        clippy::cast_precision_loss,
        reason = "53 bits are what the type holds exactly"
    )]
    pub(super) fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}
