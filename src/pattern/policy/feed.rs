//! Short messages that each of many pipes gets, kept once for all of them ([`Broadcast`]). Under the
//! socket's lock.
//!
//! It begins when such messages come in a row, and ends before anything else is written to the pipes, or
//! they are others.
#![forbid(unsafe_code)]

use crate::pattern::Env;
use crate::pipe::{PRESSING, Pipe, PipeId, Pipes};
use crate::queue::Broadcast;

/// See the module's documentation.
pub struct Feed {
    broadcast: Broadcast,
    pipes: Vec<PipeId>,
    /// Messages of which the pipes have not been told.
    uncounted: u64,
    /// Bytes since they were pressed last.
    unpressed: usize,
    sleepers: Vec<PipeId>,
}

impl Feed {
    /// For these pipes; `None` if one of them cannot have it, or without memory.
    pub fn start(pipes: &mut Pipes, to: &[PipeId]) -> Option<Feed> {
        if !to.iter().all(|id| pipes.get(*id).is_some_and(|pipe| pipe.is_open_road())) {
            return None;
        }
        let broadcast = Broadcast::new()?;
        each(pipes, to, |id, pipe| {
            pipe.writer.follow(&broadcast, id);
            pipe.tell_asked();
        });
        let pipes = to.to_vec();
        Some(Feed { broadcast, pipes, uncounted: 0, unpressed: 0, sleepers: Vec::new() })
    }

    /// Gives a message to all, which are these; `false` without memory.
    pub fn send(&mut self, env: &mut Env<'_>, to: &[PipeId], body: &[u8]) -> bool {
        debug_assert_eq!(self.pipes, to);
        if !self.broadcast.add(body, &mut self.sleepers) {
            return false;
        }
        self.uncounted += 1;
        self.unpressed += body.len();
        if !self.sleepers.is_empty() {
            self.rouse(env);
        }
        if self.unpressed > PRESSING {
            self.press(env.pipes);
        }
        true
    }

    #[cold]
    fn rouse(&mut self, env: &mut Env<'_>) {
        each(env.pipes, &self.sleepers, |_, pipe| pipe.rouse(env.pace));
        self.sleepers.clear();
    }

    #[cold]
    fn press(&mut self, pipes: &mut Pipes) {
        self.unpressed = 0;
        each(pipes, &self.pipes, |_, pipe| pipe.press());
    }

    /// Tells the pipes how many messages they got, so that their room is what it seems.
    pub fn count(&mut self, pipes: &mut Pipes) {
        let uncounted = core::mem::take(&mut self.uncounted);
        each(pipes, &self.pipes, |_, pipe| pipe.writer.followed(uncounted));
    }

    /// What has not been moved on goes into the pipes.
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
