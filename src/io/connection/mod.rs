//! An established connection: a stream, its two directions, and the pipe's peer_end end.
//!
//! Each direction is behind a lock of its own and may be driven by any thread that gets it: the socket's
//! caller or an I/O thread. Nobody waits for such a lock: a thread that finds it held leaves word, and
//! its holder does the work ([`HandoffLock`]). Lock order: socket, then a direction, then a queue.
//!
//! A connecting endpoint keeps one `Connection` over all its reconnects, so that what waits in the
//! pipe waits for the next connection.
#![forbid(unsafe_code)]

mod handoff_lock;
#[cfg(test)]
mod handoff_lock_model;
mod partial;
mod rx;
#[cfg(test)]
mod tests;
mod tx;
mod unseal;
mod web;

use std::collections::TryReserveError;
use std::os::fd::{AsFd, AsRawFd};

use crate::error::Errno;
use crate::io::shared::SocketShared;
use crate::memory::copy_of;
use crate::msg::{Metadata, Msg};
use crate::pipe::{Command, Flush, PipeKey, PipePeer};
use crate::proto::HandshakeError;
use crate::proto::mechanism::Sealing;
use crate::proto::ws::frame::{Decoder, Encoder};
use crate::queue::{Reader, Writer};
use crate::sync::{Arc, AtomicBool, AtomicU8, AtomicU64, Mutex, OnceLock, Ordering};
use crate::sys::fd::Fd;
use crate::sys::net;

use handoff_lock::HandoffLock;
pub use rx::Inbound;
use rx::Rx;
use tx::Tx;
use web::Wrapping;

/// What `handoff_lock.rs` is made of; its model has the same names.
mod primitives {
    pub use crate::sync::{AtomicBool, Mutex, MutexGuard, Ordering, fence};
}

/// Bytes of commands that wait to be written; beyond it new ones are dropped.
const MOST_CONTROL: usize = 4 * 1024;

/// [`Connection::due`]: there may be something to read.
pub const DUE_IN: u8 = 1;
/// [`Connection::due`]: the kernel may take more.
pub const DUE_OUT: u8 = 2;

/// Bytes that one turn writes at most, but for the end of the last piece.
const WRITE_TURN: usize = 512 * 1024;

/// How often a turn goes on for what other threads requested meanwhile.
const MOST_PASSES: u32 = 16;

/// How frames look on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// ZMTP 3.1: frames as they wait in the pipe (RFC 37).
    V3_1,
    /// ZMTP 2.0 and 3.0: the same, but subscriptions are messages (RFC 15, RFC 23).
    V2,
    /// ZMTP 1.0 (RFC 13).
    V1,
    /// ZWS 2.0 (RFC 45): frames of WebSockets.
    Ws,
    /// No frames: STREAM and raw ROUTER.
    Raw,
}

/// Why a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// The peer finished or the network failed: a connecting end tries again.
    Connection(Errno),
    /// The peer broke the protocol: the same, but a handshake before it counts for nothing.
    Protocol(Errno),
    /// The peer broke the rules of the security mechanism: the same, and the monitor is told.
    Violation(HandshakeError),
}

impl From<TryReserveError> for Cause {
    fn from(_: TryReserveError) -> Cause {
        Cause::Connection(Errno::ENOMEM)
    }
}

/// What a peer has sent lately.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traffic {
    None,
    /// Bytes that do not make a frame yet.
    Part,
    Frame,
}

/// What a connection asks of the reactor that owns its session. Never blocks.
pub trait Owner: Send + Sync {
    /// The connection with this epoch ended.
    fn lost(&self, session: u64, epoch: u64, cause: Cause);
    /// A PING came that limits how long the peer may be silent.
    fn pinged(&self, session: u64);
    /// The authenticator has written to this session.
    fn answered(&self, session: u64);
    /// The connection has more to write than one turn allows: [`Connection::write_on`] is to be called.
    fn unfinished(&self, session: u64);
    /// The socket's caller streams: it writes whenever a larger piece has gathered, and what is left
    /// has to be written when it pauses ([`Connection::drain_deferred`]). `moved` is what has gone out so peer_end.
    fn streams(&self, session: u64, moved: u64);
    /// Nothing is read for now; should the socket not come for more, [`Connection::resume`] is to be
    /// called in some milliseconds.
    fn paused(&self, session: u64);
    /// The socket has closed its end of this connection's pipe.
    fn close(&self, connection: Arc<Connection>, linger: i32);
}

/// See the module's documentation.
pub struct Connection {
    pub session: u64,
    shared: Arc<SocketShared>,
    owner: Arc<dyn Owner>,
    rx: HandoffLock<Rx>,
    tx: HandoffLock<Tx>,
    /// Answers to the peer's commands, sent between messages.
    control: Mutex<Vec<u8>>,
    has_control: AtomicBool,
    /// The kernel takes no more until the descriptor is writable.
    blocked: AtomicBool,
    /// What the next turn is to do: [`DUE_IN`] and [`DUE_OUT`]. While any is set it waits for that turn.
    due: AtomicU8,
    /// The owner was told that more is to be written than one turn allows.
    unfinished: AtomicBool,
    /// The owner will come by for what a streaming caller leaves.
    streaming: AtomicBool,
    /// The caller has written since the owner last came by.
    flushed: AtomicBool,
    /// What has gone out so peer_end: see [`Tx::moved`].
    moved: AtomicU64,
    alive: AtomicBool,
    /// The poller has told that the stream ends. It does not tell again, so what is left has to be
    /// read to the end.
    ending: AtomicBool,
    /// Counts the connections of this endpoint.
    epoch: AtomicU64,
    /// The number of the connection that its peer was seen to have closed.
    ended: AtomicU64,
    /// The stream of this epoch. The lock is a leaf.
    stream: Mutex<Option<Arc<Fd>>>,
    /// The letter by which the socket hears of the pipe, and whether it reads from it.
    arrival: OnceLock<(u64, bool)>,
    /// The pipe's place in its socket, once it has one.
    key: Mutex<Option<PipeKey>>,
    /// Its place in the socket's poller, and what is registered there, which may be gone from `rx`
    /// by the time it is taken out.
    registration: Mutex<Option<(u64, Arc<Fd>)>>,
    /// Bytes came since the reactor last looked, and a whole frame.
    traffic: AtomicBool,
    frames: AtomicBool,
    /// A PING came: its time to live in deciseconds, plus one.
    pinged: AtomicU64,
}

/// What a stream needs to become an established connection.
pub struct Start {
    pub stream: Arc<Fd>,
    pub framing: Framing,
    pub inbound: Inbound,
    pub metadata: Option<Arc<Metadata>>,
    /// What encrypts and decrypts frames.
    pub sealing: Option<Sealing>,
    /// What makes WebSocket frames, and what reads them.
    pub web: Option<(Encoder, Decoder)>,
    /// What the handshake left to write.
    pub unsent: Vec<u8>,
}

impl Connection {
    /// The peer_end end of a pipe: it reads what the socket writes and writes what the socket reads.
    pub fn new(
        session: u64,
        shared: Arc<SocketShared>,
        owner: Arc<dyn Owner>,
        reader: Reader,
        writer: Writer,
    ) -> Connection {
        Connection {
            session,
            shared,
            owner,
            rx: HandoffLock::new(Rx::new(writer)),
            tx: HandoffLock::new(Tx::new(reader)),
            control: Mutex::default(),
            has_control: AtomicBool::new(false),
            blocked: AtomicBool::new(false),
            due: AtomicU8::new(0),
            unfinished: AtomicBool::new(false),
            streaming: AtomicBool::new(false),
            flushed: AtomicBool::new(false),
            moved: AtomicU64::new(0),
            alive: AtomicBool::new(false),
            ending: AtomicBool::new(false),
            epoch: AtomicU64::new(0),
            ended: AtomicU64::new(u64::MAX),
            stream: Mutex::new(None),
            arrival: OnceLock::new(),
            key: Mutex::new(None),
            registration: Mutex::new(None),
            traffic: AtomicBool::new(false),
            frames: AtomicBool::new(false),
            pinged: AtomicU64::new(0),
        }
    }

    /// The socket will hear of the pipe by the letter with this number.
    pub fn set_arrival(&self, number: u64, reads: bool) {
        let _ = self.arrival.set((number, reads));
    }

    /// Tells where the pipe is in its socket.
    pub fn set_key(&self, key: PipeKey) {
        *self.key.lock() = Some(key);
    }

    pub fn key(&self) -> Option<PipeKey> {
        *self.key.lock()
    }

    /// The number of the current connection.
    pub fn epoch(&self) -> u64 {
        self.epoch.load(Ordering::SeqCst)
    }

    fn notify(&self, command: impl FnOnce(PipeKey) -> Command) {
        // A pipe without a place yet is looked at when it gets one.
        if let Some(key) = self.key() {
            self.shared.post(command(key));
        }
    }
}

// Life.
impl Connection {
    /// Takes over a stream whose handshake is done; nothing is read or written yet.
    pub fn install(self: &Arc<Self>, start: Start) {
        self.epoch.fetch_add(1, Ordering::SeqCst);
        let Start { stream, framing, inbound, metadata, sealing, web, unsent } = start;
        let (sealer, opener) = sealing.map(|both| (both.outgoing, both.incoming)).unzip();
        let (encoder, decoder) = web.unzip();
        let wrapping = Wrapping::new(opener, decoder);
        *self.stream.lock() = Some(stream.clone());
        let source = stream.clone();
        let connection = self.clone();
        self.change_rx(move |rx| {
            rx.install(source, framing, inbound, wrapping, metadata);
            rx.tell_asked(&connection);
        });
        self.control.lock().clear();
        self.change_tx(move |tx| tx.install(stream, framing, sealer, encoder, unsent));
        self.blocked.store(false, Ordering::SeqCst);
        self.ending.store(false, Ordering::SeqCst);
        self.alive.store(true, Ordering::SeqCst);
    }

    /// Puts the stream into the socket's poller, unless it is there.
    pub fn register(self: &Arc<Self>) -> crate::error::Result<()> {
        if self.registration.lock().is_some() {
            return Ok(());
        }
        let Some(stream) = self.stream() else { return Ok(()) };
        let token = self.shared.register(self, stream.as_raw_fd())?;
        *self.registration.lock() = Some((token, stream));
        if self.blocked.load(Ordering::SeqCst) {
            self.watch_room(true);
        }
        Ok(())
    }

    /// Whether the poller tells when the stream is writable; `false` if it is not in the poller. It
    /// is asked only while something has to wait, because an `AF_UNIX` stream becomes writable with
    /// each read of its peer.
    fn watch_room(&self, on: bool) -> bool {
        let registration = self.registration.lock();
        let Some((token, stream)) = &*registration else { return false };
        self.shared.watch_room(*token, stream.as_raw_fd(), on)
    }

    /// Takes the stream out of the socket's poller.
    pub fn unregister(&self) {
        let registration = self.registration.lock().take();
        if let Some((token, stream)) = registration {
            self.shared.unregister(token, stream.as_raw_fd());
        }
    }

    pub fn stream(&self) -> Option<Arc<Fd>> {
        self.stream.lock().clone()
    }

    /// Ends the connection and closes the stream. What waits in the pipe stays there, but for the
    /// message of which some went out; a message that came only in part is dropped. A thread that is
    /// moving bytes meanwhile does it when it is done.
    pub fn disconnect(self: &Arc<Self>) {
        self.alive.store(false, Ordering::SeqCst);
        self.unregister();
        let stream = self.stream.lock().take();
        self.change_rx(|rx| drop(rx.uninstall()));
        let connection = self.clone();
        self.change_tx(move |tx| {
            tx.take_leave(&connection);
            let mut gone = Vec::new();
            tx.uninstall(&mut gone);
        });
        drop(stream);
    }

    /// Ends the connection so that the peer sees it at once, also while the session still holds
    /// the stream.
    fn hang_up(self: &Arc<Self>) {
        let stream = self.stream();
        // First, so that the end is not taken for the peer's.
        self.disconnect();
        if let Some(stream) = stream {
            net::shut_down(stream.as_fd());
        }
    }

    /// The peer_end end is gone for good: the socket may read what came, and no more is taken from it.
    pub fn finish(self: &Arc<Self>) {
        self.disconnect();
        self.change_tx(|tx| tx.reader.abandon());
        let connection = self.clone();
        self.change_rx(move |rx| {
            let wake = rx.writer.finish();
            if let Some((number, reads)) = connection.arrival.get()
                && connection.shared.withdraw(*number, *reads)
            {
                return;
            }
            if wake {
                connection.notify(Command::Readable);
            }
            connection.notify(Command::Closed);
        });
    }

    /// Whether everything the socket wrote has been taken by the kernel. While somebody writes it has
    /// not; then the owner looks again.
    pub fn is_drained(&self) -> bool {
        self.ask_tx(Tx::is_drained)
    }

    /// Whether nothing that the socket wrote waits. While somebody writes something does; then the owner
    /// looks again.
    pub fn is_idle(&self) -> bool {
        self.ask_tx(Tx::is_idle)
    }

    fn ask_tx(&self, question: impl FnOnce(&mut Tx) -> bool) -> bool {
        let answer = self.tx.try_with(question, || self.flush());
        if answer.is_none() {
            self.owner.paused(self.session);
        }
        answer.unwrap_or(false)
    }

    fn fail(&self, cause: Cause) {
        if self.alive.swap(false, Ordering::SeqCst) {
            self.owner.lost(self.session, self.epoch(), cause);
        }
    }

    /// Ends the connection from outside, as if the peer had gone.
    pub fn abort(&self, cause: Cause) {
        self.fail(cause);
    }
}

// Turns.
impl Connection {
    /// The connection is to do this in its next turn; whether it has to be put into the queue for it.
    pub fn add_due(&self, due: u8) -> bool {
        self.due.fetch_or(due, Ordering::SeqCst) == 0
    }

    /// The turn begins: what it has to do.
    pub fn take_due(&self) -> u8 {
        self.due.swap(0, Ordering::SeqCst)
    }
}

// Reading.
impl Connection {
    /// The stream ends, behind what can still be read.
    pub fn expect_end(&self) {
        self.ending.store(true, Ordering::SeqCst);
    }

    /// The stream may be readable: reads and hands over what is there, at most so many full buffers. What
    /// is left waits for the next turn. Returns the bytes that came.
    pub fn read_turn(self: &Arc<Self>, buffer: &mut [u8], reads: usize) -> usize {
        let (mut bytes, mut passes, mut failed, mut is_more) = (0, 0, None, false);
        self.rx.request();
        while self.rx.is_requested() {
            if passes >= MOST_PASSES {
                is_more = true;
                break;
            }
            let Some(mut rx) = self.rx.try_enter() else { break };
            passes += 1;
            if passes > 1 {
                // Another thread requested it meanwhile: that is for the next turn.
                is_more = true;
                continue;
            }
            let turn = rx.turn(self, buffer, reads);
            bytes = rx.take_count();
            drop(rx);
            match turn {
                Ok(rx::Turn::Drained) => {}
                Ok(rx::Turn::More) => is_more = true,
                Ok(rx::Turn::Paused) => self.owner.paused(self.session),
                Err(cause) => failed = Some(cause),
            }
        }
        match failed {
            Some(cause) => self.fail(cause),
            None if is_more => self.shared.add_turn(self, DUE_IN),
            None => {}
        }
        bytes
    }

    /// Whether another thread is reading: then nobody knows yet what has come.
    pub fn is_being_read(self: &Arc<Self>) -> bool {
        self.rx.try_with(|_| (), || self.resume()).is_none()
    }

    /// Makes a change to the inbound direction: now, or when the thread that reads is done.
    fn change_rx(self: &Arc<Self>, change: impl FnOnce(&mut Rx) + Send + 'static) {
        self.rx.change(change, || self.resume());
    }

    /// Looks again whether to read.
    pub fn resume(self: &Arc<Self>) {
        self.shared.resume(self);
    }

    /// Hands over bytes that came with the handshake.
    pub fn feed(self: &Arc<Self>, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let (connection, bytes) = match copy_of(bytes) {
            Ok(bytes) => (self.clone(), bytes),
            Err(_) => return self.fail(Cause::Connection(Errno::ENOMEM)),
        };
        self.change_rx(move |rx| {
            if let Err(cause) = rx.feed(&connection, &bytes) {
                connection.fail(cause);
            }
        });
    }

    /// Shows the socket an empty message (STREAM's notification).
    pub fn notify_stream(self: &Arc<Self>) {
        self.push_message(&[]);
    }

    /// Shows the socket a message that nobody sent.
    pub fn push_message(self: &Arc<Self>, bytes: &[u8]) {
        let (connection, bytes) = (self.clone(), bytes.to_vec());
        self.change_rx(move |rx| {
            let written = rx.writer.write(0, crate::queue::Body::Copy(&bytes), 0);
            if written.is_ok_and(|written| written.wake_reader) {
                connection.notify(Command::Readable);
            }
            rx.tell_asked(&connection);
        });
    }

    /// What came since the last call.
    pub fn take_traffic(&self) -> Traffic {
        let bytes = self.traffic.swap(false, Ordering::SeqCst);
        match self.frames.swap(false, Ordering::SeqCst) {
            true => Traffic::Frame,
            false if bytes => Traffic::Part,
            false => Traffic::None,
        }
    }

    /// A whole frame came. A PING before it asks for nothing more.
    #[inline]
    fn framed(&self) {
        self.frames.store(true, Ordering::Relaxed);
        if self.pinged.load(Ordering::Relaxed) != 0 {
            self.pinged.store(0, Ordering::SeqCst);
        }
    }

    /// The time to live of a PING that came since the last call, in deciseconds.
    pub fn take_ping(&self) -> Option<u16> {
        self.pinged.swap(0, Ordering::SeqCst).checked_sub(1).map(|ttl| ttl as u16)
    }
}

// Writing.
impl Connection {
    /// Makes a change to the outbound direction: now, or when the thread that writes is done.
    fn change_tx(&self, change: impl FnOnce(&mut Tx) + Send + 'static) {
        self.tx.change(change, || self.flush());
    }

    /// Writes what waits, unless another thread is writing; then that one goes on. What is more than a turn
    /// allows is left to the owner.
    pub fn flush(&self) {
        self.write_turn();
    }

    /// [`Connection::flush`]; returns the bytes that went out.
    fn write_turn(&self) -> usize {
        let (mut bytes, mut passes, mut failed, mut is_more) = (0, 0, None, false);
        self.tx.request();
        while self.tx.is_requested() {
            if bytes >= WRITE_TURN || passes >= MOST_PASSES {
                is_more = true;
                break;
            }
            let Some(mut tx) = self.tx.try_enter() else { break };
            let mut gone: Vec<Msg> = Vec::new();
            let before = tx.bytes();
            let result = tx.flush(self, &mut gone, WRITE_TURN - bytes);
            bytes += tx.bytes().wrapping_sub(before) as usize;
            passes += 1;
            let credit = tx.reader.take_credit_note();
            self.moved.store(tx.moved(), Ordering::Relaxed);
            drop(tx);
            drop(gone);
            if credit {
                self.notify(Command::Writable);
            }
            match result {
                Ok(tx::Flushed::All) => is_more = false,
                Ok(tx::Flushed::More) => is_more = true,
                Err(error) => failed = Some(error),
            }
        }
        match failed {
            Some(error) => self.fail(Cause::Connection(error)),
            None if is_more => self.leave_unfinished(),
            None => {}
        }
        bytes
    }

    /// More waits than one turn allows: the owner goes on.
    fn leave_unfinished(&self) {
        if !self.unfinished.swap(true, Ordering::SeqCst) {
            self.owner.unfinished(self.session);
        }
    }

    /// The owner's turn at what was more than one turn allows.
    pub fn write_on(&self) {
        self.unfinished.store(false, Ordering::SeqCst);
        self.flush();
    }

    /// Writes a message of one frame at once, if nothing waits before it; whether it did.
    fn write_through(&self, body: &[u8]) -> bool {
        let is_open = self.alive.load(Ordering::SeqCst) && !self.is_over();
        if self.blocked.load(Ordering::SeqCst) || !is_open {
            return false;
        }
        let through = self.tx.try_with(|tx| tx.write_through(self, body), || self.flush());
        match through {
            None | Some(Ok(false)) => return false,
            // The rest of it.
            Some(Ok(true)) => self.flush(),
            // A part is gone and the rest cannot be kept.
            Some(Err(error)) => self.fail(Cause::Connection(error)),
        }
        true
    }

    /// Something will be written after a pause. If the peer has closed meanwhile the connection ends
    /// now, behind what can still be read, so that it is not written to a peer that is gone.
    fn look_for_end(self: &Arc<Self>) {
        let epoch = self.epoch();
        // Another thread that is reading now finds the end.
        if self.rx.try_with(|rx| rx.has_ended(), || self.resume()) != Some(true) {
            return;
        }
        self.expect_end();
        self.resume();
        // What was read may not reach to the end yet. Where a full pipe keeps everybody from the end, only
        // writing tells of it.
        let is_stalled = self.rx.try_with(|rx| rx.stalled, || self.resume());
        if is_stalled != Some(true) {
            self.ended.store(epoch, Ordering::SeqCst);
        }
    }

    /// Whether the peer has closed the current stream, and what is queued is for the next one. Also a thread
    /// that was stopped in the midst of writing asks before it goes on.
    fn is_over(&self) -> bool {
        self.ended.load(Ordering::SeqCst) == self.epoch()
    }

    /// The stream may be writable again. Returns the bytes that went out.
    pub fn write_ready(&self) -> usize {
        if !self.blocked.swap(false, Ordering::SeqCst) {
            return 0;
        }
        let bytes = self.write_turn();
        if !self.blocked.load(Ordering::SeqCst) && self.watch_room(false) {
            // Somebody may have come to need it meanwhile.
            if self.blocked.load(Ordering::SeqCst) {
                self.watch_room(true);
            }
        }
        bytes
    }

    /// Leaves what was queued to the owner, unless it comes anyhow.
    fn leave_to_owner(&self) {
        // The frame was queued before, under the lock that the owner takes when it comes.
        if !self.streaming.load(Ordering::SeqCst) && !self.streaming.swap(true, Ordering::SeqCst) {
            self.owner.streams(self.session, self.moved.load(Ordering::Relaxed));
        }
    }

    /// The owner's visit: writes what is left if the caller has not written since the last one. Whether
    /// it has to come again: the caller has, or it `is_fast` by what has gone out so peer_end.
    pub fn drain_deferred(&self, is_fast: impl FnOnce(u64) -> bool) -> bool {
        let wrote = self.flushed.swap(false, Ordering::SeqCst);
        if !wrote {
            self.flush();
        }
        if is_fast(self.moved.load(Ordering::Relaxed)) || wrote {
            return true;
        }
        self.streaming.store(false, Ordering::SeqCst);
        // Who left something during the visit did not ask for another.
        self.flush();
        false
    }

    /// A PING came.
    fn pinged(&self, ttl_ds: u16) {
        self.pinged.store(u64::from(ttl_ds) + 1, Ordering::SeqCst);
        if ttl_ds > 0 {
            self.owner.pinged(self.session);
        }
    }

    /// Queues a command to go out between messages; with WebSockets, a control frame as
    /// [`queued`](crate::proto::ws::frame::Control::queued). A peer that asks and asks and reads no
    /// answer gets no more of them.
    pub fn send_command(&self, body: &[u8]) {
        let mut control = self.control.lock();
        if control.len() < MOST_CONTROL {
            crate::proto::zmtp::frame::append(crate::msg::frame::COMMAND, body, &mut control);
        }
        drop(control);
        self.has_control.store(true, Ordering::SeqCst);
        self.flush();
    }
}

/// The connection as the peer_end end of a socket's pipe. [`Arc`] is needed to keep it in lists.
pub struct ConnectionEnd(pub Arc<Connection>);

impl PipePeer for ConnectionEnd {
    fn readable(&self, flush: Flush) {
        match flush {
            Flush::Now => self.0.flush(),
            Flush::Later | Flush::Held => self.0.leave_to_owner(),
        }
    }

    fn look(&self) {
        self.0.look_for_end();
    }

    fn write_through(&self, body: &[u8]) -> bool {
        self.0.write_through(body)
    }

    fn flush(&self) {
        if !self.0.blocked.load(Ordering::Relaxed) {
            self.0.flushed.store(true, Ordering::Relaxed);
            self.0.flush();
        }
    }

    fn writable(&self) {
        self.0.shared.ask_for_turn(&self.0);
    }

    fn close(&self, linger: i32) {
        let connection = &self.0;
        connection.flush();
        if connection.is_drained() {
            connection.hang_up();
        }
        connection.owner.close(connection.clone(), linger);
    }

    fn hang_up(&self) {
        self.0.flush();
        if self.0.is_idle() {
            self.0.hang_up();
        }
    }
}
