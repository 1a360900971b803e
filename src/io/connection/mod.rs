//! An established connection: a stream, its two directions, and the pipe's far end.
//!
//! Each direction is behind a lock of its own and may be driven by whoever gets it: the socket's
//! caller or a reactor. A lock that is held is never waited for: a note is left and its holder
//! does the work ([`Direction`]). Lock order: socket, then a direction, then a queue.
//!
//! A connecting endpoint keeps one `Connection` over all its reconnects, so that what waits in the
//! pipe waits for the next connection.
#![forbid(unsafe_code)]

mod direction;
#[cfg(test)]
mod direction_model;
mod rx;
#[cfg(test)]
mod tests;
mod tx;
mod unseal;
mod web;

use std::os::fd::{AsFd, AsRawFd};

use crate::error::Errno;
use crate::io::port::Port;
use crate::msg::{Metadata, Msg};
use crate::pipe::{Command, Far, Flush, PipeKey};
use crate::proto::HandshakeError;
use crate::proto::mechanism::Sealing;
use crate::proto::ws::frame::{Decoder, Encoder};
use crate::queue::{Reader, Writer};
use crate::sync::{Arc, AtomicBool, AtomicU64, Mutex, Ordering};
use crate::sys::fd::Fd;
use crate::sys::{clock, net};

use direction::Direction;
pub use rx::Inbound;
use rx::Rx;
use tx::Tx;
use web::Wrapping;

/// What `direction.rs` is made of; its model has the same names.
mod primitives {
    pub use crate::sync::{AtomicBool, Mutex, MutexGuard, Ordering, fence};
}

/// Bytes of commands that wait to be written; beyond it new ones are dropped.
const MOST_CONTROL: usize = 4 * 1024;

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
    /// The peer broke the protocol: a connecting end gives up.
    Protocol(Errno),
    /// The peer broke the rules of the security mechanism: the same, and the monitor is told.
    Violation(HandshakeError),
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
    /// The socket's caller streams: it writes whenever a larger piece has gathered, and what is left
    /// has to be written when it pauses ([`Connection::come_by`]). `moved` is what has gone out so far.
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
    port: Arc<Port>,
    owner: Arc<dyn Owner>,
    rx: Direction<Rx>,
    tx: Direction<Tx>,
    /// Answers to the peer's commands, sent between messages.
    control: Mutex<Vec<u8>>,
    has_control: AtomicBool,
    /// The kernel takes no more until the descriptor is writable.
    blocked: AtomicBool,
    /// The owner will come by for what a streaming caller leaves.
    streaming: AtomicBool,
    /// The caller has written since the owner last came by.
    pressed: AtomicBool,
    /// What has gone out so far: see [`Tx::moved`].
    moved: AtomicU64,
    alive: AtomicBool,
    /// The poller has told that the stream ends. It does not tell again, so what is left has to be
    /// read to the end.
    ending: AtomicBool,
    /// Counts the connections of this endpoint.
    epoch: AtomicU64,
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
    /// The far end of a pipe: it reads what the socket writes and writes what the socket reads.
    pub fn new(
        session: u64,
        port: Arc<Port>,
        owner: Arc<dyn Owner>,
        reader: Reader,
        writer: Writer,
    ) -> Connection {
        Connection {
            session,
            port,
            owner,
            rx: Direction::new(Rx::new(writer)),
            tx: Direction::new(Tx::new(reader)),
            control: Mutex::default(),
            has_control: AtomicBool::new(false),
            blocked: AtomicBool::new(false),
            streaming: AtomicBool::new(false),
            pressed: AtomicBool::new(false),
            moved: AtomicU64::new(0),
            alive: AtomicBool::new(false),
            ending: AtomicBool::new(false),
            epoch: AtomicU64::new(0),
            key: Mutex::new(None),
            registration: Mutex::new(None),
            traffic: AtomicBool::new(false),
            frames: AtomicBool::new(false),
            pinged: AtomicU64::new(0),
        }
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
            self.port.post(command(key));
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
        let source = stream.clone();
        self.with_rx(|rx| rx.install(source, framing, inbound, wrapping, metadata));
        self.control.lock().clear();
        self.with_tx(|tx| tx.install(stream, framing, sealer, encoder, unsent));
        self.blocked.store(false, Ordering::SeqCst);
        self.ending.store(false, Ordering::SeqCst);
        self.alive.store(true, Ordering::SeqCst);
    }

    /// Puts the stream into the socket's poller.
    pub fn register(self: &Arc<Self>) -> crate::error::Result<()> {
        let Some(stream) = self.stream() else { return Ok(()) };
        let token = self.port.register(self, stream.as_raw_fd())?;
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
        self.port.watch_room(*token, stream.as_raw_fd(), on)
    }

    /// Takes the stream out of the socket's poller.
    pub fn unregister(&self) {
        let registration = self.registration.lock().take();
        if let Some((token, stream)) = registration {
            self.port.unregister(token, stream.as_raw_fd());
        }
    }

    pub fn stream(self: &Arc<Self>) -> Option<Arc<Fd>> {
        self.with_rx(|rx| rx.stream.clone())
    }

    /// Ends the connection and closes the stream. What waits in the pipe stays there, but for the
    /// message of which some went out; a message that came only in part is dropped.
    pub fn disconnect(self: &Arc<Self>) {
        self.alive.store(false, Ordering::SeqCst);
        self.unregister();
        let stream = self.with_rx(Rx::uninstall);
        let mut gone = Vec::new();
        self.with_tx(|tx| tx.uninstall(&mut gone));
        drop((stream, gone));
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

    /// The far end is gone for good: the socket may read what came, and no more is taken from it.
    pub fn finish(self: &Arc<Self>) {
        self.disconnect();
        let wake = self.with_rx(|rx| rx.writer.finish());
        self.with_tx(|tx| tx.reader.abandon());
        if wake {
            self.notify(Command::Readable);
        }
        self.notify(Command::Closed);
    }

    /// Whether everything the socket wrote has been taken by the kernel.
    pub fn is_drained(&self) -> bool {
        self.with_tx(Tx::is_drained)
    }

    /// Whether nothing that the socket wrote waits.
    pub fn is_idle(&self) -> bool {
        self.with_tx(Tx::is_idle)
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

// Reading.
impl Connection {
    /// The stream ends, behind what can still be read.
    pub fn expect_end(&self) {
        self.ending.store(true, Ordering::SeqCst);
    }

    /// The stream may be readable: reads and hands over what is there, in at most so many turns.
    pub fn read_ready(self: &Arc<Self>, buffer: &mut [u8], mut turns: u32) {
        self.rx.want();
        while self.rx.is_wanted() {
            let Some(mut rx) = self.rx.enter() else { return };
            let turn = rx.turn(self, buffer);
            drop(rx);
            match turn {
                Ok(rx::Turn::Drained) => {}
                Ok(rx::Turn::More) if turns > 1 => {
                    turns -= 1;
                    self.rx.want();
                }
                Ok(rx::Turn::More) => self.port.keep_hot(self.clone()),
                Ok(rx::Turn::Paused) => self.owner.paused(self.session),
                Err(cause) => return self.fail(cause),
            }
        }
    }

    /// Does something to the inbound direction but read.
    fn with_rx<R>(self: &Arc<Self>, act: impl FnOnce(&mut Rx) -> R) -> R {
        self.rx.with(act, || self.resume())
    }

    /// Looks again whether to read.
    pub fn resume(self: &Arc<Self>) {
        self.port.resume(self);
    }

    /// Hands over bytes that came with the handshake.
    pub fn feed(self: &Arc<Self>, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        let fed = self.with_rx(|rx| rx.feed(self, bytes));
        if let Err(cause) = fed {
            self.fail(cause);
        }
    }

    /// Shows the socket an empty message (STREAM's notification).
    pub fn notify_stream(self: &Arc<Self>) {
        self.push_message(&[]);
    }

    /// Shows the socket a message that nobody sent.
    pub fn push_message(self: &Arc<Self>, bytes: &[u8]) {
        let written = self.with_rx(|rx| rx.writer.write(0, crate::queue::Body::Copy(bytes), 0));
        if written.is_ok_and(|written| written.wake_reader) {
            self.notify(Command::Readable);
        }
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
    /// Does something to the outbound direction but write.
    fn with_tx<R>(&self, act: impl FnOnce(&mut Tx) -> R) -> R {
        self.tx.with(act, || self.flush())
    }

    /// Writes what waits, unless somebody else is writing; then that one goes on.
    pub fn flush(&self) {
        self.tx.want();
        while self.tx.is_wanted() {
            let Some(mut tx) = self.tx.enter() else { return };
            let mut gone: Vec<Msg> = Vec::new();
            let result = tx.flush(self, &mut gone);
            let credit = tx.reader.take_credit_note();
            self.moved.store(tx.moved(), Ordering::Relaxed);
            drop(tx);
            drop(gone);
            if credit {
                self.notify(Command::Writable);
            }
            if let Err(error) = result {
                return self.fail(Cause::Connection(error));
            }
        }
    }

    /// Writes a message of one frame at once, if nothing waits before it; whether it did.
    fn write_through(&self, body: &[u8]) -> bool {
        if self.blocked.load(Ordering::SeqCst) {
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

    /// The stream may be writable again.
    pub fn write_ready(&self) {
        if self.blocked.swap(false, Ordering::SeqCst) {
            self.flush();
            if !self.blocked.load(Ordering::SeqCst) && self.watch_room(false) {
                // Somebody may have come to need it meanwhile.
                if self.blocked.load(Ordering::SeqCst) {
                    self.watch_room(true);
                }
            }
        }
    }

    /// Leaves what was queued to the owner, unless it comes anyhow.
    fn leave_to_owner(&self) {
        // The frame was queued before, under the lock that the owner takes when it comes.
        if !self.streaming.load(Ordering::SeqCst) && !self.streaming.swap(true, Ordering::SeqCst) {
            self.owner.streams(self.session, self.moved.load(Ordering::Relaxed));
        }
    }

    /// The owner's visit: writes what is left if the caller has not written since the last one. Whether
    /// it has to come again: the caller has, or it `is_fast` by what has gone out so far.
    pub fn come_by(&self, is_fast: impl FnOnce(u64) -> bool) -> bool {
        let wrote = self.pressed.swap(false, Ordering::SeqCst);
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

/// The connection as the far end of a socket's pipe. [`Arc`] is needed to keep it in lists.
pub struct ConnectionEnd(pub Arc<Connection>);

impl Far for ConnectionEnd {
    fn readable(&self, flush: Flush) {
        match flush {
            Flush::Now => self.0.flush(),
            Flush::Later | Flush::Held => self.0.leave_to_owner(),
        }
    }

    fn write_through(&self, body: &[u8]) -> bool {
        self.0.write_through(body)
    }

    fn pressed(&self) {
        if !self.0.blocked.load(Ordering::Relaxed) {
            self.0.pressed.store(true, Ordering::Relaxed);
            self.0.flush();
        }
    }

    fn writable(&self) {
        // Who takes message after message never waits, but does the work all the same.
        self.0.port.grant_lease(clock::nanos());
        self.0.resume();
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
