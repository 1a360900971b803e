//! Handshake errors: why a handshake failed, the monitor's event, and whether a connecting side
//! tries again.
//!
//! Plain values without a lock. The numbers are those of `zmq.h`.
#![forbid(unsafe_code)]

use std::collections::TryReserveError;

/// The consequence of a failure for an endpoint that connects. A bound side forgets the connection
/// in either case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The peer will never be understood: the endpoint gives up and is not dialled again.
    Protocol,
    /// The connection was lost or timed out: dial again after the reconnect interval.
    Connection,
    /// No memory for the peer's command or for the answer: dial again after the reconnect interval.
    Memory,
}

/// The monitor event that goes with a failure, ahead of `DISCONNECTED`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HandshakeEvent {
    /// `ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL` with a `ZMQ_PROTOCOL_ERROR_*` code.
    Protocol(u32),
    /// `ZMQ_EVENT_HANDSHAKE_FAILED_AUTH` with the status 300, 400 or 500.
    Auth(u16),
}

/// A failed handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HandshakeError {
    pub kind: ErrorKind,
    /// `None`: the monitor sees `DISCONNECTED` only.
    pub event: Option<HandshakeEvent>,
}

impl HandshakeError {
    /// `ZMQ_PROTOCOL_ERROR_ZMTP_UNSPECIFIED`
    pub const UNSPECIFIED: HandshakeError = Self::with_code(0x1000_0000);
    /// `ZMQ_PROTOCOL_ERROR_ZMTP_UNEXPECTED_COMMAND`
    pub const UNEXPECTED_COMMAND: HandshakeError = Self::with_code(0x1000_0001);
    /// `ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_SEQUENCE`
    pub const INVALID_SEQUENCE: HandshakeError = Self::with_code(0x1000_0002);
    /// `ZMQ_PROTOCOL_ERROR_ZMTP_KEY_EXCHANGE`
    pub const KEY_EXCHANGE: HandshakeError = Self::with_code(0x1000_0003);
    /// `ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_UNSPECIFIED`
    pub const MALFORMED_COMMAND: HandshakeError = Self::with_code(0x1000_0011);
    /// `ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_MESSAGE`
    pub const MALFORMED_MESSAGE: HandshakeError = Self::with_code(0x1000_0012);
    /// `ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_HELLO`
    pub const MALFORMED_HELLO: HandshakeError = Self::with_code(0x1000_0013);
    /// `ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_INITIATE`
    pub const MALFORMED_INITIATE: HandshakeError = Self::with_code(0x1000_0014);
    /// `ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_ERROR`
    pub const MALFORMED_ERROR: HandshakeError = Self::with_code(0x1000_0015);
    /// `ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_READY`
    pub const MALFORMED_READY: HandshakeError = Self::with_code(0x1000_0016);
    /// `ZMQ_PROTOCOL_ERROR_ZMTP_MALFORMED_COMMAND_WELCOME`
    pub const MALFORMED_WELCOME: HandshakeError = Self::with_code(0x1000_0017);
    /// `ZMQ_PROTOCOL_ERROR_ZMTP_INVALID_METADATA`
    pub const INVALID_METADATA: HandshakeError = Self::with_code(0x1000_0018);
    /// `ZMQ_PROTOCOL_ERROR_ZMTP_CRYPTOGRAPHIC`
    pub const CRYPTOGRAPHIC: HandshakeError = Self::with_code(0x1100_0001);
    /// `ZMQ_PROTOCOL_ERROR_ZMTP_MECHANISM_MISMATCH`
    pub const MECHANISM_MISMATCH: HandshakeError = Self::with_code(0x1100_0002);
    /// `ZMQ_PROTOCOL_ERROR_ZAP_UNSPECIFIED`
    pub const ZAP_UNSPECIFIED: HandshakeError = Self::with_code(0x2000_0000);
    /// `ZMQ_PROTOCOL_ERROR_ZAP_MALFORMED_REPLY`
    pub const ZAP_MALFORMED_REPLY: HandshakeError = Self::with_code(0x2000_0001);
    /// `ZMQ_PROTOCOL_ERROR_ZAP_BAD_REQUEST_ID`
    pub const ZAP_BAD_REQUEST_ID: HandshakeError = Self::with_code(0x2000_0002);
    /// `ZMQ_PROTOCOL_ERROR_ZAP_BAD_VERSION`
    pub const ZAP_BAD_VERSION: HandshakeError = Self::with_code(0x2000_0003);
    /// `ZMQ_PROTOCOL_ERROR_ZAP_INVALID_STATUS_CODE`
    pub const ZAP_INVALID_STATUS_CODE: HandshakeError = Self::with_code(0x2000_0004);
    /// `ZMQ_PROTOCOL_ERROR_ZAP_INVALID_METADATA`
    pub const ZAP_INVALID_METADATA: HandshakeError = Self::with_code(0x2000_0005);
    /// `ZMQ_PROTOCOL_ERROR_WS_UNSPECIFIED`
    pub const WS_UNSPECIFIED: HandshakeError = Self::with_code(0x3000_0000);
    /// A violation without an event of its own.
    pub const PROTOCOL: HandshakeError = HandshakeError { kind: ErrorKind::Protocol, event: None };
    /// The connection was lost or took too long; its owner adds the event with the `errno`.
    pub const CONNECTION: HandshakeError =
        HandshakeError { kind: ErrorKind::Connection, event: None };

    /// There is no memory; its owner adds the event with `ENOMEM`.
    pub const MEMORY: HandshakeError = HandshakeError { kind: ErrorKind::Memory, event: None };

    /// A protocol error that raises `HANDSHAKE_FAILED_PROTOCOL` with this code.
    pub const fn with_code(code: u32) -> Self {
        HandshakeError { kind: ErrorKind::Protocol, event: Some(HandshakeEvent::Protocol(code)) }
    }

    /// A refusal that raises `HANDSHAKE_FAILED_AUTH` with this status.
    pub const fn refused(status: u16) -> Self {
        HandshakeError { kind: ErrorKind::Protocol, event: Some(HandshakeEvent::Auth(status)) }
    }

    /// A refusal that this side itself pronounced. If this side connects, it tries again: another
    /// peer may be there then, or the authenticator may decide otherwise.
    pub const fn by_ourselves(self) -> Self {
        match self.event {
            Some(HandshakeEvent::Auth(_)) => HandshakeError { kind: ErrorKind::Connection, ..self },
            _ => self,
        }
    }
}

impl From<TryReserveError> for HandshakeError {
    fn from(_: TryReserveError) -> HandshakeError {
        HandshakeError::MEMORY
    }
}
