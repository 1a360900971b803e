//! Whether polling for a moment before sleeping has paid lately. Waking a core that sleeps costs more
//! than the message; but who polls while its peer waits for the same core, or will answer much later,
//! only loses time. Who shares a core is looked after by [`yielding`](crate::io::yielding).
//!
//! Used by a shared's leader. The numbers are atomic because the leader changes; a lost update does no harm.
#![forbid(unsafe_code)]

use crate::io::yield_policy::YieldPolicy;
use crate::sync::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use crate::sys::clock::{self, TICKS_A_MICROSECOND};
use crate::sys::thread::yield_now;

/// The longest that a caller polls before it sleeps, in ticks of the processor's clock like all times here.
const LONGEST: u64 = 60 * TICKS_A_MICROSECOND;

/// The shortest: some round trips between two cores that are awake.
const SHORTEST: u64 = 10 * TICKS_A_MICROSECOND;

/// What comes within this time was worth polling for. What comes later came when others had the core at last.
pub(super) const SOON: u64 = 40 * TICKS_A_MICROSECOND;

/// What one failure adds to the backoff.
const FAILURE: u32 = 32;

/// The most that one success takes from it: more with each one in a row. So what fails one time in six
/// is given up, although it succeeds in between.
const SUCCESS: u32 = 8;

/// At the most one wait in 1,024 is tried.
const DEEPEST: u32 = 10 * FAILURE;

/// Turns of a spin loop between two looks at what another core may have written (some 500 ns).
const TURNS: u32 = 30;

/// One pause in so many gives way where it is not known to help: who does so on a crowded machine gets the
/// core back much later.
const SELDOM: u32 = 16;

/// See the module's documentation.
#[derive(Default)]
pub struct AdaptiveSpin {
    /// Waits to go without polling.
    skip: AtomicU32,
    backoff: AtomicU32,
    /// Successes in a row.
    successes: AtomicU32,
    /// How long a wait takes that sleeps at once, of late; 0 if there was none.
    recent_sleep: AtomicU64,
    /// What was waited for came while others had the core: who will leave it seems to need it.
    shares_core: AtomicBool,
    pub yielding: YieldPolicy,
}

impl AdaptiveSpin {
    /// How long to poll in the coming wait; 0 is not at all. Where sleeping gets a caller what it waits for
    /// in a short time, what does not come soon comes much later.
    pub fn budget(&self) -> u64 {
        match self.skip.load(Ordering::Relaxed) {
            0 => match self.recent_sleep.load(Ordering::Relaxed) {
                0 => LONGEST,
                slept => (2 * slept).clamp(SHORTEST, LONGEST),
            },
            skip => {
                self.skip.store(skip - 1, Ordering::Relaxed);
                0
            }
        }
    }

    /// The coming wait is not to poll.
    pub fn forgo(&self) {
        let skip = self.skip.load(Ordering::Relaxed);
        self.skip.store(skip.max(1), Ordering::Relaxed);
    }

    /// The pause after so many `looks` at memory: lets another core go on, now and then another thread on
    /// this one; the other way round if that helped last time. Whether `has_come`.
    pub fn pause(&self, looks: u32, has_come: impl Fn() -> bool) -> bool {
        let gives_way = self.gives_way(looks);
        let mut time = 0;
        if gives_way {
            let began = clock::ticks();
            yield_now();
            time = clock::ticks().wrapping_sub(began);
        } else {
            (0..TURNS).for_each(|_| core::hint::spin_loop());
        }
        let came = has_come();
        self.paused(gives_way, came, time);
        came
    }

    fn gives_way(&self, looks: u32) -> bool {
        let shares = self.shares_core.load(Ordering::Relaxed);
        let is_due = if shares { looks.is_multiple_of(2) } else { looks % SELDOM == SELDOM - 1 };
        is_due && self.yielding.may_be_part()
    }

    fn paused(&self, gave_way: bool, came: bool, time: u64) {
        if came && gave_way != self.shares_core.load(Ordering::Relaxed) {
            self.shares_core.store(gave_way, Ordering::Relaxed);
        }
        if gave_way {
            self.yielding.learn_from_spin(came, time);
        }
    }

    /// Whether to [yielding](YieldPolicy) before a wait: if that was enough lately, and now and then to find out, once
    /// polling has failed.
    #[inline]
    pub fn may_yield(&self) -> bool {
        self.yielding.is_trusted()
            || self.yielding.is_due() && self.skip.load(Ordering::Relaxed) > 0
    }

    /// A wait that slept at once brought something after this time.
    pub fn slept(&self, time: u64) {
        let time = time.clamp(1, LONGEST);
        let before = match self.recent_sleep.load(Ordering::Relaxed) {
            0 => time,
            before => before,
        };
        self.recent_sleep.store((3 * before + time) / 4, Ordering::Relaxed);
    }

    /// Polling brought something after some time, or it did not: then it is tried less and less often, so
    /// that an idle program burns nothing and a crowded machine is left to the others.
    pub fn learn(&self, found: Option<u64>) {
        let paid = found.is_some_and(|time| time < SOON);
        let backoff = self.backoff.load(Ordering::Relaxed);
        let successes =
            if paid { self.successes.load(Ordering::Relaxed).saturating_add(1) } else { 0 };
        let backoff = match paid {
            true => backoff.saturating_sub((1 << (successes - 1).min(8)).min(SUCCESS)),
            false => (backoff + FAILURE).min(DEEPEST),
        };
        self.successes.store(successes, Ordering::Relaxed);
        self.backoff.store(backoff, Ordering::Relaxed);
        let skip = (1 << (backoff / FAILURE)) - 1;
        // Successes in a row are followed up soon: times may have changed.
        self.skip.store(skip >> (2 * successes).min(31), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::io::yield_policy::FIRST_WAITS;

    /// How many of `waits` polled, where polling pays by `pays`, told the number of the try.
    fn polled(spin: &AdaptiveSpin, waits: u32, pays: impl Fn(u32) -> bool) -> u32 {
        let mut tries = 0;
        for _ in 0..waits {
            if spin.budget() > 0 {
                spin.learn(pays(tries).then_some(SHORTEST));
                tries += 1;
            }
        }
        tries
    }

    #[test]
    fn what_pays_is_done_always() {
        let spin = AdaptiveSpin::default();
        assert_eq!(polled(&spin, 1000, |_| true), 1000);
        // Now and then in vain, as happens.
        assert!(polled(&spin, 10_000, |n| n % 50 != 0) > 9_000);
    }

    #[test]
    fn what_fails_is_hardly_ever_done() {
        let spin = AdaptiveSpin::default();
        polled(&spin, 5_000, |_| false);
        assert!(polled(&spin, 100_000, |_| false) <= 100);
    }

    #[test]
    fn chance_does_not_count() {
        let spin = AdaptiveSpin::default();
        polled(&spin, 20_000, |n| n % 3 == 0);
        assert!(polled(&spin, 100_000, |n| n % 3 == 0) <= 1_000);
    }

    #[test]
    fn nothing_is_waited_for_much_longer_than_it_takes() {
        let spin = AdaptiveSpin::default();
        assert_eq!(spin.budget(), LONGEST);
        spin.slept(LONGEST / 5);
        assert_eq!(spin.budget(), LONGEST / 5 * 2);
        (0..20).for_each(|_| spin.slept(1));
        assert_eq!(spin.budget(), SHORTEST);
        (0..100).for_each(|_| spin.slept(u64::MAX));
        assert_eq!(spin.budget(), LONGEST);
    }

    /// So many pauses, after which something comes.
    fn pauses(spin: &AdaptiveSpin, comes: u32) {
        (0..comes).for_each(|looks| spin.paused(spin.gives_way(looks), looks == comes - 1, 1));
    }

    /// After the first waits.
    fn seasoned() -> AdaptiveSpin {
        let spin = AdaptiveSpin::default();
        assert!((0..FIRST_WAITS).all(|_| spin.gives_way(SELDOM - 1) && !spin.may_yield()));
        spin
    }

    #[test]
    fn what_helped_last_time_comes_first() {
        let spin = seasoned();
        let gives_way = |looks: u32| spin.gives_way(looks);
        assert!((0..SELDOM - 1).all(|looks| !gives_way(looks)) && gives_way(SELDOM - 1));
        pauses(&spin, 3);
        assert!(!gives_way(0));
        pauses(&spin, SELDOM);
        assert!(gives_way(0) && !gives_way(1) && gives_way(2));
        pauses(&spin, 1);
        assert!(gives_way(0));
        pauses(&spin, 2);
        assert!(!gives_way(0));
    }

    #[test]
    fn who_lost_a_slice_in_a_pause_keeps_the_core() {
        let spin = seasoned();
        pauses(&spin, SELDOM);
        assert!(spin.gives_way(0) && spin.may_yield());
        spin.paused(true, false, LONGEST * 1_000);
        assert!(!spin.gives_way(0) && !spin.may_yield());
    }

    #[test]
    fn a_glance_is_tried_where_polling_has_failed() {
        let spin = seasoned();
        assert!((0..1_000).all(|_| !spin.may_yield()));
        spin.learn(None);
        assert!(spin.may_yield());
    }

    #[test]
    fn better_times_are_noticed() {
        let spin = AdaptiveSpin::default();
        polled(&spin, 5_000, |_| false);
        polled(&spin, 2_000, |_| true);
        assert_eq!(polled(&spin, 100, |_| true), 100);
    }
}
