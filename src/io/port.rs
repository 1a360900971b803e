//! A socket's side towards the other threads: its mailbox, what its caller sleeps on, its poller,
//! and the lease that keeps the background away while the caller does the work.
//!
//! Everything here is shared by the socket's caller, the reactor and the peers in this context; it
//! is never behind the socket's own lock. The locks are leaves but for `drive`, under which the
//! locks of connections are taken.
#![forbid(unsafe_code)]

use core::time::Duration;
use std::os::fd::{AsRawFd, RawFd};

use crate::error::{Errno, Result};
use crate::io::connection::Connection;
use crate::monitor::Monitor;
use crate::pipe::Command;
use crate::sync::{Arc, AtomicBool, AtomicU32, AtomicU64, Mutex, MutexGuard, OnceLock, Ordering};
use crate::sys::epoll::{self, Epoll, Event};
use crate::sys::eventfd::EventFd;
use crate::sys::{clock, futex};

/// What the caller is doing, in [`Port::state`].
const AWAKE: u32 = 0;
const ON_FUTEX: u32 = 1;
const ON_POLLER: u32 = 2;
const DRIVING: u32 = 3;

/// The poller's token of its own wake-up descriptor.
const WAKE: u64 = u64::MAX;

/// Bytes read from a connection in one system call.
pub const READ_SIZE: usize = 64 * 1024;

/// Events taken from the poller in one step.
const EVENTS: usize = 64;

/// How long after leaving a caller is expected to come back.
pub const LEASE: Duration = Duration::from_millis(1);

/// The longest that a caller polls before it sleeps.
const MAX_SPIN_NANOS: u64 = 60_000;

/// See the module's documentation.
pub struct Port {
    mailbox: Mutex<Vec<Command>>,
    /// The mailbox is not empty.
    pending: AtomicBool,
    state: AtomicU32,
    /// Callers inside a wait.
    waiting: AtomicU32,
    poller: OnceLock<Poller>,
    /// `ZMQ_FD` was given out: every command has to make it readable.
    exported: AtomicBool,
    /// The socket is closed; set under the mailbox's lock.
    closed: AtomicBool,
    /// The context is being terminated.
    stopped: AtomicBool,
    connections: Mutex<Registry>,
    /// What a driver reads into, and connections it could not finish with.
    drive: Mutex<Vec<u8>>,
    /// Connections that have more to read than one turn allows.
    hot: Mutex<Vec<Arc<Connection>>>,
    has_hot: AtomicBool,
    lease: Lease,
    spin: Spin,
    pub monitor: Monitor,
    claimed: AtomicBool,
    /// Called when a peer in this context has connected, if nobody else calls in.
    attendant: OnceLock<Box<dyn Fn() + Send + Sync>>,
    /// Wakes the reactor that watches this port.
    background: OnceLock<Arc<dyn Background>>,
}

/// The reactor as the port sees it.
pub trait Background: Send + Sync {
    /// A caller left a port that the reactor does not watch: look after it soon.
    fn look_after(&self);
}

/// Who is at the poller.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Driver {
    Caller,
    Background,
}

struct Poller {
    epoll: Epoll,
    wake: EventFd,
    /// The wake-up descriptor has been made readable.
    signalled: AtomicBool,
}

#[derive(Default)]
struct Lease {
    /// When the last caller left, in nanoseconds.
    left_at: AtomicU64,
    /// The reactor is told of readiness; otherwise callers are expected to do the work.
    watched: AtomicBool,
}

/// The connections in the poller: a token is a place and its generation.
#[derive(Default)]
struct Registry {
    slots: Vec<(u32, Option<Arc<Connection>>)>,
    free: Vec<u32>,
}

impl Registry {
    fn insert(&mut self, connection: Arc<Connection>) -> u64 {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push((0, None));
            (self.slots.len() - 1) as u32
        });
        let generation = match self.slots.get_mut(index as usize) {
            Some(slot) => {
                slot.1 = Some(connection);
                slot.0
            }
            None => 0,
        };
        u64::from(generation) << 32 | u64::from(index)
    }

    fn get(&self, token: u64) -> Option<&Arc<Connection>> {
        let (generation, connection) = self.slots.get(token as u32 as usize)?;
        connection.as_ref().filter(|_| u64::from(*generation) == token >> 32)
    }

    fn remove(&mut self, token: u64) -> Option<Arc<Connection>> {
        self.get(token)?;
        let slot = self.slots.get_mut(token as u32 as usize)?;
        // One bit of the token stays clear, so that no token is the wake-up's.
        slot.0 = slot.0.wrapping_add(1) & 0x7fff_ffff;
        self.free.push(token as u32);
        slot.1.take()
    }
}

impl Default for Port {
    fn default() -> Self {
        Port {
            mailbox: Mutex::default(),
            pending: AtomicBool::new(false),
            state: AtomicU32::new(AWAKE),
            waiting: AtomicU32::new(0),
            poller: OnceLock::new(),
            exported: AtomicBool::new(false),
            closed: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
            connections: Mutex::default(),
            drive: Mutex::default(),
            hot: Mutex::default(),
            has_hot: AtomicBool::new(false),
            lease: Lease::default(),
            spin: Spin::default(),
            monitor: Monitor::default(),
            claimed: AtomicBool::new(false),
            attendant: OnceLock::new(),
            background: OnceLock::new(),
        }
    }
}

// The mailbox and waking.
impl Port {
    /// Leaves a command for the socket and wakes its caller. A peer that comes too late is told.
    pub fn post(&self, command: Command) {
        let mut mailbox = self.mailbox.lock();
        if self.closed.load(Ordering::SeqCst) {
            drop(mailbox);
            if let Command::Attach { parts, .. } = command {
                parts.far.close(0);
            }
            return;
        }
        mailbox.push(command);
        self.pending.store(true, Ordering::SeqCst);
        drop(mailbox);
        self.wake();
    }

    /// The socket is closed: takes the last commands; none come after them.
    pub fn close(&self) -> Vec<Command> {
        let mut mailbox = self.mailbox.lock();
        self.closed.store(true, Ordering::SeqCst);
        let last = core::mem::take(&mut *mailbox);
        drop(mailbox);
        self.hot.lock().clear();
        last
    }

    /// Whether commands wait.
    #[inline]
    pub fn is_pending(&self) -> bool {
        self.pending.load(Ordering::SeqCst)
    }

    /// Takes all commands.
    pub fn take_commands(&self, into: &mut Vec<Command>) {
        self.pending.store(false, Ordering::SeqCst);
        into.append(&mut self.mailbox.lock());
    }

    /// For a socket that no application calls: how it gets its commands carried out.
    pub fn set_attendant(&self, attendant: Box<dyn Fn() + Send + Sync>) {
        let _ = self.attendant.set(attendant);
    }

    /// A peer has posted what the socket should see soon.
    pub fn call_attendant(&self) {
        if let Some(attendant) = self.attendant.get() {
            attendant();
        }
    }

    /// Ends every wait for good: the context is being terminated.
    pub fn stop(&self) {
        self.stopped.store(true, Ordering::SeqCst);
        self.wake();
    }

    #[inline]
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    fn wake(&self) {
        match self.state.load(Ordering::SeqCst) {
            // It will look at the mailbox when it is done.
            DRIVING => {}
            AWAKE => {
                if self.exported.load(Ordering::SeqCst) {
                    self.signal();
                }
            }
            sleeping => {
                let changed = self.state.compare_exchange(
                    sleeping,
                    AWAKE,
                    Ordering::SeqCst,
                    Ordering::SeqCst,
                );
                match (changed, sleeping) {
                    (Ok(_), ON_FUTEX) => futex::wake(&self.state),
                    (Ok(_), _) => self.signal(),
                    (Err(_), _) => self.wake(),
                }
            }
        }
    }

    fn signal(&self) {
        if let Some(poller) = self.poller.get()
            && !poller.signalled.swap(true, Ordering::SeqCst)
        {
            poller.wake.signal();
        }
    }
}

// The poller and its connections.
impl Port {
    fn poller(&self) -> Result<&Poller> {
        if let Some(poller) = self.poller.get() {
            return Ok(poller);
        }
        let poller = Poller {
            epoll: Epoll::new()?,
            wake: EventFd::new()?,
            signalled: AtomicBool::new(false),
        };
        poller.epoll.add(poller.wake.as_raw_fd(), epoll::READABLE, WAKE)?;
        // Another thread may have been faster; then its poller is the one.
        let _ = self.poller.set(poller);
        self.poller.get().ok_or(Errno::EMFILE)
    }

    /// The pollable descriptor of the socket; `EMFILE` when none can be had.
    pub fn poll_fd(&self) -> Result<RawFd> {
        Ok(self.poller()?.epoll.as_raw_fd())
    }

    /// The descriptor as `ZMQ_FD`: from now on it becomes readable with every command.
    pub fn export_fd(&self) -> Result<RawFd> {
        let fd = self.poll_fd()?;
        if !self.exported.swap(true, Ordering::SeqCst) && self.is_pending() {
            self.signal();
        }
        Ok(fd)
    }

    pub fn is_exported(&self) -> bool {
        self.exported.load(Ordering::Relaxed)
    }

    /// Whether there is anything for a driver to do.
    pub fn has_poller(&self) -> bool {
        self.poller.get().is_some()
    }

    /// Adds an established connection; the token takes it out again.
    pub fn register(&self, connection: &Arc<Connection>, fd: RawFd) -> Result<u64> {
        let poller = self.poller()?;
        let token = self.connections.lock().insert(connection.clone());
        let events = epoll::READABLE | epoll::WRITABLE | epoll::EDGE;
        if let Err(error) = poller.epoll.add(fd, events, token) {
            self.connections.lock().remove(token);
            return Err(error);
        }
        // A caller that sleeps without the poller has to move to it.
        if self.state.load(Ordering::SeqCst) == ON_FUTEX {
            self.wake();
        }
        Ok(token)
    }

    /// Takes a connection out. The descriptor is still open.
    pub fn unregister(&self, token: u64, fd: RawFd) {
        if let Some(poller) = self.poller.get() {
            // The kernel forgets a closed descriptor by itself; an error changes nothing.
            let _ = poller.epoll.delete(fd);
        }
        let gone = self.connections.lock().remove(token);
        drop(gone);
    }

    /// The socket has room again for a connection that it had stopped.
    pub fn resume(&self, connection: &Arc<Connection>) {
        connection.read_ready(self.buffer(&mut None));
    }

    /// The connection has more to read than its turn allowed.
    pub fn keep_hot(&self, connection: Arc<Connection>) {
        self.hot.lock().push(connection);
        self.has_hot.store(true, Ordering::SeqCst);
    }
}

// Driving.
impl Port {
    /// The reactor's turn: moves the bytes of all ready connections.
    pub fn poll_in_background(&self) {
        if let Some(poller) = self.poller.get() {
            // There is nobody to tell of a failure; the caller will see it too.
            let _ = self.poll_with(poller, 0, Driver::Background);
        }
    }

    /// Whether the caller has been signalled and has not come yet.
    pub fn is_signalled(&self) -> bool {
        self.poller.get().is_some_and(|poller| poller.signalled.load(Ordering::SeqCst))
    }

    /// The caller's own non-blocking look at its connections.
    pub fn poll_as_caller(&self) -> bool {
        let Some(poller) = self.poller.get() else { return false };
        self.state.store(DRIVING, Ordering::SeqCst);
        let moved = self.poll_with(poller, 0, Driver::Caller).unwrap_or(false);
        self.state.store(AWAKE, Ordering::SeqCst);
        self.leave();
        moved
    }

    /// Whoever only looks waits for one who is at it, so that what has come before the look is there
    /// after it.
    fn poll_with(&self, poller: &Poller, timeout: i32, driver: Driver) -> Result<bool> {
        let hot = match self.has_hot.swap(false, Ordering::SeqCst) {
            true => core::mem::take(&mut *self.hot.lock()),
            false => Vec::new(),
        };
        let moved = !hot.is_empty();
        let timeout = if moved { 0 } else { timeout };
        let mut turn = (timeout == 0).then(|| self.drive.lock());
        for connection in hot {
            connection.read_ready(self.buffer(&mut turn));
        }
        let mut events = [Event::NONE; EVENTS];
        let count = poller.epoll.wait(&mut events, timeout)?;
        if driver == Driver::Caller {
            self.state.store(DRIVING, Ordering::SeqCst);
        }
        for event in events.get(..count).unwrap_or_default() {
            self.deliver(poller, event, driver, &mut turn);
        }
        Ok(moved || count > 0)
    }

    /// The read buffer, locked if it was not yet.
    fn buffer<'a, 'p>(&'p self, turn: &'a mut Option<MutexGuard<'p, Vec<u8>>>) -> &'a mut [u8] {
        let buffer = turn.get_or_insert_with(|| self.drive.lock());
        if buffer.is_empty() {
            buffer.resize(READ_SIZE, 0);
        }
        buffer
    }

    fn deliver<'p>(
        &'p self,
        poller: &Poller,
        event: &Event,
        driver: Driver,
        turn: &mut Option<MutexGuard<'p, Vec<u8>>>,
    ) {
        if event.token() == WAKE {
            // The signal is for the caller; the background must not take it away.
            if driver == Driver::Caller {
                poller.wake.drain();
                poller.signalled.store(false, Ordering::SeqCst);
            }
            return;
        }
        let Some(connection) = self.connections.lock().get(event.token()).cloned() else { return };
        if event.flags() & epoll::ENDED != 0 {
            connection.expect_end();
        }
        if event.flags() & (epoll::READABLE | epoll::BROKEN) != 0 {
            connection.read_ready(self.buffer(turn));
        }
        if event.flags() & (epoll::WRITABLE | epoll::BROKEN) != 0 {
            connection.write_ready();
        }
    }

    /// Sleeps until commands wait or a connection moved, `timeout` has passed, or the context
    /// ends. `EINTR` after a signal; `EAGAIN` when the time is up.
    pub fn wait(&self, timeout: Option<Duration>) -> Result<()> {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        let result = match self.spin(clock::nanos(), timeout) {
            true => Ok(()),
            false => self.sleep(timeout),
        };
        self.state.store(AWAKE, Ordering::SeqCst);
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        if self.poller.get().is_some() {
            self.leave();
        }
        result
    }

    fn must_not_sleep(&self) -> bool {
        self.is_pending() || self.stopped.load(Ordering::SeqCst)
    }

    fn sleep(&self, timeout: Option<Duration>) -> Result<()> {
        // With several callers in one socket, a wake-up may reach the wrong one: look again soon.
        let crowded = self.waiting.load(Ordering::SeqCst) > 1;
        let slice = if crowded { Some(Duration::from_millis(10)) } else { None };
        let limit = match (timeout, slice) {
            (Some(timeout), Some(slice)) => Some(timeout.min(slice)),
            (timeout, slice) => timeout.or(slice),
        };
        let cut = limit != timeout;
        match self.poller.get() {
            Some(poller) => {
                self.state.store(ON_POLLER, Ordering::SeqCst);
                if self.must_not_sleep() {
                    return Ok(());
                }
                let moved = self.poll_with(poller, milliseconds(limit), Driver::Caller)?;
                if moved || cut { Ok(()) } else { Err(Errno::EAGAIN) }
            }
            None => {
                self.state.store(ON_FUTEX, Ordering::SeqCst);
                if self.must_not_sleep() || self.poller.get().is_some() {
                    return Ok(());
                }
                match futex::wait(&self.state, ON_FUTEX, limit) {
                    Err(Errno::ETIMEDOUT) if cut => Ok(()),
                    Err(Errno::ETIMEDOUT) => Err(Errno::EAGAIN),
                    other => other,
                }
            }
        }
    }
}

fn milliseconds(timeout: Option<Duration>) -> i32 {
    match timeout {
        None => -1,
        // Rounded up, so that a wait is never shorter than asked.
        Some(timeout) => i32::try_from(timeout.as_micros().div_ceil(1000)).unwrap_or(i32::MAX),
    }
}

// Polling before sleeping.
impl Port {
    /// Polls for a short while if that has paid lately; `true` if something came.
    fn spin(&self, started: u64, timeout: Option<Duration>) -> bool {
        let mut budget = self.spin.budget();
        if let Some(timeout) = timeout {
            budget = budget.min(timeout.as_nanos() as u64);
        }
        if budget == 0 {
            return false;
        }
        self.state.store(DRIVING, Ordering::SeqCst);
        let paid = self.spin_until(started + budget);
        // A wait that was cut short by its own limit says nothing.
        if paid || budget == MAX_SPIN_NANOS {
            self.spin.learn(paid);
        }
        paid
    }

    fn spin_until(&self, end: u64) -> bool {
        loop {
            if self.must_not_sleep() {
                return true;
            }
            match self.poller.get() {
                Some(poller) => {
                    if self.poll_with(poller, 0, Driver::Caller).unwrap_or(false) {
                        return true;
                    }
                }
                None => (0..30).for_each(|_| core::hint::spin_loop()),
            }
            if clock::nanos() > end {
                return false;
            }
        }
    }
}

/// Whether polling before sleeping has paid lately.
#[derive(Default)]
struct Spin {
    /// Waits to go without polling, after it has failed.
    skip: AtomicU32,
    /// Failures in a row.
    failures: AtomicU32,
}

/// After this many failures in a row the number of waits without polling grows no more.
const MOST_FAILURES: u32 = 8;

impl Spin {
    /// How long to poll in the coming wait, in nanoseconds.
    fn budget(&self) -> u64 {
        match self.skip.load(Ordering::Relaxed) {
            0 => MAX_SPIN_NANOS,
            skip => {
                self.skip.store(skip - 1, Ordering::Relaxed);
                0
            }
        }
    }

    /// Polling brought something, or it was in vain: then it is tried less and less often, so that
    /// an idle program burns nothing and a crowded machine is left to the others.
    fn learn(&self, paid: bool) {
        let failures = match paid {
            true => 0,
            false => (self.failures.load(Ordering::Relaxed) + 1).min(MOST_FAILURES),
        };
        self.failures.store(failures, Ordering::Relaxed);
        self.skip.store((1 << failures) - 1, Ordering::Relaxed);
    }
}

// The lease.
impl Port {
    /// The reactor that looks after this port while its caller is away.
    pub fn set_background(&self, background: Arc<dyn Background>) {
        let _ = self.background.set(background);
    }

    /// Whether the calling reactor is the one to look after this port; `true` once.
    pub fn claim_watch(&self) -> bool {
        !self.claimed.swap(true, Ordering::SeqCst)
    }

    fn leave(&self) {
        self.lease.left_at.store(clock::nanos(), Ordering::SeqCst);
        if !self.lease.watched.load(Ordering::SeqCst)
            && let Some(background) = self.background.get()
        {
            background.look_after();
        }
    }

    /// Whether a caller is inside a wait and does the work itself.
    pub fn is_attended(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) > 0
    }

    /// How long ago the last caller left, in nanoseconds.
    pub fn unattended_for(&self, now: u64) -> u64 {
        now.saturating_sub(self.lease.left_at.load(Ordering::SeqCst))
    }

    /// As if a caller had just left.
    pub fn grant_lease(&self, now: u64) {
        self.lease.left_at.store(now, Ordering::SeqCst);
    }

    /// Whether connections have more to read than their turn allowed.
    pub fn is_hot(&self) -> bool {
        self.has_hot.load(Ordering::SeqCst)
    }

    /// The reactor says whether it is told of readiness.
    pub fn set_watched(&self, watched: bool) {
        self.lease.watched.store(watched, Ordering::SeqCst);
    }

    /// A caller is about to wait on several ports at once with the system's own poll.
    pub fn attend(&self) {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        self.state.store(ON_POLLER, Ordering::SeqCst);
    }

    /// The end of [`Port::attend`].
    pub fn unattend(&self) {
        self.state.store(AWAKE, Ordering::SeqCst);
        self.waiting.fetch_sub(1, Ordering::SeqCst);
        self.leave();
    }
}
