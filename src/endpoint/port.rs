//! Port numbers as C programs have always been allowed to write them.
#![forbid(unsafe_code)]

use crate::error::{Errno, Result};

/// The number at the start of `text` by the rules of C's `atoi`: white space, a sign, digits; the
/// rest is ignored. Too large values saturate in 64 bits and are then cut.
pub(super) fn leading_number(text: &[u8]) -> i32 {
    let is_space = |byte: &u8| byte.is_ascii_whitespace() || *byte == 0x0b;
    let start = text.iter().position(|byte| !is_space(byte)).unwrap_or(text.len());
    let (sign, digits) = match text.get(start..).unwrap_or_default() {
        [b'-', digits @ ..] => (-1, digits),
        [b'+', digits @ ..] => (1, digits),
        digits => (1, digits),
    };
    let number = digits.iter().take_while(|byte| byte.is_ascii_digit()).fold(0i64, |sum, digit| {
        sum.saturating_mul(10).saturating_add(sign * i64::from(digit - b'0'))
    });
    number as i32
}

/// A port: `*` or `0` leave the choice to the system, anything else is cut to 16 bits and must then
/// not be 0 (`EINVAL`).
pub(super) fn parse(text: &[u8]) -> Result<u16> {
    if matches!(text, b"*" | b"0") {
        return Ok(0);
    }
    match leading_number(text) as u16 {
        0 => Err(Errno::EINVAL),
        port => Ok(port),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_are_read_like_the_original_reads_them() {
        for (text, port) in [
            (&b"*"[..], 0),
            (b"0", 0),
            (b"1", 1),
            (b"65535", 65535),
            (b"70000", 4464),
            (b"12ab", 12),
            (b"4466 ", 4466),
            (b" 4465", 4465),
            (b"+4464", 4464),
            (b"-1", 65535),
            (b"-60000", 5536),
            (b"4294972296", 5000),
            (b"99999999999999999999", 65535),
            (b"1/", 1),
        ] {
            assert_eq!(parse(text), Ok(port), "{text:?}");
        }
    }

    #[test]
    fn ports_that_come_out_as_zero() {
        for text in [
            &b""[..],
            b"00",
            b"ab",
            b"!",
            b"*x",
            b"0x10",
            b"65536",
            b"131072",
            b"4294967296",
            b"-0",
            b"*/",
            b"\xff",
            b"+",
            b" ",
            b"- 1",
        ] {
            assert_eq!(parse(text), Err(Errno::EINVAL), "{text:?}");
        }
    }
}
