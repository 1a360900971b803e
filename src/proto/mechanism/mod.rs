//! The seam between the handshake and a security mechanism (RFC 23 "Security mechanisms").
//!
//! A mechanism sees whole commands and never frames. It gives the next command to send, and the
//! result when it has finished. It is part of a connection's handshake, under the connection's
//! lock. A mechanism that needs an answer from the authenticator (ZAP) hands out an [`AuthRequest`]
//! and goes on with the [`Verdict`].
#![forbid(unsafe_code)]

pub mod curve;
#[cfg(feature = "gssapi")]
pub mod gssapi;
mod null;
mod plain;
#[cfg(test)]
mod plain_tests;
mod sealing;

pub use null::NullMechanism;
pub use plain::{PlainClient, PlainServer};
pub use sealing::{Opener, Sealer, Sealing};

use curve::{ClientEntropy, ClientKeys, CurveClient, CurveServer, ServerEntropy};

#[cfg(not(feature = "gssapi"))]
use crate::error::Errno;
use crate::error::Result as SystemResult;
use crate::options::{MechanismKind, SocketOptions, SocketType};
use crate::proto::HandshakeError;
use crate::proto::zmtp::command;
use crate::proto::zmtp::metadata::PeerProperties;

/// This side's part of the handshake: its socket type and properties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    pub socket_type: SocketType,
    /// Its encoded property list.
    pub properties: Vec<u8>,
}

/// A question for the authenticator. Its credentials are wiped when it is dropped. The session that
/// carries it adds domain, address and routing id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthRequest {
    /// The mechanism's name in the request.
    pub mechanism: &'static str,
    /// The frames after the mechanism's name.
    pub credentials: Vec<Vec<u8>>,
}

/// Why the authenticator refuses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denial {
    /// 300: closed without a word; the peer may try again.
    Temporary,
    /// 400: the peer is told by ERROR.
    Failure,
    /// 500: the peer is told by ERROR.
    InternalError,
}

impl Denial {
    /// The three-digit status.
    pub fn status(self) -> u16 {
        match self {
            Denial::Temporary => 300,
            Denial::Failure => 400,
            Denial::InternalError => 500,
        }
    }
}

/// The authenticator's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Granted,
    Denied(Denial),
}

/// Work that may take long, for a thread that may wait.
pub type Work = Box<dyn FnOnce() + Send>;

/// One side of a security handshake.
pub trait Mechanism: Send + std::fmt::Debug {
    /// The name in the greeting, at most 20 bytes.
    fn name(&self) -> &'static str;

    /// Whether a ZMTP 1.0 or 2.0 peer, which cannot prove anything, may be talked to.
    fn accepts_old_peers(&self) -> bool;

    /// The body of the next command to send, if it is this side's turn.
    ///
    /// # Errors
    /// The errors of [`Mechanism::receive`]: this side's own settings allow no handshake.
    fn next_command(&mut self, local: &Local) -> Result<Option<Vec<u8>>, HandshakeError>;

    /// Whether a command of the peer's is to be handed in. Otherwise its bytes belong to the
    /// running phase or wait for the authenticator. PLAIN and CURVE refuse any command while the
    /// authenticator is asked, so they want to see it.
    fn wants_command(&self) -> bool;

    /// Takes the body of the peer's next command.
    ///
    /// # Errors
    /// The handshake has failed. A command that [`Mechanism::next_command`] still yields is sent
    /// first.
    fn receive(&mut self, command: &[u8], local: &Local) -> Result<(), HandshakeError>;

    /// The question for the authenticator, once.
    fn auth_request(&mut self) -> Option<AuthRequest>;

    /// Takes the authenticator's answer to [`Mechanism::auth_request`].
    ///
    /// # Errors
    /// The errors of [`Mechanism::receive`].
    fn verdict(&mut self, verdict: Verdict) -> Result<(), HandshakeError>;

    /// Work to do before the handshake goes on, handed out once. It is not done here, since it may
    /// speak to other machines. No command is expected meanwhile.
    fn work(&mut self) -> Option<Work> {
        None
    }

    /// Goes on after [`Mechanism::work`]. Does nothing if the work is not done, or was never handed
    /// out.
    ///
    /// # Errors
    /// The errors of [`Mechanism::receive`]; [`HandshakeError::CONNECTION`] when the fault is not
    /// the peer's.
    fn resume(&mut self) -> Result<(), HandshakeError> {
        Ok(())
    }

    /// The peer's properties, once both sides are done; then the handshake is over.
    fn finish(&mut self) -> Option<PeerProperties>;

    /// The sealing that encrypts and decrypts frames from then on; `None` if they travel in plain
    /// text.
    fn sealing(&mut self) -> Option<Sealing> {
        None
    }
}

/// The mechanism that the options ask for, in their role.
///
/// # Errors
/// `ENOTSUP` for a mechanism that is not built in; the system's error if it has no random bytes.
pub fn for_options(options: &SocketOptions) -> SystemResult<Box<dyn Mechanism>> {
    let secret = || options.curve_secretkey.clone();
    Ok(match (options.mechanism, options.as_server) {
        (MechanismKind::Null, _) => Box::new(NullMechanism::new(!options.zap_domain.is_empty())),
        (MechanismKind::Plain, true) => Box::new(PlainServer::new()),
        (MechanismKind::Plain, false) => {
            Box::new(PlainClient::new(&options.plain_username, &options.plain_password))
        }
        (MechanismKind::Curve, true) => Box::new(CurveServer::new(secret(), ServerEntropy::new()?)),
        (MechanismKind::Curve, false) => {
            let (public, server) = (options.curve_publickey, options.curve_serverkey);
            let keys = ClientKeys { public, secret: secret(), server };
            Box::new(CurveClient::new(keys, ClientEntropy::new()?))
        }
        #[cfg(feature = "gssapi")]
        (MechanismKind::Gssapi, _) => Box::new(gssapi::Gssapi::new(options)),
        #[cfg(not(feature = "gssapi"))]
        (MechanismKind::Gssapi, _) => return Err(Errno::ENOTSUP),
    })
}

/// The ERROR command for a refused peer; none when the peer may try again.
pub(crate) fn refusal(denial: Denial) -> Option<Vec<u8>> {
    let told = denial != Denial::Temporary;
    told.then(|| command::error_body(denial.status().to_string().as_bytes()))
}

/// Reads a peer's properties under PLAIN or CURVE, where bad properties have an event.
pub(crate) fn checked_properties(
    list: &[u8],
    local: &Local,
) -> Result<PeerProperties, HandshakeError> {
    PeerProperties::parse(list, local.socket_type)
        .map_err(|error| error.in_handshake(HandshakeError::INVALID_METADATA))
}

/// A command's name with its length byte, and its data. The original wants two bytes at least.
///
/// # Errors
/// `ZMTP_MALFORMED_COMMAND_UNSPECIFIED` for a command that is shorter than its name.
pub(crate) fn split_command(body: &[u8]) -> Result<(&[u8], &[u8]), HandshakeError> {
    let name_end = body.first().map_or(0, |len| usize::from(*len) + 1);
    body.split_at_checked(name_end)
        .filter(|_| body.len() > 1)
        .ok_or(HandshakeError::MALFORMED_COMMAND)
}

/// The error that an ERROR command of the peer's stands for: the three known statuses have an
/// event.
pub(crate) fn peer_error(reason: Option<&[u8]>) -> HandshakeError {
    match reason {
        None => HandshakeError::MALFORMED_ERROR,
        Some(b"300") => HandshakeError::refused(300),
        Some(b"400") => HandshakeError::refused(400),
        Some(b"500") => HandshakeError::refused(500),
        Some(_) => HandshakeError::PROTOCOL,
    }
}
