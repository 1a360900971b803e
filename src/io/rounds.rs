//! The rounds of a socket's connections. Ready connections wait in a queue, and each thread that
//! runs a round gives them their turns ([`turns`](crate::adapt::turns)).
//!
//! Any thread, and several at once: a connection is moved by the thread that took it from the
//! queue. The lock of the queue is a leaf, held for a push or a pop.
#![forbid(unsafe_code)]

use crate::adapt::turns::{Round, TurnQueue};
use crate::io::buffers::Buffers;
use crate::io::connection::{Connection, DUE_IN, DUE_OUT};
use crate::sync::{Arc, AtomicBool, AtomicU32, Mutex, Ordering};
use crate::sys::{clock, thread};

/// The time that a caller gives another thread to move bytes of its socket, without yielding its
/// core. In clock ticks (10 to 40 us). After it the caller answers without those bytes.
pub const HANDOVER_SPIN: u64 = 20 * clock::TICKS_A_MICROSECOND;

/// The time that a patient caller goes on with yielding, in clock ticks (2 to 10 ms). A thread that
/// is not running may take longer; then the caller has waited for it once.
pub const HANDOVER_PATIENCE: u64 = 5_000 * clock::TICKS_A_MICROSECOND;

/// See the module's documentation.
#[derive(Default)]
pub struct Rounds {
    /// Ready connections, which the kernel does not report again.
    ready: Mutex<TurnQueue<Arc<Connection>>>,
    has_ready: AtomicBool,
    /// Numbers of rounds that threads have begun, and have ended.
    begun: AtomicU32,
    ended: AtomicU32,
    /// Number of begun rounds when a caller last gave up waiting for their end.
    given_up: AtomicU32,
}

impl Rounds {
    /// Whether connections wait for their turn.
    #[inline]
    pub fn has_ready(&self) -> bool {
        self.has_ready.load(Ordering::SeqCst)
    }

    /// Puts a connection that does not wait behind all that do.
    pub fn push(&self, connection: Arc<Connection>) {
        let mut ready = self.ready.lock();
        ready.push(connection);
        // Stored under the lock, like the `false` in `pop`: the flag never contradicts the queue.
        self.has_ready.store(true, Ordering::SeqCst);
    }

    fn pop(&self) -> Option<Arc<Connection>> {
        let mut ready = self.ready.lock();
        let next = ready.pop();
        if ready.is_empty() {
            self.has_ready.store(false, Ordering::SeqCst);
        }
        next
    }

    /// Drops the ready connections: no thread will run a round again.
    pub fn clear(&self) {
        let ready = core::mem::take(&mut *self.ready.lock());
        // Unlocked: the last reference to a connection frees its buffers and stream.
        drop(ready);
    }

    /// Gives each connection that waits one turn, until about `bytes` bytes moved. Returns whether
    /// any waited.
    pub fn take_turns(&self, buffers: &Buffers, bytes: usize) -> bool {
        if !self.has_ready() {
            return false;
        }
        // Counts the connections at the start: those that come back to the queue have no second
        // turn.
        let mut round = Round::new(self.ready.lock().len(), bytes);
        let mut buffer = None;
        let mut moved = false;
        while round.goes_on() {
            let Some(connection) = self.pop() else { break };
            moved = true;
            // Taken before the turn: a report during it queues the connection once more.
            let (due, reads) = (connection.take_due(), round.begin_turn());
            let mut bytes = 0;
            if due & DUE_IN != 0 {
                // The buffer is borrowed only if a connection reads, and then for the whole round.
                bytes += connection.read_turn(buffer.get_or_insert_with(|| buffers.lend()), reads);
            }
            if due & DUE_OUT != 0 {
                bytes += connection.write_ready();
            }
            round.end_turn(bytes);
        }
        moved
    }

    /// Begins a round; it ends when the returned value is dropped.
    pub fn begin(&self) -> Driver<'_> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        Driver(self)
    }

    /// Gives threads that run a round the time `patience` to end it, but not twice for one round.
    pub fn let_others_finish(&self, patience: u64) {
        let begun = self.begun.load(Ordering::SeqCst);
        // The counters wrap, so the sign of the difference decides. As many ends as begun rounds
        // suffice, whichever rounds they are.
        let is_under_way = || (self.ended.load(Ordering::SeqCst).wrapping_sub(begun) as i32) < 0;
        if !is_under_way() || self.given_up.load(Ordering::Relaxed) == begun {
            return;
        }
        let since = clock::ticks();
        while is_under_way() {
            match clock::ticks().wrapping_sub(since) {
                passed if passed < HANDOVER_SPIN => core::hint::spin_loop(),
                passed if passed < patience => thread::yield_now(),
                // That thread may not be running: later looks at these rounds do not wait again.
                _ => return self.given_up.store(begun, Ordering::Relaxed),
            }
        }
    }
}

/// A thread that runs a round.
pub struct Driver<'a>(&'a Rounds);

impl Drop for Driver<'_> {
    fn drop(&mut self) {
        self.0.ended.fetch_add(1, Ordering::SeqCst);
    }
}
