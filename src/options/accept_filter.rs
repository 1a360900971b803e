//! `ZMQ_TCP_ACCEPT_FILTER`: parsing `address[/mask]` and matching peers against it.
//!
//! Only literal addresses, in the forms `getaddrinfo` takes with `AI_NUMERICHOST`. With IPv6 on, an
//! IPv4 address becomes its mapped form `::ffff:a.b.c.d`. **The mask counts from the first of its
//! 128 bits**, as in libzmq: `10.0.0.0/8` then lets every mapped peer in.
#![forbid(unsafe_code)]

use crate::error::{Errno, Result};
use crate::options::values::{AcceptFilter, SocketOptions};
use core::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Longest interface name after `%`.
const INTERFACE_NAME: usize = 15;

impl AcceptFilter {
    /// Whether this filter lets a peer in. Families never match each other: on a dual-stack
    /// listener an IPv4 peer is its mapped IPv6 address.
    pub fn matches(&self, peer: IpAddr) -> bool {
        match (self.network, peer) {
            (IpAddr::V4(network), IpAddr::V4(peer)) => {
                same_prefix(network.to_bits().into(), peer.to_bits().into(), 32, self.prefix_bits)
            }
            (IpAddr::V6(network), IpAddr::V6(peer)) => {
                same_prefix(network.to_bits(), peer.to_bits(), 128, self.prefix_bits)
            }
            _ => false,
        }
    }

    /// Parses `address[/mask]`; `EINVAL` for anything else.
    pub fn parse(text: &[u8], ipv6: bool) -> Result<AcceptFilter> {
        // libzmq reads a C string: bytes behind a NUL are ignored.
        let text = text.split(|b| *b == 0).next().unwrap_or_default();
        let text = core::str::from_utf8(text).map_err(|_| Errno::EINVAL)?;
        let (host, mask) = match text.rsplit_once('/') {
            Some((host, mask)) => (host, Some(mask)),
            None => (text, None),
        };
        let network = parse_address(host, ipv6).ok_or(Errno::EINVAL)?;
        let width = if network.is_ipv4() { 32 } else { 128 };
        let prefix_bits = match mask {
            Some(mask) => parse_mask(mask, width).ok_or(Errno::EINVAL)?,
            None => width,
        };
        Ok(AcceptFilter { network, prefix_bits })
    }
}

/// The setter of the option: adds a filter, or clears the list.
pub(super) fn set(options: &mut SocketOptions, value: Option<&[u8]>) -> Result<()> {
    match value {
        Some(text) => options.accept_filters.push(AcceptFilter::parse(text, options.ipv6)?),
        None => options.accept_filters.clear(),
    }
    Ok(())
}

/// Whether two addresses of `width` bits agree in the first `bits`.
fn same_prefix(a: u128, b: u128, width: u8, bits: u8) -> bool {
    let ignored = u32::from(width.saturating_sub(bits));
    (a ^ b).checked_shr(ignored).unwrap_or(0) == 0
}

/// Parses a mask as `atoi` reads it (leading blanks, a sign, trailing rubbish); 0 only when written
/// as `0`.
fn parse_mask(text: &str, width: u8) -> Option<u8> {
    if text == "0" {
        return Some(0);
    }
    let number = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    let number = number.strip_prefix('+').unwrap_or(number);
    let end = number.find(|c: char| !c.is_ascii_digit()).unwrap_or(number.len());
    let digits = number.get(..end)?.trim_start_matches('0');
    digits.parse::<u8>().ok().filter(|bits| (1..=width).contains(bits))
}

fn parse_address(host: &str, ipv6: bool) -> Option<IpAddr> {
    let host = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')).unwrap_or(host);
    let host = strip_scope(host)?;
    match (parse_ipv4(host), ipv6) {
        (Some(v4), false) => Some(IpAddr::V4(v4)),
        (Some(v4), true) => Some(IpAddr::V6(v4.to_ipv6_mapped())),
        (None, true) => host.parse::<Ipv6Addr>().ok().map(IpAddr::V6),
        (None, false) => host.parse::<Ipv6Addr>().ok()?.to_ipv4_mapped().map(IpAddr::V4),
    }
}

/// Takes `%interface` off. It plays no part in matching, so the interface need not exist.
fn strip_scope(host: &str) -> Option<&str> {
    match host.split_once('%') {
        None => Some(host),
        Some((address, scope)) => {
            (!scope.is_empty() && scope.len() <= INTERFACE_NAME).then_some(address)
        }
    }
}

/// The forms of `inet_aton`: one to four numbers, decimal, octal or hexadecimal; the last one fills
/// the bytes that are left.
fn parse_ipv4(text: &str) -> Option<Ipv4Addr> {
    let mut address: u32 = 0;
    let mut parts = text.split('.');
    let mut left: u32 = 32;
    while let Some(part) = parts.next() {
        let number = parse_c_number(part)?;
        let last = parts.clone().next().is_none();
        let bits = if last { left } else { 8 };
        if left < 8 || u64::from(number) >> bits != 0 {
            return None;
        }
        left -= bits;
        address |= number.checked_shl(left).unwrap_or(0);
    }
    Some(Ipv4Addr::from_bits(address))
}

/// A C integer constant without sign or suffix.
fn parse_c_number(text: &str) -> Option<u32> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(hexadecimal) => (hexadecimal, 16),
        None if text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    // `from_str_radix` would take a sign.
    let plain = digits.bytes().all(|b| b.is_ascii_hexdigit());
    plain.then(|| u32::from_str_radix(digits, radix).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(text: &str, ipv6: bool) -> bool {
        AcceptFilter::parse(text.as_bytes(), ipv6).is_ok()
    }

    fn filter(text: &str, ipv6: bool) -> AcceptFilter {
        AcceptFilter::parse(text.as_bytes(), ipv6).unwrap()
    }

    #[test]
    fn literals_of_both_families() {
        for text in ["127.0.0.1", "10.0.0.0/8", "[1.2.3.4]/8", "1.2.65535", "10", "0x7f.1", "010.1"]
        {
            assert!(accepted(text, false) && accepted(text, true), "{text}");
        }
        for text in ["::1", "::/0", "[::1]/64", "fe80::1%lo/64", "::ffff:0:0/96", "::1/128"] {
            assert!(!accepted(text, false) && accepted(text, true), "{text}");
        }
        assert!(accepted("10.0.0.0/33", true) && !accepted("10.0.0.0/33", false));
        assert_eq!(filter("::ffff:127.0.0.1/8", false), filter("127.0.0.1/8", false));
    }

    #[test]
    fn refused() {
        let hosts = [
            "",
            "foo",
            "localhost",
            "*",
            "lo",
            "[]",
            "[",
            "[::1",
            "::1]",
            "[::1]x",
            "0x",
            "08.0.0.1",
            "1.2.3.4.",
            "1.2.3.256",
            "1.2.65536",
            "1.16777216",
            "4294967296",
            "1.2..4",
            ".1",
            "1.2.3.4 ",
            " 127.0.0.1",
            "127.0.0.1:80",
            "127.0.0.1:*",
            "fe80::1%",
            "0::00001",
            "+1",
            "1.2.3.4.5",
            "/8",
            "10.0.0.0/8/9",
            "1:2:3:4:5:6:7:8:9",
            "0.0.0.0foo",
            "1.-2.3.4",
        ];
        for text in hosts {
            assert!(!accepted(text, false) && !accepted(text, true), "{text}");
        }
        assert!(AcceptFilter::parse(&[0xff, 0xfe], true).is_err());
    }

    #[test]
    fn masks_are_read_like_atoi() {
        for (mask, bits) in [
            ("0", 0),
            ("8", 8),
            ("08", 8),
            ("+8", 8),
            (" 8", 8),
            ("\t8", 8),
            ("8a", 8),
            ("32.5", 32),
        ] {
            assert_eq!(filter(&format!("1.2.3.4/{mask}"), false).prefix_bits, bits, "{mask}");
        }
        for mask in ["", "a", "-1", "-0", "00", "+0", "0a", "0x8", "+ 8", "33", "4294967304"] {
            assert!(!accepted(&format!("1.2.3.4/{mask}"), false), "{mask}");
        }
        assert_eq!(filter("1.2.3.4", false).prefix_bits, 32);
        assert_eq!(filter("::1", true).prefix_bits, 128);
    }

    #[test]
    fn ends_at_a_nul() {
        let expected = filter("127.0.0.1", false);
        assert_eq!(AcceptFilter::parse(b"127.0.0.1\0/8", false), Ok(expected));
    }

    #[test]
    fn matching() {
        let peer = |text: &str| text.parse::<IpAddr>().unwrap();
        assert!(filter("127.0.0.0/8", false).matches(peer("127.9.9.9")));
        assert!(!filter("10.0.0.0/8", false).matches(peer("127.0.0.1")));
        assert!(!filter("127.0.0.255/32", false).matches(peer("127.0.0.1")));
        assert!(filter("0.0.0.0/0", false).matches(peer("1.2.3.4")));
        assert!(filter("::/0", true).matches(peer("1::2")));
        assert!(!filter("::2/127", true).matches(peer("::1")));
        assert!(!filter("127.0.0.0/8", false).matches(peer("::ffff:127.0.0.1")));
        assert!(!filter("127.0.0.1", true).matches(peer("127.0.0.1")));
        assert!(filter("127.0.0.1", true).matches(peer("::ffff:127.0.0.1")));
        assert!(filter("10.0.0.0/8", true).matches(peer("::ffff:127.0.0.1")));
        assert!(!filter("10.0.0.0/104", true).matches(peer("::ffff:127.0.0.1")));
    }
}
