//! Makes a poller readable, to wake the thread that sleeps at it, without a descriptor for each
//! poller. All pollers of a context share one descriptor that is readable at any time; each of them
//! watches it or does not.
#![forbid(unsafe_code)]

use core::time::Duration;
use std::os::fd::{AsFd, AsRawFd, RawFd};

use crate::error::Result;
use crate::sync::{Arc, OnceLock};
use crate::sys::epoll::{self, Epoll};
use crate::sys::eventfd::EventFd;
use crate::sys::poll::readable_within;

/// The descriptor that is readable at any time, made when a poller first needs it.
#[derive(Default)]
pub struct AlwaysReadable(OnceLock<EventFd>);

impl AlwaysReadable {
    /// `EMFILE`, `ENFILE`, `ENOMEM`.
    fn descriptor(&self) -> Result<RawFd> {
        if let Some(descriptor) = self.0.get() {
            return Ok(descriptor.as_raw_fd());
        }
        let descriptor = EventFd::new()?;
        descriptor.signal();
        // Another thread may have been faster; then both use its descriptor.
        Ok(self.0.get_or_init(|| descriptor).as_raw_fd())
    }
}

/// See the module's documentation. Any thread.
pub struct Alarm {
    poller: Arc<Epoll>,
    source: RawFd,
    token: u64,
    /// Keeps the source open.
    _readable: Arc<AlwaysReadable>,
}

impl Alarm {
    /// Adds the source to the poller, unwatched, with this token. `EMFILE`, `ENFILE`, `ENOMEM`,
    /// `ENOSPC`.
    pub fn new(poller: Arc<Epoll>, readable: Arc<AlwaysReadable>, token: u64) -> Result<Alarm> {
        let source = readable.descriptor()?;
        poller.add(source, 0, token)?;
        Ok(Alarm { poller, source, token, _readable: readable })
    }

    /// Makes the poller readable.
    pub fn signal(&self) {
        self.watch(epoll::READABLE);
    }

    /// Lets the poller be readable for other reasons only.
    pub fn drain(&self) {
        self.watch(0);
        // The kernel still lists the event that it reported last as possibly ready. A listed event
        // makes no new edge for a thread that watches the poller edge-triggered. A poll of 0 ms
        // takes it off the list.
        let _ = readable_within(self.poller.as_fd(), Duration::ZERO);
    }

    fn watch(&self, events: u32) {
        // Both descriptors are open, and a change needs no memory.
        let _ = self.poller.modify(self.source, events, self.token);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::epoll::Event;

    fn tokens(poller: &Epoll) -> Vec<u64> {
        let mut events = [Event::NONE; 4];
        let count = poller.wait(&mut events, 0).unwrap();
        events[..count].iter().map(Event::token).collect()
    }

    #[test]
    fn who_watches_the_poller_edge_triggered_hears_of_each_signal() {
        let poller = Arc::new(Epoll::new().unwrap());
        let alarm = Alarm::new(poller.clone(), Arc::default(), 7).unwrap();
        let outer = Epoll::new().unwrap();
        outer.add(poller.as_raw_fd(), epoll::READABLE | epoll::EDGE, 1).unwrap();
        for _ in 0..3 {
            alarm.signal();
            assert_eq!((tokens(&outer), tokens(&poller)), (vec![1], vec![7]));
            alarm.drain();
            assert_eq!(tokens(&outer), []);
        }
    }

    #[test]
    fn each_poller_is_woken_for_itself() {
        let readable = Arc::new(AlwaysReadable::default());
        let pollers = [(); 2].map(|()| Arc::new(Epoll::new().unwrap()));
        let alarm = |n: usize| Alarm::new(pollers[n].clone(), readable.clone(), 7 + n as u64);
        let (one, other) = (alarm(0).unwrap(), alarm(1).unwrap());
        assert!(tokens(&pollers[0]).is_empty() && tokens(&pollers[1]).is_empty());
        one.signal();
        one.signal();
        assert_eq!((tokens(&pollers[0]), tokens(&pollers[1])), (vec![7], vec![]));
        // The poller stays readable until it is drained.
        assert_eq!(tokens(&pollers[0]), [7]);
        other.signal();
        one.drain();
        assert_eq!((tokens(&pollers[0]), tokens(&pollers[1])), (vec![], vec![8]));
    }
}
