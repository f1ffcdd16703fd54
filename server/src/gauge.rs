use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, fence};
use std::sync::{Arc, OnceLock};

use encke_protocol::Outgoing;
use encke_protocol::socket::Encoded;
use tokio::sync::Notify;

/// Bytes charged for a message beyond its own, so that empty ones are not free.
pub(crate) const MESSAGE_COST: usize = Outgoing::OVERHEAD;

/// What a packet takes of its session's `max_buffer`.
pub(crate) fn packet_cost(packet: &Encoded) -> usize {
    packet.bytes() + packet.count() * MESSAGE_COST
}

/// Bytes that wait somewhere, and how many may.
///
/// Every handle of a session shares its gauge, so `emit` finds out from any thread whether there
/// is room, and a refusal changes nothing.
#[derive(Debug)]
pub(crate) struct Gauge {
    used: AtomicUsize,
    limit: usize,
    /// Made for the first who waits for room.
    roomy: OnceLock<Box<Notify>>,
    over: AtomicBool,
}

impl Gauge {
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            used: AtomicUsize::new(0),
            limit,
            roomy: OnceLock::new(),
            over: AtomicBool::new(false),
        }
    }

    /// Takes `bytes` if they fit, and says whether they did.
    pub(crate) fn reserve(&self, bytes: usize) -> bool {
        // Nothing is read or written under this counter's protection: each thread only has to see
        // one total.
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |used| {
                let used = used.checked_add(bytes)?;
                (used <= self.limit).then_some(used)
            })
            .is_ok()
    }

    /// Takes `bytes` whether they fit or not, for what gives up as many the next moment.
    pub(crate) fn exceed(&self, bytes: usize) {
        self.used.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Gives back what was taken.
    pub(crate) fn release(&self, bytes: usize) {
        // Whoever waits has registered before it looked at the total, and here the total changes
        // before anybody is looked for: one of the two sees the other.
        self.used.fetch_sub(bytes, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        if let Some(roomy) = self.roomy.get()
            && self.has_room()
        {
            roomy.notify_waiters();
        }
    }

    /// Waits until less than half is taken. False when the session is over.
    pub(crate) async fn ready(&self) -> bool {
        let roomy = self.roomy.get_or_init(Box::default);
        loop {
            let mut notified = pin!(roomy.notified());
            notified.as_mut().enable();
            fence(Ordering::SeqCst);
            if self.over.load(Ordering::SeqCst) {
                return false;
            }
            if self.has_room() {
                return true;
            }
            notified.await;
        }
    }

    /// The session is over: nobody is to wait any longer.
    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        if let Some(roomy) = self.roomy.get() {
            roomy.notify_waiters();
        }
    }

    fn has_room(&self) -> bool {
        self.used.load(Ordering::SeqCst) < self.limit.div_ceil(2)
    }

    pub(crate) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }
}

/// Bytes of a gauge that are given back when this is dropped.
#[derive(Debug)]
pub(crate) struct Charge {
    gauge: Arc<Gauge>,
    bytes: usize,
}

impl Charge {
    pub(crate) const fn new(gauge: Arc<Gauge>) -> Self {
        Self { gauge, bytes: 0 }
    }

    /// Takes over bytes that were reserved.
    pub(crate) const fn add(&mut self, bytes: usize) {
        self.bytes += bytes;
    }
}

impl Drop for Charge {
    fn drop(&mut self) {
        self.gauge.release(self.bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_fits_and_no_more() {
        let gauge = Gauge::new(10);
        assert!(gauge.reserve(10));
        assert!(!gauge.reserve(1));
        assert!(!gauge.reserve(usize::MAX));
        assert_eq!(gauge.used(), 10);
        gauge.release(4);
        assert!(gauge.reserve(4));
    }
}
