//! Waiting bytes of a stream: the start of an incomplete frame, or bytes that a full pipe does not
//! take. Each byte is moved only a few times, however small the pieces are in which a frame comes
//! or is taken.
//!
//! Part of the inbound direction, under the connection's `rx` lock.
#![forbid(unsafe_code)]

use crate::error::Errno;
use crate::io::connection::Cause;

/// See the module's documentation.
#[derive(Debug, Default)]
pub struct Partial {
    bytes: Vec<u8>,
    /// Number of leading bytes that are done with.
    start: usize,
    /// Length in bytes of the first frame; 0 until that is known.
    needed: usize,
}

impl Partial {
    /// Keeps the bytes behind the first `used` ones; they begin with a frame of `needed` bytes.
    pub fn behind(bytes: Vec<u8>, used: usize, needed: usize) -> Partial {
        let mut partial = Partial { bytes, start: 0, needed: 0 };
        partial.pass(used, needed);
        partial
    }

    pub fn rest(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    pub fn len(&self) -> usize {
        self.bytes.len() - self.start
    }

    /// Whether the first frame is still incomplete with `more` further bytes.
    pub fn lacks(&self, more: usize) -> bool {
        self.len() + more < self.needed
    }

    /// Begins anew with these bytes; they begin with a frame of `needed` bytes.
    ///
    /// # Errors
    /// `ENOMEM`, as in the other functions here.
    pub fn keep(&mut self, rest: &[u8], needed: usize) -> Result<(), Cause> {
        if rest.is_empty() {
            *self = Partial::default();
            return Ok(());
        }
        self.bytes.clear();
        (self.start, self.needed) = (0, needed);
        let room = self.bytes.try_reserve_exact(rest.len());
        room.map_err(|_| Cause::Connection(Errno::ENOMEM))?;
        self.bytes.extend_from_slice(rest);
        Ok(())
    }

    /// Adds bytes that have come.
    pub fn append(&mut self, more: &[u8]) -> Result<(), Cause> {
        self.close_up();
        self.bytes.try_reserve(more.len()).map_err(|_| Cause::Connection(Errno::ENOMEM))?;
        self.bytes.extend_from_slice(more);
        Ok(())
    }

    /// Passes the first `used` bytes; the frame behind them has `needed` bytes.
    pub fn pass(&mut self, used: usize, needed: usize) {
        self.start = self.start.saturating_add(used);
        self.needed = needed;
        if self.start >= self.bytes.len() {
            *self = Partial::default();
        }
    }

    /// Takes all kept bytes, to be put back by [`Partial::behind`].
    pub fn take(&mut self) -> Vec<u8> {
        self.close_up();
        core::mem::take(self).bytes
    }

    fn close_up(&mut self) {
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_wait_until_the_frame_is_whole() {
        let mut partial = Partial::default();
        assert!(!partial.lacks(0) && !partial.lacks(1), "who knows");
        partial.keep(b"\0\x05ab", 7).unwrap();
        assert!(partial.lacks(2) && !partial.lacks(3));
        partial.append(b"cd").unwrap();
        assert_eq!((partial.rest(), partial.lacks(0)), (&b"\0\x05abcd"[..], true));
        partial.append(b"e\0\x01x\0").unwrap();
        partial.pass(7, 3);
        assert_eq!((partial.rest(), partial.len()), (&b"\0\x01x\0"[..], 4));
        partial.pass(3, 0);
        partial.append(b"\x01").unwrap();
        assert_eq!(partial.rest(), b"\0\x01");
        partial.pass(2, 0);
        assert_eq!((partial.len(), partial.bytes.capacity()), (0, 0));
    }

    #[test]
    fn taken_and_put_back() {
        let mut partial = Partial::default();
        partial.keep(b"1234", 9).unwrap();
        partial.pass(1, 2);
        let bytes = partial.take();
        assert!(partial.len() == 0 && !partial.lacks(0));
        assert_eq!(bytes, b"234");
        assert_eq!(Partial::behind(bytes, 2, 5).rest(), b"4");
        partial.keep(b"", 7).unwrap();
        assert!(!partial.lacks(0));
    }
}
