//! Subscription poll: when a publisher polls for subscriptions.
//!
//! A publisher that streams polls with few of its messages, and the I/O thread posts subscriptions
//! that come meanwhile. Otherwise it would only poll where system calls are slow (valgrind).
#![forbid(unsafe_code)]

use super::tuning::STREAM_GAP;

/// See the module's documentation. Times are in ticks of the processor's clock.
#[derive(Default)]
pub struct SubscriptionPoll {
    /// When the last call was, in clock ticks, or when its poll was over.
    called: u64,
    /// Calls since the last poll.
    calls: u32,
}

/// Messages of a stream between two polls.
const MESSAGES_BETWEEN_POLLS: u32 = 256;

/// A pause between two calls that ends a stream, in clock ticks.
const PAUSE: u64 = STREAM_GAP + STREAM_GAP / 2;

impl SubscriptionPoll {
    /// Whether the call that begins `now` polls. `since`: how long ago the last poll was.
    /// `written`: when a call last finished a write, whose time is no pause.
    #[inline]
    pub fn is_due(&mut self, now: u64, since: u64, written: u64) -> bool {
        let pause = now.wrapping_sub(self.called).min(now.wrapping_sub(written));
        self.called = now;
        self.calls = self.calls.saturating_add(1);
        since >= STREAM_GAP && (pause >= PAUSE || self.calls >= MESSAGES_BETWEEN_POLLS)
    }

    /// Notes that the poll is over.
    pub fn looked(&mut self, now: u64) {
        self.called = now;
        self.calls = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::adapt::credit_poll::LOOK_EVERY;

    /// The polls and calls of a publisher that sends every `pause` ticks for 100 `LOOK_EVERY`.
    fn looks(pause: u64) -> (u64, u64) {
        let (mut subscription_poll, mut asked, mut looks, mut calls) =
            (SubscriptionPoll::default(), 0, 0, 0);
        for now in (0..100 * LOOK_EVERY).step_by(pause as usize) {
            calls += 1;
            if subscription_poll.is_due(now, now - asked, 0) {
                (asked, looks, subscription_poll.calls) = (now, looks + 1, 0);
            }
        }
        (looks, calls)
    }

    #[test]
    fn a_publisher_looks_for_subscriptions_often_but_not_always() {
        // Fast: once in one or two `STREAM_GAP`.
        let (seen, _) = looks(200);
        assert!((3_000..7_000).contains(&seen), "{seen}");
        // With long pauses: each time.
        let (seen, sent) = looks(3 * STREAM_GAP);
        assert!(sent - seen < 2);
        // Slowly, but without a pause: seldom.
        let (seen, sent) = looks(STREAM_GAP);
        assert_eq!(seen, sent / u64::from(MESSAGES_BETWEEN_POLLS));
    }
}
