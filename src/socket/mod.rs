//! A socket: its pattern, pipes, endpoints and options behind one lock, and the calls on them.
//!
//! [`Core`] is what the lock guards; [`Slot`] is the place a C handle points to. A call takes the
//! lock, carries out the commands that came, does its work, and lets go before it sleeps.
#![forbid(unsafe_code)]

mod attach;
mod attempt;
mod endpoints;
mod fast_path;
mod forward;
mod group;
mod inproc;
mod live;
mod monitor;
mod patience;
mod receive;
mod send;
mod slot;

pub use attempt::{Attempt, Tried};
pub use forward::{Forwarded, forward};
pub use receive::{receive, receive_blocking, try_receive};
pub use send::{send, send_blocking, try_send};
pub use slot::Slot;

use crate::adapt::credit_poll::CreditPoll;
use crate::adapt::looks::LookPacer;
use crate::adapt::subscription_poll::SubscriptionPoll;
use crate::adapt::tuning::STREAM_GAP;
use crate::adapt::work::Work;
use crate::context::{Context, inherited};
use crate::error::{Errno, Result};
use crate::io::shared::SocketShared;
use crate::options::{self, Effect, SocketOptions, SocketType};
use crate::pattern::{self, Env, Pattern};
use crate::pipe::{Command, FlushPolicy, Letter, PipeId, PipeKey, Pipes, emptied};
use crate::queue::CreditEpoch;
use crate::sync::Arc;
use crate::sys::cancel::CancelGuard;
use crate::sys::clock;
use crate::sys::thread::yield_now;

use endpoints::Endpoints;
use fast_path::FastPaths;

/// Looks for input that are no farther apart than this are made in a loop, in clock ticks (40 to 240 us).
const LOOP: u64 = 4 * STREAM_GAP;

/// The state of a socket, guarded by its lock.
pub struct Core {
    context: Arc<Context>,
    shared: Arc<SocketShared>,
    options: SocketOptions,
    pattern: Box<dyn Pattern>,
    pipes: Pipes,
    endpoints: Endpoints,
    last_endpoint: Vec<u8>,
    /// The MORE flag of the last frame received.
    rcvmore: bool,
    done: Vec<PipeId>,
    letters: Vec<Letter>,
    /// The pipe of the last inproc connect.
    newest_inproc: Option<PipeKey>,
    flush_policy: FlushPolicy,
    /// When the kernel was last asked for input, in clock ticks.
    asked: u64,
    subscription_poll: SubscriptionPoll,
    /// When a call that does not wait looks for credit, and the number of the last look.
    credit_poll: CreditPoll,
    look: u32,
    /// A frame of a message of which more has to come was sent.
    sending: bool,
    /// Sending calls that did something at once.
    calls: u8,
    /// When a receiving call looks at all connections.
    looks: LookPacer,
    /// The frames that the call under way may still drop or apply.
    work: Work,
    /// A call was cut short.
    is_cut: bool,
    /// A call has told that the context ends.
    has_told_end: bool,
    fast_paths: FastPaths,
}

impl Core {
    /// A new socket; `ETERM`, `EMFILE`, `EAGAIN` when no thread can be started.
    pub fn new(context: &Arc<Context>, socket_type: SocketType) -> Result<Core> {
        let (shared, options) = context.open_socket(socket_type)?;
        Ok(Core {
            context: context.clone(),
            shared,
            options,
            pattern: pattern::new(socket_type),
            pipes: Pipes::default(),
            endpoints: Endpoints::default(),
            last_endpoint: Vec::new(),
            rcvmore: false,
            done: Vec::new(),
            letters: Vec::new(),
            newest_inproc: None,
            flush_policy: FlushPolicy::new(context.activity().clone()),
            asked: 0,
            subscription_poll: SubscriptionPoll::default(),
            credit_poll: CreditPoll::default(),
            look: 0,
            sending: false,
            calls: 0,
            looks: LookPacer::default(),
            work: Work::default(),
            is_cut: false,
            has_told_end: false,
            fast_paths: FastPaths::default(),
        })
    }

    pub fn shared(&self) -> &Arc<SocketShared> {
        &self.shared
    }

    pub fn options(&self) -> &SocketOptions {
        &self.options
    }

    /// The pattern and what it works on.
    fn parts(&mut self) -> (&mut dyn Pattern, Env<'_>) {
        self.fast_paths.forget();
        let env = Env {
            pipes: &mut self.pipes,
            options: &self.options,
            flush_policy: &self.flush_policy,
            look: CreditEpoch { number: self.look, nonblocking: false },
            polls_again: false,
            work: &self.work,
            done: &mut self.done,
        };
        (&mut *self.pattern, env)
    }

    /// From here on the credit counts that has come by now.
    #[inline]
    fn look(&mut self) {
        self.look = self.look.wrapping_add(1);
    }

    /// Calls the pattern, and lets pipes go that it has done with.
    fn with_pattern<R>(&mut self, call: impl FnOnce(&mut dyn Pattern, &mut Env<'_>) -> R) -> R {
        let (pattern, mut env) = self.parts();
        let result = call(pattern, &mut env);
        self.remove_done();
        self.end_work();
        result
    }

    /// The pattern was called: if it left something for the next call, that call, and every caller that waits,
    /// is to look.
    #[inline]
    fn end_work(&mut self) {
        if self.work.end() {
            self.is_cut = true;
            self.shared.recall();
        }
    }

    fn remove_done(&mut self) {
        while let Some(id) = self.done.pop() {
            self.remove_pipe(id, self.options.linger);
        }
    }

    /// Takes a pipe out and ends it.
    fn remove_pipe(&mut self, id: PipeId, linger: i32) {
        if self.pipes.get(id).is_none() {
            return;
        }
        let _guard = CancelGuard::new();
        let (pattern, mut env) = self.parts();
        pattern.detach(&mut env, id);
        self.flush_policy.forget(id);
        if let Some(pipe) = self.pipes.remove(id) {
            self.endpoints.pipe_gone(&pipe);
            if !pipe.write_open {
                self.shared.departed_gone();
            }
            pipe.close(linger);
        }
    }

    /// Carries out the commands that came. `ETERM`.
    #[inline]
    pub fn process_commands(&mut self) -> Result<()> {
        if self.shared.is_stopped() {
            self.has_told_end = true;
            return Err(Errno::ETERM);
        }
        if self.shared.is_pending() {
            self.carry_out();
        }
        Ok(())
    }

    /// [`Core::process_commands`] for options and monitors, which work until another call has answered
    /// `ETERM`: a program that shuts a context down sets `ZMQ_LINGER` then, and closes.
    fn process_commands_until_told(&mut self) -> Result<()> {
        if self.has_told_end {
            return Err(Errno::ETERM);
        }
        if self.shared.is_pending() {
            self.carry_out();
        }
        Ok(())
    }

    fn carry_out(&mut self) {
        let mut letters = self.shared.take_commands(core::mem::take(&mut self.letters));
        let any = !letters.is_empty();
        letters.reverse();
        while let Some(letter) = letters.pop() {
            if let Some(command) = letter.command {
                self.command(command);
            }
        }
        self.letters = emptied(letters);
        self.shared.carried_out();
        self.remove_done();
        self.shared.move_ready();
        if core::mem::take(&mut self.is_cut) {
            self.with_pattern(|pattern, env| pattern.go_on(env));
        }
        if any {
            // The commands were for all who wait in this socket, and they have not seen them.
            self.shared.wake_all();
        }
    }

    /// `zmq_setsockopt`: `ETERM`, `EINVAL`.
    pub fn set_option(&mut self, number: i32, value: Option<&[u8]>) -> Result<()> {
        self.process_commands_until_told()?;
        self.fast_paths.forget();
        match options::set(&mut self.options, number, value)? {
            Effect::Stored => Ok(()),
            Effect::Subscribe => self.subscribe(value.unwrap_or_default(), true),
            Effect::Unsubscribe => self.subscribe(value.unwrap_or_default(), false),
            Effect::HwmChanged => {
                self.update_marks();
                Ok(())
            }
        }
    }

    fn subscribe(&mut self, topic: &[u8], on: bool) -> Result<()> {
        self.with_pattern(|pattern, env| pattern.subscribe(env, topic, on))
    }

    fn update_marks(&mut self) {
        let (send, receive) = (self.options.sndhwm, self.options.rcvhwm);
        let ids: Vec<PipeId> = self.pipes.ids().collect();
        for id in ids {
            if let Some(pipe) = self.pipes.get_mut(id) {
                pipe.set_marks(None, send, receive);
            }
            // A pipe that was full may have room now.
            self.with_pattern(|pattern, env| pattern.writable(env, id));
        }
        self.shared.wake_all();
    }

    /// `zmq_getsockopt`: writes the value and returns its size. `ETERM`, `EINVAL`.
    pub fn get_option(&mut self, number: i32, out: &mut [u8]) -> Result<usize> {
        if self.has_told_end {
            return Err(Errno::ETERM);
        }
        options::get(self, number, out)
    }

    /// Asks the kernel for input, unless the last time is less than a stream gap ago. The calling thread
    /// flushes its deferred bytes of all sockets first: the answer to them may be the input it looks for.
    fn ask_kernel(&mut self) -> Result<()> {
        let now = clock::ticks();
        let since = now.wrapping_sub(self.asked);
        let lately = since < STREAM_GAP;
        // A program that polls the descriptor may be told only once, so its look has to find the input.
        if lately && !self.shared.is_exported() {
            return Ok(());
        }
        self.flush_policy.flush_thread();
        if !self.shared.has_poller() {
            // A caller that looks again and again, without waiting, for what another thread of this process
            // will send should not keep that thread from its turn. One that looks between other things keeps
            // its core, which it might get back milliseconds later.
            self.asked = now;
            if since < LOOP {
                yield_now();
            }
            return Ok(());
        }
        self.ask_kernel_now(now)
    }

    fn ask_kernel_now(&mut self, now: u64) -> Result<()> {
        self.asked = now;
        match self.options.socket_type.publishes() {
            // A subscription that has arrived counts for what is published next.
            true => self.shared.poll_patiently(),
            false => {
                self.shared.poll_as_caller();
            }
        }
        self.process_commands()
    }

    /// `zmq_close`: gives up names and sockets, leaves what is queued to the background.
    pub fn close(mut self) {
        if !self.context.is_own() {
            return self.abandon();
        }
        self.context.registry.unbind_all(&self.shared);
        let listeners = self.endpoints.take_listeners();
        for listener in &listeners {
            listener.close(&self.shared);
        }
        self.shared.monitor.stop();
        for letter in self.shared.close() {
            if let Some(Command::Attach { parts, .. }) = letter.command {
                parts.peer_end.close(0);
            }
        }
        let linger = self.options.linger;
        let ids: Vec<PipeId> = self.pipes.ids().collect();
        for id in ids {
            if let Some(pipe) = self.pipes.remove(id) {
                pipe.close(linger);
            }
        }
        if let Ok(pool) = self.context.pool() {
            for listener in &listeners {
                pool.unlisten(listener, linger);
            }
            pool.forget(&self.shared);
        }
        self.context.close_socket(&self.shared);
    }

    /// The child of a fork closes what it inherited: descriptors only, nothing that the parent
    /// would notice, and no lock that a thread of the parent may have held.
    fn abandon(mut self) {
        let listeners = self.endpoints.take_listeners();
        for listener in &listeners {
            listener.abandon();
        }
        inherited::keep((self, listeners));
    }
}
