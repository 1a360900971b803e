//! The subscriptions of the peers of a PUB or XPUB socket: which peer wants which topic.
//!
//! A value, under its socket's lock. RFC 29: a message goes to every subscriber that has a topic
//! which its first frame begins with. A subscriber has a topic once, however often it subscribes.
#![forbid(unsafe_code)]

use super::arena::Position;
use super::topics::{Entry, Topics};
use core::ops::ControlFlow;
use hashbrown::HashMap;

/// A subscriber with more topics than this is taken out by a run through all topics, which then
/// costs no more than its subscriptions did. For fewer topics their positions are known.
const FEW_TOPICS: usize = 4096;

/// The result of [`Subscriptions::add`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Added {
    /// No subscriber had the topic before.
    pub first_for_topic: bool,
    /// The subscriber did not have it.
    pub new_for_subscriber: bool,
}

/// The result of [`Subscriptions::remove`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Removed {
    /// The subscriber had the topic.
    pub known: bool,
    /// No other subscriber has it.
    pub last_for_topic: bool,
}

/// The places of one subscriber's topics.
enum Positions {
    /// Positions that may be repeated; some may no longer be the subscriber's.
    Listed(Vec<Position>),
    Anywhere,
}

/// See the module.
pub struct Subscriptions {
    /// Subscribers to the empty topic, ascending: they get every message.
    everything: Vec<u32>,
    /// All other topics. The number of a topic is its only subscriber; or, if it is flagged as
    /// shared, the set of its subscribers.
    topics: Topics,
    sets: Sets,
    places: HashMap<u32, Positions, foldhash::fast::FixedState>,
}

impl Subscriptions {
    #[must_use]
    pub fn new() -> Self {
        Subscriptions {
            everything: Vec::new(),
            topics: Topics::new(),
            sets: Sets::default(),
            // The library gives subscribers their numbers: no peer can choose them to collide.
            places: HashMap::with_hasher(foldhash::fast::FixedState::default()),
        }
    }

    /// Number of different topics (`ZMQ_TOPICS_COUNT`).
    #[must_use]
    pub fn topics(&self) -> usize {
        self.topics.len() + usize::from(!self.everything.is_empty())
    }

    /// Whether there is no subscription at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.topics() == 0
    }

    /// The subscribers to the empty topic, ascending, if there is no other topic: they get every
    /// message.
    #[inline]
    #[must_use]
    pub fn only_everything(&self) -> Option<&[u32]> {
        (self.topics.len() == 0).then_some(&self.everything)
    }

    /// Subscribes. (Without effect, and with `false` twice, when topics take more than 4 GiB.)
    pub fn add(&mut self, topic: &[u8], who: u32) -> Added {
        if topic.is_empty() {
            let first_for_topic = self.everything.is_empty();
            return Added {
                first_for_topic,
                new_for_subscriber: insert(&mut self.everything, who),
            };
        }
        let (position, first_for_topic) = match self.topics.find_or_insert(topic, who) {
            Entry::Inserted(position) => (position, true),
            Entry::Found(position) => (position, false),
            Entry::Refused => return Added { first_for_topic: false, new_for_subscriber: false },
        };
        let new_for_subscriber = first_for_topic || self.join(position, who);
        if new_for_subscriber {
            note(&self.topics, &self.sets, &mut self.places, position, who);
        }
        Added { first_for_topic, new_for_subscriber }
    }

    /// Cancels the subscription of `who` to the topic.
    pub fn remove(&mut self, topic: &[u8], who: u32) -> Removed {
        if topic.is_empty() {
            let known = remove(&mut self.everything, who);
            return Removed { known, last_for_topic: known && self.everything.is_empty() };
        }
        match self.topics.find(topic) {
            Some(position) if holds(&self.topics, &self.sets, position, who) => {
                let last_for_topic = self.leave(position, who);
                self.compact();
                Removed { known: true, last_for_topic }
            }
            _ => Removed { known: false, last_for_topic: false },
        }
    }

    /// Forgets a subscriber. `removed` is called for every topic it had, with whether no other
    /// subscriber has it.
    pub fn remove_subscriber(&mut self, who: u32, mut removed: impl FnMut(&[u8], bool)) {
        if remove(&mut self.everything, who) {
            removed(&[], self.everything.is_empty());
        }
        match self.places.remove(&who) {
            None => {}
            Some(Positions::Listed(positions)) => {
                for position in positions {
                    self.remove_at(position, who, &mut removed);
                }
            }
            Some(Positions::Anywhere) => {
                let mut from = 0;
                while let Some((position, _, next)) = self.topics.next(from) {
                    from = next;
                    self.remove_at(position, who, &mut removed);
                }
            }
        }
        self.compact();
    }

    /// Calls `found` for every subscriber that wants a message with this first frame. It is called
    /// once for each of its topics that the frame begins with, so a subscriber may come more than
    /// once.
    #[inline]
    pub fn matches(&self, message: &[u8], mut found: impl FnMut(u32)) {
        self.everything.iter().for_each(|who| found(*who));
        // Never breaks.
        let _ = self.topics.for_each_prefix(message, |record| {
            if record.shared {
                self.sets.get(record.value).iter().for_each(|who| found(*who));
            } else {
                found(record.value);
            }
            ControlFlow::Continue(())
        });
    }

    /// Adds `who` to the subscribers of a topic; `false` if it is one already.
    fn join(&mut self, position: Position, who: u32) -> bool {
        match self.topics.get(position) {
            None => false,
            Some(record) if record.shared => insert(self.sets.get_mut(record.value), who),
            Some(record) if record.value == who => false,
            Some(record) => {
                let set = self.sets.add(record.value, who);
                self.topics.set(position, set, true);
                true
            }
        }
    }

    /// Takes `who` from the subscribers of a topic that it has, and returns whether it was the
    /// last; then the topic is removed.
    fn leave(&mut self, position: Position, who: u32) -> bool {
        let Some(record) = self.topics.get(position) else { return false };
        if !record.shared {
            self.topics.remove(position);
            return true;
        }
        let number = record.value;
        let set = self.sets.get_mut(number);
        remove(set, who);
        if let [only] = **set {
            self.sets.free(number);
            self.topics.set(position, only, false);
        }
        false
    }

    fn remove_at(&mut self, position: Position, who: u32, removed: &mut impl FnMut(&[u8], bool)) {
        if holds(&self.topics, &self.sets, position, who)
            && let Some(record) = self.topics.get(position)
        {
            removed(record.topic, !record.shared);
            self.leave(position, who);
        }
    }

    fn compact(&mut self) {
        if !self.topics.compact() {
            return;
        }
        for places in self.places.values_mut() {
            if let Positions::Listed(positions) = places {
                positions.clear();
            }
        }
        for (position, record) in self.topics.iter() {
            let single = [record.value];
            for who in if record.shared { self.sets.get(record.value) } else { &single } {
                note(&self.topics, &self.sets, &mut self.places, position, *who);
            }
        }
    }
}

impl Default for Subscriptions {
    fn default() -> Self {
        Self::new()
    }
}

/// Whether `who` is a subscriber of the topic at `position`, which may have been removed.
fn holds(topics: &Topics, sets: &Sets, position: Position, who: u32) -> bool {
    topics.get(position).is_some_and(|record| {
        if record.shared {
            sets.get(record.value).binary_search(&who).is_ok()
        } else {
            record.value == who
        }
    })
}

/// Records the position of a topic of `who`.
fn note(
    topics: &Topics,
    sets: &Sets,
    places: &mut HashMap<u32, Positions, foldhash::fast::FixedState>,
    position: Position,
    who: u32,
) {
    let places = places.entry(who).or_insert(Positions::Listed(Vec::new()));
    let Positions::Listed(positions) = places else { return };
    if positions.len() >= FEW_TOPICS {
        // Much of the list may be out of date.
        positions.sort_unstable();
        positions.dedup();
        positions.retain(|position| holds(topics, sets, *position, who));
        if positions.len() > FEW_TOPICS / 2 {
            *places = Positions::Anywhere;
            return;
        }
    }
    positions.push(position);
}

/// Sets of subscribers by number, each ascending; a number is used again when its set is gone.
#[derive(Default)]
struct Sets {
    sets: Vec<Vec<u32>>,
    free: Vec<u32>,
    /// Stands in for a set that does not exist.
    none: Vec<u32>,
}

impl Sets {
    fn add(&mut self, one: u32, other: u32) -> u32 {
        let set = vec![one.min(other), one.max(other)];
        if let Some(number) = self.free.pop() {
            *self.get_mut(number) = set;
            return number;
        }
        self.sets.push(set);
        // There are fewer sets than positions, which are 32 bits.
        (self.sets.len() - 1) as u32
    }

    fn free(&mut self, number: u32) {
        *self.get_mut(number) = Vec::new();
        self.free.push(number);
    }

    fn get(&self, number: u32) -> &[u32] {
        self.sets.get(number as usize).map_or(&[], Vec::as_slice)
    }

    fn get_mut(&mut self, number: u32) -> &mut Vec<u32> {
        self.sets.get_mut(number as usize).unwrap_or(&mut self.none)
    }
}

/// Adds to an ascending set; `false` if it is there already.
fn insert(set: &mut Vec<u32>, who: u32) -> bool {
    let place = set.binary_search(&who);
    if let Err(at) = place {
        set.insert(at, who);
    }
    place.is_err()
}

/// Takes from an ascending set; `false` if it is not there.
fn remove(set: &mut Vec<u32>, who: u32) -> bool {
    let place = set.binary_search(&who);
    if let Ok(at) = place {
        set.remove(at);
    }
    place.is_ok()
}

#[cfg(test)]
#[path = "subscriptions_tests.rs"]
mod tests;
