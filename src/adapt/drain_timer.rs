//! Drain timers, for connections whose sockets stream. A caller that sends message after message
//! writes by itself whenever a larger piece has gathered. The I/O thread comes only when the drain
//! timer expires, for the bytes left when the caller pauses or stops. So no thread has to be woken
//! for each piece, and the bytes stay with the core that made them.
//!
//! An expiry takes the core from a caller that shares it, and costs as much as 1,000 small
//! messages. So after an expiry that finds a large volume sent since the last one, the time
//! doubles.
//!
//! A value of one reactor, owned by its I/O thread.
#![forbid(unsafe_code)]

use super::pause::Pause;

/// The time that deferred bytes may wait, in nanoseconds (50 us); 16 times that behind a caller
/// that sends as fast as it can.
const SHORTEST: u64 = 50_000;

/// A fast stream: this volume has gone out per microsecond, as [`Tx::moved`] counts it. It is half
/// the rate of a caller whose timer expires at every 50 us; libzmq does less.
///
/// [`Tx::moved`]: crate::io::connection
const FAST: u64 = 320;

/// The drain timer of one session.
#[derive(Debug, PartialEq, Eq)]
pub struct DrainTimer {
    pub session: u64,
    /// Time since the last expiry.
    pause: Pause<SHORTEST, 4>,
    /// Volume that had gone out by then.
    moved: u64,
    due: u64,
}

impl DrainTimer {
    /// The first timer of a session, started when the volume `moved` had gone out.
    pub fn first(session: u64, moved: u64) -> DrainTimer {
        DrainTimer { session, pause: Pause::default(), moved, due: 0 }
    }

    /// Whether the stream was fast since the last expiry; sets the time of the next one.
    pub fn is_fast(&mut self, moved: u64) -> bool {
        let since = moved.wrapping_sub(core::mem::replace(&mut self.moved, moved));
        let is_fast = since >= self.pause.nanos() / 1000 * FAST;
        match is_fast {
            true => self.pause.double(),
            false => self.pause.shorten(),
        }
        is_fast
    }
}

/// The drain timers of one reactor.
#[derive(Default)]
pub struct DrainTimers {
    timers: Vec<DrainTimer>,
    /// Time at which the first of them is due.
    due: u64,
}

impl DrainTimers {
    /// Starts a timer; its time begins `now`.
    pub fn add(&mut self, mut timer: DrainTimer, now: u64) {
        timer.due = now + timer.pause.nanos();
        self.due = if self.timers.is_empty() { timer.due } else { self.due.min(timer.due) };
        self.timers.push(timer);
    }

    /// Time at which the next timer is due, if there is one.
    pub fn due(&self) -> Option<u64> {
        (!self.timers.is_empty()).then_some(self.due)
    }

    /// Takes the timers that are due, or due within half of [`SHORTEST`]. If the caller goes on,
    /// they have to be added again.
    pub fn take_due(&mut self, now: u64) -> Vec<DrainTimer> {
        if now < self.due {
            return Vec::new();
        }
        let all = core::mem::take(&mut self.timers);
        let (due, later) = all.into_iter().partition(|timer| timer.due <= now + SHORTEST / 2);
        self.timers = later;
        self.due = self.timers.iter().map(|timer| timer.due).min().unwrap_or(0);
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(streams: &mut DrainTimers, now: u64) -> Vec<u64> {
        streams.take_due(now).into_iter().map(|timer| timer.session).collect()
    }

    #[test]
    fn all_that_are_nearly_due_are_timered_together() {
        let mut streams = DrainTimers::default();
        assert_eq!(streams.due(), None);
        streams.add(DrainTimer::first(1, 0), 1000);
        streams.add(DrainTimer::first(2, 0), 1000 + SHORTEST / 2);
        streams.add(DrainTimer::first(3, 0), 1001 + SHORTEST / 2);
        assert_eq!(streams.due(), Some(1000 + SHORTEST));
        assert_eq!(taken(&mut streams, 999 + SHORTEST), []);
        assert_eq!(taken(&mut streams, 1000 + SHORTEST), [1, 2]);
        assert_eq!(streams.due(), Some(1001 + SHORTEST / 2 + SHORTEST));
        assert_eq!((taken(&mut streams, u64::MAX / 2), streams.due()), (vec![3], None));
    }

    #[test]
    fn a_fast_caller_is_timered_less_often() {
        let mut timer = DrainTimer::first(1, 500);
        let mut moved = 500;
        for expected in [2, 4, 8, 16, 16, 16] {
            moved += timer.pause.nanos() / 1000 * FAST;
            assert!(timer.is_fast(moved));
            assert_eq!(timer.pause.nanos(), expected * SHORTEST);
        }
        moved += timer.pause.nanos() / 1000 * FAST - 1;
        assert!(!timer.is_fast(moved));
        assert_eq!(timer.pause.nanos(), SHORTEST);
    }

    #[test]
    fn a_new_stream_does_not_wait_for_a_fast_one() {
        let mut streams = DrainTimers::default();
        let mut fast = DrainTimer::first(1, 0);
        assert!(fast.is_fast(u64::MAX / 2));
        streams.add(fast, 0);
        streams.add(DrainTimer::first(2, 0), 10);
        assert_eq!(streams.due(), Some(10 + SHORTEST));
        assert_eq!(taken(&mut streams, 10 + SHORTEST), [2]);
        assert_eq!(streams.due(), Some(2 * SHORTEST));
    }
}
