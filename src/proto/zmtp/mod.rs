//! ZMTP: 1.0 (RFC 13), 2.0 (RFC 15), 3.0 (RFC 23) and 3.1 (RFC 37).
//!
//! A connection first owns a [`handshake::Handshake`]. Once that is established the peers exchange
//! frames: [`frame`] from 2.0 on, [`v1`] with a 1.0 peer.
#![forbid(unsafe_code)]

mod collector;
pub mod command;
pub mod frame;
pub mod greeting;
pub mod handshake;
pub mod heartbeat;
pub mod metadata;
pub mod req_filter;
pub mod run;

#[cfg(test)]
mod tests;
pub mod v1;

pub use collector::MAX_HANDSHAKE_FRAME;

/// The version that the peer speaks, oldest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ZmtpVersion {
    /// ZMTP 1.0, with or without the version bytes in the greeting.
    V1,
    V2,
    V3_0,
    V3_1,
}

impl ZmtpVersion {
    /// Whether frames have the layout of [`v1`] and not of [`frame`].
    pub fn uses_v1_frames(self) -> bool {
        self == ZmtpVersion::V1
    }

    /// Whether there are command frames, and with them heartbeats.
    pub fn has_commands(self) -> bool {
        self >= ZmtpVersion::V3_0
    }

    /// Whether subscriptions travel as SUBSCRIBE and CANCEL commands; older peers get messages.
    pub fn subscribes_by_command(self) -> bool {
        self >= ZmtpVersion::V3_1
    }
}
