//! Gathers one whole frame (RFC 23 "Framing") from pieces of any size: the handshake's way of
//! reading. The running phase parses its read buffer in place instead.
//!
//! Part of a connection's handshake, under the connection's lock.
#![forbid(unsafe_code)]

use zeroize::Zeroizing;

use super::frame::{self, FrameError};
use super::v1;
use crate::crypto::extend_wiping;
use crate::proto::HandshakeError;

/// Longest frame of a handshake, in bytes. A stranger cannot make a connection hold more than this;
/// the protocol itself needs a few hundred. `ZMQ_MAXMSGSIZE` is for messages.
pub const MAX_HANDSHAKE_FRAME: i64 = 1 << 20;

/// One frame in the making.
#[derive(Debug)]
pub(super) struct Collector {
    v1: bool,
    /// Header bytes until `body_len` is known, then body bytes.
    bytes: Zeroizing<Vec<u8>>,
    body_len: Option<usize>,
}

impl Collector {
    pub(super) fn new(v1: bool) -> Self {
        Collector { v1, bytes: Zeroizing::default(), body_len: None }
    }

    /// Takes the bytes of the current frame from the start of `input`, and returns how many they
    /// were. 0 only when the frame is complete or `input` is empty.
    pub(super) fn feed(&mut self, input: &[u8]) -> Result<usize, HandshakeError> {
        let mut used = 0;
        for byte in input {
            if self.body_len.is_some() {
                break;
            }
            used += 1;
            self.bytes.push(*byte);
            self.try_header()?;
        }
        let rest = input.get(used..).unwrap_or_default();
        let missing = self.body_len.map_or(0, |len| len.saturating_sub(self.bytes.len()));
        let body = rest.get(..missing).unwrap_or(rest);
        // The body may be a password.
        extend_wiping(&mut self.bytes, body)?;
        Ok(used + body.len())
    }

    fn try_header(&mut self) -> Result<(), FrameError> {
        let parse = if self.v1 { v1::parse_header } else { frame::parse_header };
        if let Some(header) = parse(&self.bytes, MAX_HANDSHAKE_FRAME)? {
            self.body_len = Some(header.body_len);
            self.bytes.clear();
        }
        Ok(())
    }

    /// The body of the frame when it is complete; the next one may then be fed.
    pub(super) fn take(&mut self) -> Option<Vec<u8>> {
        if self.body_len != Some(self.bytes.len()) {
            return None;
        }
        self.body_len = None;
        Some(std::mem::take(&mut *self.bytes))
    }
}
