//! The event loop of an I/O thread: waits, then works on events, jobs, timers and unattended
//! sockets.
//!
//! Everything here belongs to that thread, without a lock. A panic while it works on one session
//! costs that session.
#![forbid(unsafe_code)]

use core::time::Duration;
use std::collections::BTreeMap;
use std::os::fd::{AsRawFd, RawFd};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::adapt::drain_timer::{DrainTimer, DrainTimers};
use crate::endpoint::TcpConnectAddress;
use crate::error::Result;
use crate::io::buffers::READ_SIZE;
use crate::io::connection::Owner;
use crate::io::shared::SocketShared;
use crate::monitor::{EndpointPair, event};
use crate::proto::mechanism::Work;
use crate::sync::{Arc, Ordering};
use crate::sys::epoll::{self, Event};
use crate::sys::{clock, membarrier};
use crate::transport::Accepted;

use super::listen::{Accepting, SHORTAGE_PAUSE, SharedListener};
use super::multicast::MulticastSession;
use super::session::{Session, Step};
use super::timers::{Purpose, Timers};
use super::watch::Watches;
use super::{Bound, Job, Reactor, ReactorHandle, WAKE, from_now};

/// The kinds of descriptors in the reactor's poller, in the top bits of their tokens.
pub(super) const LISTENER: u64 = 1 << 60;
const SESSION: u64 = 2 << 60;
const SOCKET: u64 = 3 << 60;
const MULTICAST: u64 = 4 << 60;
const KIND: u64 = 0xf << 60;

const EVENTS: usize = 128;

/// Pause in the reading of a connection whose socket has enough, in milliseconds.
const PAUSE: i32 = 5;

/// Whether at least 90 % of `time` has passed: a sleep of that length ends a little early or late.
fn has_passed(since: u64, now: u64, time: Duration) -> bool {
    u128::from(now.saturating_sub(since)) >= time.as_nanos() / 10 * 9
}

struct Entry {
    listener: Arc<SharedListener>,
    shared: Arc<SocketShared>,
}

/// See the module's documentation.
pub struct EventLoop {
    handle: Arc<ReactorHandle>,
    sessions: BTreeMap<u64, Box<Session>>,
    multicasts: BTreeMap<u64, MulticastSession>,
    listeners: BTreeMap<u64, Entry>,
    streams: DrainTimers,
    parts: Parts,
    last_tick: u64,
    stopping: bool,
}

/// The parts of the event loop that sessions use.
struct Parts {
    timers: Timers,
    watches: Watches,
    buffer: Vec<u8>,
    random: fastrand::Rng,
}

/// Everything that a session may use during a step.
pub struct SessionCtx<'a> {
    handle: &'a Arc<ReactorHandle>,
    pub timers: &'a mut Timers,
    watches: &'a mut Watches,
    pub buffer: &'a mut [u8],
    random: &'a mut fastrand::Rng,
}

impl SessionCtx<'_> {
    fn reactor(&self) -> &Reactor {
        &self.handle.reactor
    }

    pub fn watch_session(&self, fd: RawFd, events: u32, session: u64) -> Result<()> {
        self.reactor().epoll.add(fd, events, SESSION | session)
    }

    pub fn rewatch_session(&self, fd: RawFd, events: u32, session: u64) -> Result<()> {
        self.reactor().epoll.modify(fd, events, SESSION | session)
    }

    pub fn watch_multicast(&self, fd: RawFd, events: u32, multicast: u64) -> Result<()> {
        self.reactor().epoll.add(fd, events, MULTICAST | multicast)
    }

    pub fn unwatch(&self, fd: RawFd) {
        // The descriptor may not be in the poller; then nothing changes.
        let _ = self.reactor().epoll.delete(fd);
    }

    /// Looks after the socket while no calling thread does, unless a reactor does already.
    /// `EMFILE`, `ENFILE`, `ENOMEM`, `ENOSPC`: no reactor does, and the next connection tries
    /// again.
    pub fn watch_socket(&mut self, shared: &Arc<SocketShared>) -> Result<()> {
        let (handle, watches) = (self.handle, &mut *self.watches);
        shared.claim_watch(|| {
            watches.add(&handle.reactor, SOCKET, shared.clone())?;
            shared.set_background(handle.reactor.clone());
            watches.look_at_newest();
            Ok(())
        })
    }

    pub fn resolve(&self, session: u64, address: TcpConnectAddress) -> Result<()> {
        let Some(pool) = self.handle.pool.upgrade() else { return Ok(()) };
        // A look-up may outlive the context, and must not keep its descriptors open.
        let reactor = Arc::downgrade(&self.handle.reactor);
        let done = move |addresses| {
            if let Some(reactor) = reactor.upgrade() {
                reactor.post(Job::Resolved { session, addresses });
            }
        };
        pool.resolver.submit(address, Box::new(done))
    }

    /// Has a worker do the work of a session's handshake, and then posts [`Job::Worked`].
    pub fn work(&self, session: u64, work: Work) -> Result<()> {
        let Some(pool) = self.handle.pool.upgrade() else { return Ok(()) };
        // The work may outlive the context too.
        let reactor = Arc::downgrade(&self.handle.reactor);
        pool.workers.submit(Box::new(move || {
            work();
            Box::new(move || {
                if let Some(reactor) = reactor.upgrade() {
                    reactor.post(Job::Worked { session });
                }
            })
        }))
    }

    /// The socket that bound this name in the context.
    pub fn find_bound(&self, name: &[u8]) -> Option<Bound> {
        self.handle.pool.upgrade()?.names.find(name)
    }

    /// A random number from 0 to one less than `limit`.
    pub fn random_below(&mut self, limit: i32) -> i32 {
        if limit > 0 { self.random.i32(0..limit) } else { 0 }
    }
}

impl EventLoop {
    pub(super) fn new(handle: Arc<ReactorHandle>) -> EventLoop {
        EventLoop {
            handle,
            sessions: BTreeMap::new(),
            multicasts: BTreeMap::new(),
            listeners: BTreeMap::new(),
            streams: DrainTimers::default(),
            parts: Parts {
                timers: Timers::default(),
                watches: Watches::default(),
                buffer: vec![0; READ_SIZE],
                random: fastrand::Rng::with_seed(clock::nanos()),
            },
            last_tick: 0,
            stopping: false,
        }
    }

    /// The thread's body.
    pub fn run(&mut self) {
        while !self.stopping {
            // A panic interrupts the work of one session; the others go on.
            let turn = catch_unwind(AssertUnwindSafe(|| self.turn()));
            if turn.is_err() {
                // The waiting jobs are still there.
                self.handle.reactor.signalled.store(false, Ordering::SeqCst);
                self.handle.reactor.wake_up();
            }
        }
        for (_, session) in core::mem::take(&mut self.sessions) {
            session.end(&mut self.parts.ctx(&self.handle));
        }
        for (_, multicast) in core::mem::take(&mut self.multicasts) {
            multicast.end(&mut self.parts.ctx(&self.handle));
        }
        while self.handle.disposer.is_requested() {
            self.dispose();
        }
    }

    fn turn(&mut self) {
        let mut events = [Event::NONE; EVENTS];
        let timeout = self.timeout();
        let count = self.handle.reactor.epoll.wait_for(&mut events, timeout).unwrap_or(0);
        for event in events.get(..count).unwrap_or_default() {
            self.event(*event);
        }
        self.jobs();
        self.due_timers();
        self.drain_streams();
        self.look_after_sockets();
        if membarrier::is_requested() {
            self.register_barrier();
        }
        self.dispose();
    }

    /// Calls free functions of the application, which may call the library.
    fn dispose(&self) {
        self.handle.disposer.run(self.handle.number);
    }

    /// Registers the memory barrier in a thread of its own, because that takes the kernel some
    /// milliseconds. If no thread can be started, readers go on waiting for writers.
    fn register_barrier(&self) {
        let Some(pool) = self.handle.pool.upgrade() else { return };
        let _ = pool.workers.submit(Box::new(|| {
            membarrier::register();
            Box::new(|| ())
        }));
    }

    /// Time to sleep; `None` is without limit.
    fn timeout(&self) -> Option<Duration> {
        if self.parts.watches.is_busy() || self.handle.disposer.is_requested() {
            return Some(Duration::ZERO);
        }
        let is_ticking = self.handle.reactor.ticking.load(Ordering::SeqCst);
        let tick = is_ticking.then(|| self.parts.watches.pause());
        let at = [self.parts.timers.next(), self.streams.due()].into_iter().flatten().min();
        let timer = at.map(|at| Duration::from_nanos(at.saturating_sub(clock::nanos())));
        [tick, timer].into_iter().flatten().min()
    }

    fn event(&mut self, event: Event) {
        let token = event.token();
        if token == WAKE {
            self.handle.reactor.wake.drain();
            self.handle.reactor.signalled.store(false, Ordering::SeqCst);
            return;
        }
        let id = token & !KIND;
        match token & KIND {
            LISTENER => self.accept(id),
            SESSION => self.step(id, |session, ctx| session.ready(ctx, event.flags())),
            SOCKET => self.parts.watches.ready(&self.handle.reactor, SOCKET, id),
            MULTICAST => self.multicast(id, |multicast, ctx| multicast.work(ctx)),
            _ => {}
        }
    }

    /// Makes one step of a session, and removes the session if the step returns [`Step::Remove`].
    fn step(&mut self, id: u64, step: impl FnOnce(&mut Session, &mut SessionCtx<'_>) -> Step) {
        let Some(session) = self.sessions.get_mut(&id) else { return };
        if self.parts.contain(&self.handle, session.as_mut(), step) == Step::Remove {
            self.remove(id);
        }
    }

    fn remove(&mut self, id: u64) {
        if let Some(session) = self.sessions.remove(&id) {
            self.handle.reactor.load.fetch_sub(1, Ordering::Relaxed);
            session.end(&mut self.parts.ctx(&self.handle));
        }
    }

    /// Makes one step of a multicast session.
    fn multicast(
        &mut self,
        id: u64,
        step: impl FnOnce(&mut MulticastSession, &mut SessionCtx<'_>) -> Step,
    ) {
        let Some(multicast) = self.multicasts.get_mut(&id) else { return };
        if self.parts.contain(&self.handle, multicast, step) == Step::Remove {
            self.remove_multicast(id);
        }
    }

    fn remove_multicast(&mut self, id: u64) {
        if let Some(multicast) = self.multicasts.remove(&id) {
            self.handle.reactor.load.fetch_sub(1, Ordering::Relaxed);
            multicast.end(&mut self.parts.ctx(&self.handle));
        }
    }

    fn add_multicast(&mut self, multicast: MulticastSession) {
        let id = multicast.id;
        self.handle.reactor.load.fetch_add(1, Ordering::Relaxed);
        self.multicasts.insert(id, multicast);
        self.multicast(id, |multicast, ctx| multicast.work(ctx));
    }

    fn adopt(&mut self, session: Box<Session>) {
        let id = session.id;
        self.handle.reactor.load.fetch_add(1, Ordering::Relaxed);
        self.sessions.insert(id, session);
        self.step(id, |session, ctx| session.begin(ctx));
    }
}

impl Parts {
    /// Makes one step of a session or multicast session; a panic in it costs only that one.
    fn contain<T>(
        &mut self,
        handle: &Arc<ReactorHandle>,
        one: &mut T,
        step: impl FnOnce(&mut T, &mut SessionCtx<'_>) -> Step,
    ) -> Step {
        let mut ctx = self.ctx(handle);
        catch_unwind(AssertUnwindSafe(|| step(one, &mut ctx))).unwrap_or(Step::Remove)
    }

    fn ctx<'a>(&'a mut self, handle: &'a Arc<ReactorHandle>) -> SessionCtx<'a> {
        SessionCtx {
            handle,
            timers: &mut self.timers,
            watches: &mut self.watches,
            buffer: &mut self.buffer,
            random: &mut self.random,
        }
    }
}

// Jobs.
impl EventLoop {
    fn jobs(&mut self) {
        // Jobs that come meanwhile have their turn after the timers.
        for _ in 0..self.handle.reactor.jobs.len() {
            let Some(job) = self.handle.reactor.jobs.pop() else { return };
            self.job(job);
        }
    }

    fn job(&mut self, job: Job) {
        match job {
            Job::Listen { listener, shared } => self.listen(listener, shared),
            Job::Unlisten { listener, linger } => self.unlisten(listener, linger),
            Job::Adopt(session) => self.adopt(session),
            Job::AddMulticast(multicast) => self.add_multicast(*multicast),
            Job::MulticastSession(id) => self.multicast(id, |multicast, ctx| multicast.work(ctx)),
            Job::CloseMulticast { multicast, linger, guard } => {
                self.multicast(multicast, |multicast, ctx| multicast.close(ctx, linger, guard));
            }
            Job::Lost { session, epoch, cause } => {
                self.step(session, |session, ctx| session.lost(ctx, epoch, cause));
            }
            Job::Paused { session } => {
                self.parts.timers.set(from_now(PAUSE), session, Purpose::Resume);
            }
            Job::Unfinished { session } => {
                self.step(session, |session, ctx| session.write_on(ctx));
            }
            Job::Stream { session, moved } => {
                self.streams.add(DrainTimer::first(session, moved), clock::nanos());
            }
            Job::Close { connection, linger, guard } => {
                let id = connection.session;
                self.step(id, |session, ctx| session.close(ctx, &connection, linger, guard));
            }
            Job::Pinged { session } => self.step(session, |session, ctx| session.beat(ctx)),
            Job::Answered { session } => {
                self.step(session, |session, ctx| session.answered(ctx));
            }
            Job::Worked { session } => self.step(session, |session, ctx| session.worked(ctx)),
            Job::Cancel { session, linger } => {
                self.step(session, |session, ctx| session.cancel(ctx, linger));
            }
            Job::Forget(shared) => self.forget(&shared),
            Job::Resolved { session, addresses } => {
                self.step(session, |session, ctx| session.resolved(ctx, addresses));
            }
            Job::Stop => self.stopping = true,
        }
    }

    fn forget(&mut self, shared: &Arc<SocketShared>) {
        self.parts.watches.remove(&self.handle.reactor, shared);
        for id in self.open_sessions(|session| session.belongs_to(shared)) {
            self.remove(id);
        }
    }

    fn unlisten(&mut self, listener: u64, linger: i32) {
        self.remove_listener(listener);
        for id in self.open_sessions(|session| session.was_accepted_by(listener)) {
            self.step(id, |session, ctx| session.unlistened(ctx, linger));
        }
    }

    /// The sessions of this kind that their sockets have not closed.
    fn open_sessions(&self, is_one: impl Fn(&Session) -> bool) -> Vec<u64> {
        let sessions = self.sessions.values();
        sessions.filter(|one| is_one(one) && !one.is_closing()).map(|one| one.id).collect()
    }

    fn due_timers(&mut self) {
        let now = clock::nanos();
        while let Some((owner, purpose)) = self.parts.timers.pop(now) {
            match purpose {
                Purpose::Accept => self.accept_again(owner),
                Purpose::MulticastSession => {
                    self.multicast(owner, |multicast, ctx| multicast.due(ctx))
                }
                Purpose::MulticastLinger => self.remove_multicast(owner),
                _ => self.step(owner, |session, ctx| session.timer(ctx, purpose)),
            }
        }
    }

    fn drain_streams(&mut self) {
        if self.streams.due().is_none() {
            return;
        }
        let now = clock::nanos();
        for mut visit in self.streams.take_due(now) {
            let mut goes_on = false;
            self.step(visit.session, |session, _| session.drain_deferred(&mut visit, &mut goes_on));
            if goes_on {
                self.streams.add(visit, now);
            }
        }
    }

    fn look_after_sockets(&mut self) {
        self.parts.watches.continue_busy(&self.handle.reactor, SOCKET);
        if !self.handle.reactor.ticking.load(Ordering::SeqCst) {
            return;
        }
        let now = clock::nanos();
        if has_passed(self.last_tick, now, self.parts.watches.pause()) {
            self.last_tick = now;
            self.parts.watches.tick(&self.handle.reactor, SOCKET);
        }
    }
}

// Listening.
impl EventLoop {
    fn listen(&mut self, listener: Arc<SharedListener>, shared: Arc<SocketShared>) {
        let Some(fd) = listener.fd() else { return };
        let id = listener.id();
        self.handle.reactor.load.fetch_add(1, Ordering::Relaxed);
        self.listeners.insert(id, Entry { listener, shared });
        // The descriptor has been in the poller since the bind. If this fails, it was closed
        // meanwhile.
        let _ = self.handle.reactor.epoll.modify(fd, epoll::READABLE, LISTENER | id);
    }

    fn remove_listener(&mut self, id: u64) {
        if self.listeners.remove(&id).is_some() {
            self.handle.reactor.load.fetch_sub(1, Ordering::Relaxed);
        }
    }

    fn accept(&mut self, id: u64) {
        let Some(Entry { listener, shared }) = self.listeners.get(&id) else { return };
        let (listener, shared) = (listener.clone(), shared.clone());
        let mut new = Vec::new();
        let accepting = listener.accept(&shared, |accepted| new.push(accepted));
        for accepted in new {
            self.accepted(&listener, &shared, accepted);
        }
        match accepting {
            Accepting::Idle => {}
            Accepting::Short => self.pause_accepting(id, &listener),
            Accepting::Closed => self.remove_listener(id),
        }
    }

    fn accepted(
        &mut self,
        listener: &SharedListener,
        shared: &Arc<SocketShared>,
        accepted: Accepted,
    ) {
        let endpoints = EndpointPair::bound(&accepted.local_endpoint, &accepted.remote_endpoint);
        shared.monitor.raise(event::ACCEPTED, accepted.fd.as_raw_fd() as u64, &endpoints);
        let Some(pool) = self.handle.pool.upgrade() else { return };
        let options = listener.options().clone();
        let handle = pool.choose(options.affinity).unwrap_or(&self.handle).clone();
        let owner: Arc<dyn Owner> = handle.clone();
        let session = Session::accepted(
            pool.next_id(),
            owner,
            shared.clone(),
            options,
            listener.id(),
            accepted,
            endpoints,
        );
        if Arc::ptr_eq(&handle, &self.handle) {
            self.adopt(Box::new(session));
        } else {
            handle.reactor.post(Job::Adopt(Box::new(session)));
        }
    }

    /// Ignores the descriptor for a moment: it stays readable while the system is short of
    /// resources.
    fn pause_accepting(&mut self, id: u64, listener: &SharedListener) {
        if let Some(fd) = listener.fd() {
            let _ = self.handle.reactor.epoll.modify(fd, 0, LISTENER | id);
            self.parts.timers.set(from_now(SHORTAGE_PAUSE), id, Purpose::Accept);
        }
    }

    fn accept_again(&mut self, id: u64) {
        if let Some(fd) = self.listeners.get(&id).and_then(|entry| entry.listener.fd()) {
            let _ = self.handle.reactor.epoll.modify(fd, epoll::READABLE, LISTENER | id);
        }
    }
}
