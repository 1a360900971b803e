//! PLAIN (RFC 24): the client says who it is in clear text, the authenticator decides, and then
//! both sides speak as with NULL. Part of a connection's handshake, under the connection's lock.
#![forbid(unsafe_code)]

use zeroize::Zeroizing;

use super::{AuthRequest, Denial, Local, Mechanism, Verdict};
use super::{checked_properties, peer_error, split_command};
use crate::memory::joined;
use crate::proto::HandshakeError;
use crate::proto::zmtp::command::{self, Command};
use crate::proto::zmtp::metadata::PeerProperties;

const HELLO: &[u8] = b"\x05HELLO";
const WELCOME: &[u8] = b"\x07WELCOME";
const INITIATE: &[u8] = b"\x08INITIATE";
const ERROR: &[u8] = b"\x05ERROR";

/// The command that the original sends instead of [`ERROR`]. It understands no other, so this side
/// sends it too, and understands both.
const ORIGINAL_ERROR: &[u8] = b"\x5eRROR";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ClientState {
    /// HELLO is to go.
    Hello,
    /// WELCOME is awaited.
    Welcome,
    /// INITIATE is to go.
    Initiate,
    /// READY is awaited.
    Ready,
    Done,
}

/// The side that has a name and a password.
pub struct PlainClient {
    username: Zeroizing<Vec<u8>>,
    password: Zeroizing<Vec<u8>>,
    state: ClientState,
    peer: Option<PeerProperties>,
}

impl PlainClient {
    /// Takes name and password, up to 255 bytes each; the rest is cut off.
    pub fn new(username: &[u8], password: &[u8]) -> Self {
        PlainClient {
            username: Zeroizing::new(username.to_vec()),
            password: Zeroizing::new(password.to_vec()),
            state: ClientState::Hello,
            peer: None,
        }
    }

    fn hello(&self) -> Vec<u8> {
        // Reserved at full size, so that no part of the password stays in other memory.
        let mut body = Vec::with_capacity(HELLO.len() + 2 * 256);
        body.extend_from_slice(HELLO);
        for field in [&*self.username, &*self.password] {
            let field = field.get(..255).unwrap_or(field);
            body.push(field.len() as u8);
            body.extend_from_slice(field);
        }
        body
    }

    fn receive_ready(&mut self, list: &[u8], local: &Local) -> Result<(), HandshakeError> {
        if self.state != ClientState::Ready {
            return Err(HandshakeError::UNEXPECTED_COMMAND);
        }
        self.peer = Some(checked_properties(list, local)?);
        self.state = ClientState::Done;
        Ok(())
    }

    fn receive_welcome(&mut self, data: &[u8]) -> Result<(), HandshakeError> {
        if self.state != ClientState::Welcome {
            return Err(HandshakeError::UNEXPECTED_COMMAND);
        }
        if !data.is_empty() {
            return Err(HandshakeError::MALFORMED_WELCOME);
        }
        self.state = ClientState::Initiate;
        Ok(())
    }
}

/// Shows no password.
impl std::fmt::Debug for PlainClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PlainClient").field("state", &self.state).finish_non_exhaustive()
    }
}

impl Mechanism for PlainClient {
    fn name(&self) -> &'static str {
        "PLAIN"
    }

    fn accepts_old_peers(&self) -> bool {
        false
    }

    fn next_command(&mut self, local: &Local) -> Result<Option<Vec<u8>>, HandshakeError> {
        Ok(match self.state {
            ClientState::Hello => {
                self.state = ClientState::Welcome;
                Some(self.hello())
            }
            ClientState::Initiate => {
                self.state = ClientState::Ready;
                Some(joined(&[INITIATE, &local.properties])?)
            }
            _ => None,
        })
    }

    fn wants_command(&self) -> bool {
        matches!(self.state, ClientState::Welcome | ClientState::Ready)
    }

    fn receive(&mut self, body: &[u8], local: &Local) -> Result<(), HandshakeError> {
        if let Some(data) = body.strip_prefix(WELCOME) {
            return self.receive_welcome(data);
        }
        if let Some(reason) = body.strip_prefix(ORIGINAL_ERROR) {
            return self.receive(&joined(&[ERROR, reason])?, local);
        }
        match command::parse(body) {
            Command::Ready(list) => self.receive_ready(list, local),
            Command::Error { reason } => Err(peer_error(reason)),
            _ => Err(HandshakeError::UNEXPECTED_COMMAND),
        }
    }

    fn auth_request(&mut self) -> Option<AuthRequest> {
        None
    }

    fn verdict(&mut self, _: Verdict) -> Result<(), HandshakeError> {
        Ok(())
    }

    fn finish(&mut self) -> Option<PeerProperties> {
        self.peer.take()
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ServerState {
    /// HELLO is awaited.
    Hello,
    /// The authenticator is to be asked.
    Unasked,
    /// Its answer is awaited.
    Asked,
    /// WELCOME is to go.
    Welcome,
    /// INITIATE is awaited.
    Initiate,
    /// READY is to go.
    Ready,
    /// ERROR is to go, or nothing if the peer may try again.
    Denied(Denial),
    Done,
}

/// The side that asks the authenticator about the peer.
#[derive(Debug)]
pub struct PlainServer {
    state: ServerState,
    /// Name and password, until the authenticator has them.
    credentials: Zeroizing<Vec<Vec<u8>>>,
    peer: Option<PeerProperties>,
}

impl PlainServer {
    pub fn new() -> Self {
        PlainServer { state: ServerState::Hello, credentials: Zeroizing::default(), peer: None }
    }

    fn receive_hello(&mut self, data: &[u8]) -> Result<(), HandshakeError> {
        let fields = hello_fields(data).ok_or(HandshakeError::MALFORMED_HELLO)?;
        self.credentials = Zeroizing::new(fields.map(<[u8]>::to_vec).into());
        self.state = ServerState::Unasked;
        Ok(())
    }
}

impl Default for PlainServer {
    fn default() -> Self {
        Self::new()
    }
}

/// Name and password of a HELLO, which has no other field.
fn hello_fields(data: &[u8]) -> Option<[&[u8]; 2]> {
    let (username, rest) = short_field(data)?;
    let (password, rest) = short_field(rest)?;
    rest.is_empty().then_some([username, password])
}

fn short_field(data: &[u8]) -> Option<(&[u8], &[u8])> {
    let (len, rest) = data.split_first()?;
    rest.split_at_checked(usize::from(*len))
}

impl Mechanism for PlainServer {
    fn name(&self) -> &'static str {
        "PLAIN"
    }

    fn accepts_old_peers(&self) -> bool {
        false
    }

    fn next_command(&mut self, local: &Local) -> Result<Option<Vec<u8>>, HandshakeError> {
        Ok(match self.state {
            ServerState::Welcome => {
                self.state = ServerState::Initiate;
                Some(WELCOME.to_vec())
            }
            ServerState::Ready => {
                self.state = ServerState::Done;
                Some(command::ready_body(&local.properties)?)
            }
            ServerState::Denied(denial) => {
                self.state = ServerState::Done;
                let reason = denial.status().to_string();
                let told = denial != Denial::Temporary;
                told.then(|| [ORIGINAL_ERROR, &[reason.len() as u8], reason.as_bytes()].concat())
            }
            _ => None,
        })
    }

    fn wants_command(&self) -> bool {
        matches!(self.state, ServerState::Hello | ServerState::Asked | ServerState::Initiate)
    }

    /// Bad properties of a client have no event.
    fn receive(&mut self, body: &[u8], local: &Local) -> Result<(), HandshakeError> {
        if self.state == ServerState::Asked {
            return Err(HandshakeError::UNSPECIFIED);
        }
        let (name, data) = split_command(body)?;
        match (self.state, name) {
            (ServerState::Hello, HELLO) => self.receive_hello(data),
            (ServerState::Initiate, INITIATE) => {
                let peer = PeerProperties::parse(data, local.socket_type);
                self.peer =
                    Some(peer.map_err(|error| error.in_handshake(HandshakeError::PROTOCOL))?);
                self.state = ServerState::Ready;
                Ok(())
            }
            _ => Err(HandshakeError::UNEXPECTED_COMMAND),
        }
    }

    fn auth_request(&mut self) -> Option<AuthRequest> {
        if self.state != ServerState::Unasked {
            return None;
        }
        self.state = ServerState::Asked;
        let credentials = std::mem::take(&mut *self.credentials);
        Some(AuthRequest { mechanism: "PLAIN", credentials })
    }

    fn verdict(&mut self, verdict: Verdict) -> Result<(), HandshakeError> {
        if self.state != ServerState::Asked {
            return Ok(());
        }
        match verdict {
            Verdict::Granted => {
                self.state = ServerState::Welcome;
                Ok(())
            }
            Verdict::Denied(denial) => {
                self.state = ServerState::Denied(denial);
                Err(HandshakeError::refused(denial.status()))
            }
        }
    }

    fn finish(&mut self) -> Option<PeerProperties> {
        if self.state != ServerState::Done {
            return None;
        }
        self.peer.take()
    }
}
