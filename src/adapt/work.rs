//! Work: how many frames one call drops or applies on the way to its answer.
//!
//! A peer may send unwanted frames, or subscriptions, faster than a call gets through them. The
//! call stops when its share is used up and answers with what it knows; the next call goes on.
//! Under the socket's lock.
#![forbid(unsafe_code)]

use core::cell::Cell;

/// The frames that one call may spend: about 0.2 ms.
const SHARE: usize = 4096;

/// Bytes of a frame that cost as much as the frame by itself.
const BYTES: usize = 256;

/// See the module's documentation.
#[derive(Debug)]
pub struct Work {
    left: Cell<usize>,
    cut: Cell<bool>,
}

impl Default for Work {
    fn default() -> Self {
        Work { left: Cell::new(SHARE), cut: Cell::new(false) }
    }
}

impl Work {
    /// Counts a frame of so many bytes that was dropped or applied.
    #[inline]
    pub fn spend(&self, bytes: usize) {
        self.left.set(self.left.get().saturating_sub(1 + bytes / BYTES));
    }

    /// Whether the call may go on. If not, something is left for the next one.
    #[inline]
    pub fn goes_on(&self) -> bool {
        let goes_on = self.left.get() > 0;
        if !goes_on {
            self.cut.set(true);
        }
        goes_on
    }

    /// Ends the call; returns whether it was cut short. The next one has its whole share.
    #[inline]
    pub fn end(&self) -> bool {
        if self.left.get() != SHARE {
            self.left.set(SHARE);
        }
        self.cut.get() && self.cut.replace(false)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_is_cut_short_once_its_share_is_used_up() {
        let work = Work::default();
        for (bytes, most) in [(0, SHARE), (BYTES, SHARE / 2), (usize::MAX, 1)] {
            let mut frames = 0;
            while work.goes_on() {
                work.spend(bytes);
                frames += 1;
            }
            assert_eq!(frames, most);
            assert!(work.end() && !work.end());
        }
        work.spend(7);
        assert!(work.goes_on() && !work.end());
    }
}
