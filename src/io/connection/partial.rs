//! Bytes of a stream that wait: the start of a frame that has not come as a whole, or what a full pipe does
//! not take. However small the pieces are in which a frame comes, or is taken, each byte is moved a few
//! times and not once for each piece.
//!
//! Part of the inbound direction, under the connection's `rx` lock.
#![forbid(unsafe_code)]

use crate::error::Errno;
use crate::io::connection::Cause;

/// See the module's documentation.
#[derive(Debug, Default)]
pub struct Partial {
    bytes: Vec<u8>,
    /// How many of them are done with.
    start: usize,
    /// How long the frame in front is; 0 until that is known.
    needed: usize,
}

impl Partial {
    /// What is behind the first `used` of these bytes, which begins with a frame that is so long.
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

    /// Whether the frame in front is not there as a whole with so many bytes more.
    pub fn lacks(&self, more: usize) -> bool {
        self.len() + more < self.needed
    }

    /// Begins anew with these bytes, of which the first make the start of a frame that is so long.
    ///
    /// # Errors
    /// `ENOMEM`, as for the rest.
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

    /// More bytes have come.
    pub fn append(&mut self, more: &[u8]) -> Result<(), Cause> {
        self.close_up();
        self.bytes.try_reserve(more.len()).map_err(|_| Cause::Connection(Errno::ENOMEM))?;
        self.bytes.extend_from_slice(more);
        Ok(())
    }

    /// The first `used` bytes are done with; the frame behind them is so long.
    pub fn pass(&mut self, used: usize, needed: usize) {
        self.start = self.start.saturating_add(used);
        self.needed = needed;
        if self.start >= self.bytes.len() {
            *self = Partial::default();
        }
    }

    /// All of it, to be put back by [`Partial::behind`].
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
