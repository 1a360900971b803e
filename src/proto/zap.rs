//! ZAP 1.0 (RFC 27): the question for the authenticator, and its answer. Frames in, frames out.
//!
//! A value without a lock. The reactor's session carries the frames between a handshake and the
//! socket that is bound to [`ENDPOINT`].
#![forbid(unsafe_code)]

use crate::memory::copy_of;
use crate::options::SocketType;
use crate::proto::HandshakeError;
use crate::proto::mechanism::{AuthRequest, Denial, Verdict};
use crate::proto::zmtp::metadata::PeerProperties;

/// Where the authenticator is bound, in the context of the socket that asks.
pub const ENDPOINT: &[u8] = b"inproc://zeromq.zap.01";

/// The property with the name that the authenticator gives the peer.
pub const USER_ID: &[u8] = b"User-Id";

/// Frames of a reply, with the delimiter.
pub const REPLY_FRAMES: usize = 7;

const VERSION: &[u8] = b"1.0";

/// The number of every question: each pipe has one question at a time.
const REQUEST_ID: &[u8] = b"1";

/// Whether a connection that wants to ask does so, and what happens without an authenticator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asking {
    /// Not asked: the mechanism alone decides.
    Never,
    /// Asked if there is an authenticator.
    IfPossible,
    /// A peer enters only after the authenticator was asked about it.
    Always,
}

impl Asking {
    /// The rule for a mechanism with this `ZMQ_ZAP_DOMAIN` and `ZMQ_ZAP_ENFORCE_DOMAIN`. PLAIN
    /// proves nothing without an authenticator that knows the passwords.
    pub fn of(mechanism: &str, domain: &[u8], enforce: bool) -> Asking {
        match (mechanism, domain.is_empty(), enforce) {
            ("PLAIN", _, _) => Asking::Always,
            (_, _, false) => Asking::IfPossible,
            (_, true, true) => Asking::Never,
            (_, false, true) => Asking::Always,
        }
    }
}

/// The frames of a request, the empty delimiter first. `address` is the peer's, `routing_id` is
/// that of the socket that asks.
pub fn request(
    question: AuthRequest,
    domain: &[u8],
    address: &[u8],
    routing_id: &[u8],
) -> Vec<Vec<u8>> {
    let mechanism = question.mechanism.as_bytes();
    let head = [b"", VERSION, REQUEST_ID, domain, address, routing_id, mechanism];
    let mut frames: Vec<Vec<u8>> = head.into_iter().map(<[u8]>::to_vec).collect();
    frames.extend(question.credentials);
    frames
}

/// The authenticator's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    pub verdict: Verdict,
    /// `User-Id` first, then the authenticator's own properties in their order.
    pub properties: Vec<(Vec<u8>, Vec<u8>)>,
    /// The id that the authenticator gives the peer, if any.
    pub identity: Option<Vec<u8>>,
}

impl Reply {
    /// Reads the frames of a reply to a socket of type `own`.
    ///
    /// # Errors
    /// The first fault, in the order of the frames, as one of the `ZMQ_PROTOCOL_ERROR_ZAP_*`.
    pub fn parse(frames: &[Vec<u8>], own: SocketType) -> Result<Reply, HandshakeError> {
        let [delimiter, version, id, status, _text, user_id, metadata] = frames else {
            return Err(HandshakeError::ZAP_MALFORMED_REPLY);
        };
        if !delimiter.is_empty() {
            return Err(HandshakeError::ZAP_UNSPECIFIED);
        }
        if version != VERSION {
            return Err(HandshakeError::ZAP_BAD_VERSION);
        }
        if id != REQUEST_ID {
            return Err(HandshakeError::ZAP_BAD_REQUEST_ID);
        }
        let verdict = match status.as_slice() {
            b"200" => Verdict::Granted,
            b"300" => Verdict::Denied(Denial::Temporary),
            b"400" => Verdict::Denied(Denial::Failure),
            b"500" => Verdict::Denied(Denial::InternalError),
            _ => return Err(HandshakeError::ZAP_INVALID_STATUS_CODE),
        };
        let PeerProperties { identity, list, .. } = PeerProperties::parse(metadata, own)
            .map_err(|error| error.in_handshake(HandshakeError::ZAP_INVALID_METADATA))?;
        let mut properties = vec![(USER_ID.to_vec(), copy_of(user_id)?)];
        properties.extend(list);
        Ok(Reply { verdict, properties, identity })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: [&str; REPLY_FRAMES] = ["", "1.0", "1", "200", "OK", "joe", ""];

    fn parse(frames: &[&str]) -> Result<Reply, HandshakeError> {
        let frames: Vec<Vec<u8>> = frames.iter().map(|frame| frame.as_bytes().to_vec()).collect();
        Reply::parse(&frames, SocketType::Dealer)
    }

    fn with(place: usize, frame: &str) -> Result<Reply, HandshakeError> {
        let mut frames = GOOD;
        frames[place] = frame;
        parse(&frames)
    }

    #[test]
    fn a_request_has_the_credentials_last() {
        let question =
            AuthRequest { mechanism: "PLAIN", credentials: vec![b"me".to_vec(), b"pw".to_vec()] };
        let frames = request(question, b"D", b"127.0.0.1", b"ID");
        let expected: Vec<Vec<u8>> =
            ["", "1.0", "1", "D", "127.0.0.1", "ID", "PLAIN", "me", "pw"].map(Into::into).into();
        assert_eq!(frames, expected);
    }

    #[test]
    fn the_four_statuses() {
        let verdict = |status| with(3, status).map(|reply| reply.verdict);
        assert_eq!(verdict("200"), Ok(Verdict::Granted));
        assert_eq!(verdict("300"), Ok(Verdict::Denied(Denial::Temporary)));
        assert_eq!(verdict("400"), Ok(Verdict::Denied(Denial::Failure)));
        assert_eq!(verdict("500"), Ok(Verdict::Denied(Denial::InternalError)));
        for status in ["", "2", "20", "2000", "201", "210", "100", "600", "OK!"] {
            assert_eq!(verdict(status), Err(HandshakeError::ZAP_INVALID_STATUS_CODE), "{status}");
        }
    }

    #[test]
    fn faults_in_the_order_of_the_frames() {
        assert_eq!(parse(&GOOD[..6]), Err(HandshakeError::ZAP_MALFORMED_REPLY));
        assert_eq!(parse(&[]), Err(HandshakeError::ZAP_MALFORMED_REPLY));
        let long: Vec<&str> = GOOD.iter().copied().chain([""]).collect();
        assert_eq!(parse(&long), Err(HandshakeError::ZAP_MALFORMED_REPLY));
        let mut frames = ["x"; REPLY_FRAMES];
        for (place, fault) in [
            HandshakeError::ZAP_UNSPECIFIED,
            HandshakeError::ZAP_BAD_VERSION,
            HandshakeError::ZAP_BAD_REQUEST_ID,
            HandshakeError::ZAP_INVALID_STATUS_CODE,
        ]
        .into_iter()
        .enumerate()
        {
            assert_eq!(parse(&frames), Err(fault));
            frames[place] = GOOD[place];
        }
        assert_eq!(parse(&frames), Err(HandshakeError::ZAP_INVALID_METADATA));
    }

    #[test]
    fn properties_and_user_id() {
        let list = "\u{5}Hello\0\0\0\u{5}World\u{8}Identity\0\0\0\u{3}BOB";
        let reply = with(6, list).unwrap();
        let names: Vec<&[u8]> = reply.properties.iter().map(|(name, _)| name.as_slice()).collect();
        assert_eq!(names, [b"User-Id".as_slice(), b"Hello", b"Identity"]);
        assert_eq!(reply.properties[0].1, b"joe");
        assert_eq!(reply.identity.as_deref(), Some(b"BOB".as_slice()));
        let misfit = with(6, "\u{b}Socket-Type\0\0\0\u{3}PUB");
        assert_eq!(misfit, Err(HandshakeError::ZAP_INVALID_METADATA));
        // A refusal has to be well formed too.
        let mut frames = GOOD;
        (frames[3], frames[6]) = ("400", "\u{5}Hel");
        assert_eq!(parse(&frames), Err(HandshakeError::ZAP_INVALID_METADATA));
    }

    #[test]
    fn who_is_asked_about() {
        for (mechanism, domain, enforce, asking) in [
            ("NULL", "D", false, Asking::IfPossible),
            ("NULL", "D", true, Asking::Always),
            ("PLAIN", "", false, Asking::Always),
            ("PLAIN", "", true, Asking::Always),
            ("PLAIN", "D", true, Asking::Always),
            ("CURVE", "", false, Asking::IfPossible),
            ("CURVE", "", true, Asking::Never),
            ("CURVE", "D", false, Asking::IfPossible),
            ("CURVE", "D", true, Asking::Always),
        ] {
            assert_eq!(Asking::of(mechanism, domain.as_bytes(), enforce), asking);
        }
    }
}
