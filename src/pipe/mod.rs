//! A pipe as its socket sees it: two queues, and the peer_end end that has to be told of what happens.
//!
//! A pipe belongs to one socket and is used under that socket's lock. What comes from the peer_end end
//! arrives as [`Command`]s, which the socket carries out inside its own calls.
#![forbid(unsafe_code)]

mod command;
mod deferred_flushes;
mod flush_policy;
mod mailbox;
mod pipes;

pub use command::{Assigned, Command, PeerMarks, PipeKey, PipeParts};
pub use deferred_flushes::DeferredFlushes;
pub use flush_policy::{FlushPolicy, STREAM_GAP, StreamActivity};
pub use mailbox::{Letter, Link, Mailbox, Remains, emptied};
pub use pipes::Pipes;

use crate::error::Result;
use crate::queue::{Body, CreditEpoch, Incoming, Reader, Room, Writer, Written};
use crate::sync::Arc;
use crate::sys::{cache, clock};

/// Where a pipe stands in its socket's table.
pub type PipeId = u32;

/// Backlog in bytes that is worth a system call: from there on a caller that streams writes it.
pub const FLUSH_BYTES: usize = 32 * 1024;

/// Whether what was queued should go out in this call or may be left to the background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flush {
    /// The caller will probably wait for an answer: write now.
    Now,
    /// The caller is streaming: let the background write larger batches.
    Later,
    /// The caller will say when ([`Pipe::flush_deferred`]).
    Held,
}

/// Backlog in bytes towards a network that a caller who may wait does not add to while it shrinks:
/// beyond it memory is only touched, not reused. The mark counts messages, whatever their size.
pub const BACKLOG_LIMIT: usize = 4 * 1024 * 1024;

/// Ticks of the processor's clock (30 to 60 us) after which a peer may have closed unnoticed. Longer than
/// a round trip on one machine, so that a caller that gets its answers at once never looks.
const LONG_AGO: u64 = 60 * clock::TICKS_A_MICROSECOND;

/// The peer_end end of a pipe: a connection, or another socket of the context. Its calls never block
/// and may be made under the socket's lock.
pub trait PipePeer: Send + Sync {
    /// Something was queued while the peer_end reader slept.
    fn readable(&self, flush: Flush);

    /// A lot is queued, or the caller is about to wait for room: move it if nobody else does.
    fn flush(&self);

    /// The caller is about to wait for room: whether others, too, wait for room of the same socket.
    fn contends_for_room(&self) -> bool {
        false
    }

    /// Something will be written after a pause: what has happened at the peer_end end meanwhile counts first.
    fn look(&self) {}

    /// Writes a message of one frame past the queue, if nothing waits in it and that can be done at
    /// once; whether it was. What the network does not take at once was copied.
    fn write_through(&self, _body: &[u8]) -> bool {
        false
    }

    /// Credit was given that the peer_end writer waits for.
    fn writable(&self);

    /// This end is gone; what is queued towards the peer_end end may still go out for `linger`
    /// milliseconds (-1: as long as it takes).
    fn close(&self, linger: i32);

    /// The endpoint that the peer came through is gone: ends the connection if nothing waits to
    /// go out. What came in can still be read.
    fn hang_up(&self) {}
}

/// A pipe of a socket.
pub struct Pipe {
    pub reader: Reader,
    pub writer: Writer,
    peer_end: Arc<dyn PipePeer>,
    /// The peer's routing id as it told it, or empty.
    pub peer_routing_id: Vec<u8>,
    /// Whether the peer's routing id is final: the handshake is done, or the peer is in this
    /// context.
    pub identified: bool,
    /// Name given by `ZMQ_CONNECT_ROUTING_ID`, which wins over the peer's own.
    pub given_routing_id: Vec<u8>,
    /// Whether the peer_end end still takes messages.
    pub write_open: bool,
    /// Bodies up to this size are copied although they could be referred to.
    copy_max: usize,
    /// The backlog at which the peer_end end is flush next.
    flush_at: usize,
    /// Something was left to the background.
    left: bool,
    /// When the peer_end end was told last, in ticks of the processor's clock.
    told: u64,
    /// The session behind the pipe; 0 for a peer in this context.
    pub session: u64,
    /// The listener that accepted the peer; 0 for any other pipe.
    pub listener: u64,
    peer_marks: PeerMarks,
    /// Who listens there cannot subscribe, and gets whatever is published.
    pub takes_all: bool,
    pub key: PipeKey,
}

impl Pipe {
    /// The socket's end of a pipe, from what [`Command::Attach`] brings.
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

    /// Whether a new message may be written: the peer_end end is there and the queue below its mark.
    #[inline]
    pub fn can_write(&self) -> bool {
        self.write_open && self.writer.has_room()
    }

    /// The same for a call that looks so.
    #[inline]
    pub fn room_for(&mut self, look: CreditEpoch) -> Room {
        if self.write_open { self.writer.room_for(look) } else { Room::None }
    }

    /// Queues a frame and tells the peer_end end if needed. `ENOMEM` leaves the frame with the caller.
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

    /// Queues a message of one short frame, if that takes no more than a copy into the queue. The pipe
    /// is open, and not inside a message.
    #[inline(always)]
    pub fn write_short(&mut self, body: &Body<'_>, flush_policy: &FlushPolicy) -> bool {
        let written = self.copy_short(body);
        self.tell_if_news(written, flush_policy)
    }

    /// The same for a message that need not be short.
    #[inline]
    pub fn write_single(&mut self, body: &mut Body<'_>, flush_policy: &FlushPolicy) -> bool {
        let written = self.writer.write_single(body, self.copy_max);
        self.tell_if_news(written, flush_policy)
    }

    /// A message of one frame was written, or not: whether it was.
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

    /// [`Pipe::write_short`] for one of several pipes in a call, whatever the pipe is like.
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

    /// Queues a message of an empty frame and a short one, if that takes no more than a copy into the queue.
    /// The pipe has room.
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

    /// What is used in writing is fetched.
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

    /// Something was added to the broadcast that the reader follows, which slept.
    pub fn wake(&mut self, flush_policy: &FlushPolicy) {
        if self.writer.wake() {
            self.tell(Written { wake_reader: true, backlog: 0 }, flush_policy);
        }
    }

    /// Whether anybody should hear of what was written.
    #[inline(always)]
    fn is_news(&self, written: Written) -> bool {
        let grew = written.backlog > self.flush_at;
        let shrank = written.backlog < FLUSH_BYTES && self.flush_at > FLUSH_BYTES;
        written.wake_reader || grew || shrank
    }

    fn tell(&mut self, written: Written, flush_policy: &FlushPolicy) {
        if written.wake_reader {
            // A peer in this context hears of it at once.
            if self.session == 0 {
                return self.peer_end.readable(Flush::Now);
            }
            let flush = flush_policy.flush();
            if flush == Flush::Now {
                self.look_after_pause(flush_policy.written());
            }
            if flush == Flush::Later && written.backlog >= FLUSH_BYTES {
                // It is worth a system call by itself.
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

    /// Looks whether a peer that was connected to is still there, if the last look is old. To a peer that
    /// came by itself a message is lost either way.
    fn look_after_pause(&mut self, now: u64) {
        let pause = now.wrapping_sub(core::mem::replace(&mut self.told, now));
        if pause > LONG_AGO && self.listener == 0 {
            self.peer_end.look();
        }
    }

    /// A large message that is the caller's to copy: the network may take it without.
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

    /// Takes the next frame, and tells the peer_end writer of credit it waits for. `None` unless the
    /// reader just said that it is ready.
    #[inline]
    pub fn take(&mut self) -> Option<Incoming<'_>> {
        self.take_telling(|_| ())
    }

    /// The same, and tells whether another frame is there already.
    #[inline(always)]
    pub fn take_telling(&mut self, tell: impl FnOnce(bool)) -> Option<Incoming<'_>> {
        let (flags, taken) = self.reader.step()?;
        tell(self.reader.has_next());
        if self.reader.take_credit_note() {
            self.peer_end.writable();
        }
        Some(self.reader.present(flags, taken))
    }

    /// Takes the next frame if it is a short message of its own that is at hand; `tell` hears whether
    /// another is there.
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

    /// Drops what is left of the message at the reader's front.
    pub fn skip_message(&mut self) {
        while self.take().is_some_and(Incoming::discard) {}
    }

    /// The peer_end socket in this context became known, or the own marks changed.
    pub fn set_marks(&mut self, peer_end: Option<PeerMarks>, send: i32, receive: i32) {
        self.peer_marks = peer_end.unwrap_or(self.peer_marks);
        self.writer.set_hwm(self.peer_marks.outbound(send));
        self.reader.set_hwm(self.peer_marks.inbound(receive));
        // A peer_end writer that found no room may have some now.
        self.peer_end.writable();
    }

    /// Bytes that wait towards a network. When the peer_end end takes them it tells.
    pub fn watch_backlog(&self) -> usize {
        if self.session == 0 || !self.writer.pause() {
            return 0;
        }
        let backlog = self.writer.backlog();
        self.tell_asked();
        backlog
    }

    /// The peer_end reader met something that this end did to the queue, and went on: tells it to look again.
    pub fn tell_asked(&self) {
        if self.writer.take_asked() {
            self.peer_end.readable(Flush::Now);
        }
    }

    /// Asks the peer_end end to move what was left to the background.
    pub fn flush_deferred(&mut self) {
        self.left = false;
        self.flush();
    }

    /// Asks the peer_end end to move what is queued.
    pub fn flush(&self) {
        self.peer_end.flush();
    }

    /// The caller is about to wait for room: whether others wait for the same.
    pub fn contends_for_room(&self) -> bool {
        self.peer_end.contends_for_room()
    }

    pub fn peer_end(&self) -> &Arc<dyn PipePeer> {
        &self.peer_end
    }

    /// Ends this side of the pipe: nothing more is read, and what is queued outward gets `linger`
    /// milliseconds.
    pub fn close(mut self, linger: i32) {
        self.reader.abandon();
        self.writer.finish();
        self.peer_end.close(linger);
    }
}
