//! Socket types: their numbers (`zmq.h`), wire names and permitted peers (RFC 23, 28 to 30).
#![forbid(unsafe_code)]

use crate::error::{Errno, Result};

/// A socket type of the stable API; the number is the one of `zmq.h` and of ZMTP 2.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum SocketType {
    Pair = 0,
    Pub = 1,
    Sub = 2,
    Req = 3,
    Rep = 4,
    Dealer = 5,
    Router = 6,
    Pull = 7,
    Push = 8,
    Xpub = 9,
    Xsub = 10,
    Stream = 11,
}

use SocketType::*;

impl SocketType {
    /// All types, in the order of their numbers.
    pub const ALL: [SocketType; 12] =
        [Pair, Pub, Sub, Req, Rep, Dealer, Router, Pull, Push, Xpub, Xsub, Stream];

    /// The type with this number, or `EINVAL`.
    pub fn from_number(number: i32) -> Result<SocketType> {
        Self::ALL.into_iter().find(|t| *t as i32 == number).ok_or(Errno::EINVAL)
    }

    /// The value of the `Socket-Type` property (RFC 23). STREAM never handshakes.
    pub fn wire_name(self) -> &'static str {
        match self {
            Pair => "PAIR",
            Pub => "PUB",
            Sub => "SUB",
            Req => "REQ",
            Rep => "REP",
            Dealer => "DEALER",
            Router => "ROUTER",
            Pull => "PULL",
            Push => "PUSH",
            Xpub => "XPUB",
            Xsub => "XSUB",
            Stream => "STREAM",
        }
    }

    /// Whether a peer that names itself `name` may be talked to.
    pub fn accepts_peer(self, name: &[u8]) -> bool {
        let peers: &[SocketType] = match self {
            Pair => &[Pair],
            Pub | Xpub => &[Sub, Xsub],
            Sub | Xsub => &[Pub, Xpub],
            Req => &[Rep, Router],
            Rep => &[Req, Dealer],
            Dealer => &[Rep, Dealer, Router],
            Router => &[Req, Dealer, Router],
            Push => &[Pull],
            Pull => &[Push],
            Stream => &[],
        };
        peers.iter().any(|peer| peer.wire_name().as_bytes() == name)
    }

    /// Whether READY carries an `Identity` property (also when it is empty).
    pub fn sends_identity(self) -> bool {
        matches!(self, Req | Dealer | Router)
    }

    /// Whether a second `zmq_connect` to an endpoint text does nothing.
    pub fn ignores_duplicate_connect(self) -> bool {
        matches!(self, Dealer | Sub | Pub | Req)
    }

    /// Whether `ZMQ_CONFLATE` has an effect.
    pub fn can_conflate(self) -> bool {
        matches!(self, Push | Pull | Pub | Sub | Dealer)
    }

    /// Whether this side subscribes (and speaks SUBSCRIBE and CANCEL).
    pub fn subscribes(self) -> bool {
        matches!(self, Sub | Xsub)
    }

    /// Whether the application receives what peers send.
    pub fn receives(self) -> bool {
        !matches!(self, Push | Pub)
    }

    /// Whether this side is subscribed to.
    pub fn publishes(self) -> bool {
        matches!(self, Pub | Xpub)
    }
}
