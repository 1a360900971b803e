//! Looks: a caller that finds messages at hand looks at its socket's connections all the same, about
//! every 50 us.
//!
//! Otherwise a peer that keeps its pipe filled would keep the caller from ever asking the kernel about
//! the others. The clock is read with one call in `every`, and `every` follows how fast calls come: so a
//! fast receiver pays about a nanosecond a message, and a slow one looks with each call.
#![forbid(unsafe_code)]

/// Calls between two checks at most; also how often a caller that never waits asks whether its thread
/// was cancelled.
const MOST_CALLS: u32 = 256;

/// See the module's documentation. Times are in any unit, as long as it is one.
#[derive(Debug)]
pub struct LookPacer {
    /// Calls until the next check.
    left: u32,
    /// Calls between two checks.
    every: u32,
    /// When the last check was.
    checked: u64,
    /// Calls since the thread was last asked whether it was cancelled.
    uncancelled: u32,
}

/// What a check decides.
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
    /// A call begins: whether it makes a [`LookPacer::check`].
    #[inline]
    pub fn counts_down(&mut self) -> bool {
        self.left = self.left.wrapping_sub(1);
        self.left == 0
    }

    /// A call that is to check, at the time `now`. `interval` is the time between two looks. `several`:
    /// the socket has other peers than the one that is read from, so looks make sense.
    pub fn check(&mut self, now: u64, interval: u64, several: bool) -> Check {
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
        Check { look: several, pause }
    }

    /// The socket has got another peer: the next call checks.
    pub fn hurry(&mut self) {
        self.left = 1;
        self.every = 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INTERVAL: u64 = 50_000;

    /// The times between looks of a caller that calls every `step`, once the pace is found.
    fn looks(step: u64, several: bool) -> Vec<u64> {
        let (mut pacer, mut now, mut last, mut found) = (LookPacer::default(), 0, 0, Vec::new());
        for _ in 0..20_000 {
            now += step;
            if pacer.counts_down() && pacer.check(now, INTERVAL, several).look {
                found.push(now - core::mem::replace(&mut last, now));
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
        // With each call, if calls are farther apart.
        assert!(looks(1_000_000, true).iter().all(|time| *time == 1_000_000));
        // But not much more often than that.
        assert!(looks(20, true).iter().all(|time| *time >= 20 * u64::from(MOST_CALLS)));
        assert!(looks(1_000, true).iter().all(|time| *time >= INTERVAL / 4));
    }

    #[test]
    fn a_caller_with_one_peer_does_not_look() {
        assert!(looks(20, false).is_empty());
    }

    #[test]
    fn cancellation_is_asked_for_once_in_some_hundred_calls() {
        for several in [false, true] {
            let (mut pacer, mut pauses) = (LookPacer::default(), 0);
            for call in 0..256 * 100 {
                if pacer.counts_down() && pacer.check(call * 1_000_000, INTERVAL, several).pause {
                    pauses += 1;
                }
            }
            assert!((99..=101).contains(&pauses), "{pauses}");
        }
    }
}
