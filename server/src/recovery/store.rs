use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use encke_protocol::Sid;
use encke_protocol::socket::{Encoded, Offset};

use super::absent::{Absent, Lost};
use super::limits::Recovery;
use super::log::{Audience, Kept, Log};

/// What a server with connection state recovery keeps, for all its shards.
pub(crate) struct Store {
    limits: Recovery,
    /// How long an event is kept.
    keep: Duration,
    /// Tells this server's offsets from those of others.
    origin: u32,
    next: AtomicU64,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    log: Log,
    absent: Absent,
}

/// A socket that is coming back.
pub(crate) struct Claim {
    pub(crate) lost: Lost,
    /// The last event that its client has.
    pub(crate) offset: Offset,
    from: u64,
}

/// What a client has missed, in order.
#[derive(Debug)]
pub(crate) struct Missed {
    pub(crate) events: Vec<Arc<Kept>>,
    /// The position of the first event that is not missed any more.
    pub(crate) end: u64,
}

impl Store {
    /// An event is kept for the window and as much longer as a dead connection may go unnoticed.
    pub(crate) fn new(limits: Recovery, unnoticed: Duration) -> Self {
        let (origin, ..) = uuid::Uuid::new_v4().as_fields();
        Self {
            limits,
            keep: limits.window.saturating_add(unnoticed),
            origin,
            next: AtomicU64::new(0),
            state: Mutex::default(),
        }
    }

    /// An offset that no other event has.
    pub(crate) fn next_offset(&self) -> Offset {
        Offset::new(self.origin, self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Has an event posted, and enters it in the log if that says so. No other event is posted in
    /// between: shards get the events in the order of the log.
    ///
    /// `post` must carry nothing out, since that may come back here.
    pub(crate) fn append(
        &self,
        now: Instant,
        offset: Offset,
        packet: Encoded,
        audience: Audience,
        post: impl FnOnce(&Arc<Kept>) -> bool,
    ) {
        let mut state = self.lock();
        let event = Arc::new(Kept {
            offset,
            position: state.log.end(),
            packet,
            audience,
            at: now,
        });
        if post(&event) {
            state.log.push(event);
            let oldest = now.checked_sub(self.keep);
            state.log.evict(oldest, self.limits.event_bytes);
        }
    }

    /// Keeps a socket whose connection was lost.
    pub(crate) fn keep(&self, now: Instant, lost: Lost) {
        let mut gone = Vec::new();
        {
            let mut state = self.lock();
            state.absent.insert(lost);
            self.evict(&mut state, now, &mut gone);
        }
        // Values of the application's are dropped without the lock: they may emit.
        drop(gone);
    }

    /// Up to where the log was carried out by a shard, of which `carried_out` is known and up to
    /// `posted` its mail goes: all of the log, if that is no further.
    pub(crate) fn seen(&self, carried_out: u64, posted: impl FnOnce() -> u64) -> u64 {
        let state = self.lock();
        if posted() <= carried_out {
            state.log.end()
        } else {
            carried_out
        }
    }

    /// A client asks to go on behind an event. None if that is not possible, or not any more; then
    /// it never will be.
    pub(crate) fn claim(&self, now: Instant, nsp: &str, pid: Sid, offset: Offset) -> Option<Claim> {
        let mut state = self.lock();
        if *state.absent.find(&pid)?.nsp != *nsp {
            return None;
        }
        let lost = state.absent.take(&pid)?;
        let from = if lost.last == offset {
            // Also when nothing came for so long that the event itself is not kept any more.
            Some(lost.seen)
        } else {
            state.log.position(offset).map(|position| position + 1)
        };
        let first = state.log.first();
        // What is dropped from here on is dropped without the lock.
        drop(state);
        let in_time = now.saturating_duration_since(lost.since) <= self.limits.window;
        let from = from.filter(|from| in_time && *from >= first)?;
        Some(Claim { lost, offset, from })
    }

    /// It could not come back after all, and may try again.
    pub(crate) fn give_back(&self, now: Instant, claim: Claim) {
        self.keep(now, claim.lost);
    }

    /// Looks up what a client has missed, and has it posted; none if some of it is not kept any
    /// more. No other event is posted in between, and `post` must carry nothing out.
    pub(crate) fn recover<R>(&self, claim: &Claim, post: impl FnOnce(Option<Missed>) -> R) -> R {
        let state = self.lock();
        let is_kept = claim.from >= state.log.first();
        post(is_kept.then(|| Missed {
            events: state.log.since(claim.from, &claim.lost),
            end: state.log.end(),
        }))
    }

    /// Drops what nobody may ask for any more.
    pub(crate) fn sweep(&self, now: Instant) {
        let mut gone = Vec::new();
        self.evict(&mut self.lock(), now, &mut gone);
        drop(gone);
    }

    /// Whether there is nothing to sweep.
    pub(crate) fn is_empty(&self) -> bool {
        let state = self.lock();
        state.log.is_empty() && state.absent.is_empty()
    }

    /// How many sockets may come back.
    pub(crate) fn absent(&self) -> usize {
        self.lock().absent.len()
    }

    /// Bytes of events that are kept.
    pub(crate) fn event_bytes(&self) -> usize {
        self.lock().log.bytes()
    }

    fn evict(&self, state: &mut State, now: Instant, gone: &mut Vec<Lost>) {
        let oldest = now.checked_sub(self.limits.window);
        while let Some(lost) = state.absent.evict(oldest, self.limits.socket_bytes) {
            gone.push(lost);
        }
        let oldest = now.checked_sub(self.keep);
        state.log.evict(oldest, self.limits.event_bytes);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use encke_protocol::socket::event;

    use super::*;
    use crate::room::Selection;
    use crate::state::States;

    const WINDOW: Duration = Duration::from_secs(10);
    const UNNOTICED: Duration = Duration::from_secs(5);
    const INSTANT: Duration = Duration::from_nanos(1);

    fn store() -> Store {
        let limits = Recovery {
            window: WINDOW,
            event_bytes: 10_000,
            socket_bytes: 2000,
        };
        Store::new(limits, UNNOTICED)
    }

    fn append(store: &Store, at: Instant, posted: bool) -> Offset {
        let offset = store.next_offset();
        let packet = event("/", None, "e", &()).unwrap();
        let audience = Audience::Selection(Arc::new(Selection {
            nsp: "/".into(),
            rooms: None,
            except: Vec::new(),
        }));
        store.append(at, offset, packet, audience, |_| posted);
        offset
    }

    fn lost(pid: u8, last: Offset, seen: u64, since: Instant) -> Lost {
        Lost {
            pid: Sid::from_bytes([pid; 16]),
            id: Sid::from_bytes([pid; 16]),
            nsp: "/".into(),
            rooms: Vec::new(),
            extensions: States::default(),
            last,
            seen,
            since,
        }
    }

    fn claim(store: &Store, now: Instant, pid: u8, offset: Offset) -> Option<Vec<Offset>> {
        let claim = store.claim(now, "/", Sid::from_bytes([pid; 16]), offset)?;
        let missed = store.recover(&claim, |missed| missed)?;
        Some(missed.events.iter().map(|event| event.offset).collect())
    }

    #[test]
    fn the_window_is_exact_and_events_outlast_it() {
        for (late, sweep) in [(false, false), (false, true), (true, false), (true, true)] {
            let store = store();
            let start = Instant::now();
            let had = append(&store, start, true);
            let missed = append(&store, start, true);
            // The connection was dead before anybody knew.
            let since = start + UNNOTICED;
            store.keep(since, lost(1, missed, 2, since));
            let now = since + WINDOW + if late { INSTANT } else { Duration::ZERO };
            if sweep {
                store.sweep(now);
                assert_eq!(store.absent(), usize::from(!late));
                assert_eq!(store.is_empty(), late);
            }
            let recovered = claim(&store, now, 1, had);
            assert_eq!(recovered, (!late).then(|| vec![missed]));
            assert_eq!(store.absent(), 0);
        }
    }

    #[test]
    fn a_claim_is_one_of_its_namespace_and_counts_once() {
        let store = store();
        let now = Instant::now();
        let had = append(&store, now, true);
        store.keep(now, lost(1, had, 1, now));
        let pid = Sid::from_bytes([1; 16]);
        assert!(store.claim(now, "/other", pid, had).is_none());
        let back = store.claim(now, "/", pid, had).unwrap();
        assert!(store.claim(now, "/", pid, had).is_none());
        store.give_back(now, back);
        assert_eq!(claim(&store, now, 1, had), Some(vec![]));
        store.keep(now, lost(1, had, 1, now));
        assert_eq!(claim(&store, now, 1, Offset::new(0, 7)), None);
        assert_eq!(store.absent(), 0, "it can never come back");
    }

    #[test]
    fn what_goes_while_a_claim_waits_is_noticed() {
        let store = store();
        let now = Instant::now();
        let had = append(&store, now, true);
        store.keep(now, lost(1, had, 1, now));
        let back = store
            .claim(now, "/", Sid::from_bytes([1; 16]), had)
            .unwrap();
        append(&store, now, true);
        assert_eq!(
            store.recover(&back, |missed| missed.map(|missed| missed.end)),
            Some(2)
        );
        while store.lock().log.first() <= 1 {
            append(&store, now, true);
        }
        assert!(store.recover(&back, |missed| missed.is_none()));
    }

    #[test]
    fn what_is_not_posted_is_not_kept() {
        let store = store();
        let now = Instant::now();
        let had = append(&store, now, true);
        let refused = append(&store, now, false);
        let missed = append(&store, now, true);
        store.keep(now, lost(1, had, 1, now));
        assert_eq!(claim(&store, now, 1, had), Some(vec![missed]));
        store.keep(now, lost(1, had, 1, now));
        assert_eq!(claim(&store, now, 1, refused), None);
    }

    #[test]
    fn a_shard_with_mail_has_not_seen_all() {
        let store = store();
        let now = Instant::now();
        for _ in 0..5 {
            append(&store, now, true);
        }
        assert_eq!(store.seen(2, || 2), 5);
        assert_eq!(store.seen(2, || 0), 5);
        assert_eq!(store.seen(2, || 3), 2);
    }

    #[test]
    fn who_is_away_for_longest_goes_first() {
        let store = store();
        let now = Instant::now();
        let had = append(&store, now, true);
        for pid in 1..=10 {
            store.keep(now, lost(pid, had, 1, now));
        }
        assert_eq!(store.absent(), 3);
        assert_eq!(claim(&store, now, 7, had), None);
        assert_eq!(claim(&store, now, 8, had), Some(vec![]));
        store.keep(now, lost(11, had, 1, now));
        assert_eq!(store.absent(), 3);
    }
}
