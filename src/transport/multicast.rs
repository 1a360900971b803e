//! Multicast: one end of a group that a library of the system keeps. There is no peer to connect
//! to; a publisher sends to all that listen.
//!
//! A [`Channel`] is used by one thread at a time. Nothing here blocks, except that [`open`] may
//! look names up.
#![forbid(unsafe_code)]

use core::time::Duration;
use std::os::fd::RawFd;

#[cfg(any(feature = "norm", feature = "pgm"))]
use crate::endpoint::Carrier;
use crate::endpoint::Endpoint;
use crate::error::{Errno, Result};
use crate::options::SocketOptions;

/// The result of sending bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    /// The number of bytes that went out.
    Taken(usize),
    /// Nothing; the bytes have to be sent again when the channel is ready or due.
    Later,
}

/// News from a source.
#[derive(Clone, Copy, Debug)]
pub enum News<'a> {
    Data(&'a [u8]),
    /// Some of it was lost for ever, or it has begun anew.
    Lost,
    /// The source is gone.
    Gone,
}

/// Called with a source's number and its news. `false`: the news made no sense, and the source's
/// bytes must be taken up again where a message begins.
pub type Heard<'a> = dyn FnMut(u64, News<'_>) -> bool + 'a;

/// The events that a channel waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Waits {
    pub fd: RawFd,
    /// To be writable, not readable.
    pub output: bool,
}

/// How a channel's bytes have to be cut and marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Carries {
    Datagrams { capacity: usize },
    Stream,
}

/// See the module's documentation.
pub trait Channel: Send {
    fn carries(&self) -> Carries;

    /// Sends the rest of a unit.
    fn send(&mut self, bytes: &[u8]) -> Sent;

    /// Ends a unit: all of it was sent.
    fn end_unit(&mut self) {}

    /// Flushes: nothing more follows for now.
    fn flush(&mut self) {}

    /// Whether all sent bytes are out, as far as that can be known.
    fn is_drained(&self) -> bool {
        true
    }

    /// Does what is due and takes the news that has come. `false`: there is no more for now.
    fn receive(&mut self, heard: &mut Heard<'_>) -> bool;

    /// The events to wait for now, for as long as there is nothing else to send.
    fn waits(&self) -> Vec<Waits>;

    /// The time until it has to be asked again although nothing is ready.
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
