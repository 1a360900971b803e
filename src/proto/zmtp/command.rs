//! Commands: bodies of COMMAND frames (RFC 23 and 37, "Commands"), and the older message form of
//! subscriptions.
//!
//! A body is name length (1 byte), name, data. Pure functions.
#![forbid(unsafe_code)]

use std::collections::TryReserveError;

use super::ZmtpVersion;
use super::frame::{self, COMMAND};
use super::v1;
use crate::memory::joined;

/// Longest context of a PING that is sent back, in bytes.
pub const MAX_CONTEXT: usize = 16;

const SUBSCRIBE: &[u8] = b"\x09SUBSCRIBE";
const CANCEL: &[u8] = b"\x06CANCEL";
const PING: &[u8] = b"\x04PING";
const PONG: &[u8] = b"\x04PONG";
const READY: &[u8] = b"\x05READY";
const ERROR: &[u8] = b"\x05ERROR";

/// A command of the peer, borrowing from the frame's body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command<'a> {
    /// The topic.
    Subscribe(&'a [u8]),
    /// The topic.
    Cancel(&'a [u8]),
    Ping {
        /// Tenths of a second; 0 asks for no watch.
        ttl_ds: u16,
        context: &'a [u8],
    },
    /// The context of this side's PING.
    Pong(&'a [u8]),
    /// The property list.
    Ready(&'a [u8]),
    Error {
        /// `None` if the reason is longer than the command.
        reason: Option<&'a [u8]>,
    },
    /// Any other command, also one that is too short to have a name. To be ignored once the
    /// handshake is done, and a violation before.
    Unknown,
}

/// Reads the body of a command frame.
pub fn parse(body: &[u8]) -> Command<'_> {
    let name_end = body.first().map_or(0, |len| usize::from(*len) + 1);
    let Some((name, data)) = body.split_at_checked(name_end) else { return Command::Unknown };
    match name {
        SUBSCRIBE => Command::Subscribe(data),
        CANCEL => Command::Cancel(data),
        PING => match data.split_first_chunk() {
            Some((ttl, context)) => Command::Ping { ttl_ds: u16::from_be_bytes(*ttl), context },
            None => Command::Unknown,
        },
        PONG => Command::Pong(data),
        READY => Command::Ready(data),
        ERROR => Command::Error { reason: error_reason(data) },
        _ => Command::Unknown,
    }
}

fn error_reason(data: &[u8]) -> Option<&[u8]> {
    let (len, rest) = data.split_first()?;
    rest.get(..usize::from(*len))
}

fn body(parts: [&[u8]; 3]) -> Vec<u8> {
    parts.concat()
}

/// The body of a PING that asks the peer to watch this side for `ttl_ds` tenths of a second.
pub fn ping_body(ttl_ds: u16, context: &[u8]) -> Vec<u8> {
    body([PING, &ttl_ds.to_be_bytes(), cut(context)])
}

/// The body of the PONG that answers a PING with this context.
pub fn pong_body(context: &[u8]) -> Vec<u8> {
    body([PONG, cut(context), &[]])
}

fn cut(context: &[u8]) -> &[u8] {
    context.get(..MAX_CONTEXT).unwrap_or(context)
}

/// The body of a READY with this property list.
///
/// # Errors
/// There is no memory.
pub fn ready_body(properties: &[u8]) -> Result<Vec<u8>, TryReserveError> {
    joined(&[READY, properties])
}

/// The body of an ERROR; a reason above 255 bytes is cut.
pub fn error_body(reason: &[u8]) -> Vec<u8> {
    let reason = reason.get(..255).unwrap_or(reason);
    body([ERROR, &[reason.len() as u8], reason])
}

/// The two requests of a subscriber about a topic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subscription {
    Subscribe,
    Cancel,
}

impl Subscription {
    /// The body of the command form, for 3.1 peers.
    pub fn command_body(self, topic: &[u8]) -> Vec<u8> {
        let name = match self {
            Subscription::Subscribe => SUBSCRIBE,
            Subscription::Cancel => CANCEL,
        };
        body([name, topic, &[]])
    }

    /// The body of the message form, for older peers.
    ///
    /// # Errors
    /// There is no memory.
    pub fn message_body(self, topic: &[u8]) -> Result<Vec<u8>, TryReserveError> {
        joined(&[&[(self == Subscription::Subscribe).into()], topic])
    }

    /// Appends the whole frame in the form that a peer of this version understands.
    ///
    /// # Errors
    /// There is no memory.
    pub fn append(
        self,
        version: ZmtpVersion,
        topic: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(), TryReserveError> {
        if version.subscribes_by_command() {
            frame::append(COMMAND, &self.command_body(topic), out);
        } else if version.uses_v1_frames() {
            v1::append(false, &self.message_body(topic)?, out);
        } else {
            frame::append(0, &self.message_body(topic)?, out);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn subscriptions_in_the_form_of_each_version() {
        let wire = |version, subscription: Subscription| {
            let mut out = Vec::new();
            subscription.append(version, b"A", &mut out).unwrap();
            out
        };
        use Subscription::*;
        assert_eq!(wire(ZmtpVersion::V3_1, Subscribe), b"\x04\x0b\x09SUBSCRIBEA");
        assert_eq!(wire(ZmtpVersion::V3_1, Cancel), b"\x04\x08\x06CANCELA");
        for version in [ZmtpVersion::V3_0, ZmtpVersion::V2] {
            assert_eq!(wire(version, Subscribe), b"\x00\x02\x01A");
            assert_eq!(wire(version, Cancel), b"\x00\x02\x00A");
        }
        assert_eq!(wire(ZmtpVersion::V1, Subscribe), b"\x03\x00\x01A");
        assert_eq!(wire(ZmtpVersion::V1, Cancel), b"\x03\x00\x00A");
    }

    #[test]
    fn long_topics() {
        for (topic_len, header) in [(245, &[4, 255][..]), (246, &[6, 0, 0, 0, 0, 0, 0, 1, 0])] {
            let topic = vec![b't'; topic_len];
            let mut out = Vec::new();
            Subscription::Subscribe.append(ZmtpVersion::V3_1, &topic, &mut out).unwrap();
            assert_eq!(out[..header.len()], *header);
            assert_eq!(parse(&out[header.len()..]), Command::Subscribe(&topic));
        }
        // A 256-byte message needs the long form, flag included.
        let mut out = Vec::new();
        Subscription::Subscribe.append(ZmtpVersion::V3_0, &[b't'; 255], &mut out).unwrap();
        assert_eq!(out[..10], [2, 0, 0, 0, 0, 0, 0, 1, 0, 1]);
    }

    #[test]
    fn ping_and_pong() {
        assert_eq!(ping_body(3, b""), b"\x04PING\0\x03");
        assert_eq!(
            parse(b"\x04PING\x01\x02LOL"),
            Command::Ping { ttl_ds: 0x0102, context: b"LOL" }
        );
        assert_eq!(pong_body(b"LOL"), b"\x04PONGLOL");
        assert_eq!(pong_body(b"0123456789abcdefXX"), b"\x04PONG0123456789abcdef");
        assert_eq!(parse(b"\x04PONG"), Command::Pong(b""));
        assert_eq!(parse(b"\x04PING\0"), Command::Unknown);
    }

    #[test]
    fn ready_and_error() {
        assert_eq!(parse(b"\x05READYxyz"), Command::Ready(b"xyz"));
        assert_eq!(error_body(b"400"), b"\x05ERROR\x03400");
        assert_eq!(parse(b"\x05ERROR\x03400"), Command::Error { reason: Some(b"400") });
        assert_eq!(parse(b"\x05ERROR\x03400x"), Command::Error { reason: Some(b"400") });
        assert_eq!(parse(b"\x05ERROR\x0440"), Command::Error { reason: None });
        assert_eq!(parse(b"\x05ERROR"), Command::Error { reason: None });
        assert_eq!(error_body(&[b'r'; 300]).len(), 6 + 1 + 255);
    }

    #[test]
    fn what_has_no_known_name_is_unknown() {
        for body in [&b""[..], b"\0", b"\x05", b"\x40PING", b"\x04ping\0\0", b"\x05PINGX\0\0"] {
            assert_eq!(parse(body), Command::Unknown, "{body:?}");
        }
    }

    proptest! {
        #[test]
        fn bodies_round_trip(ttl_ds: u16, data in prop::collection::vec(any::<u8>(), 0..300)) {
            let subscribe = Subscription::Subscribe.command_body(&data);
            prop_assert_eq!(parse(&subscribe), Command::Subscribe(&data));
            let cancel = Subscription::Cancel.command_body(&data);
            prop_assert_eq!(parse(&cancel), Command::Cancel(&data));
            let ready = ready_body(&data).unwrap();
            prop_assert_eq!(parse(&ready), Command::Ready(&data));
            let ping = ping_body(ttl_ds, &data);
            prop_assert_eq!(parse(&ping), Command::Ping { ttl_ds, context: cut(&data) });
        }
    }
}
