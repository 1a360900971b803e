//! A pipe as its socket sees it: two queues, and the far end that has to be told of what happens.
//!
//! A pipe belongs to one socket and is used under that socket's lock. What comes from the far end
//! arrives as [`Command`]s, which the socket carries out inside its own calls.
#![forbid(unsafe_code)]

mod command;
mod pipes;

pub use command::{Command, PipeKey, PipeParts};
pub use pipes::Pipes;

use crate::error::Result;
use crate::msg::frame;
use crate::queue::{Body, Reader, Writer};
use crate::sync::Arc;

/// Where a pipe stands in its socket's table.
pub type PipeId = u32;

/// Backlog in bytes from which on the sender itself helps to move it.
const PRESSING: usize = 48 * 1024;

/// Whether what was queued should go out in this call or may be left to the background.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flush {
    /// The caller will probably wait for an answer: write now.
    Now,
    /// The caller is streaming: let the background write larger batches.
    Later,
}

/// The far end of a pipe: a connection, or another socket of the context. Its calls never block
/// and may be made under the socket's lock.
pub trait Far: Send + Sync {
    /// Something was queued while the far reader slept.
    fn readable(&self, flush: Flush);

    /// A lot is queued, or the caller is about to wait for room: move it if nobody else does.
    fn pressed(&self);

    /// Credit was given that the far writer waits for.
    fn writable(&self);

    /// This end is gone; what is queued towards the far end may still go out for `linger`
    /// milliseconds (-1: as long as it takes).
    fn close(&self, linger: i32);
}

/// A pipe of a socket.
pub struct Pipe {
    pub reader: Reader,
    pub writer: Writer,
    far: Arc<dyn Far>,
    /// The peer's routing id as it told it, or empty.
    pub peer_routing_id: Vec<u8>,
    /// Whether the peer's routing id is final: the handshake is done, or the peer is in this
    /// context.
    pub identified: bool,
    /// Name given by `ZMQ_CONNECT_ROUTING_ID`, which wins over the peer's own.
    pub given_routing_id: Vec<u8>,
    /// Whether the far end still takes messages.
    pub write_open: bool,
    /// Bodies up to this size are copied although they could be referred to.
    copy_max: usize,
    /// Speaks subscriptions as messages only (an unversioned peer needs no subscription).
    pub key: PipeKey,
}

impl Pipe {
    /// The socket's end of a pipe, from what [`Command::Attach`] brings.
    pub fn new(key: PipeKey, parts: PipeParts) -> Pipe {
        Pipe {
            reader: parts.reader,
            writer: parts.writer,
            far: parts.far,
            peer_routing_id: parts.peer_routing_id,
            identified: parts.identified,
            given_routing_id: parts.given_routing_id,
            write_open: true,
            copy_max: parts.copy_max,
            key,
        }
    }

    /// Whether a new message may be written: the far end is there and the queue below its mark.
    #[inline]
    pub fn can_write(&self) -> bool {
        self.write_open && self.writer.has_room()
    }

    /// Queues a frame and tells the far end if needed. `ENOMEM` leaves the frame with the caller.
    #[inline]
    pub fn write(&mut self, flags: u8, body: Body<'_>, flush: Flush) -> Result<()> {
        let written = self.writer.write(flags, body, self.copy_max)?;
        if written.wake_reader {
            self.far.readable(flush);
        } else if written.backlog > PRESSING {
            self.far.pressed();
        }
        Ok(())
    }

    /// Queues a copy of a frame.
    pub fn write_copy(&mut self, bytes: &[u8], more: bool, flush: Flush) -> Result<()> {
        self.write(if more { frame::MORE } else { 0 }, Body::Copy(bytes), flush)
    }

    /// After frames were taken: tells the far writer of credit it waits for.
    #[inline]
    pub fn after_read(&mut self) {
        if self.reader.take_credit_note() {
            self.far.writable();
        }
    }

    /// Asks the far end to move what is queued.
    pub fn press(&self) {
        self.far.pressed();
    }

    pub fn far(&self) -> &Arc<dyn Far> {
        &self.far
    }

    /// Ends this side of the pipe: nothing more is read, and what is queued outward gets `linger`
    /// milliseconds.
    pub fn close(mut self, linger: i32) {
        self.reader.abandon();
        self.writer.finish();
        self.far.close(linger);
    }
}
