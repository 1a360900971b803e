//! Commands from the pipe peer to its socket. They wait in the socket's mailbox, and the calling
//! thread carries them out under the socket's lock. A command for a pipe that is gone is dropped.
#![forbid(unsafe_code)]

use crate::pipe::{Link, PipeId, PipePeer};
use crate::queue::{Reader, Writer};
use crate::sync::Arc;

/// A pipe's place and the generation of that place, so that a late command misses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PipeKey {
    pub id: PipeId,
    pub generation: u32,
}

impl PipeKey {
    /// The key as a number that is not 0.
    pub fn number(self) -> u64 {
        (self.id as u64 + 1) << 32 | u64::from(self.generation)
    }
}

/// The parts of a new pipe.
pub struct PipeParts {
    pub reader: Reader,
    pub writer: Writer,
    pub peer_end: Arc<dyn PipePeer>,
    pub peer_routing_id: Vec<u8>,
    pub identified: bool,
    pub given_routing_id: Vec<u8>,
    pub copy_max: usize,
    /// The session behind the pipe; 0 for a peer in this context.
    pub session: u64,
    /// The listener that accepted the peer; 0 for any other pipe.
    pub listener: u64,
    pub peer_marks: PeerMarks,
    /// The peer cannot subscribe and gets every message that is published.
    pub takes_all: bool,
}

/// The high-water marks of the peer's socket, which add to the own ones inside a context. For a
/// network pipe the own marks count alone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PeerMarks {
    #[default]
    None,
    Inproc {
        send: i32,
        receive: i32,
    },
}

impl PeerMarks {
    /// The mark of the queue towards the peer.
    pub fn outbound(self, own_send: i32) -> i32 {
        match self {
            PeerMarks::None => own_send,
            PeerMarks::Inproc { receive, .. } => sum(own_send, receive),
        }
    }

    /// The mark of the queue from the peer.
    pub fn inbound(self, own_receive: i32) -> i32 {
        match self {
            PeerMarks::None => own_receive,
            PeerMarks::Inproc { send, .. } => sum(own_receive, send),
        }
    }
}

/// The sum of two marks; either may be "none".
fn sum(one: i32, other: i32) -> i32 {
    if one == 0 || other == 0 { 0 } else { one.saturating_add(other) }
}

/// Called with the place that a pipe got in its socket.
pub type Assigned = Box<dyn FnOnce(PipeKey) + Send>;

/// A command from a pipe peer to a socket.
pub enum Command {
    /// A peer arrived: an accepted connection after its handshake, or a connecter in this context.
    Attach { parts: Box<PipeParts>, assigned: Assigned },
    /// Messages came while the socket's reader slept.
    Readable(PipeKey),
    /// The queue towards the peer has room again.
    Writable(PipeKey),
    /// A connecting pipe's connection came up, was lost, or both; the pipe stays and will be
    /// connected again.
    Link { pipe: PipeKey, link: Link },
    /// The peer's socket in this context is known now, and its marks count.
    Marks { pipe: PipeKey, peer_end: PeerMarks },
    /// The pipe peer is gone; what it sent may still be read.
    Closed(PipeKey),
    /// A connecting endpoint, named by its session, is not tried again and no longer belongs to the
    /// socket.
    EndpointGone(u64),
}
