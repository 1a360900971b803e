//! How the callers of a socket sleep, and how other threads wake them.
//!
//! Any thread; there is no lock, only the order of the steps. One caller at a time is the *leader*
//! (Leader/Followers): it drives the connections. It alone sleeps at the poller or, if there is
//! none, on a futex. Other callers that wait meanwhile sleep until there is no leader, and then try
//! again. A caller *announces* its wait under the socket's lock (`prepare_wait`, as in the kernel),
//! and does not release it between its last look and that. So a thread that changes the socket
//! later knows that it has to wake the caller.
//!
//! The module's names for atomics and system calls come from its parent, because
//! `wait_queue_model.rs` runs this very file in many interleavings.
#![forbid(unsafe_code)]

use core::time::Duration;

use super::primitives::{Alarm, AtomicBool, AtomicU32, Ordering, Parker, Result, futex};

/// There is no leader.
const FREE: u32 = 0;
/// The leader is at work, and looks for commands when it is done.
const AWAKE: u32 = 1;
/// The leader sleeps on `state`.
const ON_FUTEX: u32 = 2;
/// The leader sleeps at the poller.
const ON_POLLER: u32 = 3;

/// Makes the poller readable: this wakes a leader that sleeps there, and every thread that polls
/// the exported descriptor.
pub struct WakeFd {
    alarm: Alarm,
    /// The poller is readable because of this, or about to be.
    notified: AtomicBool,
}

impl WakeFd {
    pub fn new(alarm: Alarm) -> WakeFd {
        WakeFd { alarm, notified: AtomicBool::new(false) }
    }

    /// Makes the poller readable.
    pub fn notify(&self) {
        // Only the first of several notifiers makes the system call.
        if !self.notified.swap(true, Ordering::SeqCst) {
            self.alarm.signal();
        }
    }

    /// Makes the poller unreadable; for the leader only, which looks for commands afterwards.
    pub fn clear(&self) {
        self.alarm.drain();
        // In this order: a notification between the two lines makes no signal, but its command
        // precedes the leader's look. The other order could drain a signal that `notified` still
        // promises.
        self.notified.store(false, Ordering::SeqCst);
    }

    /// Whether it has been notified and no leader has cleared it yet.
    pub fn is_notified(&self) -> bool {
        self.notified.load(Ordering::SeqCst)
    }
}

/// The number of changes that a caller knew when it announced its wait.
#[derive(Clone, Copy)]
pub struct WaitToken(u32);

/// See the module's documentation. Functions that may wake take the wake descriptor, if there is
/// one yet.
pub struct WaitQueue {
    /// Commands wait.
    pending: AtomicBool,
    /// Whether there is a leader, and what it is doing. Only the leader and a thread that wakes it
    /// write here.
    state: AtomicU32,
    /// Callers that have announced that they wait.
    waiting: AtomicU32,
    /// Counts the changes that waiting callers could not know of.
    changes: AtomicU32,
    /// Counts the ends of leaders for which other callers waited.
    turn: AtomicU32,
    /// The poller's descriptor was given out: every command has to make it readable.
    exported: AtomicBool,
    /// All waits are over: the context is being terminated.
    stopped: AtomicBool,
}

impl Default for WaitQueue {
    fn default() -> Self {
        WaitQueue {
            pending: AtomicBool::new(false),
            state: AtomicU32::new(FREE),
            waiting: AtomicU32::new(0),
            changes: AtomicU32::new(0),
            turn: AtomicU32::new(0),
            exported: AtomicBool::new(false),
            stopped: AtomicBool::new(false),
        }
    }
}

// Waking.
impl WaitQueue {
    /// Notes a command. To be called while the commands are still locked; then [`WaitQueue::wake`].
    pub fn note_command(&self) {
        self.pending.store(true, Ordering::SeqCst);
    }

    /// Notes that the commands are taken; to be called under their lock, as is `note_command`.
    pub fn clear_commands(&self) {
        // Relaxed suffices: the commands' lock orders this store with the one of a poster.
        self.pending.store(false, Ordering::Relaxed);
    }

    /// Whether commands wait.
    #[inline]
    pub fn has_commands(&self) -> bool {
        self.pending.load(Ordering::SeqCst)
    }

    /// Makes the leader look again, wherever it sleeps, or else every thread that polls the
    /// exported descriptor.
    pub fn wake(&self, wake_fd: Option<&WakeFd>) {
        loop {
            let state = self.state.load(Ordering::SeqCst);
            match state {
                // The leader looks for commands before it sleeps, so it will find this one.
                AWAKE => return,
                FREE => {
                    if self.is_exported() {
                        // No thread of the library sleeps; only a poll of the application may.
                        notify(wake_fd);
                    }
                    return;
                }
                sleeping => {
                    // Only the thread that makes this change wakes, so one sleep costs one system
                    // call.
                    let woken = self.state.compare_exchange(
                        sleeping,
                        AWAKE,
                        Ordering::SeqCst,
                        Ordering::SeqCst,
                    );
                    match (woken, sleeping) {
                        (Ok(_), ON_FUTEX) => return futex::wake(&self.state),
                        (Ok(_), _) => return notify(wake_fd),
                        // The leader got up, left, or went to sleep elsewhere: look at the state
                        // again.
                        (Err(_), _) => {}
                    }
                }
            }
        }
    }

    /// Wakes the waiting callers: a call has changed the socket, which they cannot know. To be
    /// called under the socket's lock.
    pub fn wake_all(&self, wake_fd: Option<&WakeFd>) {
        if self.is_attended() {
            // Under the socket's lock no caller can be between its look and its announcement.
            self.changes.fetch_add(1, Ordering::SeqCst);
            self.wake(wake_fd);
        }
    }

    /// Makes a leader that sleeps on the futex move to the new poller.
    pub fn move_to_poller(&self, wake_fd: Option<&WakeFd>) {
        if self.state.load(Ordering::SeqCst) == ON_FUTEX {
            self.wake(wake_fd);
        }
    }

    /// Ends every wait, also later ones.
    pub fn stop(&self, wake_fd: Option<&WakeFd>) {
        self.stopped.store(true, Ordering::SeqCst);
        // The leader ends its wait and gives up the lead, which wakes the other callers.
        self.wake(wake_fd);
    }

    #[inline]
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// Makes the poller's descriptor readable with every command from now on.
    pub fn export(&self, wake_fd: Option<&WakeFd>) {
        if !self.exported.swap(true, Ordering::SeqCst) && self.has_commands() {
            notify(wake_fd);
        }
    }

    pub fn is_exported(&self) -> bool {
        self.exported.load(Ordering::SeqCst)
    }

    /// Called when a call fails without a look for commands: those that came while it was at work
    /// did not make the descriptor readable.
    pub fn tell_late(&self, wake_fd: Option<&WakeFd>) {
        if self.is_exported() && self.has_commands() {
            notify(wake_fd);
        }
    }
}

fn notify(wake_fd: Option<&WakeFd>) {
    if let Some(wake_fd) = wake_fd {
        wake_fd.notify();
    }
}

// Waiting.
impl WaitQueue {
    /// Announces a wait. To be called under the socket's lock, after a look that found nothing.
    pub fn prepare_wait(&self) -> WaitToken {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        // Read under the socket's lock: every later change differs from this number.
        WaitToken(self.changes.load(Ordering::SeqCst))
    }

    /// Ends the announced wait.
    pub fn finish_wait(&self) {
        self.waiting.fetch_sub(1, Ordering::SeqCst);
    }

    /// Whether callers wait.
    pub fn is_attended(&self) -> bool {
        self.waiting.load(Ordering::SeqCst) > 0
    }

    /// Whether a caller with this token has to look again.
    pub fn has_news(&self, token: WaitToken) -> bool {
        self.has_commands()
            || self.stopped.load(Ordering::SeqCst)
            || self.changes.load(Ordering::SeqCst) != token.0
    }

    /// Becomes the leader, unless there is one. A caller without a token only looks, and never
    /// sleeps.
    pub fn lead(&self, token: Option<WaitToken>) -> Option<Leader<'_>> {
        match self.state.compare_exchange(FREE, AWAKE, Ordering::SeqCst, Ordering::SeqCst) {
            Ok(_) => Some(Leader { wake: self, token }),
            Err(_) => None,
        }
    }

    /// Sleeps until there is no leader. `ETIMEDOUT`, `EINTR`.
    pub async fn wait_for_lead(
        &self,
        parker: &Parker,
        token: WaitToken,
        limit: Option<Duration>,
    ) -> Result<()> {
        let turn = self.turn.load(Ordering::SeqCst);
        // `turn` is read before `state`: a leader that leaves after this look changes `turn`, and
        // the futex does not sleep.
        if self.state.load(Ordering::SeqCst) == FREE || self.has_news(token) {
            return Ok(());
        }
        parker.futex(&self.turn, turn, limit).await
    }
}

/// The right of the leader; given up when dropped.
pub struct Leader<'a> {
    wake: &'a WaitQueue,
    token: Option<WaitToken>,
}

impl Leader<'_> {
    /// Whether the leader has to look at its socket again.
    pub fn has_news(&self) -> bool {
        self.token.is_none_or(|token| self.wake.has_news(token))
    }

    /// Notes that the leader is at work again: no thread has to wake it.
    pub fn get_up(&self) {
        self.wake.state.store(AWAKE, Ordering::SeqCst);
    }

    /// Notes that the leader will sleep at the poller; `false`: it must not, because it has to look
    /// again.
    pub fn may_sleep_at_poller(&self) -> bool {
        self.wake.state.store(ON_POLLER, Ordering::SeqCst);
        // Store, then look; a poster stores, then looks at the state. One of the two sees the
        // other's store.
        !self.has_news()
    }

    /// Sleeps on the futex, unless there is a poller by now. `ETIMEDOUT`, `EINTR`.
    pub async fn sleep(
        &self,
        parker: &Parker,
        has_poller: impl Fn() -> bool,
        limit: Option<Duration>,
    ) -> Result<()> {
        self.wake.state.store(ON_FUTEX, Ordering::SeqCst);
        // As in `may_sleep_at_poller`; a waker changes the word, so a late futex call returns.
        if self.has_news() || has_poller() {
            return Ok(());
        }
        parker.futex(&self.wake.state, ON_FUTEX, limit).await
    }
}

impl Drop for Leader<'_> {
    fn drop(&mut self) {
        let wake = self.wake;
        wake.state.store(FREE, Ordering::SeqCst);
        // This leader counts itself if it has a token. The callers that wait for the lead all wake,
        // and one of them gets it.
        if wake.waiting.load(Ordering::SeqCst) > u32::from(self.token.is_some()) {
            wake.turn.fetch_add(1, Ordering::SeqCst);
            futex::wake(&wake.turn);
        }
    }
}
