//! Socket types: where a message goes out, where the next one comes from, what state a call needs.
//!
//! A pattern is called under its socket's lock and never blocks: what cannot be done now is
//! `EAGAIN`, and the socket waits and tries again. It keeps pipe numbers, never pipes.
#![forbid(unsafe_code)]

use crate::error::{Errno, Result};
use crate::options::SocketOptions;
use crate::pipe::{Flush, PipeId, Pipes};
use crate::queue::{Body, Incoming};

/// What a pattern works on during one call of its socket.
pub struct Env<'a> {
    pub pipes: &'a mut Pipes,
    pub options: &'a SocketOptions,
    /// Whether what is sent should go out at once.
    pub flush: Flush,
    /// Pipes the pattern has done with: their far end is gone and everything was read, or the
    /// pattern wants them closed. The socket removes them after the call (and calls
    /// [`Pattern::detach`]).
    pub done: &'a mut Vec<PipeId>,
}

/// A frame to send; the body is the caller's until the call succeeds.
pub struct Outgoing<'a> {
    pub more: bool,
    pub body: Body<'a>,
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

    /// The far end takes nothing more (`write_open` is false); what it sent can still be read.
    /// Patterns that do not read put the pipe into [`Env::done`].
    fn closed(&mut self, env: &mut Env<'_>, pipe: PipeId);

    /// The pipe leaves the table: forget its number.
    fn detach(&mut self, env: &mut Env<'_>, pipe: PipeId);

    /// Messages came on a pipe whose reader slept.
    fn readable(&mut self, env: &mut Env<'_>, pipe: PipeId);

    /// A pipe that was full has room.
    fn writable(&mut self, env: &mut Env<'_>, pipe: PipeId);

    /// Sends one frame; `EAGAIN` when it cannot be taken now.
    fn send(&mut self, env: &mut Env<'_>, frame: Outgoing<'_>) -> Result<()>;

    /// Takes the next frame; `EAGAIN` when there is none.
    fn recv<'p>(&'p mut self, env: &'p mut Env<'_>) -> Result<Incoming<'p>>;

    /// Whether [`Pattern::recv`] would succeed.
    fn has_in(&mut self, env: &mut Env<'_>) -> bool;

    /// Whether [`Pattern::send`] would succeed.
    fn has_out(&mut self, env: &mut Env<'_>) -> bool;

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
