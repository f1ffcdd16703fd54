//! What happens at each event, and what the server remembers of each page.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use encke::{Data, Ext, Handshake, Reject, Result, Socket, State};
use serde::{Deserialize, Serialize};

use crate::ledger::{Account, Ledger};
use crate::plug::Plugs;

/// From one number to the next.
pub(crate) const TICK: Duration = Duration::from_millis(100);

/// How long a page may be away. Encke's own default is 60 s; here somebody is waiting.
pub(crate) const WINDOW: Duration = Duration::from_secs(15);

/// How long the plug is out: shorter than the window, and longer. A page that polls is known to be away
/// only after the ping timeout.
const SHORT: Duration = Duration::from_secs(5);
const LONG: Duration = Duration::from_secs(20);

/// Pages that are remembered.
const MOST_VISITS: usize = 1000;

/// What a page calls itself, so that it is known again in another session.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct PageId(Box<str>);

/// What all handlers share.
#[derive(Debug, Default)]
pub(crate) struct Visits(Mutex<HashMap<PageId, Visit>>);

/// A page, through all of its sessions.
#[derive(Debug, Default)]
struct Visit {
    /// Its socket; of the last session, when there is none.
    socket: Option<Socket>,
    /// The numbers that have come up.
    up: Ledger,
    tally: Tally,
    /// When its last session ended.
    left: Option<Instant>,
}

/// How often each handler has run.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Tally {
    pub(crate) connects: u32,
    pub(crate) detaches: u32,
    pub(crate) resumes: u32,
    pub(crate) disconnects: u32,
}

/// A copy of what is known of a page.
#[derive(Debug, Clone)]
pub(crate) struct Record {
    pub(crate) socket: Option<Socket>,
    pub(crate) up: Account,
    pub(crate) tally: Tally,
}

/// How long the page wants to be cut off.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Absence {
    Short,
    Long,
}

/// What a page needs to know of the times here, in seconds.
#[derive(Debug, Serialize)]
struct Hello {
    window: u64,
    short: u64,
    long: u64,
}

impl PageId {
    /// Letters and digits, 8 to 32 of them.
    pub(crate) fn parse(raw: &str) -> Option<Self> {
        let is_fit =
            (8..=32).contains(&raw.len()) && raw.chars().all(|c| c.is_ascii_alphanumeric());
        is_fit.then(|| Self(raw.into()))
    }
}

pub(crate) async fn authorize(
    socket: Socket,
    handshake: Handshake,
    State(visits): State<Visits>,
) -> Result<(), Reject> {
    let raw = handshake.query_value("page").unwrap_or_default();
    let page = PageId::parse(&raw).ok_or_else(|| Reject::new("A page has to say which it is."))?;
    if !visits.make_place(&page) {
        return Err(Reject::new("All places are taken."));
    }
    socket.insert(page);
    Ok(())
}

pub(crate) async fn connect(
    socket: Socket,
    State(visits): State<Visits>,
    Ext(page): Ext<PageId>,
) -> Result {
    let hello = Hello {
        window: WINDOW.as_secs(),
        short: SHORT.as_secs(),
        long: LONG.as_secs(),
    };
    socket.emit("hello", &hello)?;
    visits.change(&page, |visit| {
        visit.tally.connects += 1;
        visit.socket = Some(socket);
        visit.left = None;
    });
    Ok(())
}

pub(crate) async fn number(
    State(visits): State<Visits>,
    Ext(page): Ext<PageId>,
    Data(number): Data<u64>,
) {
    visits.change(&page, |visit| visit.up.enter(number));
}

pub(crate) async fn pull(
    State(plugs): State<Plugs>,
    Ext(page): Ext<PageId>,
    Data(absence): Data<Absence>,
) {
    let time = match absence {
        Absence::Short => SHORT,
        Absence::Long => LONG,
    };
    plugs.pull(&page, time);
}

pub(crate) async fn detach(State(visits): State<Visits>, Ext(page): Ext<PageId>) {
    visits.change(&page, |visit| visit.tally.detaches += 1);
}

pub(crate) async fn resume(State(visits): State<Visits>, Ext(page): Ext<PageId>) {
    visits.change(&page, |visit| visit.tally.resumes += 1);
}

pub(crate) async fn disconnect(
    socket: Socket,
    State(visits): State<Visits>,
    Ext(page): Ext<PageId>,
) {
    visits.change(&page, |visit| {
        visit.tally.disconnects += 1;
        // The page may be here again, by another session.
        if visit.socket.as_ref() == Some(&socket) {
            visit.left = Some(Instant::now());
        }
    });
}

impl Visits {
    /// What is known of a page.
    pub(crate) fn look_up(&self, page: &PageId) -> Option<Record> {
        let visits = self.visits();
        let Visit {
            socket, up, tally, ..
        } = visits.get(page)?;
        Some(Record {
            socket: socket.clone(),
            up: up.account().clone(),
            tally: tally.clone(),
        })
    }

    /// Remembers one page more, in the place of the one that has been gone longest if need be.
    fn make_place(&self, page: &PageId) -> bool {
        let mut visits = self.visits();
        if visits.len() >= MOST_VISITS && !visits.contains_key(page) {
            let gone = visits
                .iter()
                .filter_map(|(page, visit)| Some((visit.left?, page)));
            let Some((_, oldest)) = gone.min_by_key(|(left, _)| *left) else {
                return false;
            };
            let oldest = oldest.clone();
            visits.remove(&oldest);
        }
        visits.entry(page.clone()).or_default();
        true
    }

    fn change(&self, page: &PageId, change: impl FnOnce(&mut Visit)) {
        // One that had to give way to another is not made again.
        if let Some(visit) = self.visits().get_mut(page) {
            change(visit);
        }
    }

    fn visits(&self) -> MutexGuard<'_, HashMap<PageId, Visit>> {
        // Nothing panics halfway through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(number: usize) -> PageId {
        PageId::parse(&format!("{number:08}")).unwrap()
    }

    #[test]
    fn pages_say_which_they_are() {
        assert!(PageId::parse("abcXYZ0123").is_some());
        for raw in ["", "abcdefg", "abcd-efgh", "abcdefgé", &"x".repeat(33)] {
            assert_eq!(PageId::parse(raw), None, "{raw}");
        }
    }

    #[test]
    fn who_is_gone_longest_gives_way() {
        let visits = Visits::default();
        assert!((0..MOST_VISITS).all(|number| visits.make_place(&page(number))));
        assert!(!visits.make_place(&page(MOST_VISITS)), "nobody is gone");
        assert!(visits.make_place(&page(3)), "it is known");
        for number in [7, 5] {
            visits.change(&page(number), |visit| visit.left = Some(Instant::now()));
        }
        assert!(visits.make_place(&page(MOST_VISITS)));
        assert!(visits.look_up(&page(7)).is_none());
        assert!(visits.look_up(&page(5)).is_some());
    }

    #[test]
    fn absences_are_on_either_side_of_the_window() {
        assert!(SHORT < WINDOW && WINDOW < LONG);
    }
}
