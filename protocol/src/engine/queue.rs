use std::collections::VecDeque;

use crate::Outgoing;

/// Messages to the peer, in order: those that no leg has carried yet, and in front of them those that
/// one has and that are kept all the same.
///
/// A packet with a key gives way to a newer one with the same key, as long as its first message
/// waits: so a slow client gets the newest value of each key, and not every value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Queue {
    slots: VecDeque<Slot>,
    /// How many are kept; the others wait.
    kept: usize,
    /// What those that wait cost together.
    cost: usize,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Slot {
    message: Outgoing,
    part: Part,
}

/// What a message is of its packet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Part {
    First,
    /// The first of a packet that can be replaced.
    Keyed(Box<str>),
    Rest,
}

/// A queue that rests keeps at most this many slots, so that an idle session costs nothing for a
/// burst it had once.
const IDLE_SLOTS: usize = 4;

impl Queue {
    /// Adds a packet's messages behind the others.
    pub(super) fn push<'a>(&mut self, messages: impl IntoIterator<Item = &'a Outgoing>) {
        self.append(messages, Part::First);
    }

    /// Adds a packet's messages in place of an older packet of that key, or behind the others. Gives
    /// what the older one had cost.
    pub(super) fn conflate<'a>(
        &mut self,
        key: &str,
        messages: impl IntoIterator<Item = &'a Outgoing>,
    ) -> usize {
        let Some(at) = self.position(key) else {
            self.append(messages, Part::Keyed(key.into()));
            return 0;
        };
        let mut older = self.slots.split_off(at);
        let behind = older.split_off(packet_len(older.iter()));
        let released = cost(older.iter());
        self.cost -= released;
        self.append(messages, Part::Keyed(key.into()));
        self.slots.extend(behind);
        released
    }

    /// What the packet costs that one of this key would replace.
    pub(super) fn conflated_cost(&self, key: &str) -> usize {
        self.position(key).map_or(0, |at| {
            let len = packet_len(self.slots.range(at..));
            cost(self.slots.range(at..at + len))
        })
    }

    /// Takes the next message that waits, where none is kept.
    pub(super) fn pop(&mut self) -> Option<Outgoing> {
        debug_assert_eq!(self.kept, 0);
        let slot = self.slots.pop_front()?;
        self.cost -= slot.message.cost();
        self.rest();
        Some(slot.message)
    }

    /// The next message that waits; it is kept from now on.
    pub(super) fn keep(&mut self) -> Option<Outgoing> {
        let slot = self.slots.get_mut(self.kept)?;
        // It can not be replaced any more, and its key counts against nothing.
        slot.part = Part::Rest;
        self.cost -= slot.message.cost();
        self.kept += 1;
        Some(slot.message.clone())
    }

    /// One that is kept, the oldest being number 0.
    pub(super) fn kept_at(&self, number: usize) -> Option<&Outgoing> {
        let slot = self.slots.get(number).filter(|_| number < self.kept)?;
        Some(&slot.message)
    }

    /// Drops the oldest that are kept, so many of them, and gives what they had cost.
    pub(super) fn forget(&mut self, count: usize) -> usize {
        let count = count.min(self.kept);
        self.kept -= count;
        let forgotten = self.slots.drain(..count);
        forgotten.map(|slot| slot.message.cost()).sum()
    }

    /// Gives back what an empty queue does not need for now.
    pub(super) fn rest(&mut self) {
        if self.slots.is_empty() && self.slots.capacity() > IDLE_SLOTS {
            self.slots = VecDeque::new();
        }
    }

    /// Slots that it has room for.
    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.slots.capacity()
    }

    /// How many are kept.
    pub(super) const fn kept(&self) -> usize {
        self.kept
    }

    /// Whether nothing waits.
    pub(super) fn is_empty(&self) -> bool {
        self.slots.len() == self.kept
    }

    /// What those that wait cost together.
    pub(super) const fn cost(&self) -> usize {
        self.cost
    }

    /// Where a packet begins that one of this key would replace.
    fn position(&self, key: &str) -> Option<usize> {
        let is_older = |slot: &Slot| matches!(&slot.part, Part::Keyed(known) if **known == *key);
        let mut waiting = self.slots.range(self.kept..);
        waiting.position(is_older).map(|at| self.kept + at)
    }

    fn append<'a>(&mut self, messages: impl IntoIterator<Item = &'a Outgoing>, first: Part) {
        let mut part = first;
        for message in messages {
            self.cost += message.cost();
            self.slots.push_back(Slot {
                message: message.clone(),
                part,
            });
            part = Part::Rest;
        }
    }
}

/// How many messages the packet in front has.
fn packet_len<'a>(slots: impl Iterator<Item = &'a Slot>) -> usize {
    1 + slots
        .skip(1)
        .take_while(|slot| slot.part == Part::Rest)
        .count()
}

fn cost<'a>(slots: impl Iterator<Item = &'a Slot>) -> usize {
    slots.map(|slot| slot.message.cost()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Outgoing {
        Outgoing::text(text).expect("no separator")
    }

    fn drain(queue: &mut Queue) -> Vec<String> {
        std::iter::from_fn(|| queue.pop())
            .map(|message| String::from_utf8(message.body().to_vec()).expect("a text"))
            .collect()
    }

    #[test]
    fn a_newer_packet_stands_where_the_older_stood() {
        let mut queue = Queue::default();
        queue.push(&[text("a")]);
        assert_eq!(queue.conflate("k", &[text("k1"), text("k1+")]), 0);
        queue.push(&[text("b"), text("b+")]);
        assert_eq!(queue.conflate("other", &[text("o")]), 0);
        let released = queue.conflate("k", &[text("k2")]);
        assert_eq!(released, text("k1").cost() + text("k1+").cost());
        assert_eq!(queue.conflate("k", &[text("k3")]), text("k2").cost());
        assert_eq!(drain(&mut queue), ["a", "k3", "b", "b+", "o"]);
        assert_eq!(queue.cost(), 0);
    }

    #[test]
    fn one_that_was_begun_is_not_replaced() {
        let mut queue = Queue::default();
        queue.conflate("k", &[text("k1"), text("k1+")]);
        assert_eq!(queue.pop(), Some(text("k1")));
        assert_eq!(queue.conflate("k", &[text("k2")]), 0);
        assert_eq!(drain(&mut queue), ["k1+", "k2"]);
    }

    #[test]
    fn a_key_is_not_kept() {
        let (mut keyed, mut plain) = (Queue::default(), Queue::default());
        keyed.conflate("k", &[text("a")]);
        plain.push(&[text("a")]);
        assert_ne!(keyed, plain);
        assert_eq!(keyed.keep(), plain.keep());
        assert_eq!(keyed, plain);
    }

    #[test]
    fn one_that_is_kept_is_not_replaced_either() {
        let mut queue = Queue::default();
        queue.conflate("k", &[text("k1")]);
        queue.push(&[text("a")]);
        assert_eq!(queue.keep(), Some(text("k1")));
        assert_eq!(queue.conflated_cost("k"), 0);
        assert_eq!(queue.conflate("k", &[text("k2")]), 0);
        assert_eq!(queue.conflate("k", &[text("k3")]), text("k2").cost());
        assert_eq!(queue.cost(), text("a").cost() + text("k3").cost());
        assert_eq!(queue.kept_at(0), Some(&text("k1")));
        assert_eq!(queue.kept_at(1), None);
        assert_eq!(queue.keep(), Some(text("a")));
        assert_eq!(queue.forget(1), text("k1").cost());
        assert_eq!(queue.kept_at(0), Some(&text("a")));
        assert_eq!(queue.forget(2), text("a").cost());
        assert_eq!(queue.forget(1), 0);
        assert_eq!(drain(&mut queue), ["k3"]);
        assert!(queue.is_empty());
    }
}
