//! Tests of the subscriptions of a publisher: against a naive model, and at the limits.

use super::*;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

const NEW: Added = Added { first_for_topic: true, new_for_subscriber: true };
const KNOWN: Added = Added { first_for_topic: false, new_for_subscriber: false };
const JOINED: Added = Added { first_for_topic: false, new_for_subscriber: true };

fn matching(subscriptions: &Subscriptions, message: &[u8]) -> BTreeSet<u32> {
    let mut all = BTreeSet::new();
    subscriptions.matches(message, |who| {
        all.insert(who);
    });
    all
}

fn lost(subscriptions: &mut Subscriptions, who: u32) -> BTreeMap<Vec<u8>, bool> {
    let mut all = BTreeMap::new();
    subscriptions.remove_subscriber(who, |topic, last| {
        assert_eq!(all.insert(topic.to_vec(), last), None);
    });
    all
}

#[test]
fn a_subscriber_has_a_topic_once() {
    let mut subscriptions = Subscriptions::new();
    for topic in [&b""[..], b"a"] {
        assert_eq!(subscriptions.add(topic, 1), NEW);
        assert_eq!(subscriptions.add(topic, 1), KNOWN);
        assert_eq!(subscriptions.add(topic, 0), JOINED);
        assert_eq!(subscriptions.add(topic, u32::MAX), JOINED);
        assert_eq!(subscriptions.add(topic, 0), KNOWN);
        let gone = Removed { known: true, last_for_topic: false };
        assert_eq!(subscriptions.remove(topic, 0), gone);
        assert!(!subscriptions.remove(topic, 0).known);
        assert_eq!(subscriptions.remove(topic, 1), gone);
        assert_eq!(matching(&subscriptions, b"ab"), [u32::MAX].into());
        let last = Removed { known: true, last_for_topic: true };
        assert_eq!(subscriptions.remove(topic, u32::MAX), last);
        assert!(subscriptions.is_empty());
    }
}

#[test]
fn everything_is_a_topic_of_its_own() {
    let mut subscriptions = Subscriptions::new();
    assert_eq!(subscriptions.only_everything(), Some(&[][..]));
    subscriptions.add(b"", 5);
    subscriptions.add(b"", 3);
    assert_eq!(subscriptions.only_everything(), Some(&[3, 5][..]));
    subscriptions.add(b"a", 3);
    assert_eq!(subscriptions.only_everything(), None);
    assert_eq!(subscriptions.topics(), 2);
    assert_eq!(lost(&mut subscriptions, 3), [(vec![], false), (vec![b'a'], true)].into());
    assert_eq!(lost(&mut subscriptions, 3), [].into());
    assert_eq!(subscriptions.only_everything(), Some(&[5][..]));
}

#[test]
fn every_prefix_of_a_long_message() {
    // Many more lengths than are looked up without gates, over several gates.
    let message: Vec<u8> = (0..700_u32).map(|i| (i * i % 251) as u8).collect();
    let mut subscriptions = Subscriptions::new();
    for length in 1..=message.len() {
        assert_eq!(subscriptions.add(&message[..length], length as u32), NEW);
    }
    for length in [0, 1, 31, 32, 33, 63, 64, 65, 512, 513, 700] {
        let expected: BTreeSet<u32> = (1..=length as u32).collect();
        assert_eq!(matching(&subscriptions, &message[..length]), expected);
        if let Some(last) = length.checked_sub(1) {
            let mut other = message[..length].to_vec();
            other[last] ^= 1;
            assert_eq!(matching(&subscriptions, &other).len(), last);
        }
    }
    for length in (1..=message.len()).filter(|length| length % 100 != 0) {
        assert!(subscriptions.remove(&message[..length], length as u32).last_for_topic);
    }
    assert_eq!(matching(&subscriptions, &message).len(), 7);
    assert_eq!(subscriptions.topics(), 7);
}

#[test]
fn subscribers_with_many_topics() {
    let topic = |i: u32| i.to_be_bytes();
    let mut subscriptions = Subscriptions::new();
    for i in 0..10_000 {
        assert_eq!(subscriptions.add(&topic(i), 1), NEW);
        if i % 1000 == 0 {
            assert_eq!(subscriptions.add(&topic(i), 2), JOINED);
        }
        // Subscribes to a few topics over and over: the memory of them must not grow.
        assert!(subscriptions.add(b"again", 3).new_for_subscriber);
        assert!(subscriptions.remove(b"again", 3).known);
    }
    assert!(matches!(subscriptions.places.get(&1), Some(Positions::Anywhere)));
    assert!(
        matches!(subscriptions.places.get(&3), Some(Positions::Listed(l)) if l.len() <= FEW_TOPICS)
    );
    subscriptions.add(b"again", 3);
    let lost_by_1 = lost(&mut subscriptions, 1);
    assert_eq!(lost_by_1.len(), 10_000);
    assert_eq!(lost_by_1.values().filter(|last| !**last).count(), 10);
    assert_eq!(lost(&mut subscriptions, 3), [(b"again".to_vec(), true)].into());
    assert_eq!(subscriptions.topics(), 10);
    assert_eq!(lost(&mut subscriptions, 2).len(), 10);
    assert!(subscriptions.is_empty());
}

#[derive(Clone, Debug)]
enum Step {
    Add(Vec<u8>, u32),
    Remove(Vec<u8>, u32),
    Forget(u32),
}

/// Short topics of the characters a and b, and long ones that share a prefix.
fn topics() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        "[ab]{0,5}".prop_map(String::into_bytes),
        (0_usize..150, "[ab]{0,2}")
            .prop_map(|(length, end)| { [vec![b'a'; length], end.into_bytes()].concat() }),
    ]
}

fn steps() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (topics(), 0_u32..5).prop_map(|(topic, who)| Step::Add(topic, who)),
        4 => (topics(), 0_u32..5).prop_map(|(topic, who)| Step::Remove(topic, who)),
        1 => (0_u32..5).prop_map(Step::Forget),
    ]
}

type Model = BTreeMap<Vec<u8>, BTreeSet<u32>>;

fn check(step: Step, subscriptions: &mut Subscriptions, model: &mut Model) {
    match step {
        Step::Add(topic, who) => {
            let set = model.entry(topic.clone()).or_default();
            let first_for_topic = set.is_empty();
            let new_for_subscriber = set.insert(who);
            let expected = Added { first_for_topic, new_for_subscriber };
            assert_eq!(subscriptions.add(&topic, who), expected);
        }
        Step::Remove(topic, who) => {
            let set = model.entry(topic.clone()).or_default();
            let known = set.remove(&who);
            let expected = Removed { known, last_for_topic: known && set.is_empty() };
            assert_eq!(subscriptions.remove(&topic, who), expected);
        }
        Step::Forget(who) => {
            let mut expected = BTreeMap::new();
            for (topic, set) in model.iter_mut() {
                if set.remove(&who) {
                    expected.insert(topic.clone(), set.is_empty());
                }
            }
            assert_eq!(lost(subscriptions, who), expected);
        }
    }
    model.retain(|_, set| !set.is_empty());
    assert_eq!(subscriptions.topics(), model.len());
}

proptest! {
    #[test]
    fn behaves_as_a_map_of_sets(
        steps in prop::collection::vec(steps(), 0..300),
        messages in prop::collection::vec(topics(), 30),
    ) {
        let mut subscriptions = Subscriptions::new();
        let mut model = Model::new();
        for step in steps {
            check(step, &mut subscriptions, &mut model);
        }
        for message in messages {
            let expected: BTreeSet<u32> = model
                .iter()
                .filter(|(topic, _)| message.starts_with(topic))
                .flat_map(|(_, set)| set.iter().copied())
                .collect();
            prop_assert_eq!(matching(&subscriptions, &message), expected);
        }
    }
}
