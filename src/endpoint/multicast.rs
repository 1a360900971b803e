//! Addresses of multicast groups. PGM: `interface;group:port`, and the PGM library reads the text
//! before the port. NORM: `node,interface;host:port`, of which the first two may be missing.
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

/// The place of a PGM group. The PGM library reads the texts, and `parse` refuses those that break
/// it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PgmAddress {
    /// Interface and groups.
    pub network: CString,
    /// Interface and group to send to, if that is another than the first.
    pub send: Option<CString>,
    pub port: u16,
}

impl PgmAddress {
    /// `EINVAL`: no port, or 0; more than three parts; a part that the library has no room for.
    pub fn parse(text: &[u8]) -> Result<PgmAddress> {
        let (network, port) = split_port(text)?;
        let parts: Vec<&[u8]> = network.split(|byte| *byte == b';').collect();
        if network.len() > LONGEST_NETWORK || !parts.iter().all(|part| can_be_described(part)) {
            return Err(Errno::EINVAL);
        }
        let (network, send) = match *parts {
            [interface] => (interface.to_vec(), None),
            [interface, groups] | [interface, groups, b""] => {
                ([interface, groups].join(&b';'), None)
            }
            // A third part behind a group ends the process: the PGM library shows them two at a
            // time.
            [interface, groups, send] if !send.contains(&b',') => {
                ([interface, groups].join(&b';'), Some([interface, send].join(&b';')))
            }
            _ => return Err(Errno::EINVAL),
        };
        if !parts.first().is_some_and(|part| entries(part).all(can_be_interface)) {
            return Err(Errno::EINVAL);
        }
        let text = |bytes| CString::new(bytes).map_err(|_| Errno::EINVAL);
        Ok(PgmAddress { network: text(network)?, send: send.map(text).transpose()?, port })
    }
}

fn split_port(text: &[u8]) -> Result<(&[u8], u16)> {
    let at = text.iter().rposition(|byte| *byte == b':').ok_or(Errno::EINVAL)?;
    let (before, port) = text.split_at(at);
    match port::parse(port.get(1..).unwrap_or_default())? {
        0 => Err(Errno::EINVAL),
        port => Ok((before, port)),
    }
}

// The PGM library writes beyond its stack when a text is longer than it expects.

/// The limit of libzmq; the PGM library has room for more.
const LONGEST_NETWORK: usize = 254;
/// The PGM library's room for an interface, which may be an address, without the length of a
/// prefix.
const LONGEST_INTERFACE: usize = 45;
/// The PGM library's room for the descriptions of all groups of a list.
const ROOM: usize = 1023;
/// The PGM library does not read entries behind so many commas.
const MOST_ENTRIES: usize = 10;

fn entries(part: &[u8]) -> impl Iterator<Item = &[u8]> {
    part.split(|byte| *byte == b',')
}

fn can_be_interface(entry: &[u8]) -> bool {
    let prefix = entry.iter().position(|byte| *byte == b'/');
    prefix.unwrap_or(entry.len()) <= LONGEST_INTERFACE
}

fn can_be_described(part: &[u8]) -> bool {
    let room = entries(part).map(longest_description).sum::<usize>();
    entries(part).count() <= MOST_ENTRIES && room <= ROOM
}

/// The longest description of a group, which has its address twice in it. A name may stand for any
/// address.
fn longest_description(entry: &[u8]) -> usize {
    let address = if entry.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.') {
        15
    } else if entry.contains(&b'%') {
        39 + 1 + 15
    } else {
        39
    };
    71 + 2 * address
}

/// The place of a NORM session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NormAddress {
    /// The own number in the session.
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
        let (host, port) = split_port(rest)?;
        if host.is_empty() {
            return Err(Errno::EINVAL);
        }
        let host = CString::new(host).map_err(|_| Errno::EINVAL)?;
        let interface = interface.map(CString::new).transpose().map_err(|_| Errno::EINVAL)?;
        Ok(NormAddress { node, interface, host, port })
    }
}

/// The parts before and behind the first such byte.
fn cut(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().position(|byte| *byte == separator)?;
    let (before, behind) = text.split_at(at);
    Some((before, behind.get(1..)?))
}

/// A node's number; the highest number stands for any address.
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
        for (text, network, send, port) in [
            (&b"eth0;239.192.1.1:5555"[..], c"eth0;239.192.1.1", None, 5555),
            (b";239.192.1.1:1", c";239.192.1.1", None, 1),
            (b"a;b,c;:1", c"a;b,c", None, 1),
            (b"a;b,c;d:70000", c"a;b,c", Some(c"a;d"), 4464),
            (b":5", c"", None, 5),
            (b"::5x", c":", None, 5),
        ] {
            let (network, send) = (network.to_owned(), send.map(Into::into));
            assert_eq!(PgmAddress::parse(text), Ok(PgmAddress { network, send, port }));
        }
        for text in [
            &b"eth0;239.1.1.1"[..],
            b"a:",
            b"a:0",
            b"a:*",
            b"a:x",
            b"a:5:",
            b"a\0:5",
            b"a;b;c;d:5",
            b"a;b;c;:5",
            b"a;b;c,d:5",
        ] {
            assert_eq!(PgmAddress::parse(text), Err(Errno::EINVAL), "{text:?}");
        }
    }

    #[test]
    fn texts_that_the_library_of_pgm_has_no_room_for() {
        let list = |entry: &str, count| vec![entry; count].join(",");
        let (long, group) = ("i".repeat(45), "239.1.1.1");
        let fits = |text: String| PgmAddress::parse(format!("{text}:5").as_bytes()).is_ok();
        for (good, bad) in [
            (format!("{long};{group}"), format!("{long}i;{group}")),
            (format!("a,{long}/128"), format!("a,{long}i/128")),
            (format!("a;{}", list(group, 10)), format!("a;{}", list(group, 11))),
            (format!("a;{}", list("ff08::1", 6)), format!("a;{}", list("ff08::1", 7))),
            (format!("a;{}", list("name", 6)), format!("a;{}", list("name", 7))),
            (format!("a;{}", list("ff02::1%a", 5)), format!("a;{}", list("ff02::1%a", 6))),
            (list("ff08::1", 6), list("ff08::1", 7)),
            (format!("a;{}", "g".repeat(252)), format!("a;{}", "g".repeat(253))),
        ] {
            assert_eq!((fits(good.clone()), fits(bad)), (true, false), "{good}");
        }
    }
}
