//! The timers an application runs by hand (`zmq_timers_*`): pure logic on a clock passed in.
//!
//! One owner at a time: the object has no lock and may be used by one thread at once. Times are
//! milliseconds of a monotonic clock. Handlers are never called from here: the caller takes one due
//! timer after the other with [`Timers::next_due`]. It calls the timer's handler while nothing of
//! this object is borrowed. So a handler may add, cancel, reset or execute itself.
#![forbid(unsafe_code)]

use crate::error::{Errno, Result};
use hashbrown::HashMap;
use std::collections::BTreeMap;

/// A timer's place in the order of expiry: when it is due (ms), then when it was armed.
type Slot = (u64, u64);

struct Timer<A> {
    slot: Slot,
    interval: u64,
    action: A,
}

/// One pass over the timers that are due: see [`Timers::begin`].
#[derive(Clone, Copy, Debug)]
pub struct Run {
    now: u64,
    armed_before: u64,
}

/// A set of repeating timers, each with an action that the caller understands.
pub struct Timers<A> {
    timers: HashMap<i32, Timer<A>, foldhash::fast::FixedState>,
    /// Every timer once, by its slot.
    order: BTreeMap<Slot, i32>,
    /// Id of the timer added last; ids are not used again.
    last_id: i32,
    /// Counts arms, so that timers due at one time keep their order.
    arms: u64,
}

impl<A: Copy> Timers<A> {
    #[must_use]
    pub fn new() -> Self {
        Timers {
            // The ids are this object's own count: no caller can choose them to collide.
            timers: HashMap::with_hasher(foldhash::fast::FixedState::default()),
            order: BTreeMap::new(),
            last_id: 0,
            arms: 0,
        }
    }

    /// Adds a timer that is due every `interval` ms from `now` on, and returns its id (1 and up).
    ///
    /// # Errors
    /// `ENOMEM` when all ids have been used.
    pub fn add(&mut self, now: u64, interval: u64, action: A) -> Result<i32> {
        let id = self.last_id.checked_add(1).ok_or(Errno::ENOMEM)?;
        self.last_id = id;
        let slot = self.arm(id, now, interval);
        self.timers.insert(id, Timer { slot, interval, action });
        Ok(id)
    }

    /// Removes a timer.
    ///
    /// # Errors
    /// `EINVAL` if there is no such timer.
    pub fn cancel(&mut self, id: i32) -> Result<()> {
        let timer = self.timers.remove(&id).ok_or(Errno::EINVAL)?;
        self.order.remove(&timer.slot);
        Ok(())
    }

    /// Gives a timer a new interval (ms) and starts it again at `now`.
    ///
    /// # Errors
    /// `EINVAL` if there is no such timer.
    pub fn set_interval(&mut self, now: u64, id: i32, interval: u64) -> Result<()> {
        self.timers.get_mut(&id).ok_or(Errno::EINVAL)?.interval = interval;
        self.reset(now, id)
    }

    /// Starts a timer again at `now`.
    ///
    /// # Errors
    /// `EINVAL` if there is no such timer.
    pub fn reset(&mut self, now: u64, id: i32) -> Result<()> {
        let timer = self.timers.get(&id).ok_or(Errno::EINVAL)?;
        let (old, interval) = (timer.slot, timer.interval);
        self.order.remove(&old);
        let slot = self.arm(id, now, interval);
        if let Some(timer) = self.timers.get_mut(&id) {
            timer.slot = slot;
        }
        Ok(())
    }

    /// Milliseconds from `now` to the next timer, 0 if it is overdue; `None` without timers.
    #[must_use]
    pub fn timeout(&self, now: u64) -> Option<u64> {
        let ((due, _), _) = self.order.first_key_value()?;
        Some(due.saturating_sub(now))
    }

    /// Begins a pass over the timers due at `now`.
    ///
    /// A pass visits timers armed before it began only. So a timer of interval 0, or handlers that
    /// add such timers, cannot keep it going for ever.
    #[must_use]
    pub fn begin(&self, now: u64) -> Run {
        Run { now, armed_before: self.arms }
    }

    /// The next timer of a pass, in order of expiry. It is armed again at the time the pass began:
    /// ticks that were missed are not made up.
    pub fn next_due(&mut self, run: Run) -> Option<(i32, A)> {
        let (&(due, armed), &id) = self.order.first_key_value()?;
        // Timers armed during the pass are due at its begin or later, behind the timers armed
        // before. So the first that is not of this pass ends it.
        if due > run.now || armed >= run.armed_before {
            return None;
        }
        self.reset(run.now, id).ok()?;
        self.timers.get(&id).map(|timer| (id, timer.action))
    }

    fn arm(&mut self, id: i32, now: u64, interval: u64) -> Slot {
        let slot = (now.saturating_add(interval), self.arms);
        self.arms += 1;
        self.order.insert(slot, id);
        slot
    }
}

impl<A: Copy> Default for Timers<A> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pass(timers: &mut Timers<char>, now: u64) -> String {
        let run = timers.begin(now);
        std::iter::from_fn(|| timers.next_due(run)).map(|(_, action)| action).collect()
    }

    #[test]
    fn runs_in_order_of_expiry_and_rearms_from_the_start_of_the_pass() {
        let mut timers = Timers::new();
        assert_eq!(timers.timeout(0), None);
        assert_eq!(timers.add(0, 30, 'a'), Ok(1));
        assert_eq!(timers.add(0, 10, 'b'), Ok(2));
        assert_eq!(timers.add(0, 10, 'c'), Ok(3));
        assert_eq!(timers.timeout(4), Some(6));
        assert_eq!(pass(&mut timers, 9), "");
        assert_eq!(timers.timeout(40), Some(0));
        assert_eq!(pass(&mut timers, 35), "bca");
        assert_eq!(timers.timeout(35), Some(10));
        assert_eq!(pass(&mut timers, 44), "");
        assert_eq!(pass(&mut timers, 45), "bc");
    }

    #[test]
    fn cancelled_timers_are_unknown() {
        let mut timers = Timers::new();
        let id = timers.add(0, 5, 'a').unwrap();
        assert_eq!(timers.cancel(id), Ok(()));
        assert_eq!(timers.cancel(id), Err(Errno::EINVAL));
        assert_eq!(timers.reset(0, id), Err(Errno::EINVAL));
        assert_eq!(timers.set_interval(0, id, 1), Err(Errno::EINVAL));
        assert_eq!(timers.timeout(0), None);
        assert_eq!(timers.add(0, 5, 'b'), Ok(2));
    }

    #[test]
    fn reset_and_set_interval_start_again() {
        let mut timers = Timers::new();
        let id = timers.add(0, 10, 'a').unwrap();
        timers.reset(8, id).unwrap();
        assert_eq!(pass(&mut timers, 17), "");
        assert_eq!(pass(&mut timers, 18), "a");
        timers.set_interval(18, id, 2).unwrap();
        assert_eq!(timers.timeout(18), Some(2));
    }

    #[test]
    fn interval_zero_runs_once_in_a_pass() {
        let mut timers = Timers::new();
        timers.add(0, 0, 'a').unwrap();
        assert_eq!(pass(&mut timers, 0), "a");
        assert_eq!(pass(&mut timers, 0), "a");
        assert_eq!(timers.timeout(1), Some(0));
    }

    #[test]
    fn changes_during_a_pass_are_seen_by_it_but_new_timers_wait() {
        let mut timers = Timers::new();
        timers.add(0, 1, 'a').unwrap();
        let second = timers.add(0, 2, 'b').unwrap();
        let third = timers.add(0, 3, 'c').unwrap();
        let run = timers.begin(5);
        assert_eq!(timers.next_due(run), Some((1, 'a')));
        timers.cancel(second).unwrap();
        timers.add(6, 0, 'd').unwrap();
        timers.reset(6, 1).unwrap();
        assert_eq!(timers.next_due(run), Some((third, 'c')));
        assert_eq!(timers.next_due(run), None);
        assert_eq!(pass(&mut timers, 8), "dac");
    }

    #[test]
    fn a_huge_interval_is_never_due() {
        let mut timers = Timers::new();
        timers.add(7, u64::MAX, 'a').unwrap();
        assert_eq!(pass(&mut timers, u64::MAX - 1), "");
        assert_eq!(timers.timeout(7), Some(u64::MAX - 7));
    }
}
