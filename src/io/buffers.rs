//! Read buffers: as many in a context as threads drive connections at once, not one for each of its
//! sockets. The buffer that was used last comes first, since it is still in the processor's cache.
//!
//! Any thread. The lock is a leaf.
#![forbid(unsafe_code)]

use core::ops::{Deref, DerefMut};

use crate::sys::spin_lock::SpinLock;

/// Bytes read from a connection in one system call.
pub const READ_SIZE: usize = 64 * 1024;

/// Number of unused buffers that are kept.
const KEPT: usize = 4;

/// The buffers that no thread uses.
#[derive(Default)]
pub struct Buffers(SpinLock<Vec<Box<[u8]>>>);

impl Buffers {
    pub fn lend(&self) -> Lent<'_> {
        let kept = self.0.lock().pop();
        Lent { owner: self, buffer: kept.unwrap_or_else(|| vec![0; READ_SIZE].into()) }
    }
}

/// A borrowed buffer; dropping this gives it back.
pub struct Lent<'a> {
    owner: &'a Buffers,
    buffer: Box<[u8]>,
}

impl Deref for Lent<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.buffer
    }
}

impl DerefMut for Lent<'_> {
    fn deref_mut(&mut self) -> &mut [u8] {
        &mut self.buffer
    }
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        let mut kept = self.owner.0.lock();
        if kept.len() < KEPT {
            kept.push(core::mem::take(&mut self.buffer));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_one_is_used_again_and_few_are_kept() {
        let buffers = Buffers::default();
        let mut one = buffers.lend();
        assert_eq!(one.len(), READ_SIZE);
        one[7] = 1;
        let others: Vec<Lent<'_>> = (0..2 * KEPT).map(|_| buffers.lend()).collect();
        drop(others);
        assert_eq!(buffers.0.lock().len(), KEPT);
        drop(one);
        assert_eq!(buffers.0.lock().len(), KEPT);
        let buffers = Buffers::default();
        buffers.lend()[7] = 1;
        assert_eq!(buffers.lend()[7], 1);
    }
}
