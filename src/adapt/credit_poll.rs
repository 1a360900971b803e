//! Credit poll: when a nonblocking sender polls for credit, about once a millisecond, as in libzmq.
//!
//! In that time a sender of short messages that does nothing else makes thousands of calls. It
//! reaches the mark however fast the reader empties the queue. Where everything is slow (an
//! emulator, valgrind) it would make some hundred calls. There it polls after 4,096 calls, or when
//! a call found no room.
#![forbid(unsafe_code)]

/// Ticks of the processor's clock between two polls.
pub const LOOK_EVERY: u64 = 3_000_000;

/// Calls after which a poll is due, however slow they are.
const ENOUGH: u32 = 4096;

/// A time longer than this many calls is a pause in which the sender does something else. Rare
/// pauses do not count: one call in [`RARE`] may be interrupted.
const PAUSE: u64 = 4;
const RARE: u32 = 8;

/// A call that took longer than this many ticks says nothing about the machine: it was interrupted.
const INTERRUPTED: u64 = 100_000;

/// See the module's documentation.
#[derive(Default)]
pub struct CreditPoll {
    /// When the last poll was, and the last call.
    looked: u64,
    called: u64,
    /// How long the last measured call took; 0 is unknown.
    took: u64,
    /// Calls since the last poll, and how many came after a pause.
    calls: u32,
    paused: u32,
}

/// The duty of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PollDue {
    Nothing,
    /// The call reports its end.
    Measure,
    /// The call polls for credit now, and reports its end.
    Poll,
}

impl CreditPoll {
    /// Begins a call. `short`: its message is short.
    #[inline]
    pub fn begin(&mut self, now: u64, short: bool) -> PollDue {
        self.calls = self.calls.saturating_add(1);
        let pause = now.wrapping_sub(self.called);
        self.paused += u32::from(!short || pause >= PAUSE * self.took);
        self.called = now;
        if now.wrapping_sub(self.looked) <= LOOK_EVERY { PollDue::Nothing } else { self.due(now) }
    }

    #[cold]
    fn due(&mut self, now: u64) -> PollDue {
        let sends_only = self.paused < self.calls / RARE;
        if sends_only && self.calls < ENOUGH {
            return PollDue::Measure;
        }
        (self.looked, self.calls, self.paused) = (now, 0, 0);
        PollDue::Poll
    }

    /// Ends a call that is measured.
    pub fn end(&mut self, now: u64) {
        let took = now.wrapping_sub(self.called);
        if took < INTERRUPTED {
            self.took = took;
        }
    }

    /// Notes that a call found no room: the next poll is due by time alone.
    pub fn refused(&mut self) {
        self.calls = self.calls.max(ENOUGH);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The calls between two polls of a sender whose calls and pauses take so long.
    fn calls_between_looks(call: u64, pause: u64, short: bool) -> Vec<u32> {
        let (mut credit_poll, mut now, mut counts, mut count) =
            (CreditPoll::default(), LOOK_EVERY + 1, vec![], 0);
        while counts.len() < 5 {
            count += 1;
            let due = credit_poll.begin(now, short);
            now += call;
            if due != PollDue::Nothing {
                credit_poll.end(now);
            }
            if due == PollDue::Poll {
                counts.push(core::mem::take(&mut count));
            }
            // One call in 100 is interrupted.
            now += if count % 100 == 50 { 50 * call } else { pause };
        }
        counts.split_off(2)
    }

    #[test]
    fn looks_once_in_a_millisecond() {
        for (call, pause) in [(300, 0), (300, 100), (300, 3_000), (300, 300_000), (9_000, 60_000)] {
            for calls in calls_between_looks(call, pause, true) {
                let time = u64::from(calls) * (call + pause);
                assert!(time > LOOK_EVERY / 2 && time < LOOK_EVERY + 300_000, "{call} {pause}");
            }
        }
        assert_eq!(calls_between_looks(300, 2 * LOOK_EVERY, true), [1; 3]);
    }

    #[test]
    fn who_only_sends_makes_many_calls_also_where_they_are_slow() {
        assert_eq!(calls_between_looks(9_000, 3_000, true), [ENOUGH; 3]);
        // Long messages take their time everywhere.
        assert!(calls_between_looks(9_000, 3_000, false).iter().all(|calls| *calls < 300));
    }

    #[test]
    fn who_was_refused_looks_again() {
        let mut credit_poll = CreditPoll::default();
        let mut now = LOOK_EVERY + 1;
        for _ in 0..2_000 {
            if credit_poll.begin(now, true) != PollDue::Nothing {
                credit_poll.end(now + 9_000);
            }
            now += 10_000;
        }
        assert_eq!(credit_poll.begin(now, true), PollDue::Measure);
        credit_poll.refused();
        assert_eq!(credit_poll.begin(now + 10_000, true), PollDue::Poll);
    }
}
