//! The envelope a REQ demands from the network: `[4-byte request id]`, an empty frame, the body
//! (RFC 28). A peer that breaks it is dropped before its frames are queued.
//!
//! Part of a REQ's connection, under the connection's lock; inproc has none. Commands do not pass.
#![forbid(unsafe_code)]

use super::frame::{FrameError, MORE};

/// Bytes of the id that `ZMQ_REQ_CORRELATE` puts first.
const REQUEST_ID_LEN: usize = 4;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Expect {
    #[default]
    Start,
    Delimiter,
    Body,
}

/// Where in a reply the connection is. A new connection starts with a new filter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReqFilter {
    expect: Expect,
}

impl ReqFilter {
    /// Looks at the flags and body length of the next frame.
    ///
    /// # Errors
    /// [`FrameError::Malformed`]: the connection ends as a protocol error.
    pub fn check(&mut self, flags: u8, body_len: usize) -> Result<(), FrameError> {
        self.expect = match (self.expect, flags, body_len) {
            (Expect::Start, MORE, REQUEST_ID_LEN) => Expect::Delimiter,
            (Expect::Start | Expect::Delimiter, MORE, 0) => Expect::Body,
            (Expect::Body, MORE, _) => Expect::Body,
            (Expect::Body, 0, _) => Expect::Start,
            _ => return Err(FrameError::Malformed),
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::COMMAND;
    use super::*;

    fn accepts(frames: &[(u8, usize)]) -> bool {
        let mut filter = ReqFilter::default();
        frames.iter().all(|(flags, len)| filter.check(*flags, *len).is_ok())
            && filter == ReqFilter::default()
    }

    #[test]
    fn replies() {
        assert!(accepts(&[(MORE, 0), (0, 5)]));
        assert!(accepts(&[(MORE, 0), (MORE, 0), (MORE, 4), (0, 0)]));
        assert!(accepts(&[(MORE, 4), (MORE, 0), (0, 4), (MORE, 0), (0, 1)]));
    }

    #[test]
    fn violations() {
        for frames in [
            &[(0, 0)][..],
            &[(0, 5)],
            &[(0, 4)],
            &[(MORE, 5)],
            &[(MORE, 4), (0, 0)],
            &[(MORE, 4), (MORE, 4)],
            &[(MORE | COMMAND, 0)],
            &[(MORE, 0), (COMMAND, 3)],
        ] {
            assert!(!accepts(frames), "{frames:?}");
        }
    }
}
