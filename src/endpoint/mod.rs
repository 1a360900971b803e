//! Endpoint texts: the arguments of `zmq_bind` and `zmq_connect`, taken apart and resolved.
//!
//! Texts are bytes: a C caller may pass any. Nothing here is shared but the [`Resolver`] and the
//! [`Workers`] that it has.
#![forbid(unsafe_code)]

mod multicast;
mod port;
mod resolver;
pub mod scheme;
mod tcp;
mod tipc;
mod vsock;
mod workers;
mod ws;

pub use multicast::{Carrier, NormAddress, PgmAddress};
pub use resolver::{Done, Resolver};
pub use tcp::{TcpBindAddress, TcpConnectAddress, Unresolved, numeric_form};
pub(crate) use tcp::{endpoint_text as tcp_text, numeric_text};
pub use tipc::{TipcText, endpoint_text as tipc_text};
pub use vsock::VsockAddress;
pub use workers::{After, Work, Workers};
pub use ws::{WsBindAddress, WsConnectAddress};

use crate::error::{Errno, Result};
use crate::options::SocketType;

/// An endpoint of a transport that exists here, without the scheme. Its text was only split, not
/// yet checked.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    Tcp(Vec<u8>),
    /// A path, `@name` for an abstract name, or `*...` at bind for a temporary file.
    Ipc(Vec<u8>),
    /// The name without `inproc://`.
    Inproc(Vec<u8>),
    Tipc(Vec<u8>),
    Vsock(Vec<u8>),
    Ws(Vec<u8>),
    /// A group whose messages this transport carries.
    Multicast(Carrier, Vec<u8>),
}

impl Endpoint {
    /// Takes the text apart for a socket of this type.
    ///
    /// * `EINVAL`: no `://`, or nothing on one side of it
    /// * `ENOCOMPATPROTO`: this transport does not serve this socket type
    /// * `EPROTONOSUPPORT`: an unknown scheme, or one that is not built, or whose library is not
    ///   there
    pub fn parse(text: &[u8], socket_type: SocketType) -> Result<Endpoint> {
        let (name, address) = split(text)?;
        let scheme = scheme::find(name).ok_or(Errno::EPROTONOSUPPORT)?;
        if !scheme.serves.includes(socket_type) {
            return Err(Errno::ENOCOMPATPROTO);
        }
        let make = scheme.make.filter(|_| scheme.is_present()).ok_or(Errno::EPROTONOSUPPORT)?;
        Ok(make(address.to_vec()))
    }

    /// The scheme, as in the text.
    pub fn scheme(&self) -> &'static str {
        match self {
            Endpoint::Tcp(_) => "tcp",
            Endpoint::Ipc(_) => "ipc",
            Endpoint::Inproc(_) => "inproc",
            Endpoint::Tipc(_) => "tipc",
            Endpoint::Vsock(_) => "vsock",
            Endpoint::Ws(_) => "ws",
            Endpoint::Multicast(carrier, _) => carrier.name(),
        }
    }

    /// The text behind `scheme://`.
    pub fn address(&self) -> &[u8] {
        match self {
            Endpoint::Tcp(address)
            | Endpoint::Ipc(address)
            | Endpoint::Inproc(address)
            | Endpoint::Tipc(address)
            | Endpoint::Vsock(address)
            | Endpoint::Ws(address)
            | Endpoint::Multicast(_, address) => address,
        }
    }

    /// Whether no two listeners can have this text: the system chooses neither port nor file.
    pub fn names_one_listener(&self) -> bool {
        match self {
            Endpoint::Tcp(address) => tcp::has_own_port(address),
            Endpoint::Ws(address) => WsBindAddress::new(address).has_own_port(),
            Endpoint::Ipc(address) => !address.starts_with(b"*"),
            Endpoint::Vsock(address) => {
                VsockAddress::parse(address).is_ok_and(|address| address.port != u32::MAX)
            }
            Endpoint::Inproc(_) | Endpoint::Tipc(_) | Endpoint::Multicast(..) => false,
        }
    }

    /// The `tcp` address that a connection is made to; `None` for transports other than `tcp` and
    /// `ws`.
    pub fn over_tcp(&self) -> Option<Vec<u8>> {
        match self {
            Endpoint::Tcp(address) => Some(address.clone()),
            Endpoint::Ws(address) => Some(WsConnectAddress::parse(address).ok()?.authority()),
            _ => None,
        }
    }

    /// The text that shows a connected endpoint, as `ZMQ_LAST_ENDPOINT` and in events: numbers as
    /// they were understood, anything else as it was given.
    pub fn shown(&self) -> Vec<u8> {
        let understood = match self {
            Endpoint::Tipc(address) => TipcText::parse_connected(address).map(tipc_text),
            Endpoint::Vsock(address) => {
                VsockAddress::parse_connected(address).map(VsockAddress::endpoint_text)
            }
            Endpoint::Ws(address) => {
                WsConnectAddress::parse(address).map(|address| address.endpoint_text())
            }
            Endpoint::Tcp(_) | Endpoint::Ipc(_) | Endpoint::Inproc(_) | Endpoint::Multicast(..) => {
                return self.text();
            }
        };
        understood.unwrap_or_else(|_| self.text())
    }

    /// The whole text again.
    pub fn text(&self) -> Vec<u8> {
        [self.scheme().as_bytes(), b"://", self.address()].concat()
    }
}

/// Splits at the first `://`.
fn split(text: &[u8]) -> Result<(&[u8], &[u8])> {
    let at = text.windows(3).position(|window| window == b"://").ok_or(Errno::EINVAL)?;
    let (scheme, rest) = text.split_at(at);
    let address = rest.get(3..).unwrap_or_default();
    // A C caller cannot pass a NUL, and no transport could hand one on.
    if scheme.is_empty() || address.is_empty() || address.contains(&0) {
        return Err(Errno::EINVAL);
    }
    Ok((scheme, address))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &[u8]) -> Result<Endpoint> {
        Endpoint::parse(text, SocketType::Pair)
    }

    #[test]
    fn splits_at_the_first_separator() {
        assert_eq!(parse(b"tcp://a://b:1"), Ok(Endpoint::Tcp(b"a://b:1".to_vec())));
        assert_eq!(parse(b"inproc://a"), Ok(Endpoint::Inproc(b"a".to_vec())));
        assert_eq!(parse(b"ipc://@\xff\xfe"), Ok(Endpoint::Ipc(b"@\xff\xfe".to_vec())));
    }

    #[test]
    fn the_text_comes_back() {
        for text in [&b"tcp://*:*"[..], b"ipc://@\xff", b"inproc://x y", b"tipc://x", b"vsock://x"]
        {
            assert_eq!(parse(text).unwrap().text(), text);
            assert_eq!(parse(text).unwrap().shown(), text);
        }
    }

    #[test]
    fn numbers_are_shown_as_they_were_understood() {
        for (text, shown) in [
            (&b"tipc://{5560,0,0}"[..], &b"tipc://{5560, 0, 0}"[..]),
            (b"vsock://@:012", b"vsock://2:12"),
            (b"tcp://a:012", b"tcp://a:012"),
            (b"ws://a:012", b"ws://a:12/"),
        ] {
            assert_eq!(parse(text).unwrap().shown(), shown);
        }
    }

    #[test]
    fn malformed_texts() {
        for text in [
            &b""[..],
            b"tcp",
            b"tcp:/a:1",
            b"://a:1",
            b"://",
            b"tcp://",
            b"ipc://",
            b"inproc://",
            b"\xff\xfe",
            b"ipc://a\0b",
        ] {
            assert_eq!(parse(text), Err(Errno::EINVAL), "{text:?}");
        }
    }

    #[test]
    fn unknown_schemes() {
        for text in [
            &b"foo://bar"[..],
            b"TCP://127.0.0.1:1",
            b" tcp://a:1",
            b"tcp ://a:1",
            b"\xff://a",
            b"wss://127.0.0.1:80",
            b"vmci://1:5",
        ] {
            assert_eq!(parse(text), Err(Errno::EPROTONOSUPPORT), "{text:?}");
        }
    }

    #[test]
    fn the_socket_type_is_checked_before_what_is_built() {
        let multicast = [&b"pgm://eth0;239.0.0.1:5555"[..], b"epgm://x", b"norm://x"];
        for socket_type in SocketType::ALL {
            let udp = Endpoint::parse(b"udp://127.0.0.1:5", socket_type);
            assert_eq!(udp, Err(Errno::ENOCOMPATPROTO));
            let fits = socket_type.publishes() || socket_type.subscribes();
            for text in multicast {
                // The result for these depends on the machine.
                match Endpoint::parse(text, socket_type) {
                    Err(Errno::EPROTONOSUPPORT) => assert!(fits, "{socket_type:?}"),
                    Err(error) => assert_eq!((fits, error), (false, Errno::ENOCOMPATPROTO)),
                    Ok(endpoint) => assert!(fits && endpoint.text() == text, "{socket_type:?}"),
                }
            }
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = parse(&bytes);
            let mut text = b"tcp://".to_vec();
            text.extend_from_slice(&bytes);
            if let Ok(endpoint) = parse(&text) {
                prop_assert_eq!(endpoint.text(), text);
            }
        }
    }
}
