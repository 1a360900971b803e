//! CURVE (RFC 26) from both sides: handshakes, each bad input on each side, and messages that were
//! replayed, reordered, cut or changed.
#![forbid(unsafe_code)]

use super::*;
use crate::crypto::{KeyPair, SecretKey};
use crate::options::SocketType::{self, *};
use crate::proto::HandshakeEvent;
use crate::proto::mechanism::{Denial, Local, Mechanism, Opener, Sealer, Sealing, Verdict};
use crate::proto::zmtp::frame::{self, COMMAND, MORE};
use crate::proto::zmtp::metadata::local_properties;
use proptest::prelude::*;

fn local(socket_type: SocketType) -> Local {
    Local { socket_type, properties: local_properties(socket_type, b"", &[]).unwrap() }
}

fn pair(seed: u8) -> KeyPair {
    KeyPair::of(SecretKey::new([seed; 32]))
}

fn client_with(secret: u8, public: u8, server: u8) -> CurveClient {
    let keys = ClientKeys {
        public: pair(public).public,
        secret: pair(secret).secret,
        server: pair(server).public,
    };
    let entropy = ClientEntropy { short: SecretKey::new([11; 32]), vouch_nonce: [12; 16] };
    CurveClient::new(keys, entropy)
}

/// The client's pair is 1, the server's 2.
fn client() -> CurveClient {
    client_with(1, 1, 2)
}

fn server() -> CurveServer {
    let entropy = ServerEntropy {
        short: SecretKey::new([21; 32]),
        welcome_nonce: [22; 16],
        cookie_key: SecretKey::new([23; 32]),
        cookie_nonce: [24; 16],
    };
    CurveServer::new(pair(2).secret, entropy)
}

fn say(side: &mut dyn Mechanism, socket_type: SocketType) -> Vec<u8> {
    side.next_command(&local(socket_type)).unwrap().expect("a command")
}

fn code(error: HandshakeError) -> u32 {
    match error.event {
        Some(HandshakeEvent::Protocol(code)) => code,
        _ => 0,
    }
}

fn refused(side: &mut dyn Mechanism, body: &[u8]) -> u32 {
    let own = if side.auth_request().is_some() { Router } else { Dealer };
    code(side.receive(body, &local(own)).unwrap_err())
}

/// How far a handshake is driven.
struct Halfway {
    client: CurveClient,
    server: CurveServer,
}

impl Halfway {
    fn new() -> Self {
        Halfway { client: client(), server: server() }
    }

    fn hello(&mut self) -> Vec<u8> {
        say(&mut self.client, Dealer)
    }

    fn welcome(&mut self) -> Vec<u8> {
        let hello = self.hello();
        self.server.receive(&hello, &local(Dealer)).unwrap();
        say(&mut self.server, Dealer)
    }

    fn initiate(&mut self) -> Vec<u8> {
        let welcome = self.welcome();
        self.client.receive(&welcome, &local(Dealer)).unwrap();
        say(&mut self.client, Dealer)
    }

    fn ready(&mut self) -> Vec<u8> {
        let initiate = self.initiate();
        self.server.receive(&initiate, &local(Dealer)).unwrap();
        let request = self.server.auth_request().unwrap();
        assert_eq!(request.mechanism, "CURVE");
        assert_eq!(request.credentials, [pair(1).public.to_vec()]);
        self.server.verdict(Verdict::Granted).unwrap();
        say(&mut self.server, Dealer)
    }

    /// The client's and the server's halves.
    fn sealings() -> (Sealing, Sealing) {
        let mut both = Self::new();
        let ready = both.ready();
        both.client.receive(&ready, &local(Dealer)).unwrap();
        let sealings = (both.client.sealing().unwrap(), both.server.sealing().unwrap());
        assert!(both.client.sealing().is_none() && both.server.sealing().is_none());
        sealings
    }
}

#[test]
fn sizes_and_the_whole_way() {
    let mut both = Halfway::new();
    assert_eq!((both.client.name(), both.server.name()), ("CURVE", "CURVE"));
    assert!(!both.client.accepts_old_peers() && !both.server.accepts_old_peers());
    let hello = both.hello();
    assert_eq!((hello.len(), &hello[..8]), (200, &b"\x05HELLO\x01\0"[..]));
    assert_eq!(hello[8..80], [0; 72]);
    assert_eq!(hello[112..120], 1u64.to_be_bytes());
    both.server.receive(&hello, &local(Dealer)).unwrap();
    assert!(both.server.auth_request().is_none());
    let welcome = say(&mut both.server, Dealer);
    assert_eq!((welcome.len(), &welcome[..8]), (168, WELCOME));
    both.client.receive(&welcome, &local(Dealer)).unwrap();
    let initiate = say(&mut both.client, Dealer);
    let properties = local(Dealer).properties;
    assert_eq!((initiate.len(), &initiate[..9]), (257 + properties.len(), INITIATE));
    assert_eq!(initiate[105..113], 2u64.to_be_bytes());
    both.server.receive(&initiate, &local(Dealer)).unwrap();
    assert!(both.server.next_command(&local(Dealer)).unwrap().is_none());
    assert!(both.server.auth_request().is_some() && both.server.auth_request().is_none());
    both.server.verdict(Verdict::Granted).unwrap();
    assert!(both.server.finish().is_none());
    let ready = say(&mut both.server, Dealer);
    assert_eq!((ready.len(), &ready[..6]), (30 + properties.len(), READY));
    assert_eq!(both.server.finish().unwrap().socket_type, Some(Dealer));
    assert!(both.client.finish().is_none());
    both.client.receive(&ready, &local(Dealer)).unwrap();
    assert_eq!(both.client.finish().unwrap().socket_type, Some(Dealer));
    assert!(!both.client.wants_command() && !both.server.wants_command());
    let shown = format!("{:?} {:?}", both.client, both.server);
    assert!(!shown.contains("11, 11") && !shown.contains("21, 21"), "{shown}");
}

#[test]
fn refusals() {
    for (denial, told) in [
        (Denial::Temporary, None),
        (Denial::Failure, Some(b"\x05ERROR\x03400".to_vec())),
        (Denial::InternalError, Some(b"\x05ERROR\x03500".to_vec())),
    ] {
        let mut both = Halfway::new();
        let initiate = both.initiate();
        both.server.receive(&initiate, &local(Dealer)).unwrap();
        both.server.auth_request().unwrap();
        let refused = HandshakeError::refused(denial.status());
        assert_eq!(both.server.verdict(Verdict::Denied(denial)), Err(refused));
        assert_eq!(both.server.next_command(&local(Dealer)), Ok(told.clone()));
        assert_eq!(both.server.next_command(&local(Dealer)), Ok(None));
        assert!(both.server.sealing().is_none());
        if let Some(told) = told {
            assert_eq!(both.client.receive(&told, &local(Dealer)), Err(refused));
        }
    }
    let mut unasked = server();
    assert_eq!(unasked.verdict(Verdict::Granted), Ok(()));
    assert!(unasked.wants_command());
}

#[test]
fn a_client_without_a_server_key_says_nothing() {
    let keys = ClientKeys { public: [0; 32], secret: SecretKey::new([0; 32]), server: [0; 32] };
    let entropy = ClientEntropy { short: SecretKey::new([1; 32]), vouch_nonce: [0; 16] };
    let hello = CurveClient::new(keys, entropy).next_command(&local(Dealer));
    assert_eq!(hello, Err(HandshakeError::CRYPTOGRAPHIC));
}

#[test]
fn wrong_keys() {
    // The client means another server.
    let mut client = client_with(1, 1, 3);
    assert_eq!(refused(&mut server(), &say(&mut client, Dealer)), 0x1100_0001);
    // The client's public key is not the one of its secret key.
    let mut both = Halfway { client: client_with(1, 3, 2), server: server() };
    let initiate = both.initiate();
    assert_eq!(refused(&mut both.server, &initiate), 0x1100_0001);
}

/// An INITIATE with this content behind a right cookie.
fn forged_initiate(both: &mut Halfway, count: u64, content: &[u8]) -> Vec<u8> {
    let initiate = both.initiate();
    let key = BoxKey::agreed(&pair(21).public, &SecretKey::new([11; 32])).unwrap();
    let sealed = key.seal_boxed(&short_nonce(INITIATE_PREFIX, count), content);
    [&initiate[..105], &count.to_be_bytes(), &sealed].concat()
}

fn vouch_for(keys: [[u8; 32]; 2]) -> Vec<u8> {
    let vouching = BoxKey::agreed(&pair(21).public, &pair(1).secret).unwrap();
    let vouch = vouching.seal_boxed(&long_nonce(VOUCH_PREFIX, &[12; 16]), &keys.concat());
    [&pair(1).public, &[12; 16][..], &vouch].concat()
}

#[test]
fn vouches() {
    let (short, own) = (pair(11).public, pair(2).public);
    for (keys, expected) in [
        ([short, own], None),
        ([pair(12).public, own], Some(0x1000_0003)),
        ([short, pair(3).public], Some(0x1000_0003)),
    ] {
        let mut both = Halfway::new();
        let initiate = forged_initiate(&mut both, 2, &vouch_for(keys));
        let result = both.server.receive(&initiate, &local(Dealer));
        assert_eq!(result.err().map(code), expected);
    }
    // Counts rise already during the handshake.
    let mut both = Halfway::new();
    let initiate = forged_initiate(&mut both, 1, &vouch_for([short, own]));
    assert_eq!(refused(&mut both.server, &initiate), 0x1000_0002);
    // A client whose type does not fit is dropped without an event.
    let mut both = Halfway::new();
    let misfit = [vouch_for([short, own]), local(Pub).properties].concat();
    let initiate = forged_initiate(&mut both, 2, &misfit);
    let result = both.server.receive(&initiate, &local(Dealer));
    assert_eq!(result, Err(HandshakeError::PROTOCOL));
}

#[test]
fn a_ready_with_bad_properties() {
    let mut both = Halfway::new();
    both.initiate();
    let key = BoxKey::agreed(&pair(21).public, &SecretKey::new([11; 32])).unwrap();
    let sealed = key.seal_boxed(&short_nonce(READY_PREFIX, 1), b"\x0bSocket");
    let ready = [READY, &1u64.to_be_bytes(), &sealed].concat();
    assert_eq!(refused(&mut both.client, &ready), 0x1000_0018);
}

#[test]
fn what_a_server_refuses_first() {
    let hello = client().next_command(&local(Dealer)).unwrap().unwrap();
    let with = |at: usize, byte: u8| {
        let mut hello = hello.clone();
        hello[at] = byte;
        hello
    };
    for (body, expected) in [
        (b"".to_vec(), 0x1000_0011),
        (b"\x05".to_vec(), 0x1000_0011),
        (b"\x05HEL".to_vec(), 0x1000_0011),
        (b"\x04PING\0\0".to_vec(), 0x1000_0001),
        (b"\x05HELLO".to_vec(), 0x1000_0013),
        (hello[..199].to_vec(), 0x1000_0013),
        ([&hello[..], b"\0"].concat(), 0x1000_0013),
        (with(6, 2), 0x1000_0013),
        (with(7, 1), 0x1000_0013),
        (with(3, b'l'), 0x1000_0001),
        (with(90, 0), 0x1100_0001),
        (with(119, 2), 0x1100_0001),
        (with(199, 0), 0x1100_0001),
        (Halfway::new().initiate(), 0x1000_0001),
    ] {
        assert_eq!(refused(&mut server(), &body), expected, "{:?}", body.get(..9));
    }
    // C' must not be a key that leads to one result with every secret key.
    let mut low = hello.clone();
    low[80..112].fill(0);
    assert_eq!(refused(&mut server(), &low), 0x1100_0001);
}

#[test]
fn what_a_server_refuses_later() {
    for (expected, change) in [
        (0x1000_0014, (|body| body.truncate(256)) as fn(&mut Vec<u8>)),
        (0x1100_0001, |body| body.truncate(257)),
        (0x1000_0001, |body| body[8] = b'X'),
        // A cookie that this server did not make, then every other field.
        (0x1100_0001, |body| body[9] ^= 1),
        (0x1100_0001, |body| body[104] ^= 1),
        (0x1100_0001, |body| body[112] ^= 1),
        (0x1100_0001, |body| body[113] ^= 1),
        (0x1100_0001, |body| body[140] ^= 1),
        (0x1100_0001, |body| body[260] ^= 1),
    ] {
        let mut both = Halfway::new();
        let mut initiate = both.initiate();
        change(&mut initiate);
        assert_eq!(refused(&mut both.server, &initiate), expected);
        assert!(!both.server.wants_command() && both.server.finish().is_none());
    }
    // A cookie that another connection of this server gave.
    let mut both = Halfway::new();
    let initiate = both.initiate();
    let entropy = ServerEntropy {
        short: SecretKey::new([31; 32]),
        welcome_nonce: [32; 16],
        cookie_key: SecretKey::new([33; 32]),
        cookie_nonce: [34; 16],
    };
    let mut other = CurveServer::new(pair(2).secret, entropy);
    let hello = say(&mut client(), Dealer);
    other.receive(&hello, &local(Dealer)).unwrap();
    say(&mut other, Dealer);
    assert_eq!(refused(&mut other, &initiate), 0x1100_0001);
    // Any command is refused while the authenticator is asked.
    let mut both = Halfway::new();
    let initiate = both.initiate();
    both.server.receive(&initiate, &local(Dealer)).unwrap();
    assert!(both.server.auth_request().is_some());
    assert_eq!(refused(&mut both.server, &initiate), 0x1000_0000);
    // A second HELLO.
    let mut both = Halfway::new();
    both.initiate();
    assert_eq!(refused(&mut both.server, &hello), 0x1000_0001);
}

#[test]
fn what_a_client_refuses() {
    for (expected, change) in [
        (0x1100_0001, (|body| body.truncate(167)) as fn(&mut Vec<u8>)),
        (0x1100_0001, |body| body.push(0)),
        (0x1100_0001, |body| body.truncate(8)),
        (0x1100_0001, |body| body[8] ^= 1),
        (0x1100_0001, |body| body[30] ^= 1),
        (0x1100_0001, |body| body[167] ^= 1),
        (0x1000_0001, |body| body[1] ^= 1),
        (0x1000_0001, |body| body.clear()),
        (0x1000_0016, |body| *body = b"\x05READY".to_vec()),
        (0x1100_0001, |body| *body = [b"\x05READY", &[7; 60][..]].concat()),
        (0x1000_0015, |body| *body = b"\x05ERROR".to_vec()),
    ] {
        let mut both = Halfway::new();
        let mut welcome = both.welcome();
        change(&mut welcome);
        assert_eq!(refused(&mut both.client, &welcome), expected);
    }
    for (expected, change) in [
        (0x1000_0016, (|body| body.truncate(29)) as fn(&mut Vec<u8>)),
        (0x1100_0001, |body| body.truncate(30)),
        (0x1100_0001, |body| body[13] ^= 1),
        (0x1100_0001, |body| body[14] ^= 1),
        (0x1100_0001, |body| body.push(0)),
        (0x1000_0001, |body| body[3] ^= 1),
    ] {
        let mut both = Halfway::new();
        let mut ready = both.ready();
        change(&mut ready);
        assert_eq!(refused(&mut both.client, &ready), expected);
        assert!(both.client.finish().is_none() && both.client.sealing().is_none());
    }
    let mut both = Halfway::new();
    let welcome = both.welcome();
    both.client.receive(&welcome, &local(Dealer)).unwrap();
    say(&mut both.client, Dealer);
    assert_eq!(refused(&mut both.client, &welcome), 0x1000_0001);
}

fn sealed(sealer: &mut Sealer, flags: u8, body: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    sealer.append(flags, body, &mut out).unwrap();
    let header = frame::parse_header(&out, -1).unwrap().unwrap();
    assert_eq!((header.flags, header.body_len), (0, body.len() + OVERHEAD));
    out.split_off(header.header_len)
}

fn opened(opener: &mut Opener, mut body: Vec<u8>) -> Result<(u8, Vec<u8>), u32> {
    let (flags, place) = opener.open(&mut body).map_err(code)?;
    assert_eq!(place, OVERHEAD..body.len());
    Ok((flags, body.split_off(OVERHEAD)))
}

#[test]
fn messages_both_ways() {
    let (mut client, mut server) = Halfway::sealings();
    for size in [0, 1, 64, 221, 222, 223, 1000, 100_000] {
        for flags in [0, MORE, COMMAND] {
            let body: Vec<u8> = (0..size).map(|at| at as u8).collect();
            let there = sealed(&mut client.outgoing, flags, &body);
            assert_eq!(opened(&mut server.incoming, there), Ok((flags, body.clone())));
            let back = sealed(&mut server.outgoing, flags, &body);
            assert_eq!(opened(&mut client.incoming, back), Ok((flags, body)));
        }
    }
}

#[test]
fn counts_go_on_from_the_handshake_and_rise() {
    let (mut client, mut server) = Halfway::sealings();
    assert_eq!(sealed(&mut client.outgoing, 0, b"")[8..16], 3u64.to_be_bytes());
    let first = sealed(&mut server.outgoing, 0, b"one");
    assert_eq!(first[8..16], 2u64.to_be_bytes());
    let (second, third) =
        (sealed(&mut server.outgoing, 0, b"two"), sealed(&mut server.outgoing, 0, b"three"));
    // Replayed.
    assert!(opened(&mut client.incoming, first.clone()).is_ok());
    assert_eq!(opened(&mut client.incoming, first), Err(0x1000_0002));
    // Reordered; a gap alone does not concern the mechanism.
    assert!(opened(&mut client.incoming, third).is_ok());
    assert_eq!(opened(&mut client.incoming, second), Err(0x1000_0002));
    // Reflected: this side's own frame does not open as the peer's.
    let own = sealed(&mut client.outgoing, 0, b"four");
    let (mut late, _) = Halfway::sealings();
    assert_eq!(opened(&mut late.incoming, own), Err(0x1100_0001));
}

#[test]
fn counts_do_not_start_again() {
    let (mut client, _) = Halfway::sealings();
    let key = BoxKey::own(&SecretKey::new([1; 32]));
    let mut last = super::Sealing::new(&key, false, u64::MAX - 1, 0).outgoing;
    assert!(last.append(0, b"", &mut Vec::new()).is_ok());
    let mut out = Vec::new();
    assert!(last.append(0, b"", &mut out).is_err() && out.is_empty());
    assert!(client.outgoing.append(0, b"", &mut out).is_ok());
}

#[test]
fn messages_that_are_none() {
    let fresh = || Halfway::sealings().1.incoming;
    let message = sealed(&mut Halfway::sealings().0.outgoing, 0, b"body");
    for cut in 0..message.len() {
        let expected = match cut {
            0..8 => 0x1000_0011,
            8..33 => 0x1000_0012,
            _ => 0x1100_0001,
        };
        assert_eq!(opened(&mut fresh(), message[..cut].to_vec()), Err(expected), "{cut}");
    }
    for at in 0..message.len() {
        let mut changed = message.clone();
        changed[at] ^= 0x80;
        let expected = match at {
            0 => 0x1000_0011,
            1..8 => 0x1000_0001,
            _ => 0x1100_0001,
        };
        assert_eq!(opened(&mut fresh(), changed), Err(expected), "{at}");
    }
    assert_eq!(opened(&mut fresh(), b"\x04PING\0\0".to_vec()), Err(0x1000_0001));
    let longer = [&message[..], b"\0"].concat();
    assert_eq!(opened(&mut fresh(), longer), Err(0x1100_0001));
}

proptest! {
    #[test]
    fn noise_is_refused(
        body in prop::collection::vec(any::<u8>(), 0..400),
        name in prop::sample::select(vec![&b""[..], HELLO, WELCOME, INITIATE, READY]),
        later: bool,
    ) {
        let body = [name, &body].concat();
        let mut both = Halfway::new();
        if later {
            both.initiate();
        }
        for side in [&mut both.client as &mut dyn Mechanism, &mut both.server] {
            prop_assert!(side.receive(&body, &local(Dealer)).is_err());
            prop_assert!(side.finish().is_none() && side.sealing().is_none());
        }
    }

    #[test]
    fn any_frames_come_through(
        frames in prop::collection::vec(
            (prop::sample::select(vec![0, MORE, COMMAND]), prop::collection::vec(any::<u8>(), 0..600)),
            1..20,
        ),
    ) {
        let (mut client, mut server) = Halfway::sealings();
        for (flags, body) in frames {
            let wire = sealed(&mut client.outgoing, flags, &body);
            prop_assert_eq!(opened(&mut server.incoming, wire), Ok((flags, body)));
        }
    }
}
