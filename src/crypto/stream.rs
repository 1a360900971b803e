//! The key stream of boxes whose nonces count. Salsa20's blocks are made eight at a time, those of
//! coming counts among them.
//!
//! A value under the lock of a connection's direction. Which blocks are made depends on counts and
//! lengths only.
#![forbid(unsafe_code)]

use dryoc::classic::crypto_core::crypto_core_hsalsa20;
use zeroize::Zeroize;

use super::KEY_BYTES;
use super::lanes::{self, BLOCK, Blocks, Input, LANES};

/// Makes the blocks of the boxes of one direction.
pub(super) struct Stream {
    /// The part of the key that belongs to the common bytes of the nonces.
    subkey: [u32; 8],
    /// Some blocks in a row: the rest of one count's, then those of the counts after it.
    ahead: Blocks,
    /// Which block of which count the first of them is.
    start: (u64, usize),
    /// How many blocks of each count are among them; 0 when there are none.
    each: usize,
}

impl Stream {
    /// The stream of a key and the first 16 bytes of the nonces.
    pub fn new(key: &[u8; KEY_BYTES], prefix: &[u8; 16]) -> Self {
        let mut subkey = [0; KEY_BYTES];
        crypto_core_hsalsa20(&mut subkey, prefix, key, None);
        let words = subkey.as_chunks().0;
        let word = |at| words.get(at).map_or(0, |bytes| u32::from_le_bytes(*bytes));
        let stream = Stream {
            subkey: std::array::from_fn(word),
            ahead: [[0; BLOCK]; LANES],
            start: (0, 0),
            each: 0,
        };
        subkey.zeroize();
        stream
    }

    /// Some blocks of this count, from `block` on and before `end`; at least one.
    #[inline]
    pub fn blocks(&mut self, count: u64, block: usize, end: usize) -> &[[u8; BLOCK]] {
        let mut place = self.place(count, block);
        if place >= LANES {
            self.make(count, block, end.max(block + 1));
            place = 0;
        }
        let behind = place + self.each.min(end) - block;
        self.ahead.get(place..behind.min(LANES)).unwrap_or_default()
    }

    /// Where this block lies; [`LANES`] or more if it was not made.
    #[inline]
    fn place(&self, count: u64, block: usize) -> usize {
        if block >= self.each {
            return LANES;
        }
        let (first, skipped) = self.start;
        let after = usize::try_from(count.wrapping_sub(first)).unwrap_or(LANES).min(LANES);
        // A place before the first block becomes a large number.
        (after * self.each + block).wrapping_sub(skipped)
    }

    /// Makes this block of this count and those behind it; the next counts will need as many.
    fn make(&mut self, count: u64, block: usize, each: usize) {
        let mut next = (count, block);
        let lanes: [(u64, usize); LANES] = std::array::from_fn(|_| {
            let lane = next;
            next.1 += 1;
            if next.1 == each {
                next = (lane.0.wrapping_add(1), 0);
            }
            lane
        });
        // The nonce is read as little-endian words.
        let low = lanes.map(|(count, _)| count.swap_bytes() as u32);
        let high = lanes.map(|(count, _)| (count.swap_bytes() >> 32) as u32);
        let position = [low, high, lanes.map(|(_, block)| block as u32), [0; LANES]];
        lanes::blocks(&Input { key: &self.subkey, position }, &mut self.ahead);
        (self.start, self.each) = ((count, block), each);
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.subkey.zeroize();
        self.ahead.zeroize();
    }
}
