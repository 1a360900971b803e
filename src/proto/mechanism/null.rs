//! NULL (RFC 23 and 37, "The NULL Security Mechanism"): each side sends READY and reads READY.
//!
//! With a ZAP domain this side's READY is held back until the authenticator has answered. Part of a
//! connection's handshake, under the connection's lock.
#![forbid(unsafe_code)]

use super::{AuthRequest, Denial, Local, Mechanism, Verdict, peer_error, refusal};
use crate::proto::HandshakeError;
use crate::proto::zmtp::command::{self, Command};
use crate::proto::zmtp::metadata::PeerProperties;

/// How far this side's own half is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Own {
    /// The authenticator has not been asked yet.
    Unasked,
    /// Its answer is awaited.
    Asked,
    /// READY is to go.
    Granted,
    /// READY has gone.
    Ready,
    /// ERROR is to go, or nothing if the peer may try again.
    Denied(Denial),
    /// ERROR has gone, or nothing had to go.
    Refused,
}

/// The NULL mechanism of one connection.
#[derive(Debug)]
pub struct NullMechanism {
    authenticate: bool,
    own: Own,
    peer: Option<PeerProperties>,
}

impl NullMechanism {
    /// `authenticate`: the socket has a ZAP domain, so each peer must be granted.
    pub fn new(authenticate: bool) -> Self {
        let own = if authenticate { Own::Unasked } else { Own::Granted };
        NullMechanism { authenticate, own, peer: None }
    }
}

impl Mechanism for NullMechanism {
    fn name(&self) -> &'static str {
        "NULL"
    }

    fn accepts_old_peers(&self) -> bool {
        !self.authenticate
    }

    fn next_command(&mut self, local: &Local) -> Result<Option<Vec<u8>>, HandshakeError> {
        Ok(match self.own {
            Own::Granted => {
                self.own = Own::Ready;
                Some(command::ready_body(&local.properties)?)
            }
            Own::Denied(denial) => {
                self.own = Own::Refused;
                refusal(denial)
            }
            _ => None,
        })
    }

    fn wants_command(&self) -> bool {
        self.peer.is_none()
    }

    /// Bad metadata has no event with NULL: the monitor sees `DISCONNECTED` only.
    fn receive(&mut self, body: &[u8], local: &Local) -> Result<(), HandshakeError> {
        match command::parse(body) {
            Command::Ready(list) if self.peer.is_none() => {
                let peer = PeerProperties::parse(list, local.socket_type);
                self.peer =
                    Some(peer.map_err(|error| error.in_handshake(HandshakeError::PROTOCOL))?);
                Ok(())
            }
            Command::Error { reason } => Err(peer_error(reason)),
            _ => Err(HandshakeError::UNEXPECTED_COMMAND),
        }
    }

    fn auth_request(&mut self) -> Option<AuthRequest> {
        if self.own != Own::Unasked {
            return None;
        }
        self.own = Own::Asked;
        Some(AuthRequest { mechanism: "NULL", credentials: Vec::new() })
    }

    fn verdict(&mut self, verdict: Verdict) -> Result<(), HandshakeError> {
        if self.own != Own::Asked {
            return Ok(());
        }
        match verdict {
            Verdict::Granted => {
                self.own = Own::Granted;
                Ok(())
            }
            Verdict::Denied(denial) => {
                self.own = Own::Denied(denial);
                Err(HandshakeError::refused(denial.status()))
            }
        }
    }

    fn finish(&mut self) -> Option<PeerProperties> {
        if self.own != Own::Ready {
            return None;
        }
        self.peer.take()
    }
}
