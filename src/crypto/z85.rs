//! Z85, the text form of binary keys: ZeroMQ RFC 32.
//!
//! Four bytes, read as one big-endian number, are five digits of base 85, the most significant
//! digit first. Pure functions; any thread.
#![forbid(unsafe_code)]

use crate::error::{Errno, Result};

/// Bytes of one group in binary form.
pub const BINARY_GROUP: usize = 4;
/// Characters of one group in text form.
pub const TEXT_GROUP: usize = 5;
/// Bytes of a CURVE key.
pub const KEY_BYTES: usize = 32;
/// Characters of a CURVE key in text form, without a terminating NUL.
pub const KEY_CHARS: usize = 40;

const ALPHABET: [u8; 85] =
    *b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/// Marks a byte that is not a digit.
const NO_DIGIT: u8 = 255;

/// Byte to digit value: the inverse of [`ALPHABET`].
const DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut value = 0;
    while value < ALPHABET.len() {
        digits[ALPHABET[value] as usize] = value as u8;
        value += 1;
    }
    digits
};

/// Encodes one group.
#[must_use]
pub fn encode_group(bytes: [u8; BINARY_GROUP]) -> [u8; TEXT_GROUP] {
    let mut value = u32::from_be_bytes(bytes);
    let mut text = [0; TEXT_GROUP];
    for character in text.iter_mut().rev() {
        *character = ALPHABET[(value % 85) as usize];
        value /= 85;
    }
    text
}

/// Decodes one group; `None` if a character is no digit or the number does not fit four bytes.
#[must_use]
pub fn decode_group(text: [u8; TEXT_GROUP]) -> Option<[u8; BINARY_GROUP]> {
    let mut value: u32 = 0;
    for character in text {
        let digit = DIGITS[usize::from(character)];
        if digit == NO_DIGIT {
            return None;
        }
        value = value.checked_mul(85)?.checked_add(u32::from(digit))?;
    }
    Some(value.to_be_bytes())
}

/// Encodes `data`.
///
/// # Errors
/// `EINVAL` if the length of `data` is not a multiple of 4.
pub fn encode(data: &[u8]) -> Result<Vec<u8>> {
    let mut text = Vec::with_capacity(data.len() / BINARY_GROUP * TEXT_GROUP);
    let mut rest = data;
    while let Some((group, more)) = rest.split_first_chunk() {
        text.extend_from_slice(&encode_group(*group));
        rest = more;
    }
    if rest.is_empty() { Ok(text) } else { Err(Errno::EINVAL) }
}

/// Decodes `text`.
///
/// # Errors
/// `EINVAL` if `text` is empty, its length is not a multiple of 5, or a group is not valid.
pub fn decode(text: &[u8]) -> Result<Vec<u8>> {
    let mut data = Vec::with_capacity(text.len() / TEXT_GROUP * BINARY_GROUP);
    let mut rest = text;
    while let Some((group, more)) = rest.split_first_chunk() {
        data.extend_from_slice(&decode_group(*group).ok_or(Errno::EINVAL)?);
        rest = more;
    }
    if rest.is_empty() && !data.is_empty() { Ok(data) } else { Err(Errno::EINVAL) }
}

/// Writes the text form of a CURVE key, without a copy elsewhere.
pub fn encode_key(key: &[u8; KEY_BYTES], text: &mut [u8; KEY_CHARS]) {
    let mut rest = &key[..];
    for out in text.chunks_exact_mut(TEXT_GROUP) {
        if let Some((group, more)) = rest.split_first_chunk() {
            out.copy_from_slice(&encode_group(*group));
            rest = more;
        }
    }
}

/// Writes the CURVE key that `text` (exactly 40 characters, no NUL) stands for, without a copy
/// elsewhere.
///
/// # Errors
/// `EINVAL` if it stands for none; then a part may have been written.
pub fn decode_key(text: &[u8], key: &mut [u8; KEY_BYTES]) -> Result<()> {
    if text.len() != KEY_CHARS {
        return Err(Errno::EINVAL);
    }
    let mut rest = text;
    for out in key.chunks_exact_mut(BINARY_GROUP) {
        let (group, more) = rest.split_first_chunk().ok_or(Errno::EINVAL)?;
        out.copy_from_slice(&decode_group(*group).ok_or(Errno::EINVAL)?);
        rest = more;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BINARY: [u8; 8] = [0x86, 0x4F, 0xD2, 0x6F, 0xB5, 0x59, 0xF7, 0x5B];

    #[test]
    fn test_vector_of_the_rfc() {
        assert_eq!(encode(&BINARY).as_deref(), Ok(&b"HelloWorld"[..]));
        assert_eq!(decode(b"HelloWorld").as_deref(), Ok(&BINARY[..]));
    }

    #[test]
    fn limits_of_a_group() {
        assert_eq!(&encode_group([0xff; 4]), b"%nSc0");
        assert_eq!(decode_group(*b"%nSc0"), Some([0xff; 4]));
        assert_eq!(decode_group(*b"%nSc1"), None);
        assert_eq!(decode_group(*b"#####"), None);
        assert_eq!(decode_group(*b"00000"), Some([0; 4]));
    }

    #[test]
    fn refuses_bad_lengths_and_characters() {
        for text in [&b""[..], b"1", b"1234", b"123456", b"1234~", b"12 45", b"1234\xff", b"1234\0"]
        {
            assert_eq!(decode(text), Err(Errno::EINVAL), "{text:?}");
        }
        assert_eq!(encode(&[1, 2, 3]), Err(Errno::EINVAL));
        assert_eq!(encode(&[]), Ok(Vec::new()));
    }

    #[test]
    fn keys_have_one_length() {
        let key: [u8; KEY_BYTES] = core::array::from_fn(|i| i as u8 * 7);
        let (mut text, mut back) = ([0; KEY_CHARS], [0; KEY_BYTES]);
        encode_key(&key, &mut text);
        assert_eq!((decode_key(&text, &mut back), back), (Ok(()), key));
        assert_eq!(decode_key(&text[..35], &mut back), Err(Errno::EINVAL));
        assert_eq!(decode_key(&[b'#'; KEY_CHARS], &mut back), Err(Errno::EINVAL));
        assert_eq!(encode(&key).as_deref(), Ok(&text[..]));
    }

    proptest! {
        #[test]
        fn round_trip(groups in prop::collection::vec(any::<[u8; 4]>(), 1..20)) {
            let data = groups.concat();
            prop_assert_eq!(decode(&encode(&data).unwrap()), Ok(data));
        }

        #[test]
        fn any_text_is_answered(text in prop::collection::vec(any::<u8>(), 0..40)) {
            if let Ok(data) = decode(&text) {
                prop_assert_eq!(encode(&data), Ok(text));
            }
        }
    }
}
