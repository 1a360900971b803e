//! The pause before a connecting endpoint tries again (`ZMQ_RECONNECT_IVL`,
//! `ZMQ_RECONNECT_IVL_MAX`).
//!
//! A value of a session, on the I/O thread. The pause doubles with each attempt, up to the maximum,
//! until a handshake has succeeded. An accepted stream alone proves nothing: the other side may be
//! a forwarder without a server, a full server, or one that refuses this peer.
#![forbid(unsafe_code)]

/// See the module's documentation.
#[derive(Debug, Default)]
pub struct Backoff {
    /// The last pause, in milliseconds.
    last: Option<i32>,
    /// A handshake has succeeded since the last pause.
    is_proven: bool,
}

impl Backoff {
    /// Notes a successful handshake, or that there is none (raw streams): the next pause is the
    /// shortest.
    pub fn established(&mut self) {
        self.is_proven = true;
    }

    /// Notes that the peer broke the protocol. Its handshake does not count: a peer that shakes
    /// hands and then sends nonsense is also dialled less and less often.
    pub fn breached(&mut self) {
        self.is_proven = false;
    }

    /// The next pause in milliseconds. Without a maximum it does not grow, and `below` (a random
    /// number below its argument) keeps many peers from coming at once.
    pub fn next(&mut self, interval: i32, most: i32, below: impl FnOnce(i32) -> i32) -> i32 {
        if most < interval {
            return interval.saturating_add(below(interval));
        }
        let last = self.last.filter(|_| !self.is_proven);
        let pause = last.map_or(interval, |last| last.saturating_mul(2).min(most));
        *self = Backoff { last: Some(pause), is_proven: false };
        pause
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses(backoff: &mut Backoff, count: usize) -> Vec<i32> {
        (0..count).map(|_| backoff.next(10, 100, |_| unreachable!())).collect()
    }

    #[test]
    fn doubles_up_to_the_maximum() {
        assert_eq!(pauses(&mut Backoff::default(), 7), [10, 20, 40, 80, 100, 100, 100]);
    }

    #[test]
    fn a_handshake_makes_it_short_again() {
        let mut backoff = Backoff::default();
        pauses(&mut backoff, 3);
        backoff.established();
        assert_eq!(pauses(&mut backoff, 3), [10, 20, 40]);
    }

    #[test]
    fn a_handshake_before_a_breach_does_not_count() {
        let mut backoff = Backoff::default();
        pauses(&mut backoff, 3);
        backoff.established();
        backoff.breached();
        assert_eq!(pauses(&mut backoff, 2), [80, 100]);
    }

    #[test]
    fn without_a_maximum_it_does_not_grow() {
        let mut backoff = Backoff::default();
        for below in [0, 5, 9] {
            assert_eq!(backoff.next(10, 0, |_| below), 10 + below);
            // A maximum below the interval is none.
            assert_eq!(backoff.next(10, 9, |_| below), 10 + below);
        }
        assert_eq!(backoff.next(10, 10, |_| unreachable!()), 10);
    }

    #[test]
    fn the_longest_intervals_do_not_overflow() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.next(i32::MAX, 0, |most| most - 1), i32::MAX);
        let all: Vec<i32> = (0..3).map(|_| backoff.next(i32::MAX - 1, i32::MAX, |_| 0)).collect();
        assert_eq!(all, [i32::MAX - 1, i32::MAX, i32::MAX]);
    }
}
