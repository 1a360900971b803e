//! The handshake as a whole (RFC 23 and 37): pairs fed with each other, and transcripts of older
//! and odd peers.
#![forbid(unsafe_code)]

use super::ZmtpVersion;
use super::handshake::{Established, Handshake, HandshakeConfig};
use crate::options::SocketType::{self, *};
use crate::proto::mechanism::{AuthRequest, Denial, NullMechanism, Verdict};
use crate::proto::{ErrorKind, HandshakeError, HandshakeEvent};
use proptest::prelude::*;

const SIGNATURE: &[u8] = b"\xff\0\0\0\0\0\0\0\x01\x7f";
const READY_DEALER: &[u8] = b"\x04\x29\x05READY\x0bSocket-Type\0\0\0\x06DEALER\x08Identity\0\0\0\0";
const READY_SUB: &[u8] = b"\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03SUB";
const READY_XPUB: &[u8] = b"\x04\x1a\x05READY\x0bSocket-Type\0\0\0\x04XPUB";

fn config(socket_type: SocketType, routing_id: &[u8]) -> HandshakeConfig<'_> {
    HandshakeConfig { socket_type, routing_id, metadata: &[] }
}

fn handshake(socket_type: SocketType, routing_id: &[u8]) -> Handshake {
    Handshake::new(config(socket_type, routing_id))
}

/// A DEALER without id whose signature has been taken.
fn dealer() -> Handshake {
    let mut dealer = handshake(Dealer, b"");
    assert_eq!(dealer.take_output(), SIGNATURE);
    dealer
}

fn greeting(minor: u8, mechanism: &[u8]) -> Vec<u8> {
    let mut out = [SIGNATURE, &[3, minor], mechanism].concat();
    out.resize(64, 0);
    out
}

fn null_greeting() -> Vec<u8> {
    greeting(1, b"NULL")
}

fn command(body: &[u8]) -> Vec<u8> {
    [&[4, body.len() as u8], body].concat()
}

/// Feeds everything byte by byte and checks that each byte belongs to the handshake.
fn feed(handshake: &mut Handshake, bytes: &[u8]) {
    for byte in bytes {
        assert_eq!(handshake.input(&[*byte]), Ok(1));
    }
}

/// Everything visible of a handshake that was fed with `pieces`.
#[derive(Debug, PartialEq)]
struct Outcome {
    output: Vec<u8>,
    result: Result<Option<Established>, HandshakeError>,
    /// Bytes that belong to the running phase.
    left: Vec<u8>,
}

fn run(mut handshake: Handshake, pieces: &[&[u8]]) -> Outcome {
    let mut unread = Vec::new();
    let mut output = Vec::new();
    let mut result = Ok(());
    for piece in pieces {
        unread.extend_from_slice(piece);
        match handshake.input(&unread) {
            Ok(used) => drop(unread.drain(..used)),
            Err(error) => result = Err(error),
        }
        output.extend(handshake.take_output());
    }
    let left = if result.is_ok() { unread } else { Vec::new() };
    Outcome { output, result: result.map(|()| handshake.established()), left }
}

#[test]
fn greeting_is_staged_and_ready_follows_at_once() {
    let mut dealer = dealer();
    assert_eq!(dealer.take_output(), b"");
    let peer = null_greeting();
    feed(&mut dealer, &peer[..9]);
    assert_eq!(dealer.take_output(), b"");
    feed(&mut dealer, &peer[9..10]);
    assert_eq!(dealer.take_output(), [3]);
    feed(&mut dealer, &peer[10..11]);
    let rest = dealer.take_output();
    assert_eq!(rest, null_greeting()[11..]);
    feed(&mut dealer, &peer[11..]);
    assert_eq!(dealer.take_output(), READY_DEALER);
    assert_eq!(dealer.established(), None);
    feed(&mut dealer, b"\x04\x1c\x05READY\x0bSocket-Type\0\0\0\x06ROUTER");
    let established = dealer.established().unwrap();
    assert_eq!(established.version, ZmtpVersion::V3_1);
    assert_eq!(established.peer_identity, None);
    assert_eq!(established.peer_socket_type, Some(Router));
    assert_eq!(established.properties, [(b"Socket-Type".to_vec(), b"ROUTER".to_vec())]);
    assert_eq!(dealer.take_output(), b"");
    assert_eq!(dealer.established(), None);
    assert_eq!(dealer.input(b"\0\0"), Ok(0));
}

#[test]
fn a_stream_peer_gets_97_bytes_after_the_signature() {
    let mut dealer = dealer();
    assert_eq!(dealer.input(&null_greeting()), Ok(64));
    assert_eq!(dealer.take_output(), [&null_greeting()[10..], READY_DEALER].concat());
}

#[test]
fn ready_of_other_types() {
    for (socket_type, ready) in [(Sub, READY_SUB), (Xpub, READY_XPUB)] {
        let outcome = run(handshake(socket_type, b"ignored"), &[&null_greeting()]);
        assert_eq!(outcome.output[64..], *ready);
    }
}

#[test]
fn everything_in_one_segment() {
    let wire = [&null_greeting(), READY_DEALER, b"\x00\x01m"].concat();
    let outcome = run(dealer(), &[&wire]);
    assert_eq!(outcome.left, b"\x00\x01m");
    let established = outcome.result.unwrap().unwrap();
    assert_eq!(established.peer_identity.as_deref(), Some(&b""[..]));
}

#[test]
fn pairs_at_every_split() {
    let types = [(Pair, Pair), (Pub, Sub), (Req, Rep), (Dealer, Router), (Push, Pull)];
    for (left_type, right_type) in types {
        let script = |socket_type, peer: &[u8]| run(handshake(socket_type, b"me"), &[peer]).output;
        // With a peer's whole output known, each side is fed with it at every split.
        let right_wire = script(right_type, &script(left_type, &null_greeting()));
        let left_wire = script(left_type, &right_wire);
        for (socket_type, wire) in [(left_type, &right_wire), (right_type, &left_wire)] {
            let whole = run(handshake(socket_type, b"me"), &[wire]);
            assert!(matches!(whole.result, Ok(Some(_))), "{whole:?}");
            for split in 0..=wire.len() {
                let (head, tail) = wire.split_at(split);
                assert_eq!(run(handshake(socket_type, b"me"), &[head, tail]), whole);
            }
        }
    }
}

#[test]
fn pairs_byte_by_byte_in_lock_step() {
    let mut sides = [handshake(Router, b"R"), handshake(Dealer, b"D")];
    let mut wires = [Vec::new(), Vec::new()];
    for _ in 0..300 {
        for at in [0, 1] {
            let out = sides[at].take_output();
            wires[1 - at].extend(out);
            if !wires[at].is_empty() {
                assert_eq!(sides[at].input(&[wires[at].remove(0)]), Ok(1));
            }
        }
    }
    let [router, dealer] = sides.map(|mut side| side.established().unwrap());
    assert_eq!(router.peer_identity.as_deref(), Some(&b"D"[..]));
    assert_eq!(dealer.peer_identity.as_deref(), Some(&b"R"[..]));
    assert_eq!(wires, [[], []]);
}

#[test]
fn minor_versions() {
    let version = |revision, minor| {
        let mut peer = greeting(minor, b"NULL");
        peer[10] = revision;
        run(dealer(), &[&peer, READY_DEALER]).result.unwrap().unwrap().version
    };
    assert_eq!(version(3, 0), ZmtpVersion::V3_0);
    assert_eq!(version(3, 1), ZmtpVersion::V3_1);
    assert_eq!(version(3, 7), ZmtpVersion::V3_1);
    assert_eq!(version(2, 0), ZmtpVersion::V3_1);
    assert_eq!(version(4, 0), ZmtpVersion::V3_1);
}

#[test]
fn version_2_peer() {
    let mut router = handshake(Router, b"AB");
    assert_eq!(router.take_output(), b"\xff\0\0\0\0\0\0\0\x03\x7f");
    feed(&mut router, SIGNATURE);
    assert_eq!(router.take_output(), [3]);
    feed(&mut router, &[1]);
    assert_eq!(router.take_output(), [6]);
    feed(&mut router, &[5]);
    assert_eq!(router.take_output(), b"\x00\x02AB");
    // MORE on an identity frame is ignored.
    feed(&mut router, b"\x01\x02XY");
    assert_eq!(router.input(b"\x00\x01m"), Ok(0));
    let established = router.established().unwrap();
    assert_eq!(
        established,
        Established {
            version: ZmtpVersion::V2,
            peer_identity: Some(b"XY".to_vec()),
            peer_socket_type: Some(Dealer),
            properties: Vec::new(),
            phantom_subscribe: false,
        }
    );
}

#[test]
fn version_1_peer_with_version_bytes() {
    let wire = [SIGNATURE, &[0, 2], b"\x03\x00XY", b"\x02\x00m"].concat();
    let outcome = run(handshake(Xpub, b"AB"), &[&wire]);
    assert_eq!(outcome.output, b"\xff\0\0\0\0\0\0\0\x03\x7f\x03\x09\x03\x00AB");
    assert_eq!(outcome.left, b"\x02\x00m");
    let established = outcome.result.unwrap().unwrap();
    assert_eq!(established.version, ZmtpVersion::V1);
    assert_eq!(established.peer_identity.as_deref(), Some(&b"XY"[..]));
    assert!(!established.phantom_subscribe);
}

#[test]
fn version_1_peer_without_version_bytes() {
    for (wire, identity) in [
        (&b"\x03\x00XY\x02\x00m"[..], &b"XY"[..]),
        (b"\x01\x00\x02\x00m", b""),
        (b"\xff\0\0\0\0\0\0\0\x03\x00XY\x02\x00m", b"XY"),
        (b"\xff\0\0\0\0\0\0\0\x01\x00\x02\x00m", b""),
    ] {
        for (socket_type, phantom) in [(Dealer, false), (Pub, true), (Xpub, true), (Sub, false)] {
            let outcome = run(handshake(socket_type, b"AB"), &[wire]);
            assert_eq!(outcome.output, b"\xff\0\0\0\0\0\0\0\x03\x7fAB");
            assert_eq!(outcome.left, b"\x02\x00m");
            let established = outcome.result.unwrap().unwrap();
            assert_eq!(established.version, ZmtpVersion::V1);
            assert_eq!(established.peer_identity.as_deref(), Some(identity));
            assert_eq!(established.phantom_subscribe, phantom);
        }
    }
}

#[test]
fn what_is_no_zmtp_at_all_is_taken_for_version_1() {
    let banner = b"SSH-2.0-OpenSSH_9.2p1\r\n";
    let outcome = run(dealer(), &[banner]);
    assert_eq!(outcome.result, Ok(None));
    let http =
        b"GET / HTTP/1.1\r\nHost: localhost:5555\r\nUser-Agent: someone/1.0\r\nAccept: */*\r\n\r\n";
    let outcome = run(dealer(), &[http]);
    let established = outcome.result.unwrap().unwrap();
    assert_eq!(established.version, ZmtpVersion::V1);
    assert_eq!(established.peer_identity.as_deref(), Some(&http[2..72]));
}

fn failure(socket_type: SocketType, pieces: &[&[u8]]) -> HandshakeError {
    run(handshake(socket_type, b""), pieces).result.unwrap_err()
}

const SILENT: HandshakeError = HandshakeError { kind: ErrorKind::Protocol, event: None };

fn code(code: u32) -> HandshakeError {
    HandshakeError { kind: ErrorKind::Protocol, event: Some(HandshakeEvent::Protocol(code)) }
}

fn refusal(status: u16) -> HandshakeError {
    HandshakeError { kind: ErrorKind::Protocol, event: Some(HandshakeEvent::Auth(status)) }
}

#[test]
fn bad_first_frames_of_version_1() {
    assert_eq!(failure(Dealer, &[b"\0"]), SILENT);
    assert_eq!(failure(Dealer, &[b"\xff\0\0\0\0\0\0\0\0\0"]), SILENT);
    assert_eq!(failure(Dealer, &[b"\xff\0\x01\0\0\0\0\0\0\0"]), SILENT);
}

#[test]
fn mechanism_mismatch() {
    for mechanism in [&b"PLAIN"[..], b"", b"NULLX", b"NULL\0X"] {
        let error = failure(Dealer, &[&greeting(1, mechanism)]);
        assert_eq!(error, code(0x1100_0002));
    }
}

#[test]
fn commands_that_fail_the_handshake() {
    for (body, expected) in [
        (&b""[..], code(0x1000_0001)),
        (b"\x05", code(0x1000_0001)),
        (b"\x40READY", code(0x1000_0001)),
        (b"\x04READ", code(0x1000_0001)),
        (b"\x04PING\0\0", code(0x1000_0001)),
        (b"\x05READY\x05", SILENT),
        (b"\x05READY\x0bSocket-Type\0\0\0\x06DEALER\0", SILENT),
        (b"\x05READY\x0bSocket-Type\0\0\0\x03PUB", SILENT),
        (b"\x05ERROR", code(0x1000_0015)),
        (b"\x05ERROR\x03", code(0x1000_0015)),
        (b"\x05ERROR\x03300", refusal(300)),
        (b"\x05ERROR\x03400", refusal(400)),
        (b"\x05ERROR\x03500", refusal(500)),
        (b"\x05ERROR\x03404", SILENT),
        (b"\x05ERROR\0", SILENT),
    ] {
        assert_eq!(failure(Dealer, &[&null_greeting(), &command(body)]), expected, "{body:?}");
    }
}

#[test]
fn ready_may_lack_the_command_flag_and_properties() {
    let outcome = run(dealer(), &[&null_greeting(), b"\x01\x06\x05READY"]);
    let established = outcome.result.unwrap().unwrap();
    assert_eq!(established.peer_socket_type, None);
    assert_eq!(established.properties, []);
}

#[test]
fn a_failure_is_final() {
    let mut dealer = dealer();
    let wire = [&null_greeting()[..], b"\x04\x00"].concat();
    let error = dealer.input(&wire).unwrap_err();
    assert_eq!(dealer.input(READY_DEALER), Err(error));
    assert_eq!(dealer.established(), None);
}

#[test]
fn a_ready_may_be_long() {
    let mut ready = READY_DEALER[2..].to_vec();
    super::metadata::append_property(b"X-long", &[b'x'; 1000], &mut ready);
    let mut wire = null_greeting();
    super::frame::append(super::frame::COMMAND, &ready, &mut wire);
    let established = run(dealer(), &[&wire]).result.unwrap().unwrap();
    assert_eq!(established.properties.len(), 3);
}

#[test]
fn a_stranger_cannot_make_us_hold_much() {
    let huge = b"\x06\0\0\0\x01\0\0\0\0";
    assert_eq!(failure(Dealer, &[&null_greeting(), huge]), SILENT);
}

#[test]
fn extra_metadata_arrives() {
    let extra = vec![(b"X-key".to_vec(), b"value".to_vec())];
    let sender = Handshake::new(HandshakeConfig { metadata: &extra, ..config(Push, b"") });
    let wire = run(sender, &[&null_greeting()]).output;
    let established = run(handshake(Pull, b""), &[&wire]).result.unwrap().unwrap();
    assert_eq!(established.properties[1], (b"X-key".to_vec(), b"value".to_vec()));
}

fn authenticating() -> Handshake {
    Handshake::with_mechanism(config(Dealer, b""), Box::new(NullMechanism::new(true)))
}

#[test]
fn ready_waits_for_the_authenticator() {
    let mut dealer = authenticating();
    assert_eq!(dealer.auth_request(), None);
    let wire = [&null_greeting()[..], READY_DEALER].concat();
    assert_eq!(dealer.input(&wire), Ok(wire.len()));
    assert_eq!(dealer.take_output(), null_greeting());
    let request = AuthRequest { mechanism: "NULL", credentials: Vec::new() };
    assert_eq!(dealer.auth_request(), Some(request));
    assert_eq!(dealer.auth_request(), None);
    assert_eq!(dealer.input(b"\0\0"), Ok(0));
    assert_eq!(dealer.established(), None);
    assert_eq!(dealer.authenticated(Verdict::Granted), Ok(()));
    assert_eq!(dealer.take_output(), READY_DEALER);
    assert!(dealer.established().is_some());
}

#[test]
fn a_denied_peer_is_told_by_its_status() {
    for (denial, status, told) in [
        (Denial::Temporary, 300, &b""[..]),
        (Denial::Failure, 400, b"\x04\x0a\x05ERROR\x03400"),
        (Denial::InternalError, 500, b"\x04\x0a\x05ERROR\x03500"),
    ] {
        let mut dealer = authenticating();
        assert_eq!(dealer.input(&null_greeting()), Ok(64));
        dealer.take_output();
        assert!(dealer.auth_request().is_some());
        assert_eq!(dealer.authenticated(Verdict::Denied(denial)), Err(refusal(status)));
        assert_eq!(dealer.take_output(), told);
        assert_eq!(dealer.established(), None);
    }
}

#[test]
fn old_peers_cannot_be_authenticated() {
    for wire in [b"\x01\0".to_vec(), [SIGNATURE, &[0]].concat(), [SIGNATURE, &[1]].concat()] {
        assert_eq!(run(authenticating(), &[&wire]).result, Err(SILENT));
    }
}

/// Bytes that get further into a handshake than random ones do.
fn peer_bytes() -> impl Strategy<Value = Vec<u8>> {
    let noise = || prop::collection::vec(any::<u8>(), 0..80);
    let start = prop_oneof![
        Just(Vec::new()),
        Just(null_greeting()),
        Just(greeting(0, b"NULL")),
        Just([SIGNATURE, &[0, 1]].concat()),
        Just([SIGNATURE, &[1, 1]].concat()),
        Just(b"\xff\0\0\0\0\0\0\0\x09\0".to_vec()),
    ];
    let middle = prop_oneof![
        Just(Vec::new()),
        Just(READY_DEALER.to_vec()),
        Just(b"\x04\x0a\x05ERROR\x03400".to_vec()),
        noise().prop_map(|list| command(&[b"\x05READY", &list[..]].concat())),
    ];
    (start, middle, noise()).prop_map(|(start, middle, noise)| [start, middle, noise].concat())
}

proptest! {
    #[test]
    fn any_pieces_give_the_same_as_one(
        wire in peer_bytes(),
        cuts in prop::collection::vec(0..200_usize, 0..10),
    ) {
        let whole = run(handshake(Dealer, b"id"), &[&wire]);
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| cut.min(wire.len())).collect();
        cuts.extend([0, wire.len()]);
        cuts.sort_unstable();
        let pieces: Vec<_> = cuts.windows(2).map(|pair| &wire[pair[0]..pair[1]]).collect();
        prop_assert_eq!(&run(handshake(Dealer, b"id"), &pieces), &whole);
        let bytes: Vec<_> = wire.chunks(1).collect();
        if !bytes.is_empty() {
            prop_assert_eq!(&run(handshake(Dealer, b"id"), &bytes), &whole);
        }
    }
}
