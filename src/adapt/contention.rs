//! Contention: whether several senders wait for room of one socket. Any thread.
//!
//! A sender that polls for room sees it before sleeping senders are awake, takes it, and goes on
//! polling. It would be served again and again while they never learn to poll. So senders that
//! contend all sleep, and room comes back to all of them alike. A sender that is alone polls as it
//! likes.
//!
//! The numbers are atomic because senders share no lock; a lost update does no harm.
#![forbid(unsafe_code)]

use crate::sync::{AtomicU32, AtomicU64, Ordering};

/// Waits of one sender in a row that end the contention.
const ALONE: u32 = 256;

/// See the module's documentation.
#[derive(Debug, Default)]
pub struct Contention {
    /// The sender that waited last.
    last: AtomicU64,
    /// Waits in a row until the sender counts as alone.
    left: AtomicU32,
}

impl Contention {
    /// Notes that the sender with this number, which is not 0, is about to wait. Returns whether
    /// others have recently done so.
    pub fn is_met_by(&self, sender: u64) -> bool {
        let last = self.last.load(Ordering::Relaxed);
        if last != sender {
            self.last.store(sender, Ordering::Relaxed);
            self.left.store(if last == 0 { 0 } else { ALONE }, Ordering::Relaxed);
            return last != 0;
        }
        let left = self.left.load(Ordering::Relaxed);
        if left > 0 {
            self.left.store(left - 1, Ordering::Relaxed);
        }
        left > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sender_alone_does_not_contend() {
        let contention = Contention::default();
        assert!((0..1000).all(|_| !contention.is_met_by(7)));
    }

    #[test]
    fn all_contend_until_one_has_been_alone_for_long() {
        let contention = Contention::default();
        assert!(!contention.is_met_by(1));
        for sender in [2, 1, 2, 3] {
            assert!(contention.is_met_by(sender));
        }
        let waits = (0..10_000).take_while(|_| contention.is_met_by(3)).count();
        assert_eq!(waits, ALONE as usize);
        assert!(!contention.is_met_by(3) && contention.is_met_by(4));
    }
}
