//! The table of schemes: what each serves, whether it is built, and its name for `zmq_has`.
//!
//! A new transport is a row here, a variant of [`Endpoint`] and a file in `transport/`.
#![forbid(unsafe_code)]

#[cfg(any(feature = "norm", feature = "pgm"))]
use crate::endpoint::Carrier;
use crate::endpoint::Endpoint;
use crate::options::SocketType;
#[cfg(feature = "norm")]
use crate::sys::norm;
#[cfg(feature = "pgm")]
use crate::sys::pgm;

/// Which socket types may use a scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Serves {
    All,
    PubSub,
    /// Only types of the draft API, which this library does not have.
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

/// A row of the table.
#[derive(Debug)]
pub struct Scheme {
    /// The text before `://`; compared exactly.
    pub name: &'static str,
    pub serves: Serves,
    /// The name for `zmq_has`; `None` for the schemes that every build has, which have no such
    /// name.
    pub capability: Option<&'static str>,
    /// Makes the endpoint from the address; `None` for a scheme that is known but not built.
    pub make: Option<fn(Vec<u8>) -> Endpoint>,
    /// Whether the system has the library that it needs; checked when the scheme is first wanted.
    library: Option<fn() -> bool>,
}

impl Scheme {
    /// Whether it is built, and the library it needs is there.
    pub fn is_present(&self) -> bool {
        self.make.is_some() && self.library.is_none_or(|is_there| is_there())
    }
}

const fn row(
    name: &'static str,
    serves: Serves,
    capability: Option<&'static str>,
    make: Option<fn(Vec<u8>) -> Endpoint>,
) -> Scheme {
    Scheme { name, serves, capability, make, library: None }
}

/// A transport that a library of the system provides; `None` where it is not built.
type Lent = Option<(fn(Vec<u8>) -> Endpoint, fn() -> bool)>;

const fn lent(name: &'static str, capability: Option<&'static str>, lent: Lent) -> Scheme {
    let (make, library) = match lent {
        Some((make, library)) => (Some(make), Some(library)),
        None => (None, None),
    };
    Scheme { name, serves: Serves::PubSub, capability, make, library }
}

#[cfg(feature = "pgm")]
const PGM: Lent = Some((|address| Endpoint::Multicast(Carrier::Pgm, address), pgm::is_present));
#[cfg(feature = "pgm")]
const EPGM: Lent = Some((|address| Endpoint::Multicast(Carrier::Epgm, address), pgm::is_present));
#[cfg(not(feature = "pgm"))]
const PGM: Lent = None;
#[cfg(not(feature = "pgm"))]
const EPGM: Lent = None;
#[cfg(feature = "norm")]
const NORM: Lent = Some((|address| Endpoint::Multicast(Carrier::Norm, address), norm::is_present));
#[cfg(not(feature = "norm"))]
const NORM: Lent = None;

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
    lent("pgm", Some("pgm"), PGM),
    lent("epgm", None, EPGM),
    lent("norm", Some("norm"), NORM),
];

/// The row of a scheme.
pub fn find(name: &[u8]) -> Option<&'static Scheme> {
    SCHEMES.iter().find(|scheme| scheme.name.as_bytes() == name)
}

/// The names for `zmq_has` of the transports that are there.
pub fn capabilities() -> impl Iterator<Item = &'static str> {
    SCHEMES.iter().filter_map(|scheme| scheme.capability.filter(|_| scheme.is_present()))
}

/// Whether the transport with this name for `zmq_has` is there.
pub fn has(capability: &[u8]) -> bool {
    let called = |scheme: &&Scheme| scheme.capability.is_some_and(|it| it.as_bytes() == capability);
    SCHEMES.iter().find(called).is_some_and(Scheme::is_present)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn capabilities_are_the_transports_that_need_asking_for() {
        let lent = ["pgm", "norm"];
        let own: Vec<_> = capabilities().filter(|name| !lent.contains(name)).collect();
        assert_eq!(own, ["ipc", "tipc", "vsock", "WS"]);
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
