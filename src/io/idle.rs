//! The pauses of a calling thread that polls before it sleeps: spinning and yielding. The decisions are those
//! of [`AdaptiveSpin`] and [`YieldPolicy`]; this is the mechanism, with the clock.
//!
//! Calling thread, as the leader of its socket or under the socket's lock.
#![forbid(unsafe_code)]

use crate::adapt::spin::AdaptiveSpin;
use crate::adapt::yield_policy::{YIELDS, YieldPolicy};
use crate::sys::clock;
use crate::sys::thread::yield_now;

/// Turns of a spin loop in one pause (some 500 ns).
const TURNS: u32 = 30;

/// Pauses after so many `looks` at memory: spins for another core, or yields this one. Returns whether the
/// awaited input `has_come`.
pub fn pause(spin: &AdaptiveSpin, looks: u32, has_come: impl Fn() -> bool) -> bool {
    let yields = spin.yields(looks);
    let mut time = 0;
    if yields {
        let began = clock::ticks();
        yield_now();
        time = clock::ticks().wrapping_sub(began);
    } else {
        (0..TURNS).for_each(|_| core::hint::spin_loop());
    }
    let came = has_come();
    spin.paused(yields, came, time);
    came
}

/// Yields to another thread. Returns whether the awaited input `has_come`.
pub fn yield_to_peer(policy: &YieldPolicy, mut has_come: impl FnMut() -> bool) -> bool {
    let began = clock::ticks();
    // Ends with the first yield that brought something.
    let came = (0..YIELDS).any(|_| {
        yield_now();
        has_come()
    });
    policy.learn(came, clock::ticks().wrapping_sub(began));
    came
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_yields_at_most_twice() {
        let policy = YieldPolicy::default();
        let looks = core::cell::Cell::new(0);
        let has_come = |at: u32| {
            looks.set(looks.get() + 1);
            looks.get() == at
        };
        assert!(yield_to_peer(&policy, || has_come(1)));
        assert!(yield_to_peer(&policy, || has_come(3)));
        looks.set(10);
        assert!(!yield_to_peer(&policy, || has_come(1)));
        assert_eq!(looks.get(), 12);
    }
}
