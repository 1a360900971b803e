//! Frames of ZMTP 1.0 (RFC 13): length of flags and body in 1 or 9 bytes, flags, body.
//!
//! Pure functions. A 1.0 connection has no commands; its first frame each way is the routing id.
#![forbid(unsafe_code)]

use super::frame::{FrameError, Header, MORE, checked_len};

/// The longest header [`encode_header`] writes, in bytes.
pub const MAX_HEADER: usize = 10;

/// The first byte of the long form.
const LONG: u8 = 0xff;

/// Reads the header at the start of `bytes`; `None` until it is complete. The flags byte counts
/// as header.
///
/// # Errors
/// [`FrameError::Malformed`] for a length that leaves no room for the flags;
/// [`FrameError::TooLarge`] for a body above `maxmsgsize` (negative: no limit).
#[inline]
pub fn parse_header(bytes: &[u8], maxmsgsize: i64) -> Result<Option<Header>, FrameError> {
    let [first, rest @ ..] = bytes else { return Ok(None) };
    let (prefix_len, len, rest) = if *first == LONG {
        let Some((len, rest)) = rest.split_first_chunk() else { return Ok(None) };
        (9, u64::from_be_bytes(*len), rest)
    } else {
        (1, u64::from(*first), rest)
    };
    let len = len.checked_sub(1).ok_or(FrameError::Malformed)?;
    let body_len = checked_len(len, maxmsgsize)?;
    let [flags, ..] = rest else { return Ok(None) };
    Ok(Some(Header { flags: flags & MORE, header_len: prefix_len + 1, body_len }))
}

/// Writes the header of a body of `body_len` bytes and returns how many bytes of `out` it took.
#[inline]
pub fn encode_header(more: bool, body_len: usize, out: &mut [u8; MAX_HEADER]) -> usize {
    let flags = if more { MORE } else { 0 };
    let len = body_len as u64 + 1;
    if len < u64::from(LONG) {
        out[0] = len as u8;
        out[1] = flags;
        2
    } else {
        out[0] = LONG;
        out[1..9].copy_from_slice(&len.to_be_bytes());
        out[9] = flags;
        10
    }
}

/// Appends a whole frame to `out`.
pub fn append(more: bool, body: &[u8], out: &mut Vec<u8>) {
    let mut header = [0; MAX_HEADER];
    let header_len = encode_header(more, body.len(), &mut header);
    out.reserve(header_len + body.len());
    out.extend_from_slice(&header[..header_len]);
    out.extend_from_slice(body);
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_bytes() {
        let mut out = Vec::new();
        append(true, b"XY", &mut out);
        assert_eq!(out, b"\x03\x01XY");
        let mut header = [0; MAX_HEADER];
        assert_eq!(encode_header(false, 253, &mut header), 2);
        assert_eq!(header[..2], [254, 0]);
        assert_eq!(encode_header(false, 254, &mut header), 10);
        assert_eq!(header, [255, 0, 0, 0, 0, 0, 0, 0, 255, 0]);
    }

    #[test]
    fn limits() {
        assert_eq!(parse_header(&[0], -1), Err(FrameError::Malformed));
        assert_eq!(parse_header(&[255, 0, 0, 0, 0, 0, 0, 0, 0], -1), Err(FrameError::Malformed));
        assert!(parse_header(&[11, 0], 10).unwrap().is_some());
        assert_eq!(parse_header(&[12], 10), Err(FrameError::TooLarge));
        assert_eq!(parse_header(&[255; 9], -1), Err(FrameError::TooLarge));
    }

    #[test]
    fn a_long_form_may_be_short_and_flag_bits_are_ignored() {
        let header = parse_header(&[255, 0, 0, 0, 0, 0, 0, 0, 3, 0x7e], -1).unwrap().unwrap();
        assert_eq!(header, Header { flags: 0, header_len: 10, body_len: 2 });
    }

    proptest! {
        #[test]
        fn frames_round_trip(more: bool, body in prop::collection::vec(any::<u8>(), 0..600)) {
            let mut wire = Vec::new();
            append(more, &body, &mut wire);
            let header = parse_header(&wire, -1).unwrap().unwrap();
            prop_assert_eq!(header.more(), more);
            prop_assert_eq!(header.body_len, body.len());
            prop_assert_eq!(&wire[header.header_len..], &body[..]);
            prop_assert_eq!(parse_header(&wire[..header.header_len - 1], -1), Ok(None));
        }
    }
}
