//! An established connection: a stream, its two directions, and the far end of a pipe. RFC 37 (ZMTP
//! 3.1) and its predecessors.
//!
//! Each direction is behind a lock of its own. Any thread that gets the lock may drive the
//! direction: a calling thread or an I/O thread. No thread waits for such a lock: a thread that
//! finds it held leaves a request, and its holder carries it out ([`HandoffLock`]). Lock order:
//! socket, then a direction, then a queue.
//!
//! A connecting endpoint keeps one `Connection` over all its reconnects, so that messages in the
//! pipe wait for the next stream.
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

/// The locks and atomics that `handoff_lock.rs` uses; its model defines these names too.
mod primitives {
    pub use crate::sync::{AtomicBool, Mutex, MutexGuard, Ordering, fence};
}

/// Limit in bytes on the commands that wait to be written; beyond it new ones are dropped.
const MOST_CONTROL: usize = 4 * 1024;

/// [`Connection::due`]: there may be bytes to read.
pub const DUE_IN: u8 = 1;
/// [`Connection::due`]: the kernel may take more bytes.
pub const DUE_OUT: u8 = 2;

/// Limit in bytes on the writes of one turn; the last piece may exceed it.
const WRITE_TURN: usize = 512 * 1024;

/// The most passes of one turn that other threads may cause by requests made meanwhile.
const MOST_PASSES: u32 = 16;

/// How frames look on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// ZMTP 3.1: frames as they wait in the pipe (RFC 37).
    V3_1,
    /// ZMTP 2.0 and 3.0: like 3.1, but subscriptions are messages (RFC 15, RFC 23).
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
    /// The peer broke the protocol: a connecting end tries again, but an earlier handshake does not
    /// count as a success.
    Protocol(Errno),
    /// The peer broke the rules of the security mechanism: handled like `Protocol`, and an event
    /// goes to the monitor.
    Violation(HandshakeError),
}

impl From<TryReserveError> for Cause {
    fn from(_: TryReserveError) -> Cause {
        Cause::Connection(Errno::ENOMEM)
    }
}

/// Input from a peer since the last [`Connection::take_traffic`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Traffic {
    None,
    /// Bytes that do not make a frame yet.
    Part,
    Frame,
}

/// Requests of a connection to the reactor that owns its session. Never blocks.
pub trait Owner: Send + Sync {
    /// The connection with this epoch ended.
    fn lost(&self, session: u64, epoch: u64, cause: Cause);
    /// The peer sent a PING that limits how long it may be silent.
    fn pinged(&self, session: u64);
    /// The authenticator has answered this session.
    fn answered(&self, session: u64);
    /// The connection has more to write than one turn allows: [`Connection::write_on`] is to be
    /// called.
    fn unfinished(&self, session: u64);
    /// The calling thread streams: it writes whenever a larger piece has gathered. The I/O thread
    /// has to write the deferred rest when the calling thread pauses
    /// ([`Connection::drain_deferred`]). `moved` is the volume that has gone out so far.
    fn streams(&self, session: u64, moved: u64);
    /// Nothing is read for now. If the socket does not come for more input, the owner calls
    /// [`Connection::resume`] in some milliseconds.
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
    /// Answers to the peer's commands, sent between messages. The lock is a leaf.
    control: Mutex<Vec<u8>>,
    has_control: AtomicBool,
    /// The kernel takes no more bytes until the descriptor is writable.
    blocked: AtomicBool,
    /// Work of the next turn: [`DUE_IN`] and [`DUE_OUT`]. While any bit is set the connection is in
    /// the queue for a turn.
    due: AtomicU8,
    /// The owner knows that more is to be written than one turn allows.
    unfinished: AtomicBool,
    /// The owner's drain timer runs: it will come for the deferred flush of a streaming caller.
    streaming: AtomicBool,
    /// The calling thread has flushed since the drain timer last expired.
    flushed: AtomicBool,
    /// Volume that has gone out so far: see [`Tx::moved`].
    moved: AtomicU64,
    alive: AtomicBool,
    /// The poller has reported that the stream ends. It does not report it again, so the stream has
    /// to be read to its end.
    ending: AtomicBool,
    /// Counts the connections of this endpoint.
    epoch: AtomicU64,
    /// The epoch of the stream that its peer was seen to have closed.
    ended: AtomicU64,
    /// The stream of this epoch. The lock is a leaf.
    stream: Mutex<Option<Arc<Fd>>>,
    /// The number of the command by which the socket learns of the pipe, and whether it reads from
    /// it.
    arrival: OnceLock<(u64, bool)>,
    /// The pipe's place in its socket, once it has one.
    key: Mutex<Option<PipeKey>>,
    /// Its token in the socket's poller, and the stream registered there. The stream may be gone
    /// from `rx` by the time it is taken out.
    registration: Mutex<Option<(u64, Arc<Fd>)>>,
    /// The peer has sent bytes since the reactor last looked; `frames`: also a whole frame.
    traffic: AtomicBool,
    frames: AtomicBool,
    /// Time to live of the PING that the peer sent, in deciseconds, plus one; 0 is no PING.
    pinged: AtomicU64,
}

/// Everything that turns a stream into an established connection.
pub struct Start {
    pub stream: Arc<Fd>,
    pub framing: Framing,
    pub inbound: Inbound,
    pub metadata: Option<Arc<Metadata>>,
    /// Encrypts and decrypts frames.
    pub sealing: Option<Sealing>,
    /// Makes WebSocket frames, and reads them.
    pub web: Option<(Encoder, Decoder)>,
    /// Bytes that the handshake left to write.
    pub unsent: Vec<u8>,
}

impl Connection {
    /// Makes the far end of a pipe: it reads what the socket writes, and writes what the socket
    /// reads.
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

    /// Sets the number of the command by which the socket will learn of the pipe.
    pub fn set_arrival(&self, number: u64, reads: bool) {
        let _ = self.arrival.set((number, reads));
    }

    /// Sets the place of the pipe in its socket.
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
        // The socket looks at a pipe once when it gives it a place, so a command before that is not
        // needed.
        if let Some(key) = self.key() {
            self.shared.post(command(key));
        }
    }
}

// Life.
impl Connection {
    /// Takes over a stream whose handshake is done. Nothing is read or written yet.
    pub fn install(self: &Arc<Self>, start: Start) {
        // Begins a new epoch, so that `ended` of the previous stream does not count for this one.
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
        // Answers to commands of the previous peer are not for this one.
        self.control.lock().clear();
        self.change_tx(move |tx| tx.install(stream, framing, sealer, encoder, unsent));
        self.blocked.store(false, Ordering::SeqCst);
        self.ending.store(false, Ordering::SeqCst);
        // `alive` is last: until then `write_all` moves nothing and `fail` reports nothing.
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
        // A write that met `EAGAIN` before could not ask the poller for room.
        if self.blocked.load(Ordering::SeqCst) {
            self.watch_room(true);
        }
        Ok(())
    }

    /// Sets whether the poller reports that the stream is writable; returns `false` if it is not in
    /// the poller. This is asked only while bytes have to wait, because an `AF_UNIX` stream becomes
    /// writable with each read of its peer.
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

    /// Ends the connection and closes the stream. Messages in the pipe stay there, except one of
    /// which a part went out; a message that came only in part is dropped. If another thread holds
    /// a direction's lock, that thread makes the change when it is done.
    pub fn disconnect(self: &Arc<Self>) {
        // First, so that errors of the closing stream are not reported as a lost connection.
        self.alive.store(false, Ordering::SeqCst);
        // While the descriptor is open: afterwards its number may belong to another file.
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
        // Disconnect first: an end that a reading thread sees after the shutdown would count as the
        // peer's.
        self.disconnect();
        if let Some(stream) = stream {
            net::shut_down(stream.as_fd());
        }
    }

    /// Ends the far end of the pipe forever: the socket may read what came, and nothing more is
    /// taken from it.
    pub fn finish(self: &Arc<Self>) {
        self.disconnect();
        self.change_tx(|tx| tx.reader.abandon());
        let connection = self.clone();
        self.change_rx(move |rx| {
            let wake = rx.writer.finish();
            if let Some((number, reads)) = connection.arrival.get()
                && connection.shared.withdraw(*number, *reads)
            {
                // The socket has not yet learned of the pipe: the mailbox notes that the peer left.
                return;
            }
            if wake {
                connection.notify(Command::Readable);
            }
            connection.notify(Command::Closed);
        });
    }

    /// Whether the kernel has taken everything that the socket wrote. While another thread writes,
    /// this is `false` and the owner looks again.
    pub fn is_drained(&self) -> bool {
        self.ask_tx(Tx::is_drained)
    }

    /// Whether nothing that the socket wrote waits. While another thread writes, this is `false`
    /// and the owner looks again.
    pub fn is_idle(&self) -> bool {
        self.ask_tx(Tx::is_idle)
    }

    fn ask_tx(&self, question: impl FnOnce(&mut Tx) -> bool) -> bool {
        let answer = self.tx.try_with(question, || self.flush());
        if answer.is_none() {
            // Another thread writes, so there is no answer: the owner asks again after a pause.
            self.owner.paused(self.session);
        }
        answer.unwrap_or(false)
    }

    fn fail(&self, cause: Cause) {
        // Both directions may fail at once, in two threads; the owner gets one report.
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
    /// Adds work for the next turn. Returns whether the connection has to be put into the queue for
    /// that turn.
    pub fn add_due(&self, due: u8) -> bool {
        self.due.fetch_or(due, Ordering::SeqCst) == 0
    }

    /// Begins the turn: takes its work.
    pub fn take_due(&self) -> u8 {
        self.due.swap(0, Ordering::SeqCst)
    }
}

// Reading.
impl Connection {
    /// Notes that the stream ends, behind what can still be read.
    pub fn expect_end(&self) {
        self.ending.store(true, Ordering::SeqCst);
    }

    /// Reads a stream that may be readable and hands over the input, at most `reads` full buffers.
    /// The rest waits for the next turn. Returns the bytes that came.
    pub fn read_turn(self: &Arc<Self>, buffer: &mut [u8], reads: usize) -> usize {
        let (mut bytes, mut passes, mut failed, mut is_more) = (0, 0, None, false);
        // The request precedes the attempt to enter: a thread that holds the lock sees it after
        // unlocking, and reads once more.
        self.rx.request();
        while self.rx.is_requested() {
            if passes >= MOST_PASSES {
                // The request stays set; the turn that is queued below carries it out.
                is_more = true;
                break;
            }
            let Some(mut rx) = self.rx.try_enter() else { break };
            passes += 1;
            if passes > 1 {
                // Another thread requested a read meanwhile. It gets the next turn: a second read
                // here would exceed the bound of this one.
                is_more = true;
                continue;
            }
            let turn = rx.turn(self, buffer, reads);
            bytes = rx.take_count();
            // The owner and the socket are called without the lock.
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

    /// Whether another thread is reading: then it is not known yet what has come.
    pub fn is_being_read(self: &Arc<Self>) -> bool {
        self.rx.try_with(|_| (), || self.resume()).is_none()
    }

    /// Makes a change to the inbound direction: now, or by the reading thread when it is done.
    fn change_rx(self: &Arc<Self>, change: impl FnOnce(&mut Rx) + Send + 'static) {
        self.rx.change(change, || self.resume());
    }

    /// Reads again, if there is anything and the pipe has room.
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

    /// Shows the socket a message that no peer sent.
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

    /// Returns the kind of input since the last call.
    pub fn take_traffic(&self) -> Traffic {
        let bytes = self.traffic.swap(false, Ordering::SeqCst);
        match self.frames.swap(false, Ordering::SeqCst) {
            true => Traffic::Frame,
            false if bytes => Traffic::Part,
            false => Traffic::None,
        }
    }

    /// Notes a whole frame. It answers an earlier PING, whose time to live no longer counts.
    #[inline]
    fn framed(&self) {
        self.frames.store(true, Ordering::Relaxed);
        // Runs once for each run of frames: a load is cheaper than a sequentially consistent store.
        if self.pinged.load(Ordering::Relaxed) != 0 {
            self.pinged.store(0, Ordering::SeqCst);
        }
    }

    /// Takes the time to live of a PING that came since the last call, in deciseconds.
    pub fn take_ping(&self) -> Option<u16> {
        self.pinged.swap(0, Ordering::SeqCst).checked_sub(1).map(|ttl| ttl as u16)
    }
}

// Writing.
impl Connection {
    /// Makes a change to the outbound direction: now, or by the writing thread when it is done.
    fn change_tx(&self, change: impl FnOnce(&mut Tx) + Send + 'static) {
        self.tx.change(change, || self.flush());
    }

    /// Writes what waits, unless another thread is writing; then that thread goes on. The owner
    /// writes what exceeds one turn.
    pub fn flush(&self) {
        self.write_turn();
    }

    /// [`Connection::flush`]; returns the bytes that went out.
    fn write_turn(&self) -> usize {
        let (mut bytes, mut passes, mut failed, mut is_more) = (0, 0, None, false);
        self.tx.request();
        // A flush by another thread, even in the midst of this loop, sets the request again.
        while self.tx.is_requested() {
            if bytes >= WRITE_TURN || passes >= MOST_PASSES {
                is_more = true;
                break;
            }
            let Some(mut tx) = self.tx.try_enter() else { break };
            let mut gone: Vec<Msg> = Vec::new();
            let before = tx.bytes();
            // The bound covers the whole turn, not each pass.
            let result = tx.flush(self, &mut gone, WRITE_TURN - bytes);
            bytes += tx.bytes().wrapping_sub(before) as usize;
            passes += 1;
            let credit = tx.reader.take_credit_note();
            // The owner's drain timer reads this without the lock.
            self.moved.store(tx.moved(), Ordering::Relaxed);
            drop(tx);
            // Bodies are freed after unlocking: the application's free function may take long.
            drop(gone);
            // Posted after unlocking: the calling thread that wakes may want the lock at once.
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

    /// Leaves to the owner what exceeds one turn.
    fn leave_unfinished(&self) {
        // One report is enough until the owner has come.
        if !self.unfinished.swap(true, Ordering::SeqCst) {
            self.owner.unfinished(self.session);
        }
    }

    /// Writes the rest that exceeded one turn; the owner calls this.
    pub fn write_on(&self) {
        // Cleared before the flush: one that exceeds a turn again is reported again.
        self.unfinished.store(false, Ordering::SeqCst);
        self.flush();
    }

    /// Writes a message of one frame at once, if nothing waits before it. Returns whether it did.
    fn write_through(&self, body: &[u8]) -> bool {
        let is_open = self.alive.load(Ordering::SeqCst) && !self.is_over();
        // A blocked stream would answer `EAGAIN`. A message for a closed stream stays in the queue,
        // for the next stream.
        if self.blocked.load(Ordering::SeqCst) || !is_open {
            return false;
        }
        let through = self.tx.try_with(|tx| tx.write_through(self, body), || self.flush());
        match through {
            None | Some(Ok(false)) => return false,
            // The kernel may have taken only a part: flush the rest, which is in the queue now.
            Some(Ok(true)) => self.flush(),
            // A part went out and there is no memory to keep the rest: the stream is useless.
            Some(Err(error)) => self.fail(Cause::Connection(error)),
        }
        true
    }

    /// Called before the first write after a pause. If the peer has closed meanwhile, the
    /// connection ends now, behind what can still be read. So nothing is written to a peer that is
    /// gone.
    fn look_for_end(self: &Arc<Self>) {
        // Read first: if the stream is replaced meanwhile, `ended` must not name the new one.
        let epoch = self.epoch();
        // If another thread is reading now, that thread finds the end.
        if self.rx.try_with(|rx| rx.has_ended(), || self.resume()) != Some(true) {
            return;
        }
        // Reads up to the end of the stream, at which the connection fails with `EPIPE`.
        self.expect_end();
        self.resume();
        // The read above may have stopped before the end. If a full pipe stalls the reading, only a
        // write can reveal that the peer is gone, so `ended` stays unset.
        let is_stalled = self.rx.try_with(|rx| rx.stalled, || self.resume());
        if is_stalled != Some(true) {
            self.ended.store(epoch, Ordering::SeqCst);
        }
    }

    /// Whether the peer has closed the current stream, so that queued messages are for the next
    /// one. A thread that was stopped in the midst of writing also asks before it goes on.
    fn is_over(&self) -> bool {
        self.ended.load(Ordering::SeqCst) == self.epoch()
    }

    /// Writes to a stream that may be writable again. Returns the bytes that went out.
    pub fn write_ready(&self) -> usize {
        // Without `blocked` the report belongs to an earlier wait.
        if !self.blocked.swap(false, Ordering::SeqCst) {
            return 0;
        }
        let bytes = self.write_turn();
        // Nothing has to wait any more, so the poller need not report room.
        if !self.blocked.load(Ordering::SeqCst) && self.watch_room(false) {
            // Another thread may have met `EAGAIN` meanwhile, and its request was undone by the
            // line above.
            if self.blocked.load(Ordering::SeqCst) {
                self.watch_room(true);
            }
        }
        bytes
    }

    /// Leaves queued messages to the owner's drain timer, and starts that unless it runs.
    fn leave_to_owner(&self) {
        // The frame was queued before, under the lock that the owner takes when its timer expires.
        // So an owner that is just ending the timer still finds the frame.
        // The load spares most calls the write to a cache line that other threads read.
        if !self.streaming.load(Ordering::SeqCst) && !self.streaming.swap(true, Ordering::SeqCst) {
            self.owner.streams(self.session, self.moved.load(Ordering::Relaxed));
        }
    }

    /// The expiry of the owner's drain timer: writes deferred bytes if the caller has not flushed
    /// since the last one. Returns whether the timer goes on: the caller has flushed, or the volume
    /// sent so far `is_fast`.
    pub fn drain_deferred(&self, is_fast: impl FnOnce(u64) -> bool) -> bool {
        let wrote = self.flushed.swap(false, Ordering::SeqCst);
        if !wrote {
            self.flush();
        }
        if is_fast(self.moved.load(Ordering::Relaxed)) || wrote {
            return true;
        }
        self.streaming.store(false, Ordering::SeqCst);
        // A caller that deferred bytes while `streaming` was set did not start the timer again:
        // write them.
        self.flush();
        false
    }

    /// Notes a PING.
    fn pinged(&self, ttl_ds: u16) {
        self.pinged.store(u64::from(ttl_ds) + 1, Ordering::SeqCst);
        // A time to live of 0 sets no limit.
        if ttl_ds > 0 {
            self.owner.pinged(self.session);
        }
    }

    /// Queues a command to go out between messages; with WebSockets, a control frame as
    /// [`queued`](crate::proto::ws::frame::Control::queued). A peer that keeps asking and reads no
    /// answer gets no more than [`MOST_CONTROL`] bytes of them.
    pub fn send_command(&self, body: &[u8]) {
        let mut control = self.control.lock();
        if control.len() < MOST_CONTROL {
            crate::proto::zmtp::frame::append(crate::msg::frame::COMMAND, body, &mut control);
        }
        drop(control);
        // Set after the bytes are there: `take_control` clears the flag before it takes them.
        self.has_control.store(true, Ordering::SeqCst);
        self.flush();
    }
}

/// The connection as the pipe peer of a socket. [`Arc`] is needed to keep it in lists.
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
        // While the stream is blocked the poller's report brings the next write.
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
        // If everything is out, the peer sees the end now and not only when the I/O thread runs.
        if connection.is_drained() {
            connection.hang_up();
        }
        // The session ends in any case: at once, or when what lingers has gone out.
        connection.owner.close(connection.clone(), linger);
    }

    fn hang_up(&self) {
        self.0.flush();
        if self.0.is_idle() {
            self.0.hang_up();
        }
    }
}
