//! The handshake of a connection, from the first byte to the first message (RFC 13, 15, 23, 37).
//! It has a greeting, a fallback to older peers, and security commands or identity frames.
//!
//! A value under the connection's lock: bytes in, bytes out. Output is staged as the peer reveals
//! itself, since an older peer would choke on more. The 10 signature bytes go at once, the revision
//! byte when the peer has a signature too. The rest of the greeting goes when the peer's revision
//! is known. Until the peer's READY has been read only handshake bytes go out. The original takes
//! any bytes before its own READY for a part of the handshake.
#![forbid(unsafe_code)]

use zeroize::Zeroizing;

use super::ZmtpVersion;
use super::collector::Collector;
use super::frame::{self, COMMAND, FrameError};
use super::greeting::{self, GreetingReader, Milestone};
use super::{metadata, v1};
use crate::crypto::reserve_wiping;
use crate::options::SocketType;
use crate::proto::HandshakeError;
use crate::proto::mechanism::{
    AuthRequest, Local, Mechanism, NullMechanism, Sealing, Verdict, Work,
};

/// The facts about its socket that a handshake needs.
#[derive(Clone, Copy, Debug)]
pub struct HandshakeConfig<'a> {
    pub socket_type: SocketType,
    /// This side's own id, 0 to 255 bytes.
    pub routing_id: &'a [u8],
    /// `X-` properties in the order they were set.
    pub metadata: &'a [(Vec<u8>, Vec<u8>)],
}

/// The result of a handshake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Established {
    pub version: ZmtpVersion,
    /// The peer's id as it gave it, maybe empty; `None` if it gave none.
    pub peer_identity: Option<Vec<u8>>,
    /// The type the peer says it has. Checked from 3.0 on, an unchecked claim before.
    pub peer_socket_type: Option<SocketType>,
    /// All properties of a 3.x peer in their order; of equal names the first is the readable one.
    pub properties: Vec<(Vec<u8>, Vec<u8>)>,
    /// The peer cannot subscribe and gets everything: a 1.0 peer without version bytes, of a
    /// publishing socket.
    pub phantom_subscribe: bool,
}

#[derive(Debug)]
enum Phase {
    /// Another protocol carries this one and has not begun yet.
    Carried,
    Greeting(GreetingReader),
    /// An old peer's first frame is its id.
    Identity {
        version: ZmtpVersion,
        peer_socket_type: Option<SocketType>,
        phantom_subscribe: bool,
        frame: Collector,
    },
    Commands {
        version: ZmtpVersion,
        frame: Collector,
    },
    Established(Established),
    Failed(HandshakeError),
    /// The result has been handed out.
    Over,
}

/// The handshake of one connection; the connecting and the bound side use the one type.
#[derive(Debug)]
pub struct Handshake {
    local: Local,
    routing_id: Vec<u8>,
    mechanism: Box<dyn Mechanism>,
    phase: Phase,
    output: Vec<u8>,
}

impl Handshake {
    /// A handshake with the NULL mechanism and no authenticator.
    pub fn new(config: HandshakeConfig<'_>) -> Self {
        Self::with_mechanism(config, Box::new(NullMechanism::new(false)))
    }

    /// A handshake with this mechanism. The signature is at once ready to be sent. Without memory
    /// for this side's properties it has failed.
    pub fn with_mechanism(config: HandshakeConfig<'_>, mechanism: Box<dyn Mechanism>) -> Self {
        let HandshakeConfig { socket_type, routing_id, metadata } = config;
        let (properties, phase) =
            match metadata::local_properties(socket_type, routing_id, metadata) {
                Ok(properties) => (properties, Phase::Greeting(GreetingReader::new())),
                Err(refused) => (Vec::new(), Phase::Failed(refused.into())),
            };
        Handshake {
            output: greeting::signature(routing_id.len()).to_vec(),
            local: Local { socket_type, properties },
            routing_id: routing_id.to_vec(),
            mechanism,
            phase,
        }
    }

    /// A handshake without a greeting. On this connection another protocol agrees on the mechanism
    /// and then [begins](Handshake::begin_carried) it.
    pub fn carried(config: HandshakeConfig<'_>, mechanism: Box<dyn Mechanism>) -> Self {
        let mut handshake = Self::with_mechanism(config, mechanism);
        handshake.output.clear();
        if !matches!(handshake.phase, Phase::Failed(_)) {
            handshake.phase = Phase::Carried;
        }
        handshake
    }

    /// Goes on after the carrying protocol has agreed on the mechanism, or (not `secure`) on none.
    /// Without a mechanism each side tells its routing id, as a 2.0 peer does.
    ///
    /// # Errors
    /// The errors of [`Handshake::input`].
    pub fn begin_carried(&mut self, secure: bool) -> Result<(), HandshakeError> {
        self.guarded(|handshake| {
            if secure {
                // Subscriptions travel as messages, as with a 3.0 peer.
                let frame = Collector::new(false);
                handshake.phase = Phase::Commands { version: ZmtpVersion::V3_0, frame };
                return handshake.pump();
            }
            handshake.require_old_peers_allowed()?;
            handshake.start_identity(ZmtpVersion::V2, None);
            Ok(())
        })
    }

    /// The name of the mechanism.
    pub fn mechanism(&self) -> &'static str {
        self.mechanism.name()
    }

    /// Whether a peer that cannot prove anything may be talked to.
    pub fn accepts_old_peers(&self) -> bool {
        self.mechanism.accepts_old_peers()
    }

    /// Whether another frame of the peer's is to be handed in now.
    pub fn wants_input(&self) -> bool {
        match self.phase {
            Phase::Greeting(_) | Phase::Identity { .. } => true,
            Phase::Commands { .. } => self.mechanism.wants_command(),
            // The failure shows when more is handed in.
            Phase::Failed(_) => true,
            Phase::Carried | Phase::Established(_) | Phase::Over => false,
        }
    }

    /// Takes bytes from the peer and returns how many belonged to the handshake. The rest is to be
    /// kept: it belongs to the running phase, or has to be offered again after
    /// [`Handshake::authenticated`].
    ///
    /// # Errors
    /// The connection is to be closed, after sending the bytes that [`Handshake::take_output`]
    /// still has. Every later call gives this error again.
    pub fn input(&mut self, bytes: &[u8]) -> Result<usize, HandshakeError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let used = self.guarded(|handshake| handshake.step(rest))?;
            let Some(next) = rest.get(used..).filter(|_| used > 0) else { break };
            rest = next;
        }
        Ok(bytes.len() - rest.len())
    }

    /// The bytes to send now, in order; empty if there are none.
    pub fn take_output(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.output)
    }

    /// The question for the authenticator, once, as soon as there is one.
    pub fn auth_request(&mut self) -> Option<AuthRequest> {
        match self.phase {
            Phase::Commands { .. } => self.mechanism.auth_request(),
            _ => None,
        }
    }

    /// Takes the authenticator's answer. Bytes that [`Handshake::input`] did not take before are
    /// to be offered again.
    ///
    /// # Errors
    /// The errors of [`Handshake::input`]: an ERROR for the peer may wait in the output.
    pub fn authenticated(&mut self, verdict: Verdict) -> Result<(), HandshakeError> {
        self.guarded(|handshake| {
            let result = handshake.mechanism.verdict(verdict);
            let sent = handshake.pump();
            result.and(sent)
        })
    }

    /// Work that another thread has to do before the handshake goes on, handed out once.
    pub fn work(&mut self) -> Option<Work> {
        match self.phase {
            Phase::Commands { .. } => self.mechanism.work(),
            _ => None,
        }
    }

    /// Goes on after [`Handshake::work`]. Bytes that [`Handshake::input`] did not take before are
    /// to be offered again.
    ///
    /// # Errors
    /// The errors of [`Handshake::input`]; [`HandshakeError::CONNECTION`] when the fault is not the
    /// peer's.
    pub fn resume(&mut self) -> Result<(), HandshakeError> {
        self.guarded(|handshake| {
            handshake.mechanism.resume()?;
            handshake.pump()
        })
    }

    /// The result, once, when both sides are through. Bytes that [`Handshake::take_output`] still
    /// has go out before anything else.
    pub fn established(&mut self) -> Option<Established> {
        match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Established(established) => Some(established),
            other => {
                self.phase = other;
                None
            }
        }
    }

    /// The sealing that encrypts and decrypts frames from then on, once; `None` if they travel in
    /// plain text.
    pub fn sealing(&mut self) -> Option<Sealing> {
        self.mechanism.sealing()
    }

    /// Runs a step, and keeps its failure for all later calls.
    fn guarded<T>(
        &mut self,
        step: impl FnOnce(&mut Self) -> Result<T, HandshakeError>,
    ) -> Result<T, HandshakeError> {
        if let Phase::Failed(error) = self.phase {
            return Err(error);
        }
        step(self).inspect_err(|error| self.phase = Phase::Failed(*error))
    }

    /// Takes some bytes from the start of `input`; 0 if the handshake wants none.
    fn step(&mut self, input: &[u8]) -> Result<usize, HandshakeError> {
        match &mut self.phase {
            Phase::Greeting(reader) => {
                let Some(byte) = input.first() else { return Ok(0) };
                if let Some(milestone) = reader.push(*byte) {
                    self.greeting_milestone(milestone)?;
                }
                Ok(1)
            }
            Phase::Identity { frame, .. } => {
                let used = frame.feed(input)?;
                self.try_identity()?;
                Ok(used)
            }
            Phase::Commands { frame, .. } if self.mechanism.wants_command() => {
                let used = frame.feed(input)?;
                if let Some(command) = frame.take().map(Zeroizing::new) {
                    let result = self.mechanism.receive(&command, &self.local);
                    let sent = self.pump();
                    result.and(sent)?;
                }
                Ok(used)
            }
            _ => Ok(0),
        }
    }

    fn greeting_milestone(&mut self, milestone: Milestone) -> Result<(), HandshakeError> {
        let Phase::Greeting(reader) = &self.phase else { return Ok(()) };
        let version = reader.version();
        match milestone {
            Milestone::Signature => self.output.push(greeting::REVISION),
            Milestone::Unversioned => return self.fall_back(),
            Milestone::Revision if version < ZmtpVersion::V3_0 => {
                self.require_old_peers_allowed()?;
                self.output.push(self.local.socket_type as u8);
            }
            Milestone::Revision => {
                self.output.extend_from_slice(&greeting::rest(self.mechanism.name()));
            }
            Milestone::Complete if version < ZmtpVersion::V3_0 => {
                let claimed = SocketType::from_number(reader.old_socket_type().into());
                self.start_identity(version, claimed.ok());
            }
            Milestone::Complete => {
                if reader.mechanism() != greeting::padded(self.mechanism.name()) {
                    return Err(HandshakeError::MECHANISM_MISMATCH);
                }
                let frame = Collector::new(false);
                self.phase = Phase::Commands { version, frame };
                self.pump()?;
            }
        }
        Ok(())
    }

    /// Falls back to ZMTP 1.0. The bytes so far begin a 1.0 peer's first frame, and this side's
    /// signature was the header of its own. At most that peer's header has been read, so nothing is
    /// left over.
    fn fall_back(&mut self) -> Result<(), HandshakeError> {
        let Phase::Greeting(reader) = &self.phase else { return Ok(()) };
        self.require_old_peers_allowed()?;
        let mut frame = Collector::new(true);
        frame.feed(reader.seen())?;
        self.output.extend_from_slice(&self.routing_id);
        self.phase = Phase::Identity {
            version: ZmtpVersion::V1,
            peer_socket_type: None,
            phantom_subscribe: self.local.socket_type.publishes(),
            frame,
        };
        self.try_identity()
    }

    fn require_old_peers_allowed(&self) -> Result<(), HandshakeError> {
        if self.mechanism.accepts_old_peers() { Ok(()) } else { Err(HandshakeError::PROTOCOL) }
    }

    /// Sends this side's id as the first frame, and awaits the peer's.
    fn start_identity(&mut self, version: ZmtpVersion, peer_socket_type: Option<SocketType>) {
        if version.uses_v1_frames() {
            v1::append(false, &self.routing_id, &mut self.output);
        } else {
            frame::append(0, &self.routing_id, &mut self.output);
        }
        let frame = Collector::new(version.uses_v1_frames());
        self.phase = Phase::Identity { version, peer_socket_type, phantom_subscribe: false, frame };
    }

    fn try_identity(&mut self) -> Result<(), HandshakeError> {
        let Phase::Identity { version, peer_socket_type, phantom_subscribe, frame } =
            &mut self.phase
        else {
            return Ok(());
        };
        let Some(identity) = frame.take() else { return Ok(()) };
        if identity.len() > metadata::MAX_IDENTITY {
            return Err(HandshakeError::PROTOCOL);
        }
        self.phase = Phase::Established(Established {
            version: *version,
            peer_identity: Some(identity),
            peer_socket_type: *peer_socket_type,
            properties: Vec::new(),
            phantom_subscribe: *phantom_subscribe,
        });
        Ok(())
    }

    /// Sends the mechanism's next commands, and checks whether it has finished.
    fn pump(&mut self) -> Result<(), HandshakeError> {
        let Phase::Commands { version, .. } = self.phase else { return Ok(()) };
        while let Some(body) = self.mechanism.next_command(&self.local)?.map(Zeroizing::new) {
            reserve_wiping(&mut self.output, body.len() + frame::MAX_HEADER)?;
            frame::append(COMMAND, &body, &mut self.output);
        }
        if let Some(peer) = self.mechanism.finish() {
            self.phase = Phase::Established(Established {
                version,
                peer_identity: peer.identity,
                peer_socket_type: peer.socket_type,
                properties: peer.list,
                phantom_subscribe: false,
            });
        }
        Ok(())
    }
}

impl From<FrameError> for HandshakeError {
    fn from(_: FrameError) -> Self {
        HandshakeError::PROTOCOL
    }
}
