//! CURVE keys as option values: 32 bytes, or 40 characters of Z85 (RFC 32).
//!
//! A text that turns out to be wrong leaves the old key; the original leaves half of each.
#![forbid(unsafe_code)]

use crate::error::{Errno, Result};

/// A key in Z85 with its final NUL.
pub const TEXT_LENGTH: usize = 41;

const DIGITS: &[u8; 85] =
    b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/// Reads a key as `zmq_setsockopt` accepts it, or `EINVAL`.
pub fn parse(value: &[u8]) -> Result<[u8; 32]> {
    match value.len() {
        32 => value.try_into().map_err(|_| Errno::EINVAL),
        40 => decode(value).ok_or(Errno::EINVAL),
        TEXT_LENGTH => value.strip_suffix(b"\0").and_then(decode).ok_or(Errno::EINVAL),
        _ => Err(Errno::EINVAL),
    }
}

fn decode(text: &[u8]) -> Option<[u8; 32]> {
    let mut key = [0; 32];
    for (group, out) in text.chunks_exact(5).zip(key.chunks_exact_mut(4)) {
        let number = group.iter().try_fold(0u32, |number, character| {
            let digit = DIGITS.iter().position(|d| d == character)? as u32;
            number.checked_mul(85)?.checked_add(digit)
        })?;
        out.copy_from_slice(&number.to_be_bytes());
    }
    Some(key)
}

/// The key in Z85, with its final NUL.
pub fn to_text(key: &[u8; 32]) -> [u8; TEXT_LENGTH] {
    let mut text = [0; TEXT_LENGTH];
    for (group, out) in key.chunks_exact(4).zip(text.chunks_exact_mut(5)) {
        let mut number = group.iter().fold(0u32, |number, byte| number << 8 | u32::from(*byte));
        for character in out.iter_mut().rev() {
            *character = DIGITS[(number % 85) as usize];
            number /= 85;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &[u8; 40] = b"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";

    #[test]
    fn both_forms() {
        let key = parse(TEXT).unwrap();
        assert_eq!(&to_text(&key)[..40], TEXT);
        assert_eq!(parse(&to_text(&key)), Ok(key));
        assert_eq!(parse(&key), Ok(key));
        assert_eq!(key[..4], [0x54, 0xfc, 0xba, 0x24]);
    }

    #[test]
    fn refused() {
        let with = |at: usize, byte: u8| {
            let mut text = *TEXT;
            text[at] = byte;
            text
        };
        for text in [with(7, b' '), with(7, b'"'), with(7, 0x80), with(13, 0), [b'#'; 40]] {
            assert_eq!(parse(&text), Err(Errno::EINVAL));
        }
        assert_eq!(parse(&[TEXT.as_slice(), b"x"].concat()), Err(Errno::EINVAL));
        for length in [0, 31, 33, 39, 42, 123] {
            assert_eq!(parse(&vec![b'a'; length]), Err(Errno::EINVAL));
        }
    }
}
