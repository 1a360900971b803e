//! Whether to give the core away for a moment before a wait, because a peer on the same core may only need it
//! for that long. Where nobody else is there it is in vain; where the machine is crowded somebody else may
//! get the core and keep it for milliseconds. So it is done as long as it helps, and else tried now and then.
//!
//! Used by the callers of a shared, under its socket's lock or as its leader. The numbers are atomic because
//! these change; a lost update does no harm. Times are in ticks of the processor's clock.
#![forbid(unsafe_code)]

use crate::io::spin::SOON;
use crate::sync::{AtomicU32, Ordering};
use crate::sys::clock::{self, TICKS_A_MICROSECOND};
use crate::sys::thread::yield_now;

/// So many in a row may be in vain.
const TRUST: u32 = 4;

/// Others go on so often in one yielding: the first time a peer may only give way in its turn, before it looks.
const TURNS: u32 = 2;

/// One wait in 8,192 is tried at the least.
const RAREST: u32 = 13;

/// Who waited as long has lost a whole turn at the core to somebody who had nothing to do with it.
const SLICE: u64 = 500 * TICKS_A_MICROSECOND;

/// What a yielding saves, less than a microsecond, and of this only a part, because most of it is to be kept.
const WORTH: u64 = TICKS_A_MICROSECOND / 4;

/// A socket tries after so many waits at the earliest: who asks once or twice on a crowded
/// machine should not lose a slice by it.
pub(super) const FIRST_WAITS: u32 = 16;

/// See the module's documentation.
pub struct YieldPolicy {
    /// How many in vain are left; without trust each one is a trial.
    trust: AtomicU32,
    /// Waits to go before the next trial.
    untried: AtomicU32,
    /// The exponent of two by which trials are apart.
    failed: AtomicU32,
}

impl Default for YieldPolicy {
    fn default() -> YieldPolicy {
        YieldPolicy {
            trust: AtomicU32::new(0),
            untried: AtomicU32::new(FIRST_WAITS),
            failed: AtomicU32::new(0),
        }
    }
}

impl YieldPolicy {
    /// Whether it has helped lately.
    #[inline]
    pub fn is_trusted(&self) -> bool {
        self.trust.load(Ordering::Relaxed) > 0
    }

    /// Whether the core may be given away in a longer wait: not while that failed lately. In the first waits it
    /// may be this context's own thread that needs it, to connect.
    #[inline]
    pub fn may_be_part(&self) -> bool {
        self.failed.load(Ordering::Relaxed) == 0 || self.untried.load(Ordering::Relaxed) == 0
    }

    /// Counts a wait without trust: whether the trial is due.
    pub fn is_due(&self) -> bool {
        let left = self.untried.load(Ordering::Relaxed);
        if left > 0 {
            self.untried.store(left - 1, Ordering::Relaxed);
        }
        left == 0
    }

    /// Lets another thread go on. Whether what is waited for `has_come`.
    pub fn take(&self, mut has_come: impl FnMut() -> bool) -> bool {
        let began = clock::ticks();
        let came = (0..TURNS).any(|_| {
            yield_now();
            has_come()
        });
        self.learn(came, clock::ticks().wrapping_sub(began));
        came
    }

    /// The core was given away for this time, once in a longer wait. What is waited for came then, or that is
    /// not known: only a loss counts.
    pub fn learn_from_spin(&self, came: bool, time: u64) {
        if came || time >= SLICE {
            self.learn(came, time);
        }
    }

    /// The core was given away for this time, and what is waited for came or did not.
    pub(super) fn learn(&self, came: bool, time: u64) {
        let before = self.trust.load(Ordering::Relaxed);
        let trust = match came {
            // Somebody else had the core, who keeps it as long as he may.
            _ if time >= SLICE => 0,
            _ if time >= SOON => before.saturating_sub(TRUST / 2),
            true => TRUST,
            false => before.saturating_sub(1),
        };
        if trust != before {
            self.trust.store(trust, Ordering::Relaxed);
        }
        if trust == 0 || before == 0 {
            self.tried(trust > 0, time);
        }
    }

    /// A trial succeeded or failed, or what had succeeded fails: the next trial comes later and later, and so
    /// late after a long time lost that yields would have won it back.
    fn tried(&self, succeeded: bool, time: u64) {
        let failed = self.failed.load(Ordering::Relaxed);
        let failed = match succeeded {
            true => failed.saturating_sub(1),
            false => (failed + 1).min(RAREST),
        };
        self.failed.store(failed, Ordering::Relaxed);
        let lost = if time < SOON { 0 } else { time / WORTH };
        let untried = lost.min(u64::from(u32::MAX)) as u32;
        let untried = if succeeded { 0 } else { untried.max((1 << failed) - 1) };
        self.untried.store(untried, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After the first waits.
    fn seasoned() -> YieldPolicy {
        let yielding = YieldPolicy::default();
        assert!((0..FIRST_WAITS).all(|_| yielding.may_be_part() && !yielding.is_due()));
        yielding
    }

    /// How many of `waits` were yields, each of which `came` and took this `time`.
    fn taken(yielding: &YieldPolicy, waits: u32, came: bool, time: u64) -> u32 {
        let mut taken = 0;
        for _ in 0..waits {
            if yielding.is_trusted() || yielding.is_due() {
                yielding.learn(came, time);
                taken += 1;
            }
        }
        taken
    }

    #[test]
    fn what_helps_is_done_until_it_is_in_vain() {
        let yielding = seasoned();
        yielding.learn(true, 1);
        (0..100).for_each(|n| {
            assert!(yielding.is_trusted());
            yielding.learn(n % TRUST == 0, 1);
        });
        (0..TRUST).for_each(|_| yielding.learn(false, 1));
        assert!(!yielding.is_trusted() && !yielding.is_due());
    }

    #[test]
    fn what_fails_is_hardly_ever_done() {
        let yielding = seasoned();
        assert_eq!(taken(&yielding, 1_000, true, 1), 1_000);
        assert!(taken(&yielding, 100_000, false, 1) < 40);
        // A peer that has come to this core is noticed.
        assert!(taken(&yielding, 20_000, true, 1) > 10_000);
    }

    #[test]
    fn a_core_that_others_keep_for_long_is_not_given_away() {
        let yielding = seasoned();
        assert!(taken(&yielding, 100_000, true, 6 * SLICE) < 10);
        assert!(taken(&yielding, 100_000, true, 1) > 50_000);
        yielding.learn(true, SOON);
        // Once in a while it does not count.
        assert_eq!(taken(&yielding, 1_000, true, 1), 1_000);
        yielding.learn(true, SLICE);
        assert_eq!(taken(&yielding, 1_000, true, 1), 0);
    }

    #[test]
    fn by_the_way_only_what_is_known_counts() {
        let yielding = seasoned();
        yielding.learn_from_spin(false, 1);
        assert!(yielding.may_be_part() && !yielding.is_trusted());
        yielding.learn_from_spin(true, 1);
        assert!(yielding.is_trusted());
        yielding.learn_from_spin(false, SLICE);
        assert!(!yielding.is_trusted() && !yielding.may_be_part());
    }

    #[test]
    fn others_go_on_twice() {
        let yielding = YieldPolicy::default();
        let looks = core::cell::Cell::new(0);
        let has_come = |at: u32| {
            looks.set(looks.get() + 1);
            looks.get() == at
        };
        assert!(yielding.take(|| has_come(1)));
        assert!(yielding.take(|| has_come(3)));
        looks.set(10);
        assert!(!yielding.take(|| has_come(1)));
        assert_eq!(looks.get(), 12);
    }
}
