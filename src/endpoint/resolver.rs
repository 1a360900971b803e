//! Name lookups off the I/O threads.
//!
//! `getaddrinfo` blocks for as long as the network takes and cannot be interrupted, so lookups run
//! on [`Workers`]. Dropping the [`Resolver`] forgets the queued lookups. A lookup that is under way
//! ends on its own and its result is dropped.
#![forbid(unsafe_code)]

use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::workers::Workers;
use crate::endpoint::TcpConnectAddress;
use crate::error::{Errno, Result};

/// Called with the result, on a resolver thread and under no lock.
pub type Done = Box<dyn FnOnce(Result<Vec<SocketAddr>>) + Send>;

type Lookup = Box<dyn FnOnce() -> Result<Vec<SocketAddr>> + Send>;

/// Looks up names for one context. Any thread may call it.
pub struct Resolver {
    workers: Workers,
}

impl Resolver {
    pub fn new() -> Self {
        Resolver { workers: Workers::new("ZMQbg/Resolver") }
    }

    /// Queues a lookup; `done` gets its result. If `Err` is returned (no thread could be started:
    /// `EAGAIN`), `done` is dropped without having been called.
    pub fn submit(&self, job: TcpConnectAddress, done: Done) -> Result<()> {
        self.submit_lookup(Box::new(move || job.lookup()), done)
    }

    fn submit_lookup(&self, lookup: Lookup, done: Done) -> Result<()> {
        self.workers.submit(Box::new(move || {
            let result = catch_unwind(AssertUnwindSafe(lookup)).unwrap_or(Err(Errno::EINVAL));
            Box::new(move || done(result))
        }))
    }
}

impl Default for Resolver {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::workers::MAX_WORKERS;
    use crate::sync::Arc;
    use core::time::Duration;
    use std::sync::mpsc::{Receiver, Sender, channel};

    fn stuck(resolver: &Resolver) -> (Sender<()>, Receiver<()>) {
        let (release, released) = channel::<()>();
        let (started, has_started) = channel();
        let lookup: Lookup = Box::new(move || {
            started.send(()).unwrap();
            let _ = released.recv();
            Err(Errno::EINVAL)
        });
        resolver.submit_lookup(lookup, Box::new(|_| ())).unwrap();
        (release, has_started)
    }

    #[test]
    fn results_arrive() {
        let resolver = Resolver::new();
        let (send, receive) = channel();
        for text in [&b"localhost:7"[..], b"127.0.0.1:8", b"127.0.0.1:65536"] {
            let send = send.clone();
            let job = TcpConnectAddress::parse(text, false).unwrap();
            resolver.submit(job, Box::new(move |result| send.send(result).unwrap())).unwrap();
        }
        let mut ports: Vec<_> =
            receive.iter().take(3).map(|r| r.map(|list| list[0].port())).collect();
        ports.sort_by_key(|port| port.unwrap_or(u16::MAX));
        assert_eq!(ports, [Ok(7), Ok(8), Err(Errno::EINVAL)]);
    }

    #[test]
    fn a_stuck_name_holds_up_neither_others_nor_the_end() {
        let resolver = Resolver::new();
        let (_release, has_started) = stuck(&resolver);
        has_started.recv().unwrap();
        let (send, receive) = channel();
        let job = TcpConnectAddress::parse(b"127.0.0.1:8", false).unwrap();
        resolver.submit(job, Box::new(move |result| send.send(result).unwrap())).unwrap();
        assert!(receive.recv().unwrap().is_ok());
        drop(resolver);
    }

    #[test]
    fn what_ends_soon_is_waited_for() {
        let resolver = Resolver::new();
        let (started, has_started) = channel();
        let ended = Arc::new(());
        let held = ended.clone();
        let slow: Lookup = Box::new(move || {
            started.send(()).unwrap();
            std::thread::sleep(Duration::from_millis(10));
            drop(held);
            Err(Errno::EINVAL)
        });
        resolver.submit_lookup(slow, Box::new(|_| ())).unwrap();
        has_started.recv().unwrap();
        drop(resolver);
        assert_eq!(Arc::strong_count(&ended), 1);
    }

    #[test]
    fn what_is_queued_is_forgotten_at_the_end() {
        let resolver = Resolver::new();
        let stuck: Vec<_> = (0..MAX_WORKERS).map(|_| stuck(&resolver)).collect();
        stuck.iter().for_each(|(_, has_started)| has_started.recv().unwrap());
        let (send, receive) = channel::<()>();
        let job = TcpConnectAddress::parse(b"127.0.0.1:8", false).unwrap();
        resolver.submit(job, Box::new(move |_| send.send(()).unwrap())).unwrap();
        drop(resolver);
        assert!(receive.recv().is_err());
    }

    #[test]
    fn a_panic_does_not_stop_the_worker() {
        let resolver = Resolver::new();
        let (send, receive) = channel();
        let stuck: Vec<_> = (1..MAX_WORKERS).map(|_| stuck(&resolver)).collect();
        stuck.iter().for_each(|(_, has_started)| has_started.recv().unwrap());
        for bad in [true, false] {
            let send = send.clone();
            let job = TcpConnectAddress::parse(b"127.0.0.1:8", false).unwrap();
            let done: Done = Box::new(move |_| {
                assert!(!bad, "a panic on purpose");
                send.send(()).unwrap();
            });
            resolver.submit(job, done).unwrap();
        }
        receive.recv().unwrap();
    }
}
