//! The writing end of a queue: adds frames, and knows how much room there is.
//!
//! Used by one thread at a time, under the lock of the socket or connection that owns it.
#![forbid(unsafe_code)]

use core::cell::Cell;

use super::batch::Frames;
use super::{Batch, FanoutLog, Queue, State};
use crate::error::Result;
use crate::msg::{Metadata, Msg, frame};
use crate::sync::{Arc, Ordering};
use crate::sys::cache;

/// The result of a write.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The reader sleeps: the thread that wrote must wake it.
    pub wake_reader: bool,
    /// Bytes that wait behind the reader's back.
    pub backlog: usize,
}

/// The body of a frame to send.
pub enum Body<'a> {
    /// Bytes to copy.
    Copy(&'a [u8]),
    /// A message whose content may be taken or shared.
    Own(&'a mut Msg),
}

impl Body<'_> {
    /// Borrows the body for an attempt that may leave it as it was.
    #[inline]
    pub fn again(&mut self) -> Body<'_> {
        match self {
            Body::Copy(bytes) => Body::Copy(bytes),
            Body::Own(msg) => Body::Own(msg),
        }
    }

    #[inline]
    pub fn data(&self) -> &[u8] {
        match self {
            Body::Copy(bytes) => bytes,
            Body::Own(msg) => msg.data(),
        }
    }

    /// The body's bytes, if a frame of them is copied in the shortest form.
    #[inline(always)]
    pub fn short(&self, copy_max: usize) -> Option<&[u8]> {
        match self {
            Body::Copy(bytes) if bytes.len() <= SHORT => Some(bytes),
            Body::Own(msg) if msg.len() <= SHORT && is_copied(msg, copy_max) => Some(msg.data()),
            _ => None,
        }
    }

    /// Whether the body is to be copied, and into a message of its own.
    #[inline]
    fn is_long(&self) -> bool {
        matches!(self, Body::Copy(bytes) if bytes.len() > ALWAYS_COPY)
    }
}

/// How a call polls for credit. A nonblocking one counts the credit of its socket's last poll;
/// `number` tells one poll from the next. libzmq behaves so: its sockets read their mailbox about
/// once a millisecond. So a sender that does not wait reaches the mark although the queue is
/// emptied as fast as it fills.
#[derive(Clone, Copy, Debug, Default)]
pub struct CreditEpoch {
    pub number: u32,
    pub nonblocking: bool,
}

/// Whether there is room for another message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    Some,
    /// There is room, but a nonblocking call does not see it before its socket's next credit poll.
    Unseen,
    /// There is none, and the writer is woken when there is.
    None,
}

/// See the module's documentation.
pub struct Writer {
    queue: Arc<Queue>,
    written: u64,
    /// The reader's credit at the last credit poll, and the number of that poll.
    credit: u64,
    looked: u32,
    /// Where the last short frame ended in memory: the next one begins there if no reader took it
    /// meanwhile.
    tail: usize,
    /// Frames of a message that is not complete.
    pending: Batch,
    conflate: bool,
    /// The reader found the queue locked, and must be woken.
    was_asked: Cell<bool>,
    /// Where frames replace each other: the last one announced another.
    unfinished: bool,
    /// Where frames replace each other: the properties that go with every frame.
    metadata: Option<Arc<Metadata>>,
}

impl Writer {
    pub(super) fn new(queue: Arc<Queue>, conflate: bool) -> Writer {
        Writer {
            queue,
            written: 0,
            credit: 0,
            looked: 0,
            tail: 0,
            pending: Batch::default(),
            conflate,
            was_asked: Cell::new(false),
            unfinished: false,
            metadata: None,
        }
    }

    /// Runs an action that adds no frames. [`Writer::take_asked`] follows.
    fn with_state<R>(&self, act: impl FnOnce(&mut State) -> R) -> R {
        let result = act(&mut self.queue.gate.write());
        if self.queue.gate.was_asked() {
            self.was_asked.set(true);
        }
        result
    }

    /// Adds frames and returns whether to wake the reader. After an error [`Writer::take_asked`]
    /// follows.
    #[inline(always)]
    fn add<E>(
        &self,
        act: impl FnOnce(&mut State) -> core::result::Result<(), E>,
    ) -> core::result::Result<Written, E> {
        let mut state = self.queue.gate.write();
        let mut added = act(&mut state).map(|()| state.written());
        drop(state);
        if self.queue.gate.was_asked() {
            match &mut added {
                Ok(written) => written.wake_reader = true,
                Err(_) => self.was_asked.set(true),
            }
        }
        added
    }

    /// Whether the reader must be woken now: it found the queue locked by an action that added
    /// nothing.
    pub fn take_asked(&self) -> bool {
        self.was_asked.take()
    }

    /// Whether the queue has room for another message. A writer that got `false` is woken when
    /// there is room again.
    pub fn has_room(&self) -> bool {
        if self.below_mark() {
            return true;
        }
        self.queue.writer_waits.store(true, Ordering::SeqCst);
        if !self.below_mark() {
            return false;
        }
        self.queue.writer_waits.store(false, Ordering::SeqCst);
        true
    }

    /// Whether the queue has room, by the credit that a call of this epoch sees.
    #[inline]
    pub fn room_for(&mut self, look: CreditEpoch) -> Room {
        if self.looked != look.number {
            self.looked = look.number;
            self.credit = self.queue.released();
        }
        if self.has_known_room() { Room::Some } else { self.look_again(look) }
    }

    /// Whether there is room by the credit that is known.
    #[inline(always)]
    fn has_known_room(&self) -> bool {
        let hwm = self.queue.hwm.load(Ordering::Relaxed);
        hwm == 0 || self.written - self.credit < hwm
    }

    #[cold]
    fn look_again(&mut self, look: CreditEpoch) -> Room {
        if !self.has_room() {
            return Room::None;
        }
        if look.nonblocking {
            return Room::Unseen;
        }
        self.credit = self.queue.released();
        Room::Some
    }

    #[inline]
    fn below_mark(&self) -> bool {
        let hwm = self.queue.hwm.load(Ordering::Relaxed);
        hwm == 0 || self.written - self.queue.released() < hwm
    }

    /// How many messages may be written before the mark is reached; `None` is no limit.
    pub fn room(&self) -> Option<u64> {
        let hwm = self.queue.hwm.load(Ordering::Relaxed);
        let waiting = self.written - self.queue.released();
        (hwm != 0).then(|| hwm.saturating_sub(waiting))
    }

    /// How many messages may be written by the credit that is known. At least as many as
    /// [`Writer::room_for`] has just said.
    pub fn known_room(&self) -> Option<u64> {
        let hwm = self.queue.hwm.load(Ordering::Relaxed);
        (hwm != 0).then(|| hwm.saturating_sub(self.written - self.credit))
    }

    /// Messages written that the reader has not given credit for.
    pub fn outstanding(&self) -> u64 {
        self.written - self.queue.released()
    }

    /// Changes the queue's mark; as many messages fit into an empty queue from here on.
    pub fn set_hwm(&mut self, hwm: i32) {
        if !self.conflate {
            self.queue.set_hwm(hwm);
            self.credit = self.queue.released();
        }
    }

    /// Messages added to the fan-out log from now on are in the queue too. Until
    /// [`Writer::unfollow`] nothing else is written. The reader is woken like any sleeper, by the
    /// number `who`.
    pub fn follow(&mut self, fanout_log: &FanoutLog, who: u32) {
        let is_abandoned = self.is_abandoned();
        self.with_state(|state| {
            if !is_abandoned {
                state.cursor = Some(Box::new(fanout_log.follow(who, state.reader_sleeps)));
            }
        });
    }

    /// Counts so many messages that were added to the fan-out log.
    pub fn followed(&mut self, messages: u64) {
        self.written += messages;
    }

    /// Whether the reader still sleeps; it found nothing in the fan-out log, and then a message
    /// came.
    pub fn wake(&mut self) -> bool {
        let slept = self.with_state(|state| core::mem::take(&mut state.reader_sleeps));
        slept | self.was_asked.take()
    }

    /// Copies what the reader has not taken from the fan-out log; later messages of the log are not
    /// in the queue.
    pub fn unfollow(&mut self) {
        self.with_state(State::unfollow);
    }

    /// How many batches the reader has taken.
    pub fn taken(&self) -> u64 {
        self.with_state(|state| state.taken)
    }

    /// Pauses until the reader has taken half of the backlog; then it wakes the writer, as it does
    /// for credit. `false`: nothing waits.
    pub fn pause(&self) -> bool {
        self.with_state(|state| {
            let waits = !state.back.is_empty();
            state.pauses_above = waits.then(|| state.back.queued_bytes() / 2);
            waits
        })
    }

    /// Bytes that wait behind the reader's back.
    pub fn backlog(&self) -> usize {
        self.with_state(|state| state.back.queued_bytes())
    }

    /// Whether the reader is there.
    pub fn is_abandoned(&self) -> bool {
        self.queue.abandoned.load(Ordering::SeqCst)
    }

    /// Adds a frame. `flags` is [`frame::MORE`] and [`frame::COMMAND`]; bodies that may be referred
    /// to are copied up to `copy_max` bytes. A message becomes visible with its last frame. On
    /// error (`ENOMEM`) nothing was added.
    #[inline(always)]
    pub fn write(&mut self, flags: u8, body: Body<'_>, copy_max: usize) -> Result<Written> {
        if body.is_long() {
            return self.write_long(flags, body);
        }
        if flags & (frame::MORE | frame::COMMAND) != 0 || self.conflate || !self.pending.is_empty()
        {
            return self.write_part(flags, body, copy_max);
        }
        let written = self.add(|state| push(&mut state.back, flags, body, copy_max))?;
        self.written += 1;
        Ok(written)
    }

    /// Adds a message of one short frame, if a copy suffices: there is memory, and room by the
    /// credit that is known. Not inside a message, nor where messages replace each other.
    #[inline(always)]
    pub fn write_short(&mut self, bytes: &[u8]) -> Option<Written> {
        if !self.has_known_room() {
            return None;
        }
        let mut state = self.queue.gate.write();
        if !state.back.push_short(bytes) {
            drop(state);
            return self.added_nothing();
        }
        self.tail = state.back.tail();
        let mut written = state.written();
        drop(state);
        written.wake_reader |= self.queue.gate.was_asked();
        self.written += 1;
        Some(written)
    }

    #[cold]
    fn added_nothing(&self) -> Option<Written> {
        self.was_asked.set(self.was_asked.get() | self.queue.gate.was_asked());
        None
    }

    /// Adds a message of one frame that need not be short, if it is not much to copy.
    #[inline]
    pub fn write_single(&mut self, body: &mut Body<'_>, copy_max: usize) -> Option<Written> {
        if body.is_long() || !self.has_known_room() {
            return None;
        }
        let written = self.add(|state| push(&mut state.back, 0, body.again(), copy_max)).ok()?;
        self.written += 1;
        Some(written)
    }

    /// Adds a message of an empty frame and a short one, as [`Writer::write_short`] does, but the
    /// caller knows that there is room.
    pub fn write_delimited(&mut self, bytes: &[u8]) -> Option<Written> {
        let is_added = |state: &mut State| state.back.push_delimited(bytes);
        let written = self.add(|state| is_added(state).then_some(()).ok_or(())).ok()?;
        self.written += 1;
        Some(written)
    }

    /// Adds a frame whose bytes are too many to be copied under the lock.
    #[cold]
    fn write_long(&mut self, flags: u8, body: Body<'_>) -> Result<Written> {
        self.write(flags, Body::Own(&mut Msg::copy_of(body.data())?), 0)
    }

    /// Adds a command, a frame of several, or one that takes the place of the one before.
    #[cold]
    fn write_part(&mut self, flags: u8, body: Body<'_>, copy_max: usize) -> Result<Written> {
        if self.conflate {
            return self.write_conflated(flags, body);
        }
        if flags & frame::COMMAND != 0 {
            // A command goes before a message that is not complete, and is not counted.
            return self.add(|state| push(&mut state.back, flags, body, copy_max));
        }
        push(&mut self.pending, flags, body, copy_max)?;
        if flags & frame::MORE != 0 { Ok(Written::default()) } else { self.commit() }
    }

    /// Prefetches the memory that a write uses.
    #[inline(always)]
    pub fn expect_writes(&self) {
        cache::expect_writes(&raw const *self.queue.gate);
        cache::expect_writes(self.tail as *const u8);
        cache::expect_writes(&raw const self.queue.hwm);
    }

    /// Whether the next frame begins a message, and is published like any other.
    pub fn is_at_message(&self) -> bool {
        !self.conflate && self.pending.is_empty()
    }

    /// Counts a message that went past the queue; the reader counts it too
    /// ([`Reader::sent`](super::Reader::sent)).
    pub fn passed(&mut self) {
        self.written += 1;
    }

    /// Publishes the pending frames as one message.
    fn commit(&mut self) -> Result<Written> {
        let mut pending = core::mem::take(&mut self.pending);
        let written = self.add(|state| state.back.append(&mut pending));
        self.pending = pending;
        let written = written?;
        self.written += 1;
        Ok(written)
    }

    /// Puts each frame in the place of the one before. A sleeping reader is woken for a message's
    /// last frame only. So it does not get the earlier ones, which are replaced a moment later.
    fn write_conflated(&mut self, flags: u8, body: Body<'_>) -> Result<Written> {
        let mut fresh = Batch::default();
        if self.metadata.is_some() {
            fresh.push_metadata(self.metadata.clone());
        }
        push(&mut fresh, flags & frame::COMMAND, body, 0)?;
        self.written += 1;
        self.unfinished = flags & frame::MORE != 0;
        let is_last = !self.unfinished;
        let mut written = self.with_state(|state| {
            core::mem::swap(state.back.newest(), &mut fresh);
            if is_last { state.written() } else { Written::default() }
        });
        drop(fresh);
        if is_last {
            written.wake_reader |= self.was_asked.take();
        }
        Ok(written)
    }

    /// Adds frames in wire form that hold `messages` complete messages and nothing else.
    pub fn write_wire(&mut self, frames: &[u8], messages: u64) -> Result<Written> {
        let written = self.add(|state| state.back.push_wire(frames, messages))?;
        self.written += messages;
        Ok(written)
    }

    /// Whether every frame is published at once, because messages replace each other.
    pub fn conflates(&self) -> bool {
        self.conflate
    }

    /// Messages written from here on carry these properties.
    pub fn set_metadata(&mut self, metadata: Option<Arc<Metadata>>) {
        if self.conflate {
            self.metadata = metadata;
        } else {
            let replaced = self.with_state(|state| state.back.push_metadata(metadata));
            drop(replaced);
        }
    }

    /// Whether a message is begun and not finished.
    pub fn inside_message(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Frames that are copied from here on are wiped when they were read, or dropped.
    pub fn keep_secret(&mut self) {
        self.pending.keep_secret();
        self.with_state(|state| state.back.keep_secret());
    }

    /// Drops the commands that the reader has not taken yet: they were for a connection that is
    /// gone.
    pub fn discard_commands(&mut self) -> Written {
        let mut old = self.with_state(|state| core::mem::take(&mut state.back));
        let kept = old.without_commands();
        drop(old);
        // No other thread adds anything, so nothing has come meanwhile. The reader may have gone to
        // sleep.
        let mut written = self.with_state(|state| {
            state.back = kept;
            if state.back.is_empty() { Written::default() } else { state.written() }
        });
        written.wake_reader |= self.was_asked.take();
        written
    }

    /// Drops the frames of an unfinished message.
    pub fn rollback(&mut self) {
        self.pending.clear();
        if core::mem::take(&mut self.unfinished) {
            let dropped = self.with_state(|state| core::mem::take(&mut state.back));
            drop(dropped);
        }
    }

    /// Writes nothing more; an unfinished message is dropped. Returns whether the reader sleeps and
    /// must be woken.
    pub fn finish(&mut self) -> bool {
        self.rollback();
        let slept = self.with_state(|state| {
            state.unfollow();
            state.finished = true;
            core::mem::take(&mut state.reader_sleeps)
        });
        slept | self.was_asked.take()
    }
}

/// The longest body of a frame with one length byte.
const SHORT: usize = u8::MAX as usize;

/// Whether a message's content is copied rather than handed over. A caller's memory is not given
/// back before the frame has gone out: programs watch for it.
#[inline(always)]
fn is_copied(msg: &Msg, copy_max: usize) -> bool {
    !msg.is_foreign() && (msg.len() <= copy_max || !msg.is_referable())
}

#[inline(always)]
fn push(to: &mut impl Frames, flags: u8, body: Body<'_>, copy_max: usize) -> Result<()> {
    match body {
        Body::Copy(bytes) => to.push_copy(flags, bytes),
        Body::Own(msg) if is_copied(msg, copy_max) => to.push_copy(flags, msg.data()),
        Body::Own(msg) => to.push_whole(flags, msg.take()),
    }
}

/// Bytes that have to be copied in any case go into the arena up to this size. Larger ones get a
/// block of their own, so that the reader need not copy them again.
const ALWAYS_COPY: usize = 8 * 1024;
