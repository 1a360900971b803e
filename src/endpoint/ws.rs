//! WebSocket addresses: `host:port` and `host:port/path`.
//!
//! The path begins at the last `/`; without one it is `/`. The text before it is resolved at the
//! call, also for a connect: a name that is unknown then is refused.
#![forbid(unsafe_code)]

use std::net::SocketAddr;

use super::tcp::{self, TcpConnectAddress};
use crate::endpoint::port;
use crate::error::{Errno, Result};

/// The separator of a source address, which WebSocket endpoints do not have.
const SOURCE: u8 = b';';

/// The address part of a `ws` endpoint that is bound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WsBindAddress {
    host_and_port: Vec<u8>,
    /// The path with the `/` that it begins with.
    pub path: Vec<u8>,
}

impl WsBindAddress {
    /// Takes the text apart.
    pub fn new(text: &[u8]) -> WsBindAddress {
        let (host_and_port, path) = split(text);
        WsBindAddress { host_and_port: host_and_port.to_vec(), path }
    }

    /// Whether the text gives the port.
    pub fn has_own_port(&self) -> bool {
        tcp::has_own_port(&self.host_and_port)
    }

    /// The addresses to bind; the first that works counts. Does not block.
    ///
    /// * `EINVAL`: no port or a bad one, an empty or unknown zone
    /// * `ENODEV`: neither `*` nor an interface nor a numeric address of the right family
    pub fn resolve(&self, ipv6: bool) -> Result<Vec<SocketAddr>> {
        tcp::local_addresses(&self.host_and_port, ipv6)
    }
}

/// The address part of a `ws` endpoint that is connected to.
#[derive(Clone, Debug)]
pub struct WsConnectAddress {
    /// The host as it was given, with brackets if it has some.
    pub host: Vec<u8>,
    pub port: u16,
    /// The path with the `/` that it begins with.
    pub path: Vec<u8>,
}

impl WsConnectAddress {
    /// Takes the text apart. `EINVAL` if it has no port, names an address that cannot be connected
    /// to, or has a path that HTTP cannot ask for.
    pub fn parse(text: &[u8]) -> Result<WsConnectAddress> {
        let (host_and_port, path) = split(text);
        let colon = host_and_port.iter().rposition(|byte| *byte == b':').ok_or(Errno::EINVAL)?;
        let (host, port) = host_and_port.split_at(colon);
        let port = port.get(1..).unwrap_or_default();
        let speakable = path.iter().all(|byte| *byte > b' ' && *byte != 0x7f);
        if host.is_empty() || host.contains(&SOURCE) || port == b"*" || !speakable {
            return Err(Errno::EINVAL);
        }
        let address = WsConnectAddress { host: host.to_vec(), port: port::parse(port)?, path };
        // Checks the letters of the host.
        TcpConnectAddress::parse(&address.authority(), false)?;
        Ok(address)
    }

    /// The address in the form of `tcp`.
    pub fn authority(&self) -> Vec<u8> {
        [&self.host, &b":"[..], self.port.to_string().as_bytes()].concat()
    }

    /// The endpoint with the port as a number and with a path.
    pub fn endpoint_text(&self) -> Vec<u8> {
        [b"ws://", &self.authority()[..], &self.path].concat()
    }
}

/// Host and port, and the path.
fn split(text: &[u8]) -> (&[u8], Vec<u8>) {
    match text.iter().rposition(|byte| *byte == b'/') {
        Some(slash) => {
            let (before, path) = text.split_at(slash);
            (before, path.to_vec())
        }
        None => (text, b"/".to_vec()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<String> {
        let address = WsConnectAddress::parse(text.as_bytes())?;
        Ok(String::from_utf8(address.endpoint_text()).unwrap())
    }

    #[test]
    fn paths() {
        for (text, expected) in [
            ("127.0.0.1:5555", "ws://127.0.0.1:5555/"),
            ("127.0.0.1:5555/", "ws://127.0.0.1:5555/"),
            ("127.0.0.1:5555/roman", "ws://127.0.0.1:5555/roman"),
            ("127.0.0.1:5555/a?b=c", "ws://127.0.0.1:5555/a?b=c"),
            ("127.0.0.1:5555/a/b", "ws://127.0.0.1:5555/b"),
            ("localhost:012ab/q", "ws://localhost:12/q"),
            ("[::1]:70000", "ws://[::1]:4464/"),
            ("127.0.0.1:0", "ws://127.0.0.1:0/"),
        ] {
            assert_eq!(shown(text).as_deref(), Ok(expected));
        }
        assert_eq!(WsBindAddress::new(b"*:*/x").path, b"/x");
        assert_eq!(WsBindAddress::new(b"*:*").path, b"/");
    }

    #[test]
    fn texts_that_are_refused() {
        for text in [
            "127.0.0.1",
            "127.0.0.1/",
            "127.0.0.1:",
            "127.0.0.1:*",
            "127.0.0.1:abc",
            ":5555",
            "*:5555",
            "/x",
            "0;127.0.0.1:5555",
            "127.0.0.1:5555/a b",
            "127.0.0.1:5555/a\r\nHost: x",
        ] {
            assert_eq!(shown(text), Err(Errno::EINVAL), "{text}");
        }
    }

    #[test]
    fn bound_addresses() {
        let bound = |text: &str| WsBindAddress::new(text.as_bytes()).resolve(false);
        assert_eq!(bound("127.0.0.1:5/x").unwrap(), ["127.0.0.1:5".parse().unwrap()]);
        assert_eq!(bound("*:*").unwrap(), ["0.0.0.0:0".parse().unwrap()]);
        for (text, error) in [
            ("127.0.0.1", Errno::EINVAL),
            ("127.0.0.1:*/a/b", Errno::EINVAL),
            ("/x", Errno::EINVAL),
            (":*", Errno::ENODEV),
            ("no-such-name:*", Errno::ENODEV),
            ("eth0;127.0.0.1:*", Errno::ENODEV),
            ("[::1]:*", Errno::ENODEV),
        ] {
            assert_eq!(bound(text), Err(error), "{text}");
        }
    }
}
