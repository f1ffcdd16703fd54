//! Whether numbers come as they should: each once, and in order.

use std::ops::Range;

use serde::Serialize;

/// Gaps that are remembered. What fills an older one counts as repeated.
const MOST_GAPS: usize = 100;

/// Keeps account of numbers that begin with 1. `ledger.js` does the same for the page.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    account: Account,
    /// What was passed over, oldest first.
    gaps: Vec<Range<u64>>,
}

/// What the numbers so far come to.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Account {
    /// The highest.
    pub(crate) last: u64,
    /// Lower than that, and never seen.
    pub(crate) lost: u64,
    pub(crate) repeated: u64,
    /// Seen, but behind a higher one.
    pub(crate) disordered: u64,
}

impl Ledger {
    pub(crate) fn account(&self) -> &Account {
        &self.account
    }

    pub(crate) fn enter(&mut self, number: u64) {
        let account = &mut self.account;
        if number > account.last {
            let gap = account.last + 1..number;
            if !gap.is_empty() {
                account.lost += number - gap.start;
                self.gaps.push(gap);
            }
            if self.gaps.len() > MOST_GAPS {
                self.gaps.remove(0);
            }
            account.last = number;
        } else if let Some(index) = self.gaps.iter().position(|gap| gap.contains(&number)) {
            account.lost -= 1;
            account.disordered += 1;
            let Range { start, end } = self.gaps[index];
            let rest = [start..number, number + 1..end];
            let rest = rest.into_iter().filter(|gap| !gap.is_empty());
            self.gaps.splice(index..=index, rest);
        } else {
            account.repeated += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(numbers: impl IntoIterator<Item = u64>) -> [u64; 4] {
        let mut ledger = Ledger::default();
        numbers.into_iter().for_each(|number| ledger.enter(number));
        let Account {
            last,
            lost,
            repeated,
            disordered,
        } = ledger.account;
        [last, lost, repeated, disordered]
    }

    #[test]
    fn tells_what_is_wrong() {
        for (numbers, expected) in [
            (&[][..], [0, 0, 0, 0]),
            (&[1, 2, 3], [3, 0, 0, 0]),
            (&[3], [3, 2, 0, 0]),
            (&[1, 2, 2, 1, 3], [3, 0, 2, 0]),
            (&[1, 3, 2, 4], [4, 0, 0, 1]),
            (&[1, 6, 4, 4, 3], [6, 2, 1, 2]),
            (&[1, 4, 2, 3, 2, 0], [4, 0, 2, 2]),
            (&[u64::MAX, 1], [u64::MAX, u64::MAX - 2, 0, 1]),
        ] {
            assert_eq!(account(numbers.iter().copied()), expected, "{numbers:?}");
        }
    }

    #[test]
    fn remembers_so_many_gaps() {
        let count = MOST_GAPS as u64 + 1;
        let even = (1..=count).map(|number| 2 * number);
        // Of the gaps, which are one number each, the oldest is forgotten.
        let numbers = even.chain([1, 3]);
        assert_eq!(account(numbers), [2 * count, count - 1, 1, 1]);
    }
}
