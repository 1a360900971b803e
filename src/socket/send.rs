//! Sending: the first try of a call, and the call that waits. A call holds the socket's lock while it works
//! and lets it go while its thread sleeps.
//!
//! Most calls end with their first try, which is a function of its own. A call that has to wait goes on in
//! an `async fn`, because it must not sleep itself: see [`parker`](crate::sys::parker).
#![forbid(unsafe_code)]

use crate::adapt::credit_poll::PollDue;
use crate::error::{Errno, Result};
use crate::options::SocketType;
use crate::options::numbers::{ZMQ_DONTWAIT, ZMQ_SNDMORE};
use crate::pattern::Outgoing;
use crate::pipe::{BACKLOG_LIMIT, Pipe};
use crate::queue::Body;
use crate::socket::attempt::{Attempt, Tried};
use crate::socket::patience::Patience;
use crate::socket::{Core, Slot};
use crate::sys::clock;
use crate::sys::parker::Parker;

/// Sends one frame (`zmq_msg_send`). On success the content of an own body was taken or copied; on
/// failure it is as it was. `EAGAIN`, `EINTR`, `ETERM`, `ENOTSOCK`, and what the pattern answers.
pub async fn send(parker: &Parker, slot: &Slot, mut body: Body<'_>, flags: i32) -> Result<()> {
    match try_send::<false>(slot, body.again(), flags) {
        Ok(()) => Ok(()),
        Err(Attempt::Failed(error)) => Err(error),
        Err(Attempt::MustBlock) => send_blocking(parker, slot, body, flags).await,
    }
}

/// The first try of [`send`]; [`send_blocking`] goes on. The compiler makes it twice, so that a message
/// that is copied need not ask for each body whether it is.
#[inline(always)]
pub fn try_send<const COPIES: bool>(slot: &Slot, mut body: Body<'_>, flags: i32) -> Tried<()> {
    slot.attempt(|core| {
        core.check_cancellation()?;
        // A backlog beyond its limit is given time to drain, which a first try cannot do.
        if core.flush_policy.is_backlogged() && core.waits_for_drain(flags) {
            return Err(Attempt::MustBlock);
        }
        core.process_commands()?;
        core.poll_subscriptions_if_due()?;
        let sent = core.try_send(&mut body, flags);
        sent.map_err(|error| Attempt::of(error, flags & ZMQ_DONTWAIT == 0))
    })
}

/// [`send`] after a first try that was not enough.
pub async fn send_blocking(
    parker: &Parker,
    slot: &Slot,
    mut body: Body<'_>,
    flags: i32,
) -> Result<()> {
    let mut patience = slot.with(|core| Ok(Patience::new(core, core.options.sndtimeo)))?;
    if slot.with(|core| Ok(core.flush_policy.is_backlogged() && core.waits_for_drain(flags)))? {
        wait_for_drain(parker, slot).await?;
    }
    loop {
        let sent = slot.with(|core| {
            core.process_commands()?;
            core.poll_subscriptions_if_due()?;
            let sent = core.try_send(&mut body, flags);
            if sent == Err(Errno::EAGAIN) && flags & ZMQ_DONTWAIT == 0 {
                // Nothing of this call may stay unsent while it sleeps, and the wait is announced under the
                // lock: a change that comes later wakes it.
                core.flush();
                core.queue_for_room();
                patience.prepare_wait(core);
            }
            sent
        });
        if sent != Err(Errno::EAGAIN) || flags & ZMQ_DONTWAIT != 0 {
            return sent;
        }
        patience.wait(parker).await?;
    }
}

/// Gives the backlog of the pipes time to go out as long as it shrinks. The calling thread moves it too.
async fn wait_for_drain(parker: &Parker, slot: &Slot) -> Result<()> {
    let mut least = usize::MAX;
    let limit = |core: &Core| match core.options.sndtimeo {
        timeout @ 1.. => timeout.min(DRAIN_TIMEOUT),
        _ => DRAIN_TIMEOUT,
    };
    let mut patience = slot.with(|core| Ok(Patience::new(core, limit(core))))?;
    loop {
        let waits = slot.with(|core| {
            core.process_commands()?;
            core.flush();
            let waiting = core.pipes.iter().map(Pipe::watch_backlog).max().unwrap_or(0);
            if waiting <= BACKLOG_LIMIT / 2 {
                core.flush_policy.backlog_drained();
                return Ok(false);
            }
            if waiting < least {
                // It moves: the time-out begins anew.
                least = waiting;
                patience = Patience::new(core, limit(core));
            }
            patience.prepare_wait(core);
            Ok(true)
        })?;
        if !waits {
            return Ok(());
        }
        match patience.wait(parker).await {
            Err(Errno::EAGAIN) => {
                return slot.with(|core| {
                    core.flush_policy.backlog_stalled();
                    Ok(())
                });
            }
            result => result?,
        }
    }
}

/// How long a backlog may stand still before callers no longer wait for it, in milliseconds.
const DRAIN_TIMEOUT: i32 = 20;

/// Bytes of a body that takes no longer to send than the call does without it.
const SHORT: usize = 255;

impl Core {
    #[inline(always)]
    pub(super) fn try_send(&mut self, body: &mut Body<'_>, flags: i32) -> Result<()> {
        if let Body::Own(msg) = body
            && msg.is_foreign()
        {
            msg.leave_to(self.context.disposer());
        }
        if flags == 0 && self.send_by_fast_path(body) {
            Ok(())
        } else {
            self.send_full_path(body, flags)
        }
    }

    #[inline(never)]
    fn send_full_path(&mut self, body: &mut Body<'_>, flags: i32) -> Result<()> {
        let more = flags & ZMQ_SNDMORE != 0;
        self.flush_policy.begin();
        let nonblocking = self.is_nonblocking(flags);
        let due = if nonblocking { self.look_for_credit_at_times(body) } else { PollDue::Nothing };
        let body = body.again();
        // A program that polls the descriptor has to be told: it does not look by itself.
        let polls_again = self.trusts_yielding() && !self.shared.is_exported();
        let (pattern, mut env) = self.parts();
        env.look.nonblocking = nonblocking;
        env.polls_again = polls_again;
        let sent = pattern.send(&mut env, Outgoing { more, body });
        if sent.is_ok() {
            self.flush_policy.sent(more);
            self.sending = more;
            if !more && !nonblocking {
                self.find_fast_path_out();
            }
        }
        if due != PollDue::Nothing {
            self.credit_poll.end(clock::ticks());
        }
        if nonblocking && sent == Err(Errno::EAGAIN) {
            self.credit_poll.refused();
        }
        if !self.done.is_empty() {
            self.remove_done();
        }
        self.end_work();
        sent
    }

    /// Whether a call that sends does not wait for room. Not where `ZMQ_FD` is polled, because that
    /// would not tell of room that was overlooked.
    #[inline]
    fn is_nonblocking(&self, flags: i32) -> bool {
        (flags & ZMQ_DONTWAIT != 0 || self.options.sndtimeo == 0) && !self.shared.is_exported()
    }

    /// Whether a call with these flags may wait a moment before it adds to what waits. It is for types
    /// that wait for room as well, and not for those that drop.
    fn waits_for_drain(&self, flags: i32) -> bool {
        let waits = flags & ZMQ_DONTWAIT == 0 && self.options.sndtimeo != 0 && !self.sending;
        waits
            && matches!(
                self.options.socket_type,
                SocketType::Push | SocketType::Dealer | SocketType::Pair
            )
    }

    /// One call in 256 goes on as one that may wait, which asks first whether its thread was cancelled. So
    /// a thread that never has to wait ends as well.
    #[inline]
    fn check_cancellation(&mut self) -> Tried<()> {
        self.calls = self.calls.wrapping_add(1);
        if self.calls == 0 { Err(Attempt::MustBlock) } else { Ok(()) }
    }

    /// Before something is published: looks for subscriptions that have arrived, unless that was
    /// done a moment ago. So a message that is published after a subscription reached this machine
    /// is not lost, though nobody else reads while the caller is about.
    #[inline]
    pub(super) fn poll_subscriptions_if_due(&mut self) -> Result<()> {
        if self.options.socket_type.publishes() && !self.sending {
            self.poll_subscriptions()?;
        }
        Ok(())
    }

    fn poll_subscriptions(&mut self) -> Result<()> {
        let now = clock::ticks();
        let (since, written) = (now.wrapping_sub(self.asked), self.flush_policy.written());
        if !self.subscription_poll.is_due(now, since, written) || !self.shared.has_poller() {
            return Ok(());
        }
        self.ask_kernel_now(now)?;
        self.subscription_poll.looked(clock::ticks());
        Ok(())
    }

    #[inline]
    fn look_for_credit_at_times(&mut self, body: &Body<'_>) -> PollDue {
        let due = self.credit_poll.begin(clock::ticks(), body.data().len() <= SHORT);
        if due == PollDue::Poll {
            self.look();
        }
        due
    }

    /// Before sleeping for room: moves what is queued, if nobody else does.
    fn flush(&self) {
        self.pipes.iter().for_each(Pipe::flush);
    }

    /// Before a wait for room that other sockets wait for, too: a caller that polls would get it each time, and
    /// those that sleep would not. So all of them sleep.
    fn queue_for_room(&self) {
        if self.pipes.iter().any(Pipe::contends_for_room) {
            self.shared.forgo_polling();
        }
    }

    /// Writes the bytes that this thread deferred, in this socket and in others.
    pub(super) fn flush_all(&mut self) {
        self.flush_deferred();
        self.flush_policy.flush_thread();
    }

    /// Writes the bytes that calls on this socket deferred or held.
    pub(super) fn flush_deferred(&mut self) {
        let mut left = self.flush_policy.take_deferred();
        if left.is_empty() {
            return self.flush_policy.give_back(left);
        }
        for id in left.drain(..) {
            if let Some(pipe) = self.pipes.get_mut(id) {
                pipe.flush_deferred();
            }
        }
        self.flush_policy.give_back(left);
    }
}
