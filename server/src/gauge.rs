use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use encke_protocol::Outgoing;
use encke_protocol::socket::Encoded;

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
}

impl Gauge {
    pub(crate) const fn new(limit: usize) -> Self {
        Self {
            used: AtomicUsize::new(0),
            limit,
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

    /// Gives back what [`Gauge::reserve`] took.
    pub(crate) fn release(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
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
