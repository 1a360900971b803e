//! Finds the records of an arena by topic, and all those whose topic is a prefix of a message.
//!
//! A value, under its socket's lock. One list holds the positions of all records by hash. A message
//! is looked up once for every length that a topic has. Peers choose the topics, so there may be
//! many lengths. Then *gates* are kept: the prefixes of certain lengths that at least one longer
//! topic has. A message that does not pass a gate is not looked up for longer topics. The work is
//! then at most about twice the length of the prefix that a message shares with some topic.
#![forbid(unsafe_code)]

use super::arena::{Arena, Position, Record};
use super::gapped::Gapped;
use super::prefix_hash::{PrefixHasher, Seed};
use core::ops::ControlFlow;
use hashbrown::HashTable;

/// Up to so many different lengths are looked up without asking whether it is worth it.
const MANY_LENGTHS: usize = 24;
/// Length of the first gate; every other is twice as long as the one before.
const FIRST_GATE: usize = 32;

/// A prefix by its hash, and how many topics are longer and begin with it. Two prefixes of one hash
/// are counted together, which at worst opens a gate without need.
struct Gate {
    hash: u64,
    topics: u32,
}

/// See the module.
pub(super) struct Index {
    places: Gapped,
    /// Every length that a topic has, in ascending order, with the number of such topics.
    lengths: Vec<(u32, u32)>,
    gates: Option<HashTable<Gate>>,
}

impl Index {
    /// An index of all records of `arena`.
    pub fn build(arena: &Arena, seed: &Seed) -> Self {
        let hashes = arena.iter().map(|(at, record)| (hash_of(seed, record.topic), at));
        let places = Gapped::build(arena.len(), hashes);
        let mut index = Index { places, lengths: Vec::new(), gates: None };
        for (_, record) in arena.iter() {
            index.count_length(record.topic.len());
        }
        if index.lengths.len() > MANY_LENGTHS {
            index.gates = Some(build_gates(arena, seed));
        }
        index
    }

    /// The record of `topic`.
    #[inline]
    pub fn find(&self, arena: &Arena, seed: &Seed, topic: &[u8]) -> Option<Position> {
        self.places.find(hash_of(seed, topic), |position| is_at(arena, position, topic))
    }

    /// Adds a record that `arena` holds already and this index does not.
    pub fn insert(&mut self, arena: &Arena, seed: &Seed, position: Position, topic: &[u8]) {
        self.count_length(topic.len());
        let mut prefixes = seed.prefixes(topic);
        if let Some(gates) = &mut self.gates {
            for_each_gate(&mut prefixes, topic.len(), |hash| enter(gates, hash));
        } else if self.lengths.len() > MANY_LENGTHS {
            self.gates = Some(build_gates(arena, seed));
        }
        self.places.insert(prefixes.at(topic.len()), position);
    }

    /// Takes out the record at `position`, which `arena` still holds.
    pub fn remove(&mut self, seed: &Seed, position: Position, topic: &[u8]) {
        let mut prefixes = seed.prefixes(topic);
        if let Some(gates) = &mut self.gates {
            for_each_gate(&mut prefixes, topic.len(), |hash| leave(gates, hash));
        }
        if self.places.remove(prefixes.at(topic.len()), position) {
            self.discount_length(topic.len());
        }
    }

    /// Calls `found` for every record whose topic `message` begins with, the shortest first, until
    /// it breaks.
    #[inline]
    pub fn for_each_prefix<'a>(
        &self,
        arena: &'a Arena,
        seed: &Seed,
        message: &[u8],
        mut found: impl FnMut(Record<'a>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        let mut prefixes = seed.prefixes(message);
        let mut gate = FIRST_GATE;
        for (length, _) in &self.lengths {
            let length = *length as usize;
            let Some(prefix) = message.get(..length) else { break };
            if let Some(gates) = &self.gates {
                while gate < length {
                    if find_gate(gates, prefixes.at(gate)).is_none() {
                        return ControlFlow::Continue(());
                    }
                    gate *= 2;
                }
            }
            let hash = prefixes.at(length);
            if let Some(position) = self.places.find(hash, |other| is_at(arena, other, prefix))
                && let Some(record) = arena.get(position)
            {
                found(record)?;
            }
        }
        ControlFlow::Continue(())
    }

    fn count_length(&mut self, length: usize) {
        let Ok(length) = u32::try_from(length) else { return };
        match self.lengths.binary_search_by_key(&length, |entry| entry.0) {
            Ok(at) => self.lengths[at].1 += 1,
            Err(at) => self.lengths.insert(at, (length, 1)),
        }
    }

    fn discount_length(&mut self, length: usize) {
        let Ok(length) = u32::try_from(length) else { return };
        if let Ok(at) = self.lengths.binary_search_by_key(&length, |entry| entry.0) {
            self.lengths[at].1 -= 1;
            if self.lengths[at].1 == 0 {
                self.lengths.remove(at);
            }
        }
    }
}

#[inline]
fn is_at(arena: &Arena, position: Position, topic: &[u8]) -> bool {
    arena.get(position).is_some_and(|record| record.topic == topic)
}

#[inline]
fn hash_of(seed: &Seed, topic: &[u8]) -> u64 {
    seed.prefixes(topic).at(topic.len())
}

fn build_gates(arena: &Arena, seed: &Seed) -> HashTable<Gate> {
    let mut gates = HashTable::new();
    for (_, record) in arena.iter() {
        let mut prefixes = seed.prefixes(record.topic);
        for_each_gate(&mut prefixes, record.topic.len(), |hash| enter(&mut gates, hash));
    }
    gates
}

/// Calls `action` with the hash of each gate that a topic of this length stands behind.
fn for_each_gate(prefixes: &mut PrefixHasher<'_>, length: usize, mut action: impl FnMut(u64)) {
    let mut gate = FIRST_GATE;
    while gate < length {
        action(prefixes.at(gate));
        gate *= 2;
    }
}

fn find_gate(gates: &HashTable<Gate>, hash: u64) -> Option<&Gate> {
    gates.find(hash, |gate| gate.hash == hash)
}

fn enter(gates: &mut HashTable<Gate>, hash: u64) {
    gates
        .entry(hash, |gate| gate.hash == hash, |gate| gate.hash)
        .or_insert(Gate { hash, topics: 0 })
        .get_mut()
        .topics += 1;
}

fn leave(gates: &mut HashTable<Gate>, hash: u64) {
    if let Ok(mut entry) = gates.find_entry(hash, |gate| gate.hash == hash) {
        entry.get_mut().topics -= 1;
        if entry.get().topics == 0 {
            entry.remove();
        }
    }
}
