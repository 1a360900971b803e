//! CURVE (RFC 26), the side that connects to a server whose key it knows. Part of a connection's
//! handshake, under the connection's lock.
#![forbid(unsafe_code)]

use super::{
    COOKIE_BYTES, Fields, HELLO, HELLO_BYTES, HELLO_PREFIX, INITIATE, INITIATE_PREFIX,
    LONG_NONCE_BYTES, PADDING_BYTES, PROOF_BYTES, READY, READY_BYTES, READY_PREFIX, Sealing,
    VERSION, VOUCH_PREFIX, WELCOME, WELCOME_BYTES, WELCOME_PREFIX, long_nonce, open_counted,
    sealed, short_nonce,
};
use crate::crypto::{BoxKey, KeyPair, PublicKey, SecretKey, random_bytes};
use crate::error::Result as SystemResult;
use crate::proto::HandshakeError;
use crate::proto::mechanism::{self, AuthRequest, Local, Mechanism, Verdict};
use crate::proto::mechanism::{checked_properties, peer_error};
use crate::proto::zmtp::command::{self, Command};
use crate::proto::zmtp::metadata::PeerProperties;

/// The keys of a client.
#[derive(Clone, Debug)]
pub struct ClientKeys {
    /// C
    pub public: PublicKey,
    /// c
    pub secret: SecretKey,
    /// S
    pub server: PublicKey,
}

/// Random bytes for one handshake.
#[derive(Clone, Debug)]
pub struct ClientEntropy {
    /// c'
    pub short: SecretKey,
    pub vouch_nonce: [u8; LONG_NONCE_BYTES],
}

impl ClientEntropy {
    /// Fresh bytes.
    ///
    /// # Errors
    /// The errors of [`random_bytes`].
    pub fn new() -> SystemResult<Self> {
        Ok(ClientEntropy { short: SecretKey::random()?, vouch_nonce: random_bytes()? })
    }
}

#[derive(Debug)]
enum State {
    /// HELLO is to go.
    Hello,
    /// WELCOME is awaited; the key is that of C' and S.
    Welcome(BoxKey),
    /// INITIATE is to go.
    Initiate(Box<Welcomed>),
    /// READY is awaited; the key is that of C' and S'.
    Ready(BoxKey),
    Done,
}

/// The content of a WELCOME.
#[derive(Debug)]
struct Welcomed {
    server_short: PublicKey,
    cookie: [u8; COOKIE_BYTES],
    /// The key of C' and S'.
    key: BoxKey,
}

/// A client's side of the handshake.
#[derive(Debug)]
pub struct CurveClient {
    keys: ClientKeys,
    short: KeyPair,
    vouch_nonce: [u8; LONG_NONCE_BYTES],
    state: State,
    /// How many commands with a count were sent.
    sent: u64,
    sealing: Option<Sealing>,
    peer: Option<PeerProperties>,
}

impl CurveClient {
    pub fn new(keys: ClientKeys, entropy: ClientEntropy) -> Self {
        CurveClient {
            keys,
            short: KeyPair::of(entropy.short),
            vouch_nonce: entropy.vouch_nonce,
            state: State::Hello,
            sent: 0,
            sealing: None,
            peer: None,
        }
    }

    fn count(&mut self) -> u64 {
        self.sent += 1;
        self.sent
    }

    /// HELLO, which cannot be made for a server key that was never set.
    fn hello(&mut self) -> Result<Vec<u8>, HandshakeError> {
        let key = agreed(&self.keys.server, &self.short.secret)?;
        let count = self.count();
        let proof = key.seal_boxed(&short_nonce(HELLO_PREFIX, count), &[0; PROOF_BYTES]);
        let mut body = Vec::with_capacity(HELLO_BYTES);
        body.extend_from_slice(HELLO);
        body.extend_from_slice(&VERSION);
        body.extend_from_slice(&[0; PADDING_BYTES]);
        body.extend_from_slice(&self.short.public);
        body.extend_from_slice(&count.to_be_bytes());
        body.extend_from_slice(&proof);
        self.state = State::Welcome(key);
        Ok(body)
    }

    fn receive_welcome(&mut self, body: &[u8]) -> Result<(), HandshakeError> {
        let State::Welcome(key) = &self.state else {
            return Err(HandshakeError::UNEXPECTED_COMMAND);
        };
        // The original does not tell a wrong size from a box that does not open.
        let welcomed = open_welcome(key, body).ok_or(HandshakeError::CRYPTOGRAPHIC)?;
        let (server_short, cookie) = welcomed;
        let key = agreed(&server_short, &self.short.secret)?;
        self.state = State::Initiate(Box::new(Welcomed { server_short, cookie, key }));
        Ok(())
    }

    fn initiate(&mut self, welcomed: Welcomed, local: &Local) -> Result<Vec<u8>, HandshakeError> {
        let vouching = agreed(&welcomed.server_short, &self.keys.secret)?;
        let nonce = long_nonce(VOUCH_PREFIX, &self.vouch_nonce);
        let vouch = vouching.seal_boxed(&nonce, &[self.short.public, self.keys.server].concat());
        let count = self.count();
        let initiate = sealed(
            &welcomed.key,
            &short_nonce(INITIATE_PREFIX, count),
            &[INITIATE, &welcomed.cookie, &count.to_be_bytes()],
            &[&self.keys.public, &self.vouch_nonce, &vouch, &local.properties],
        )?;
        self.state = State::Ready(welcomed.key);
        Ok(initiate)
    }

    fn receive_ready(&mut self, body: &[u8], local: &Local) -> Result<(), HandshakeError> {
        if body.len() < READY_BYTES {
            return Err(HandshakeError::MALFORMED_READY);
        }
        let key = match std::mem::replace(&mut self.state, State::Done) {
            State::Ready(key) => key,
            // Any other command could have been sealed by a stranger.
            _ => return Err(HandshakeError::CRYPTOGRAPHIC),
        };
        let mut fields = Fields(body.strip_prefix(READY).unwrap_or_default());
        let count = fields.count().ok_or(HandshakeError::MALFORMED_READY)?;
        let list = open_counted(&key, READY_PREFIX, count, fields.0)?;
        self.peer = Some(checked_properties(&list, local)?);
        self.sealing = Some(Sealing::new(&key, false, self.sent, count));
        Ok(())
    }
}

fn agreed(theirs: &PublicKey, ours: &SecretKey) -> Result<BoxKey, HandshakeError> {
    BoxKey::agreed(theirs, ours).ok_or(HandshakeError::CRYPTOGRAPHIC)
}

/// Reads S' and the cookie out of a WELCOME.
fn open_welcome(key: &BoxKey, body: &[u8]) -> Option<(PublicKey, [u8; COOKIE_BYTES])> {
    let mut fields = Fields(body.strip_prefix(WELCOME).filter(|_| body.len() == WELCOME_BYTES)?);
    let nonce = fields.take()?;
    let content = key.open_boxed(&long_nonce(WELCOME_PREFIX, nonce), fields.0).ok()?;
    let mut fields = Fields(&content);
    Some((*fields.take()?, *fields.take()?))
}

impl Mechanism for CurveClient {
    fn name(&self) -> &'static str {
        "CURVE"
    }

    fn accepts_old_peers(&self) -> bool {
        false
    }

    fn next_command(&mut self, local: &Local) -> Result<Option<Vec<u8>>, HandshakeError> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Hello => self.hello().map(Some),
            State::Initiate(welcomed) => self.initiate(*welcomed, local).map(Some),
            other => {
                self.state = other;
                Ok(None)
            }
        }
    }

    fn wants_command(&self) -> bool {
        matches!(self.state, State::Welcome(_) | State::Ready(_))
    }

    fn receive(&mut self, body: &[u8], local: &Local) -> Result<(), HandshakeError> {
        if body.starts_with(WELCOME) {
            return self.receive_welcome(body);
        }
        match command::parse(body) {
            Command::Ready(_) => self.receive_ready(body, local),
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

    fn sealing(&mut self) -> Option<mechanism::Sealing> {
        self.sealing.take().map(Into::into)
    }
}
