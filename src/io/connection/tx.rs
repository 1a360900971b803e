//! The outbound direction: from the pipe to the stream (RFC 37, RFC 23, RFC 13). Any thread that
//! holds the connection's `tx` lock.
#![forbid(unsafe_code)]

use std::io::IoSlice;
use std::os::fd::AsFd;

use crate::error::{Errno, Result};
use crate::io::connection::{Connection, Framing, web};
use crate::msg::Msg;
use crate::msg::frame as wire;
use crate::proto::mechanism::Sealer;
use crate::proto::ws::frame::Encoder;
use crate::proto::zmtp::command::{self, Command as Zmtp, Subscription};
use crate::proto::zmtp::v1;
use crate::queue::{Incoming, Reader, Sent};
use crate::sync::{Arc, Ordering};
use crate::sys::fd::Fd;
use crate::sys::net;

/// Pieces written in one system call.
const SLICES: usize = 64;

/// The most bytes that one system call writes: they fit one segment on the loopback network, which
/// holds 65,483 bytes. If the kernel spaces segments out (BBR), the rest of a longer write waits
/// for a timer. Writes of 64 KiB go at a third of the speed of 63 KiB.
const PIECE: usize = 63 * 1024;

/// Bytes that are re-framed before a write: the piece that a streaming caller gathers, and its
/// growth by encryption. So nothing is left for a second, short write.
const ENCODE: usize = 64 * 1024;

/// Cost of a message by itself, in bytes.
const MESSAGE: u64 = 32;

/// Bytes of room for encoded frames that an idle connection keeps.
const KEEP_ENCODED: usize = 4 * 1024;

pub struct Tx {
    stream: Option<Arc<Fd>>,
    pub reader: Reader,
    sent: Sent,
    framing: Framing,
    /// Frames go out encrypted.
    sealer: Option<Sealer>,
    /// Frames go out in WebSocket frames.
    encoder: Option<Encoder>,
    /// Bytes that go out before anything else: commands and re-framed messages.
    encoded: Vec<u8>,
    written: usize,
    /// Bytes that the kernel has taken.
    bytes: u64,
}

/// How a flush ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flushed {
    /// Nothing waits, or the poller will report that the kernel takes more.
    All,
    /// More may wait than was allowed.
    More,
}

impl Tx {
    pub fn new(reader: Reader) -> Tx {
        Tx {
            stream: None,
            reader,
            sent: Sent::default(),
            framing: Framing::V3_1,
            sealer: None,
            encoder: None,
            encoded: Vec::new(),
            written: 0,
            bytes: 0,
        }
    }

    /// Takes over a stream; `unsent` holds the bytes that the handshake left to write.
    pub fn install(
        &mut self,
        stream: Arc<Fd>,
        framing: Framing,
        sealer: Option<Sealer>,
        encoder: Option<Encoder>,
        unsent: Vec<u8>,
    ) {
        self.stream = Some(stream);
        self.framing = framing;
        self.sealer = sealer;
        self.encoder = encoder;
        self.encoded = unsent;
        self.written = 0;
    }

    /// Gives up the stream; the next one starts at a message. Bodies to drop go to `gone`.
    pub fn uninstall(&mut self, gone: &mut Vec<Msg>) {
        self.stream = None;
        self.sealer = None;
        self.encoder = None;
        self.encoded = Vec::new();
        self.written = 0;
        let lost = self.reader.front().restart(&mut self.sent, gone);
        self.reader.sent(lost);
    }

    /// Sends the close frame of a WebSocket, if a thread that was writing meanwhile kept it from
    /// going out. Not in the middle of a message, and never waits.
    pub fn take_leave(&mut self, connection: &Connection) {
        let Some(stream) = self.stream.clone().filter(|_| self.encoder.is_some()) else { return };
        let is_between = self.encoded.is_empty() && self.sent.at_message();
        if is_between && self.take_control(connection).is_ok() && !self.encoded.is_empty() {
            // The connection ends in any case, so a failure changes nothing.
            let _ = net::send(stream.as_fd(), &self.encoded);
        }
    }

    pub fn is_drained(&mut self) -> bool {
        self.encoded.is_empty() && self.reader.front().is_empty() && self.reader.at_end()
    }

    pub fn is_idle(&mut self) -> bool {
        self.encoded.is_empty() && !self.reader.has_frames()
    }

    /// Volume that has gone out so far: bytes, plus [`MESSAGE`] for each message.
    pub fn moved(&self) -> u64 {
        self.bytes.wrapping_add(self.reader.taken_messages().wrapping_mul(MESSAGE))
    }

    /// Bytes that the kernel has taken so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Writes until nothing waits, the kernel takes no more, or `most` bytes went out.
    pub fn flush(
        &mut self,
        connection: &Connection,
        gone: &mut Vec<Msg>,
        most: usize,
    ) -> Result<Flushed> {
        let Some(stream) = self.stream.clone() else { return Ok(Flushed::All) };
        match self.write_all(&stream, connection, gone, most) {
            Err(Errno::EAGAIN) => Ok(Flushed::All),
            Err(error) => {
                // The error may have come in the middle of a frame, so nothing may follow it.
                self.stream = None;
                Err(error)
            }
            flushed => flushed,
        }
    }

    fn write_all(
        &mut self,
        stream: &Fd,
        connection: &Connection,
        gone: &mut Vec<Msg>,
        most: usize,
    ) -> Result<Flushed> {
        let began = self.bytes;
        // Messages queued behind the end of a stream are for the next one.
        while connection.alive.load(Ordering::SeqCst) {
            if self.bytes.wrapping_sub(began) >= most as u64 {
                return Ok(Flushed::More);
            }
            if self.encoded.is_empty() && self.sent.at_message() {
                self.take_control(connection)?;
            }
            if !self.encoded.is_empty() {
                self.write_encoded(stream, connection)?;
                continue;
            }
            if self.sent.at_message() && connection.is_over() {
                return Ok(Flushed::All);
            }
            if !self.reader.ready() {
                self.shrink();
                return Ok(Flushed::All);
            }
            match self.framing {
                Framing::V3_1 if self.sealer.is_none() => {
                    self.write_batch(stream, connection, gone)?;
                }
                _ => self.encode()?,
            }
        }
        Ok(Flushed::All)
    }

    /// Writes a message from the caller's memory, without the queue. `false`: that cannot be done
    /// now. The rest that the kernel does not take is copied, and has to be flushed.
    pub fn write_through(&mut self, connection: &Connection, body: &[u8]) -> Result<bool> {
        let is_plain = self.framing == Framing::V3_1 && self.sealer.is_none();
        let is_busy = !self.encoded.is_empty()
            || !self.sent.at_message()
            || connection.has_control.load(Ordering::SeqCst)
            || self.reader.has_frames();
        let Some(stream) = self.stream.as_ref().filter(|_| is_plain && !is_busy) else {
            return Ok(false);
        };
        let (header, header_len) = wire::encode(0, body.len());
        // An error is not reported here: the flush that follows meets it again.
        let written = send_both(stream, header.get(..header_len).unwrap_or_default(), body);
        if written == 0 {
            return Ok(false);
        }
        self.bytes = self.bytes.wrapping_add(written as u64);
        if written == header_len + body.len() {
            self.reader.sent(1);
        } else {
            if let Err(error) = self.reader.put_back(body) {
                self.stream = None;
                return Err(error);
            }
            self.sent = Sent::begun(written);
        }
        Ok(true)
    }

    fn take_control(&mut self, connection: &Connection) -> Result<()> {
        if !connection.has_control.swap(false, Ordering::SeqCst) {
            return Ok(());
        }
        let control = core::mem::take(&mut *connection.control.lock());
        self.written = 0;
        if let Some(encoder) = &mut self.encoder {
            // A WebSocket header may be longer than the queued one, and each mask adds bytes.
            self.encoded.try_reserve(control.len().saturating_mul(8))?;
            encoder.append_queued(&control, &mut self.encoded);
            return Ok(());
        }
        let Some(sealer) = &mut self.sealer else {
            self.encoded = control;
            return Ok(());
        };
        let mut frames = &control[..];
        while let Some(header) = wire::parse(frames) {
            let (_, rest) = frames.split_at_checked(header.header_len).unwrap_or_default();
            let body_len = usize::try_from(header.body_len).unwrap_or(usize::MAX);
            let Some((body, rest)) = rest.split_at_checked(body_len) else { break };
            sealer.append(header.flags, body, &mut self.encoded)?;
            frames = rest;
        }
        Ok(())
    }

    /// Frees all but [`KEEP_ENCODED`] bytes of room in an idle connection.
    fn shrink(&mut self) {
        if self.encoded.capacity() > KEEP_ENCODED {
            self.encoded = Vec::new();
        }
    }

    fn write_encoded(&mut self, stream: &Fd, connection: &Connection) -> Result<()> {
        let rest = self.encoded.get(self.written..).unwrap_or_default();
        let rest = rest.get(..piece_of(rest.len())).unwrap_or_default();
        let written = attempt(connection, || net::send(stream.as_fd(), rest))?;
        self.bytes = self.bytes.wrapping_add(written as u64);
        self.written += written;
        if self.written >= self.encoded.len() {
            self.encoded.clear();
            self.written = 0;
        }
        Ok(())
    }

    /// Writes the pipe's frames, which are in wire form: no copy is made.
    fn write_batch(
        &mut self,
        stream: &Fd,
        connection: &Connection,
        gone: &mut Vec<Msg>,
    ) -> Result<()> {
        let batch = self.reader.front();
        let written = {
            let mut slices = [IoSlice::new(&[]); SLICES];
            let piece = piece_of(batch.unsent_bytes(&self.sent));
            let count = batch.io_slices(&self.sent, piece, &mut slices);
            let slices = slices.get(..count).unwrap_or_default();
            attempt(connection, || match slices {
                [only] => net::send(stream.as_fd(), only),
                many => net::send_vectored(stream.as_fd(), many),
            })?
        };
        let messages = batch.advance(&mut self.sent, written, gone);
        self.bytes = self.bytes.wrapping_add(written as u64);
        self.reader.sent(messages);
        Ok(())
    }

    /// Re-frames the next messages for a peer of another framing, or encrypts them.
    fn encode(&mut self) -> Result<()> {
        let waiting = self.reader.front().queued_bytes();
        let growth = if self.sealer.is_some() { waiting / 2 } else { 0 };
        self.encoded.try_reserve((waiting + growth).min(ENCODE))?;
        while self.encoded.len() < ENCODE && self.reader.ready() {
            let Some(frame) = self.reader.take() else { break };
            self.sent.passed(frame.flags);
            match (&mut self.encoder, &mut self.sealer) {
                (Some(encoder), sealer) => {
                    web::append_frame(encoder, sealer, &frame, &mut self.encoded)?;
                }
                (None, Some(sealer)) => {
                    seal_frame(sealer, self.framing, &frame, &mut self.encoded)?;
                }
                (None, None) => encode_frame(self.framing, &frame, &mut self.encoded)?,
            }
        }
        Ok(())
    }
}

/// Bytes of `waiting` to write at once: all pieces have one size, so that no small one comes last.
fn piece_of(waiting: usize) -> usize {
    waiting.div_ceil(waiting.div_ceil(PIECE).max(1))
}

/// Writes header and body, as far as the kernel takes them; returns the bytes that went out.
fn send_both(stream: &Fd, header: &[u8], body: &[u8]) -> usize {
    let piece = piece_of(header.len() + body.len());
    let (first, rest) = body.split_at(body.len().min(piece.saturating_sub(header.len())));
    let both = [IoSlice::new(header), IoSlice::new(first)];
    let mut written = net::send_vectored(stream.as_fd(), &both).unwrap_or(0);
    if written < header.len() + first.len() {
        return written;
    }
    for part in rest.chunks(piece) {
        let taken = net::send(stream.as_fd(), part).unwrap_or(0);
        written += taken;
        if taken < part.len() {
            break;
        }
    }
    written
}

/// Adds a frame encrypted; subscriptions become messages for peers that know no SUBSCRIBE command.
pub(super) fn seal_frame(
    sealer: &mut Sealer,
    framing: Framing,
    frame: &Incoming<'_>,
    out: &mut Vec<u8>,
) -> Result<()> {
    if framing == Framing::V3_1 || !frame.is_command() {
        return sealer.append(frame.flags, frame.data(), out);
    }
    match subscription(frame.data())? {
        Some(message) => sealer.append(0, &message, out),
        None => Ok(()),
    }
}

/// A subscription as a message. Other commands have no such form. `ENOMEM`.
pub(super) fn subscription(command: &[u8]) -> Result<Option<Vec<u8>>> {
    Ok(match command::parse(command) {
        Zmtp::Subscribe(topic) => Some(Subscription::Subscribe.message_body(topic)?),
        Zmtp::Cancel(topic) => Some(Subscription::Cancel.message_body(topic)?),
        _ => None,
    })
}

/// Adds a frame in the form that an older or raw peer wants. Commands other than subscriptions have
/// no such form.
fn encode_frame(framing: Framing, frame: &Incoming<'_>, out: &mut Vec<u8>) -> Result<()> {
    out.try_reserve(frame.data().len() + 16)?;
    if !frame.is_command() {
        append(framing, frame.more(), frame.data(), out);
        return Ok(());
    }
    if let Some(message) = subscription(frame.data())? {
        append(framing, false, &message, out);
    }
    Ok(())
}

fn append(framing: Framing, more: bool, body: &[u8], out: &mut Vec<u8>) {
    match framing {
        Framing::V3_1 | Framing::V2 | Framing::Ws => {
            let (header, header_len) = wire::encode(if more { wire::MORE } else { 0 }, body.len());
            out.extend_from_slice(header.get(..header_len).unwrap_or_default());
            out.extend_from_slice(body);
        }
        Framing::V1 => v1::append(more, body, out),
        Framing::Raw => out.extend_from_slice(body),
    }
}

/// One write. If the kernel takes no more, the poller is asked to report when it does.
fn attempt(connection: &Connection, write: impl Fn() -> Result<usize>) -> Result<usize> {
    match write() {
        Err(Errno::EAGAIN) => {
            connection.blocked.store(true, Ordering::SeqCst);
            if connection.watch_room(true) {
                return Err(Errno::EAGAIN);
            }
            // The stream is not in the socket's poller. A reactor that watches it may have had the
            // event before the flag was set, so try once more.
            let retried = write();
            if retried.is_ok() {
                connection.blocked.store(false, Ordering::SeqCst);
            }
            retried
        }
        other => other,
    }
}
