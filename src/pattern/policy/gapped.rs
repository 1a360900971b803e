//! The positions of records by the hash of their topics. A list in the order of the hashes, with
//! gaps, so that an entry stands at the place its hash predicts, or a little behind.
//!
//! A value, under its socket's lock. A search reads one cache line before the record itself. A hash
//! table of [`hashbrown`]'s kind reads two; among a million topics each is a miss. The absence of a
//! topic is mostly known from a bit, and the bits are few enough to stay in a cache. The list grows
//! in one pass from its start to its end, without reading the records.
#![forbid(unsafe_code)]

use super::arena::Position;

/// The upper half of the hash, by which entries are ordered, and the position. No record is at the
/// last position there could be.
type Entry = u64;

const GAP: Entry = Entry::MAX;

/// Slots for the smallest list.
const LEAST: u64 = 8;

/// Bits for each slot.
const FINER: u64 = 4;

/// See the module.
#[derive(Default)]
pub(super) struct Gapped {
    /// The entries of `slots` slots, and those that the last slots did not have room for.
    entries: Vec<Entry>,
    slots: u64,
    len: u64,
    /// A bit for each part of a slot's hashes: whether there is an entry of them.
    sieve: Vec<u64>,
}

#[inline]
fn entry_of(hash: u64, position: Position) -> Entry {
    ((hash >> 32) << 32) | u64::from(position)
}

impl Gapped {
    /// A list of all these, at most `count` entries.
    pub fn build(count: usize, hashes: impl Iterator<Item = (u64, Position)>) -> Self {
        let mut entries = Vec::with_capacity(count);
        entries.extend(hashes.map(|(hash, position)| entry_of(hash, position)));
        entries.sort_unstable();
        let len = entries.len() as u64;
        let mut list = Gapped { entries, len, ..Gapped::default() };
        list.spread(roomy(list.len));
        list
    }

    /// The slot at which an entry is expected.
    #[inline]
    fn home(&self, entry: Entry) -> usize {
        (((entry >> 32) * self.slots) >> 32) as usize
    }

    /// The place of the entry's bit: the word, and the bit in it. Entries that share a bit share a
    /// slot.
    #[inline]
    fn bit(&self, entry: Entry) -> (usize, u64) {
        let at = (u128::from(entry >> 32) * u128::from(self.slots * FINER)) >> 32;
        ((at / 64) as usize, 1 << (at % 64))
    }

    fn set_bit(&mut self, entry: Entry, there: bool) {
        let (word, bit) = self.bit(entry);
        if let Some(word) = self.sieve.get_mut(word) {
            *word = if there { *word | bit } else { *word & !bit };
        }
    }

    /// The position with this hash for which `is_it` is true.
    #[inline]
    pub fn find(&self, hash: u64, is_it: impl Fn(Position) -> bool) -> Option<Position> {
        let (word, bit) = self.bit(hash);
        if self.sieve.get(word)? & bit == 0 {
            return None;
        }
        let half = hash >> 32;
        let rest = self.entries.get(self.home(hash)..)?;
        for &entry in rest {
            if entry >> 32 < half {
                continue;
            }
            if entry >> 32 > half || entry == GAP {
                break;
            }
            if is_it(entry as Position) {
                return Some(entry as Position);
            }
        }
        None
    }

    /// Adds an entry that is not in the list.
    pub fn insert(&mut self, hash: u64, position: Position) {
        if (self.len + 1) * 3 > self.slots * 2 {
            self.spread(roomy(self.len + 1));
        }
        self.len += 1;
        let mut carried = entry_of(hash, position);
        self.set_bit(carried, true);
        let from = self.home(carried);
        for slot in self.entries.iter_mut().skip(from) {
            if carried < *slot {
                core::mem::swap(&mut carried, slot);
                if carried == GAP {
                    return;
                }
            }
        }
        self.entries.push(carried);
    }

    /// Takes an entry out; returns whether it was there.
    pub fn remove(&mut self, hash: u64, position: Position) -> bool {
        let entry = entry_of(hash, position);
        let from = self.home(entry);
        let found = self.entries.iter().skip(from).position(|&other| other >= entry);
        let Some(mut at) = found.map(|steps| from + steps) else { return false };
        if self.entries.get(at) != Some(&entry) {
            return false;
        }
        let neighbours = [at.checked_sub(1), at.checked_add(1)].into_iter().flatten();
        let is_alike = |other: &&Entry| **other != GAP && self.bit(**other) == self.bit(entry);
        if neighbours.filter_map(|at| self.entries.get(at)).find(is_alike).is_none() {
            self.set_bit(entry, false);
        }
        // The entries behind move up, as long as they are not where they are expected.
        while let Some(&next) = self.entries.get(at + 1).filter(|next| **next != GAP)
            && self.home(next) <= at
            && let Some(slot) = self.entries.get_mut(at)
        {
            *slot = next;
            at += 1;
        }
        if at >= self.slots as usize {
            self.entries.truncate(at);
        } else if let Some(slot) = self.entries.get_mut(at) {
            *slot = GAP;
        }
        self.len -= 1;
        true
    }

    /// Puts all entries into a list of so many slots.
    #[cold]
    fn spread(&mut self, slots: u64) {
        let old = core::mem::take(&mut self.entries);
        self.slots = slots;
        self.sieve = vec![0; (slots * FINER).div_ceil(64) as usize];
        self.entries.reserve_exact(slots as usize + slots as usize / 64);
        for entry in old.into_iter().filter(|entry| *entry != GAP) {
            let home = self.home(entry);
            if home > self.entries.len() {
                self.entries.resize(home, GAP);
            }
            self.entries.push(entry);
            self.set_bit(entry, true);
        }
        if self.entries.len() < slots as usize {
            self.entries.resize(slots as usize, GAP);
        }
    }
}

/// Slots for a list of so many entries that is going to grow: four of nine are used, and then up to
/// two of three.
fn roomy(len: u64) -> u64 {
    (len * 9 / 4).max(LEAST)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn check(list: &Gapped, model: &BTreeSet<Entry>) -> Result<(), TestCaseError> {
        let held: Vec<_> = list.entries.iter().copied().filter(|entry| *entry != GAP).collect();
        prop_assert_eq!(held, model.iter().copied().collect::<Vec<_>>());
        for (at, &entry) in list.entries.iter().enumerate().filter(|(_, entry)| **entry != GAP) {
            let home = list.home(entry);
            prop_assert!(home <= at && !list.entries[home..at].contains(&GAP));
        }
        let mut sieve = vec![0; list.sieve.len()];
        model.iter().map(|entry| list.bit(*entry)).for_each(|(word, bit)| sieve[word] |= bit);
        prop_assert_eq!(&list.sieve, &sieve);
        Ok(())
    }

    /// Few different hashes, so that many collide, at both ends and in the middle.
    fn hashes() -> impl Strategy<Value = u64> {
        prop_oneof![
            0..4_u64,
            (u32::MAX as u64 - 3)..=u32::MAX as u64,
            any::<u32>().prop_map(u64::from)
        ]
        .prop_map(|half| half << 32)
    }

    proptest! {
        #[test]
        fn it_holds_what_a_set_holds(
            steps in prop::collection::vec((hashes(), 0_u32..6, any::<bool>()), 0..200),
        ) {
            let (mut list, mut model) = (Gapped::default(), BTreeSet::new());
            for (hash, position, adds) in steps {
                let entry = entry_of(hash, position);
                if adds && model.insert(entry) {
                    list.insert(hash, position);
                } else if !adds {
                    prop_assert_eq!(list.remove(hash, position), model.remove(&entry));
                }
                check(&list, &model)?;
                let found = list.find(hash, |other| other == position);
                prop_assert_eq!(found.is_some(), model.contains(&entry));
            }
            let all = model.iter().map(|entry| (*entry, *entry as Position));
            check(&Gapped::build(model.len(), all), &model)?;
        }
    }

    #[test]
    fn entries_are_near_their_homes() {
        let mut list = Gapped::default();
        let hash = |n: u64| n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        (0..100_000).for_each(|n| list.insert(hash(n), n as Position));
        let steps: usize = (0..100_000)
            .map(|n| {
                let entry = entry_of(hash(n), n as Position);
                list.entries.iter().skip(list.home(entry)).position(|e| *e == entry).unwrap()
            })
            .sum();
        assert!(steps < 300_000, "{steps}");
        assert!((0..100_000).all(|n| list.remove(hash(n), n as Position)));
        assert!(list.len == 0 && list.entries.iter().all(|entry| *entry == GAP));
    }
}
