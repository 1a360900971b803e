//! How the callers of a socket sleep, and how whoever leaves something for them wakes them.
//!
//! Any thread; there is no lock, only the order of the steps. One caller at a time is the *leader*:
//! it drives the connections, and it alone sleeps at the poller (or, as long as there is none, on a
//! word of memory). Others that wait meanwhile sleep until there is no leader, and then try again.
//! A caller *announces* its wait under the socket's lock, in the same step in which it found that it
//! has to wait. So whoever changes something in the socket later knows that it has to tell.
//!
//! The module's names for atomics and system calls come from its parent, because
//! `wait_queue_model.rs` runs this very file in all kinds of orders.
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

/// What makes the poller readable: by it a sleeping leader is woken, and everybody who was given the
/// poller's descriptor.
pub struct WakeFd {
    alarm: Alarm,
    /// The poller is readable by it, or about to be.
    notified: AtomicBool,
}

impl WakeFd {
    pub fn new(alarm: Alarm) -> WakeFd {
        WakeFd { alarm, notified: AtomicBool::new(false) }
    }

    /// Makes the poller readable.
    pub fn notify(&self) {
        if !self.notified.swap(true, Ordering::SeqCst) {
            self.alarm.signal();
        }
    }

    /// Makes it unreadable; for the leader only, which looks for commands afterwards.
    pub fn clear(&self) {
        self.alarm.drain();
        self.notified.store(false, Ordering::SeqCst);
    }

    /// Whether it has been notified and nobody has come yet.
    pub fn is_notified(&self) -> bool {
        self.notified.load(Ordering::SeqCst)
    }
}

/// What a caller knew when it announced its wait.
#[derive(Clone, Copy)]
pub struct WaitToken(u32);

/// See the module's documentation. Functions that may wake take the wake_fd, if there is one yet.
pub struct WaitQueue {
    /// Commands wait.
    pending: AtomicBool,
    /// Whether there is a leader, and what it is doing. Only the leader writes here, and who wakes it.
    state: AtomicU32,
    /// Callers that have announced that they wait.
    waiting: AtomicU32,
    /// Counts the changes that those who waited could not know of.
    changes: AtomicU32,
    /// Counts the ends of leaders that somebody waited for.
    turn: AtomicU32,
    /// The poller's descriptor was given out: every command has to make it readable.
    exported: AtomicBool,
    /// All waits are over.
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

// Telling.
impl WaitQueue {
    /// A command was left. To be called where the commands are still locked; then [`WaitQueue::wake`].
    pub fn note_command(&self) {
        self.pending.store(true, Ordering::SeqCst);
    }

    /// The commands are taken; to be called where they are locked, as all are who mark.
    pub fn clear_commands(&self) {
        self.pending.store(false, Ordering::Relaxed);
    }

    /// Whether commands wait.
    #[inline]
    pub fn has_commands(&self) -> bool {
        self.pending.load(Ordering::SeqCst)
    }

    /// Makes the leader look again, wherever it sleeps, and whoever was given the descriptor.
    pub fn wake(&self, wake_fd: Option<&WakeFd>) {
        loop {
            let state = self.state.load(Ordering::SeqCst);
            match state {
                AWAKE => return,
                FREE => {
                    if self.is_exported() {
                        notify(wake_fd);
                    }
                    return;
                }
                sleeping => {
                    let woken = self.state.compare_exchange(
                        sleeping,
                        AWAKE,
                        Ordering::SeqCst,
                        Ordering::SeqCst,
                    );
                    match (woken, sleeping) {
                        (Ok(_), ON_FUTEX) => return futex::wake(&self.state),
                        (Ok(_), _) => return notify(wake_fd),
                        (Err(_), _) => {}
                    }
                }
            }
        }
    }

    /// A call has changed something in the socket that those who wait cannot know of. To be called
    /// under the socket's lock.
    pub fn wake_all(&self, wake_fd: Option<&WakeFd>) {
        if self.is_attended() {
            self.changes.fetch_add(1, Ordering::SeqCst);
            self.wake(wake_fd);
        }
    }

    /// There is a poller now: a leader that sleeps without it has to move.
    pub fn move_to_poller(&self, wake_fd: Option<&WakeFd>) {
        if self.state.load(Ordering::SeqCst) == ON_FUTEX {
            self.wake(wake_fd);
        }
    }

    /// Ends every wait for good.
    pub fn stop(&self, wake_fd: Option<&WakeFd>) {
        self.stopped.store(true, Ordering::SeqCst);
        self.wake(wake_fd);
    }

    #[inline]
    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }

    /// From now on every command makes the poller's descriptor readable.
    pub fn export(&self, wake_fd: Option<&WakeFd>) {
        if !self.exported.swap(true, Ordering::SeqCst) && self.has_commands() {
            notify(wake_fd);
        }
    }

    pub fn is_exported(&self) -> bool {
        self.exported.load(Ordering::SeqCst)
    }

    /// A call fails without having looked for commands, of which the descriptor did not tell
    /// because the call was still at work.
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
    /// A caller is going to wait. To be called under the socket's lock, after a look in vain.
    pub fn prepare_wait(&self) -> WaitToken {
        self.waiting.fetch_add(1, Ordering::SeqCst);
        WaitToken(self.changes.load(Ordering::SeqCst))
    }

    /// It does not wait any more.
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

    /// Becomes the leader, unless there is one. Who only comes by has no token, and does not sleep.
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
        if self.state.load(Ordering::SeqCst) == FREE || self.has_news(token) {
            return Ok(());
        }
        parker.futex(&self.turn, turn, limit).await
    }
}

/// The leader's right; given up when dropped.
pub struct Leader<'a> {
    wake: &'a WaitQueue,
    token: Option<WaitToken>,
}

impl Leader<'_> {
    /// Whether the leader has to look at its socket again.
    pub fn has_news(&self) -> bool {
        self.token.is_none_or(|token| self.wake.has_news(token))
    }

    /// The leader is at work again: nobody has to wake it.
    pub fn get_up(&self) {
        self.wake.state.store(AWAKE, Ordering::SeqCst);
    }

    /// The leader is about to sleep at the poller, unless the answer is that it must not.
    pub fn may_sleep_at_poller(&self) -> bool {
        self.wake.state.store(ON_POLLER, Ordering::SeqCst);
        !self.has_news()
    }

    /// Sleeps without a poller, unless there is one by now. `ETIMEDOUT`, `EINTR`.
    pub async fn sleep(
        &self,
        parker: &Parker,
        has_poller: impl Fn() -> bool,
        limit: Option<Duration>,
    ) -> Result<()> {
        self.wake.state.store(ON_FUTEX, Ordering::SeqCst);
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
        if wake.waiting.load(Ordering::SeqCst) > u32::from(self.token.is_some()) {
            wake.turn.fetch_add(1, Ordering::SeqCst);
            futex::wake(&wake.turn);
        }
    }
}
