use std::collections::{HashSet, VecDeque};
use std::fmt;
use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};

use crate::bound::Bound;
use crate::world::{Action, World};

/// What an exploration found.
#[derive(Debug)]
pub(crate) struct Report {
    pub(crate) bound: Bound,
    pub(crate) states: usize,
    pub(crate) transitions: usize,
    /// Actions from the beginning to the farthest state.
    pub(crate) depth: usize,
    /// States from which a run without faults was followed to its end.
    pub(crate) runs: usize,
    /// Whether every state within the bound was seen.
    pub(crate) is_complete: bool,
}

/// A way to a state in which something does not hold.
#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) what: String,
    pub(crate) trace: Vec<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let extent = if self.is_complete {
            "all"
        } else {
            "only the first"
        };
        write!(
            f,
            "{}: {extent} {} states, {} transitions, depth {}, {} runs without faults",
            self.bound, self.states, self.transitions, self.depth, self.runs
        )
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.what)?;
        for (at, line) in self.trace.iter().enumerate() {
            write!(f, "\n{:>4}. {line}", at + 1)?;
        }
        Ok(())
    }
}

/// How a state was reached first.
struct Step {
    parent: usize,
    action: Option<Action>,
}

/// Visits every state within the bound of `first`, nearest first, up to `limit` of them. From one
/// state in `stride` it is checked that all comes to a good end if the link behaves.
///
/// States are told apart by 64 bits of hash: among 10^7 of them, two are taken for one with a
/// probability of 3 in 10^6.
pub(crate) fn explore(first: &World, limit: usize, stride: u64) -> Result<Report, Fault> {
    let hasher = BuildHasherDefault::<DefaultHasher>::default();
    let mut seen = HashSet::from([hasher.hash_one(first)]);
    let mut steps = vec![Step {
        parent: 0,
        action: None,
    }];
    let mut queue = VecDeque::from([(0, 0, first.clone())]);
    let mut report = Report {
        bound: first.left,
        states: 0,
        transitions: 0,
        depth: 0,
        runs: 0,
        is_complete: true,
    };
    while let Some((at, depth, world)) = queue.pop_front() {
        report.states += 1;
        report.depth = depth;
        for action in world.actions() {
            let mut next = world.clone();
            let result = next.act(action);
            report.transitions += 1;
            if let Err(what) = result {
                return Err(fault(first, &steps, at, &[action], what));
            }
            let hash = hasher.hash_one(&next);
            if seen.len() >= limit {
                report.is_complete = false;
                continue;
            }
            if !seen.insert(hash) {
                continue;
            }
            let index = steps.len();
            steps.push(Step {
                parent: at,
                action: Some(action),
            });
            if hash % stride == 0 {
                report.runs += 1;
                if let Err(what) = crate::fair::run(next.clone()) {
                    return Err(fault(first, &steps, index, &[], what));
                }
            }
            queue.push_back((index, depth + 1, next));
        }
    }
    Ok(report)
}

/// The shortest way to a fault, told by going it again.
fn fault(first: &World, steps: &[Step], at: usize, last: &[Action], what: String) -> Fault {
    let mut actions = last.to_vec();
    let mut at = at;
    while let Some(action) = steps[at].action {
        actions.insert(0, action);
        at = steps[at].parent;
    }
    let mut world = first.clone();
    let mut trace = Vec::new();
    for action in actions {
        trace.push(world.describe(action));
        // The last one may be what fails.
        let _ = world.act(action);
    }
    Fault { what, trace }
}
