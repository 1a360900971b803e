//! The frame header that ZMTP 2.0 and 3.x share (RFC 15, RFC 23): flags, then one or eight length
//! bytes. Messages wait in pipes in this form too, so that they can go out as they are. No state.
#![forbid(unsafe_code)]

/// More frames of this message follow.
pub const MORE: u8 = 1;
/// The length takes eight bytes.
pub const LARGE: u8 = 2;
/// A command, not a message.
pub const COMMAND: u8 = 4;

/// The longest header.
pub const MAX_HEADER: usize = 9;

/// A frame header as read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    pub flags: u8,
    /// Bytes of the header itself: 2 or 9.
    pub header_len: usize,
    pub body_len: u64,
}

impl Header {
    #[inline]
    pub fn more(&self) -> bool {
        self.flags & MORE != 0
    }

    #[inline]
    pub fn command(&self) -> bool {
        self.flags & COMMAND != 0
    }
}

/// The header at the start of `bytes`, or `None` when it is not complete.
#[inline]
pub fn parse(bytes: &[u8]) -> Option<Header> {
    let (&flags, rest) = bytes.split_first()?;
    if flags & LARGE == 0 {
        let &len = rest.first()?;
        Some(Header { flags, header_len: 2, body_len: u64::from(len) })
    } else {
        let len = rest.first_chunk::<8>()?;
        Some(Header { flags, header_len: 9, body_len: u64::from_be_bytes(*len) })
    }
}

/// Writes the header of a body of `body_len` bytes; `flags` without [`LARGE`], which follows from
/// the length. Returns the buffer and how many of its bytes are the header.
#[inline]
pub fn encode(flags: u8, body_len: usize) -> ([u8; MAX_HEADER], usize) {
    let mut header = [0; MAX_HEADER];
    match u8::try_from(body_len) {
        Ok(len) => {
            header[0] = flags;
            header[1] = len;
            (header, 2)
        }
        Err(_) => {
            header[0] = flags | LARGE;
            header[1..].copy_from_slice(&(body_len as u64).to_be_bytes());
            (header, MAX_HEADER)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn header_sizes_change_at_256() {
        for (len, size) in [(0, 2), (255, 2), (256, 9), (1 << 20, 9)] {
            let (bytes, n) = encode(MORE, len);
            assert_eq!(n, size);
            let header = parse(&bytes[..n]).expect("complete");
            assert_eq!((header.header_len, header.body_len), (size, len as u64));
            assert!(header.more() && !header.command());
            assert_eq!(parse(&bytes[..n - 1]), None);
        }
    }
}
