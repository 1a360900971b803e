//! Boxes one after the other, whose nonces have their first 16 bytes in common and count in the
//! last 8. They equal [`BoxKey`]'s, and are made faster.
//!
//! A value under the lock of a connection's direction.
#![forbid(unsafe_code)]

use dryoc::classic::crypto_onetimeauth::{crypto_onetimeauth, crypto_onetimeauth_verify};
use zeroize::Zeroize;

use super::lanes::{self, BLOCK};
use super::stream::Stream;
use super::{BoxKey, Forged, NONCE_BYTES, Nonce, Tag};

/// Bytes that the nonces have in common.
const PREFIX_BYTES: usize = NONCE_BYTES - size_of::<u64>();

/// The first bytes of the key stream are the key of the tag.
const TAG_KEY_BYTES: usize = 32;

/// Longest content whose key stream is made here. The time saved does not grow with the box, so it
/// is next to nothing for a long one.
const LONGEST: usize = if cfg!(target_arch = "x86_64") { 4096 } else { 480 };

/// Seals or opens boxes in the order of their counts.
pub struct Channel {
    key: BoxKey,
    prefix: [u8; PREFIX_BYTES],
    stream: Stream,
    /// The tag's key of the current box.
    tag_key: [u8; TAG_KEY_BYTES],
}

impl Channel {
    pub fn new(key: &BoxKey, prefix: &[u8; PREFIX_BYTES]) -> Self {
        Channel {
            key: key.clone(),
            prefix: *prefix,
            stream: Stream::new(key.0.get(), prefix),
            tag_key: [0; TAG_KEY_BYTES],
        }
    }

    /// Seals as [`BoxKey::seal`] does, with the nonce of this count. A count must never serve
    /// twice.
    #[inline]
    pub fn seal(&mut self, count: u64, data: &mut [u8]) -> Tag {
        if data.len() > LONGEST {
            return self.key.seal(&self.nonce(count), data);
        }
        self.begin(count, data.len());
        self.apply(count, data);
        let mut tag = Tag::default();
        crypto_onetimeauth(&mut tag, data, &self.tag_key);
        tag
    }

    /// Opens as [`BoxKey::open`] does, with the nonce of this count.
    ///
    /// # Errors
    /// [`Forged`]; `data` is unchanged.
    #[inline]
    pub fn open(&mut self, count: u64, tag: &Tag, data: &mut [u8]) -> Result<(), Forged> {
        if data.len() > LONGEST {
            return self.key.open(&self.nonce(count), tag, data);
        }
        self.begin(count, data.len());
        crypto_onetimeauth_verify(tag, data, &self.tag_key).map_err(|_| Forged)?;
        self.apply(count, data);
        Ok(())
    }

    /// Takes the key of the tag out of the stream.
    #[inline]
    fn begin(&mut self, count: u64, len: usize) {
        let blocks = self.stream.blocks(count, 0, blocks_for(len));
        self.tag_key = blocks.first().and_then(|b| b.first_chunk().copied()).unwrap_or_default();
    }

    /// Encrypts or decrypts.
    #[inline]
    fn apply(&mut self, count: u64, data: &mut [u8]) {
        let end = blocks_for(data.len());
        let (mut block, mut rest) = (0, data);
        while block < end {
            let blocks = self.stream.blocks(count, block, end);
            let stream = blocks.as_flattened();
            let stream =
                stream.get(if block == 0 { TAG_KEY_BYTES } else { 0 }..).unwrap_or_default();
            block += blocks.len();
            let (now, later) = rest.split_at_mut(stream.len().min(rest.len()));
            lanes::xor(now, stream);
            rest = later;
        }
    }

    fn nonce(&self, count: u64) -> Nonce {
        let mut nonce = [0; NONCE_BYTES];
        let (prefix, tail) = nonce.split_at_mut(PREFIX_BYTES);
        prefix.copy_from_slice(&self.prefix);
        tail.copy_from_slice(&count.to_be_bytes());
        nonce
    }
}

/// Blocks of the key stream of a box with `len` bytes of content.
#[inline]
fn blocks_for(len: usize) -> usize {
    (TAG_KEY_BYTES + len).div_ceil(BLOCK)
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.tag_key.zeroize();
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

    /// Growing and falling lengths, so that the blocks made ahead are too few, too many or just
    /// enough. Some are about the longest whose key stream is made here.
    #[test]
    fn lengths_as_a_box_key_seals_them() {
        let key = key();
        let (mut there, mut back) = (Channel::new(&key, PREFIX), Channel::new(&key, PREFIX));
        let lengths = (0..=620).chain((0..=620).rev()).chain(LONGEST - 70..=LONGEST + 3);
        for (count, len) in lengths.enumerate() {
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
        for len in [0, 1, 64, 481, 1057, LONGEST, LONGEST + 1] {
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
            for at in (0..len).step_by(1 + len / 1057) {
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
            boxes in prop::collection::vec((0..6u64, prop_oneof![0..600usize, 0..1600usize]), 1..20),
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
