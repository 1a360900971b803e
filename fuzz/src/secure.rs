//! The targets of the security mechanisms: a handshake in which one command was changed, and
//! encrypted frames of which one was. Any thread.
#![forbid(unsafe_code)]

use zincmq::crypto::{BoxKey, KeyPair, SecretKey};
use zincmq::options::SocketType;
use zincmq::proto::mechanism::curve::{
    ClientEntropy, ClientKeys, CurveClient, CurveServer, OVERHEAD, Sealing, ServerEntropy,
};
use zincmq::proto::mechanism::{Local, Mechanism, PlainClient, PlainServer, Verdict};
use zincmq::proto::zmtp::frame;
use zincmq::proto::zmtp::metadata::local_properties;

/// Commands of either handshake.
const COMMANDS: usize = 4;

/// The zeros of a HELLO, which no server checks.
const PADDING: std::ops::Range<usize> = 8..80;

fn secret(seed: u8) -> SecretKey {
    SecretKey::new([seed; 32])
}

/// Client and server.
fn sides(curve: bool) -> [Box<dyn Mechanism>; 2] {
    if !curve {
        return [Box::new(PlainClient::new(b"joe", b"secret")), Box::new(PlainServer::new())];
    }
    let keys = ClientKeys {
        public: secret(1).public(),
        secret: secret(1),
        server: KeyPair::of(secret(2)).public,
    };
    let client = ClientEntropy { short: secret(3), vouch_nonce: [4; 16] };
    let server = ServerEntropy {
        short: secret(5),
        welcome_nonce: [6; 16],
        cookie_key: secret(7),
        cookie_nonce: [8; 16],
    };
    [Box::new(CurveClient::new(keys, client)), Box::new(CurveServer::new(secret(2), server))]
}

/// The first byte picks the mechanism and the command that is changed. The next two pick where, and
/// whether the command is cut there. The rest is mixed with the command's bytes, or replaces them
/// when the top bit is set. A side takes a changed command only where the protocol lets it.
pub fn mechanisms(data: &[u8]) {
    let [setup, at, cut, noise @ ..] = data else { return };
    let curve = setup & 1 != 0;
    let local =
        |socket_type| Local { socket_type, properties: local_properties(socket_type, b"me", &[]).unwrap() };
    let locals = [local(SocketType::Dealer), local(SocketType::Router)];
    let mut sides = sides(curve);
    for step in 0..COMMANDS {
        let (from, to) = (step % 2, 1 - step % 2);
        let honest = sides[from].next_command(&locals[from]).unwrap().expect("its turn");
        let mut body = honest.clone();
        let changes = usize::from(setup >> 1 & 3) == step;
        if changes && setup & 0x80 != 0 {
            body = noise.to_vec();
        } else if changes {
            for (byte, noise) in body.iter_mut().skip(usize::from(*at)).zip(noise) {
                *byte ^= noise;
            }
            if cut & 1 != 0 {
                body.truncate(usize::from(*cut));
            }
        }
        let taken = sides[to].receive(&body, &locals[to]).is_ok();
        if body == honest {
            assert!(taken);
        } else if curve {
            assert!(!taken || (step == 0 && equal_but_padding(&body, &honest)));
        }
        if !taken {
            assert!(sides[to].finish().is_none() && sides[to].sealing().is_none());
            return;
        }
        if sides[to].auth_request().is_some() {
            sides[to].verdict(Verdict::Granted).unwrap();
        }
    }
    for side in &mut sides {
        assert!(side.finish().is_some() && side.sealing().is_some() == curve);
    }
}

fn equal_but_padding(a: &[u8], b: &[u8]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).enumerate().all(|(at, (a, b))| a == b || PADDING.contains(&at))
}

/// Each frame is a byte of flags, a byte of length, and its body. They travel encrypted; the first
/// byte of the input picks the one that is changed, the next two how and where.
pub fn sealed(data: &[u8]) {
    let [which, how, place, rest @ ..] = data else { return };
    let mut rest = rest;
    let key = BoxKey::own(&secret(9));
    let (mut there, mut here) = (Sealing::new(&key, false, 2, 1), Sealing::new(&key, true, 1, 2));
    let mut number = 0;
    while let [flags, len, tail @ ..] = rest {
        let (body, next) = tail.split_at(tail.len().min(usize::from(*len) * 3));
        rest = next;
        let flags = flags & (frame::MORE | frame::COMMAND);
        let mut wire = Vec::new();
        there.outgoing.append(flags, body, &mut wire).unwrap();
        let header = frame::parse_header(&wire, -1).unwrap().unwrap();
        assert_eq!((header.flags, header.body_len), (0, body.len() + OVERHEAD));
        let mut wire = wire.split_off(header.header_len);
        if number == *which {
            let at = usize::from(*place) % wire.len();
            match how % 4 {
                0 => wire[at] ^= how | 1,
                1 => wire.truncate(at),
                2 => wire.push(*how),
                // Replayed: it opens once.
                _ => assert!(here.incoming.open(&mut wire.clone()).is_ok()),
            }
            assert!(here.incoming.open(&mut wire).is_err());
            return;
        }
        assert_eq!(here.incoming.open(&mut wire), Ok(flags));
        assert_eq!(&wire[OVERHEAD..], body);
        number = number.wrapping_add(1);
    }
    // The rest is a frame of a peer that has no key.
    assert!(here.incoming.open(&mut rest.to_vec()).is_err());
    let noise = [b"\x07MESSAGE".as_slice(), rest].concat();
    assert!(here.incoming.open(&mut noise.clone()).is_err());
}
