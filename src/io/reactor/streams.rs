//! Connections whose sockets stream. A caller that sends message behind message writes for itself
//! whenever a larger piece has gathered; the reactor only comes by now and then, for what is left when
//! the caller pauses or stops. So nobody has to be woken for each piece, and the bytes stay with the
//! core that made them.
//!
//! Reactor's thread.
#![forbid(unsafe_code)]

/// How long what is left may wait, in nanoseconds.
const PAUSE: u64 = 50_000;

/// The sessions to visit, and when.
#[derive(Default)]
pub struct Streams {
    sessions: Vec<u64>,
    due: u64,
}

impl Streams {
    /// The session's socket has begun to stream.
    pub fn add(&mut self, session: u64, now: u64) {
        if self.sessions.is_empty() {
            self.due = now + PAUSE;
        }
        self.sessions.push(session);
    }

    /// When the next visit is due, if there is one.
    pub fn due(&self) -> Option<u64> {
        (!self.sessions.is_empty()).then_some(self.due)
    }

    /// The sessions to visit now; those that go on streaming have to be added again.
    pub fn take_due(&mut self, now: u64) -> Vec<u64> {
        if now < self.due { Vec::new() } else { core::mem::take(&mut self.sessions) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_visited_together() {
        let mut streams = Streams::default();
        assert_eq!(streams.due(), None);
        streams.add(1, 1000);
        streams.add(2, 1000 + PAUSE / 2);
        assert_eq!(streams.due(), Some(1000 + PAUSE));
        assert_eq!(streams.take_due(999 + PAUSE), []);
        assert_eq!(streams.take_due(1000 + PAUSE), [1, 2]);
        assert_eq!((streams.due(), streams.take_due(u64::MAX)), (None, vec![]));
    }
}
