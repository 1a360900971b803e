//! Sending and receiving: the calls that may block. The socket's lock is held while something is
//! done and let go while the caller waits.
#![forbid(unsafe_code)]

use core::time::Duration;
use std::time::Instant;

use crate::error::{Errno, Result};
use crate::io::wake::Ticket;
use crate::options::numbers::{ZMQ_DONTWAIT, ZMQ_SNDMORE};
use crate::pattern::Outgoing;
use crate::pipe::{Flush, PipeId};
use crate::queue::{Body, Incoming};
use crate::socket::{Core, LONGEST_PAUSE, MOMENT, Slot};
use crate::sync::Arc;
use crate::sys::clock;

/// Sends one frame (`zmq_msg_send`). On success the content of an own body was taken or copied; on
/// failure it is as it was. `EAGAIN`, `EINTR`, `ETERM`, `ENOTSOCK`, and what the pattern answers.
#[inline]
pub fn send(slot: &Slot, mut body: Body<'_>, flags: i32) -> Result<()> {
    let more = flags & ZMQ_SNDMORE != 0;
    let first = slot.with(|core| {
        core.process_commands()?;
        core.hear_subscribers()?;
        core.try_send(&mut body, more)
    });
    match first {
        Err(Errno::EAGAIN) if flags & ZMQ_DONTWAIT == 0 => send_waiting(slot, body, more),
        other => other,
    }
}

#[cold]
fn send_waiting(slot: &Slot, mut body: Body<'_>, more: bool) -> Result<()> {
    let mut patience = slot.with(|core| Ok(Patience::new(core, core.options.sndtimeo)))?;
    loop {
        let sent = slot.with(|core| {
            core.pace.turned = true;
            core.process_commands()?;
            let sent = core.try_send(&mut body, more);
            if sent == Err(Errno::EAGAIN) {
                core.press();
                patience.announce();
            }
            sent
        });
        if sent != Err(Errno::EAGAIN) {
            return sent;
        }
        patience.wait()?;
    }
}

/// Takes the next frame (`zmq_msg_recv`); `take` sees it under the socket's lock. `EAGAIN`,
/// `EINTR`, `ETERM`, `ENOTSOCK`, and what the pattern answers.
#[inline]
pub fn receive<R>(slot: &Slot, flags: i32, take: impl FnOnce(Incoming<'_>) -> R) -> Result<R> {
    let mut take = Some(take);
    let first = slot.with(|core| {
        core.process_commands()?;
        core.try_receive(&mut take)
    });
    match first {
        Err(Errno::EAGAIN) => receive_waiting(slot, flags & ZMQ_DONTWAIT != 0, &mut take),
        other => other,
    }
}

#[cold]
fn receive_waiting<R>(
    slot: &Slot,
    once: bool,
    take: &mut Option<impl FnOnce(Incoming<'_>) -> R>,
) -> Result<R> {
    let mut patience = slot.with(|core| Ok(Patience::new(core, core.options.rcvtimeo)))?;
    if once || patience.is_none_left() {
        return slot.with(|core| {
            core.ask_kernel()?;
            core.try_receive(take)
        });
    }
    loop {
        let received = slot.with(|core| {
            core.process_commands()?;
            let received = core.try_receive(take);
            if matches!(received, Err(Errno::EAGAIN)) {
                patience.announce();
            }
            received
        });
        match received {
            Err(Errno::EAGAIN) => patience.wait()?,
            other => return other,
        }
    }
}

/// How long a call may still wait, and where.
struct Patience {
    port: Arc<crate::io::port::Port>,
    deadline: Option<Instant>,
    timeout: i32,
    /// The wait was announced.
    ticket: Option<Ticket>,
}

impl Patience {
    fn new(core: &Core, timeout: i32) -> Patience {
        let time = u64::try_from(timeout).ok().map(Duration::from_millis);
        let deadline = time.and_then(|time| Instant::now().checked_add(time));
        Patience { port: core.port.clone(), deadline, timeout, ticket: None }
    }

    fn is_none_left(&self) -> bool {
        self.timeout == 0
    }

    /// To be called under the socket's lock, before it is let go for the wait.
    fn announce(&mut self) {
        self.ticket = Some(self.port.announce());
    }

    /// Sleeps until something may have changed; `EAGAIN` when the time is up.
    fn wait(&mut self) -> Result<()> {
        let Some(ticket) = self.ticket.take() else { return Ok(()) };
        let result = self.sleep(ticket);
        self.port.retire();
        result
    }

    fn sleep(&mut self, ticket: Ticket) -> Result<()> {
        let left = match self.deadline {
            None => None,
            Some(deadline) => match deadline.checked_duration_since(Instant::now()) {
                Some(left) if !left.is_zero() => Some(left),
                _ => return Err(Errno::EAGAIN),
            },
        };
        match self.port.wait(ticket, left) {
            // What came at the last moment still counts.
            Err(Errno::EAGAIN) => {
                self.deadline = Some(Instant::now());
                Ok(())
            }
            other => other,
        }
    }
}

impl Core {
    #[inline]
    pub(super) fn try_send(&mut self, body: &mut Body<'_>, more: bool) -> Result<()> {
        let flush = self.urgency();
        let body = match body {
            Body::Copy(bytes) => Body::Copy(bytes),
            Body::Own(msg) => Body::Own(msg),
        };
        let (pattern, mut env) = self.parts();
        env.flush = flush;
        let sent = pattern.send(&mut env, Outgoing { more, body });
        if sent.is_ok() {
            if flush == Flush::Now {
                // Writing took its time, which does not count as a pause.
                let now = clock::ticks();
                self.pace.took = now.wrapping_sub(self.pace.sent);
                self.pace.sent = now;
            }
            self.pace.unfinished = more.then_some(flush);
            if !more {
                self.pace.turned = false;
            }
        }
        if !self.done.is_empty() {
            self.remove_done();
        }
        sent
    }

    /// Before something is published: looks for subscriptions that have arrived, unless that was
    /// done a moment ago. So a message that is published after a subscription reached this machine
    /// is not lost, though nobody else reads while the caller is about.
    #[inline]
    fn hear_subscribers(&mut self) -> Result<()> {
        if self.options.socket_type.publishes() && self.pace.unfinished.is_none() {
            self.ask_kernel_at_times()?;
        }
        Ok(())
    }

    /// Whether what is sent now should go out at once: yes, unless messages are being sent one
    /// behind the other, with pauses that are shorter than writing one takes.
    #[inline]
    fn urgency(&mut self) -> Flush {
        if let Some(flush) = self.pace.unfinished {
            return flush;
        }
        let now = clock::ticks();
        let pause = now.wrapping_sub(self.pace.sent);
        let short = self.pace.took.clamp(MOMENT, LONGEST_PAUSE);
        let streaming = !self.pace.turned && pause < short;
        self.pace.sent = now;
        if streaming { Flush::Later } else { Flush::Now }
    }

    #[inline]
    fn try_receive<R>(&mut self, take: &mut Option<impl FnOnce(Incoming<'_>) -> R>) -> Result<R> {
        self.pace.turned = true;
        let mut env = crate::pattern::Env {
            pipes: &mut self.pipes,
            options: &self.options,
            flush: Flush::Now,
            done: &mut self.done,
        };
        let received = match self.pattern.recv(&mut env) {
            Ok(frame) => {
                self.rcvmore = frame.more();
                take.take().map(|take| take(frame)).ok_or(Errno::EAGAIN)
            }
            Err(error) => Err(error),
        };
        if !self.done.is_empty() {
            self.remove_done();
        }
        received
    }

    /// Before sleeping for room: moves what is queued, if nobody else does.
    fn press(&mut self) {
        let ids: Vec<PipeId> = self.pipes.ids().collect();
        for id in ids {
            if let Some(pipe) = self.pipes.get(id) {
                pipe.press();
            }
        }
    }
}
