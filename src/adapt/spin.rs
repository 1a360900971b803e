//! Adaptive spinning: whether polling for a moment before sleeping has recently paid. Waking a core
//! that sleeps costs more than the message. But a caller only loses time if it polls while its peer
//! waits for its core, or if the peer answers much later. Callers that share a core with their peer
//! are the concern of [`YieldPolicy`].
//!
//! Used by the leader of a socket, without a lock. The numbers are atomic because the leader
//! changes; a lost update does no harm.
#![forbid(unsafe_code)]

use super::yield_policy::YieldPolicy;
use crate::sync::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use crate::sys::clock::TICKS_A_MICROSECOND;

/// The longest time that a caller polls before it sleeps (60 us), in ticks of the processor's clock
/// like all times here.
const LONGEST: u64 = 60 * TICKS_A_MICROSECOND;

/// The shortest such time (10 us): some round trips between two cores that are awake.
const SHORTEST: u64 = 10 * TICKS_A_MICROSECOND;

/// Input within this time (40 us) was worth polling for. Later input came only because another
/// thread got the core.
pub const SOON: u64 = 40 * TICKS_A_MICROSECOND;

/// Backoff that one failure adds.
const FAILURE: u32 = 32;

/// The most backoff that one success takes away; each success in a row takes more. So polling that
/// fails one time in six is given up, although it succeeds in between.
const SUCCESS: u32 = 8;

/// Limit of the backoff: at least one wait in 1,024 still spins.
const DEEPEST: u32 = 10 * FAILURE;

/// One pause in so many yields where yielding is not known to help. On a crowded machine a thread
/// that yields gets the core back much later.
const SELDOM: u32 = 16;

/// See the module's documentation.
#[derive(Default)]
pub struct AdaptiveSpin {
    /// Waits to go without polling.
    skip: AtomicU32,
    backoff: AtomicU32,
    /// Successes in a row.
    successes: AtomicU32,
    /// Recent duration of waits that sleep at once, averaged; 0 if there was none.
    recent_sleep: AtomicU64,
    /// The last input came after a yield and not after a spin: the writer seems to need this core.
    shares_core: AtomicBool,
    pub yielding: YieldPolicy,
}

impl AdaptiveSpin {
    /// Time to poll in the next wait; 0 is not at all. If waits that sleep are short, the budget is
    /// short too: input that misses it then comes much later.
    pub fn budget(&self) -> u64 {
        match self.skip.load(Ordering::Relaxed) {
            0 => match self.recent_sleep.load(Ordering::Relaxed) {
                // No sleep was measured yet: assume a peer that answers soon.
                0 => LONGEST,
                // Twice the average, because single waits vary.
                slept => (2 * slept).clamp(SHORTEST, LONGEST),
            },
            skip => {
                // This wait is one of those that sleep at once.
                self.skip.store(skip - 1, Ordering::Relaxed);
                0
            }
        }
    }

    /// Makes the next wait sleep at once.
    pub fn forgo(&self) {
        let skip = self.skip.load(Ordering::Relaxed);
        // A longer backoff stays as it is.
        self.skip.store(skip.max(1), Ordering::Relaxed);
    }

    /// Whether the pause after so many `looks` at memory yields. Most pauses spin, so that another core goes
    /// on; one in [`SELDOM`] yields. If a yield helped last time, every other pause yields.
    pub fn yields(&self, looks: u32) -> bool {
        let shares = self.shares_core.load(Ordering::Relaxed);
        let is_due = if shares { looks.is_multiple_of(2) } else { looks % SELDOM == SELDOM - 1 };
        // The yield policy can forbid it: it knows of lost time slices.
        is_due && self.yielding.may_be_part()
    }

    /// Learns from a pause that yielded or not, took `time`, and after which input `came` or not.
    pub fn paused(&self, yielded: bool, came: bool, time: u64) {
        // Written only on a change, so that the cache line stays shared.
        if came && yielded != self.shares_core.load(Ordering::Relaxed) {
            self.shares_core.store(yielded, Ordering::Relaxed);
        }
        if yielded {
            // A spin on the core proves nothing about yielding.
            self.yielding.learn_from_spin(came, time);
        }
    }

    /// Whether to yield before a wait ([`YieldPolicy`]): if that recently sufficed, and as a trial
    /// when one is due and polling has failed.
    #[inline]
    pub fn may_yield(&self) -> bool {
        self.yielding.is_trusted()
            || self.yielding.is_due() && self.skip.load(Ordering::Relaxed) > 0
    }

    /// Notes that a wait which slept at once brought something after this time.
    pub fn slept(&self, time: u64) {
        let time = time.clamp(1, LONGEST);
        let before = match self.recent_sleep.load(Ordering::Relaxed) {
            0 => time,
            before => before,
        };
        // A moving average, in which the newest wait has a weight of a quarter.
        self.recent_sleep.store((3 * before + time) / 4, Ordering::Relaxed);
    }

    /// Learns from a wait that polled: `found` is the time after which something came. After
    /// failures polling is tried less and less often, so that an idle program burns nothing and a
    /// crowded machine is left to other threads.
    pub fn learn(&self, found: Option<u64>) {
        let paid = found.is_some_and(|time| time < SOON);
        let backoff = self.backoff.load(Ordering::Relaxed);
        let successes =
            if paid { self.successes.load(Ordering::Relaxed).saturating_add(1) } else { 0 };
        let backoff = match paid {
            // 1, 2, 4, then 8: one lucky try weighs little against a failure's 32.
            true => backoff.saturating_sub((1 << (successes - 1).min(8)).min(SUCCESS)),
            false => (backoff + FAILURE).min(DEEPEST),
        };
        self.successes.store(successes, Ordering::Relaxed);
        self.backoff.store(backoff, Ordering::Relaxed);
        // Each failure doubles the number of waits that sleep at once.
        let skip = (1 << (backoff / FAILURE)) - 1;
        // A success in a row shortens the backoff at once (by a factor of 4 each): the load may
        // have changed.
        self.skip.store(skip >> (2 * successes).min(31), Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapt::yield_policy::FIRST_WAITS;

    /// How many of `waits` polled, where `pays` says by the number of the try whether it pays.
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
        // One try in 50 fails.
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

    /// Makes `comes` pauses, after the last of which something comes.
    fn pauses(spin: &AdaptiveSpin, comes: u32) {
        (0..comes).for_each(|looks| spin.paused(spin.yields(looks), looks == comes - 1, 1));
    }

    /// The state after the first waits.
    fn seasoned() -> AdaptiveSpin {
        let spin = AdaptiveSpin::default();
        assert!((0..FIRST_WAITS).all(|_| spin.yields(SELDOM - 1) && !spin.may_yield()));
        spin
    }

    #[test]
    fn what_helped_last_time_comes_first() {
        let spin = seasoned();
        let yields = |looks: u32| spin.yields(looks);
        assert!((0..SELDOM - 1).all(|looks| !yields(looks)) && yields(SELDOM - 1));
        pauses(&spin, 3);
        assert!(!yields(0));
        pauses(&spin, SELDOM);
        assert!(yields(0) && !yields(1) && yields(2));
        pauses(&spin, 1);
        assert!(yields(0));
        pauses(&spin, 2);
        assert!(!yields(0));
    }

    #[test]
    fn who_lost_a_slice_in_a_pause_keeps_the_core() {
        let spin = seasoned();
        pauses(&spin, SELDOM);
        assert!(spin.yields(0) && spin.may_yield());
        spin.paused(true, false, LONGEST * 1_000);
        assert!(!spin.yields(0) && !spin.may_yield());
    }

    #[test]
    fn yielding_is_tried_where_polling_has_failed() {
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
