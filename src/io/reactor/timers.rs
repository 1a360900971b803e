//! The reactor's timers: a sorted map, used only by its I/O thread, without a lock.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;

/// The purpose of a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Try to connect again.
    Reconnect,
    /// A connection attempt or a handshake took too long.
    Deadline,
    /// Look after the heartbeat.
    Heartbeat,
    /// End of the linger time of queued messages.
    Linger,
    /// Read again from a connection whose socket had enough.
    Resume,
    /// A multicast session has something to do.
    MulticastSession,
    /// End of the linger time of messages queued to a multicast session.
    MulticastLinger,
    /// Accept again after the system was short of something.
    Accept,
}

/// A timer that is set: its time, and a number that distinguishes timers of equal time.
pub type Key = (u64, u64);

/// Timers by the time (monotonic nanoseconds) they are due.
#[derive(Debug, Default)]
pub struct Timers {
    due: BTreeMap<Key, (u64, Purpose)>,
    count: u64,
}

impl Timers {
    pub fn set(&mut self, at: u64, owner: u64, purpose: Purpose) -> Key {
        self.count += 1;
        let key = (at, self.count);
        self.due.insert(key, (owner, purpose));
        key
    }

    pub fn cancel(&mut self, key: Option<Key>) {
        if let Some(key) = key {
            self.due.remove(&key);
        }
    }

    /// The time at which the first timer is due.
    pub fn next(&self) -> Option<u64> {
        self.due.keys().next().map(|key| key.0)
    }

    /// Takes a timer that is due: its owner and purpose.
    pub fn pop(&mut self, now: u64) -> Option<(u64, Purpose)> {
        let entry = self.due.first_entry()?;
        (entry.key().0 <= now).then(|| entry.remove())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fires_in_order_and_not_early() {
        let mut timers = Timers::default();
        timers.set(30, 3, Purpose::Linger);
        let cancelled = timers.set(20, 2, Purpose::Deadline);
        timers.set(10, 1, Purpose::Reconnect);
        timers.set(10, 4, Purpose::Reconnect);
        timers.cancel(Some(cancelled));
        assert_eq!(timers.next(), Some(10));
        assert_eq!(timers.pop(9), None);
        assert_eq!(timers.pop(10), Some((1, Purpose::Reconnect)));
        assert_eq!(timers.pop(10), Some((4, Purpose::Reconnect)));
        assert_eq!(timers.pop(29), None);
        assert_eq!(timers.pop(99), Some((3, Purpose::Linger)));
        assert_eq!(timers.next(), None);
    }
}
