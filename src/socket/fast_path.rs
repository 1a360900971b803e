//! The short way of a message: where the next one goes, or comes from, as long as nothing but messages of
//! one frame pass. Under the socket's lock.
//!
//! It is found with a message that went the whole way, and forgotten whenever the pattern is called, or
//! an option set. So who takes it need not ask whether the pipe is there, whose turn it is, what the
//! socket's type wants.
#![forbid(unsafe_code)]

use crate::pipe::PipeId;
use crate::queue::Body;
use crate::socket::Core;

/// See the module's documentation.
#[derive(Default)]
pub(super) struct FastPaths {
    pub out: Option<PipeId>,
    pub inward: Option<PipeId>,
}

impl FastPaths {
    #[inline]
    pub fn forget(&mut self) {
        *self = FastPaths::default();
    }
}

impl Core {
    /// A message of one frame was sent, by a call that would have waited.
    pub(super) fn find_fast_path_out(&mut self) {
        let id = self.pattern.fast_path_out(&self.options);
        self.fast_paths.out =
            id.filter(|id| self.pipes.get(*id).is_some_and(|pipe| pipe.can_append()));
    }

    /// A message of one frame was received.
    pub(super) fn find_fast_path_in(&mut self) {
        let id = self.pattern.fast_path_in(&self.options);
        let keeps = |id: &PipeId| self.pipes.get(*id).is_some_and(|pipe| !pipe.reader.conflates());
        self.fast_paths.inward = id.filter(keeps);
    }

    /// Sends a message of one frame, if it can go the short way; whether it did.
    #[inline(always)]
    pub(super) fn send_by_fast_path(&mut self, body: &mut Body<'_>) -> bool {
        let Some(pipe) = self.fast_paths.out.and_then(|id| self.pipes.get_mut(id)) else {
            return false;
        };
        pipe.write_short(body, &self.flush_policy) || pipe.write_single(body, &self.flush_policy)
    }
}
