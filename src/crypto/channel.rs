//! Boxes one after the other, whose nonces have their first 16 bytes in common and count in the
//! last 8: the same boxes as [`BoxKey`]'s, made faster where they are short.
//!
//! The part of the key that belongs to the common bytes is derived once. Short boxes take their
//! key stream from blocks that are made eight at a time, for several counts in a row. A value
//! under the lock of a connection's direction.
#![forbid(unsafe_code)]

use dryoc::classic::crypto_core::crypto_core_hsalsa20;
use dryoc::classic::crypto_onetimeauth::{crypto_onetimeauth, crypto_onetimeauth_verify};
use zeroize::Zeroize;

use super::lanes::{self, BLOCK, Blocks, LANES, Word};
use super::{BoxKey, Forged, KEY_BYTES, NONCE_BYTES, Nonce, Tag};

/// Bytes that the nonces have in common.
const PREFIX_BYTES: usize = NONCE_BYTES - size_of::<u64>();

/// The first bytes of the key stream are the key of the tag.
const TAG_KEY_BYTES: usize = 32;

/// Longest content whose key stream is made here.
const SHORT: usize = LANES * BLOCK - TAG_KEY_BYTES;

/// Salsa20's constant, "expand 32-byte k".
const SIGMA: [u32; 4] = [0x6170_7865, 0x3320_646e, 0x7962_2d32, 0x6b20_6574];

/// Seals or opens boxes in the order of their counts.
pub struct Channel {
    key: BoxKey,
    prefix: [u8; PREFIX_BYTES],
    subkey: [u32; 8],
    /// Key stream for some counts in a row.
    ahead: Blocks,
    /// The first of these counts.
    first: u64,
    /// Blocks for each of them; a power of two, 0 when there are none.
    each: usize,
}

impl Channel {
    pub fn new(key: &BoxKey, prefix: &[u8; PREFIX_BYTES]) -> Self {
        let mut subkey = [0; KEY_BYTES];
        crypto_core_hsalsa20(&mut subkey, prefix, &key.0, None);
        let channel = Channel {
            key: key.clone(),
            prefix: *prefix,
            subkey: std::array::from_fn(|at| word(&subkey, at)),
            ahead: [[0; BLOCK]; LANES],
            first: 0,
            each: 0,
        };
        subkey.zeroize();
        channel
    }

    /// As [`BoxKey::seal`], with the nonce of this count. A count must never serve twice.
    #[inline]
    pub fn seal(&mut self, count: u64, data: &mut [u8]) -> Tag {
        let Some((tag_key, stream)) = self.stream(count, data.len()) else {
            return self.key.seal(&self.nonce(count), data);
        };
        xor(data, stream);
        let mut tag = Tag::default();
        crypto_onetimeauth(&mut tag, data, tag_key);
        tag
    }

    /// As [`BoxKey::open`], with the nonce of this count.
    ///
    /// # Errors
    /// [`Forged`]; `data` is as before.
    #[inline]
    pub fn open(&mut self, count: u64, tag: &Tag, data: &mut [u8]) -> Result<(), Forged> {
        let Some((tag_key, stream)) = self.stream(count, data.len()) else {
            return self.key.open(&self.nonce(count), tag, data);
        };
        crypto_onetimeauth_verify(tag, data, tag_key).map_err(|_| Forged)?;
        xor(data, stream);
        Ok(())
    }

    fn nonce(&self, count: u64) -> Nonce {
        let mut nonce = [0; NONCE_BYTES];
        let (prefix, tail) = nonce.split_at_mut(PREFIX_BYTES);
        prefix.copy_from_slice(&self.prefix);
        tail.copy_from_slice(&count.to_be_bytes());
        nonce
    }

    /// The key of the tag, and key stream for at least `len` bytes; `None` for long boxes.
    #[inline]
    fn stream(&mut self, count: u64, len: usize) -> Option<(&[u8; TAG_KEY_BYTES], &[u8])> {
        if len > SHORT {
            return None;
        }
        let needed = (TAG_KEY_BYTES + len).div_ceil(BLOCK);
        let mut place = self.place(count);
        if needed > self.each || place >= LANES {
            self.make(count, needed.next_power_of_two());
            place = 0;
        }
        let stream = self.ahead.get(place..place + self.each)?;
        stream.as_flattened().split_first_chunk().filter(|(_, stream)| stream.len() >= len)
    }

    /// Where the blocks of this count begin; [`LANES`] or more if there are none.
    #[inline]
    fn place(&self, count: u64) -> usize {
        let after = count.wrapping_sub(self.first);
        usize::try_from(after).unwrap_or(LANES).saturating_mul(self.each)
    }

    /// Makes `each` blocks for this count, and for those after it as many as there is room for.
    fn make(&mut self, count: u64, each: usize) {
        let [k0, k1, k2, k3, k4, k5, k6, k7] = self.subkey.map(|word| [word; LANES]);
        let [s0, s1, s2, s3] = SIGMA.map(|word| [word; LANES]);
        let zeros = [0; LANES];
        // Which block of which count each lane is; the nonce is read as little-endian words.
        let block: Word = std::array::from_fn(|lane| (lane % each) as u32);
        let counts: [u64; LANES] =
            std::array::from_fn(|lane| count.wrapping_add((lane / each) as u64).swap_bytes());
        let low = counts.map(|count| count as u32);
        let high = counts.map(|count| (count >> 32) as u32);
        let input = [s0, k0, k1, k2, k3, s1, low, high, block, zeros, s2, k4, k5, k6, k7, s3];
        lanes::blocks(&input, &mut self.ahead);
        (self.first, self.each) = (count, each);
    }
}

/// The word at this place of a key.
fn word(key: &[u8; KEY_BYTES], at: usize) -> u32 {
    key.as_chunks().0.get(at).map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

#[inline]
fn xor(data: &mut [u8], stream: &[u8]) {
    for (byte, key) in data.iter_mut().zip(stream) {
        *byte ^= key;
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.subkey.zeroize();
        self.ahead.zeroize();
    }
}

impl std::fmt::Debug for Channel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Channel")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::SecretKey;
    use proptest::prelude::*;

    const PREFIX: &[u8; 16] = b"CurveZMQMESSAGEC";

    fn key() -> BoxKey {
        BoxKey::own(&SecretKey::new(std::array::from_fn(|at| at as u8 * 5)))
    }

    fn nonce(count: u64) -> Nonce {
        let mut nonce = [0; NONCE_BYTES];
        nonce[..16].copy_from_slice(PREFIX);
        nonce[16..].copy_from_slice(&count.to_be_bytes());
        nonce
    }

    /// Every length up to beyond the short ones, in growing and in falling order.
    #[test]
    fn all_lengths_as_a_box_key_seals_them() {
        let (key, longest) = (key(), SHORT + 3);
        let (mut there, mut back) = (Channel::new(&key, PREFIX), Channel::new(&key, PREFIX));
        for (count, len) in (0..=longest).chain((0..=longest).rev()).enumerate() {
            let (count, data) = (count as u64 + 250, vec![len as u8; len]);
            let (mut sealed, mut expected) = (data.clone(), data.clone());
            let tag = there.seal(count, &mut sealed);
            assert_eq!(tag, key.seal(&nonce(count), &mut expected), "{len}");
            assert_eq!(sealed, expected, "{len}");
            assert_eq!(back.open(count, &tag, &mut sealed), Ok(()));
            assert_eq!(sealed, data);
        }
    }

    #[test]
    fn forgeries_leave_the_data_as_it_was() {
        let key = key();
        for len in [0, 1, 64, SHORT, SHORT + 1] {
            let mut channel = Channel::new(&key, PREFIX);
            let mut data = vec![7; len];
            let tag = channel.seal(5, &mut data);
            let sealed = data.clone();
            for bit in 0..128 {
                let mut changed = tag;
                changed[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(channel.open(5, &changed, &mut data), Err(Forged));
            }
            assert_eq!(channel.open(6, &tag, &mut data), Err(Forged));
            for at in 0..len {
                data[at] ^= 1;
                assert_eq!(channel.open(5, &tag, &mut data), Err(Forged));
                data[at] ^= 1;
            }
            assert_eq!(data, sealed);
            assert_eq!(channel.open(5, &tag, &mut data), Ok(()));
        }
        assert_eq!(format!("{:?}", Channel::new(&key, PREFIX)), "Channel");
    }

    proptest! {
        /// Counts that jump, up to the last one, and sizes that vary.
        #[test]
        fn any_order(
            start in prop_oneof![Just(0), Just(u64::MAX - 20), any::<u64>()],
            boxes in prop::collection::vec((0..6u64, 0..600usize), 1..20),
        ) {
            let key = key();
            let mut channel = Channel::new(&key, PREFIX);
            let mut count = start;
            for (step, len) in boxes {
                count = count.wrapping_add(step);
                let (mut sealed, mut expected) = (vec![3; len], vec![3; len]);
                let tag = channel.seal(count, &mut sealed);
                prop_assert_eq!(tag, key.seal(&nonce(count), &mut expected));
                prop_assert_eq!(sealed, expected);
            }
        }
    }
}
