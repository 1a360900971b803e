//! Socket types: where a message goes out, where the next one comes from, which state a call needs.
//!
//! A pattern is called under its socket's lock and never blocks. If a call cannot be served now the
//! result is `EAGAIN`, and the socket waits and tries again. A pattern keeps pipe numbers, never
//! pipes.
#![forbid(unsafe_code)]

mod dealer;
mod pair;
pub mod policy;
mod publish;
mod pull;
mod push;
mod rep;
mod req;
mod router;
mod stream;
mod subscribe;
mod subscription;
#[cfg(test)]
mod testing;
mod xpub;
mod xsub;

use crate::adapt::work::Work;
use crate::error::{Errno, Result};
use crate::msg::frame;
use crate::options::{SocketOptions, SocketType};
use crate::pipe::{FlushPolicy, PipeId, Pipes};
use crate::queue::{Body, CreditEpoch, Incoming, Room};

/// The parts of its socket that a pattern works on during one call.
pub struct Env<'a> {
    pub pipes: &'a mut Pipes,
    pub options: &'a SocketOptions,
    /// Whether messages are flushed at once.
    pub flush_policy: &'a FlushPolicy,
    /// The credit that the call sees, where it can answer `EAGAIN`. A pattern that drops messages
    /// for want of room does so only if there really is none.
    pub look: CreditEpoch,
    /// The call polls for input again soon if it finds none: no peer need wake it meanwhile.
    pub polls_again: bool,
    /// The frames that the call may drop or apply. A loop over frames that do not end the call
    /// spends it. When it is used up the call answers with what it knows, and [`Pattern::go_on`]
    /// follows.
    pub work: &'a Work,
    /// Pipes the pattern has done with: the pipe peer is gone and everything was read, or the
    /// pattern wants them closed. The socket removes them after the call (and calls
    /// [`Pattern::detach`]).
    pub done: &'a mut Vec<PipeId>,
}

impl Env<'_> {
    /// Whether a pipe has room for another message, as far as the call sees credit.
    pub fn has_room(&mut self, id: PipeId) -> bool {
        self.pipes.get_mut(id).is_some_and(|pipe| pipe.room_for(self.look) == Room::Some)
    }

    /// Whether a pipe has something to read, for a call that polls again.
    pub fn has_come(&mut self, id: PipeId) -> bool {
        self.pipes.get_mut(id).is_some_and(|pipe| pipe.reader.has_come())
    }

    /// Marks the pipe as done with.
    pub fn finish(&mut self, id: PipeId) {
        if !self.done.contains(&id) {
            self.done.push(id);
        }
    }
}

/// A frame to send; the body is the caller's until the call succeeds.
pub struct Outgoing<'a> {
    pub more: bool,
    pub body: Body<'a>,
}

impl Outgoing<'_> {
    /// The flags with which the frame is written to a pipe.
    #[inline]
    pub fn flags(&self) -> u8 {
        if self.more { frame::MORE } else { 0 }
    }
}

/// The pattern of a new socket.
pub fn new(socket_type: SocketType) -> Box<dyn Pattern> {
    match socket_type {
        SocketType::Pair => Box::<pair::Pair>::default(),
        SocketType::Pub => Box::<publish::Pub>::default(),
        SocketType::Sub => Box::<subscribe::Sub>::default(),
        SocketType::Req => Box::new(req::Req::new()),
        SocketType::Rep => Box::<rep::Rep>::default(),
        SocketType::Dealer => Box::<dealer::Dealer>::default(),
        SocketType::Router => Box::new(router::Router::new()),
        SocketType::Pull => Box::<pull::Pull>::default(),
        SocketType::Push => Box::<push::Push>::default(),
        SocketType::Xpub => Box::<xpub::Xpub>::default(),
        SocketType::Xsub => Box::<xsub::Xsub>::default(),
        SocketType::Stream => Box::new(stream::Stream::new()),
    }
}

/// One socket type.
pub trait Pattern: Send {
    /// A pipe joined the socket. For connecting pipes the peer may not be identified yet.
    fn attach(&mut self, env: &mut Env<'_>, pipe: PipeId);

    /// The pipe's connection is up and `peer_routing_id` is set (connecting pipes only; also after
    /// each reconnect).
    fn connected(&mut self, _env: &mut Env<'_>, _pipe: PipeId) {}

    /// The pipe's connection was lost and will be made again.
    fn disconnected(&mut self, _env: &mut Env<'_>, _pipe: PipeId) {}

    /// The peer takes nothing more (`write_open` is false); what it sent can still be read. The
    /// pattern puts the pipe into [`Env::done`] as soon as that was read, or at once if it does not
    /// read. The peer has finished its writer before it posts this.
    fn closed(&mut self, env: &mut Env<'_>, pipe: PipeId);

    /// The pipe leaves the table, or has just left it: forget its number.
    fn detach(&mut self, env: &mut Env<'_>, pipe: PipeId);

    /// Messages came on a pipe whose reader slept.
    fn readable(&mut self, env: &mut Env<'_>, pipe: PipeId);

    /// A pipe that was full has room, or its mark was raised.
    fn writable(&mut self, env: &mut Env<'_>, pipe: PipeId);

    /// Goes on with the rest of a call that was cut short because it had used up its [`Env::work`].
    fn go_on(&mut self, _env: &mut Env<'_>) {}

    /// Sends one frame; `EAGAIN` when it cannot be taken now.
    fn send(&mut self, env: &mut Env<'_>, frame: Outgoing<'_>) -> Result<()>;

    /// Takes the next frame; `EAGAIN` when there is none.
    fn recv<'p>(&'p mut self, env: &'p mut Env<'_>) -> Result<Incoming<'p>>;

    /// Whether [`Pattern::recv`] would succeed.
    fn has_in(&mut self, env: &mut Env<'_>) -> bool;

    /// Whether [`Pattern::send`] would succeed.
    fn has_out(&mut self, env: &mut Env<'_>) -> bool;

    /// The pipe that a message of one frame would go to now, if sending it changes nothing else.
    /// The answer therefore holds until the pattern is called again.
    fn fast_path_out(&self, _options: &SocketOptions) -> Option<PipeId> {
        None
    }

    /// The pipe that a message of one frame would come from now, if receiving it changes nothing
    /// else.
    fn fast_path_in(&self, _options: &SocketOptions) -> Option<PipeId> {
        None
    }

    /// `ZMQ_SUBSCRIBE` (`true`) or `ZMQ_UNSUBSCRIBE`.
    fn subscribe(&mut self, _env: &mut Env<'_>, _topic: &[u8], _on: bool) -> Result<()> {
        Err(Errno::EINVAL)
    }

    /// `ZMQ_TOPICS_COUNT`; `EINVAL` for types without subscriptions.
    fn topics_count(&self) -> Result<usize> {
        Err(Errno::EINVAL)
    }

    /// `ZMQ_ROUTING_ID` where the type answers it itself (STREAM: the newest connection).
    fn newest_routing_id(&self) -> Option<&[u8]> {
        None
    }
}
