//! One direction of a pipe: a queue of messages in wire form with a high-water mark.
//!
//! One writer and one reader. The writer appends under a lock that is held for the append only; the
//! reader swaps the whole backlog out and then works on it without a lock. The writer tells the
//! reader only when the reader sleeps, the reader gives credit back every low-water mark
//! (half the high-water mark) messages, as libzmq does.
#![forbid(unsafe_code)]

mod batch;

pub use batch::{Batch, Sent, Taken};

use crate::error::Result;
use crate::msg::{Metadata, Msg, frame};
use crate::sync::{Arc, AtomicBool, AtomicU64, Ordering};
use crate::sys::brief::Brief;
use crate::sys::cache;

/// What both ends share. The lock is a leaf: nothing else is locked while it is held.
#[derive(Default)]
pub struct Queue {
    state: Apart<Brief<State>>,
    /// High-water mark in messages; 0 means none.
    hwm: AtomicU64,
    /// Messages the reader has given credit for.
    released: AtomicU64,
    /// The writer found the queue full and wants to hear of credit.
    writer_waits: AtomicBool,
}

/// In cache lines of its own: the writer changes it with each message, and what the reader looks at with
/// each message must not move between the cores with it.
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
    back: Batch,
    reader_sleeps: bool,
    /// The writer will add nothing more.
    finished: bool,
    /// The reader will take nothing more.
    abandoned: bool,
    /// Backlogs that the reader has taken.
    taken: u64,
    /// The writer pauses until the next one is taken.
    paused: bool,
}

/// A new queue's two ends.
pub fn queue(hwm: i32, conflate: bool) -> (Writer, Reader) {
    let queue = Arc::new(Queue {
        state: Apart(Brief::new(State { reader_sleeps: true, ..State::default() })),
        hwm: AtomicU64::new(if conflate { 0 } else { mark(hwm) }),
        ..Queue::default()
    });
    (
        Writer {
            queue: queue.clone(),
            written: 0,
            credit: 0,
            looked: 0,
            tail: 0,
            pending: Batch::default(),
            conflate,
            unfinished: false,
            metadata: None,
        },
        Reader {
            queue,
            front: Batch::default(),
            whole: Msg::new(),
            tally: Tally::default(),
            metadata: None,
            conflate,
            streak: 0,
            last: 0,
        },
    )
}

fn mark(hwm: i32) -> u64 {
    u64::try_from(hwm).unwrap_or(0)
}

/// What a write did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The reader sleeps: whoever wrote has to tell it.
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
    /// The same body, for a try that may leave it as it was.
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

    /// Its bytes, if a frame of them is copied in the shortest form.
    #[inline(always)]
    pub fn short(&self, copy_max: usize) -> Option<&[u8]> {
        match self {
            Body::Copy(bytes) if bytes.len() <= SHORT => Some(bytes),
            Body::Own(msg) if msg.len() <= SHORT && is_copied(msg, copy_max) => Some(msg.data()),
            _ => None,
        }
    }

    /// Whether it is to be copied, and into a message of its own.
    #[inline]
    fn is_long(&self) -> bool {
        matches!(self, Body::Copy(bytes) if bytes.len() > ALWAYS_COPY)
    }
}

/// How a call looks for credit. A hasty one counts what was there when its socket last looked
/// (`number` tells one look from the next), as with libzmq, whose sockets read their mailbox about
/// once a millisecond: so a sender that does not wait gets to the mark although the queue is emptied
/// as fast as it fills.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look {
    pub number: u32,
    pub hasty: bool,
}

/// Whether there is room for another message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    Some,
    /// There is, but a hasty call does not see it before its socket's next look.
    Unseen,
    /// There is none, and the writer is told when there is.
    None,
}

/// The writing end; used by one thread at a time, under the lock of the socket or connection that
/// owns it.
pub struct Writer {
    queue: Arc<Queue>,
    written: u64,
    /// The reader's credit at the last look, and the number of that look.
    credit: u64,
    looked: u32,
    /// Where the last short frame ended in memory: the next one begins there if nobody took it meanwhile.
    tail: usize,
    /// Frames of a message of which more has to come.
    pending: Batch,
    conflate: bool,
    /// Where frames replace each other: the last one announced another.
    unfinished: bool,
    /// The same: what goes with every frame.
    metadata: Option<Arc<Metadata>>,
}

impl Writer {
    /// Whether the queue has room for another message. A writer that got `false` is told when
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

    /// The same for a call that looks so.
    #[inline]
    pub fn room_for(&mut self, look: Look) -> Room {
        if self.looked != look.number {
            self.looked = look.number;
            self.credit = self.queue.released.load(Ordering::SeqCst);
        }
        let hwm = self.queue.hwm.load(Ordering::Relaxed);
        if hwm == 0 || self.written - self.credit < hwm {
            Room::Some
        } else {
            self.look_again(look)
        }
    }

    #[cold]
    fn look_again(&mut self, look: Look) -> Room {
        if !self.has_room() {
            return Room::None;
        }
        if look.hasty {
            return Room::Unseen;
        }
        self.credit = self.queue.released.load(Ordering::SeqCst);
        Room::Some
    }

    #[inline]
    fn below_mark(&self) -> bool {
        let hwm = self.queue.hwm.load(Ordering::Relaxed);
        hwm == 0 || self.written - self.queue.released.load(Ordering::SeqCst) < hwm
    }

    /// How many messages may be written before the mark is reached; `None` is no limit.
    pub fn room(&self) -> Option<u64> {
        let hwm = self.queue.hwm.load(Ordering::Relaxed);
        let waiting = self.written - self.queue.released.load(Ordering::SeqCst);
        (hwm != 0).then(|| hwm.saturating_sub(waiting))
    }

    /// The same by the credit that is known; at least what [`Writer::room_for`] has just said.
    pub fn known_room(&self) -> Option<u64> {
        let hwm = self.queue.hwm.load(Ordering::Relaxed);
        (hwm != 0).then(|| hwm.saturating_sub(self.written - self.credit))
    }

    /// Messages written that the reader has not given credit for.
    pub fn outstanding(&self) -> u64 {
        self.written - self.queue.released.load(Ordering::SeqCst)
    }

    pub fn set_hwm(&self, hwm: i32) {
        if !self.conflate {
            self.queue.hwm.store(mark(hwm), Ordering::SeqCst);
        }
    }

    /// How many backlogs the reader has taken.
    pub fn taken(&self) -> u64 {
        self.queue.state.lock().taken
    }

    /// Nothing more will be written until the reader takes what waits; then it tells, as it does of
    /// credit. `false`: nothing waits.
    pub fn pause(&self) -> bool {
        let mut state = self.queue.state.lock();
        state.paused = !state.back.is_empty();
        state.paused
    }

    /// Bytes that wait behind the reader's back.
    pub fn backlog(&self) -> usize {
        self.queue.state.lock().back.queued_bytes()
    }

    /// Whether the reader is there.
    pub fn is_abandoned(&self) -> bool {
        self.queue.state.lock().abandoned
    }

    /// Adds a frame. `flags` is [`frame::MORE`] and [`frame::COMMAND`]; bodies that may be
    /// referred to are copied up to `copy_max` bytes. A message becomes visible with its last
    /// frame. On error (`ENOMEM`) nothing was added.
    #[inline(always)]
    pub fn write(&mut self, flags: u8, body: Body<'_>, copy_max: usize) -> Result<Written> {
        if body.is_long() {
            return self.write_long(flags, body);
        }
        if flags & frame::MORE != 0 || self.conflate || !self.pending.is_empty() {
            return self.write_part(flags, body, copy_max);
        }
        let mut state = self.queue.state.lock();
        push(&mut state.back, flags, body, copy_max)?;
        self.written += 1;
        Ok(state.written())
    }

    /// Adds a message of one short frame, if that takes no more than a copy: there is room by the credit
    /// that is known, and memory. Not inside a message, nor where messages replace each other.
    #[inline(always)]
    pub fn write_short(&mut self, bytes: &[u8]) -> Option<Written> {
        let hwm = self.queue.hwm.load(Ordering::Relaxed);
        if hwm != 0 && self.written - self.credit >= hwm {
            return None;
        }
        let mut state = self.queue.state.lock();
        if !state.back.push_short(bytes) {
            return None;
        }
        self.tail = state.back.tail();
        self.written += 1;
        Some(state.written())
    }

    /// Adds a frame whose bytes are too many to be copied under the lock.
    #[cold]
    fn write_long(&mut self, flags: u8, body: Body<'_>) -> Result<Written> {
        self.write(flags, Body::Own(&mut Msg::copy_of(body.data())?), 0)
    }

    /// Adds a frame of several, or one that takes the place of the one before.
    #[cold]
    fn write_part(&mut self, flags: u8, body: Body<'_>, copy_max: usize) -> Result<Written> {
        if self.conflate {
            return self.write_conflated(flags, body);
        }
        push(&mut self.pending, flags, body, copy_max)?;
        if flags & frame::MORE != 0 { Ok(Written::default()) } else { self.commit() }
    }

    /// What is used in writing is fetched.
    #[inline(always)]
    pub fn expect_writes(&self) {
        cache::expect_writes(&raw const *self.queue.state);
        cache::expect_writes(self.tail as *const u8);
        cache::expect_writes(&raw const self.queue.hwm);
    }

    /// Whether the next frame begins a message, and is published like any other.
    pub fn is_at_message(&self) -> bool {
        !self.conflate && self.pending.is_empty()
    }

    /// A message went past the queue; the reader counts it too ([`Reader::sent`]).
    pub fn passed(&mut self) {
        self.written += 1;
    }

    /// Publishes the pending frames as one message.
    fn commit(&mut self) -> Result<Written> {
        let mut state = self.queue.state.lock();
        state.back.append(&mut self.pending)?;
        self.written += 1;
        Ok(state.written())
    }

    /// Each frame takes the place of the one before. A sleeping reader hears of a message's last
    /// frame only, so that it does not get those before, which are replaced a moment later.
    fn write_conflated(&mut self, flags: u8, body: Body<'_>) -> Result<Written> {
        let mut fresh = Batch::default();
        if self.metadata.is_some() {
            fresh.push_metadata(self.metadata.clone());
        }
        push(&mut fresh, flags & frame::COMMAND, body, 0)?;
        let mut state = self.queue.state.lock();
        core::mem::swap(&mut state.back, &mut fresh);
        self.written += 1;
        self.unfinished = flags & frame::MORE != 0;
        let written = if self.unfinished { Written::default() } else { state.written() };
        drop(state);
        drop(fresh);
        Ok(written)
    }

    /// Adds frames in wire form that hold `messages` complete messages and nothing else.
    pub fn write_wire(&mut self, frames: &[u8], messages: u64) -> Result<Written> {
        let mut state = self.queue.state.lock();
        state.back.push_wire(frames, messages)?;
        self.written += messages;
        Ok(state.written())
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
            self.queue.state.lock().back.push_metadata(metadata);
        }
    }

    /// Whether a message is begun and not finished.
    pub fn inside_message(&self) -> bool {
        !self.pending.is_empty()
    }

    /// Drops the frames of an unfinished message.
    pub fn rollback(&mut self) {
        self.pending.clear();
        if core::mem::take(&mut self.unfinished) {
            let dropped = core::mem::take(&mut self.queue.state.lock().back);
            drop(dropped);
        }
    }

    /// Nothing more will be written; an unfinished message is dropped. Returns whether the reader
    /// sleeps and has to be told.
    pub fn finish(&mut self) -> bool {
        self.rollback();
        let mut state = self.queue.state.lock();
        state.finished = true;
        core::mem::take(&mut state.reader_sleeps)
    }
}

impl State {
    #[inline]
    fn written(&mut self) -> Written {
        Written {
            wake_reader: core::mem::take(&mut self.reader_sleeps),
            backlog: self.back.queued_bytes(),
        }
    }
}

/// The longest body of a frame with one length byte.
const SHORT: usize = u8::MAX as usize;

/// Whether what a message holds is copied rather than handed over. A caller's memory is not given back
/// before the frame has gone out: programs watch for it.
#[inline(always)]
fn is_copied(msg: &Msg, copy_max: usize) -> bool {
    !msg.is_foreign() && (msg.len() <= copy_max || !msg.is_referable())
}

#[inline(always)]
fn push(batch: &mut Batch, flags: u8, body: Body<'_>, copy_max: usize) -> Result<()> {
    match body {
        Body::Copy(bytes) => batch.push_copy(flags, bytes),
        Body::Own(msg) if is_copied(msg, copy_max) => batch.push_copy(flags, msg.data()),
        Body::Own(msg) => batch.push_whole(flags, msg.take()),
    }
}

/// Bytes that have to be copied anyhow go into the arena up to this size; beyond it they get their
/// own block, so that the reader need not copy them again.
const ALWAYS_COPY: usize = 8 * 1024;

/// A frame as the reader gets it.
pub struct Incoming<'a> {
    pub flags: u8,
    pub body: InBody<'a>,
    pub metadata: Option<&'a Arc<Metadata>>,
}

/// Where the body of an incoming frame is.
pub enum InBody<'a> {
    Slice(&'a [u8]),
    /// To be taken; what is left is dropped when the next frame is read.
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

    /// Drops the frame; whether another of the same message follows.
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

/// What [`Reader::take_short`] found.
pub struct Short<'a> {
    pub frame: Incoming<'a>,
    /// Another frame is at hand.
    pub more_waits: bool,
    /// The writer waits for credit that was just given: it has to be told.
    pub gave_credit: bool,
}

/// The reading end; used by one thread at a time, under the lock of the socket or connection that
/// owns it.
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

/// What has been read, and the credit that is due for it.
#[derive(Default)]
struct Tally {
    read: u64,
    /// The mark that was used last, and the next `read` at which credit is given.
    known_hwm: u64,
    credit_at: u64,
    /// The writer waits for credit that was just given: tell it.
    credit: bool,
}

impl Tally {
    /// `messages` more have been read: gives credit back at every low-water mark.
    #[inline(always)]
    fn count(&mut self, messages: u64, queue: &Queue) {
        self.read += messages;
        let hwm = queue.hwm.load(Ordering::Relaxed);
        if self.read >= self.credit_at || hwm != self.known_hwm {
            self.give_credit(messages, hwm, queue);
        }
    }

    /// A multiple of the low-water mark was reached, or the mark is another one.
    #[cold]
    fn give_credit(&mut self, messages: u64, hwm: u64, queue: &Queue) {
        self.known_hwm = hwm;
        self.credit_at = u64::MAX;
        let before = self.read - messages;
        let (Some(steps), Some(earlier)) =
            (self.read.checked_div(hwm.div_ceil(2)), before.checked_div(hwm.div_ceil(2)))
        else {
            return;
        };
        self.credit_at = (steps + 1).saturating_mul(hwm.div_ceil(2));
        if steps != earlier {
            queue.released.store(self.read, Ordering::SeqCst);
            self.credit |= queue.writer_waits.swap(false, Ordering::SeqCst);
        }
    }
}

/// A take of fewer messages than this does not pay for the lock.
const SMALL: u64 = 32;

/// How long to let a busy writer go on, in turns of a spin loop (some 100 ns).
const PAUSES: u32 = 6;

impl Reader {
    /// Whether a frame can be taken. A reader that got `false` is told when one comes.
    #[inline(always)]
    pub fn ready(&mut self) -> bool {
        !self.front.is_empty() || self.refill()
    }

    /// Whether a frame is at hand, without a look at what the writer has added.
    #[inline]
    pub fn has_next(&self) -> bool {
        !self.front.is_empty()
    }

    /// Whether a frame can be taken, without asking to be told.
    pub fn has_frames(&self) -> bool {
        !self.front.is_empty() || !self.queue.state.lock().back.is_empty()
    }

    /// The same for who takes whole frames, and wants the newest one where messages replace each
    /// other.
    #[inline(always)]
    pub fn newest_ready(&mut self) -> bool {
        if self.conflate {
            self.replace();
        }
        self.ready()
    }

    /// Gives up the frame that waits if there is one to take its place.
    fn replace(&mut self) {
        let mut state = self.queue.state.lock();
        if state.back.is_empty() {
            return;
        }
        core::mem::swap(&mut state.back, &mut self.front);
        let replaced = core::mem::take(&mut state.back);
        drop(state);
        drop(replaced);
    }

    #[cold]
    fn refill(&mut self) -> bool {
        self.take_metadata();
        self.front.clear();
        if self.streak > 1 && self.last < SMALL {
            // The writer is at it: a moment lets it add more than one message between two takes.
            (0..PAUSES).for_each(|_| core::hint::spin_loop());
        }
        let mut state = self.queue.state.lock();
        if state.back.is_empty() {
            state.reader_sleeps = true;
            self.streak = 0;
            return false;
        }
        core::mem::swap(&mut state.back, &mut self.front);
        state.taken = state.taken.wrapping_add(1);
        self.tally.credit |= core::mem::take(&mut state.paused);
        drop(state);
        self.streak = self.streak.saturating_add(1);
        self.last = self.front.messages();
        true
    }

    /// Changes the queue's mark. A writer that finds room now notices when it looks again.
    pub fn set_hwm(&self, hwm: i32) {
        if !self.conflate {
            self.queue.hwm.store(mark(hwm), Ordering::SeqCst);
        }
    }

    /// Whether the writer is done and everything was taken.
    pub fn at_end(&self) -> bool {
        let state = self.queue.state.lock();
        state.finished && state.back.is_empty() && self.front.is_empty()
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

    /// Moves past the next frame; [`Reader::present`] shows it. In two steps, so that credit can
    /// be passed on before the frame is.
    #[inline(always)]
    pub fn step(&mut self) -> Option<(u8, Taken)> {
        self.take_metadata();
        let (flags, taken) = self.front.take(&mut self.whole)?;
        if flags & frame::MORE == 0 {
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

    /// Whether the writer waits for credit that was given since the last call: it has to be told.
    #[inline]
    pub fn take_credit_note(&mut self) -> bool {
        core::mem::take(&mut self.tally.credit)
    }

    /// What waits to be written to a descriptor, for the outbound end of a connection.
    pub fn front(&mut self) -> &mut Batch {
        &mut self.front
    }

    /// `messages` went out by way of [`Reader::front`].
    pub fn sent(&mut self, messages: u64) {
        self.tally.count(messages, &self.queue);
    }

    /// A message of which some went past the queue: the rest of it comes first now. `ENOMEM`.
    pub fn put_back(&mut self, body: &[u8]) -> Result<()> {
        self.front.clear();
        self.front.push_whole(0, Msg::copy_of(body)?)
    }

    /// Nothing more will be taken: what waits is dropped.
    pub fn abandon(&mut self) {
        let mut dropped = Batch::default();
        let mut state = self.queue.state.lock();
        state.abandoned = true;
        core::mem::swap(&mut state.back, &mut dropped);
        drop(state);
        self.front = Batch::default();
    }
}

#[cfg(test)]
mod tests;
