//! Receiving: the first try of a call, and the call that waits. A call holds the socket's lock while it works
//! and lets it go while its thread sleeps. [`send`](mod@super::send) has the other direction.
#![forbid(unsafe_code)]

use crate::adapt::tuning::LOOK_INTERVAL;
use crate::error::{Errno, Result};
use crate::options::numbers::ZMQ_DONTWAIT;
use crate::pattern::Env;
use crate::queue::{CreditEpoch, Incoming};
use crate::socket::attempt::{Attempt, Tried};
use crate::socket::patience::Patience;
use crate::socket::{Core, Slot};
use crate::sys::clock;
use crate::sys::parker::Parker;

/// Takes the next frame (`zmq_msg_recv`); `take` sees it under the socket's lock. `EAGAIN`,
/// `EINTR`, `ETERM`, `ENOTSOCK`, and what the pattern answers.
pub async fn receive<R>(
    parker: &Parker,
    slot: &Slot,
    flags: i32,
    mut take: impl FnMut(Incoming<'_>) -> R,
) -> Result<R> {
    match try_receive(slot, flags, &mut take) {
        Ok(taken) => Ok(taken),
        Err(Attempt::Failed(error)) => Err(error),
        Err(Attempt::MustBlock) => receive_blocking(parker, slot, flags, take).await,
    }
}

/// The first try of [`receive`]; [`receive_blocking`] goes on.
#[inline(always)]
pub fn try_receive<R>(
    slot: &Slot,
    flags: i32,
    mut take: impl FnMut(Incoming<'_>) -> R,
) -> Tried<R> {
    let take = &mut take;
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
    let take = &mut take;
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

impl Core {
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
        let fast_path = self.fast_paths.inward.and_then(|id| self.pipes.get_mut(id));
        let short =
            fast_path.and_then(|pipe| pipe.take_short(|more| flush_policy.took_input(more)));
        let single = match short {
            None => {
                let fast_path = self.fast_paths.inward.and_then(|id| self.pipes.get_mut(id));
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
                self.fast_paths.inward = None;
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
}
