//! Looking after sockets that no calling thread drives. Their pollers are watched one-shot; the
//! work is left to a calling thread that looked within the lease
//! ([`custody`](crate::adapt::custody)).
//!
//! I/O thread only, without a lock. It never waits for a calling thread: both may move bytes of one
//! socket at once.
#![forbid(unsafe_code)]

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};
use std::os::fd::RawFd;

use crate::adapt::custody::{self, Custody};
use crate::adapt::pause::Pause;
use crate::error::Result;
use crate::io::shared::SocketShared;
use crate::sync::{Arc, Ordering};
use crate::sys::{clock, epoll};

use super::Reactor;

/// Time between two ticks while callers may stay away: 1 to 8 ms, longest if the expected callers
/// come each time. A tick takes the core from a caller that shares it.
type BetweenTicks = Pause<1_000_000, 3>;

/// The sockets of one reactor.
#[derive(Default)]
pub struct Watches {
    sockets: BTreeMap<u64, Watch>,
    next: u64,
    /// Sockets whose calling thread is expected to do the work.
    leased: VecDeque<u64>,
    /// Sockets with connections that have more to move than one round allows.
    busy: VecDeque<u64>,
    pause: BetweenTicks,
}

struct Watch {
    shared: Arc<SocketShared>,
    fd: RawFd,
    /// The kernel reports each change, and not only the next one.
    is_edge: bool,
    place: Place,
}

/// The next thing that happens to a socket here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The kernel reports when its connections are ready.
    Watched,
    /// In [`Watches::leased`].
    Leased,
    /// In [`Watches::busy`].
    Busy,
}

impl Watches {
    /// Starts to look after a socket.
    pub fn add(
        &mut self,
        reactor: &Reactor,
        token_kind: u64,
        shared: Arc<SocketShared>,
    ) -> Result<()> {
        let fd = shared.poll_fd()?;
        self.next += 1;
        let id = self.next;
        shared.set_watched(true);
        let events = epoll::READABLE | epoll::ONE_SHOT;
        if let Err(error) = reactor.epoll.add(fd, events, token_kind | id) {
            shared.set_watched(false);
            return Err(error);
        }
        let watch = Watch { shared, fd, is_edge: false, place: Place::Watched };
        self.sockets.insert(id, watch);
        Ok(())
    }

    /// Takes up unread bytes of the socket that was added last: before that, a thread that left
    /// them had no reactor to wake.
    pub fn look_at_newest(&mut self) {
        let newest = self.sockets.last_key_value();
        let unread = newest.filter(|(_, watch)| watch.shared.has_ready()).map(|(id, _)| *id);
        if let Some(id) = unread {
            self.set_place(id, Place::Busy);
            self.busy.push_back(id);
        }
    }

    /// Ends looking after a socket.
    pub fn remove(&mut self, reactor: &Reactor, shared: &Arc<SocketShared>) {
        self.sockets.retain(|_, watch| {
            let keep = !Arc::ptr_eq(&watch.shared, shared);
            if !keep {
                // The descriptor is open as long as the socket-shared state exists.
                let _ = reactor.epoll.delete(watch.fd);
            }
            keep
        });
    }

    /// Called when a socket's poller has an event.
    pub fn ready(&mut self, reactor: &Reactor, token_kind: u64, id: u64) {
        let Some(watch) = self.sockets.get(&id).filter(|watch| watch.place == Place::Watched)
        else {
            return;
        };
        let shared = &watch.shared;
        let now = clock::nanos();
        if shared.is_exported() && !watch.is_edge {
            // A program that polls the descriptor was woken as well: it goes first.
            shared.grant_lease(now);
        }
        let away = shared.unattended_for(now);
        match custody::decide(shared.is_attended(), shared.has_ready(), away) {
            Custody::Caller { .. } => {
                self.lease(id);
                reactor.ticking.store(true, Ordering::SeqCst);
            }
            Custody::IoThread => self.drive(reactor, token_kind, id),
        }
    }

    /// Leaves a socket to its calling thread until a tick finds that this stays away.
    fn lease(&mut self, id: u64) {
        self.set_place(id, Place::Leased);
        self.leased.push_back(id);
        self.pause.shorten();
    }

    fn set_place(&mut self, id: u64, place: Place) {
        if let Some(watch) = self.sockets.get_mut(&id) {
            watch.place = place;
            watch.shared.set_watched(place == Place::Watched);
        }
    }

    /// Does the work of a socket: one round. Then watches it again, unless more is left.
    fn drive(&mut self, reactor: &Reactor, token_kind: u64, id: u64) {
        let Some(watch) = self.sockets.get(&id) else { return };
        let shared = watch.shared.clone();
        shared.poll_in_background();
        // A socket whose poller is gone will be removed soon.
        let _ = self.arm(reactor, token_kind, id);
        self.set_place(id, Place::Watched);
        // In this order: a calling thread that leaves unread bytes checks afterwards whether the
        // socket is watched.
        if shared.has_ready() {
            self.set_place(id, Place::Busy);
            self.busy.push_back(id);
        }
    }

    /// Has the kernel report the socket's next change, or each change while the wake descriptor is
    /// notified and no calling thread comes. That descriptor keeps the poller readable, so one-shot
    /// events would repeat without end.
    fn arm(&mut self, reactor: &Reactor, kind: u64, id: u64) -> Result<()> {
        let Some(watch) = self.sockets.get_mut(&id) else { return Ok(()) };
        let was_edge = core::mem::replace(&mut watch.is_edge, watch.shared.is_signalled());
        let how = match (was_edge, watch.is_edge) {
            (true, true) => return Ok(()),
            (false, true) => epoll::EDGE,
            (_, false) => epoll::ONE_SHOT,
        };
        reactor.epoll.modify(watch.fd, epoll::READABLE | how, kind | id)
    }

    /// Whether unfinished work is left, for which the loop must not sleep.
    pub fn is_busy(&self) -> bool {
        !self.busy.is_empty()
    }

    /// Goes on with busy sockets.
    pub fn continue_busy(&mut self, reactor: &Reactor, token_kind: u64) {
        for _ in 0..self.busy.len() {
            let Some(id) = self.busy.pop_front() else { return };
            self.drive(reactor, token_kind, id);
        }
    }

    /// Time from a tick to the next one.
    pub fn pause(&self) -> Duration {
        self.pause.into()
    }

    /// Takes over from callers that did not come back. The ticks end when no caller was active
    /// within its lease.
    pub fn tick(&mut self, reactor: &Reactor, token_kind: u64) {
        let now = clock::nanos();
        let mut is_active = false;
        self.pause.double();
        // Connections that wait for a turn: the poller will not report them.
        let unread = |watch: &Watch| watch.place == Place::Watched && watch.shared.has_ready();
        let waiting: Vec<u64> =
            self.sockets.iter().filter(|(_, watch)| unread(watch)).map(|(id, _)| *id).collect();
        waiting.into_iter().for_each(|id| self.lease(id));
        for _ in 0..self.leased.len() {
            let Some(id) = self.leased.pop_front() else { break };
            let Some(watch) = self.sockets.get(&id) else { continue };
            let shared = &watch.shared;
            let away = shared.unattended_for(now);
            match custody::decide(shared.is_attended(), shared.has_ready(), away) {
                Custody::Caller { active } => {
                    self.leased.push_back(id);
                    is_active |= active;
                }
                Custody::IoThread => {
                    self.pause.shorten();
                    self.drive(reactor, token_kind, id);
                }
            }
        }
        if is_active {
            return;
        }
        self.pause.shorten();
        reactor.ticking.store(false, Ordering::SeqCst);
        // A calling thread may have left between the look and the store, and have found ticks still
        // on.
        let left = |id: &u64| {
            self.sockets
                .get(id)
                .is_some_and(|watch| !watch.shared.is_attended() || watch.shared.has_ready())
        };
        let waits = |watch: &Watch| unread(watch);
        if self.leased.iter().any(left) || self.sockets.values().any(waits) {
            reactor.ticking.store(true, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_rare_while_the_expected_come() {
        let (reactor, sockets) =
            (Reactor::new().unwrap(), [(); 2].map(|()| Arc::new(SocketShared::default())));
        let mut watches = Watches::default();
        for shared in &sockets {
            watches.add(&reactor, 0, shared.clone()).unwrap();
            // The caller left just now, by a clock that stands still.
            shared.grant_lease(u64::MAX);
        }
        let is_ticking = || reactor.ticking.load(Ordering::SeqCst);
        watches.ready(&reactor, 0, 1);
        assert!(is_ticking() && !sockets[0].is_watched());
        for expected in [2, 4, 8, 8] {
            watches.tick(&reactor, 0);
            assert_eq!(watches.pause(), Duration::from_millis(expected));
        }
        // Another socket does not wait that long.
        watches.ready(&reactor, 0, 2);
        assert_eq!(watches.pause(), Duration::from_millis(1));
        // The callers of both stay away.
        sockets.iter().for_each(|shared| shared.grant_lease(0));
        watches.tick(&reactor, 0);
        assert!(!is_ticking() && sockets.iter().all(|shared| shared.is_watched()));
        assert_eq!(watches.pause(), Duration::from_millis(1));
    }
}
