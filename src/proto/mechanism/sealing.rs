//! Encrypts and decrypts frames after the handshake, for any mechanism (RFC 23 "Security
//! mechanisms").
//!
//! Each direction has its own half, under that direction's lock.
#![forbid(unsafe_code)]

use std::ops::Range;

use super::curve;
#[cfg(feature = "gssapi")]
use super::gssapi;
use crate::error::Result;
use crate::proto::HandshakeError;

/// Both halves, in the state that the handshake leaves them in.
#[derive(Debug)]
pub struct Sealing {
    pub outgoing: Sealer,
    pub incoming: Opener,
}

impl From<curve::Sealing> for Sealing {
    fn from(both: curve::Sealing) -> Self {
        Sealing { outgoing: Sealer::Curve(both.outgoing), incoming: Opener::Curve(both.incoming) }
    }
}

/// The outbound half.
#[derive(Debug)]
pub enum Sealer {
    Curve(Box<curve::Sealer>),
    #[cfg(feature = "gssapi")]
    Gssapi(gssapi::Sealer),
}

impl Sealer {
    /// Appends the frame that carries a frame with these flags (MORE and COMMAND) and this body.
    ///
    /// # Errors
    /// The connection cannot go on. Nothing was appended.
    #[inline]
    pub fn append(&mut self, flags: u8, body: &[u8], out: &mut Vec<u8>) -> Result<()> {
        match self {
            Sealer::Curve(sealer) => sealer.append(flags, body, out),
            #[cfg(feature = "gssapi")]
            Sealer::Gssapi(sealer) => sealer.append(flags, body, out),
        }
    }
}

/// The inbound half.
#[derive(Debug)]
pub enum Opener {
    Curve(Box<curve::Opener>),
    #[cfg(feature = "gssapi")]
    Gssapi(gssapi::Opener),
}

impl Opener {
    /// Opens the body of a frame where it lies. Gives the flags (MORE and COMMAND) of the frame
    /// that it carries, and where in `body` that frame's body is. At least nine bytes are before
    /// it, which is room for its header.
    ///
    /// # Errors
    /// The connection is over: the body was not made by the peer, came before, or was changed.
    #[inline]
    pub fn open(
        &mut self,
        body: &mut [u8],
    ) -> std::result::Result<(u8, Range<usize>), HandshakeError> {
        match self {
            Opener::Curve(opener) => {
                let flags = opener.open(body)?;
                Ok((flags, curve::OVERHEAD..body.len()))
            }
            #[cfg(feature = "gssapi")]
            Opener::Gssapi(opener) => opener.open(body),
        }
    }
}
