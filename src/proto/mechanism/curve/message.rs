//! MESSAGE of CURVE (RFC 26): how each frame travels when the handshake is done.
//!
//! A frame's body is `"\x07MESSAGE"`, a count of eight bytes, and a box that holds one byte of
//! flags and the body proper. Each direction has its own half, under that direction's lock. This is
//! the hot path of every encrypted connection: boxes are sealed and opened where they lie.
#![forbid(unsafe_code)]

use crate::crypto::{BoxKey, Channel, TAG_BYTES, Tag};
use crate::error::{Errno, Result};
use crate::proto::HandshakeError;
use crate::proto::mechanism::split_command;
use crate::proto::zmtp::frame;

const MESSAGE: &[u8; 8] = b"\x07MESSAGE";

/// Bytes that a frame's body grows by.
pub const OVERHEAD: usize = MESSAGE.len() + 8 + TAG_BYTES + 1;

/// The flags inside the box.
const MORE: u8 = 1;
const COMMAND: u8 = 2;

const FROM_CLIENT: &[u8; 16] = b"CurveZMQMESSAGEC";
const FROM_SERVER: &[u8; 16] = b"CurveZMQMESSAGES";

/// Both halves, in the state that the handshake leaves them in.
#[derive(Debug)]
pub struct Sealing {
    pub outgoing: Box<Sealer>,
    pub incoming: Box<Opener>,
}

impl Sealing {
    /// The halves of a side that has agreed on `key`. `sent` and `received` are the counts of the
    /// last commands of either side.
    pub fn new(key: &BoxKey, is_server: bool, sent: u64, received: u64) -> Self {
        let (own, peers) =
            if is_server { (FROM_SERVER, FROM_CLIENT) } else { (FROM_CLIENT, FROM_SERVER) };
        Sealing {
            outgoing: Box::new(Sealer { channel: Channel::new(key, own), count: sent }),
            incoming: Box::new(Opener { channel: Channel::new(key, peers), last: received }),
        }
    }
}

/// The outbound half.
#[derive(Debug)]
pub struct Sealer {
    channel: Channel,
    /// How many commands were sealed.
    count: u64,
}

impl Sealer {
    /// Appends the frame that carries a frame with these `flags` ([`frame::MORE`] and
    /// [`frame::COMMAND`]) and this body.
    ///
    /// # Errors
    /// `ENOMEM`; `EFAULT` after 2^64 frames. Nothing was appended.
    #[inline]
    pub fn append(&mut self, flags: u8, body: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let count = self.count.checked_add(1).ok_or(Errno::EFAULT)?;
        let size = OVERHEAD + body.len();
        out.try_reserve(frame::MAX_HEADER + size)?;
        self.count = count;
        let (header, header_len) = crate::msg::frame::encode(0, size);
        out.extend_from_slice(header.get(..header_len).unwrap_or_default());
        out.extend_from_slice(MESSAGE);
        out.extend_from_slice(&count.to_be_bytes());
        let start = out.len();
        out.extend_from_slice(&[0; TAG_BYTES]);
        out.push(inner_flags(flags));
        out.extend_from_slice(body);
        if let Some((tag, content)) = out.get_mut(start..).and_then(|s| s.split_first_chunk_mut()) {
            *tag = self.channel.seal(count, content);
        }
        Ok(())
    }
}

fn inner_flags(flags: u8) -> u8 {
    let more = if flags & frame::MORE != 0 { MORE } else { 0 };
    let command = if flags & frame::COMMAND != 0 { COMMAND } else { 0 };
    more | command
}

/// The inbound half.
#[derive(Debug)]
pub struct Opener {
    channel: Channel,
    /// The largest count that came.
    last: u64,
}

impl Opener {
    /// Opens the body of a frame where it lies. Gives the flags ([`frame::MORE`] and
    /// [`frame::COMMAND`]) of the frame that it carries. That frame's body follows the first
    /// [`OVERHEAD`] bytes.
    ///
    /// # Errors
    /// The connection is over: the body is no MESSAGE, came before, or was changed.
    #[inline]
    pub fn open(&mut self, body: &mut [u8]) -> std::result::Result<u8, HandshakeError> {
        if !body.starts_with(MESSAGE) {
            return Err(no_message(body));
        }
        let data = body.get_mut(MESSAGE.len()..).unwrap_or_default();
        let (count, tag, content) = split(data).ok_or(HandshakeError::MALFORMED_MESSAGE)?;
        if count <= self.last {
            return Err(HandshakeError::INVALID_SEQUENCE);
        }
        self.last = count;
        self.channel.open(count, &tag, content).map_err(|_| HandshakeError::CRYPTOGRAPHIC)?;
        let flags = content.first().copied().unwrap_or(0);
        let more = if flags & MORE != 0 { frame::MORE } else { 0 };
        let command = if flags & COMMAND != 0 { frame::COMMAND } else { 0 };
        Ok(more | command)
    }
}

/// The error for a body that is no MESSAGE.
#[cold]
fn no_message(body: &[u8]) -> HandshakeError {
    match split_command(body) {
        Ok(_) => HandshakeError::UNEXPECTED_COMMAND,
        Err(error) => error,
    }
}

/// Splits off the count, the tag and the encrypted bytes, which are one byte of flags at least.
fn split(data: &mut [u8]) -> Option<(u64, Tag, &mut [u8])> {
    let (count, data) = data.split_first_chunk_mut()?;
    let (tag, content) = data.split_first_chunk_mut()?;
    (!content.is_empty()).then_some((u64::from_be_bytes(*count), *tag, content))
}
