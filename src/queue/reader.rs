//! The reading end of a queue: takes whole backlogs, and gives credit for what was read.
//!
//! Used by one thread at a time, under the lock of the socket or connection that owns it.
#![forbid(unsafe_code)]

use super::backlog::Backlog;
use super::batch::Frames;
use super::{Batch, Queue, Taken};
use crate::error::Result;
use crate::msg::{Metadata, Msg, frame};
use crate::sync::{Arc, Ordering};

/// A frame as the reader gets it.
pub struct Incoming<'a> {
    pub flags: u8,
    pub body: InBody<'a>,
    pub metadata: Option<&'a Arc<Metadata>>,
}

/// Where the body of an incoming frame is.
pub enum InBody<'a> {
    Slice(&'a [u8]),
    /// A message to be taken; the rest is dropped when the next frame is read.
    Whole(&'a mut Msg),
}

impl Incoming<'_> {
    #[inline]
    pub fn more(&self) -> bool {
        self.flags & frame::MORE != 0
    }

    pub fn is_command(&self) -> bool {
        self.flags & frame::COMMAND != 0
    }

    #[inline]
    pub fn data(&self) -> &[u8] {
        match &self.body {
            InBody::Slice(bytes) => bytes,
            InBody::Whole(msg) => msg.data(),
        }
    }

    /// Drops the frame; returns whether another of its message follows.
    pub fn discard(self) -> bool {
        let more = self.more();
        if let InBody::Whole(msg) = self.body {
            drop(msg.take());
        }
        more
    }

    /// The frame as a message of its own, with its flags and properties; `ENOMEM`.
    #[inline]
    pub fn into_msg(self) -> Result<Msg> {
        let mut msg = match self.body {
            InBody::Slice(bytes) => Msg::copy_of(bytes)?,
            InBody::Whole(msg) => msg.take(),
        };
        msg.set_more(self.flags & frame::MORE != 0);
        msg.set_metadata(self.metadata.cloned());
        Ok(msg)
    }
}

/// A short frame that [`Reader::take_short`] took.
pub struct Short<'a> {
    pub frame: Incoming<'a>,
    /// Another frame is at hand.
    pub more_waits: bool,
    /// The writer waits for credit that was just given: it must be woken.
    pub gave_credit: bool,
}

/// See the module's documentation.
pub struct Reader {
    queue: Arc<Queue>,
    front: Batch,
    /// The frame that was taken last, if its body is a message of its own.
    whole: Msg,
    tally: Tally,
    metadata: Option<Arc<Metadata>>,
    conflate: bool,
    /// Takes in a row that found something, and how many messages the last one found.
    streak: u32,
    last: u64,
}

/// The credit that is due for what has been read.
#[derive(Default)]
struct Tally {
    /// The mark that was used last, and the next `read` at which credit is given.
    known_hwm: u64,
    credit_at: u64,
    /// The writer waits for credit that was just given: wake it.
    credit: bool,
}

impl Tally {
    /// Counts `messages` more as read: gives credit back at every low-water mark.
    #[inline(always)]
    fn count(&mut self, messages: u64, queue: &Queue) {
        let read = queue.progress.read.load(Ordering::Relaxed) + messages;
        queue.progress.read.store(read, Ordering::Relaxed);
        let hwm = queue.hwm.load(Ordering::Relaxed);
        if read >= self.credit_at || hwm != self.known_hwm {
            self.give_credit(read, messages, hwm, queue);
        }
    }

    /// Gives credit: a multiple of the low-water mark was reached, or the mark has changed.
    #[cold]
    fn give_credit(&mut self, read: u64, messages: u64, hwm: u64, queue: &Queue) {
        self.known_hwm = hwm;
        self.credit_at = u64::MAX;
        let low = hwm.div_ceil(2);
        let before = read.saturating_sub(messages);
        let (Some(steps), Some(earlier)) = (read.checked_div(low), before.checked_div(low)) else {
            return;
        };
        self.credit_at = (steps + 1).saturating_mul(low);
        if steps != earlier {
            queue.release(read);
            self.credit |= queue.writer_waits.swap(false, Ordering::SeqCst);
        }
    }
}

/// A take of fewer messages than this does not pay for the lock.
const SMALL: u64 = 32;

/// How long to let a busy writer go on, in turns of a spin loop (some 100 ns in all).
const PAUSES: u32 = 6;

impl Reader {
    pub(super) fn new(queue: Arc<Queue>, conflate: bool) -> Reader {
        Reader {
            queue,
            front: Batch::default(),
            whole: Msg::new(),
            tally: Tally::default(),
            metadata: None,
            conflate,
            streak: 0,
            last: 0,
        }
    }

    /// Whether a frame can be taken. A reader that got `false` is woken when one comes.
    #[inline(always)]
    pub fn ready(&mut self) -> bool {
        !self.front.is_empty() || self.refill(true)
    }

    /// [`Reader::newest_ready`] for a caller that checks again in any case, and need not be woken.
    pub fn has_come(&mut self) -> bool {
        if self.conflate { self.newest_ready() } else { self.has_next() || self.refill(false) }
    }

    /// Whether a frame is at hand, without checking what the writer has added.
    #[inline]
    pub fn has_next(&self) -> bool {
        !self.front.is_empty()
    }

    /// Whether a frame can be taken, without asking to be woken. While the writer adds one the
    /// answer is true.
    pub fn has_frames(&self) -> bool {
        let is_there = || self.queue.gate.read_if_free().is_none_or(|state| !state.is_empty());
        !self.front.is_empty() || is_there()
    }

    /// [`Reader::ready`] for a caller that takes whole frames. It gets the newest one where
    /// messages replace each other.
    #[inline(always)]
    pub fn newest_ready(&mut self) -> bool {
        if self.conflate {
            self.replace();
        }
        self.ready()
    }

    /// Drops the frame that waits if there is one to take its place.
    fn replace(&mut self) {
        // A frame that the writer is adding at this moment counts as later.
        let Some(mut state) = self.queue.gate.read_if_free() else { return };
        if state.back.is_empty() {
            return;
        }
        core::mem::swap(state.back.newest(), &mut self.front);
        let replaced = core::mem::take(state.back.newest());
        drop(state);
        drop(replaced);
    }

    #[cold]
    fn refill(&mut self, asks: bool) -> bool {
        self.take_metadata();
        self.front.clear();
        if self.streak > 1 && self.last < SMALL {
            // The writer is adding: a short pause lets it add more than one message between two
            // takes.
            (0..PAUSES).for_each(|_| core::hint::spin_loop());
        }
        let state = if asks { self.queue.gate.read() } else { self.queue.gate.read_if_free() };
        let Some(mut state) = state else {
            self.streak = 0;
            return false;
        };
        if !state.refill(&mut self.front, asks) {
            self.streak = 0;
            return false;
        }
        state.taken = state.taken.wrapping_add(1);
        self.tally.credit |= state.ends_pause();
        drop(state);
        self.streak = self.streak.saturating_add(1);
        self.last = self.front.messages();
        true
    }

    /// Changes the queue's mark. A writer that finds room now notices at its next check.
    pub fn set_hwm(&self, hwm: i32) {
        if !self.conflate {
            self.queue.set_hwm(hwm);
        }
    }

    /// Whether the writer is done and everything was taken.
    pub fn at_end(&self) -> bool {
        // A writer that holds the lock is not done.
        let state = self.queue.gate.read_if_free();
        state.is_some_and(|state| state.finished && state.is_empty()) && self.front.is_empty()
    }

    /// The flags of the next frame, if [`Reader::ready`].
    pub fn peek_flags(&self) -> Option<u8> {
        self.front.peek_flags()
    }

    /// The body of the next frame, if [`Reader::ready`].
    pub fn peek(&mut self) -> Option<&[u8]> {
        self.take_metadata();
        self.front.peek()
    }

    /// The properties of the next frame, if [`Reader::ready`].
    pub fn peek_metadata(&mut self) -> Option<&Arc<Metadata>> {
        self.take_metadata();
        self.metadata.as_ref()
    }

    /// Takes the next frame; `None` unless [`Reader::ready`] just said so.
    #[inline]
    pub fn take(&mut self) -> Option<Incoming<'_>> {
        let (flags, taken) = self.step()?;
        Some(self.present(flags, taken))
    }

    /// Moves past the next frame; [`Reader::present`] shows it. In two steps, so that credit can be
    /// passed on before the frame is.
    #[inline(always)]
    pub fn step(&mut self) -> Option<(u8, Taken)> {
        self.take_metadata();
        let (flags, taken) = self.front.take(&mut self.whole)?;
        if flags & (frame::MORE | frame::COMMAND) == 0 {
            self.tally.count(1, &self.queue);
        }
        Some((flags, taken))
    }

    /// Takes the next frame if it is a short message of its own that is at hand. Not where messages
    /// replace each other.
    #[inline(always)]
    pub fn take_short(&mut self) -> Option<Short<'_>> {
        let (bytes, more_waits) = self.front.take_short()?;
        self.tally.count(1, &self.queue);
        let body = InBody::Slice(bytes);
        Some(Short {
            frame: Incoming { flags: 0, body, metadata: self.metadata.as_ref() },
            more_waits,
            gave_credit: core::mem::take(&mut self.tally.credit),
        })
    }

    /// Whether messages replace each other.
    pub fn conflates(&self) -> bool {
        self.conflate
    }

    /// The frame that [`Reader::step`] just moved past.
    #[inline(always)]
    pub fn present(&mut self, flags: u8, taken: Taken) -> Incoming<'_> {
        let body = match taken {
            Taken::Arena(start, len) => InBody::Slice(self.front.arena(start, len)),
            Taken::Whole => InBody::Whole(&mut self.whole),
        };
        Incoming { flags: flags & !frame::LARGE, body, metadata: self.metadata.as_ref() }
    }

    #[inline(always)]
    fn take_metadata(&mut self) {
        while let Some(metadata) = self.front.take_metadata() {
            self.metadata = metadata;
        }
    }

    /// Whether the writer waits for credit that was given since the last call: it must be woken.
    #[inline]
    pub fn take_credit_note(&mut self) -> bool {
        core::mem::take(&mut self.tally.credit)
    }

    /// The batch that waits to be written to a descriptor, for the outbound end of a connection.
    pub fn front(&mut self) -> &mut Batch {
        &mut self.front
    }

    /// Counts `messages` that went out by way of [`Reader::front`].
    pub fn sent(&mut self, messages: u64) {
        self.tally.count(messages, &self.queue);
    }

    /// How many messages were taken so far.
    pub fn taken_messages(&self) -> u64 {
        self.queue.progress.read.load(Ordering::Relaxed)
    }

    /// Puts the rest of a message first, of which some went past the queue. `ENOMEM`.
    pub fn put_back(&mut self, body: &[u8]) -> Result<()> {
        self.front.clear();
        self.front.push_whole(0, Msg::copy_of(body)?)
    }

    /// Takes nothing more: the waiting messages are dropped.
    pub fn abandon(&mut self) {
        let mut dropped = Backlog::default();
        self.queue.abandoned.store(true, Ordering::SeqCst);
        // If the writer holds the lock, the backlog stays until both ends are gone.
        if let Some(mut state) = self.queue.gate.read_if_free() {
            state.cursor = None;
            core::mem::swap(&mut state.back, &mut dropped);
        }
        self.front = Batch::default();
    }
}
