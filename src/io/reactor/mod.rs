//! The background: one reactor per I/O thread. It does the work that has no calling thread
//! (listening, connecting, handshakes, timers, draining), and looks after sockets that no calling
//! thread drives.
//!
//! [`Reactor`] is the side for other threads: a queue of jobs and a descriptor that wakes.
//! Everything else lives in the [`event_loop`], which only the I/O thread touches.
#![forbid(unsafe_code)]

mod backoff;
mod event_loop;
mod listen;
mod multicast;
mod runners;
#[cfg(test)]
mod runners_model;
mod session;
mod timers;
mod watch;

use std::net::SocketAddr;
use std::os::fd::AsRawFd;

use crate::endpoint::{Endpoint, Resolver, Workers};
use crate::error::{Errno, Result};
use crate::io::connection::{Cause, Connection, Owner};
use crate::io::shared::{Background, SocketShared};
use crate::msg::Disposer;
use crate::options::{SocketOptions, SocketType};
use crate::sync::{
    Arc, AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Mutex, Ordering, SegQueue, Weak,
};
use crate::sys::epoll::{self, Epoll};
use crate::sys::eventfd::EventFd;
use crate::sys::parker::Parker;
use crate::sys::thread::{self, Schedule, Thread};
use crate::sys::{clock, futex};

pub use listen::SharedListener;
pub use multicast::{MulticastEnd, MulticastSession};
pub use session::{COPY_MAX, Dialling, Session};

/// The token of the descriptor that wakes a reactor; other tokens carry their kind in the top bits.
const WAKE: u64 = u64::MAX;

/// The token of places that are kept for later descriptors. They cause no events.
const RESERVED: u64 = 0;

/// Requests of other threads to a reactor.
enum Job {
    Listen {
        listener: Arc<SharedListener>,
        shared: Arc<SocketShared>,
    },
    /// The listener was closed: end the connections that it accepted.
    Unlisten {
        listener: u64,
        linger: i32,
    },
    Adopt(Box<Session>),
    AddMulticast(Box<MulticastSession>),
    /// The socket has written to a multicast, or has read from it.
    MulticastSession(u64),
    CloseMulticast {
        multicast: u64,
        linger: i32,
        guard: DrainGuard,
    },
    Lost {
        session: u64,
        epoch: u64,
        cause: Cause,
    },
    /// The session's connection is not read now: check later whether it should be.
    Paused {
        session: u64,
    },
    /// The session's connection has more to write than one turn allows.
    Unfinished {
        session: u64,
    },
    /// The session's socket streams: start a drain timer for its deferred flushes.
    Stream {
        session: u64,
        moved: u64,
    },
    Close {
        connection: Arc<Connection>,
        linger: i32,
        guard: DrainGuard,
    },
    Pinged {
        session: u64,
    },
    /// The authenticator has answered.
    Answered {
        session: u64,
    },
    /// The worker has done the work of the session's handshake.
    Worked {
        session: u64,
    },
    /// The endpoint was disconnected; its pipes were closed before.
    Cancel {
        session: u64,
        linger: i32,
    },
    /// The socket is gone: end the sessions that were never attached to it.
    Forget(Arc<SocketShared>),
    Resolved {
        session: u64,
        addresses: Result<Vec<SocketAddr>>,
    },
    Stop,
}

/// The side of a reactor for other threads.
pub struct Reactor {
    epoll: Epoll,
    wake: EventFd,
    jobs: SegQueue<Job>,
    signalled: AtomicBool,
    /// The thread looks at unattended sockets every few milliseconds.
    ticking: AtomicBool,
    /// Sessions and listeners, to choose the least loaded.
    load: AtomicUsize,
}

impl Reactor {
    fn new() -> Result<Reactor> {
        let reactor = Reactor {
            epoll: Epoll::new()?,
            wake: EventFd::new()?,
            jobs: SegQueue::new(),
            signalled: AtomicBool::new(false),
            ticking: AtomicBool::new(false),
            load: AtomicUsize::new(0),
        };
        reactor.epoll.add(reactor.wake.as_raw_fd(), epoll::READABLE, WAKE)?;
        Ok(reactor)
    }

    /// Keeps a place in the poller for a later descriptor. `ENOSPC`, `ENOMEM`: the kernel watches
    /// no more. If no descriptor can be had, no place is kept; an attempt to connect meets that
    /// again, and waits.
    fn reserve_watch(&self) -> Result<Option<ReservedWatch>> {
        let Ok(place) = EventFd::new() else { return Ok(None) };
        self.epoll.add(place.as_raw_fd(), 0, RESERVED)?;
        Ok(Some(ReservedWatch(place)))
    }

    fn post(&self, job: Job) {
        self.jobs.push(job);
        self.wake_up();
    }

    fn wake_up(&self) {
        if !self.signalled.swap(true, Ordering::SeqCst) {
            self.wake.signal();
        }
    }
}

/// A place in a reactor's poller, which is free again when this is dropped: the descriptor is
/// closed.
struct ReservedWatch(#[expect(dead_code, reason = "its end frees the place")] EventFd);

impl Background for Reactor {
    fn look_after(&self) {
        if !self.ticking.load(Ordering::SeqCst) && !self.ticking.swap(true, Ordering::SeqCst) {
            self.wake.signal();
        }
    }
}

/// A reactor together with the shared parts that its sessions need.
struct ReactorHandle {
    reactor: Arc<Reactor>,
    pool: Weak<Pool>,
    /// Its index among the pool's reactors, and as a runner of the disposer.
    number: usize,
    disposer: &'static Disposer,
}

impl Owner for ReactorHandle {
    fn lost(&self, session: u64, epoch: u64, cause: Cause) {
        self.reactor.post(Job::Lost { session, epoch, cause });
    }

    fn pinged(&self, session: u64) {
        self.reactor.post(Job::Pinged { session });
    }

    fn answered(&self, session: u64) {
        self.reactor.post(Job::Answered { session });
    }

    fn paused(&self, session: u64) {
        self.reactor.post(Job::Paused { session });
    }

    fn unfinished(&self, session: u64) {
        self.reactor.post(Job::Unfinished { session });
    }

    fn streams(&self, session: u64, moved: u64) {
        self.reactor.post(Job::Stream { session, moved });
    }

    fn close(&self, connection: Arc<Connection>, linger: i32) {
        if let Some(pool) = self.pool.upgrade() {
            let guard = pool.drains.guard();
            self.reactor.post(Job::Close { connection, linger, guard });
        }
    }
}

/// A socket that bound a name of the context.
pub struct Bound {
    pub shared: Arc<SocketShared>,
    pub socket_type: SocketType,
}

/// The names bound in the context, as far as a reactor needs them. Its lock is a leaf.
pub trait Directory: Send + Sync {
    fn find(&self, name: &[u8]) -> Option<Bound>;
}

/// Counts the sessions and calls for which `zmq_ctx_term` has to wait.
#[derive(Default)]
pub struct Drains {
    count: AtomicU32,
}

impl Drains {
    /// Keeps the context waiting until it is dropped.
    pub fn guard(self: &Arc<Self>) -> DrainGuard {
        self.count.fetch_add(1, Ordering::SeqCst);
        DrainGuard(self.clone())
    }

    /// Waits until no guard is out; `EINTR` after a signal.
    pub async fn wait(&self, parker: &Parker) -> Result<()> {
        loop {
            match self.count.load(Ordering::SeqCst) {
                0 => return Ok(()),
                count => parker.futex(&self.count, count, None).await?,
            }
        }
    }
}

/// See [`Drains`].
pub struct DrainGuard(Arc<Drains>);

impl Drop for DrainGuard {
    fn drop(&mut self) {
        self.0.count.fetch_sub(1, Ordering::SeqCst);
        futex::wake(&self.0.count);
    }
}

/// All reactors of a context.
pub struct Pool {
    reactors: Vec<Arc<ReactorHandle>>,
    threads: Mutex<Vec<Thread>>,
    pub drains: Arc<Drains>,
    names: Arc<dyn Directory>,
    resolver: Resolver,
    /// For steps of handshakes that may block, and for free functions where there is no reactor.
    workers: Workers,
    sessions: AtomicU64,
}

impl Pool {
    /// Starts `count` reactors; `name` gives the thread's name for a number.
    pub fn start(
        count: usize,
        schedule: &Schedule,
        drains: Arc<Drains>,
        names: Arc<dyn Directory>,
        disposer: &'static Disposer,
        name: impl Fn(usize) -> String,
    ) -> Result<Arc<Pool>> {
        let reactors: Result<Vec<_>> = (0..count).map(|_| Reactor::new().map(Arc::new)).collect();
        let reactors = reactors?;
        let pool = Arc::new_cyclic(|pool: &Weak<Pool>| Pool {
            reactors: reactors
                .into_iter()
                .enumerate()
                .map(|(number, reactor)| ReactorHandle {
                    reactor,
                    pool: pool.clone(),
                    number,
                    disposer,
                })
                .map(Arc::new)
                .collect(),
            threads: Mutex::default(),
            drains,
            names,
            resolver: Resolver::new(),
            workers: Workers::new("ZMQbg/Handshake"),
            sessions: AtomicU64::new(1),
        });
        disposer.open(runners::of(&pool, disposer));
        for (number, handle) in pool.reactors.iter().enumerate() {
            let mut event_loop = event_loop::EventLoop::new(handle.clone());
            let started = thread::spawn(&name(number), schedule.clone(), move || event_loop.run());
            match started {
                Ok(thread) => pool.threads.lock().push(thread),
                Err(error) => {
                    pool.stop();
                    return Err(error);
                }
            }
        }
        Ok(pool)
    }

    /// Ends all threads and waits for them.
    pub fn stop(&self) {
        for handle in &self.reactors {
            handle.reactor.post(Job::Stop);
        }
        for thread in core::mem::take(&mut *self.threads.lock()) {
            thread.join();
        }
        // Late jobs refer to sockets, and these to the reactor: a reference cycle, which would
        // stay.
        for handle in &self.reactors {
            while handle.reactor.jobs.pop().is_some() {}
        }
    }

    /// The least loaded reactor among those that `affinity` allows; `EMTHREAD` if there is none.
    fn choose(&self, affinity: u64) -> Result<&Arc<ReactorHandle>> {
        self.reactors
            .iter()
            .enumerate()
            .filter(|(number, _)| {
                affinity == 0 || affinity.checked_shr(*number as u32).unwrap_or(0) & 1 == 1
            })
            .map(|(_, handle)| handle)
            .min_by_key(|handle| handle.reactor.load.load(Ordering::Relaxed))
            .ok_or(Errno::EMTHREAD)
    }

    /// Whether any reactor serves this affinity; `EMTHREAD` otherwise.
    pub fn check_affinity(&self, affinity: u64) -> Result<()> {
        self.choose(affinity).map(|_| ())
    }

    fn next_id(&self) -> u64 {
        self.sessions.fetch_add(1, Ordering::Relaxed)
    }

    /// Binds, listens, and accepts from now on. Returns the errors of binding; `EMTHREAD` if no
    /// reactor serves the affinity; `ENOSPC` and `ENOMEM` if the descriptor cannot be watched.
    pub fn listen(
        &self,
        endpoint: &Endpoint,
        options: Arc<SocketOptions>,
        shared: &Arc<SocketShared>,
    ) -> Result<Arc<SharedListener>> {
        let reactor = &self.choose(options.affinity)?.reactor;
        let id = self.next_id();
        // Its place in the poller is taken here, so that the calling thread learns of a failure.
        // The I/O thread only sets the events to wait for, which cannot fail.
        let watch = |fd| reactor.epoll.add(fd, 0, event_loop::LISTENER | id);
        let listener = listen::bind(id, endpoint, options, shared, watch)?;
        shared.note_served();
        reactor.post(Job::Listen { listener: listener.clone(), shared: shared.clone() });
        Ok(listener)
    }

    /// Ends the connections that a closed listener accepted, within `linger` milliseconds.
    pub fn unlisten(&self, listener: &SharedListener, linger: i32) {
        for handle in &self.reactors {
            handle.reactor.post(Job::Unlisten { listener: listener.id(), linger });
        }
    }

    /// A place for a connecting session of this socket. `EMTHREAD` if no reactor serves the
    /// affinity; `ENOSPC` and `ENOMEM` if no descriptor of the session could be watched.
    pub fn reserve(&self, affinity: u64, shared: &SocketShared) -> Result<SessionSlot> {
        let handle = self.choose(affinity)?.clone();
        let watch = handle.reactor.reserve_watch()?;
        shared.note_served();
        Ok(SessionSlot { id: self.next_id(), handle, watch })
    }

    /// Ends a connecting session with `ZMQ_IMMEDIATE`: its pipe may be there or not.
    pub fn cancel(&self, session: u64, linger: i32) {
        for handle in &self.reactors {
            handle.reactor.post(Job::Cancel { session, linger });
        }
    }

    /// Ends the sessions that were never attached to a closed socket, and stops looking after it. A
    /// socket that had only peers in this context is not posted, so that no reactor has to free it.
    pub fn forget(&self, shared: &Arc<SocketShared>) {
        if !shared.is_served() {
            return;
        }
        for handle in &self.reactors {
            handle.reactor.post(Job::Forget(shared.clone()));
        }
    }
}

/// The place of a future connecting session in its reactor.
pub struct SessionSlot {
    pub id: u64,
    handle: Arc<ReactorHandle>,
    /// For the first descriptor of the session.
    watch: Option<ReservedWatch>,
}

impl SessionSlot {
    /// The owner of the session's connection.
    pub fn owner(&self) -> Arc<dyn Owner> {
        self.handle.clone()
    }

    /// The far end of a pipe to a multicast session.
    pub fn multicast_end(&self) -> Arc<MulticastEnd> {
        Arc::new(MulticastEnd::new(self.id, self.handle.clone()))
    }

    /// Hands the multicast session to its reactor.
    pub fn add_multicast(self, multicast: MulticastSession) {
        self.handle.reactor.post(Job::AddMulticast(Box::new(multicast)));
    }

    /// Hands the session to its reactor.
    pub fn adopt(self, mut session: Session) {
        session.reserve_watch(self.watch);
        self.handle.reactor.post(Job::Adopt(Box::new(session)));
    }
}

/// `milliseconds` from now, in the clock of the timers.
fn from_now(milliseconds: i32) -> u64 {
    clock::nanos() + u64::try_from(milliseconds).unwrap_or(0) * 1_000_000
}
