//! One direction of a pipe: a queue of messages in wire form with a high-water mark (RFC 37).
//!
//! One writer and one reader. The writer appends under a lock that is held for the append only. The
//! reader takes a batch out, mostly the whole backlog, and then works on it without a lock. The
//! writer wakes the reader only when the reader sleeps. The reader gives credit back every
//! low-water mark (half the high-water mark) messages, as libzmq does. Commands (subscriptions) are
//! not counted: a mark must not lose them.

mod backlog;
mod batch;
mod fanout_log;
#[cfg(test)]
mod fanout_log_model;
#[cfg(test)]
mod fanout_log_tests;
mod gate;
#[cfg(test)]
mod gate_model;
mod piece;
mod reader;
mod writer;

pub use batch::{Batch, Sent, Taken};
pub use fanout_log::FanoutLog;
pub use reader::{InBody, Incoming, Reader, Short};
pub use writer::{Body, CreditEpoch, Room, Writer, Written};

use self::backlog::Backlog;
use self::fanout_log::Cursor;
use self::gate::Gate;
use crate::sync::{Arc, AtomicBool, AtomicU64, Ordering};

/// Locks and atomics of `gate.rs`, `fanout_log.rs` and `piece.rs`; their models replace this
/// module.
mod primitives {
    pub use crate::sync::{
        Arc, AtomicBool, AtomicU64, OnceLock, Ordering, SegQueue, compiler_fence, fence,
    };
    pub use crate::sys::membarrier;
    pub use crate::sys::spin_lock::{SpinLock, SpinLockGuard};
}

/// The state that both ends share. Nothing else is locked while its lock is held.
pub struct Queue {
    gate: Apart<Gate<State>>,
    progress: Apart<Progress>,
    /// High-water mark in messages; 0 means none.
    hwm: AtomicU64,
    /// The writer found the queue full and must be woken when credit is given.
    writer_waits: AtomicBool,
    /// The reader will take nothing more.
    abandoned: AtomicBool,
}

/// How far the reader has come. In cache lines of its own, because the reader changes it with each
/// message.
#[derive(Default)]
struct Progress {
    /// Messages the reader has taken. Only the reader stores it.
    read: AtomicU64,
    /// Messages the reader has given credit for: `read` as it was at a low-water mark or at a
    /// change of the mark. It never decreases.
    released: AtomicU64,
}

impl Queue {
    /// Changes the mark. All messages read so far count as credit from here on. The credit given
    /// before may lag by half of the old mark. That can be more than the new mark, and then an
    /// empty queue would stay full.
    fn set_hwm(&self, hwm: i32) {
        self.hwm.store(mark(hwm), Ordering::SeqCst);
        self.release(self.progress.read.load(Ordering::SeqCst));
    }

    /// Gives credit for the first `read` messages. Both ends may call it at once.
    fn release(&self, read: u64) {
        self.progress.released.fetch_max(read, Ordering::SeqCst);
    }

    /// Messages that the writer has credit for.
    #[inline]
    fn released(&self) -> u64 {
        self.progress.released.load(Ordering::SeqCst)
    }
}

/// Keeps a value in cache lines of its own. The writer changes it with each message, and the data
/// that the reader reads with each message must not move between the cores with it.
#[derive(Default)]
#[repr(align(128))]
struct Apart<T>(T);

impl<T> core::ops::Deref for Apart<T> {
    type Target = T;

    #[inline]
    fn deref(&self) -> &T {
        &self.0
    }
}

#[derive(Default)]
struct State {
    back: Backlog,
    /// The cursor that the messages behind those come from.
    cursor: Option<Box<Cursor>>,
    reader_sleeps: bool,
    /// The writer will add nothing more.
    finished: bool,
    /// Batches that the reader has taken.
    taken: u64,
    /// The writer pauses until at most so many bytes wait.
    pauses_above: Option<usize>,
}

/// A new queue's two ends.
pub fn queue(hwm: i32, conflate: bool) -> (Writer, Reader) {
    let queue = Arc::new(Queue {
        gate: Apart(Gate::new(State { reader_sleeps: true, ..State::default() })),
        progress: Apart::default(),
        hwm: AtomicU64::new(if conflate { 0 } else { mark(hwm) }),
        writer_waits: AtomicBool::new(false),
        abandoned: AtomicBool::new(false),
    });
    (Writer::new(queue.clone(), conflate), Reader::new(queue, conflate))
}

fn mark(hwm: i32) -> u64 {
    u64::try_from(hwm).unwrap_or(0)
}

impl State {
    fn unfollow(&mut self) {
        let Some(mut cursor) = self.cursor.take() else { return };
        cursor.pull_all(&mut self.back);
    }

    /// Moves the backlog into the empty `front`. If there is none, returns false and, if the reader
    /// `asks`, marks it asleep. A reader that follows a fan-out log always asks.
    #[inline]
    fn refill(&mut self, front: &mut Batch, asks: bool) -> bool {
        if self.back.take(front) {
            return true;
        }
        let pulled = match &mut self.cursor {
            Some(cursor) => cursor.pull(front, self.reader_sleeps),
            None if !asks => return false,
            None => false,
        };
        self.reader_sleeps = !pulled;
        pulled
    }

    /// Notes that a batch was taken; returns whether the writer goes on, and must be woken.
    #[inline]
    fn ends_pause(&mut self) -> bool {
        let goes_on = self.pauses_above.is_some_and(|bytes| self.back.queued_bytes() <= bytes);
        if goes_on {
            self.pauses_above = None;
        }
        goes_on
    }

    fn is_empty(&self) -> bool {
        self.back.is_empty() && !self.cursor.as_ref().is_some_and(|place| place.has_more())
    }

    #[inline]
    fn written(&mut self) -> Written {
        Written {
            wake_reader: core::mem::take(&mut self.reader_sleeps),
            backlog: self.back.queued_bytes(),
        }
    }
}

#[cfg(test)]
mod tests;
