//! Fan-out: short messages that each of many pipes gets, kept once for all of them ([`FanoutLog`]).
//! Under the socket's lock.
//!
//! It begins when such messages come in a row. It ends before anything else is written to the
//! pipes, or their set changes.
#![forbid(unsafe_code)]

use crate::pattern::Env;
use crate::pipe::{FLUSH_BYTES, Pipe, PipeId, Pipes};
use crate::queue::FanoutLog;

/// See the module's documentation.
pub struct Fanout {
    fanout_log: FanoutLog,
    pipes: Vec<PipeId>,
    /// Messages that the pipes have not counted.
    uncounted: u64,
    /// Bytes since the pipes were last flushed.
    unflushed: usize,
    sleepers: Vec<PipeId>,
}

impl Fanout {
    /// A fan-out for these pipes; `None` if one of them cannot have it, or without memory.
    pub fn start(pipes: &mut Pipes, to: &[PipeId]) -> Option<Fanout> {
        if !to.iter().all(|id| pipes.get(*id).is_some_and(|pipe| pipe.can_append())) {
            return None;
        }
        let fanout_log = FanoutLog::new()?;
        each(pipes, to, |id, pipe| {
            pipe.writer.follow(&fanout_log, id);
            pipe.tell_asked();
        });
        let pipes = to.to_vec();
        Some(Fanout { fanout_log, pipes, uncounted: 0, unflushed: 0, sleepers: Vec::new() })
    }

    /// Gives a message to all pipes, which are these; `false` without memory.
    pub fn send(&mut self, env: &mut Env<'_>, to: &[PipeId], body: &[u8]) -> bool {
        debug_assert_eq!(self.pipes, to);
        if !self.fanout_log.add(body, &mut self.sleepers) {
            return false;
        }
        self.uncounted += 1;
        self.unflushed += body.len();
        if !self.sleepers.is_empty() {
            self.wake(env);
        }
        if self.unflushed > FLUSH_BYTES {
            self.flush(env.pipes);
        }
        true
    }

    #[cold]
    fn wake(&mut self, env: &mut Env<'_>) {
        each(env.pipes, &self.sleepers, |_, pipe| pipe.wake(env.flush_policy));
        self.sleepers.clear();
    }

    #[cold]
    fn flush(&mut self, pipes: &mut Pipes) {
        self.unflushed = 0;
        each(pipes, &self.pipes, |_, pipe| pipe.flush());
    }

    /// Counts in the pipes the messages they got, so that their known room is right.
    pub fn count(&mut self, pipes: &mut Pipes) {
        let uncounted = core::mem::take(&mut self.uncounted);
        each(pipes, &self.pipes, |_, pipe| pipe.writer.followed(uncounted));
    }

    /// Ends the fan-out: messages that have not been moved on go into the pipes.
    pub fn end(mut self, pipes: &mut Pipes) {
        self.count(pipes);
        each(pipes, &self.pipes, |_, pipe| {
            pipe.writer.unfollow();
            pipe.tell_asked();
        });
    }
}

/// Does something with each of these pipes that is there.
fn each(pipes: &mut Pipes, ids: &[PipeId], mut act: impl FnMut(PipeId, &mut Pipe)) {
    for id in ids {
        if let Some(pipe) = pipes.get_mut(*id) {
            act(*id, pipe);
        }
    }
}
