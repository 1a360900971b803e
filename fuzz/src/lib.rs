//! The fuzz targets: each function drives one part of the protocol with its bytes, and checks the
//! rules that hold for any input. `targets/` hands them to libFuzzer, `bin/soak.rs` feeds them
//! without it. Any thread.
#![forbid(unsafe_code)]

mod secure;
mod web;

pub use secure::{mechanisms, sealed};
pub use web::web;

use zincmq::options::SocketType;
use zincmq::proto::HandshakeError;
use zincmq::proto::mechanism::{Denial, NullMechanism, Verdict};
use zincmq::proto::socks5::{Dialogue, Host, Login, SocksError};
use zincmq::proto::zmtp::command::{self, Command, Subscription};
use zincmq::proto::zmtp::handshake::{Established, Handshake, HandshakeConfig};
use zincmq::proto::zmtp::metadata::{self, PeerProperties, Properties};
use zincmq::proto::zmtp::req_filter::ReqFilter;
use zincmq::proto::zmtp::{frame, v1};

/// A fuzz target.
pub type Target = fn(&[u8]);

/// All targets by name; each has a folder of seeds in `corpus/`.
pub const TARGETS: [(&str, Target); 8] = [
    ("handshake", handshake),
    ("frames", frames),
    ("commands", commands),
    ("metadata", metadata),
    ("socks5", socks5),
    ("mechanisms", mechanisms),
    ("sealed", sealed),
    ("web", web),
];

/// The first byte picks the socket type and the authenticator, the second the size of the pieces;
/// the rest comes from the peer. The outcome must not depend on the size of the pieces.
pub fn handshake(data: &[u8]) {
    let [setup, piece_len, wire @ ..] = data else { return };
    let whole = run_handshake(*setup, wire, wire.len().max(1));
    let pieces = run_handshake(*setup, wire, usize::from(*piece_len).max(1));
    assert_eq!(whole, pieces);
    assert!(whole.used <= wire.len());
}

#[derive(Debug, PartialEq)]
struct Outcome {
    output: Vec<u8>,
    result: Result<Option<Established>, HandshakeError>,
    used: usize,
}

fn new_handshake(setup: u8) -> Handshake {
    let socket_type = SocketType::ALL[usize::from(setup & 0x0f) % SocketType::ALL.len()];
    let config = HandshakeConfig {
        socket_type,
        routing_id: b"me",
        metadata: &[(b"X-a".to_vec(), b"b".to_vec())],
    };
    Handshake::with_mechanism(config, Box::new(NullMechanism::new(setup & 0x20 != 0)))
}

fn run_handshake(setup: u8, wire: &[u8], piece_len: usize) -> Outcome {
    let verdict = match setup >> 6 {
        0 => Verdict::Denied(Denial::Temporary),
        1 => Verdict::Denied(Denial::Failure),
        _ => Verdict::Granted,
    };
    let mut handshake = new_handshake(setup);
    let mut used = 0;
    let mut result = Ok(());
    for end in (piece_len..=wire.len().next_multiple_of(piece_len)).step_by(piece_len) {
        let piece = &wire[used..end.min(wire.len())];
        match handshake.input(piece) {
            Ok(count) => used += count,
            Err(error) => {
                result = Err(error);
                used = 0;
                break;
            }
        }
    }
    // The answer comes when all is read, so at one point for any size of pieces.
    if result.is_ok() && handshake.auth_request().is_some() {
        result = handshake.authenticated(verdict);
    }
    let output = handshake.take_output();
    Outcome { output, result: result.map(|()| handshake.established()), used }
}

/// The first byte is the size limit; the rest is read as frames of both layouts.
pub fn frames(data: &[u8]) {
    let [limit, wire @ ..] = data else { return };
    let maxmsgsize = i64::from(*limit) - 1;
    walk_frames(wire, maxmsgsize, frame::parse_header, |header, body| {
        let mut out = Vec::new();
        frame::append(header.flags, body, &mut out);
        out
    });
    walk_frames(wire, maxmsgsize, v1::parse_header, |header, body| {
        let mut out = Vec::new();
        v1::append(header.more(), body, &mut out);
        out
    });
}

type Parse = fn(&[u8], i64) -> Result<Option<frame::Header>, frame::FrameError>;

fn walk_frames(
    mut wire: &[u8],
    maxmsgsize: i64,
    parse: Parse,
    encode: impl Fn(frame::Header, &[u8]) -> Vec<u8>,
) {
    let mut filter = Some(ReqFilter::default());
    while let Ok(Some(header)) = parse(wire, maxmsgsize) {
        for cut in 0..header.header_len {
            // A size above the limit is noticed early, but never in a frame that passes.
            assert_eq!(parse(&wire[..cut], maxmsgsize), Ok(None));
        }
        assert!(maxmsgsize < 0 || header.command() || header.body_len as i64 <= maxmsgsize);
        filter = filter.and_then(|mut filter| {
            filter.check(header.flags, header.body_len).ok()?;
            Some(filter)
        });
        let end = header.header_len + header.body_len;
        let Some(body) = wire.get(header.header_len..end) else { break };
        let encoded = encode(header, body);
        let again = parse(&encoded, -1).expect("own frame").expect("whole header");
        assert_eq!((again.flags, again.body_len), (header.flags, header.body_len));
        assert_eq!(&encoded[again.header_len..], body);
        wire = &wire[end..];
    }
}

/// The input is the body of a command; the command that is read is written and read again.
pub fn commands(data: &[u8]) {
    let parsed = command::parse(data);
    let written = match parsed {
        Command::Subscribe(topic) => Subscription::Subscribe.command_body(topic),
        Command::Cancel(topic) => Subscription::Cancel.command_body(topic),
        Command::Ping { ttl_ds, context } => command::ping_body(ttl_ds, context),
        Command::Pong(context) => command::pong_body(context),
        Command::Ready(list) => command::ready_body(list).unwrap(),
        Command::Error { reason: Some(reason) } => command::error_body(reason),
        Command::Error { reason: None } | Command::Unknown => return,
    };
    // A context may have been cut, and bytes behind an ERROR's reason are lost.
    assert!(data.starts_with(&written));
    if written.len() == data.len() {
        assert_eq!(command::parse(&written), parsed);
    }
}

/// The first byte is this side's socket type; the rest is the peer's property list.
pub fn metadata(data: &[u8]) {
    let [own, list @ ..] = data else { return };
    let own = SocketType::ALL[usize::from(*own) % SocketType::ALL.len()];
    let mut written = Vec::new();
    for property in Properties::new(list) {
        let Ok((name, value)) = property else {
            assert!(PeerProperties::parse(list, own).is_err());
            return;
        };
        metadata::append_property(name, value, &mut written);
    }
    assert_eq!(written, list);
    if let Ok(peer) = PeerProperties::parse(list, own) {
        assert_eq!(peer.list.len(), Properties::new(list).count());
    }
}

/// The first byte says whether there is a login and how long the peer's name is. The second is the
/// size of the pieces; the rest comes from the proxy. The outcome must not depend on the size of
/// the pieces, and no byte behind the dialogue is taken.
pub fn socks5(data: &[u8]) {
    let [setup, piece_len, wire @ ..] = data else { return };
    let whole = run_socks5(*setup, wire, usize::MAX);
    let pieces = run_socks5(*setup, wire, usize::from(*piece_len).max(1));
    assert_eq!(whole, pieces);
    if let (Ok(true), said) = &whole {
        assert!(said.len() <= 3 + 3 + 2 * 255 + 7 + 255);
    }
}

fn run_socks5(setup: u8, wire: &[u8], piece_len: usize) -> (Result<bool, SocksError>, Vec<u8>) {
    let name = vec![b'x'; usize::from(setup >> 1) * 4];
    let login = Login { username: name.clone().into(), password: Vec::new().into() };
    let login = (setup & 1 != 0).then_some(login);
    let mut dialogue = Dialogue::new(Host::Name(name), u16::from(setup), login);
    let mut said = dialogue.take_output();
    let mut rest = wire;
    while dialogue.wanted() > 0 && !rest.is_empty() {
        assert!(!dialogue.is_done());
        let (now, later) = rest.split_at(piece_len.min(dialogue.wanted()).min(rest.len()));
        rest = later;
        let result = dialogue.input(now);
        said.extend(dialogue.take_output());
        if let Err(error) = result {
            return (Err(error), said);
        }
    }
    (Ok(dialogue.is_done()), said)
}
