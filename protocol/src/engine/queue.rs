use std::collections::VecDeque;

use crate::Outgoing;

/// Messages that no leg has carried yet, in order.
///
/// A packet with a key gives way to a newer one with the same key, as long as its first message is
/// still here: so a slow client gets the newest value of each key, and not every value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub(super) struct Queue {
    slots: VecDeque<Slot>,
    /// What the messages cost together.
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

/// A queue that is empty again keeps at most this many slots, so that an idle session costs
/// nothing for a burst it had once.
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

    /// Takes the next message.
    pub(super) fn pop(&mut self) -> Option<Outgoing> {
        let slot = self.slots.pop_front()?;
        self.cost -= slot.message.cost();
        if self.slots.is_empty() && self.slots.capacity() > IDLE_SLOTS {
            self.slots = VecDeque::new();
        }
        Some(slot.message)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// What the messages cost together.
    pub(super) const fn cost(&self) -> usize {
        self.cost
    }

    /// Where a packet begins that one of this key would replace.
    fn position(&self, key: &str) -> Option<usize> {
        let is_older = |slot: &Slot| matches!(&slot.part, Part::Keyed(known) if **known == *key);
        self.slots.iter().position(is_older)
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
}
