//! Looks: a caller that finds messages at hand still looks at its socket's connections, about every
//! 50 us.
//!
//! Otherwise a peer that keeps its pipe filled would keep the caller from ever asking the kernel
//! about the others. The clock is read with one call in `every`, and `every` follows how fast calls
//! come. So a fast receiver pays about a nanosecond a message, and a slow one looks with each call.
//!
//! A look reads the bytes that have come, and that may take longer than the interval. While
//! messages are at hand the caller gives them at least as much time as its last look took
//! ([`LookBudget`]). Without that bound, peers that send small messages without a mark would keep
//! it reading. It would take one message a look.
#![forbid(unsafe_code)]

use crate::sync::{AtomicU64, Ordering};

/// The most calls between two checks; also how often a caller that never waits asks whether its
/// thread was cancelled.
const MOST_CALLS: u32 = 256;

/// See the module's documentation. Times may be in any unit, but all in one.
#[derive(Debug)]
pub struct LookPacer {
    /// Calls until the next check.
    left: u32,
    /// Calls between two checks.
    every: u32,
    /// When the last check was, or the end of the look that it asked for.
    checked: u64,
    /// Calls since the caller last asked whether its thread was cancelled.
    uncancelled: u32,
}

/// The decision of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// The caller looks at all connections now.
    pub look: bool,
    /// The caller asks whether its thread was cancelled.
    pub pause: bool,
}

impl Default for LookPacer {
    fn default() -> Self {
        LookPacer { left: MOST_CALLS, every: MOST_CALLS, checked: 0, uncancelled: 0 }
    }
}

impl LookPacer {
    /// Begins a call; returns whether it makes a [`LookPacer::check`].
    #[inline]
    pub fn counts_down(&mut self) -> bool {
        self.left = self.left.wrapping_sub(1);
        self.left == 0
    }

    /// Checks at the time `now`, `since` after the end of the last look. Two looks are `interval`
    /// apart, and at least half of it. `several`: the socket has other peers than the one that is
    /// read from, so looks make sense.
    pub fn check(&mut self, now: u64, interval: u64, since: u64, several: bool) -> Check {
        self.uncancelled = self.uncancelled.saturating_add(self.every);
        let pause = self.uncancelled >= MOST_CALLS;
        if pause {
            self.uncancelled = 0;
        }
        let passed = now.wrapping_sub(core::mem::replace(&mut self.checked, now));
        self.every = match several {
            false => MOST_CALLS,
            true if passed > interval => (self.every / 2).max(1),
            true if passed < interval / 2 => (self.every * 2).min(MOST_CALLS),
            true => self.every,
        };
        self.left = self.every;
        // With the most calls between two checks a fast caller still checks more often than it must
        // look.
        let look = several && since >= interval / 2;
        Check { look, pause }
    }

    /// Notes that the look that a check asked for is over.
    pub fn looked(&mut self, now: u64) {
        self.checked = now;
    }

    /// Makes the next call check: the socket has got another peer.
    pub fn hurry(&mut self) {
        self.left = 1;
        self.every = 1;
    }
}

/// When the callers of a socket last looked, and how long that took. The numbers are atomic because
/// several threads may look; a lost update does no harm. Times may be in any unit, but all in one.
#[derive(Debug, Default)]
pub struct LookBudget {
    ended: AtomicU64,
    cost: AtomicU64,
}

impl LookBudget {
    /// Notes that a look began and ended at these times. It counts for at most `most`: beyond that
    /// the thread was not running.
    pub fn looked(&self, began: u64, ended: u64, most: u64) {
        self.ended.store(ended, Ordering::Relaxed);
        self.cost.store(ended.wrapping_sub(began).min(most), Ordering::Relaxed);
    }

    /// How long the last look took.
    pub fn cost(&self) -> u64 {
        self.cost.load(Ordering::Relaxed)
    }

    /// The time since the last look ended.
    pub fn since(&self, now: u64) -> u64 {
        now.wrapping_sub(self.ended.load(Ordering::Relaxed))
    }

    /// Whether a caller that has messages at hand may look.
    pub fn is_due(&self, now: u64) -> bool {
        self.since(now) >= self.cost()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: u64 = 50_000;

    /// The times between looks of a caller that calls every `step`, once `every` has settled.
    fn looks(step: u64, several: bool) -> Vec<u64> {
        let (mut pacer, mut now, mut last, mut found) = (LookPacer::default(), 0, 0, Vec::new());
        for _ in 0..200_000 {
            now += step;
            if pacer.counts_down() && pacer.check(now, INTERVAL, now - last, several).look {
                found.push(now - core::mem::replace(&mut last, now));
                pacer.looked(now);
            }
        }
        found.split_off(found.len().min(20))
    }

    #[test]
    fn a_caller_looks_about_every_interval_whatever_its_pace() {
        for step in [20, 100, 1_000, 10_000, 40_000] {
            let looks = looks(step, true);
            assert!(!looks.is_empty());
            let most = looks.iter().max().copied().unwrap_or(0);
            assert!(most <= INTERVAL + step.max(INTERVAL), "{step}: {most}");
        }
        // A caller whose calls are farther apart looks with each call.
        assert!(looks(1_000_000, true).iter().all(|time| *time == 1_000_000));
        // But not much more often than that.
        for step in [1, 20, 1_000] {
            assert!(looks(step, true).iter().all(|time| *time >= INTERVAL / 2));
        }
    }

    #[test]
    fn a_caller_with_one_peer_does_not_look() {
        assert!(looks(20, false).is_empty());
    }

    #[test]
    fn messages_at_hand_get_as_much_time_as_the_last_look() {
        let budget = LookBudget::default();
        assert!(budget.is_due(0));
        budget.looked(1_000, 1_300, 5_000);
        assert!(!budget.is_due(1_599) && budget.is_due(1_600));
        assert_eq!((budget.cost(), budget.since(1_400)), (300, 100));
        // A thread that was stopped in a look does not wait as long.
        budget.looked(2_000, 1_000_000, 5_000);
        assert!(!budget.is_due(1_004_999) && budget.is_due(1_005_000));
    }

    #[test]
    fn cancellation_is_asked_for_once_in_some_hundred_calls() {
        for several in [false, true] {
            let (mut pacer, mut pauses) = (LookPacer::default(), 0);
            for call in 0..256 * 100 {
                let now = call * 1_000_000;
                if pacer.counts_down() && pacer.check(now, INTERVAL, 0, several).pause {
                    pauses += 1;
                }
            }
            assert!((99..=101).contains(&pauses), "{pauses}");
        }
    }
}
