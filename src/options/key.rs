//! CURVE keys as option values: 32 bytes, or 40 characters of Z85 (RFC 32).
//!
//! A text that turns out to be wrong leaves the old key; libzmq leaves half of each.
#![forbid(unsafe_code)]

use zeroize::Zeroizing;

use crate::crypto::z85;
use crate::error::{Errno, Result};

/// A key in Z85 with its final NUL.
pub const TEXT_LENGTH: usize = 41;

/// Reads a key as `zmq_setsockopt` accepts it into its place, or `EINVAL`.
pub fn parse(value: &[u8], key: &mut [u8; 32]) -> Result<()> {
    match value.len() {
        32 => key.copy_from_slice(value),
        z85::KEY_CHARS => z85::decode_key(value, key)?,
        TEXT_LENGTH => z85::decode_key(value.strip_suffix(b"\0").ok_or(Errno::EINVAL)?, key)?,
        _ => return Err(Errno::EINVAL),
    }
    Ok(())
}

/// The key in Z85, with its final NUL.
pub fn to_text(key: &[u8; 32]) -> Zeroizing<[u8; TEXT_LENGTH]> {
    let mut text = Zeroizing::new([0; TEXT_LENGTH]);
    if let Some(characters) = text.first_chunk_mut() {
        z85::encode_key(key, characters);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(value: &[u8]) -> Result<[u8; 32]> {
        let mut key = [0; 32];
        super::parse(value, &mut key).map(|()| key)
    }

    const TEXT: &[u8; 40] = b"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";

    #[test]
    fn both_forms() {
        let key = parse(TEXT).unwrap();
        assert_eq!(&to_text(&key)[..40], TEXT);
        assert_eq!(parse(&to_text(&key)[..]), Ok(key));
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
