//! Looking after sockets whose caller is away: their pollers are watched one-shot; a caller that was
//! there a moment ago is expected back and left to do the work itself.
#![forbid(unsafe_code)]

use core::time::Duration;
use std::collections::{BTreeMap, VecDeque};
use std::os::fd::RawFd;

use crate::io::port::{LEASE, Port};
use crate::sync::{Arc, Ordering};
use crate::sys::{clock, epoll};

use super::Reactor;
use super::pause::Pause;

/// How long after a tick the next one comes while callers may stay away: 1 to 8 ms, longest where those that
/// are expected come each time. A tick takes the core from a caller that shares it.
type BetweenTicks = Pause<1_000_000, 3>;

/// The ports of one reactor; its thread only.
#[derive(Default)]
pub struct Watches {
    ports: BTreeMap<u64, Watch>,
    next: u64,
    /// Ports whose caller is expected to do the work.
    leased: VecDeque<u64>,
    /// Ports with connections that had more to read than one turn allows.
    busy: VecDeque<u64>,
    /// Ports whose caller was signalled and has not come yet.
    owed: VecDeque<u64>,
    pause: BetweenTicks,
}

struct Watch {
    port: Arc<Port>,
    fd: RawFd,
}

/// How long ticks go on after the last activity, so that a program with some rhythm need not wake
/// the reactor for each message.
const GRACE: u64 = 20_000_000;

impl Watches {
    /// Starts to look after a port.
    pub fn add(&mut self, reactor: &Reactor, token_kind: u64, port: Arc<Port>) {
        let Ok(fd) = port.poll_fd() else { return };
        self.next += 1;
        let id = self.next;
        port.set_watched(true);
        if reactor.epoll.add(fd, epoll::READABLE | epoll::ONE_SHOT, token_kind | id).is_ok() {
            self.ports.insert(id, Watch { port, fd });
        }
    }

    /// Ends looking after a port.
    pub fn remove(&mut self, reactor: &Reactor, port: &Arc<Port>) {
        self.ports.retain(|_, watch| {
            let keep = !Arc::ptr_eq(&watch.port, port);
            if !keep {
                // The descriptor is open as long as the port is.
                let _ = reactor.epoll.delete(watch.fd);
            }
            keep
        });
    }

    /// A port's poller has something.
    pub fn ready(&mut self, reactor: &Reactor, token_kind: u64, id: u64) {
        let Some(watch) = self.ports.get(&id) else { return };
        let port = &watch.port;
        // One-shot: the kernel tells no more until armed again.
        port.set_watched(false);
        let now = clock::nanos();
        if port.is_exported() {
            // A program that polls the descriptor was told as well: it goes first.
            port.grant_lease(now);
        }
        if port.is_attended() || port.unattended_for(now) < LEASE.as_nanos() as u64 {
            self.leased.push_back(id);
            self.pause.shorten();
            reactor.ticking.store(true, Ordering::SeqCst);
        } else {
            self.drive(reactor, token_kind, id);
        }
    }

    /// Does the work of a port and watches it again.
    fn drive(&mut self, reactor: &Reactor, token_kind: u64, id: u64) {
        let Some(watch) = self.ports.get(&id) else { return };
        watch.port.poll_in_background();
        if watch.port.is_signalled() {
            // Armed, the poller would report the caller's own signal again and again.
            self.owed.push_back(id);
            return;
        }
        watch.port.set_watched(true);
        // In this order, because a caller that leaves more to read looks at the mark afterwards.
        if watch.port.is_hot() {
            watch.port.set_watched(false);
            self.busy.push_back(id);
            return;
        }
        let events = epoll::READABLE | epoll::ONE_SHOT;
        // A port whose poller is gone is about to be removed.
        let _ = reactor.epoll.modify(watch.fd, events, token_kind | id);
    }

    /// Whether ports have to be looked at now and then, although nothing will tell.
    pub fn is_owed(&self) -> bool {
        !self.owed.is_empty()
    }

    /// Does the work of ports whose caller takes its time.
    pub fn visit_owed(&mut self, reactor: &Reactor, token_kind: u64) {
        for _ in 0..self.owed.len() {
            let Some(id) = self.owed.pop_front() else { return };
            self.drive(reactor, token_kind, id);
        }
    }

    /// Whether work is left that must not wait.
    pub fn is_busy(&self) -> bool {
        !self.busy.is_empty()
    }

    /// Goes on with busy ports.
    pub fn continue_busy(&mut self, reactor: &Reactor, token_kind: u64) {
        for _ in 0..self.busy.len() {
            let Some(id) = self.busy.pop_front() else { return };
            self.drive(reactor, token_kind, id);
        }
    }

    /// How long after a tick the next one comes.
    pub fn pause(&self) -> Duration {
        self.pause.into()
    }

    /// Takes over from callers that did not come back. The ticks end when no caller was active for a while.
    pub fn tick(&mut self, reactor: &Reactor, token_kind: u64) {
        let now = clock::nanos();
        let mut active = false;
        self.pause.double();
        // Callers that left more to read than their turn allowed: the poller will not tell of it.
        for (id, watch) in &self.ports {
            if watch.port.is_hot() && watch.port.is_watched() {
                watch.port.set_watched(false);
                self.leased.push_back(*id);
                self.pause.shorten();
            }
        }
        for _ in 0..self.leased.len() {
            let Some(id) = self.leased.pop_front() else { break };
            let Some(watch) = self.ports.get(&id) else { continue };
            let away = watch.port.unattended_for(now);
            if watch.port.is_attended() {
                self.leased.push_back(id);
                active |= away < GRACE;
            } else if away < LEASE.as_nanos() as u64 {
                self.leased.push_back(id);
                active = true;
            } else {
                self.pause.shorten();
                self.drive(reactor, token_kind, id);
            }
        }
        if active {
            return;
        }
        self.pause.shorten();
        reactor.ticking.store(false, Ordering::SeqCst);
        // A caller may have left between the look and the store.
        let left = |id: &u64| self.ports.get(id).is_some_and(|watch| !watch.port.is_attended());
        if self.leased.iter().any(left) {
            reactor.ticking.store(true, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_rare_while_the_expected_come() {
        let (reactor, ports) =
            (Reactor::new().unwrap(), [(); 2].map(|()| Arc::new(Port::default())));
        let mut watches = Watches::default();
        for port in &ports {
            watches.add(&reactor, 0, port.clone());
            // The caller left just now, by a clock that does not go on.
            port.grant_lease(u64::MAX);
        }
        let is_ticking = || reactor.ticking.load(Ordering::SeqCst);
        watches.ready(&reactor, 0, 1);
        assert!(is_ticking() && !ports[0].is_watched());
        for expected in [2, 4, 8, 8] {
            watches.tick(&reactor, 0);
            assert_eq!(watches.pause(), Duration::from_millis(expected));
        }
        // Another one is not left waiting so long.
        watches.ready(&reactor, 0, 2);
        assert_eq!(watches.pause(), Duration::from_millis(1));
        // Both stay away.
        ports.iter().for_each(|port| port.grant_lease(0));
        watches.tick(&reactor, 0);
        assert!(!is_ticking() && ports.iter().all(|port| port.is_watched()));
        assert_eq!(watches.pause(), Duration::from_millis(1));
    }
}
