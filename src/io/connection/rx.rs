//! The inbound direction: from the stream to the pipe (RFC 37, RFC 23, RFC 13). Any thread that
//! holds the connection's `rx` lock.
//!
//! Frames are checked where they lie in the read buffer. Runs of complete messages go to the pipe
//! in one step, in the form they came in. Large bodies are read straight into their own memory.
#![forbid(unsafe_code)]

use std::io::IoSliceMut;
use std::os::fd::AsFd;

use crate::adapt::turns::MESSAGE_COST;
use crate::error::{Errno, Result};
use crate::io::connection::partial::Partial;
use crate::io::connection::unseal::Opened;
use crate::io::connection::web::Wrapping;
use crate::io::connection::{Cause, Connection, Framing};
use crate::memory::copy_of;
use crate::msg::{Metadata, Msg};
use crate::pipe::{BACKLOG_LIMIT, Command};
use crate::proto::zmtp::command::Command as Zmtp;
use crate::proto::zmtp::frame::{self, FrameError, Header};
use crate::proto::zmtp::req_filter::ReqFilter;
use crate::proto::zmtp::run::Run;
use crate::proto::zmtp::{command, v1};
use crate::queue::{Body, Writer, Written};
use crate::sync::{Arc, Ordering};
use crate::sys::clock;
use crate::sys::fd::Fd;
use crate::sys::net;

/// Bodies of more bytes than this get their own memory.
const LARGE_BODY: usize = 4 * 1024;

/// The longest body, in bytes, of a frame with one length byte.
const SHORT: i64 = u8::MAX as i64;

/// Limit in bytes on a command: the longest is a topic with a short head.
const MAX_COMMAND: usize = 1 << 20;

/// Bytes of subscriptions that wait for a publisher to look at them. With more, its peer is not
/// read: nothing is lost, and a peer cannot take more memory.
const MOST_UNSEEN: usize = 1 << 20;

/// A socket that took a batch within this time, in nanoseconds, is expected to take more.
const PAUSE: u64 = 5_000_000;

/// Bytes of a large body read in one system call, so that a turn takes a bounded time.
const PIECE: usize = 512 * 1024;

/// Bytes read behind a large body in the same system call. Few, because the start of the next large
/// body among them has to be copied.
const READ_AHEAD: usize = 4 * 1024;

/// The properties of the socket that the inbound direction needs.
pub struct Inbound {
    /// `ZMQ_MAXMSGSIZE`; negative is no limit.
    pub max_size: i64,
    /// Whether SUBSCRIBE and CANCEL are for the socket.
    pub takes_subscriptions: bool,
    /// Peers wait when the application does not read, and lose nothing: PULL.
    pub may_pause: bool,
    /// Checks the envelope of a REQ socket before the socket sees it.
    pub req_filter: Option<ReqFilter>,
}

pub struct Rx {
    pub stream: Option<Arc<Fd>>,
    pub writer: Writer,
    framing: Framing,
    inbound: Inbound,
    /// Layer that frames come in: encryption, a WebSocket, or none.
    pub(super) wrapping: Wrapping,
    /// Bytes of an incomplete frame, or bytes that the full pipe does not take.
    pub(super) partial: Partial,
    /// A large body that is being read.
    large_body: Option<LargeBody>,
    /// The pipe is full; reading goes on when there is room.
    pub(super) stalled: bool,
    /// Reading has failed, perhaps in the middle of a frame, so later bytes mean nothing. The
    /// stream stays until the session knows of the failure.
    is_broken: bool,
    /// Batches that the socket had taken at the last look, and the time of the last change in ns.
    taken: (u64, u64),
    /// Bytes read since the last [`Rx::take_count`], plus [`MESSAGE_COST`] for each frame.
    count: usize,
}

struct LargeBody {
    flags: u8,
    body: Msg,
    filled: usize,
}

impl LargeBody {
    /// A body of `len` bytes of which `start` has come.
    fn begin(flags: u8, len: usize, start: &[u8]) -> core::result::Result<Self, Cause> {
        let mut body = Msg::with_size(len).map_err(Cause::Protocol)?;
        if let Some(space) = body.data_mut().and_then(|data| data.get_mut(..start.len())) {
            space.copy_from_slice(start);
        }
        Ok(LargeBody { flags, body, filled: start.len() })
    }
}

/// How a turn ended.
pub enum Turn {
    /// Nothing more to read now; a report of the poller or of credit brings the next turn.
    Drained,
    /// There is more, but other connections have their turn first.
    More,
    /// There is more, but the socket has enough to do; it asks for a turn when it has not.
    Paused,
}

impl Rx {
    pub fn new(writer: Writer) -> Rx {
        Rx {
            stream: None,
            writer,
            framing: Framing::V3_1,
            inbound: Inbound {
                max_size: -1,
                takes_subscriptions: false,
                may_pause: false,
                req_filter: None,
            },
            wrapping: Wrapping::None,
            partial: Partial::default(),
            large_body: None,
            stalled: false,
            is_broken: false,
            taken: (0, 0),
            count: 0,
        }
    }

    pub fn install(
        &mut self,
        stream: Arc<Fd>,
        framing: Framing,
        inbound: Inbound,
        wrapping: Wrapping,
        metadata: Option<Arc<Metadata>>,
    ) {
        self.stream = Some(stream);
        self.is_broken = false;
        self.framing = framing;
        self.inbound = inbound;
        self.wrapping = wrapping;
        self.writer.set_metadata(metadata);
    }

    pub fn uninstall(&mut self) -> Option<Arc<Fd>> {
        self.writer.rollback();
        self.wrapping = Wrapping::None;
        self.partial = Partial::default();
        self.large_body = None;
        self.stalled = false;
        self.stream.take()
    }

    /// Takes the cost, in bytes read, of the input since the last call.
    pub fn take_count(&mut self) -> usize {
        core::mem::take(&mut self.count)
    }

    /// Whether the peer has closed the stream, perhaps behind what can be read. Never for a raw
    /// stream, whose peer may have shut down only its sending side.
    pub fn has_ended(&self) -> bool {
        let stream = self.stream.as_ref().filter(|_| self.framing != Framing::Raw);
        stream.is_some_and(|stream| net::has_ended(stream.as_fd()))
    }

    /// Reads until the stream is drained, the pipe is full or `reads` buffers were filled.
    pub fn turn(
        &mut self,
        connection: &Connection,
        buffer: &mut [u8],
        reads: usize,
    ) -> core::result::Result<Turn, Cause> {
        if self.is_broken {
            return Ok(Turn::Drained);
        }
        let turn = self.read(connection, buffer, reads);
        self.is_broken = turn.is_err();
        self.tell_asked(connection);
        turn
    }

    /// If the socket found the queue locked by this end and went on, makes it look again.
    pub fn tell_asked(&self, connection: &Connection) {
        if self.writer.take_asked() {
            connection.notify(Command::Readable);
        }
    }

    fn read(
        &mut self,
        connection: &Connection,
        buffer: &mut [u8],
        reads: usize,
    ) -> core::result::Result<Turn, Cause> {
        let Some(stream) = self.stream.clone() else { return Ok(Turn::Drained) };
        for _ in 0..reads {
            // A writer that found no room is called when the reader gives credit, so returning here
            // loses nothing.
            if self.stalled && !self.retry(connection)? {
                return Ok(Turn::Drained);
            }
            if self.inbound.may_pause && self.should_pause() {
                return Ok(Turn::Paused);
            }
            // The next bytes belong to an unfinished large body if there is one, and not to a
            // frame.
            let drained = if self.large_body.is_some() {
                self.read_body(&stream, connection, buffer)?
            } else if matches!(self.wrapping, Wrapping::None) {
                self.read_frames(&stream, connection, buffer)?
            } else {
                self.read_wrapped(&stream, connection, buffer)?
            };
            if drained {
                return Ok(Turn::Drained);
            }
        }
        Ok(Turn::More)
    }

    /// Whether the socket is active and has a backlog beyond its near need: further input would
    /// only grow old in memory. If the socket takes nothing, the pipe fills up to its mark.
    fn should_pause(&mut self) -> bool {
        if self.writer.backlog() <= BACKLOG_LIMIT {
            return false;
        }
        // Only a long backlog is worth a reading of the clock.
        let (taken, now) = (self.writer.taken(), clock::nanos());
        if taken != self.taken.0 {
            self.taken = (taken, now);
        }
        // `pause` decides last: it fails if nothing waits any more. Otherwise the reader asks for a
        // turn when it has taken half of the backlog.
        now.saturating_sub(self.taken.1) < PAUSE && self.writer.pause()
    }

    /// Takes bytes that came with the handshake.
    pub fn feed(
        &mut self,
        connection: &Connection,
        bytes: &[u8],
    ) -> core::result::Result<(), Cause> {
        let fed = match self.wrapping {
            Wrapping::None => self.take_in(connection, bytes),
            Wrapping::Sealed(_) => match copy_of(bytes) {
                Ok(mut bytes) => self.unseal(connection, &mut bytes),
                Err(refused) => Err(refused.into()),
            },
            Wrapping::Web(_) => self.take_web(connection, bytes),
        };
        self.is_broken = fed.is_err();
        self.tell_asked(connection);
        fed
    }

    /// Hands over as much of `bytes` as it can and keeps the rest.
    pub(super) fn take_in(
        &mut self,
        connection: &Connection,
        bytes: &[u8],
    ) -> core::result::Result<(), Cause> {
        let consumed = self.decode(connection, bytes)?;
        let rest = bytes.get(consumed..).unwrap_or_default();
        self.partial.keep(rest, self.needed(rest))
    }

    /// The length of the frame that begins here, in bytes; 0 if that is not known yet.
    pub(super) fn needed(&self, rest: &[u8]) -> usize {
        let header = match self.framing {
            Framing::V3_1 | Framing::V2 | Framing::Ws => frame::parse_header(rest, -1),
            Framing::V1 => v1::parse_header(rest, -1),
            Framing::Raw => Ok(None),
        };
        header.ok().flatten().map_or(0, |header| header.header_len + header.body_len)
    }

    /// [`Rx::take_in`] for encrypted frames, which are opened in place.
    pub(super) fn unseal(
        &mut self,
        connection: &Connection,
        bytes: &mut [u8],
    ) -> core::result::Result<(), Cause> {
        let Some(unsealing) = self.wrapping.unsealing() else { return Ok(()) };
        let Opened { plain, used, next, failure } = unsealing.open(bytes, self.inbound.max_size);
        let rest = bytes.get(used..).unwrap_or_default();
        match next {
            Some(header) if header.body_len > LARGE_BODY => {
                let start = rest.get(header.header_len..).unwrap_or_default();
                // Opened in place once it is complete; its flags are inside, so 0 stands here.
                self.large_body = Some(LargeBody::begin(0, header.body_len, start)?);
                unsealing.kept.keep(&[], 0)?;
            }
            next => {
                let needed = next.map_or(0, |header| header.header_len + header.body_len);
                unsealing.kept.keep(rest, needed)?;
            }
        }
        // Frames before one that does not open are good: hand them over before the failure.
        self.take_in(connection, bytes.get(..plain).unwrap_or_default())?;
        failure.map_or(Ok(()), Err)
    }

    /// After a full pipe: tries again with the kept bytes. Returns whether reading can go on.
    fn retry(&mut self, connection: &Connection) -> core::result::Result<bool, Cause> {
        if !self.writer.has_room() {
            return Ok(false);
        }
        self.stalled = false;
        self.take_kept(connection)?;
        Ok(!self.stalled)
    }

    /// Hands over as much of the kept bytes as it can; they stay where they are.
    fn take_kept(&mut self, connection: &Connection) -> core::result::Result<(), Cause> {
        // An error loses the kept bytes; the connection is broken then.
        let mut kept = core::mem::take(&mut self.partial);
        let consumed = self.decode(connection, kept.rest())?;
        let needed = self.needed(kept.rest().get(consumed..).unwrap_or_default());
        kept.pass(consumed, needed);
        self.partial = kept;
        Ok(())
    }

    /// One read of frames; `true` when the stream has no more.
    fn read_frames(
        &mut self,
        stream: &Fd,
        connection: &Connection,
        buffer: &mut [u8],
    ) -> core::result::Result<bool, Cause> {
        let kept = self.partial.len();
        // Reads behind the place of the kept bytes. They are copied there only when the frame may
        // be complete, so small reads do not copy a long start again and again.
        let (head, tail) = match buffer.split_at_mut_checked(kept) {
            Some((head, tail)) if !tail.is_empty() => (head, tail),
            _ => return self.read_behind(stream, connection, buffer),
        };
        let room = tail.len();
        let Some(read) = receive(connection, stream, tail)? else { return Ok(true) };
        self.count += read;
        if self.partial.lacks(read) {
            self.partial.append(tail.get(..read).unwrap_or_default())?;
            return Ok(is_last(connection, read, room));
        }
        head.copy_from_slice(self.partial.rest());
        self.take_in(connection, buffer.get(..kept + read).unwrap_or_default())?;
        Ok(is_last(connection, read, room) || self.stalled)
    }

    /// One read of frames that come in another layer; `true` when the stream has no more.
    fn read_wrapped(
        &mut self,
        stream: &Fd,
        connection: &Connection,
        buffer: &mut [u8],
    ) -> core::result::Result<bool, Cause> {
        if !matches!(self.wrapping, Wrapping::Web(_)) {
            return self.read_sealed(stream, connection, buffer);
        }
        let room = buffer.len();
        let Some(read) = receive(connection, stream, buffer)? else { return Ok(true) };
        self.count += read;
        self.take_web(connection, buffer.get(..read).unwrap_or_default())?;
        Ok(is_last(connection, read, room) || self.stalled)
    }

    /// One read of encrypted frames; `true` when the stream has no more.
    fn read_sealed(
        &mut self,
        stream: &Fd,
        connection: &Connection,
        buffer: &mut [u8],
    ) -> core::result::Result<bool, Cause> {
        let Some(unsealing) = self.wrapping.unsealing() else { return Ok(true) };
        let kept = unsealing.kept.len();
        // A long frame becomes a `LargeBody` and is not kept, so there is always room.
        let Some((head, tail)) = buffer.split_at_mut_checked(kept) else {
            return Err(Cause::Connection(Errno::ENOMEM));
        };
        let room = tail.len();
        let Some(read) = receive(connection, stream, tail)? else { return Ok(true) };
        self.count += read;
        if unsealing.kept.lacks(read) {
            unsealing.kept.append(tail.get(..read).unwrap_or_default())?;
            return Ok(is_last(connection, read, room));
        }
        head.copy_from_slice(unsealing.kept.rest());
        let bytes = buffer.get_mut(..kept + read).unwrap_or_default();
        self.unseal(connection, bytes)?;
        Ok(is_last(connection, read, room) || self.stalled)
    }

    /// Reads behind kept bytes that exceed the buffer (a full pipe, or a long command).
    fn read_behind(
        &mut self,
        stream: &Fd,
        connection: &Connection,
        buffer: &mut [u8],
    ) -> core::result::Result<bool, Cause> {
        let room = buffer.len();
        let Some(read) = receive(connection, stream, buffer)? else { return Ok(true) };
        self.count += read;
        self.partial.append(buffer.get(..read).unwrap_or_default())?;
        if !self.partial.lacks(0) {
            self.take_kept(connection)?;
        }
        Ok(is_last(connection, read, room) || self.stalled)
    }

    /// One read of a large body, and of bytes behind it; `true` when the stream has no more.
    fn read_body(
        &mut self,
        stream: &Fd,
        connection: &Connection,
        buffer: &mut [u8],
    ) -> core::result::Result<bool, Cause> {
        let Some(large_body) = &mut self.large_body else { return Ok(false) };
        let space = large_body.body.data_mut().and_then(|body| body.get_mut(large_body.filled..));
        let Some(space) = space else { return Err(Cause::Connection(Errno::ENOMEM)) };
        // At most `PIECE` bytes in this turn; only the end of the body reads on behind it.
        let room = space.len().min(PIECE);
        let is_end = room == space.len();
        let space = space.get_mut(..room).unwrap_or_default();
        let behind = buffer.len().min(READ_AHEAD);
        // Bytes behind a wrapped body would have to pass through its layer first.
        let reads_behind = is_end && matches!(self.wrapping, Wrapping::None);
        let behind = buffer.get_mut(..if reads_behind { behind } else { 0 }).unwrap_or_default();
        let all = room + behind.len();
        let Some(read) = receive_both(connection, stream, space, behind)? else { return Ok(true) };
        self.count += read;
        // A WebSocket client masks its bytes: they are unmasked where they lie.
        self.wrapping.pass(space.get_mut(..read.min(room)).unwrap_or_default());
        large_body.filled += read.min(room);
        // The body goes on in a later read.
        if read < room || !is_end {
            return Ok(is_last(connection, read, room));
        }
        self.finish_body(connection)?;
        let rest = behind.get(..read - room).unwrap_or_default();
        if !rest.is_empty() {
            self.take_in(connection, rest)?;
        }
        Ok(is_last(connection, read, all) || self.stalled)
    }

    fn finish_body(&mut self, connection: &Connection) -> core::result::Result<(), Cause> {
        if let Some(LargeBody { flags, mut body, .. }) = self.large_body.take() {
            if let Some(unsealing) = self.wrapping.unsealing() {
                // An opened body is a whole plain frame with its header.
                let plain = unsealing.open_body(body.data_mut().unwrap_or_default())?;
                return self.take_in(connection, plain);
            }
            connection.framed();
            let written = self.writer.write(flags, Body::Own(&mut body), LARGE_BODY);
            tell(connection, written)?;
        }
        Ok(())
    }

    /// Hands over the frames in `bytes`; returns how many bytes that used. The rest is an
    /// unfinished frame, or bytes that a full pipe does not take (`stalled`).
    pub(super) fn decode(
        &mut self,
        connection: &Connection,
        bytes: &[u8],
    ) -> core::result::Result<usize, Cause> {
        match self.framing {
            Framing::V3_1 | Framing::V2 | Framing::Ws => self.decode_frames(connection, bytes),
            Framing::V1 => self.decode_v1(connection, bytes),
            Framing::Raw => self.decode_raw(connection, bytes),
        }
    }

    fn decode_frames(
        &mut self,
        connection: &Connection,
        bytes: &[u8],
    ) -> core::result::Result<usize, Cause> {
        let mut run = Run { room: self.writer.room(), ..Run::default() };
        let scanned = self.scan_frames(connection, bytes, &mut run);
        if !matches!(scanned, Err(Cause::Connection(_))) {
            // Frames before a breach of the protocol are good. After `ENOMEM` in a hand-over
            // nothing more is published: the run may have been queued in part.
            self.publish(connection, bytes, &mut run)?;
        }
        scanned.map(|()| run.position)
    }

    fn scan_frames(
        &mut self,
        connection: &Connection,
        bytes: &[u8],
        run: &mut Run,
    ) -> core::result::Result<(), Cause> {
        let max = self.inbound.max_size;
        // Short frames may be added unchecked only if there is neither an envelope to check nor a
        // limit below 255 bytes.
        let any_short = self.inbound.req_filter.is_none() && !(0..SHORT).contains(&max);
        while let Some(header) = {
            if any_short {
                run.add_short(bytes);
            }
            parsed(frame::parse_header(bytes.get(run.position..).unwrap_or_default(), max))?
        } {
            let available = bytes.len() - run.position - header.header_len;
            if run.is_full(self.writer.inside_message()) && self.needs_room(&header, available) {
                self.publish(connection, bytes, run)?;
                // The run has used the room it began with; the reader may have given credit since.
                if !self.writer.has_room() {
                    self.stalled = true;
                    break;
                }
                run.room = self.writer.room();
            }
            let body_len = header.body_len;
            if header.command() {
                // Neither commands nor large bodies go into a run: publish the frames before them
                // first, which keeps the order.
                self.publish(connection, bytes, run)?;
                if body_len > MAX_COMMAND {
                    return Err(Cause::Protocol(Errno::EMSGSIZE));
                }
                if body_len > available {
                    // Only a whole command is parsed; until then it waits in `partial`.
                    break;
                }
                let start = run.position + header.header_len;
                let body = bytes.get(start..start + body_len).unwrap_or_default();
                if self.must_wait(body) {
                    self.stalled = true;
                    break;
                }
                self.command(connection, body)?;
                run.restart(start + body_len);
            } else if body_len > LARGE_BODY {
                self.publish(connection, bytes, run)?;
                self.check_envelope(&header, body_len)?;
                let start = run.position + header.header_len;
                // The bytes at hand are copied; later reads go to the body's own memory.
                let taken = body_len.min(available);
                let body = bytes.get(start..start + taken).unwrap_or_default();
                self.begin_body(connection, header.flags, body_len, body)?;
                run.restart(start + taken);
                run.room = self.writer.room();
            } else if body_len > available {
                break;
            } else {
                self.check_envelope(&header, body_len)?;
                // The filter keeps state and must see each frame once, so incomplete ones stay out.
                run.add(&header, body_len);
            }
        }
        Ok(())
    }

    /// Whether the pipe has to have room for a frame of which `available` bytes have come. An
    /// incomplete frame waits in `partial`, and no mark counts commands.
    fn needs_room(&self, header: &Header, available: usize) -> bool {
        let is_here = header.body_len <= available || header.body_len > LARGE_BODY;
        is_here && !header.command()
    }

    /// Whether a command is a subscription that has to stay in the stream, because the publisher
    /// has not looked at earlier ones. The reader asks for a turn when it has.
    fn must_wait(&self, command: &[u8]) -> bool {
        self.inbound.takes_subscriptions
            && self.writer.backlog() >= MOST_UNSEEN
            && matches!(command::parse(command), Zmtp::Subscribe(_) | Zmtp::Cancel(_))
            && self.writer.pause()
    }

    fn check_envelope(
        &mut self,
        header: &Header,
        body_len: usize,
    ) -> core::result::Result<(), Cause> {
        match &mut self.inbound.req_filter {
            Some(filter) => {
                filter.check(header.flags, body_len).map_err(|error| Cause::Protocol(error.errno()))
            }
            None => Ok(()),
        }
    }

    fn begin_body(
        &mut self,
        connection: &Connection,
        flags: u8,
        len: usize,
        start: &[u8],
    ) -> core::result::Result<(), Cause> {
        let mut large_body = LargeBody::begin(flags & frame::MORE, len, start)?;
        // All of the body was in the buffer already.
        if large_body.filled == len {
            connection.framed();
            let written =
                self.writer.write(large_body.flags, Body::Own(&mut large_body.body), LARGE_BODY);
            return tell(connection, written);
        }
        self.large_body = Some(large_body);
        Ok(())
    }

    /// Hands the run over to the pipe.
    fn publish(
        &mut self,
        connection: &Connection,
        bytes: &[u8],
        run: &mut Run,
    ) -> core::result::Result<(), Cause> {
        let whole = bytes.get(run.start..run.end).unwrap_or_default();
        let tail = bytes.get(run.end..run.position).unwrap_or_default();
        if run.position > run.start {
            connection.framed();
        }
        // A batch starts at a message, and a conflating queue keeps one message only: both take the
        // frames one by one.
        if self.writer.inside_message() || self.writer.conflates() {
            self.write_each(connection, whole)?;
        } else if run.messages > 0 {
            self.count += MESSAGE_COST.saturating_mul(run.messages as usize);
            tell(connection, self.writer.write_wire(whole, run.messages))?;
        }
        // Frames of an unfinished message stay invisible to the reader until its last frame.
        self.write_each(connection, tail)?;
        run.restart(run.position);
        Ok(())
    }

    fn write_each(
        &mut self,
        connection: &Connection,
        mut frames: &[u8],
    ) -> core::result::Result<(), Cause> {
        // No limit here: the scan has checked the sizes.
        while let Some(header) = parsed(frame::parse_header(frames, -1))? {
            let end = header.header_len + header.body_len;
            let body = frames.get(header.header_len..end).unwrap_or_default();
            self.count += MESSAGE_COST;
            tell(connection, self.writer.write(header.flags & frame::MORE, Body::Copy(body), 0))?;
            frames = frames.get(end..).unwrap_or_default();
        }
        Ok(())
    }

    fn command(&mut self, connection: &Connection, body: &[u8]) -> core::result::Result<(), Cause> {
        connection.framed();
        self.count += MESSAGE_COST;
        match command::parse(body) {
            Zmtp::Subscribe(_) | Zmtp::Cancel(_) if self.inbound.takes_subscriptions => {
                let written = self.writer.write(frame::COMMAND, Body::Copy(body), 0);
                tell(connection, written)
            }
            // A WebSocket has PINGs of its own (RFC 6455).
            Zmtp::Ping { ttl_ds, context } if self.framing != Framing::Ws => {
                connection.pinged(ttl_ds);
                connection.send_command(&command::pong_body(context));
                Ok(())
            }
            // Unknown commands, and subscriptions that the socket type does not take, have no
            // effect.
            _ => Ok(()),
        }
    }

    fn decode_v1(
        &mut self,
        connection: &Connection,
        bytes: &[u8],
    ) -> core::result::Result<usize, Cause> {
        let mut position = 0;
        // No runs: the headers of RFC 13 differ from those of the queue.
        loop {
            let rest = bytes.get(position..).unwrap_or_default();
            let header = parsed(v1::parse_header(rest, self.inbound.max_size))?;
            let Some(header) = header else { return Ok(position) };
            // The mark counts messages: one that has begun is taken to its end.
            if !self.writer.inside_message() && !self.writer.has_room() {
                self.stalled = true;
                return Ok(position);
            }
            let body_len = header.body_len;
            let start = position + header.header_len;
            let Some(body) = bytes.get(start..start.saturating_add(body_len)) else {
                return self.begin_v1_body(connection, &header, body_len, bytes, position);
            };
            self.check_envelope(&header, body_len)?;
            tell(connection, self.writer.write(header.flags & frame::MORE, Body::Copy(body), 0))?;
            position = start + body_len;
        }
    }

    fn begin_v1_body(
        &mut self,
        connection: &Connection,
        header: &Header,
        body_len: usize,
        bytes: &[u8],
        position: usize,
    ) -> core::result::Result<usize, Cause> {
        if body_len <= LARGE_BODY {
            return Ok(position);
        }
        self.check_envelope(header, body_len)?;
        let start = bytes.get(position + header.header_len..).unwrap_or_default();
        self.begin_body(connection, header.flags, body_len, start)?;
        Ok(bytes.len())
    }

    fn decode_raw(
        &mut self,
        connection: &Connection,
        bytes: &[u8],
    ) -> core::result::Result<usize, Cause> {
        if bytes.is_empty() {
            return Ok(0);
        }
        if !self.writer.has_room() {
            self.stalled = true;
            return Ok(0);
        }
        // Raw bytes have no frames, so any division does. One check of room covers all of this
        // read.
        for chunk in bytes.chunks(LARGE_BODY * 2) {
            tell(connection, self.writer.write(0, Body::Copy(chunk), 0))?;
        }
        Ok(bytes.len())
    }
}

fn parsed<T>(header: core::result::Result<T, FrameError>) -> core::result::Result<T, Cause> {
    header.map_err(|error| Cause::Protocol(error.errno()))
}

/// Reads once: `None` if there is nothing now, an error if the connection is over.
fn receive(
    connection: &Connection,
    stream: &Fd,
    space: &mut [u8],
) -> core::result::Result<Option<usize>, Cause> {
    received(connection, net::recv(stream.as_fd(), space))
}

/// Reads once, into `first` and then into `second`; see [`receive`].
fn receive_both(
    connection: &Connection,
    stream: &Fd,
    first: &mut [u8],
    second: &mut [u8],
) -> core::result::Result<Option<usize>, Cause> {
    let mut both = [IoSliceMut::new(first), IoSliceMut::new(second)];
    received(connection, net::recv_vectored(stream.as_fd(), &mut both))
}

fn received(
    connection: &Connection,
    read: Result<usize>,
) -> core::result::Result<Option<usize>, Cause> {
    match read {
        // The peer has closed its sending side.
        Ok(0) => Err(Cause::Connection(Errno::EPIPE)),
        Ok(read) => {
            // Only the heartbeat's timer reads this, and needs no order with other memory.
            connection.traffic.store(true, Ordering::Relaxed);
            Ok(Some(read))
        }
        Err(Errno::EAGAIN) => Ok(None),
        Err(error) => Err(Cause::Connection(error)),
    }
}

/// Whether the stream has no more for now. A short read proves it, except at the end of the stream,
/// which the poller reports only once.
fn is_last(connection: &Connection, read: usize, room: usize) -> bool {
    read < room && !connection.ending.load(Ordering::SeqCst)
}

/// Posts a command for queued input, if the reader sleeps.
fn tell(connection: &Connection, written: Result<Written>) -> core::result::Result<(), Cause> {
    if written.map_err(Cause::Connection)?.wake_reader {
        connection.notify(Command::Readable);
    }
    Ok(())
}
