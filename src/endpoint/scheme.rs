//! The table of schemes: what each serves, whether it is built, and its name for `zmq_has`.
//!
//! A new transport is a row here, a variant of [`Endpoint`] and a file in `transport/`.
#![forbid(unsafe_code)]

use crate::endpoint::Endpoint;
use crate::options::SocketType;

/// Which socket types may use a scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serves {
    All,
    PubSub,
    /// Only types of the draft API, which is not here.
    DraftOnly,
}

impl Serves {
    /// Whether a socket of this type may use the scheme.
    pub fn includes(self, socket_type: SocketType) -> bool {
        match self {
            Serves::All => true,
            Serves::PubSub => socket_type.publishes() || socket_type.subscribes(),
            Serves::DraftOnly => false,
        }
    }
}

/// One row of the table.
#[derive(Debug)]
pub struct Scheme {
    /// What stands before `://`; compared exactly.
    pub name: &'static str,
    pub serves: Serves,
    /// What `zmq_has` calls it; the schemes that every build has are not asked for.
    pub capability: Option<&'static str>,
    /// Makes the endpoint from the address; `None` for a scheme that is known but not built.
    pub make: Option<fn(Vec<u8>) -> Endpoint>,
}

const fn row(
    name: &'static str,
    serves: Serves,
    capability: Option<&'static str>,
    make: Option<fn(Vec<u8>) -> Endpoint>,
) -> Scheme {
    Scheme { name, serves, capability, make }
}

/// Every scheme of ZeroMQ.
pub static SCHEMES: &[Scheme] = &[
    row("tcp", Serves::All, None, Some(Endpoint::Tcp)),
    row("ipc", Serves::All, Some("ipc"), Some(Endpoint::Ipc)),
    row("inproc", Serves::All, None, Some(Endpoint::Inproc)),
    row("udp", Serves::DraftOnly, None, None),
    row("tipc", Serves::All, Some("tipc"), Some(Endpoint::Tipc)),
    row("vsock", Serves::All, Some("vsock"), Some(Endpoint::Vsock)),
    row("vmci", Serves::All, Some("vmci"), None),
    row("ws", Serves::All, Some("WS"), Some(Endpoint::Ws)),
    row("wss", Serves::All, Some("WSS"), None),
    row("pgm", Serves::PubSub, Some("pgm"), None),
    row("epgm", Serves::PubSub, None, None),
    row("norm", Serves::PubSub, Some("norm"), None),
];

/// The row of a scheme.
pub fn find(name: &[u8]) -> Option<&'static Scheme> {
    SCHEMES.iter().find(|scheme| scheme.name.as_bytes() == name)
}

/// What `zmq_has` calls the transports that are built.
pub fn capabilities() -> impl Iterator<Item = &'static str> {
    SCHEMES.iter().filter(|scheme| scheme.make.is_some()).filter_map(|scheme| scheme.capability)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_the_transports_that_need_asking_for() {
        assert_eq!(capabilities().collect::<Vec<_>>(), ["ipc", "tipc", "vsock", "WS"]);
    }

    #[test]
    fn rows_make_their_own_endpoint() {
        for scheme in SCHEMES {
            if let Some(make) = scheme.make {
                assert_eq!(make(b"x".to_vec()).scheme(), scheme.name);
            }
        }
    }
}
