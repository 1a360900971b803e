//! Frames of ZMTP 2.0 and 3.x (RFC 15, RFC 23 "Framing"): flags, length in 1 or 8 bytes, body.
//!
//! Pure functions; this is the hot path of every connection.
#![forbid(unsafe_code)]

use crate::error::Errno;
use crate::msg::frame;

pub use crate::msg::frame::{COMMAND, LARGE, MAX_HEADER, MORE};

/// Why bytes are no frame. Either ends the connection as a protocol error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FrameError {
    /// Longer than its limit or than memory can be.
    TooLarge,
    /// A length that the protocol forbids.
    Malformed,
}

impl FrameError {
    /// The number a monitor or log shows: `EMSGSIZE` or `EPROTO`.
    pub fn errno(self) -> Errno {
        match self {
            FrameError::TooLarge => Errno::EMSGSIZE,
            FrameError::Malformed => Errno::EPROTO,
        }
    }
}

/// A parsed frame header. `header_len + body_len` cannot overflow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// [`MORE`] and [`COMMAND`] only; every other bit is dropped.
    pub flags: u8,
    /// Bytes of the header itself.
    pub header_len: usize,
    /// Bytes of the body that follow it.
    pub body_len: usize,
}

impl Header {
    #[inline]
    pub fn more(self) -> bool {
        self.flags & MORE != 0
    }

    #[inline]
    pub fn command(self) -> bool {
        self.flags & COMMAND != 0
    }
}

/// A command below this many bytes passes any limit of messages. PING, PONG and common topics have
/// to reach a socket that takes messages of one byte.
pub(crate) const SMALL_COMMAND: u64 = 4 * 1024;

/// Checks a body length from the wire. A negative `maxmsgsize` means no limit but the address
/// space: as an unsigned number it is larger than any length that passes.
#[inline]
pub(crate) fn checked_len(len: u64, maxmsgsize: i64) -> Result<usize, FrameError> {
    if len > maxmsgsize as u64 || len > (isize::MAX as u64) - 16 {
        return Err(FrameError::TooLarge);
    }
    Ok(len as usize)
}

/// Reads the header at the start of `bytes`; `None` until it is complete. `maxmsgsize` is for
/// messages: a command below [`SMALL_COMMAND`] bytes passes it.
///
/// # Errors
/// [`FrameError::TooLarge`] as soon as the length is known, before any of the body is read.
#[inline]
pub fn parse_header(bytes: &[u8], maxmsgsize: i64) -> Result<Option<Header>, FrameError> {
    let Some(header) = frame::parse(bytes) else { return Ok(None) };
    let body_len = match checked_len(header.body_len, maxmsgsize) {
        Err(_) if header.flags & COMMAND != 0 && header.body_len <= SMALL_COMMAND => {
            header.body_len as usize
        }
        checked => checked?,
    };
    let flags = header.flags & (MORE | COMMAND);
    Ok(Some(Header { flags, header_len: header.header_len, body_len }))
}

/// Appends a whole frame to `out`. Of `flags` only [`MORE`] and [`COMMAND`] count.
pub fn append(flags: u8, body: &[u8], out: &mut Vec<u8>) {
    let (header, header_len) = frame::encode(flags & (MORE | COMMAND), body.len());
    out.reserve(header_len + body.len());
    out.extend_from_slice(header.get(..header_len).unwrap_or_default());
    out.extend_from_slice(body);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn short_and_long_forms_meet_at_256() {
        for (len, expected) in [(0, 2), (1, 2), (255, 2), (256, 9), (65_536, 9)] {
            let (out, size) = frame::encode(MORE, len);
            assert_eq!(size, expected);
            let header = parse_header(&out[..expected], -1).unwrap().unwrap();
            assert_eq!(header, Header { flags: MORE, header_len: expected, body_len: len });
            assert_eq!(parse_header(&out[..expected - 1], -1), Ok(None));
        }
    }

    #[test]
    fn the_limit_is_for_messages_and_long_commands() {
        let long = SMALL_COMMAND as usize + 1;
        for (flags, len, passes) in [
            (0, 1, true),
            (0, 2, false),
            (MORE, 2, false),
            (COMMAND, 2, true),
            (COMMAND, long - 1, true),
            (COMMAND, long, false),
        ] {
            let (header, _) = frame::encode(flags, len);
            assert_eq!(parse_header(&header, 1).is_ok(), passes, "{flags} {len}");
        }
    }

    #[test]
    fn known_bytes() {
        let mut out = Vec::new();
        append(0, b"Hello", &mut out);
        assert_eq!(out, b"\x00\x05Hello");
        assert_eq!(frame::encode(0, 64_000), ([2, 0, 0, 0, 0, 0, 0, 0xfa, 0], 9));
        let (header, _) = frame::encode(COMMAND, 256);
        assert_eq!(header, [6, 0, 0, 0, 0, 0, 0, 1, 0]);
    }

    #[test]
    fn unknown_bits_are_ignored_and_a_long_form_may_be_short() {
        let header = parse_header(&[0xf9, 3], -1).unwrap().unwrap();
        assert_eq!(header, Header { flags: MORE, header_len: 2, body_len: 3 });
        let header = parse_header(&[2, 0, 0, 0, 0, 0, 0, 0, 3], -1).unwrap().unwrap();
        assert_eq!(header, Header { flags: 0, header_len: 9, body_len: 3 });
    }

    #[test]
    fn limits() {
        assert!(parse_header(&[0, 10], 10).unwrap().is_some());
        assert_eq!(parse_header(&[0, 11], 10), Err(FrameError::TooLarge));
        assert!(parse_header(&[0, 0], 0).unwrap().is_some());
        assert_eq!(parse_header(&[0, 1], 0), Err(FrameError::TooLarge));
        for maxmsgsize in [-1, i64::MIN, i64::MAX] {
            assert!(parse_header(&[0, 255], maxmsgsize).unwrap().is_some());
            let huge = [2, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff];
            assert_eq!(parse_header(&huge, maxmsgsize), Err(FrameError::TooLarge));
        }
    }

    proptest! {
        #[test]
        fn frames_round_trip(
            flags in prop::sample::select(&[0, MORE, COMMAND, MORE | COMMAND][..]),
            body in prop::collection::vec(any::<u8>(), 0..600),
        ) {
            let mut wire = Vec::new();
            append(flags, &body, &mut wire);
            let header = parse_header(&wire, -1).unwrap().unwrap();
            prop_assert_eq!(header.flags, flags);
            prop_assert_eq!(header.body_len, body.len());
            prop_assert_eq!(&wire[header.header_len..], &body[..]);
        }
    }
}
