//! A pipe as its socket sees it: two queues, and the pipe peer that must learn of changes.
//!
//! A pipe belongs to one socket and is used under that socket's lock. News from the pipe peer
//! arrives as [`Command`]s, which the calling thread carries out.
#![forbid(unsafe_code)]

mod command;
mod deferred_flushes;
mod flush_policy;
mod mailbox;
mod pipes;

pub use command::{Assigned, Command, PeerMarks, PipeKey, PipeParts};
pub use deferred_flushes::DeferredFlushes;
pub use flush_policy::{FlushPolicy, StreamActivity};
pub use mailbox::{Letter, Link, Mailbox, Remains, emptied};
pub use pipes::Pipes;

use crate::error::Result;
use crate::queue::{Body, CreditEpoch, Incoming, Reader, Room, Writer, Written};
use crate::sync::Arc;
use crate::sys::{cache, clock};

/// A pipe's place in its socket's table.
pub type PipeId = u32;

/// Backlog in bytes that is worth a system call: from there on a caller that streams flushes it.
pub const FLUSH_BYTES: usize = 32 * 1024;

/// Whether queued messages are flushed in this call or deferred to the I/O thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flush {
    /// The caller will probably wait for an answer: flush now.
    Now,
    /// The caller is streaming: let the I/O thread flush larger batches.
    Later,
    /// The caller says when to flush ([`Pipe::flush_deferred`]).
    Held,
}

/// Backlog in bytes towards a network above which a caller who may wait lets it shrink first.
/// Beyond it memory is only touched, not reused. The mark counts messages, whatever their size.
pub const BACKLOG_LIMIT: usize = 4 * 1024 * 1024;

/// Ticks of the processor's clock (30 to 60 us) after which a peer may have closed unnoticed.
/// Longer than a round trip on one machine, so that a caller that gets its answers at once never
/// checks.
const LONG_AGO: u64 = 60 * clock::TICKS_A_MICROSECOND;

/// The far side of a pipe: a connection, or another socket of the context. Its calls never block
/// and may be made under the socket's lock.
pub trait PipePeer: Send + Sync {
    /// A message was queued while the peer's reader slept.
    fn readable(&self, flush: Flush);

    /// Moves the queued bytes if no other thread does: a lot is queued, or the caller is about to
    /// wait for room.
    fn flush(&self);

    /// Whether other callers, too, wait for room of the peer's socket. The caller is about to wait.
    fn contends_for_room(&self) -> bool {
        false
    }

    /// The caller is about to write after a pause: takes up first what has happened at the peer
    /// meanwhile.
    fn look(&self) {}

    /// Writes a message of one frame past the queue, if nothing waits in it and the write is
    /// possible at once. Returns whether it was written. Bytes that the network does not take at
    /// once were copied.
    fn write_through(&self, _body: &[u8]) -> bool {
        false
    }

    /// Credit was given that the peer's writer waits for.
    fn writable(&self);

    /// This side of the pipe is gone; bytes queued towards the peer may still go out for `linger`
    /// milliseconds (-1: as long as it takes).
    fn close(&self, linger: i32);

    /// The endpoint that the peer came through is gone: ends the connection if nothing waits to go
    /// out. Received messages can still be read.
    fn hang_up(&self) {}
}

/// A pipe of a socket.
pub struct Pipe {
    pub reader: Reader,
    pub writer: Writer,
    peer_end: Arc<dyn PipePeer>,
    /// The routing id that the peer announced, or empty.
    pub peer_routing_id: Vec<u8>,
    /// Whether the peer's routing id is final: the handshake is done, or the peer is in this
    /// context.
    pub identified: bool,
    /// Name given by `ZMQ_CONNECT_ROUTING_ID`, which wins over the peer's own.
    pub given_routing_id: Vec<u8>,
    /// Whether the peer still takes messages.
    pub write_open: bool,
    /// Bodies up to this size are copied although they could be referred to.
    copy_max: usize,
    /// The backlog at which the pipe is next flushed, in bytes.
    flush_at: usize,
    /// A flush was deferred to the I/O thread.
    left: bool,
    /// When the pipe peer was last woken, in ticks of the processor's clock.
    told: u64,
    /// The session behind the pipe; 0 for a peer in this context.
    pub session: u64,
    /// The listener that accepted the peer; 0 for any other pipe.
    pub listener: u64,
    peer_marks: PeerMarks,
    /// The peer cannot subscribe and gets every message that is published.
    pub takes_all: bool,
    pub key: PipeKey,
}

impl Pipe {
    /// The socket's end of a pipe, from the parts that [`Command::Attach`] brings.
    pub fn new(key: PipeKey, parts: PipeParts) -> Pipe {
        Pipe {
            reader: parts.reader,
            writer: parts.writer,
            peer_end: parts.peer_end,
            peer_routing_id: parts.peer_routing_id,
            identified: parts.identified,
            given_routing_id: parts.given_routing_id,
            write_open: true,
            copy_max: parts.copy_max,
            flush_at: FLUSH_BYTES,
            left: false,
            told: 0,
            session: parts.session,
            listener: parts.listener,
            peer_marks: parts.peer_marks,
            takes_all: parts.takes_all,
            key,
        }
    }

    /// Whether a new message may be written: the peer is there and the queue below its mark.
    #[inline]
    pub fn can_write(&self) -> bool {
        self.write_open && self.writer.has_room()
    }

    /// Whether a new message may be written, by the credit that a call of this epoch sees.
    #[inline]
    pub fn room_for(&mut self, look: CreditEpoch) -> Room {
        if self.write_open { self.writer.room_for(look) } else { Room::None }
    }

    /// Queues a frame and wakes the peer's reader if it sleeps. `ENOMEM` leaves the frame with the
    /// caller.
    #[inline(always)]
    pub fn write(&mut self, flags: u8, body: Body<'_>, flush_policy: &FlushPolicy) -> Result<()> {
        if let Body::Copy(bytes) = &body
            && bytes.len() >= FLUSH_BYTES
            && self.write_through(flags, bytes)
        {
            return Ok(());
        }
        let written = self.writer.write(flags, body, self.copy_max);
        if written.is_err() {
            self.tell_asked();
        }
        let written = written?;
        if self.is_news(written) {
            self.tell(written, flush_policy);
        }
        Ok(())
    }

    /// Queues a message of one short frame, if that takes no more than a copy into the queue. The
    /// pipe is open, and not inside a message.
    #[inline(always)]
    pub fn write_short(&mut self, body: &Body<'_>, flush_policy: &FlushPolicy) -> bool {
        let written = self.copy_short(body);
        self.tell_if_news(written, flush_policy)
    }

    /// Queues a message of one frame that need not be short, on the terms of [`Pipe::write_short`].
    #[inline]
    pub fn write_single(&mut self, body: &mut Body<'_>, flush_policy: &FlushPolicy) -> bool {
        let written = self.writer.write_single(body, self.copy_max);
        self.tell_if_news(written, flush_policy)
    }

    /// Accounts for a message of one frame, if it was written, and returns whether it was.
    #[inline(always)]
    fn tell_if_news(&mut self, written: Option<Written>, flush_policy: &FlushPolicy) -> bool {
        match written {
            None => {
                self.tell_asked();
                return false;
            }
            Some(written) if self.is_news(written) => self.tell_in_call(written, flush_policy),
            Some(_) => flush_policy.sent_quietly(),
        }
        true
    }

    /// [`Pipe::write_short`] for one of several pipes in a call; checks the state of the pipe
    /// itself.
    #[inline(always)]
    pub fn add_short(&mut self, body: &Body<'_>, flush_policy: &FlushPolicy) -> bool {
        match if self.can_append() { self.copy_short(body) } else { None } {
            None => {
                self.tell_asked();
                return false;
            }
            Some(written) if self.is_news(written) => self.tell(written, flush_policy),
            Some(_) => {}
        }
        true
    }

    /// Queues a message of an empty frame and a short one, if that takes no more than a copy into
    /// the queue. The pipe has room.
    #[inline]
    pub fn write_delimited(&mut self, body: &Body<'_>, flush_policy: &FlushPolicy) -> bool {
        let bytes = body.short(self.copy_max).filter(|_| self.can_append());
        let Some(written) = bytes.and_then(|bytes| self.writer.write_delimited(bytes)) else {
            self.tell_asked();
            return false;
        };
        if self.is_news(written) {
            self.tell(written, flush_policy);
        }
        true
    }

    #[inline(always)]
    fn copy_short(&mut self, body: &Body<'_>) -> Option<Written> {
        body.short(self.copy_max).and_then(|bytes| self.writer.write_short(bytes))
    }

    /// Prefetches the memory that a write uses.
    #[inline(always)]
    pub fn expect_writes(&self) {
        cache::expect_writes(&raw const self.writer);
        cache::expect_writes(&raw const self.flush_at);
    }

    #[cold]
    fn tell_in_call(&mut self, written: Written, flush_policy: &FlushPolicy) {
        flush_policy.begin();
        self.tell(written, flush_policy);
        flush_policy.sent(false);
    }

    /// Wakes the reader: a message was added to the fan-out log that it follows while it slept.
    pub fn wake(&mut self, flush_policy: &FlushPolicy) {
        if self.writer.wake() {
            self.tell(Written { wake_reader: true, backlog: 0 }, flush_policy);
        }
    }

    /// Decides whether the pipe peer must be woken for what was written.
    #[inline(always)]
    fn is_news(&self, written: Written) -> bool {
        let grew = written.backlog > self.flush_at;
        let shrank = written.backlog < FLUSH_BYTES && self.flush_at > FLUSH_BYTES;
        written.wake_reader || grew || shrank
    }

    fn tell(&mut self, written: Written, flush_policy: &FlushPolicy) {
        if written.wake_reader {
            // A peer in this context is woken at once.
            if self.session == 0 {
                return self.peer_end.readable(Flush::Now);
            }
            let flush = flush_policy.flush();
            if flush == Flush::Now {
                self.look_after_pause(flush_policy.written());
            }
            if flush == Flush::Later && written.backlog >= FLUSH_BYTES {
                // The backlog is worth a system call by itself.
                return self.peer_end.readable(Flush::Now);
            }
            if flush != Flush::Held {
                self.peer_end.readable(flush);
            }
            if flush == Flush::Later {
                flush_policy.note_deferred(&self.peer_end);
            }
            if flush != Flush::Now && !core::mem::replace(&mut self.left, true) {
                flush_policy.leave(self.key.id);
            }
        } else if written.backlog > self.flush_at {
            self.flush_at = written.backlog + FLUSH_BYTES;
            self.peer_end.flush();
            if written.backlog > BACKLOG_LIMIT && self.session != 0 {
                flush_policy.backlog_grew();
            }
        } else {
            self.flush_at = FLUSH_BYTES;
            flush_policy.backlog_drained();
        }
    }

    /// Checks whether a peer that was connected to is still there, if the last check is old. A
    /// message to a peer that connected to this socket is lost either way.
    fn look_after_pause(&mut self, now: u64) {
        let pause = now.wrapping_sub(core::mem::replace(&mut self.told, now));
        if pause > LONG_AGO && self.listener == 0 {
            self.peer_end.look();
        }
    }

    /// Writes a large message that the caller would have to copy: the network may take it without a
    /// copy.
    #[cold]
    fn write_through(&mut self, flags: u8, bytes: &[u8]) -> bool {
        let whole = flags == 0 && self.writer.is_at_message();
        if whole && self.session != 0 {
            self.look_after_pause(clock::ticks());
        }
        let through = whole && self.session != 0 && self.peer_end.write_through(bytes);
        if through {
            self.writer.passed();
        }
        through
    }

    /// Queues a message or command of one frame that the socket sends by itself.
    pub fn write_own(&mut self, flags: u8, bytes: &[u8]) -> Result<()> {
        let written = self.writer.write(flags, Body::Copy(bytes), self.copy_max);
        self.tell_asked();
        if written?.wake_reader {
            self.peer_end.readable(Flush::Now);
        }
        Ok(())
    }

    /// Drops the commands that wait to go out. Messages stay.
    pub fn discard_commands(&mut self) {
        if self.writer.discard_commands().wake_reader {
            self.peer_end.readable(Flush::Now);
        }
    }

    /// Takes the next frame, and wakes the peer's writer if it waits for the credit. `None` unless
    /// the reader just said that it is ready.
    #[inline]
    pub fn take(&mut self) -> Option<Incoming<'_>> {
        self.take_telling(|_| ())
    }

    /// Takes the next frame, and says whether another one is there already.
    #[inline(always)]
    pub fn take_telling(&mut self, tell: impl FnOnce(bool)) -> Option<Incoming<'_>> {
        let (flags, taken) = self.reader.step()?;
        tell(self.reader.has_next());
        if self.reader.take_credit_note() {
            self.peer_end.writable();
        }
        Some(self.reader.present(flags, taken))
    }

    /// Takes the next frame if it is a short message of its own that is at hand; `tell` is called
    /// with whether another is there.
    #[inline(always)]
    pub fn take_short(&mut self, tell: impl FnOnce(bool)) -> Option<Incoming<'_>> {
        let short = self.reader.take_short()?;
        tell(short.more_waits);
        if short.gave_credit {
            self.peer_end.writable();
        }
        Some(short.frame)
    }

    /// Takes the next frame if it is a message of its own that is at hand.
    #[inline]
    pub fn take_single(&mut self, tell: impl FnOnce(bool)) -> Option<Incoming<'_>> {
        if self.reader.peek_flags() == Some(0) { self.take_telling(tell) } else { None }
    }

    /// Whether a message that is sent now may go by [`Pipe::write_short`].
    #[inline(always)]
    pub fn can_append(&self) -> bool {
        self.write_open && self.writer.is_at_message()
    }

    /// Drops the rest of the message at the reader's front.
    pub fn skip_message(&mut self) {
        while self.take().is_some_and(Incoming::discard) {}
    }

    /// The peer's socket in this context became known, or the own marks changed.
    pub fn set_marks(&mut self, peer_end: Option<PeerMarks>, send: i32, receive: i32) {
        self.peer_marks = peer_end.unwrap_or(self.peer_marks);
        self.writer.set_hwm(self.peer_marks.outbound(send));
        self.reader.set_hwm(self.peer_marks.inbound(receive));
        // A writer at the peer that found no room may have some now.
        self.peer_end.writable();
    }

    /// Bytes that wait towards a network. The pipe peer posts a command when it takes them.
    pub fn watch_backlog(&self) -> usize {
        if self.session == 0 || !self.writer.pause() {
            return 0;
        }
        let backlog = self.writer.backlog();
        self.tell_asked();
        backlog
    }

    /// Wakes the peer's reader, which found the queue locked by this side and went on: it must
    /// check again.
    pub fn tell_asked(&self) {
        if self.writer.take_asked() {
            self.peer_end.readable(Flush::Now);
        }
    }

    /// Asks the pipe peer to flush the deferred bytes.
    pub fn flush_deferred(&mut self) {
        self.left = false;
        self.flush();
    }

    /// Asks the pipe peer to move the queued bytes.
    pub fn flush(&self) {
        self.peer_end.flush();
    }

    /// Whether other callers wait for room of the peer's socket. The caller is about to wait for
    /// room.
    pub fn contends_for_room(&self) -> bool {
        self.peer_end.contends_for_room()
    }

    pub fn peer_end(&self) -> &Arc<dyn PipePeer> {
        &self.peer_end
    }

    /// Ends this side of the pipe: nothing more is read, and bytes queued outward get `linger`
    /// milliseconds.
    pub fn close(mut self, linger: i32) {
        self.reader.abandon();
        self.writer.finish();
        self.peer_end.close(linger);
    }
}
