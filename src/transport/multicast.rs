//! Multicast: one end of a group that a library of the system keeps. There is nobody to connect to; who
//! publishes sends to all who listen.
//!
//! A [`Channel`] is used by one thread at a time. Nothing here blocks, but that [`open`] may look names up.
#![forbid(unsafe_code)]

use core::time::Duration;
use std::os::fd::RawFd;

#[cfg(any(feature = "norm", feature = "pgm"))]
use crate::endpoint::Carrier;
use crate::endpoint::Endpoint;
use crate::error::{Errno, Result};
use crate::options::SocketOptions;

/// What became of bytes to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// So many went out.
    Taken(usize),
    /// None; the same have to be sent again when the channel is ready or due.
    Later,
}

/// What was heard from a source.
#[derive(Clone, Copy, Debug)]
pub enum News<'a> {
    Data(&'a [u8]),
    /// Something of it was lost for good, or it has begun anew.
    Lost,
    /// The source is gone.
    Gone,
}

/// Called with a source's number and its news. `false`: that made no sense, and what this source sends
/// has to be taken up again where something begins.
pub type Heard<'a> = dyn FnMut(u64, News<'_>) -> bool + 'a;

/// What a channel waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    pub fd: RawFd,
    /// To be writable, not readable.
    pub output: bool,
}

/// How its bytes have to be cut and marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carries {
    Datagrams { capacity: usize },
    Stream,
}

/// See the module's documentation.
pub trait Channel: Send {
    fn carries(&self) -> Carries;

    /// Sends what is left of a unit.
    fn send(&mut self, bytes: &[u8]) -> Sent;

    /// All of a unit was sent.
    fn end_unit(&mut self) {}

    /// Nothing more follows for now.
    fn flush(&mut self) {}

    /// Whether all that was sent is out, as far as that can be known.
    fn is_drained(&self) -> bool {
        true
    }

    /// Does what is due and takes what has come. `false`: there is no more for now.
    fn receive(&mut self, heard: &mut Heard<'_>) -> bool;

    /// What to wait for now, for as long as there is nothing else to send.
    fn waits(&self) -> Vec<Waits>;

    /// When it has to be asked again although nothing is ready.
    fn due(&self) -> Option<Duration>;
}

/// Joins a group, to send or to listen as the type of the socket says.
///
/// * `EPROTONOSUPPORT`: not such a transport
/// * `EINVAL`: the address, or options that do not go with each other
/// * anything else: the system's error of opening the sockets
pub fn open(endpoint: &Endpoint, options: &SocketOptions) -> Result<Box<dyn Channel>> {
    // A build with none of them has no use for it.
    let _ = options;
    match endpoint {
        #[cfg(feature = "pgm")]
        Endpoint::Multicast(carrier @ (Carrier::Pgm | Carrier::Epgm), address) => {
            super::pgm::open(*carrier == Carrier::Epgm, address, options)
        }
        #[cfg(feature = "norm")]
        Endpoint::Multicast(Carrier::Norm, address) => super::norm::open(address, options),
        _ => Err(Errno::EPROTONOSUPPORT),
    }
}
