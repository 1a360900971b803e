//! CURVE (RFC 26), the side that clients connect to. It needs no key but its own: the authenticator
//! decides which clients may enter. Part of a connection's handshake, under the connection's lock.
#![forbid(unsafe_code)]

use super::cookie::Cookie;
use super::{
    Fields, HELLO, HELLO_BYTES, HELLO_PREFIX, INITIATE, INITIATE_BYTES, INITIATE_PREFIX,
    LONG_NONCE_BYTES, PADDING_BYTES, PROOF_BYTES, READY, READY_PREFIX, Sealing, VERSION,
    VOUCH_BYTES, VOUCH_PREFIX, WELCOME, WELCOME_PREFIX, long_nonce, open_counted, sealed,
    short_nonce,
};
use crate::crypto::{BoxKey, KeyPair, PublicKey, SecretKey, random_bytes};
use crate::error::Result as SystemResult;
use crate::proto::HandshakeError;
use crate::proto::mechanism::{self, AuthRequest, Denial, Local, Mechanism, Verdict};
use crate::proto::mechanism::{refusal, split_command};
use crate::proto::zmtp::metadata::PeerProperties;

/// Random bytes for one handshake.
#[derive(Clone, Debug)]
pub struct ServerEntropy {
    /// s'
    pub short: SecretKey,
    pub welcome_nonce: [u8; LONG_NONCE_BYTES],
    pub cookie_key: SecretKey,
    pub cookie_nonce: [u8; LONG_NONCE_BYTES],
}

impl ServerEntropy {
    /// Fresh bytes.
    ///
    /// # Errors
    /// The errors of [`random_bytes`].
    pub fn new() -> SystemResult<Self> {
        Ok(ServerEntropy {
            short: SecretKey::random()?,
            welcome_nonce: random_bytes()?,
            cookie_key: SecretKey::random()?,
            cookie_nonce: random_bytes()?,
        })
    }
}

#[derive(Debug)]
enum State {
    /// HELLO is awaited.
    Hello(ServerEntropy),
    /// WELCOME is to go.
    Welcome(Box<Greeted>, Vec<u8>),
    /// INITIATE is awaited.
    Initiate(Box<Greeted>),
    /// The authenticator is to be asked.
    Unasked(Box<Introduced>),
    /// Its answer is awaited.
    Asked(Box<Introduced>),
    /// READY is to go.
    Ready(Box<Introduced>),
    /// ERROR is to go, or nothing if the peer may try again.
    Denied(Denial),
    Done,
}

/// The state after a HELLO.
#[derive(Debug)]
struct Greeted {
    client_short: PublicKey,
    short: KeyPair,
    cookie: Cookie,
    /// The count of the HELLO.
    received: u64,
}

/// The state after an INITIATE.
#[derive(Debug)]
struct Introduced {
    client: PublicKey,
    /// The key of C' and S'.
    key: BoxKey,
    /// The count of the INITIATE.
    received: u64,
    peer: PeerProperties,
}

/// A server's side of the handshake.
#[derive(Debug)]
pub struct CurveServer {
    secret: SecretKey,
    state: State,
    sealing: Option<Sealing>,
    peer: Option<PeerProperties>,
}

impl CurveServer {
    /// `secret` is s.
    pub fn new(secret: SecretKey, entropy: ServerEntropy) -> Self {
        CurveServer { secret, state: State::Hello(entropy), sealing: None, peer: None }
    }

    fn receive_hello(
        &mut self,
        entropy: ServerEntropy,
        body: &[u8],
    ) -> Result<State, HandshakeError> {
        let (client_short, count, sealed) =
            hello_fields(body).ok_or(HandshakeError::MALFORMED_HELLO)?;
        let key = agreed(&client_short, &self.secret)?;
        if open_counted(&key, HELLO_PREFIX, count, sealed)? != [0; PROOF_BYTES] {
            return Err(HandshakeError::CRYPTOGRAPHIC);
        }
        let short = KeyPair::of(entropy.short);
        let cookie = Cookie::new(&entropy.cookie_key, entropy.cookie_nonce);
        let content = [&short.public, &cookie.bake(&client_short, &short)[..]].concat();
        let nonce = long_nonce(WELCOME_PREFIX, &entropy.welcome_nonce);
        let welcome = [WELCOME, &entropy.welcome_nonce, &key.seal_boxed(&nonce, &content)].concat();
        let greeted = Greeted { client_short, short, cookie, received: count };
        Ok(State::Welcome(Box::new(greeted), welcome))
    }

    fn receive_initiate(
        &mut self,
        greeted: &Greeted,
        body: &[u8],
        local: &Local,
    ) -> Result<State, HandshakeError> {
        if body.len() < INITIATE_BYTES {
            return Err(HandshakeError::MALFORMED_INITIATE);
        }
        let mut fields = Fields(body.strip_prefix(INITIATE).unwrap_or_default());
        let cookie = fields.take().ok_or(HandshakeError::MALFORMED_INITIATE)?;
        let count = fields.count().ok_or(HandshakeError::MALFORMED_INITIATE)?;
        if !greeted.cookie.fits(cookie, &greeted.client_short, &greeted.short) {
            return Err(HandshakeError::CRYPTOGRAPHIC);
        }
        let key = agreed(&greeted.client_short, &greeted.short.secret)?;
        let content = open_counted(&key, INITIATE_PREFIX, count, fields.0)?;
        if count <= greeted.received {
            return Err(HandshakeError::INVALID_SEQUENCE);
        }
        let (client, list) = self.check_vouch(greeted, &content)?;
        // Bad properties of a client have no event.
        let peer = PeerProperties::parse(list, local.socket_type);
        let peer = peer.map_err(|error| error.in_handshake(HandshakeError::PROTOCOL))?;
        Ok(State::Unasked(Box::new(Introduced { client, key, received: count, peer })))
    }

    /// Gives C and the properties, once it is proven that the owner of C has C' and means this
    /// server.
    fn check_vouch<'a>(
        &self,
        greeted: &Greeted,
        content: &'a [u8],
    ) -> Result<(PublicKey, &'a [u8]), HandshakeError> {
        let mut fields = Fields(content);
        let (Some(client), Some(nonce), Some(vouch)) =
            (fields.take(), fields.take(), fields.take::<VOUCH_BYTES>())
        else {
            return Err(HandshakeError::MALFORMED_INITIATE);
        };
        let key = agreed(client, &greeted.short.secret)?;
        let vouch = key
            .open_boxed(&long_nonce(VOUCH_PREFIX, nonce), vouch)
            .map_err(|_| HandshakeError::CRYPTOGRAPHIC)?;
        if vouch != [greeted.client_short, self.secret.public()].concat() {
            return Err(HandshakeError::KEY_EXCHANGE);
        }
        Ok((*client, fields.0))
    }

    fn ready(&mut self, introduced: Introduced, local: &Local) -> Result<Vec<u8>, HandshakeError> {
        let count: u64 = 1;
        let Introduced { key, received, peer, .. } = introduced;
        let ready = sealed(
            &key,
            &short_nonce(READY_PREFIX, count),
            &[READY, &count.to_be_bytes()],
            &[&local.properties],
        )?;
        self.sealing = Some(Sealing::new(&key, true, count, received));
        self.peer = Some(peer);
        Ok(ready)
    }
}

/// C', the count and the box of a HELLO.
fn hello_fields(body: &[u8]) -> Option<(PublicKey, u64, &[u8])> {
    let mut fields = Fields(body.strip_prefix(HELLO).filter(|_| body.len() == HELLO_BYTES)?);
    if *fields.take()? != VERSION {
        return None;
    }
    fields.take::<PADDING_BYTES>()?;
    Some((*fields.take()?, fields.count()?, fields.0))
}

fn agreed(theirs: &PublicKey, ours: &SecretKey) -> Result<BoxKey, HandshakeError> {
    BoxKey::agreed(theirs, ours).ok_or(HandshakeError::CRYPTOGRAPHIC)
}

impl Mechanism for CurveServer {
    fn name(&self) -> &'static str {
        "CURVE"
    }

    fn accepts_old_peers(&self) -> bool {
        false
    }

    fn next_command(&mut self, local: &Local) -> Result<Option<Vec<u8>>, HandshakeError> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Welcome(greeted, body) => {
                self.state = State::Initiate(greeted);
                Ok(Some(body))
            }
            State::Ready(introduced) => self.ready(*introduced, local).map(Some),
            State::Denied(denial) => Ok(refusal(denial)),
            other => {
                self.state = other;
                Ok(None)
            }
        }
    }

    fn wants_command(&self) -> bool {
        matches!(self.state, State::Hello(_) | State::Asked(_) | State::Initiate(_))
    }

    fn receive(&mut self, body: &[u8], local: &Local) -> Result<(), HandshakeError> {
        if matches!(self.state, State::Asked(_)) {
            return Err(HandshakeError::UNSPECIFIED);
        }
        let (name, _) = split_command(body)?;
        self.state = match (std::mem::replace(&mut self.state, State::Done), name) {
            (State::Hello(entropy), HELLO) => self.receive_hello(entropy, body)?,
            (State::Initiate(greeted), INITIATE) => self.receive_initiate(&greeted, body, local)?,
            _ => return Err(HandshakeError::UNEXPECTED_COMMAND),
        };
        Ok(())
    }

    fn auth_request(&mut self) -> Option<AuthRequest> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Unasked(introduced) => {
                let credentials = vec![introduced.client.to_vec()];
                self.state = State::Asked(introduced);
                Some(AuthRequest { mechanism: "CURVE", credentials })
            }
            other => {
                self.state = other;
                None
            }
        }
    }

    fn verdict(&mut self, verdict: Verdict) -> Result<(), HandshakeError> {
        let State::Asked(_) = &self.state else { return Ok(()) };
        let State::Asked(introduced) = std::mem::replace(&mut self.state, State::Done) else {
            return Ok(());
        };
        match verdict {
            Verdict::Granted => {
                self.state = State::Ready(introduced);
                Ok(())
            }
            Verdict::Denied(denial) => {
                self.state = State::Denied(denial);
                Err(HandshakeError::refused(denial.status()))
            }
        }
    }

    fn finish(&mut self) -> Option<PeerProperties> {
        self.peer.take()
    }

    fn sealing(&mut self) -> Option<mechanism::Sealing> {
        self.sealing.take().map(Into::into)
    }
}
