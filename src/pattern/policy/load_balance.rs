//! Load balancing: gives whole messages to the pipes in turn, skipping full ones (RFC 28, 30).
//! Under the socket's lock.
//!
//! Only pipes with room are in the round. A full one leaves it, and the socket puts it back when
//! the pipe peer gives credit.
#![forbid(unsafe_code)]

use crate::error::{Errno, Result};
use crate::pattern::{Env, Outgoing};
use crate::pipe::PipeId;
use crate::queue::Room;

use super::Ring;

/// The pipes that are written to.
#[derive(Default)]
pub struct LoadBalance {
    active: Ring,
    /// Whether a message was begun on the pipe whose turn it is.
    inside: bool,
    /// Whether the pipe of the message under way is gone: the rest of the message is dropped.
    dropping: bool,
}

impl LoadBalance {
    /// Adds a pipe that may have room.
    pub fn add(&mut self, id: PipeId) {
        self.active.add(id);
    }

    /// The pipe takes nothing more. The rest of a message that was begun on it will be dropped.
    pub fn remove(&mut self, env: &mut Env<'_>, id: PipeId) {
        if self.inside && self.active.current() == Some(id) {
            self.inside = false;
            self.dropping = true;
            if let Some(pipe) = env.pipes.get_mut(id) {
                pipe.writer.rollback();
            }
        }
        self.active.remove(id);
    }

    /// Sends a frame and returns the pipe it went to: `None` if it was dropped. `EAGAIN` when no
    /// pipe has room; `ENOMEM` leaves everything as it was.
    #[inline(always)]
    pub fn send(&mut self, env: &mut Env<'_>, frame: Outgoing<'_>) -> Result<Option<PipeId>> {
        if self.dropping {
            self.dropping = frame.more;
            return Ok(None);
        }
        // Mostly the pipe whose turn it is has room.
        if let Some(id) = self.active.current()
            && let Some(pipe) = env.pipes.get_mut(id)
            && (self.inside || pipe.room_for(env.look) == Room::Some)
        {
            pipe.write(frame.flags(), frame.body, env.flush_policy)?;
            self.wrote(frame.more);
            return Ok(Some(id));
        }
        self.send_elsewhere(env, frame)
    }

    /// The pipe that a message begun now goes to, if it is the one whose turn it is.
    #[inline]
    pub fn next(&self, env: &mut Env<'_>) -> Option<PipeId> {
        let id = self.active.current().filter(|_| !self.inside && !self.dropping)?;
        let has_room = env.pipes.get_mut(id)?.room_for(env.look) == Room::Some;
        has_room.then_some(id)
    }

    /// Notes that a whole message was written to that pipe.
    #[inline]
    pub fn wrote_whole(&mut self) {
        self.wrote(false);
    }

    #[inline]
    fn wrote(&mut self, more: bool) {
        self.inside = more;
        if !more {
            self.active.advance();
        }
    }

    #[cold]
    fn send_elsewhere(&mut self, env: &mut Env<'_>, frame: Outgoing<'_>) -> Result<Option<PipeId>> {
        let id = self.select(env).ok_or(Errno::EAGAIN)?;
        let pipe = env.pipes.get_mut(id).ok_or(Errno::EAGAIN)?;
        pipe.write(frame.flags(), frame.body, env.flush_policy)?;
        self.wrote(frame.more);
        Ok(Some(id))
    }

    /// The pipe that the next frame goes to.
    fn select(&mut self, env: &mut Env<'_>) -> Option<PipeId> {
        let mut unseen = 0;
        while let Some(id) = self.active.current() {
            if self.inside {
                return Some(id);
            }
            match env.pipes.get_mut(id).map_or(Room::None, |pipe| pipe.room_for(env.look)) {
                Room::Some => return Some(id),
                Room::Unseen if unseen == self.active.len() => break,
                Room::Unseen => {
                    unseen += 1;
                    self.active.advance();
                }
                Room::None => self.active.remove(id),
            }
        }
        None
    }

    /// Takes back the frames sent of the message under way.
    pub fn rollback(&mut self, env: &mut Env<'_>) {
        if self.inside
            && let Some(pipe) = self.active.current().and_then(|id| env.pipes.get_mut(id))
        {
            pipe.writer.rollback();
        }
        self.inside = false;
    }

    /// See [`Pattern::fast_path_out`](crate::pattern::Pattern::fast_path_out).
    pub fn fast_path(&self) -> Option<PipeId> {
        self.active.only().filter(|_| !self.inside && !self.dropping)
    }

    /// Whether [`LoadBalance::send`] would succeed.
    pub fn has_out(&mut self, env: &mut Env<'_>) -> bool {
        self.dropping || self.select(env).is_some()
    }
}
