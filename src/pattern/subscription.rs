//! The form of subscriptions in pipes (RFC 37; RFC 29 for the older one). No state.
//!
//! A subscriber queues them as commands; the connection puts them into the older form for peers
//! that want it. A XPUB understands both.
#![forbid(unsafe_code)]

use crate::queue::Incoming;

const SUBSCRIBE: &[u8] = b"\x09SUBSCRIBE";
const CANCEL: &[u8] = b"\x06CANCEL";

/// The subscription (`true`) or its end in a frame, and the topic.
pub fn parse<'a>(frame: &'a Incoming<'_>) -> Option<(bool, &'a [u8])> {
    let data = frame.data();
    if frame.is_command() {
        let subscribe = data.strip_prefix(SUBSCRIBE).map(|topic| (true, topic));
        return subscribe.or_else(|| data.strip_prefix(CANCEL).map(|topic| (false, topic)));
    }
    parse_message(data)
}

/// The subscription or its end in the older form: 1 or 0 and the topic.
pub fn parse_message(data: &[u8]) -> Option<(bool, &[u8])> {
    match data.split_first() {
        Some((1, topic)) => Some((true, topic)),
        Some((0, topic)) => Some((false, topic)),
        _ => None,
    }
}

/// The command for a topic.
pub fn command(on: bool, topic: &[u8]) -> Vec<u8> {
    [if on { SUBSCRIBE } else { CANCEL }, topic].concat()
}
