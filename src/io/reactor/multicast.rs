//! One end of a multicast group: it sends messages that its socket publishes, or hands over
//! messages of the group. There is no peer, no handshake and no event for a monitor.
//!
//! Only the I/O thread touches a multicast session. The socket calls it through its
//! [`MulticastEnd`].
#![forbid(unsafe_code)]

use core::time::Duration;
use std::collections::{HashMap, VecDeque};

use crate::io::shared::SocketShared;
use crate::options::SocketOptions;
use crate::pipe::{Command, Flush, PipeKey, PipePeer};
use crate::proto::multicast::{Form, Message, Packing, Unpacking};
use crate::queue::{Body, Reader, Writer};
use crate::sync::{Arc, AtomicBool, Ordering};
use crate::sys::{clock, epoll};
use crate::transport::multicast::{Carries, Channel, News, Sent, Waits};

use super::event_loop::SessionCtx;
use super::session::{COPY_MAX, Step};
use super::timers::{Key, Purpose};
use super::{DrainGuard, Job, ReactorHandle, from_now};

/// Units that go out, or calls that take input, before other sessions have their turn.
const TURNS: u32 = 64;

/// A source that is silent for this time (300 s, in nanoseconds) is forgotten, like in PGM's
/// library.
const SILENCE: u64 = 300_000_000_000;

/// Number of known sources above which silent ones are removed, and the limit on all sources: any
/// stranger can claim to be a thousand more.
const FEW_SOURCES: usize = 64;
const MOST_SOURCES: usize = 4096;

/// The pause after the system had no memory to watch a descriptor.
const SHORTAGE_PAUSE: Duration = Duration::from_millis(20);

/// The socket's end of the pipe to a multicast session. Any thread.
pub struct MulticastEnd {
    multicast: u64,
    handle: Arc<ReactorHandle>,
    /// The session has been called and has not come yet.
    called: AtomicBool,
}

impl MulticastEnd {
    pub(super) fn new(multicast: u64, handle: Arc<ReactorHandle>) -> MulticastEnd {
        MulticastEnd { multicast, handle, called: AtomicBool::new(false) }
    }

    fn call(&self) {
        if !self.called.swap(true, Ordering::SeqCst) {
            self.handle.reactor.post(Job::MulticastSession(self.multicast));
        }
    }
}

impl PipePeer for MulticastEnd {
    fn readable(&self, _flush: Flush) {
        self.call();
    }

    fn flush(&self) {
        self.call();
    }

    fn writable(&self) {
        self.call();
    }

    fn close(&self, linger: i32) {
        if let Some(pool) = self.handle.pool.upgrade() {
            let guard = pool.drains.guard();
            self.handle.reactor.post(Job::CloseMulticast {
                multicast: self.multicast,
                linger,
                guard,
            });
        }
    }
}

/// See the module's documentation.
pub struct MulticastSession {
    pub id: u64,
    end: Arc<MulticastEnd>,
    shared: Arc<SocketShared>,
    key: PipeKey,
    reader: Reader,
    writer: Writer,
    role: Role,
    channel: Box<dyn Channel>,
    watched: Vec<Waits>,
    timer: Option<Key>,
    linger: Option<Key>,
    /// The socket has closed its end; the context waits for this, which goes after the channel.
    guard: Option<DrainGuard>,
}

enum Role {
    Sends(Packing),
    Listens(Listening),
}

struct Listening {
    form: Form,
    maxmsgsize: i64,
    /// The unfinished input of each source, and the time of its last input.
    sources: HashMap<u64, (Unpacking, u64)>,
    /// Whole messages that the socket has no room for yet.
    held: VecDeque<Message>,
}

impl MulticastSession {
    pub fn new(
        end: Arc<MulticastEnd>,
        shared: Arc<SocketShared>,
        key: PipeKey,
        channel: Box<dyn Channel>,
        reader: Reader,
        writer: Writer,
        options: &SocketOptions,
    ) -> MulticastSession {
        let form = match channel.carries() {
            Carries::Datagrams { capacity } => Form::Datagrams { capacity },
            Carries::Stream => Form::Stream,
        };
        let role = match options.socket_type.publishes() {
            true => Role::Sends(Packing::new(form)),
            false => Role::Listens(Listening {
                form,
                maxmsgsize: options.maxmsgsize,
                sources: HashMap::new(),
                held: VecDeque::new(),
            }),
        };
        MulticastSession {
            id: end.multicast,
            end,
            shared,
            key,
            reader,
            writer,
            role,
            channel,
            watched: Vec::new(),
            timer: None,
            linger: None,
            guard: None,
        }
    }

    /// The timer of [`work`](MulticastSession::work).
    pub fn due(&mut self, ctx: &mut SessionCtx<'_>) -> Step {
        self.timer = None;
        self.work(ctx)
    }

    /// Does all work that can be done now.
    pub fn work(&mut self, ctx: &mut SessionCtx<'_>) -> Step {
        // Cleared before the look, so that a call after the look is not missed.
        self.end.called.store(false, Ordering::SeqCst);
        let listens = match &self.role {
            Role::Sends(_) => {
                // In this order, because input may report that there is room for output.
                self.answer();
                self.send();
                true
            }
            Role::Listens(_) => {
                self.swallow();
                self.listen()
            }
        };
        self.arrange(ctx, listens);
        if self.guard.is_some() && self.is_drained() { Step::Remove } else { Step::Stay }
    }

    /// Called when the socket has closed its end: queued messages get `linger` milliseconds.
    pub fn close(&mut self, ctx: &mut SessionCtx<'_>, linger: i32, guard: DrainGuard) -> Step {
        self.guard = Some(guard);
        if linger == 0 {
            return Step::Remove;
        }
        if linger > 0 {
            self.linger = Some(ctx.timers.set(from_now(linger), self.id, Purpose::MulticastLinger));
        }
        self.work(ctx)
    }

    fn is_drained(&mut self) -> bool {
        match &self.role {
            Role::Sends(packing) => {
                packing.is_empty() && self.reader.at_end() && self.channel.is_drained()
            }
            Role::Listens(_) => true,
        }
    }

    /// Gives everything up; the last call to a multicast session.
    pub fn end(mut self, ctx: &mut SessionCtx<'_>) {
        self.unwatch(ctx);
        ctx.timers.cancel(self.timer.take());
        ctx.timers.cancel(self.linger.take());
        self.reader.abandon();
        if self.writer.finish() {
            self.shared.post(Command::Readable(self.key));
        }
        if self.guard.is_none() {
            self.shared.post(Command::Closed(self.key));
        }
    }
}

// Sending.
impl MulticastSession {
    fn send(&mut self) {
        let Role::Sends(packing) = &mut self.role else { return };
        for _ in 0..TURNS {
            while packing.has_room() && self.reader.ready() {
                let Some(frame) = self.reader.take() else { break };
                // A group has no peer that could answer a command.
                if !frame.is_command() {
                    packing.add(frame.more(), frame.data());
                }
            }
            if self.reader.take_credit_note() {
                self.shared.post(Command::Writable(self.key));
            }
            let unit = packing.unit();
            if unit.is_empty() {
                return self.channel.flush();
            }
            match self.channel.send(unit) {
                Sent::Later => return,
                Sent::Taken(bytes) => {
                    if packing.sent(bytes) {
                        self.channel.end_unit();
                    }
                }
            }
        }
        self.end.call();
    }

    /// Serves listeners that miss something.
    fn answer(&mut self) {
        for _ in 0..TURNS {
            if !self.channel.receive(&mut |_, _| true) {
                return;
            }
        }
        self.end.call();
    }
}

// Listening.
impl MulticastSession {
    /// Drops upstream messages of the socket, such as its subscriptions: a group has no receiver
    /// for them.
    fn swallow(&mut self) {
        while self.reader.ready() {
            let _ = self.reader.take();
        }
        if self.reader.take_credit_note() {
            self.shared.post(Command::Writable(self.key));
        }
    }

    /// Takes input as long as the socket has room; returns whether it has.
    fn listen(&mut self) -> bool {
        for _ in 0..TURNS {
            if !self.hand_over() {
                return false;
            }
            let Role::Listens(listening) = &mut self.role else { return false };
            if !self.channel.receive(&mut |source, news| listening.hear(source, news)) {
                return self.hand_over();
            }
        }
        self.end.call();
        true
    }

    /// Hands messages over until the socket has no more room; the socket calls when it has.
    fn hand_over(&mut self) -> bool {
        let Role::Listens(listening) = &mut self.role else { return false };
        let mut wake = false;
        while !listening.held.is_empty() && self.writer.has_room() {
            for mut frame in listening.held.pop_front().unwrap_or_default() {
                let flags = u8::from(frame.more());
                match self.writer.write(flags, Body::Own(&mut frame), COPY_MAX) {
                    Ok(written) => wake |= written.wake_reader,
                    // Without memory the message is lost, like one that the network lost.
                    Err(_) => {
                        self.writer.rollback();
                        break;
                    }
                }
            }
        }
        if wake | self.writer.take_asked() {
            self.shared.post(Command::Readable(self.key));
        }
        listening.held.is_empty()
    }
}

impl Listening {
    fn hear(&mut self, source: u64, news: News<'_>) -> bool {
        let now = clock::nanos();
        match news {
            News::Gone => {
                self.sources.remove(&source);
                true
            }
            News::Lost => {
                if let Some((unpacking, _)) = self.sources.get_mut(&source) {
                    unpacking.lost();
                }
                true
            }
            News::Data(bytes) => {
                if !self.sources.contains_key(&source) && !self.admit(now) {
                    return true;
                }
                let new = || (Unpacking::new(self.form, self.maxmsgsize), now);
                let (unpacking, heard) = self.sources.entry(source).or_insert_with(new);
                *heard = now;
                unpacking.input(bytes, &mut self.held)
            }
        }
    }

    /// Whether there is room for another source.
    fn admit(&mut self, now: u64) -> bool {
        if self.sources.len() >= FEW_SOURCES {
            self.sources.retain(|_, (_, heard)| now.saturating_sub(*heard) < SILENCE);
        }
        self.sources.len() < MOST_SOURCES
    }
}

// Waiting.
impl MulticastSession {
    /// Waits for the channel's descriptors and time, unless the socket has no room.
    fn arrange(&mut self, ctx: &mut SessionCtx<'_>, listens: bool) {
        let (waits, mut due) = match listens {
            true => (self.channel.waits(), self.channel.due()),
            false => (Vec::new(), None),
        };
        if waits != self.watched {
            self.unwatch(ctx);
            for wait in waits {
                let events = if wait.output { epoll::WRITABLE } else { epoll::READABLE };
                if ctx.watch_multicast(wait.fd, events, self.id).is_ok() {
                    self.watched.push(wait);
                } else {
                    // The pause ends with another attempt.
                    due = Some(due.map_or(SHORTAGE_PAUSE, |due| due.min(SHORTAGE_PAUSE)));
                }
            }
        }
        ctx.timers.cancel(self.timer.take());
        self.timer = due.map(|due| {
            let nanos = u64::try_from(due.as_nanos()).unwrap_or(u64::MAX);
            ctx.timers.set(clock::nanos().saturating_add(nanos), self.id, Purpose::MulticastSession)
        });
    }

    fn unwatch(&mut self, ctx: &mut SessionCtx<'_>) {
        for wait in self.watched.drain(..) {
            ctx.unwatch(wait.fd);
        }
    }
}
