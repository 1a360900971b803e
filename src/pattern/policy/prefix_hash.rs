//! Hashes of many prefixes of one message in one pass over it.
//!
//! A value, under its socket's lock. The hash is seeded for each store, so that a peer cannot
//! choose topics that collide.
#![forbid(unsafe_code)]

use core::hash::{BuildHasher, Hasher};
use foldhash::SharedSeed;
use foldhash::fast::{FoldHasher, SeedableRandomState};

const WORD: usize = size_of::<u64>();

/// The seed of one store.
pub(super) struct Seed(SeedableRandomState);

impl Seed {
    pub fn random() -> Self {
        // The standard library's seed comes from the system and leaves no thread-local destructor.
        let secret = std::hash::RandomState::new().hash_one(0_u8);
        Seed(SeedableRandomState::with_seed(secret, SharedSeed::global_random()))
    }

    /// Begins a pass over `bytes`.
    #[inline]
    pub fn prefixes<'a>(&self, bytes: &'a [u8]) -> PrefixHasher<'a> {
        PrefixHasher { state: self.0.build_hasher(), rest: bytes, taken: 0 }
    }
}

/// A pass over some bytes that returns hashes of longer and longer prefixes.
pub(super) struct PrefixHasher<'a> {
    /// Hash of the whole words passed so far.
    state: FoldHasher<'static>,
    /// The bytes behind those words.
    rest: &'a [u8],
    taken: usize,
}

impl PrefixHasher<'_> {
    /// Hash of the first `length` bytes; `length` is not less than in the call before, and not more
    /// than there are bytes.
    #[inline]
    pub fn at(&mut self, length: usize) -> u64 {
        while length - self.taken >= WORD {
            let Some((word, rest)) = self.rest.split_first_chunk() else { break };
            self.state.write_u64(u64::from_le_bytes(*word));
            self.rest = rest;
            self.taken += WORD;
        }
        let mut state = self.state.clone();
        state.write_u64(last_word(self.rest, length - self.taken));
        state.finish()
    }
}

/// Up to seven bytes as a number that encodes their count as well. It is never 0, which the hash
/// could not tell from nothing.
#[inline]
fn last_word(bytes: &[u8], count: usize) -> u64 {
    let word = match bytes.first_chunk() {
        Some(word) => u64::from_le_bytes(*word),
        None => bytes.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    };
    let bits = 8 * (count % WORD) as u32;
    word & ((1 << bits) - 1) | u64::from(bits + 1) << 56
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_prefix_hashes_as_the_whole(
            bytes in prop::collection::vec(any::<u8>(), 0..64),
            mut lengths in prop::collection::vec(0_usize..64, 0..8),
        ) {
            let seed = Seed::random();
            lengths.retain(|length| *length <= bytes.len());
            lengths.sort_unstable();
            let mut pass = seed.prefixes(&bytes);
            for length in lengths {
                prop_assert_eq!(pass.at(length), seed.prefixes(&bytes[..length]).at(length));
            }
        }
    }

    #[test]
    fn lengths_and_bytes_matter() {
        let seed = Seed::random();
        let zeros = [0; 40];
        let mut pass = seed.prefixes(&zeros);
        let mut hashes: Vec<u64> = (0..=40).map(|length| pass.at(length)).collect();
        hashes.push(seed.prefixes(b"\x01").at(1));
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), 42);
        assert_ne!(Seed::random().prefixes(&zeros).at(9), Seed::random().prefixes(&zeros).at(9));
    }
}
