//! Sending and receiving: the calls that may wait. A call holds the socket's lock while it works and lets
//! it go while its thread sleeps.
//!
//! Most calls end with their first try, which is a function of its own. A call that has to wait goes on in
//! an `async fn`, because it must not sleep itself: see [`parker`](crate::sys::parker).
#![forbid(unsafe_code)]

use core::time::Duration;
use std::time::Instant;

use crate::adapt::credit_poll::PollDue;
use crate::error::{Errno, Result};
use crate::io::shared::{SocketShared, Waiter};
use crate::io::wait_queue::WaitToken;
use crate::options::SocketType;
use crate::options::numbers::{ZMQ_DONTWAIT, ZMQ_SNDMORE};
use crate::pattern::{Env, Outgoing};
use crate::pipe::{BACKLOG_LIMIT, Pipe};
use crate::queue::{Body, CreditEpoch, Incoming};
use crate::socket::{Core, Slot};
use crate::sync::Arc;
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

/// Why the first try of a call did not end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// The call goes on as one that may wait.
    MustBlock,
    /// The call ends with this error.
    Failed(Errno),
}

/// The answer of a first try.
pub type Tried<R> = core::result::Result<R, Attempt>;

impl From<Errno> for Attempt {
    #[inline(always)]
    fn from(error: Errno) -> Attempt {
        Attempt::Failed(error)
    }
}

impl Attempt {
    /// The end of a call that finds nothing to do: one that may wait goes on.
    #[inline(always)]
    fn of(error: Errno, waits: bool) -> Attempt {
        if waits && error == Errno::EAGAIN { Attempt::MustBlock } else { Attempt::Failed(error) }
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

/// Takes the next frame (`zmq_msg_recv`); `take` sees it under the socket's lock. `EAGAIN`,
/// `EINTR`, `ETERM`, `ENOTSOCK`, and what the pattern answers.
pub async fn receive<R>(
    parker: &Parker,
    slot: &Slot,
    flags: i32,
    mut take: impl FnMut(Incoming<'_>) -> R,
) -> Result<R> {
    match try_first(slot, flags, &mut take) {
        Ok(taken) => Ok(taken),
        Err(Attempt::Failed(error)) => Err(error),
        Err(Attempt::MustBlock) => wait_for_frame(parker, slot, flags, &mut take).await,
    }
}

/// The first try of [`receive`]; [`receive_blocking`] goes on.
#[inline(always)]
pub fn try_receive<R>(
    slot: &Slot,
    flags: i32,
    mut take: impl FnMut(Incoming<'_>) -> R,
) -> Tried<R> {
    try_first(slot, flags, &mut take)
}

#[inline(always)]
fn try_first<R>(slot: &Slot, flags: i32, take: &mut impl FnMut(Incoming<'_>) -> R) -> Tried<R> {
    let waits = flags & ZMQ_DONTWAIT == 0;
    let first = slot.attempt(|core| {
        core.look_at_times()?;
        core.process_commands()?;
        let taken = match core.look_for_frame(take, waits) {
            // A peer on the same core may need it for a moment only: cheaper than a sleep.
            Err(Errno::EAGAIN) if waits => core.yield_to_peer(take),
            other => other,
        };
        taken.map_err(|error| Attempt::of(error, waits))
    });
    match first {
        Err(Attempt::Failed(Errno::EAGAIN)) => Ok(receive_at_once(slot, take)?),
        other => other,
    }
}

/// [`receive`] after a first try that was not enough.
pub async fn receive_blocking<R>(
    parker: &Parker,
    slot: &Slot,
    flags: i32,
    mut take: impl FnMut(Incoming<'_>) -> R,
) -> Result<R> {
    wait_for_frame(parker, slot, flags, &mut take).await
}

async fn wait_for_frame<R>(
    parker: &Parker,
    slot: &Slot,
    flags: i32,
    take: &mut impl FnMut(Incoming<'_>) -> R,
) -> Result<R> {
    let mut patience = None;
    loop {
        let received = slot.with(|core| {
            core.process_commands()?;
            let received = core.try_receive(take);
            if matches!(received, Err(Errno::EAGAIN)) {
                if patience.is_none() && flags & ZMQ_DONTWAIT == 0 && core.options.rcvtimeo != 0 {
                    patience = Some(Patience::new(core, core.options.rcvtimeo));
                }
                patience.iter_mut().for_each(|patience| patience.prepare_wait(core));
            }
            received
        });
        match (received, &mut patience) {
            (Err(Errno::EAGAIN), Some(patience)) => patience.wait(parker).await?,
            (Err(Errno::EAGAIN), None) => return receive_at_once(slot, take),
            (other, _) => return other,
        }
    }
}

/// Asks the kernel too, but does not wait.
#[cold]
fn receive_at_once<R>(slot: &Slot, take: &mut impl FnMut(Incoming<'_>) -> R) -> Result<R> {
    slot.with(|core| {
        core.process_commands()?;
        core.ask_kernel()?;
        core.try_receive(take)
    })
}

/// About how long a peer's message waits at most for a caller that finds others at hand, in clock ticks
/// (20 to 100 us).
const LOOK_INTERVAL: u64 = 50 * clock::TICKS_A_MICROSECOND;

/// Bytes of a body that takes no longer to send than the call does without it.
const SHORT: usize = 255;

/// How long a call may still wait, and where.
struct Patience {
    shared: Arc<SocketShared>,
    deadline: Option<Instant>,
    /// The wait was announced.
    token: Option<WaitToken>,
}

impl Patience {
    fn new(core: &Core, timeout: i32) -> Patience {
        let time = u64::try_from(timeout).ok().map(Duration::from_millis);
        let deadline = time.and_then(|time| Instant::now().checked_add(time));
        Patience { shared: core.shared.clone(), deadline, token: None }
    }

    /// To be called before the socket's lock is let go for the wait.
    fn prepare_wait(&mut self, core: &mut Core) {
        self.token = Some(core.prepare_wait());
    }

    /// Sleeps until something may have changed; `EAGAIN` when the time is up.
    async fn wait(&mut self, parker: &Parker) -> Result<()> {
        let Some(token) = self.token.take() else { return Ok(()) };
        let _waiter = Waiter(&self.shared);
        let left = match self.deadline {
            None => None,
            Some(deadline) => match deadline.checked_duration_since(Instant::now()) {
                Some(left) if !left.is_zero() => Some(left),
                _ => return Err(Errno::EAGAIN),
            },
        };
        match self.shared.wait(parker, token, left).await {
            // The caller looks once more: a message of the last moment still counts.
            Err(Errno::EAGAIN) => {
                self.deadline = Some(Instant::now());
                Ok(())
            }
            other => other,
        }
    }
}

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

    /// Before a receive: once in about 50 us the calling thread looks at all connections, however many
    /// messages are at hand from some of them. It asks for cancellation as [`Core::check_cancellation`] does.
    #[inline]
    pub(super) fn look_at_times(&mut self) -> Tried<()> {
        if self.looks.counts_down() { self.check_looks() } else { Ok(()) }
    }

    #[cold]
    fn check_looks(&mut self) -> Tried<()> {
        let has_several = self.pipes.len() > 1 && self.shared.has_poller();
        let interval = LOOK_INTERVAL.max(2 * self.shared.look_cost());
        let now = clock::ticks();
        let check = self.looks.check(now, interval, self.shared.since_look(now), has_several);
        if check.look {
            self.shared.poll_as_caller();
            self.looks.looked(clock::ticks());
        }
        if check.pause { Err(Attempt::MustBlock) } else { Ok(()) }
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

    #[inline(always)]
    pub(super) fn try_receive<R>(&mut self, take: &mut impl FnMut(Incoming<'_>) -> R) -> Result<R> {
        self.look_for_frame(take, false)
    }

    /// Takes a frame that is at hand. `may_yield`: without one the caller gives its core away
    /// ([`Core::yield_to_peer`]).
    #[inline(always)]
    fn look_for_frame<R>(
        &mut self,
        take: &mut impl FnMut(Incoming<'_>) -> R,
        may_yield: bool,
    ) -> Result<R> {
        let (flush_policy, mut env);
        flush_policy = &self.flush_policy;
        let fast_path = self.lanes.inward.and_then(|id| self.pipes.get_mut(id));
        let short =
            fast_path.and_then(|pipe| pipe.take_short(|more| flush_policy.took_input(more)));
        let single = match short {
            None => {
                let fast_path = self.lanes.inward.and_then(|id| self.pipes.get_mut(id));
                fast_path.and_then(|pipe| pipe.take_single(|more| flush_policy.took_input(more)))
            }
            short => short,
        };
        let by_fast_path = single.is_some();
        let frame = match single {
            Some(frame) => {
                flush_policy.turn();
                self.look = self.look.wrapping_add(1);
                self.rcvmore = false;
                Ok(frame)
            }
            None => {
                let polls_again = may_yield && self.trusts_yielding();
                self.lanes.inward = None;
                flush_policy.turn();
                self.look = self.look.wrapping_add(1);
                env = Env {
                    pipes: &mut self.pipes,
                    options: &self.options,
                    flush_policy,
                    look: CreditEpoch::default(),
                    polls_again,
                    work: &self.work,
                    done: &mut self.done,
                };
                self.pattern.recv(&mut env).inspect(|frame| self.rcvmore = frame.more())
            }
        };
        let taken = match frame {
            Ok(frame) => Ok(take(frame)),
            Err(error) => Err(error),
        };
        if !by_fast_path {
            self.received_by_full_path(taken.is_ok());
        }
        taken
    }

    /// Whether a caller that finds no input probably looks at once again, in the only pipe.
    pub(super) fn trusts_yielding(&self) -> bool {
        self.shared.trusts_yielding() && self.pipes.lone().is_some()
    }

    /// Gives the core away before a wait, because a peer on it may need it for a moment only. Whether input
    /// came.
    pub fn yields(&mut self) -> bool {
        if !self.shared.may_yield() {
            return false;
        }
        self.flush_all();
        let lone = self.pipes.lone().and_then(|id| self.pipes.get_mut(id));
        self.shared.yield_to_peer(lone.map(|pipe| &mut pipe.reader))
    }

    /// Gives the core away and takes a frame that came meanwhile; `EAGAIN`.
    fn yield_to_peer<R>(&mut self, take: &mut impl FnMut(Incoming<'_>) -> R) -> Result<R> {
        if self.options.rcvtimeo == 0 || !self.yields() {
            return Err(Errno::EAGAIN);
        }
        self.process_commands()?;
        self.try_receive(take)
    }

    /// After a receive through the pattern: finds the fast path, and removes pipes that are done.
    #[inline(never)]
    fn received_by_full_path(&mut self, received: bool) {
        if received && !self.rcvmore {
            self.find_fast_path_in();
        }
        if !self.done.is_empty() {
            self.remove_done();
        }
        self.end_work();
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

    /// Announces a wait of the calling thread, which has found nothing to do. Its deferred bytes go out first.
    pub fn prepare_wait(&mut self) -> WaitToken {
        self.flush_all();
        self.shared.prepare_wait()
    }

    /// Writes the bytes that this thread deferred, in this socket and in others.
    fn flush_all(&mut self) {
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
