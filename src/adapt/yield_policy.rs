//! Whether a caller yields its core before a wait, because a peer on that core may need it only for
//! a moment. Without another thread on the core a yield achieves nothing. On a crowded machine an
//! unrelated thread may get the core and keep it for milliseconds. So callers yield as long as it
//! helps, and otherwise try it rarely.
//!
//! Used by calling threads, under their socket's lock or as its leader. The numbers are atomic
//! because these threads change; a lost update does no harm. Times are in ticks of the processor's
//! clock.
#![forbid(unsafe_code)]

use super::spin::SOON;
use crate::sync::{AtomicU32, Ordering};
use crate::sys::clock::TICKS_A_MICROSECOND;

/// Yields in a row that may fail before the trust is gone.
const TRUST: u32 = 4;

/// Yields per attempt. Two, because on the first the peer may merely yield back before checking.
pub const YIELDS: u32 = 2;

/// Limit of the backoff, as an exponent of two: at least one wait in 8,192 is a trial.
const RAREST: u32 = 13;

/// A caller that waited this long (500 us) has lost a whole time slice to an unrelated thread.
const SLICE: u64 = 500 * TICKS_A_MICROSECOND;

/// Assumed gain per yield (250 ns); below the real one (just under 1 us), so that repaying a lost
/// slice still leaves a profit.
const WORTH: u64 = TICKS_A_MICROSECOND / 4;

/// Waits of a socket before the first trial. A caller that asks once or twice on a crowded machine
/// should not lose a slice by it.
pub const FIRST_WAITS: u32 = 16;

/// See the module's documentation.
pub struct YieldPolicy {
    /// Failures in a row that are still allowed; at 0 each yield is a trial.
    trust: AtomicU32,
    /// Waits to go before the next trial.
    untried: AtomicU32,
    /// Trials are two to this power waits apart.
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
    /// Whether yielding has recently helped.
    #[inline]
    pub fn is_trusted(&self) -> bool {
        self.trust.load(Ordering::Relaxed) > 0
    }

    /// Whether a caller may yield within a longer wait: not while yielding recently failed. In the
    /// first waits it may, because this context's I/O thread may need the core to connect.
    #[inline]
    pub fn may_be_part(&self) -> bool {
        self.failed.load(Ordering::Relaxed) == 0 || self.untried.load(Ordering::Relaxed) == 0
    }

    /// Counts a wait without trust, and returns whether a trial is due.
    pub fn is_due(&self) -> bool {
        let left = self.untried.load(Ordering::Relaxed);
        if left > 0 {
            // Stays at 0 until a trial has been made, which sets the next distance.
            self.untried.store(left - 1, Ordering::Relaxed);
        }
        left == 0
    }

    /// Learns from a yield of this duration within a longer wait. If nothing came, the yield need
    /// not be the reason: then only a lost slice counts.
    pub fn learn_from_spin(&self, came: bool, time: u64) {
        if came || time >= SLICE {
            self.learn(came, time);
        }
    }

    /// Learns from a yield of this duration, and whether the awaited input `came`.
    pub fn learn(&self, came: bool, time: u64) {
        let before = self.trust.load(Ordering::Relaxed);
        let trust = match came {
            // An unrelated thread had the core for its whole slice: yielding is too dear, even if
            // input came.
            _ if time >= SLICE => 0,
            // Late, but no whole slice: costs two failures, so two of these end the trust.
            _ if time >= SOON => before.saturating_sub(TRUST / 2),
            true => TRUST,
            false => before.saturating_sub(1),
        };
        if trust != before {
            // Mostly unchanged: without a store the cache line stays shared.
            self.trust.store(trust, Ordering::Relaxed);
        }
        // With trust before and after nothing was a trial, and the distance of trials stays.
        if trust == 0 || before == 0 {
            self.tried(trust > 0, time);
        }
    }

    /// Notes that a trial succeeded or failed, or that trust is gone. After failures the next trial
    /// comes later and later. After a long loss it comes only when yields would have won the time
    /// back.
    fn tried(&self, succeeded: bool, time: u64) {
        let failed = self.failed.load(Ordering::Relaxed);
        let failed = match succeeded {
            // One step at a time: one lucky trial does not undo many failures.
            true => failed.saturating_sub(1),
            false => (failed + 1).min(RAREST),
        };
        self.failed.store(failed, Ordering::Relaxed);
        // A short yield costs only its system call. A longer one lost time, which has to be won
        // back in units of `WORTH`.
        let lost = if time < SOON { 0 } else { time / WORTH };
        let untried = lost.min(u64::from(u32::MAX)) as u32;
        // After a success no distance is needed: trust decides from here.
        let untried = if succeeded { 0 } else { untried.max((1 << failed) - 1) };
        self.untried.store(untried, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The state after the first waits.
    fn seasoned() -> YieldPolicy {
        let yielding = YieldPolicy::default();
        assert!((0..FIRST_WAITS).all(|_| yielding.may_be_part() && !yielding.is_due()));
        yielding
    }

    /// How many of `waits` were yields, each with the outcome `came` and this `time`.
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
        // A single late yield does not end the trust.
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
}
