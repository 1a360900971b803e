//! The socket-shared state: mailbox, poller, and the lease that keeps the I/O thread away while a
//! calling thread does the work. How calling threads sleep and are woken is in
//! [`wait_queue`](crate::io::wait_queue).
//!
//! Any thread: calling threads, I/O threads and peers in this context; never behind the socket's
//! own lock. The locks are leaves, held for a push or a look-up. Any thread may run a round of
//! turns ([`turns`](crate::adapt::turns)), several at once: each connection is moved by the thread
//! that took it from the queue.
#![forbid(unsafe_code)]

use core::time::Duration;
use std::os::fd::{AsRawFd, RawFd};

use crate::adapt::contention::Contention;
use crate::adapt::looks::LookBudget;
use crate::adapt::spin::AdaptiveSpin;
use crate::adapt::tuning::{LONGEST_LOOK, UNASKED};
use crate::adapt::turns;
use crate::error::{Errno, Result};
use crate::io::buffers::Buffers;
use crate::io::connection::{Connection, DUE_IN, DUE_OUT};
use crate::io::idle;
use crate::io::registry::Registry;
use crate::io::rounds::{HANDOVER_PATIENCE, HANDOVER_SPIN, Rounds};
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

/// The poller's token of the wake descriptor.
const WAKE: u64 = u64::MAX;

/// Events taken from the poller in one step.
const EVENTS: usize = 64;

/// The most peers that may leave unread messages behind before no more are let in.
const MOST_DEPARTED: usize = 8192;

/// See the module's documentation.
pub struct SocketShared {
    mailbox: Mutex<Mailbox>,
    waiters: WaitQueue,
    poller: OnceLock<SocketPoller>,
    /// The socket is closed; set under the mailbox's lock.
    closed: AtomicBool,
    /// Pipes whose peer has left and which the socket has not read to the end.
    departed: AtomicUsize,
    /// Such pipes among the commands that the socket has taken and carries out.
    admitted: AtomicUsize,
    connections: Mutex<Registry>,
    rounds: Rounds,
    /// Buffers that the rounds read into.
    buffers: Arc<Buffers>,
    /// Makes pollers readable.
    readable: Arc<AlwaysReadable>,
    /// The looks of calling threads at the connections, in clock ticks.
    looks: LookBudget,
    lease: Lease,
    spin: AdaptiveSpin,
    /// Peers in this context that wait for room in the socket's pipes.
    contention: Contention,
    pub monitor: Monitor,
    /// A reactor has done something for the socket.
    served: AtomicBool,
    /// A reactor looks after this state.
    claimed: Mutex<bool>,
    /// The socket has given up an endpoint (`ZMQ_RECONNECT_STOP`).
    disconnected: AtomicBool,
    /// Called when a peer in this context has connected, for a socket that no application calls.
    attendant: OnceLock<Box<dyn Fn() + Send + Sync>>,
    /// Wakes the reactor that watches this state.
    background: OnceLock<Arc<dyn Background>>,
}

/// The reactor as the socket-shared state sees it.
pub trait Background: Send + Sync {
    /// A calling thread has left a state that the reactor does not watch: look after it soon.
    fn look_after(&self);
}

struct SocketPoller {
    epoll: Arc<Epoll>,
    wake_fd: WakeFd,
}

#[derive(Default)]
struct Lease {
    /// Time at which the last calling thread left, in nanoseconds.
    left_at: AtomicU64,
    /// The reactor watches the poller; otherwise calling threads are expected to do the work.
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
    /// The state of a socket in a context with these buffers.
    pub fn new(buffers: Arc<Buffers>, readable: Arc<AlwaysReadable>) -> SocketShared {
        SocketShared { buffers, readable, ..SocketShared::default() }
    }
}

// The mailbox and waking.
impl SocketShared {
    /// Posts a command: leaves it in the mailbox and wakes the socket. The number is for
    /// [`SocketShared::withdraw`]; 0 is none.
    pub fn post(&self, command: Command) -> u64 {
        let mut mailbox = self.mailbox.lock();
        if self.closed.load(Ordering::SeqCst) {
            // A new peer that comes too late is closed; unlocked, because that calls the peer.
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

    /// Notes that the peer posted with this number has left, and that its queue is complete.
    /// `true`: the socket has not taken the command yet; it takes the rest with it, or nothing.
    pub fn withdraw(&self, number: u64, reads: bool) -> bool {
        let remains: Option<Remains> = self.mailbox.lock().leave(number, reads);
        remains.is_some()
    }

    /// Posts that the connection of a connecting pipe came up, or was lost: see [`Mailbox::link`].
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

    /// Notes that the taken commands have been carried out.
    #[inline]
    pub fn carried_out(&self) {
        if self.admitted.load(Ordering::Relaxed) > 0 {
            self.admitted.store(0, Ordering::SeqCst);
        }
    }

    /// Notes that the peer of one of the socket's pipes has left.
    pub fn pipe_departed(&self) {
        self.departed.fetch_add(1, Ordering::SeqCst);
    }

    /// Notes that such a pipe has been read to the end, or given up.
    pub fn departed_gone(&self) {
        self.departed.fetch_sub(1, Ordering::SeqCst);
    }

    /// Whether new peers have to wait until the socket reads, because many sent messages and left.
    pub fn is_crowded(&self) -> bool {
        let mailbox = self.mailbox.lock();
        // Each such peer costs memory, and no other limit holds for their number.
        let waiting = mailbox.departed() + self.admitted.load(Ordering::SeqCst);
        waiting + self.departed.load(Ordering::SeqCst) >= MOST_DEPARTED
    }

    /// Closes the mailbox and takes the last commands.
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

    /// Takes all commands, in exchange for an empty list for later ones.
    pub fn take_commands(&self, empty: Vec<Letter>) -> Vec<Letter> {
        let mut mailbox = self.mailbox.lock();
        // Cleared under the lock under which `post` sets it, so no command is missed.
        self.waiters.clear_commands();
        if mailbox.departed() > 0 {
            self.admitted.store(mailbox.departed(), Ordering::SeqCst);
        }
        mailbox.take(empty)
    }

    /// Wakes other threads blocked on this socket: this call changed its state.
    pub fn wake_all(&self) {
        self.waiters.wake_all(self.wake_fd());
    }

    /// After a call was cut short under the socket's lock: makes the next call look, and pollers.
    pub fn recall(&self) {
        self.waiters.note_command();
        if self.is_exported() {
            self.wake_fd().inspect(|wake_fd| wake_fd.notify());
        }
    }

    /// Sets how a socket that no application calls gets its commands carried out.
    pub fn set_attendant(&self, attendant: Box<dyn Fn() + Send + Sync>) {
        let _ = self.attendant.set(attendant);
    }

    /// Called by a peer that has posted a command which the socket should see soon.
    pub fn call_attendant(&self) {
        if let Some(attendant) = self.attendant.get() {
            attendant();
        }
    }

    /// Ends every wait, also later ones: the context is being terminated.
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
        // Another thread may have been faster; then this poller is dropped and its poller is used.
        let _ = self.poller.set(poller);
        self.poller.get().ok_or(Errno::EMFILE)
    }

    /// The pollable descriptor of the socket; `EMFILE` if none can be had.
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

    /// Whether there is a poller that a thread can drive.
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
        // A leader that sleeps on the futex does not see the poller: it has to move there.
        self.waiters.move_to_poller(self.wake_fd());
        Ok(token)
    }

    /// Sets whether the poller also reports room for writing; returns whether that worked.
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

    /// Reads a connection that had been stopped: it has a turn now.
    pub fn resume(&self, connection: &Arc<Connection>) {
        connection.read_turn(&mut self.buffers.lend(), 1);
    }

    /// Puts the connection behind all that wait for their turn, unless it waits already.
    pub fn add_turn(&self, connection: &Arc<Connection>, due: u8) {
        if !connection.add_due(due) || self.closed.load(Ordering::SeqCst) {
            return;
        }
        self.rounds.push(connection.clone());
        // If no calling thread comes for the connection, the I/O thread does.
        if let Some(background) = self.background.get() {
            background.look_after();
        }
    }

    /// Gives the connection a turn in the next call: the socket has room for its input again. To be
    /// called under the socket's lock.
    pub fn ask_for_turn(&self, connection: &Arc<Connection>) {
        self.add_turn(connection, DUE_IN);
        // Counts like a command, so that the next call leaves the fast path.
        self.waiters.note_command();
    }
}

// Driving.
impl SocketShared {
    /// Runs the I/O thread's round.
    pub fn poll_in_background(&self) {
        if let Some(poller) = self.poller.get() {
            // No thread waits for the result here; a calling thread will meet the failure too.
            let _ = self.round(poller, None, turns::BACKGROUND_ROUND);
        }
    }

    /// Whether the wake descriptor was notified and no calling thread has come yet.
    pub fn is_signalled(&self) -> bool {
        self.wake_fd().is_some_and(WakeFd::is_notified)
    }

    /// The calling thread's look at all its connections; returns whether something moved. Bytes
    /// that came before it are in the pipes after it, as far as a round reaches.
    pub fn poll_as_caller(&self) -> bool {
        self.poll_with_patience(HANDOVER_SPIN)
    }

    /// [`SocketShared::poll_as_caller`], but yields to another thread for up to [`HANDOVER_PATIENCE`].
    pub fn poll_patiently(&self) {
        self.poll_with_patience(HANDOVER_PATIENCE);
    }

    fn poll_with_patience(&self, patience: u64) -> bool {
        let Some(poller) = self.poller.get() else { return self.take_turns(turns::CALLER_ROUND) };
        let began = clock::ticks();
        // Without a wait token this leader never sleeps. If another thread leads, the round still
        // runs.
        let lead = self.waiters.lead(None);
        let moved = self.round(poller, lead.as_ref(), turns::CALLER_ROUND).unwrap_or(false);
        drop(lead);
        // Another thread may be moving the bytes: the look ends after that, or after `patience`.
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

    /// Time since the last look of a calling thread, in clock ticks.
    pub fn since_look(&self, now: u64) -> u64 {
        self.looks.since(now)
    }

    /// Duration of the last look, in clock ticks.
    pub fn look_cost(&self) -> u64 {
        self.looks.cost()
    }

    /// Looks between two messages, if connections wait for their turn and a look is due.
    pub fn move_ready(&self) {
        if !self.has_ready() {
            return;
        }
        // A lone connection is known to be ready, so the kernel need not be asked each time. A
        // caller that finds no message looks again anyhow.
        let is_lone = self.connections.lock().lone().is_some();
        let now = clock::ticks();
        if is_lone && self.looks.since(now) < UNASKED {
            self.take_turns(turns::CALLER_ROUND);
        } else if is_lone || self.looks.is_due(now) {
            self.poll_as_caller();
        }
    }

    /// Asks the kernel which connections are ready, and gives each that waits its turn. Never
    /// sleeps, and ends after about `bytes` bytes. Returns whether there was anything.
    fn round(
        &self,
        poller: &SocketPoller,
        lead: Option<&Leader<'_>>,
        bytes: usize,
    ) -> Result<bool> {
        let _driver = self.rounds.begin();
        let mut events = [Event::NONE; EVENTS];
        let count = poller.epoll.wait(&mut events, 0)?;
        // Only a leader passes `lead`: another thread must not clear its wake descriptor.
        if let Some(lead) = lead {
            lead.get_up();
        }
        for event in events.get(..count).unwrap_or_default() {
            self.note(poller, event, lead.is_some());
        }
        Ok(self.take_turns(bytes) || count > 0)
    }

    /// Takes up an event of the kernel: queues a ready connection for its turn.
    fn note(&self, poller: &SocketPoller, event: &Event, leads: bool) {
        if event.token() == WAKE {
            if leads {
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

    /// Sleeps until commands wait or a connection moved, `timeout` has passed, or the context ends;
    /// may also return without a reason. The caller has called `prepare_wait`. `EINTR` after a
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
                // Measures the sleep: its duration bounds the polling of later waits.
                0 => self.sleep_at_once(parker, &lead, timeout).await,
                budget if self.spin(&lead, budget, timeout) => Ok(()),
                _ => self.sleep(parker, &lead, timeout).await,
            },
            None => self.waiters.wait_for_lead(parker, token, timeout).await,
        };
        match result {
            // The caller looks for commands once more.
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
            // No poller, so no connections: commands wake the leader by the futex.
            return lead.sleep(parker, || self.poller.get().is_some(), timeout).await;
        };
        // This stores the state and then looks: a command that comes between is seen here, or its
        // poster sees the state and notifies.
        if !lead.may_sleep_at_poller() {
            return Ok(());
        }
        if self.has_ready() {
            // Queued connections cause no new event, so they have to move before a sleep.
            return self.round(poller, Some(lead), turns::CALLER_ROUND).map(drop);
        }
        let found = Found { shared: self, poller, parker };
        let count = match parker.epoll(&poller.epoll, milliseconds(timeout)).await {
            // Without signal handlers, `EINTR` means that the process was stopped or frozen, and
            // goes on.
            Err(Errno::EINTR) if !thread::handles_signals() => return Ok(()),
            count => count?,
        };
        lead.get_up();
        // Before the events are queued: another caller's look then waits for their turns.
        let driver = self.rounds.begin();
        drop(found);
        // A full list: the kernel may have more events.
        if count == parker::EVENTS {
            self.round(poller, Some(lead), turns::CALLER_ROUND)?;
        } else {
            self.take_turns(turns::CALLER_ROUND);
        }
        drop(driver);
        if count > 0 { Ok(()) } else { Err(Errno::EAGAIN) }
    }

    /// Announces a wait; to be called under the socket's lock, after a look that found nothing.
    pub fn prepare_wait(&self) -> WaitToken {
        self.waiters.prepare_wait()
    }

    /// Ends an announced wait; `now` gives the time.
    pub fn finish_wait(&self, now: impl FnOnce() -> u64) {
        self.waiters.finish_wait();
        if self.poller.get().is_some() {
            // Without a poller there are no connections, hence no lease and no reading of the
            // clock.
            self.leave(now());
        }
    }

    /// Makes a caller the leader of a wait on several sockets with the system's own poll. `None`:
    /// another caller leads, and may clear the wake descriptor.
    pub fn attend(&self, token: WaitToken) -> Option<Leader<'_>> {
        self.waiters.lead(Some(token))
    }
}

/// An announced wait; ends when dropped.
pub struct Waiter<'a>(pub &'a SocketShared);

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.finish_wait(clock::nanos);
    }
}

/// A call that fails without a look for commands, unless this is forgotten.
struct Unsaid<'a>(&'a SocketShared);

impl Drop for Unsaid<'_> {
    fn drop(&mut self) {
        // While the call was at work, commands did not make the descriptor readable.
        self.0.waiters.tell_late(self.0.wake_fd());
    }
}

/// Events that a leader got at the poller. Dropping this queues their connections.
struct Found<'a> {
    shared: &'a SocketShared,
    poller: &'a SocketPoller,
    parker: &'a Parker,
}

impl Drop for Found<'_> {
    fn drop(&mut self) {
        // Also when the thread is cancelled: the kernel reports an event only once.
        while let Some(event) = self.parker.next_event() {
            self.shared.note(self.poller, &event, true);
        }
    }
}

// Polling before sleeping.
impl SocketShared {
    /// Whether a caller that would have to wait should first yield to a thread on its core. It
    /// leaves nothing unsent before [`SocketShared::yield_to_peer`].
    #[inline]
    pub fn may_yield(&self) -> bool {
        self.spin.may_yield()
    }

    /// Whether yielding has recently sufficed to receive without parking.
    #[inline]
    pub fn trusts_yielding(&self) -> bool {
        self.spin.yielding.is_trusted()
    }

    /// Makes the next wait sleep at once.
    pub fn forgo_polling(&self) {
        self.spin.forgo();
    }

    /// Notes that a peer in this context will wait for room in this pipe. Returns whether peers
    /// recently waited for room in other pipes of the socket.
    pub fn contends_for_room(&self, pipe: PipeKey) -> bool {
        self.contention.is_met_by(pipe.number())
    }

    /// Yields the core to another thread. Returns whether something came, be it only to the
    /// `reader`, for which no command is posted.
    pub fn yield_to_peer(&self, mut reader: Option<&mut Reader>) -> bool {
        idle::yield_to_peer(&self.spin.yielding, || {
            if self.has_poller() {
                self.look();
            }
            reader.as_mut().is_some_and(|reader| reader.has_come()) || self.is_pending()
        })
    }

    /// Reads input that has come.
    fn look(&self) {
        let lone = self.connections.lock().lone();
        match lone {
            Some(connection) => {
                // The poller need not be asked; its report comes later, when nothing is left to
                // read.
                connection.read_turn(&mut self.buffers.lend(), 1);
                self.leave(clock::nanos());
            }
            None => {
                self.poll_as_caller();
            }
        }
    }

    /// Polls for at most `budget` ticks; `true` if something came.
    fn spin(&self, lead: &Leader<'_>, budget: u64, timeout: Option<Duration>) -> bool {
        let timeout = timeout.map_or(u64::MAX, |timeout| {
            (timeout.as_micros() as u64).saturating_mul(clock::TICKS_A_MICROSECOND)
        });
        let began = clock::ticks();
        let passed = || clock::ticks().wrapping_sub(began);
        let found = self.spin_while(lead, || passed() <= budget.min(timeout));
        // A wait that its own time-out cut short proves nothing about polling.
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
                None if idle::pause(&self.spin, looks, || lead.has_news()) => return true,
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

// Facts about the socket that its sessions ask for.
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
    /// Sets the reactor that looks after this state while no calling thread does.
    pub fn set_background(&self, background: Arc<dyn Background>) {
        let _ = self.background.set(background);
    }

    /// Notes that a reactor will do something for the socket.
    pub fn note_served(&self) {
        self.served.store(true, Ordering::SeqCst);
    }

    pub fn is_served(&self) -> bool {
        self.served.load(Ordering::SeqCst)
    }

    /// Has the calling reactor look after this state, unless one does already: `watch` begins that.
    pub fn claim_watch(&self, watch: impl FnOnce() -> Result<()>) -> Result<()> {
        let mut claimed = self.claimed.lock();
        if !*claimed {
            watch()?;
            // If it fails, no reactor does, and the next one tries.
            *claimed = true;
        }
        Ok(())
    }

    fn leave(&self, now: u64) {
        self.lease.left_at.store(now, Ordering::SeqCst);
        // The poller is edge-triggered: it does not report again a connection that has more to
        // read.
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

    /// Whether a calling thread is inside a wait and does the work itself.
    pub fn is_attended(&self) -> bool {
        self.waiters.is_attended()
    }

    /// Time since the last calling thread left, in nanoseconds.
    pub fn unattended_for(&self, now: u64) -> u64 {
        now.saturating_sub(self.lease.left_at.load(Ordering::SeqCst))
    }

    /// Begins a lease, as if a calling thread had just left.
    pub fn grant_lease(&self, now: u64) {
        self.lease.left_at.store(now, Ordering::SeqCst);
    }

    /// Whether connections wait for a turn, which the poller does not report.
    #[inline]
    pub fn has_ready(&self) -> bool {
        self.rounds.has_ready()
    }

    /// Whether the reactor watches the poller.
    pub fn is_watched(&self) -> bool {
        self.lease.watched.load(Ordering::SeqCst)
    }

    /// Sets whether the reactor watches the poller.
    pub fn set_watched(&self, watched: bool) {
        self.lease.watched.store(watched, Ordering::SeqCst);
    }
}
