//! Distribution: gives each message to all pipes of a set that is chosen at its first frame
//! (RFC 29). Under the socket's lock.
#![forbid(unsafe_code)]

use crate::error::{Errno, Result};
use crate::msg::{Msg, frame};
use crate::pattern::{Env, Outgoing};
use crate::pipe::PipeId;
use crate::queue::Body;

use super::Ring;
use super::fanout::Fanout;

/// Bodies up to this size are copied into each pipe; larger ones are shared.
const COPY_MAX: usize = 1024;

/// With more receivers than this no peer waits for an answer to the message: batches pay.
const AT_ONCE: usize = 4;

/// How many pipes ahead of its turn a pipe is prefetched into the cache, and then its queue. A
/// thousand pipes do not stay in the cache.
const FAR_AHEAD: usize = 4;
const AHEAD: usize = 2;

/// A fan-out log starts after so many short messages in a row, if there is room for as many more.
/// Changing over costs as much as a message.
const ROW: u64 = 16;

/// The pipes that are written to.
#[derive(Default)]
pub struct Distribute {
    members: Ring,
    /// The pipes that get the message under way.
    matched: Vec<PipeId>,
    /// For each pipe number the round in which it was matched last.
    rounds: Vec<u32>,
    round: u32,
    /// The number of further messages for which every pipe has room.
    room: u64,
    fanout: Option<Fanout>,
    /// Short messages in a row that were given to all pipes one by one.
    row: u64,
}

impl Distribute {
    pub fn add(&mut self, id: PipeId) {
        self.forget_room();
        self.members.add(id);
        let at = id as usize;
        if at >= self.rounds.len() {
            self.rounds.resize(at + 1, 0);
        }
        if let Some(round) = self.rounds.get_mut(at) {
            *round = 0;
        }
    }

    /// The pipe takes nothing more; a message under way goes on without it.
    pub fn remove(&mut self, id: PipeId) {
        self.members.remove(id);
        self.matched.retain(|matched| *matched != id);
    }

    pub fn contains(&self, id: PipeId) -> bool {
        self.members.contains(id)
    }

    /// Ends the fan-out log: its messages go into each pipe. Called before anything but a short
    /// message for all pipes is written, or the pipes change.
    #[inline]
    pub fn settle(&mut self, env: &mut Env<'_>) {
        self.row = 0;
        self.forget_room();
        if let Some(fanout) = self.fanout.take() {
            fanout.end(env.pipes);
        }
    }

    /// Begins a message: no pipe is chosen yet.
    pub fn begin(&mut self, env: &mut Env<'_>) {
        self.settle(env);
        self.matched.clear();
        self.round = self.round.wrapping_add(1);
        if self.round == 0 {
            self.rounds.fill(0);
            self.round = 1;
        }
    }

    /// Chooses a pipe, at most once.
    #[inline]
    pub fn choose(&mut self, id: PipeId) {
        if !self.members.contains(id) {
            return;
        }
        if let Some(round) = self.rounds.get_mut(id as usize)
            && *round != self.round
        {
            *round = self.round;
            self.matched.push(id);
        }
    }

    /// The only pipe.
    pub fn only(&self) -> Option<PipeId> {
        self.members.only()
    }

    /// Chooses all pipes.
    pub fn choose_all(&mut self, env: &mut Env<'_>) {
        self.settle(env);
        self.matched.clear();
        self.matched.extend(self.members.iter());
    }

    /// Chooses exactly the pipes that are not chosen.
    pub fn invert(&mut self) {
        self.matched.clear();
        let (rounds, round) = (&self.rounds, self.round);
        self.matched.extend(
            self.members.iter().filter(|id| rounds.get(*id as usize).is_none_or(|r| *r != round)),
        );
    }

    /// Whether every chosen pipe has room.
    pub fn all_have_room(&self, env: &mut Env<'_>) -> bool {
        each_has_room(env, &self.matched)
    }

    /// Leaves out the pipes that have no room for the message that begins.
    pub fn drop_full(&mut self, env: &Env<'_>) {
        self.matched.retain(|id| env.pipes.get(*id).is_some_and(|pipe| pipe.can_write()));
    }

    /// Leaves out the pipes whose peer takes nothing more.
    pub fn drop_closed(&mut self, env: &Env<'_>) {
        self.matched.retain(|id| env.pipes.get(*id).is_some_and(|pipe| pipe.write_open));
    }

    /// Writes a frame to all chosen pipes. A pipe for which there is no memory loses the message.
    pub fn send(&mut self, env: &mut Env<'_>, frame: Outgoing<'_>) {
        let flags = frame.flags();
        self.write(env, flags, frame.body);
        if !frame.more {
            self.matched.clear();
        }
    }

    /// Gives a message of one short frame to these pipes, which are all there are, at once and
    /// without choosing. Full pipes do not get it; if it is to `reach_all`, the result is `EAGAIN`
    /// instead.
    pub fn send_short(
        &mut self,
        env: &mut Env<'_>,
        to: &[PipeId],
        body: &Body<'_>,
        reach_all: bool,
    ) -> Result<()> {
        if to.len() > AT_ONCE {
            env.flush_policy.leave_to_background();
            if self.send_by_fanout(env, to, body, reach_all)? {
                return Ok(());
            }
        }
        if reach_all {
            self.take_room(env, to)?;
        }
        for (n, id) in to.iter().enumerate() {
            env.pipes.fetch(to.get(n + FAR_AHEAD), to.get(n + AHEAD));
            let Some(pipe) = env.pipes.get_mut(*id) else { continue };
            if !pipe.add_short(body, env.flush_policy) && (reach_all || pipe.can_write()) {
                // Without memory this pipe loses the message.
                let _ = pipe.write(0, Body::Copy(body.data()), env.flush_policy);
            }
        }
        Ok(())
    }

    /// Takes the room for a message in each of these pipes; `EAGAIN` if one has none.
    fn take_room(&mut self, env: &mut Env<'_>, pipes: &[PipeId]) -> Result<()> {
        if self.room == 0 {
            self.look_for_room(env, pipes)?;
        }
        self.room -= 1;
        Ok(())
    }

    /// Counts the messages for which there is room in each of these pipes; `EAGAIN` if there is
    /// none.
    #[cold]
    fn look_for_room(&mut self, env: &mut Env<'_>, pipes: &[PipeId]) -> Result<()> {
        if let Some(fanout) = &mut self.fanout {
            fanout.count(env.pipes);
        }
        if !each_has_room(env, pipes) {
            return Err(Errno::EAGAIN);
        }
        let rooms = pipes.iter().filter_map(|id| env.pipes.get(*id)?.writer.known_room());
        // Messages to a single pipe may take the fast path, past this count.
        let counted = if pipes.len() > 1 { rooms.min().unwrap_or(u64::MAX) } else { 1 };
        self.room = counted.max(1);
        Ok(())
    }

    /// Gives a message to all of these pipes at once, if it follows others like it and there is
    /// room; returns whether it did.
    fn send_by_fanout(
        &mut self,
        env: &mut Env<'_>,
        to: &[PipeId],
        body: &Body<'_>,
        reach_all: bool,
    ) -> Result<bool> {
        if self.fanout.is_none() && !self.start_fanout(env, to) {
            return Ok(false);
        }
        match self.take_room(env, to) {
            Ok(()) => {}
            Err(error) if reach_all => return Err(error),
            Err(_) => {
                self.settle(env);
                return Ok(false);
            }
        }
        let sent = self.fanout.as_mut().is_some_and(|fanout| fanout.send(env, to, body.data()));
        if !sent {
            self.settle(env);
        }
        Ok(sent)
    }

    /// Starts a fan-out log for all of these pipes, if it is time.
    fn start_fanout(&mut self, env: &mut Env<'_>, to: &[PipeId]) -> bool {
        self.row += 1;
        if self.row < ROW {
            return false;
        }
        self.row = 0;
        if self.look_for_room(env, to).is_ok() && self.room >= ROW {
            self.fanout = Fanout::start(env.pipes, to);
        }
        self.fanout.is_some()
    }

    /// Forgets the known room in the pipes, which is no longer right.
    pub fn forget_room(&mut self) {
        self.room = 0;
    }

    /// Writes a command of one frame to all pipes, also to those that are full: no mark counts it.
    pub fn send_command(&mut self, env: &mut Env<'_>, bytes: &[u8]) {
        self.choose_all(env);
        self.drop_closed(env);
        self.write(env, frame::COMMAND, Body::Copy(bytes));
        self.matched.clear();
    }

    fn write(&mut self, env: &mut Env<'_>, flags: u8, body: Body<'_>) {
        if self.matched.len() > AT_ONCE {
            env.flush_policy.leave_to_background();
        }
        if self.matched.len() <= 1 || body.data().len() <= COPY_MAX {
            return self.write_copies(env, flags, body);
        }
        match body {
            Body::Own(msg) => self.write_shared(env, flags, msg),
            Body::Copy(bytes) => match Msg::copy_of(bytes) {
                Ok(mut msg) => self.write_shared(env, flags, &mut msg),
                Err(_) => self.write_copies(env, flags, Body::Copy(bytes)),
            },
        }
    }

    fn write_copies(&mut self, env: &mut Env<'_>, flags: u8, body: Body<'_>) {
        if let (&[id], Body::Own(msg)) = (self.matched.as_slice(), &body)
            && msg.is_referable()
        {
            if !write_one(env, id, flags, body) {
                self.matched.clear();
            }
            return;
        }
        let bytes = body.data();
        self.matched.retain(|id| write_one(env, *id, flags, Body::Copy(bytes)));
    }

    fn write_shared(&mut self, env: &mut Env<'_>, flags: u8, msg: &mut Msg) {
        self.matched.retain(|id| write_one(env, *id, flags, Body::Own(&mut msg.share())));
    }
}

/// Whether each pipe has room. The first without room posts a command when it has some; then the
/// others are asked again.
fn each_has_room(env: &mut Env<'_>, pipes: &[PipeId]) -> bool {
    pipes.iter().all(|id| env.has_room(*id))
}

/// Writes a frame to one pipe; if that fails the pipe loses the whole message.
#[inline]
fn write_one(env: &mut Env<'_>, id: PipeId, flags: u8, body: Body<'_>) -> bool {
    let Some(pipe) = env.pipes.get_mut(id) else { return false };
    let written = pipe.write(flags, body, env.flush_policy).is_ok();
    if !written {
        pipe.writer.rollback();
    }
    written
}
