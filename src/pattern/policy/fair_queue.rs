//! Fair queueing: reads whole messages from the pipes in turn (RFC 28 to 31). Under the socket's
//! lock.
//!
//! Only pipes that may have something are in the round. An empty one leaves it, and the socket puts
//! it back when the pipe peer posts that messages came.
#![forbid(unsafe_code)]

use crate::error::{Errno, Result};
use crate::msg::frame;
use crate::pattern::Env;
use crate::pipe::PipeId;
use crate::queue::Incoming;

use super::Ring;

/// The pipes that are read from.
#[derive(Default)]
pub struct FairQueue {
    active: Ring,
    /// Whether the pipe whose turn it is has shown a part of a message.
    inside: bool,
    /// The rest of that message is to be dropped.
    skipping: bool,
    /// The pipe whose next message polling has found: it comes first, and if it is a single frame
    /// it has had its turn.
    promised: Option<PipeId>,
}

impl FairQueue {
    /// Adds a pipe that may have something to read.
    pub fn add(&mut self, id: PipeId) {
        self.active.add(id);
    }

    /// Takes out a pipe that is gone, or not to be read from.
    pub fn remove(&mut self, id: PipeId) {
        if self.active.current() == Some(id) {
            self.inside = false;
            self.skipping = false;
        }
        self.promised.take_if(|promised| *promised == id);
        self.active.remove(id);
    }

    /// The pipe peer is gone: the pipe stays until everything was read.
    pub fn closed(&mut self, env: &mut Env<'_>, id: PipeId) {
        let left = env.pipes.get_mut(id).is_some_and(|pipe| pipe.reader.ready());
        if left {
            self.add(id);
        } else {
            self.remove(id);
            env.finish(id);
        }
    }

    /// The pipe that the next frame comes from.
    #[inline(always)]
    pub fn select(&mut self, env: &mut Env<'_>) -> Option<PipeId> {
        if self.promised.is_some() {
            return self.promised;
        }
        if self.skipping && !self.go_on_skipping(env) {
            return None;
        }
        if env.polls_again && self.active.only().is_some() {
            return self.active.only().filter(|id| env.has_come(*id));
        }
        while let Some(id) = self.active.current() {
            if let Some(pipe) = env.pipes.get_mut(id) {
                if pipe.reader.newest_ready() {
                    return Some(id);
                }
                if !pipe.write_open {
                    env.finish(id);
                }
            }
            self.remove(id);
        }
        None
    }

    /// Takes the next frame of the pipe that [`FairQueue::select`] returned.
    #[inline(always)]
    pub fn take<'p>(&mut self, env: &'p mut Env<'_>, id: PipeId) -> Option<Incoming<'p>> {
        let flush_policy = env.flush_policy;
        let frame = env.pipes.get_mut(id)?.take_telling(|more| flush_policy.took_input(more))?;
        self.inside = frame.more();
        if !self.inside && self.promised.is_none() {
            self.active.advance();
        }
        self.promised = None;
        Some(frame)
    }

    /// The pipe of [`FairQueue::promise`], if its message was not taken yet.
    #[inline]
    pub fn promised(&self) -> Option<PipeId> {
        self.promised
    }

    /// Whether there is a frame, for types that then fix which message is next. libzmq does so for
    /// all types that look into a message before they give it out.
    pub fn promise(&mut self, env: &mut Env<'_>) -> bool {
        let Some(id) = self.select(env) else { return false };
        let single = |flags| flags & frame::MORE == 0;
        if self.promised.is_none()
            && !self.inside
            && env.pipes.get(id).and_then(|pipe| pipe.reader.peek_flags()).is_some_and(single)
        {
            self.promised = Some(id);
            self.active.advance();
        }
        true
    }

    /// The next frame, or `EAGAIN`.
    #[inline(always)]
    pub fn recv<'p>(&mut self, env: &'p mut Env<'_>) -> Result<Incoming<'p>> {
        let id = self.select(env).ok_or(Errno::EAGAIN)?;
        self.take(env, id).ok_or(Errno::EAGAIN)
    }

    /// See [`Pattern::fast_path_in`](crate::pattern::Pattern::fast_path_in).
    pub fn fast_path(&self) -> Option<PipeId> {
        self.active.only().filter(|_| !self.inside && self.promised.is_none())
    }

    /// Drops the rest of the message whose turn it is, as far as the call may work; the next call
    /// of [`FairQueue::select`] goes on. Returns whether it is gone.
    pub fn skip(&mut self, env: &mut Env<'_>) -> bool {
        self.skipping = true;
        self.go_on_skipping(env)
    }

    fn go_on_skipping(&mut self, env: &mut Env<'_>) -> bool {
        let work = env.work;
        while self.skipping {
            let Some(id) = self.active.current().filter(|_| work.goes_on()) else { return false };
            let Some(frame) = self.take(env, id) else { return false };
            work.spend(frame.data().len());
            self.skipping = frame.discard();
        }
        true
    }

    /// Whether a part of a message was taken and more of it has to come.
    pub fn inside_message(&self) -> bool {
        self.inside
    }

    /// Whether this pipe's message is the one that was begun.
    pub fn is_inside(&self, id: PipeId) -> bool {
        self.inside && self.active.current() == Some(id)
    }
}
