//! The subscriptions of a SUB or XSUB socket: how often each topic was subscribed to.
//!
//! A value, under its socket's lock. RFC 29: a message is wanted when its first frame begins with
//! a topic; subscribing twice needs cancelling twice.
#![forbid(unsafe_code)]

use super::topics::{Entry, Topics};
use core::ops::ControlFlow;

/// The result of [`Filter::remove`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RemoveResult {
    /// The topic was not subscribed to.
    Unknown,
    /// The topic was subscribed to more than once.
    StillHeld,
    /// That was the last subscription to the topic.
    Gone,
}

/// See the module.
pub struct Filter {
    /// Subscriptions to the empty topic, which every message begins with.
    everything: u32,
    topics: Topics,
}

impl Filter {
    #[must_use]
    pub fn new() -> Self {
        Filter { everything: 0, topics: Topics::new() }
    }

    /// Number of different topics.
    #[must_use]
    pub fn len(&self) -> usize {
        self.topics.len() + usize::from(self.everything > 0)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Subscribes, and returns whether the topic is new. (`false`, without effect, when topics take
    /// more than 4 GiB.)
    pub fn add(&mut self, topic: &[u8]) -> bool {
        if topic.is_empty() {
            self.everything = self.everything.saturating_add(1);
            return self.everything == 1;
        }
        match self.topics.find_or_insert(topic, 1) {
            Entry::Inserted(_) => true,
            Entry::Refused => false,
            Entry::Found(position) => {
                if let Some(record) = self.topics.get(position) {
                    self.topics.set(position, record.value.saturating_add(1), false);
                }
                false
            }
        }
    }

    /// Cancels one subscription.
    pub fn remove(&mut self, topic: &[u8]) -> RemoveResult {
        if topic.is_empty() {
            return self.remove_everything();
        }
        let Some(position) = self.topics.find(topic) else { return RemoveResult::Unknown };
        match self.topics.get(position).map_or(0, |record| record.value) {
            0 | 1 => {
                self.topics.remove(position);
                self.topics.compact();
                RemoveResult::Gone
            }
            count => {
                self.topics.set(position, count - 1, false);
                RemoveResult::StillHeld
            }
        }
    }

    /// Whether a message with this first frame is wanted.
    #[inline]
    #[must_use]
    pub fn matches(&self, message: &[u8]) -> bool {
        self.everything > 0
            || self.topics.for_each_prefix(message, |_| ControlFlow::Break(())).is_break()
    }

    /// Whether every message is wanted.
    #[must_use]
    pub fn wants_everything(&self) -> bool {
        self.everything > 0
    }

    /// Every topic once.
    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        let everything = (self.everything > 0).then_some(&[][..]);
        everything.into_iter().chain(self.topics.iter().map(|(_, record)| record.topic))
    }

    fn remove_everything(&mut self) -> RemoveResult {
        match self.everything {
            0 => return RemoveResult::Unknown,
            count => self.everything = count - 1,
        }
        if self.everything == 0 { RemoveResult::Gone } else { RemoveResult::StillHeld }
    }
}

impl Default for Filter {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[test]
    fn counts_subscriptions() {
        let mut filter = Filter::new();
        assert!(!filter.matches(b"") && filter.is_empty());
        assert!(filter.add(b"a"));
        assert!(!filter.add(b"a"));
        assert!(filter.matches(b"ab") && !filter.matches(b"b") && !filter.matches(b""));
        assert_eq!(filter.remove(b"a"), RemoveResult::StillHeld);
        assert_eq!(filter.remove(b"b"), RemoveResult::Unknown);
        assert_eq!(filter.remove(b"a"), RemoveResult::Gone);
        assert_eq!(filter.remove(b"a"), RemoveResult::Unknown);
        assert!(filter.add(b"") && filter.matches(b""));
        assert_eq!(filter.iter().collect::<Vec<_>>(), [b""]);
        assert_eq!(filter.remove(b""), RemoveResult::Gone);
        assert_eq!(filter.remove(b""), RemoveResult::Unknown);
    }

    proptest! {
        #[test]
        fn behaves_as_a_map(
            steps in prop::collection::vec((any::<bool>(), "[ab]{0,6}"), 0..200),
            messages in prop::collection::vec("[ab]{0,8}", 20),
        ) {
            let mut filter = Filter::new();
            let mut model: BTreeMap<String, u32> = BTreeMap::new();
            for (add, topic) in steps {
                let count = model.entry(topic.clone()).or_default();
                if add {
                    *count += 1;
                    prop_assert_eq!(filter.add(topic.as_bytes()), *count == 1);
                } else {
                    let expected = match *count {
                        0 => RemoveResult::Unknown,
                        1 => RemoveResult::Gone,
                        _ => RemoveResult::StillHeld,
                    };
                    *count = count.saturating_sub(1);
                    prop_assert_eq!(filter.remove(topic.as_bytes()), expected);
                }
                model.retain(|_, count| *count > 0);
                prop_assert_eq!(filter.len(), model.len());
            }
            let mut topics: Vec<&[u8]> = filter.iter().collect();
            topics.sort_unstable();
            prop_assert!(topics.into_iter().eq(model.keys().map(String::as_bytes)));
            for message in messages {
                let expected = model.keys().any(|topic| message.starts_with(topic.as_str()));
                prop_assert_eq!(filter.matches(message.as_bytes()), expected);
            }
        }
    }
}
