//! GSSAPI (RFC 38): both sides prove who they are by Kerberos, and everything after the handshake
//! is encrypted, unless both have asked for plain text. Only with the feature `gssapi`.
//!
//! INITIATE both ways until there is a context, READY from the server, READY from the client; then
//! MESSAGE for every frame. READY travels as a MESSAGE too, but in plain text where frames do. Part
//! of a connection's handshake, under the connection's lock. A step towards the context may take
//! long and is handed out as work.
#![forbid(unsafe_code)]

mod message;
#[cfg(test)]
mod tests;

pub use message::{Opener, Sealer};

use super::{AuthRequest, Local, Mechanism, Verdict, Work};
use super::{checked_properties, peer_error, sealing, split_command};
use crate::crypto::gssapi::{NameKind, Negotiation, Principal, Progress, Session, Step, Wanted};
use crate::error::{Errno, Result as SystemResult};
use crate::memory::{copy_of, joined};
use crate::options::SocketOptions;
use crate::proto::HandshakeError;
use crate::proto::zmtp::command::{self, Command};
use crate::proto::zmtp::metadata::PeerProperties;

const INITIATE: &[u8] = b"\x08INITIATE";
const MESSAGE: &[u8] = b"\x07MESSAGE";

#[derive(Debug)]
enum State {
    /// INITIATE is awaited.
    Listening(Box<Negotiation>),
    /// The step that answers this token is to be taken.
    Due(Box<Negotiation>, Vec<u8>),
    /// The step is being taken.
    Underway(Step),
    /// The step's token is to go.
    Speaking(Box<Negotiation>, Progress),
    /// The client is to say that it has a context too; the bytes are its name.
    Confirming(Session, Vec<u8>),
    /// The authenticator is to be asked.
    Unasked(Session, Vec<u8>),
    /// Its answer is awaited.
    Asked(Session),
    /// READY is to go.
    OurReady(Session),
    /// READY is awaited.
    TheirReady(Session),
    Done,
}

/// One side of the handshake.
#[derive(Debug)]
pub struct Gssapi {
    is_server: bool,
    /// Frames travel as they are.
    plaintext: bool,
    state: State,
    session: Option<Session>,
    peer: Option<PeerProperties>,
}

impl Gssapi {
    /// The side that `ZMQ_GSSAPI_SERVER` makes of the socket.
    pub fn new(options: &SocketOptions) -> Self {
        let kind = name_kind(options.gssapi_principal_nametype);
        let own = Principal::new(&options.gssapi_principal, kind);
        let plaintext = options.gssapi_plaintext;
        if options.as_server {
            return Gssapi::with(Wanted::Accept { own }, plaintext);
        }
        let kind = name_kind(options.gssapi_service_principal_nametype);
        let service = Principal::new(&options.gssapi_service_principal, kind);
        Gssapi::with(Wanted::Initiate { own, service }, plaintext)
    }

    fn with(wanted: Wanted, plaintext: bool) -> Self {
        let is_server = matches!(wanted, Wanted::Accept { .. });
        let negotiation = Box::new(Negotiation::new(wanted));
        let state = if is_server {
            State::Listening(negotiation)
        } else {
            State::Due(negotiation, Vec::new())
        };
        Gssapi { is_server, plaintext, state, session: None, peer: None }
    }

    /// The state after a step.
    fn stepped(&self, negotiation: Box<Negotiation>, progress: Progress) -> State {
        match progress.peer {
            // The acceptor has nothing more to say.
            Some(peer) if progress.token.is_empty() => {
                State::Unasked(negotiation.into_session(), peer.to_vec())
            }
            _ => State::Speaking(negotiation, progress),
        }
    }

    /// The token of a step. A client that has its context and no token says so by a command
    /// without a name, which the original waits for.
    fn speak(
        &self,
        negotiation: Box<Negotiation>,
        progress: Progress,
    ) -> Result<(State, Vec<u8>), HandshakeError> {
        let Progress { token, complete, peer } = progress;
        let body = if token.is_empty() { Vec::new() } else { initiate(&token)? };
        let state = match (complete, peer) {
            (false, _) => State::Listening(negotiation),
            (true, Some(peer)) => State::Confirming(negotiation.into_session(), peer.to_vec()),
            (true, None) => State::TheirReady(negotiation.into_session()),
        };
        Ok((state, body))
    }

    fn our_ready(&mut self, session: Session, local: &Local) -> Result<Vec<u8>, HandshakeError> {
        let ready = command::ready_body(&local.properties)?;
        let body = if self.plaintext {
            ready
        } else {
            message::seal(&session, 0, &ready).map_err(|error| match error {
                Errno::ENOMEM => HandshakeError::MEMORY,
                _ => HandshakeError::CRYPTOGRAPHIC,
            })?
        };
        if self.is_server {
            self.state = State::TheirReady(session);
        } else {
            self.session = Some(session);
        }
        Ok(body)
    }

    fn their_ready(
        &mut self,
        session: Session,
        body: &[u8],
        local: &Local,
    ) -> Result<State, HandshakeError> {
        let opened;
        let ready = if self.plaintext {
            body
        } else {
            opened = message::open(&session, body)?;
            opened.get(1..).unwrap_or_default()
        };
        let Command::Ready(list) = command::parse(ready) else {
            return Err(HandshakeError::UNEXPECTED_COMMAND);
        };
        if !self.is_server {
            self.peer = Some(checked_properties(list, local)?);
            return Ok(State::OurReady(session));
        }
        // Bad properties of a client have no event.
        let peer = PeerProperties::parse(list, local.socket_type);
        self.peer = Some(peer.map_err(|error| error.in_handshake(HandshakeError::PROTOCOL))?);
        self.session = Some(session);
        Ok(State::Done)
    }
}

impl Mechanism for Gssapi {
    fn name(&self) -> &'static str {
        "GSSAPI"
    }

    fn accepts_old_peers(&self) -> bool {
        false
    }

    fn next_command(&mut self, local: &Local) -> Result<Option<Vec<u8>>, HandshakeError> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Speaking(negotiation, progress) => {
                let (state, body) = self.speak(negotiation, progress)?;
                self.state = state;
                Ok(Some(body))
            }
            State::OurReady(session) => self.our_ready(session, local).map(Some),
            other => {
                self.state = other;
                Ok(None)
            }
        }
    }

    fn wants_command(&self) -> bool {
        matches!(self.state, State::Listening(_) | State::Confirming(..) | State::TheirReady(_))
    }

    fn receive(&mut self, body: &[u8], local: &Local) -> Result<(), HandshakeError> {
        self.state = match std::mem::replace(&mut self.state, State::Done) {
            State::Confirming(session, peer) if body.is_empty() => State::Unasked(session, peer),
            State::Listening(negotiation) if split_command(body)?.0 == INITIATE => {
                let token = token(body).ok_or(HandshakeError::MALFORMED_INITIATE)?;
                State::Due(negotiation, copy_of(token)?)
            }
            State::TheirReady(session) => self.their_ready(session, body, local)?,
            _ => return Err(misplaced(body)),
        };
        Ok(())
    }

    fn auth_request(&mut self) -> Option<AuthRequest> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Unasked(session, principal) => {
                self.state = State::Asked(session);
                Some(AuthRequest { mechanism: "GSSAPI", credentials: vec![principal] })
            }
            other => {
                self.state = other;
                None
            }
        }
    }

    /// Sends no word to a peer that is refused.
    fn verdict(&mut self, verdict: Verdict) -> Result<(), HandshakeError> {
        match (std::mem::replace(&mut self.state, State::Done), verdict) {
            (State::Asked(session), Verdict::Granted) => {
                self.state = State::OurReady(session);
                Ok(())
            }
            (State::Asked(_), Verdict::Denied(denial)) => {
                Err(HandshakeError::refused(denial.status()))
            }
            (other, _) => {
                self.state = other;
                Ok(())
            }
        }
    }

    fn work(&mut self) -> Option<Work> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Due(negotiation, token) => {
                let (step, work) = Step::new(negotiation, token);
                self.state = State::Underway(step);
                Some(work)
            }
            other => {
                self.state = other;
                None
            }
        }
    }

    fn resume(&mut self) -> Result<(), HandshakeError> {
        let State::Underway(step) = &self.state else { return Ok(()) };
        let Some(taken) = step.take() else { return Ok(()) };
        self.state = State::Done;
        let (negotiation, progress) = taken.map_err(|error| match error {
            Errno::EPROTO => HandshakeError::CRYPTOGRAPHIC,
            _ => HandshakeError::CONNECTION,
        })?;
        self.state = self.stepped(negotiation, progress);
        Ok(())
    }

    fn finish(&mut self) -> Option<PeerProperties> {
        if !matches!(self.state, State::Done) || self.session.is_none() {
            return None;
        }
        self.peer.take()
    }

    fn sealing(&mut self) -> Option<sealing::Sealing> {
        let session = self.session.take().filter(|_| !self.plaintext)?;
        Some(sealing::Sealing {
            outgoing: sealing::Sealer::Gssapi(Sealer::new(session.clone())),
            incoming: sealing::Opener::Gssapi(Opener::new(session)),
        })
    }
}

fn name_kind(number: i32) -> NameKind {
    match number {
        1 => NameKind::User,
        2 => NameKind::Principal,
        _ => NameKind::Hostbased,
    }
}

/// The error for a command that does not fit the state.
fn misplaced(body: &[u8]) -> HandshakeError {
    match (split_command(body), command::parse(body)) {
        (Err(error), _) => error,
        (_, Command::Error { reason }) => peer_error(reason),
        _ => HandshakeError::UNEXPECTED_COMMAND,
    }
}

fn initiate(token: &[u8]) -> Result<Vec<u8>, HandshakeError> {
    counted(INITIATE, token).map_err(|_| HandshakeError::MEMORY)
}

/// A command whose data is a token and its length.
///
/// # Errors
/// `EMSGSIZE` for a token of 4 GiB.
fn counted(name: &[u8], token: &[u8]) -> SystemResult<Vec<u8>> {
    let length = u32::try_from(token.len()).map_err(|_| Errno::EMSGSIZE)?;
    Ok(joined(&[name, &length.to_be_bytes(), token])?)
}

/// The token of an INITIATE, which has no other field.
fn token(body: &[u8]) -> Option<&[u8]> {
    after_length(body.strip_prefix(INITIATE)?)
}

/// The bytes that a length of four bytes announces, if there are exactly as many.
fn after_length(data: &[u8]) -> Option<&[u8]> {
    let (length, token) = data.split_first_chunk()?;
    (usize::try_from(u32::from_be_bytes(*length)).ok()? == token.len()).then_some(token)
}
