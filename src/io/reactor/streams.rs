//! Connections whose sockets stream. A caller that sends message behind message writes for itself
//! whenever a larger piece has gathered; the reactor only comes by now and then, for what is left when
//! the caller pauses or stops. So nobody has to be woken for each piece, and the bytes stay with the
//! core that made them.
//!
//! A visit takes the core from a caller that shares it, and costs as much as a thousand small messages. So
//! where a visit finds that a lot has gone out since the last one, the next comes after twice the time.
//!
//! Reactor's thread.
#![forbid(unsafe_code)]

use super::pause::Pause;

/// How long what is left may wait, in nanoseconds; sixteen times that behind a caller that sends as fast as it can.
const SHORTEST: u64 = 50_000;

/// What is fast: so much has gone out in a microsecond, as [`Tx::moved`] counts it. It is half of what a caller
/// does that is visited all the time; libzmq does less.
///
/// [`Tx::moved`]: crate::io::connection
const FAST: u64 = 320;

/// A session to visit.
#[derive(Debug, PartialEq, Eq)]
pub struct DrainTimer {
    pub session: u64,
    /// How long after the last visit.
    pause: Pause<SHORTEST, 4>,
    /// What had gone out by then.
    moved: u64,
    due: u64,
}

impl DrainTimer {
    /// The first one, when so much had `moved`.
    pub fn first(session: u64, moved: u64) -> DrainTimer {
        DrainTimer { session, pause: Pause::default(), moved, due: 0 }
    }

    /// Whether a lot has gone out since the last visit; the next one is arranged by it.
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

/// The sessions to visit.
#[derive(Default)]
pub struct DrainTimers {
    visits: Vec<DrainTimer>,
    /// When the first of them is due.
    due: u64,
}

impl DrainTimers {
    /// The session is to be visited; its pause begins `now`.
    pub fn add(&mut self, mut visit: DrainTimer, now: u64) {
        visit.due = now + visit.pause.nanos();
        self.due = if self.visits.is_empty() { visit.due } else { self.due.min(visit.due) };
        self.visits.push(visit);
    }

    /// When the next visit is due, if there is one.
    pub fn due(&self) -> Option<u64> {
        (!self.visits.is_empty()).then_some(self.due)
    }

    /// The visits to make now, those among them that are nearly due; where the caller goes on they have to be
    /// added again.
    pub fn take_due(&mut self, now: u64) -> Vec<DrainTimer> {
        if now < self.due {
            return Vec::new();
        }
        let all = core::mem::take(&mut self.visits);
        let (due, later) = all.into_iter().partition(|visit| visit.due <= now + SHORTEST / 2);
        self.visits = later;
        self.due = self.visits.iter().map(|visit| visit.due).min().unwrap_or(0);
        due
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(streams: &mut DrainTimers, now: u64) -> Vec<u64> {
        streams.take_due(now).into_iter().map(|visit| visit.session).collect()
    }

    #[test]
    fn all_that_are_nearly_due_are_visited_together() {
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
    fn a_fast_caller_is_visited_less_often() {
        let mut visit = DrainTimer::first(1, 500);
        let mut moved = 500;
        for expected in [2, 4, 8, 16, 16, 16] {
            moved += visit.pause.nanos() / 1000 * FAST;
            assert!(visit.is_fast(moved));
            assert_eq!(visit.pause.nanos(), expected * SHORTEST);
        }
        moved += visit.pause.nanos() / 1000 * FAST - 1;
        assert!(!visit.is_fast(moved));
        assert_eq!(visit.pause.nanos(), SHORTEST);
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
