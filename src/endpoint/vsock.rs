//! Addresses of virtual machines (`AF_VSOCK`): `cid:port`, each a number or `*`; `@` is the
//! host.
#![forbid(unsafe_code)]

use crate::error::{Errno, Result};

/// A context identifier (which machine) and a port.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VsockAddress {
    pub cid: u32,
    pub port: u32,
}

/// Any context identifier or port.
const ANY: u32 = libc::VMADDR_CID_ANY;

impl VsockAddress {
    /// An address to bind: `EINVAL` when a part is missing or no number.
    pub fn parse(text: &[u8]) -> Result<VsockAddress> {
        let at = text.iter().rposition(|byte| *byte == b':').ok_or(Errno::EINVAL)?;
        let (cid, port) = text.split_at(at);
        let cid = if cid == b"@" { libc::VMADDR_CID_HOST } else { number(cid)? };
        Ok(VsockAddress { cid, port: number(port.get(1..).unwrap_or_default())? })
    }

    /// An address to connect to: `EINVAL` also for `*`.
    pub fn parse_connected(text: &[u8]) -> Result<VsockAddress> {
        let address = VsockAddress::parse(text)?;
        if address.cid == ANY || address.port == ANY { Err(Errno::EINVAL) } else { Ok(address) }
    }

    /// `vsock://cid:port`, with `*` for any.
    pub fn endpoint_text(self) -> Vec<u8> {
        format!("vsock://{}:{}", shown(self.cid), shown(self.port)).into_bytes()
    }
}

fn number(text: &[u8]) -> Result<u32> {
    if matches!(text, b"*" | b"-1") {
        return Ok(ANY);
    }
    let digits = text.iter().all(u8::is_ascii_digit);
    let text = core::str::from_utf8(text).ok().filter(|_| digits).ok_or(Errno::EINVAL)?;
    text.parse().map_err(|_| Errno::EINVAL)
}

fn shown(number: u32) -> String {
    if number == ANY { "*".to_owned() } else { number.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (text, cid, port, shown) in [
            ("1:5555", 1, 5555, "vsock://1:5555"),
            ("@:5555", 2, 5555, "vsock://2:5555"),
            ("2:4294967294", 2, u32::MAX - 1, "vsock://2:4294967294"),
            ("*:70000", ANY, 70000, "vsock://*:70000"),
            ("-1:*", ANY, ANY, "vsock://*:*"),
            ("3:-1", 3, ANY, "vsock://3:*"),
            ("4294967295:1", ANY, 1, "vsock://*:1"),
            ("0:0", 0, 0, "vsock://0:0"),
        ] {
            let address = VsockAddress::parse(text.as_bytes()).unwrap();
            assert_eq!(address, VsockAddress { cid, port }, "{text}");
            assert_eq!(address.endpoint_text(), shown.as_bytes(), "{text}");
            let connected = VsockAddress::parse_connected(text.as_bytes());
            assert_eq!(connected.is_ok(), cid != ANY && port != ANY, "{text}");
        }
    }

    #[test]
    fn what_is_no_address() {
        for text in ["", "1", ":", "1:", ":1", "a:1", "1:a", "1:1x", "+1:1", "@@:1", "1:@", "-2:1"]
        {
            assert_eq!(VsockAddress::parse(text.as_bytes()), Err(Errno::EINVAL), "{text}");
        }
        assert_eq!(VsockAddress::parse(b"4294967296:1"), Err(Errno::EINVAL));
        assert_eq!(VsockAddress::parse(b"1:\xff"), Err(Errno::EINVAL));
    }
}
