//! Addresses of multicast groups: `interface;group:port` for PGM, whose library knows what comes before
//! the port; `node,interface;host:port` for NORM, of which the first two may be missing.
#![forbid(unsafe_code)]

use std::ffi::CString;

use crate::endpoint::port;
use crate::error::{Errno, Result};

/// Which transport carries the group's messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Carrier {
    Pgm,
    /// PGM in UDP datagrams.
    Epgm,
    Norm,
}

impl Carrier {
    /// The scheme.
    pub fn name(self) -> &'static str {
        match self {
            Carrier::Pgm => "pgm",
            Carrier::Epgm => "epgm",
            Carrier::Norm => "norm",
        }
    }
}

/// Where a PGM group is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PgmAddress {
    /// Interface and groups, as the library of PGM reads them.
    pub network: CString,
    pub port: u16,
}

impl PgmAddress {
    /// `EINVAL`: no port, or 0.
    pub fn parse(text: &[u8]) -> Result<PgmAddress> {
        let at = text.iter().rposition(|byte| *byte == b':').ok_or(Errno::EINVAL)?;
        let (network, port) = text.split_at(at);
        let port = match port::parse(port.get(1..).unwrap_or_default())? {
            0 => return Err(Errno::EINVAL),
            port => port,
        };
        let network = CString::new(network).map_err(|_| Errno::EINVAL)?;
        Ok(PgmAddress { network, port })
    }
}

/// Where a NORM session is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NormAddress {
    /// The own number in it.
    pub node: Option<u32>,
    pub interface: Option<CString>,
    /// A group, or one machine.
    pub host: CString,
    pub port: u16,
}

impl NormAddress {
    /// `EINVAL`: no host, no port or 0, or a node that is no number from 1 on.
    pub fn parse(text: &[u8]) -> Result<NormAddress> {
        let (node, rest) = match cut(text, b',') {
            Some((node, rest)) => (Some(node_number(node)?), rest),
            None => (None, text),
        };
        let (interface, rest) = match cut(rest, b';') {
            Some((interface, rest)) => (Some(interface).filter(|name| !name.is_empty()), rest),
            None => (None, rest),
        };
        let PgmAddress { network: host, port } = PgmAddress::parse(rest)?;
        if host.is_empty() {
            return Err(Errno::EINVAL);
        }
        let interface = interface.map(CString::new).transpose().map_err(|_| Errno::EINVAL)?;
        Ok(NormAddress { node, interface, host, port })
    }
}

/// What is before the first such byte, and what is behind it.
fn cut(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|byte| *byte == separator)?;
    let (before, behind) = text.split_at(at);
    Some((before, behind.get(1..)?))
}

/// The highest number stands for any.
fn node_number(text: &[u8]) -> Result<u32> {
    let digits = text.iter().all(u8::is_ascii_digit);
    let text = core::str::from_utf8(text).ok().filter(|_| digits).ok_or(Errno::EINVAL)?;
    let number = text.parse().map_err(|_| Errno::EINVAL)?;
    if matches!(number, 0 | u32::MAX) { Err(Errno::EINVAL) } else { Ok(number) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sessions_of_norm() {
        let address = |node, interface: Option<&core::ffi::CStr>, host: &core::ffi::CStr, port| {
            let (interface, host) = (interface.map(Into::into), host.into());
            Ok(NormAddress { node, interface, host, port })
        };
        for (text, expected) in [
            (&b"239.1.1.1:5"[..], address(None, None, c"239.1.1.1", 5)),
            (b"eth0;239.1.1.1:70000", address(None, Some(c"eth0"), c"239.1.1.1", 4464)),
            (b"7,eth0;a:5x", address(Some(7), Some(c"eth0"), c"a", 5)),
            (b"7,a:5", address(Some(7), None, c"a", 5)),
            (b";a:5", address(None, None, c"a", 5)),
        ] {
            assert_eq!(NormAddress::parse(text), expected, "{text:?}");
        }
        for text in [
            &b"a"[..],
            b":5",
            b"a:",
            b"a:0",
            b"a:*",
            b"a:x",
            b",a:5",
            b"0,a:5",
            b"x,a:5",
            b"-1,a:5",
            b"4294967295,a:5",
            b"4294967296,a:5",
            b"a\0:5",
        ] {
            assert_eq!(NormAddress::parse(text), Err(Errno::EINVAL), "{text:?}");
        }
    }

    #[test]
    fn groups_of_pgm() {
        for (text, network, port) in [
            (&b"eth0;239.192.1.1:5555"[..], c"eth0;239.192.1.1", 5555),
            (b";239.192.1.1:1", c";239.192.1.1", 1),
            (b"a;b;c:70000", c"a;b;c", 4464),
            (b":5", c"", 5),
            (b"::5x", c":", 5),
        ] {
            let network = network.to_owned();
            assert_eq!(PgmAddress::parse(text), Ok(PgmAddress { network, port }));
        }
        for text in [&b"eth0;239.1.1.1"[..], b"a:", b"a:0", b"a:*", b"a:x", b"a:5:", b"a\0:5"] {
            assert_eq!(PgmAddress::parse(text), Err(Errno::EINVAL), "{text:?}");
        }
    }
}
