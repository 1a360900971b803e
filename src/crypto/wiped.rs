//! Memory that is wiped before it is given back. Values without a lock.
//!
//! A value that moves leaves copies on the stack that are not wiped. So keys stay in one place of
//! the heap and only their address moves.
#![forbid(unsafe_code)]

use std::collections::TryReserveError;

use zeroize::{Zeroize, Zeroizing};

use super::KEY_BYTES;
use crate::error::Result;
use crate::sync::Arc;

/// The bytes of a key. Clones share them; the last one wipes them.
#[derive(Clone)]
pub(super) struct KeyBytes(Arc<Zeroizing<[u8; KEY_BYTES]>>);

impl KeyBytes {
    /// A key that `fill` writes in its place, or the error of `fill`.
    pub(super) fn filled(fill: impl FnOnce(&mut [u8; KEY_BYTES]) -> Result<()>) -> Result<Self> {
        let mut bytes = Arc::new(Zeroizing::new([0; KEY_BYTES]));
        if let Some(bytes) = Arc::get_mut(&mut bytes) {
            fill(bytes)?;
        }
        Ok(KeyBytes(bytes))
    }

    pub(super) fn copy_of(from: &[u8; KEY_BYTES]) -> Self {
        let mut bytes = Arc::new(Zeroizing::new([0; KEY_BYTES]));
        if let Some(bytes) = Arc::get_mut(&mut bytes) {
            bytes.copy_from_slice(from);
        }
        KeyBytes(bytes)
    }

    #[inline]
    pub(super) fn get(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }
}

/// Makes room for `more` bytes. If that takes other memory, the bytes in the old one are wiped.
///
/// # Errors
/// There is no memory; `bytes` is unchanged.
pub fn reserve_wiping(
    bytes: &mut Vec<u8>,
    more: usize,
) -> core::result::Result<(), TryReserveError> {
    if bytes.capacity() - bytes.len() >= more {
        return Ok(());
    }
    let room = bytes.len().saturating_add(more).max(bytes.capacity().saturating_mul(2));
    let mut larger = Vec::new();
    larger.try_reserve_exact(room)?;
    move_wiping(bytes, larger);
    Ok(())
}

/// Moves `bytes` to `larger` memory, which has room for them, and wipes the old one.
pub fn move_wiping(bytes: &mut Vec<u8>, mut larger: Vec<u8>) {
    larger.extend_from_slice(bytes);
    bytes.zeroize();
    *bytes = larger;
}

/// Adds bytes, with room made by [`reserve_wiping`].
///
/// # Errors
/// The errors of [`reserve_wiping`].
pub fn extend_wiping(
    bytes: &mut Vec<u8>,
    more: &[u8],
) -> core::result::Result<(), TryReserveError> {
    reserve_wiping(bytes, more.len())?;
    bytes.extend_from_slice(more);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clones_share_one_place() {
        let key = KeyBytes::filled(|bytes| {
            bytes.fill(7);
            Ok(())
        })
        .unwrap();
        let clone = key.clone();
        assert_eq!(key.get().as_ptr(), clone.get().as_ptr());
        assert_eq!(KeyBytes::copy_of(clone.get()).get(), &[7; KEY_BYTES]);
    }

    #[test]
    fn bytes_grow() {
        let mut bytes = Vec::new();
        for n in 0..100u8 {
            extend_wiping(&mut bytes, &[n; 3]).unwrap();
        }
        assert!((0..100u8).all(|n| bytes[usize::from(n) * 3..][..3] == [n; 3]));
        let room = bytes.capacity();
        reserve_wiping(&mut bytes, 0).unwrap();
        assert_eq!((bytes.len(), bytes.capacity()), (300, room));
    }

    #[test]
    fn bytes_stay_where_there_is_no_memory() {
        let mut bytes = vec![7; 100];
        for too_much in [usize::MAX, isize::MAX as usize] {
            assert!(reserve_wiping(&mut bytes, too_much).is_err());
        }
        assert_eq!(bytes, [7; 100]);
    }
}
