//! A socket's side towards the other threads: its mailbox, its poller, and the lease that keeps the
//! background away while the caller does the work. How callers sleep and are woken is in
//! [`wake`](crate::io::wait_queue).
//!
//! Everything here is shared by the socket's caller, the I/O threads and the peers in this context; it
//! is never behind the socket's own lock. The locks are leaves, held for a push or a look-up. Any thread may
//! run a round of turns ([`turns`](crate::adapt::turns)), several at once: each connection is moved by the
//! thread that took it from the queue.
#![forbid(unsafe_code)]

use core::time::Duration;
use std::os::fd::{AsRawFd, RawFd};

use crate::adapt::contention::Contention;
use crate::adapt::looks::LookBudget;
use crate::adapt::turns;
use crate::error::{Errno, Result};
use crate::io::buffers::Buffers;
use crate::io::connection::{Connection, DUE_IN, DUE_OUT};
use crate::io::registry::Registry;
use crate::io::rounds::{PATIENCE, Rounds, STREAM_GAP};
use crate::io::spin::AdaptiveSpin;
use crate::io::wait_queue::{Leader, WaitQueue, WaitToken, WakeFd};
use crate::monitor::Monitor;
use crate::pipe::{Command, Letter, Mailbox, PipeKey, Remains};
use crate::queue::Reader;
use crate::sync::{Arc, AtomicBool, AtomicU64, AtomicUsize, Mutex, OnceLock, Ordering};
use crate::sys::alarm::{Alarm, AlwaysReadable};
use crate::sys::clock;
use crate::sys::epoll::{self, Epoll, Event};
use crate::sys::parker::{self, Parker, milliseconds};
use crate::sys::thread;

/// The poller's token of what wakes those who sleep at it.
const WAKE: u64 = u64::MAX;

/// Events taken from the poller in one step.
const EVENTS: usize = 64;

/// So many peers may have left messages behind that the socket did not read, before no more are let in.
const MOST_DEPARTED: usize = 8192;

/// How long a caller need not ask the kernel about the only connection, which it knows to be ready, in
/// clock ticks (a quarter to one millisecond).
const UNASKED: u64 = 500 * clock::TICKS_A_MICROSECOND;

/// The most that a look counts for, in clock ticks (a half to two milliseconds): a round takes no longer on a
/// thread that runs.
const LONGEST_LOOK: u64 = 1_000 * clock::TICKS_A_MICROSECOND;

/// See the module's documentation.
pub struct SocketShared {
    mailbox: Mutex<Mailbox>,
    waiters: WaitQueue,
    poller: OnceLock<SocketPoller>,
    /// The socket is closed; set under the mailbox's lock.
    closed: AtomicBool,
    /// Pipes of the socket whose peer has left, and which it has not read to the end.
    departed: AtomicUsize,
    /// Of the letters that the socket has taken and carries out, those with such a pipe.
    admitted: AtomicUsize,
    connections: Mutex<Registry>,
    rounds: Rounds,
    /// What they read into.
    buffers: Arc<Buffers>,
    /// What pollers are woken by.
    readable: Arc<AlwaysReadable>,
    /// The looks of callers at the connections, in clock ticks.
    looks: LookBudget,
    lease: Lease,
    spin: AdaptiveSpin,
    /// Those who wait for room in the socket's pipes.
    contention: Contention,
    pub monitor: Monitor,
    /// The socket has had something that a reactor does for it.
    served: AtomicBool,
    /// A reactor looks after this shared.
    claimed: Mutex<bool>,
    /// The socket has given up an endpoint (`ZMQ_RECONNECT_STOP`).
    disconnected: AtomicBool,
    /// Called when a peer in this context has connected, if nobody else calls in.
    attendant: OnceLock<Box<dyn Fn() + Send + Sync>>,
    /// Wakes the reactor that watches this shared.
    background: OnceLock<Arc<dyn Background>>,
}

/// The reactor as the shared sees it.
pub trait Background: Send + Sync {
    /// A caller left a shared that the reactor does not watch: look after it soon.
    fn look_after(&self);
}

struct SocketPoller {
    epoll: Arc<Epoll>,
    wake_fd: WakeFd,
}

#[derive(Default)]
struct Lease {
    /// When the last caller left, in nanoseconds.
    left_at: AtomicU64,
    /// The reactor is told of readiness; otherwise callers are expected to do the work.
    watched: AtomicBool,
}

impl Default for SocketShared {
    fn default() -> Self {
        SocketShared {
            mailbox: Mutex::default(),
            waiters: WaitQueue::default(),
            poller: OnceLock::new(),
            closed: AtomicBool::new(false),
            departed: AtomicUsize::new(0),
            admitted: AtomicUsize::new(0),
            connections: Mutex::default(),
            rounds: Rounds::default(),
            buffers: Arc::default(),
            readable: Arc::default(),
            looks: LookBudget::default(),
            lease: Lease::default(),
            spin: AdaptiveSpin::default(),
            contention: Contention::default(),
            monitor: Monitor::default(),
            served: AtomicBool::new(false),
            claimed: Mutex::default(),
            disconnected: AtomicBool::new(false),
            attendant: OnceLock::new(),
            background: OnceLock::new(),
        }
    }
}

impl SocketShared {
    /// That of a socket in a context that has these.
    pub fn new(buffers: Arc<Buffers>, readable: Arc<AlwaysReadable>) -> SocketShared {
        SocketShared { buffers, readable, ..SocketShared::default() }
    }
}

// The mailbox and waking.
impl SocketShared {
    /// Leaves a command for the socket and wakes its caller. A peer that comes too late is told. The number
    /// is for [`SocketShared::withdraw`]; 0 is none.
    pub fn post(&self, command: Command) -> u64 {
        let mut mailbox = self.mailbox.lock();
        if self.closed.load(Ordering::SeqCst) {
            drop(mailbox);
            if let Command::Attach { parts, .. } = command {
                parts.peer_end.close(0);
            }
            return 0;
        }
        let number = mailbox.push(command);
        self.waiters.note_command();
        drop(mailbox);
        self.waiters.wake(self.wake_fd());
        number
    }

    /// The peer that was posted with this number has left, and what it sent is complete. Whether the
    /// socket has not heard of it yet: then it learns the rest when it does, or nothing at all.
    pub fn withdraw(&self, number: u64, reads: bool) -> bool {
        let remains: Option<Remains> = self.mailbox.lock().leave(number, reads);
        remains.is_some()
    }

    /// The connection of a connecting pipe came up, or was lost: see [`Mailbox::link`].
    pub fn post_link(&self, before: u64, pipe: PipeKey, up: Option<Box<[u8]>>) -> u64 {
        let mut mailbox = self.mailbox.lock();
        if self.closed.load(Ordering::SeqCst) {
            return 0;
        }
        let number = mailbox.link(before, pipe, up);
        self.waiters.note_command();
        drop(mailbox);
        self.waiters.wake(self.wake_fd());
        number
    }

    /// The commands that were taken have been carried out.
    #[inline]
    pub fn carried_out(&self) {
        if self.admitted.load(Ordering::Relaxed) > 0 {
            self.admitted.store(0, Ordering::SeqCst);
        }
    }

    /// The peer of one of the socket's pipes has left.
    pub fn pipe_departed(&self) {
        self.departed.fetch_add(1, Ordering::SeqCst);
    }

    /// Such a pipe has been read to the end, or given up.
    pub fn departed_gone(&self) {
        self.departed.fetch_sub(1, Ordering::SeqCst);
    }

    /// Whether so many peers came, sent something and left, all of it unread, that others have to wait
    /// until the socket reads: each costs memory, and their number has no other limit.
    pub fn is_crowded(&self) -> bool {
        let mailbox = self.mailbox.lock();
        let waiting = mailbox.departed() + self.admitted.load(Ordering::SeqCst);
        waiting + self.departed.load(Ordering::SeqCst) >= MOST_DEPARTED
    }

    /// The socket is closed: takes the last commands; none come after them.
    pub fn close(&self) -> Vec<Letter> {
        let mut mailbox = self.mailbox.lock();
        self.closed.store(true, Ordering::SeqCst);
        let last = mailbox.take(Vec::new());
        drop(mailbox);
        self.rounds.clear();
        self.wake_all();
        last
    }

    /// Whether commands wait.
    #[inline]
    pub fn is_pending(&self) -> bool {
        self.waiters.has_commands()
    }

    /// Takes all commands, in exchange for a list to put the next ones in.
    pub fn take_commands(&self, empty: Vec<Letter>) -> Vec<Letter> {
        let mut mailbox = self.mailbox.lock();
        self.waiters.clear_commands();
        if mailbox.departed() > 0 {
            self.admitted.store(mailbox.departed(), Ordering::SeqCst);
        }
        mailbox.take(empty)
    }

    /// A call has changed what others, who wait in the same socket, should look at.
    pub fn wake_all(&self) {
        self.waiters.wake_all(self.wake_fd());
    }

    /// A call was cut short under the socket's lock: the next call looks, and so does whoever polls the
    /// descriptor.
    pub fn recall(&self) {
        self.waiters.note_command();
        if self.is_exported() {
            self.wake_fd().inspect(|wake_fd| wake_fd.notify());
        }
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
        self.waiters.stop(self.wake_fd());
    }

    #[inline]
    pub fn is_stopped(&self) -> bool {
        self.waiters.is_stopped()
    }

    fn wake_fd(&self) -> Option<&WakeFd> {
        self.poller.get().map(|poller| &poller.wake_fd)
    }
}

// The poller and its connections.
impl SocketShared {
    fn poller(&self) -> Result<&SocketPoller> {
        if let Some(poller) = self.poller.get() {
            return Ok(poller);
        }
        let epoll = Arc::new(Epoll::new()?);
        let alarm = Alarm::new(epoll.clone(), self.readable.clone(), WAKE)?;
        let poller = SocketPoller { epoll, wake_fd: WakeFd::new(alarm) };
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
        self.waiters.export(self.wake_fd());
        Ok(fd)
    }

    pub fn is_exported(&self) -> bool {
        self.waiters.is_exported()
    }

    /// Whether there is anything for a driver to do.
    pub fn has_poller(&self) -> bool {
        self.poller.get().is_some()
    }

    /// Adds an established connection; the token takes it out again.
    pub fn register(&self, connection: &Arc<Connection>, fd: RawFd) -> Result<u64> {
        let poller = self.poller()?;
        let token = self.connections.lock().insert(connection.clone());
        if let Err(error) = poller.epoll.add(fd, epoll::READABLE | epoll::EDGE, token) {
            self.connections.lock().remove(token);
            return Err(error);
        }
        // A caller that sleeps without the poller has to move to it.
        self.waiters.move_to_poller(self.wake_fd());
        Ok(token)
    }

    /// Whether to tell of room for writing too; whether that could be had.
    pub fn watch_room(&self, token: u64, fd: RawFd, on: bool) -> bool {
        let events = epoll::READABLE | epoll::EDGE | if on { epoll::WRITABLE } else { 0 };
        self.poller.get().is_some_and(|poller| poller.epoll.modify(fd, events, token).is_ok())
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

    /// A connection that had been stopped may be read again: it has a turn now.
    pub fn resume(&self, connection: &Arc<Connection>) {
        connection.read_turn(&mut self.buffers.lend(), 1);
    }

    /// Puts the connection behind all that wait for their turn, unless it waits. If no caller comes for it,
    /// the I/O thread does.
    pub fn add_turn(&self, connection: &Arc<Connection>, due: u8) {
        if !connection.add_due(due) || self.closed.load(Ordering::SeqCst) {
            return;
        }
        self.rounds.push(connection.clone());
        if let Some(background) = self.background.get() {
            background.look_after();
        }
    }

    /// The socket has room again for what the connection brings: it has a turn with the caller's next call.
    /// To be called under the socket's lock.
    pub fn ask_for_turn(&self, connection: &Arc<Connection>) {
        self.add_turn(connection, DUE_IN);
        // Like a command: the next call does not pass it by.
        self.waiters.note_command();
    }
}

// Driving.
impl SocketShared {
    /// The I/O thread's round.
    pub fn poll_in_background(&self) {
        if let Some(poller) = self.poller.get() {
            // There is nobody to tell of a failure; the caller will see it too.
            let _ = self.round(poller, None, turns::BACKGROUND_ROUND);
        }
    }

    /// Whether the caller has been signalled and has not come yet.
    pub fn is_signalled(&self) -> bool {
        self.wake_fd().is_some_and(WakeFd::is_notified)
    }

    /// The caller's own non-blocking look at all its connections; whether something moved. What has come
    /// before the look is there after it, as peer_end as a round reaches, and unless another thread is at it and
    /// does not get on.
    pub fn poll_as_caller(&self) -> bool {
        self.poll_with_patience(STREAM_GAP)
    }

    /// The same for a caller that is to miss nothing that came before, and rather gives its core away for some
    /// milliseconds.
    pub fn poll_patiently(&self) {
        self.poll_with_patience(PATIENCE);
    }

    fn poll_with_patience(&self, patience: u64) -> bool {
        let Some(poller) = self.poller.get() else { return self.take_turns(turns::CALLER_ROUND) };
        let began = clock::ticks();
        let lead = self.waiters.lead(None);
        let moved = self.round(poller, lead.as_ref(), turns::CALLER_ROUND).unwrap_or(false);
        drop(lead);
        if !moved {
            self.rounds.let_others_finish(patience);
        }
        self.looks.looked(began, clock::ticks(), LONGEST_LOOK);
        self.leave(clock::nanos());
        moved
    }

    /// Whether a caller that has messages at hand may look at the connections.
    pub fn may_look(&self, now: u64) -> bool {
        self.looks.is_due(now)
    }

    /// How long ago a caller looked last, in clock ticks.
    pub fn since_look(&self, now: u64) -> u64 {
        self.looks.since(now)
    }

    /// How long the last look took, in clock ticks.
    pub fn look_cost(&self) -> u64 {
        self.looks.cost()
    }

    /// The caller's look between two messages, if connections wait for their turn and it is due. The only one
    /// is known to be ready, so the kernel need not be asked each time. A caller that finds no message looks
    /// again anyhow.
    pub fn move_ready(&self) {
        if !self.has_ready() {
            return;
        }
        let is_lone = self.connections.lock().lone().is_some();
        let now = clock::ticks();
        if is_lone && self.looks.since(now) < UNASKED {
            self.take_turns(turns::CALLER_ROUND);
        } else if is_lone || self.looks.is_due(now) {
            self.poll_as_caller();
        }
    }

    /// Asks the kernel which connections are ready, and gives each that waits its turn, without sleeping
    /// and until about so many bytes moved. Whether there was anything. `lead` is the leader's; others must
    /// not take its signal away.
    fn round(
        &self,
        poller: &SocketPoller,
        lead: Option<&Leader<'_>>,
        bytes: usize,
    ) -> Result<bool> {
        let _driver = self.rounds.begin();
        let mut events = [Event::NONE; EVENTS];
        let count = poller.epoll.wait(&mut events, 0)?;
        if let Some(lead) = lead {
            lead.get_up();
        }
        for event in events.get(..count).unwrap_or_default() {
            self.note(poller, event, lead.is_some());
        }
        Ok(self.take_turns(bytes) || count > 0)
    }

    /// The kernel tells of something: a connection that is ready waits for its turn from now on.
    fn note(&self, poller: &SocketPoller, event: &Event, leaders: bool) {
        if event.token() == WAKE {
            if leaders {
                poller.wake_fd.clear();
            }
            return;
        }
        let Some(connection) = self.connections.lock().get(event.token()).cloned() else { return };
        let flags = event.flags();
        if flags & epoll::ENDED != 0 {
            connection.expect_end();
        }
        let mut due = 0;
        if flags & (epoll::READABLE | epoll::BROKEN) != 0 {
            due |= DUE_IN;
        }
        if flags & (epoll::WRITABLE | epoll::BROKEN) != 0 {
            due |= DUE_OUT;
        }
        if due != 0 && connection.add_due(due) {
            self.rounds.push(connection);
        }
    }

    fn take_turns(&self, bytes: usize) -> bool {
        self.rounds.take_turns(&self.buffers, bytes)
    }

    /// Sleeps until commands wait or a connection moved, `timeout` has passed, or the context
    /// ends; also now and then for nothing. The caller has announced itself. `EINTR` after a
    /// signal; `EAGAIN` when the time is up.
    pub async fn wait(
        &self,
        parker: &Parker,
        token: WaitToken,
        timeout: Option<Duration>,
    ) -> Result<()> {
        let unsaid = Unsaid(self);
        let result = match self.waiters.lead(Some(token)) {
            Some(lead) => match self.spin.budget() {
                0 => self.sleep_at_once(parker, &lead, timeout).await,
                budget if self.spin(&lead, budget, timeout) => Ok(()),
                _ => self.sleep(parker, &lead, timeout).await,
            },
            None => self.waiters.wait_for_lead(parker, token, timeout).await,
        };
        match result {
            // The caller looks once more.
            Ok(()) | Err(Errno::ETIMEDOUT | Errno::EAGAIN) => core::mem::forget(unsaid),
            Err(_) => drop(unsaid),
        }
        result.map_err(|error| if error == Errno::ETIMEDOUT { Errno::EAGAIN } else { error })
    }

    async fn sleep_at_once(
        &self,
        parker: &Parker,
        lead: &Leader<'_>,
        timeout: Option<Duration>,
    ) -> Result<()> {
        let began = clock::ticks();
        self.sleep(parker, lead, timeout).await?;
        self.spin.slept(clock::ticks().wrapping_sub(began));
        Ok(())
    }

    async fn sleep(
        &self,
        parker: &Parker,
        lead: &Leader<'_>,
        timeout: Option<Duration>,
    ) -> Result<()> {
        let Some(poller) = self.poller.get() else {
            return lead.sleep(parker, || self.poller.get().is_some(), timeout).await;
        };
        if !lead.may_sleep_at_poller() {
            return Ok(());
        }
        if self.has_ready() {
            return self.round(poller, Some(lead), turns::CALLER_ROUND).map(drop);
        }
        let found = Found { shared: self, poller, parker };
        let count = match parker.epoll(&poller.epoll, milliseconds(timeout)).await {
            // The process was stopped or frozen, and goes on.
            Err(Errno::EINTR) if !thread::handles_signals() => return Ok(()),
            count => count?,
        };
        lead.get_up();
        let driver = self.rounds.begin();
        drop(found);
        if count == parker::EVENTS {
            self.round(poller, Some(lead), turns::CALLER_ROUND)?;
        } else {
            self.take_turns(turns::CALLER_ROUND);
        }
        drop(driver);
        if count > 0 { Ok(()) } else { Err(Errno::EAGAIN) }
    }

    /// A caller is going to wait; to be called under the socket's lock, after a look in vain.
    pub fn prepare_wait(&self) -> WaitToken {
        self.waiters.prepare_wait()
    }

    /// A caller that has announced itself is back; what the time is.
    pub fn finish_wait(&self, now: impl FnOnce() -> u64) {
        self.waiters.finish_wait();
        if self.poller.get().is_some() {
            self.leave(now());
        }
    }

    /// A caller that has announced itself is about to wait on several sockets at once with the
    /// system's own poll. Nothing when another caller leaders: it may take signals away.
    pub fn attend(&self, token: WaitToken) -> Option<Leader<'_>> {
        self.waiters.lead(Some(token))
    }
}

/// A caller that has announced itself; it is back when this is dropped.
pub struct Waiter<'a>(pub &'a SocketShared);

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.finish_wait(clock::nanos);
    }
}

/// A call that will not look for commands, unless this is forgotten.
struct Unsaid<'a>(&'a SocketShared);

impl Drop for Unsaid<'_> {
    fn drop(&mut self) {
        self.0.waiters.tell_late(self.0.wake_fd());
    }
}

/// What a leader finds when it has slept at the poller: it waits for its turn once this is dropped. Also
/// when the thread is cancelled, because the kernel tells of it once.
struct Found<'a> {
    shared: &'a SocketShared,
    poller: &'a SocketPoller,
    parker: &'a Parker,
}

impl Drop for Found<'_> {
    fn drop(&mut self) {
        while let Some(event) = self.parker.next_event() {
            self.shared.note(self.poller, &event, true);
        }
    }
}

// Polling before sleeping.
impl SocketShared {
    /// A caller would have to wait: whether what it waits for may come at once, from a thread on the same
    /// core. It leaves nothing unsent before it looks, by [`SocketShared::yield_to_peer`].
    #[inline]
    pub fn may_yield(&self) -> bool {
        self.spin.may_yield()
    }

    /// Whether yields do it lately.
    #[inline]
    pub fn trusts_yielding(&self) -> bool {
        self.spin.yielding.is_trusted()
    }

    /// The coming wait does not poll.
    pub fn forgo_polling(&self) {
        self.spin.forgo();
    }

    /// A peer in this context is about to wait for room in this pipe: whether others have lately waited for room
    /// in other pipes of the socket.
    pub fn contends_for_room(&self, pipe: PipeKey) -> bool {
        self.contention.is_met_by(pipe.number())
    }

    /// Lets another thread go on for a moment; whether something came, be it only to the `reader` that
    /// nobody tells of.
    pub fn yield_to_peer(&self, mut reader: Option<&mut Reader>) -> bool {
        self.spin.yielding.take(|| {
            if self.has_poller() {
                self.look();
            }
            reader.as_mut().is_some_and(|reader| reader.has_come()) || self.is_pending()
        })
    }

    /// Reads what has come. Of a single connection the poller need not be asked; it will tell of it later,
    /// when there is nothing left.
    fn look(&self) {
        let lone = self.connections.lock().lone();
        match lone {
            Some(connection) => {
                connection.read_turn(&mut self.buffers.lend(), 1);
                self.leave(clock::nanos());
            }
            None => {
                self.poll_as_caller();
            }
        }
    }

    /// Polls for so many ticks at the most; `true` if something came.
    fn spin(&self, lead: &Leader<'_>, budget: u64, timeout: Option<Duration>) -> bool {
        let timeout = timeout.map_or(u64::MAX, |timeout| {
            (timeout.as_micros() as u64).saturating_mul(clock::TICKS_A_MICROSECOND)
        });
        let began = clock::ticks();
        let passed = || clock::ticks().wrapping_sub(began);
        let found = self.spin_while(lead, || passed() <= budget.min(timeout));
        // A wait that was cut short by its own limit says nothing.
        if found || budget <= timeout {
            self.spin.learn(found.then(passed));
        }
        found
    }

    fn spin_while(&self, lead: &Leader<'_>, has_time: impl Fn() -> bool) -> bool {
        for looks in 0.. {
            if lead.has_news() {
                return true;
            }
            match self.poller.get() {
                Some(poller) if self.spin_round(poller, lead) => return true,
                None if self.spin.pause(looks, || lead.has_news()) => return true,
                _ => {}
            }
            if !has_time() {
                break;
            }
        }
        false
    }
}

impl SocketShared {
    fn spin_round(&self, poller: &SocketPoller, lead: &Leader<'_>) -> bool {
        self.round(poller, Some(lead), turns::CALLER_ROUND).unwrap_or(false)
    }
}

// What the sessions have to know of their socket.
impl SocketShared {
    pub fn note_disconnect(&self) {
        self.disconnected.store(true, Ordering::SeqCst);
    }

    pub fn has_disconnected(&self) -> bool {
        self.disconnected.load(Ordering::SeqCst)
    }
}

// The lease.
impl SocketShared {
    /// The reactor that looks after this shared while its caller is away.
    pub fn set_background(&self, background: Arc<dyn Background>) {
        let _ = self.background.set(background);
    }

    /// A reactor will do something for the socket.
    pub fn note_served(&self) {
        self.served.store(true, Ordering::SeqCst);
    }

    pub fn is_served(&self) -> bool {
        self.served.load(Ordering::SeqCst)
    }

    /// Has the calling reactor look after this shared, unless one does already: `watch` begins that. When
    /// it fails nobody does.
    pub fn claim_watch(&self, watch: impl FnOnce() -> Result<()>) -> Result<()> {
        let mut claimed = self.claimed.lock();
        if !*claimed {
            watch()?;
            *claimed = true;
        }
        Ok(())
    }

    fn leave(&self, now: u64) {
        self.lease.left_at.store(now, Ordering::SeqCst);
        // Of a connection that has more to read the poller tells no second time.
        let unread = self.has_ready();
        if unread && self.is_exported() {
            self.wake_fd().inspect(|wake_fd| wake_fd.notify());
        }
        if (unread || !self.is_watched())
            && let Some(background) = self.background.get()
        {
            background.look_after();
        }
    }

    /// Whether a caller is inside a wait and does the work itself.
    pub fn is_attended(&self) -> bool {
        self.waiters.is_attended()
    }

    /// How long ago the last caller left, in nanoseconds.
    pub fn unattended_for(&self, now: u64) -> u64 {
        now.saturating_sub(self.lease.left_at.load(Ordering::SeqCst))
    }

    /// As if a caller had just left.
    pub fn grant_lease(&self, now: u64) {
        self.lease.left_at.store(now, Ordering::SeqCst);
    }

    /// Whether connections wait for their turn, of which the poller does not tell.
    #[inline]
    pub fn has_ready(&self) -> bool {
        self.rounds.has_ready()
    }

    /// Whether the reactor is told of readiness.
    pub fn is_watched(&self) -> bool {
        self.lease.watched.load(Ordering::SeqCst)
    }

    /// The reactor says whether it is told of readiness.
    pub fn set_watched(&self, watched: bool) {
        self.lease.watched.store(watched, Ordering::SeqCst);
    }
}
