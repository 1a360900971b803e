//! What the far end of a pipe tells a socket. Commands wait in the socket's mailbox and are carried
//! out inside the socket's own calls; one for a pipe that is gone is dropped.
#![forbid(unsafe_code)]

use crate::pipe::{Far, PipeId};
use crate::queue::{Reader, Writer};
use crate::sync::Arc;

/// A pipe's place and the generation of that place, so that a late command misses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PipeKey {
    pub id: PipeId,
    pub generation: u32,
}

/// What a new pipe is made of.
pub struct PipeParts {
    pub reader: Reader,
    pub writer: Writer,
    pub far: Arc<dyn Far>,
    pub peer_routing_id: Vec<u8>,
    pub identified: bool,
    pub given_routing_id: Vec<u8>,
    pub copy_max: usize,
}

/// A message from a far end to a socket.
pub enum Command {
    /// A peer arrived: an accepted connection after its handshake, or a connecter in this context.
    /// The far end is told the key through `assigned`.
    Attach { parts: PipeParts, assigned: Box<dyn FnOnce(PipeKey) + Send> },
    /// Messages came while the socket's reader slept.
    Readable(PipeKey),
    /// There is room again.
    Writable(PipeKey),
    /// A connecting pipe's handshake is done (again, after each reconnect): the peer's routing id.
    Connected { pipe: PipeKey, peer_routing_id: Vec<u8> },
    /// A connecting pipe lost its connection; it stays and will be connected again.
    Disconnected(PipeKey),
    /// The far end is gone; what it sent may still be read.
    Closed(PipeKey),
}
