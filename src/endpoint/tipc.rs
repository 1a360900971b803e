//! TIPC addresses: `{service,lower,upper}`, `{service,instance}`, either with `@z.c.n`,
//! `<z.c.n:reference>` and `<*>`.
//!
//! libzmq reads them with `scanf`: white space may precede a number, and a number may have a sign.
//! The text behind the last number that is needed is ignored.
#![forbid(unsafe_code)]

use crate::error::{Errno, Result};
use crate::sys::tipc::TipcAddress;

/// Services below are the kernel's own.
const FIRST_SERVICE: u32 = 64;

/// The domain to search for an instance when the text names none: zone 1.
const DEFAULT_DOMAIN: u32 = 1 << 24;

/// The kinds of address that a text may stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TipcText {
    /// `<*>`: a socket of this node, chosen by the system.
    AnySocket,
    Address(TipcAddress),
}

impl TipcText {
    /// `EINVAL`: none of the forms, or a service of the kernel's own.
    pub fn parse(text: &[u8]) -> Result<TipcText> {
        if text.starts_with(b"<*>") {
            return Ok(TipcText::AnySocket);
        }
        let (name, domain) = match text.iter().position(|byte| *byte == b'@') {
            Some(at) => {
                let (name, domain) = text.split_at(at);
                let domain = domain.get(1..).and_then(whole_node).ok_or(Errno::EINVAL)?;
                (name, Some(domain))
            }
            None => (text, None),
        };
        range(name)
            .or_else(|| instance(name, domain.unwrap_or(DEFAULT_DOMAIN)))
            .or_else(|| socket(name))
            .filter(is_allowed)
            .map(TipcText::Address)
            .ok_or(Errno::EINVAL)
    }

    /// An address to bind: no fixed socket, as the system alone gives those.
    pub fn parse_bound(text: &[u8]) -> Result<TipcText> {
        match TipcText::parse(text)? {
            TipcText::Address(TipcAddress::Socket { .. }) => Err(Errno::EINVAL),
            other => Ok(other),
        }
    }

    /// An address to connect to.
    pub fn parse_connected(text: &[u8]) -> Result<TipcAddress> {
        match TipcText::parse(text)? {
            TipcText::AnySocket => Err(Errno::EINVAL),
            TipcText::Address(address) => Ok(address),
        }
    }
}

/// The text of an address as the system knows it.
pub fn endpoint_text(address: TipcAddress) -> Vec<u8> {
    match address {
        TipcAddress::Range { service, lower: a, upper: b }
        | TipcAddress::Instance { service, instance: a, domain: b } => {
            format!("tipc://{{{service}, {a}, {b}}}")
        }
        TipcAddress::Socket { node, reference } => {
            let (zone, cluster, node) = (node >> 24, (node >> 12) & 0xfff, node & 0xfff);
            format!("tipc://<{zone}.{cluster}.{node}:{reference}>")
        }
    }
    .into_bytes()
}

fn is_allowed(address: &TipcAddress) -> bool {
    match *address {
        TipcAddress::Range { service, lower, upper } => service >= FIRST_SERVICE && lower <= upper,
        // One more than for a range: it has always been so.
        TipcAddress::Instance { service, .. } => service > FIRST_SERVICE,
        TipcAddress::Socket { .. } => true,
    }
}

fn range(text: &[u8]) -> Option<TipcAddress> {
    let mut scan = Scan(text);
    let service = scan.literal(b'{')?.number()?;
    let lower = scan.literal(b',')?.number()?;
    let upper = scan.literal(b',')?.number()?;
    Some(TipcAddress::Range { service, lower, upper })
}

fn instance(text: &[u8], domain: u32) -> Option<TipcAddress> {
    let mut scan = Scan(text);
    let service = scan.literal(b'{')?.number()?;
    let instance = scan.literal(b',')?.number()?;
    Some(TipcAddress::Instance { service, instance, domain })
}

fn socket(text: &[u8]) -> Option<TipcAddress> {
    let mut scan = Scan(text);
    let node = scan.literal(b'<')?.node()?;
    let reference = scan.literal(b':')?.number()?;
    Some(TipcAddress::Socket { node, reference })
}

/// A node that nothing follows.
fn whole_node(text: &[u8]) -> Option<u32> {
    let mut scan = Scan(text);
    scan.node().filter(|_| scan.0.is_empty())
}

/// The rest of a text that is still to be read.
struct Scan<'a>(&'a [u8]);

impl Scan<'_> {
    fn literal(&mut self, wanted: u8) -> Option<&mut Self> {
        let (first, rest) = self.0.split_first()?;
        (*first == wanted).then_some(())?;
        self.0 = rest;
        Some(self)
    }

    /// A number as C reads it: white space, a sign, digits; cut to 32 bits.
    fn number(&mut self) -> Option<u32> {
        while let [b' ' | b'\t'..=b'\r', rest @ ..] = self.0 {
            self.0 = rest;
        }
        let negative = self.0.starts_with(b"-");
        if let [b'-' | b'+', rest @ ..] = self.0 {
            self.0 = rest;
        }
        let digits = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let (digits, rest) = self.0.split_at_checked(digits).filter(|(d, _)| !d.is_empty())?;
        self.0 = rest;
        // A number that does not fit 64 bits is the largest, whatever its sign.
        let number = digits
            .iter()
            .try_fold(0u64, |sum, digit| sum.checked_mul(10)?.checked_add(u64::from(digit - b'0')));
        Some(match number {
            Some(number) if negative => number.wrapping_neg() as u32,
            Some(number) => number as u32,
            None => u32::MAX,
        })
    }

    /// `zone.cluster.node`, in one number; parts that are too large spill over.
    fn node(&mut self) -> Option<u32> {
        let zone = self.number()?;
        let cluster = self.literal(b'.')?.number()?;
        let node = self.literal(b'.')?.number()?;
        Some((zone << 24) | (cluster << 12) | node)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(address: &str) -> Option<String> {
        let address = TipcText::parse_connected(address.as_bytes()).ok()?;
        Some(String::from_utf8(endpoint_text(address)).unwrap())
    }

    /// The observed results of libzmq for each text.
    #[test]
    fn texts_that_are_accepted() {
        for (given, shown) in [
            ("{5560,0,0}", "{5560, 0, 0}"),
            ("{5560,5,9}", "{5560, 5, 9}"),
            ("{5560, 0, 0}", "{5560, 0, 0}"),
            ("{ 5560,0,0}", "{5560, 0, 0}"),
            ("{5560,0,0}x", "{5560, 0, 0}"),
            ("{5560,0,0", "{5560, 0, 0}"),
            ("{64,0,0}", "{64, 0, 0}"),
            ("{5560,0,5}@1.2.3", "{5560, 0, 5}"),
            ("{-1,0,0}", "{4294967295, 0, 0}"),
            ("{5560,0}", "{5560, 0, 16777216}"),
            ("{65,0}", "{65, 0, 16777216}"),
            ("{5560,5}@0.0.0", "{5560, 5, 0}"),
            ("{5560,0}@1.2.3", "{5560, 0, 16785411}"),
            ("{5560,0}@ 1.2.3", "{5560, 0, 16785411}"),
            ("{5560,0} @1.2.3", "{5560, 0, 16785411}"),
            ("{5560,0@1.2.3", "{5560, 0, 16785411}"),
            ("{5560,0}@256.5000.5000", "{5560, 0, 20485000}"),
            ("{5560,0}x", "{5560, 0, 16777216}"),
            ("{5560,-1}", "{5560, 4294967295, 16777216}"),
            ("{+5560,0}", "{5560, 0, 16777216}"),
            ("{99999999999999999999,0}", "{4294967295, 0, 16777216}"),
            ("<1.2.3:4>", "<1.2.3:4>"),
            ("<1.2.3:4", "<1.2.3:4>"),
            ("<1.2.3:4>x", "<1.2.3:4>"),
            ("<300.2.3:4>", "<44.2.3:4>"),
            ("<1.5000.5000:4>", "<1.905.904:4>"),
        ] {
            assert_eq!(text(given), Some(format!("tipc://{shown}")), "{given}");
        }
    }

    #[test]
    fn texts_that_are_refused() {
        for bad in [
            "x",
            "*",
            "{}",
            "{1}",
            "<>",
            "<a>",
            "<*",
            "<1.2.3>",
            "5560,0",
            " {5560,0,0}",
            "{5560 ,0}",
            "{0x15b8,0}",
            "{5560,3,1}",
            "{63,0,0}",
            "{63,0}",
            "{64,0}",
            "{4294967297,0,0}",
            "{5560,0}@1.2",
            "{5560,0}@1.2.3.4",
            "{5560,0}@1.2.3@4.5.6",
            "{5560,0,5}@bad",
            "{5560,0,5}@1.2.3.4",
            "<1.2.3:4>@bad",
        ] {
            assert_eq!(TipcText::parse(bad.as_bytes()), Err(Errno::EINVAL), "{bad}");
        }
    }

    #[test]
    fn sockets_are_given_by_the_system_alone() {
        for any in ["<*>", "<*>x", "<*>@bad"] {
            assert_eq!(TipcText::parse_bound(any.as_bytes()), Ok(TipcText::AnySocket));
            assert_eq!(TipcText::parse_connected(any.as_bytes()), Err(Errno::EINVAL));
        }
        assert_eq!(TipcText::parse_bound(b"<1.2.3:4>"), Err(Errno::EINVAL));
        assert!(TipcText::parse_bound(b"{5560,0}").is_ok());
    }

    proptest! {
        #[test]
        fn any_text(text in "[{<][-+ 0-9a*.,:@{}<>]{0,24}") {
            let _ = TipcText::parse(text.as_bytes());
        }

        #[test]
        fn texts_come_back(service in 65u32.., a: u32, b: u32) {
            for address in [
                TipcAddress::Range { service, lower: a.min(b), upper: a.max(b) },
                TipcAddress::Socket { node: a, reference: b },
            ] {
                let text = endpoint_text(address);
                prop_assert_eq!(TipcText::parse_connected(&text[7..]), Ok(address));
            }
        }
    }
}
