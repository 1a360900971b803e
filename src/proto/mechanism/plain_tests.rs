//! PLAIN (RFC 24) from both sides: whole handshakes, refusals, and each command that is wrong.
#![forbid(unsafe_code)]

use super::{Denial, Local, Mechanism, PlainClient, PlainServer, Verdict};
use crate::options::SocketType::{self, *};
use crate::proto::zmtp::metadata::local_properties;
use crate::proto::{HandshakeError, HandshakeEvent};

fn local(socket_type: SocketType) -> Local {
    Local { socket_type, properties: local_properties(socket_type, b"", &[]).unwrap() }
}

fn send(side: &mut dyn Mechanism, socket_type: SocketType) -> Vec<u8> {
    side.next_command(&local(socket_type)).unwrap().expect("a command")
}

fn silent(side: &mut dyn Mechanism) -> bool {
    side.next_command(&local(Dealer)).unwrap().is_none()
}

/// A server that the client joe has asked.
fn asked() -> PlainServer {
    let mut server = PlainServer::new();
    server.receive(b"\x05HELLO\x03joe\x06secret", &local(Router)).unwrap();
    assert!(silent(&mut server));
    let request = server.auth_request().unwrap();
    assert_eq!(request.mechanism, "PLAIN");
    assert_eq!(request.credentials, [b"joe".to_vec(), b"secret".to_vec()]);
    assert_eq!(server.auth_request(), None);
    server
}

#[test]
fn both_sides() {
    let mut client = PlainClient::new(b"joe", b"secret");
    assert!(!format!("{client:?}").contains("secret"));
    let hello = send(&mut client, Dealer);
    assert_eq!(hello, b"\x05HELLO\x03joe\x06secret");
    assert!(client.wants_command() && silent(&mut client));
    let mut server = asked();
    server.verdict(Verdict::Granted).unwrap();
    let welcome = send(&mut server, Router);
    assert_eq!(welcome, b"\x07WELCOME");
    client.receive(&welcome, &local(Dealer)).unwrap();
    let initiate = send(&mut client, Dealer);
    assert!(initiate.starts_with(b"\x08INITIATE\x0bSocket-Type\0\0\0\x06DEALER"));
    assert_eq!((client.finish(), server.finish()), (None, None));
    server.receive(&initiate, &local(Router)).unwrap();
    assert_eq!(server.finish(), None);
    let ready = send(&mut server, Router);
    assert!(ready.starts_with(b"\x05READY\x0bSocket-Type\0\0\0\x06ROUTER"));
    client.receive(&ready, &local(Dealer)).unwrap();
    assert_eq!(client.finish().unwrap().socket_type, Some(Router));
    assert_eq!(server.finish().unwrap().socket_type, Some(Dealer));
    assert!(!client.wants_command() && !server.wants_command());
    assert!(!client.accepts_old_peers() && !server.accepts_old_peers());
}

#[test]
fn refusals_are_told_in_the_words_of_the_original() {
    for (denial, told) in [
        (Denial::Temporary, None),
        (Denial::Failure, Some(b"^RROR\x03400".to_vec())),
        (Denial::InternalError, Some(b"^RROR\x03500".to_vec())),
    ] {
        let mut server = asked();
        let refused = HandshakeError::refused(denial.status());
        assert_eq!(server.verdict(Verdict::Denied(denial)), Err(refused));
        assert_eq!(server.next_command(&local(Router)), Ok(told.clone()));
        assert!(silent(&mut server) && server.finish().is_none());
        let Some(told) = told else { continue };
        for error in [told.clone(), [b"\x05E", &told[1..]].concat()] {
            let mut client = PlainClient::new(b"joe", b"secret");
            send(&mut client, Dealer);
            assert_eq!(client.receive(&error, &local(Dealer)), Err(refused));
        }
    }
}

#[test]
fn a_verdict_counts_only_when_it_was_asked_for() {
    let mut server = PlainServer::new();
    assert_eq!(server.verdict(Verdict::Granted), Ok(()));
    assert!(silent(&mut server));
}

#[test]
fn fields_are_cut_to_what_can_be_said() {
    let mut client = PlainClient::new(&[b'u'; 300], b"");
    let hello = send(&mut client, Dealer);
    assert_eq!(hello.len(), 6 + 1 + 255 + 1);
    let mut server = PlainServer::new();
    server.receive(&hello, &local(Router)).unwrap();
    assert_eq!(server.auth_request().unwrap().credentials, [vec![b'u'; 255], Vec::new()]);
}

fn code(error: HandshakeError) -> u32 {
    match error.event {
        Some(HandshakeEvent::Protocol(code)) => code,
        _ => 0,
    }
}

#[test]
fn what_a_server_refuses() {
    for (body, expected) in [
        (&b""[..], 0x1000_0011),
        (b"\0", 0x1000_0011),
        (b"\x05HEL", 0x1000_0011),
        (b"\0xyz", 0x1000_0001),
        (b"\x05hello\x01u\x01p", 0x1000_0001),
        (b"\x08INITIATE", 0x1000_0001),
        (b"\x05HELLO", 0x1000_0013),
        (b"\x05HELLO\x05use", 0x1000_0013),
        (b"\x05HELLO\x04user", 0x1000_0013),
        (b"\x05HELLO\x04user\x04pas", 0x1000_0013),
        (b"\x05HELLO\x04user\x04pass.", 0x1000_0013),
    ] {
        let error = PlainServer::new().receive(body, &local(Router)).unwrap_err();
        assert_eq!(code(error), expected, "{body:?}");
    }
    // Any command is refused while the authenticator is asked.
    let error = asked().receive(b"\x08INITIATE", &local(Router)).unwrap_err();
    assert_eq!(error, HandshakeError::UNSPECIFIED);
    let mut server = asked();
    server.verdict(Verdict::Granted).unwrap();
    send(&mut server, Router);
    let error = server.receive(b"\x05HELLO\x01u\x01p", &local(Router)).unwrap_err();
    assert_eq!(code(error), 0x1000_0001);
    let misfit = server.receive(b"\x08INITIATE\x0bSocket-Type\0\0\0\x03PUB", &local(Router));
    assert_eq!(misfit, Err(HandshakeError::PROTOCOL));
}

#[test]
fn what_a_client_refuses() {
    for (body, expected) in [
        (&b""[..], 0x1000_0001),
        (b"\x05", 0x1000_0001),
        (b"\x05READY", 0x1000_0001),
        (b"\x05HELLO", 0x1000_0001),
        (b"\x07WELCOME.", 0x1000_0017),
        (b"\x05ERROR", 0x1000_0015),
        (b"^RROR\x0340", 0x1000_0015),
        (b"\x05ERROR\x03abc", 0),
    ] {
        let mut client = PlainClient::new(b"joe", b"secret");
        send(&mut client, Dealer);
        assert_eq!(code(client.receive(body, &local(Dealer)).unwrap_err()), expected, "{body:?}");
    }
    for (body, expected) in [
        (&b"\x07WELCOME"[..], 0x1000_0001),
        (b"\x05READY\x0bSocket", 0x1000_0018),
        (b"\x05READY\x0bSocket-Type\0\0\0\x03PUB", 0x1000_0018),
    ] {
        let mut client = PlainClient::new(b"joe", b"secret");
        send(&mut client, Dealer);
        client.receive(b"\x07WELCOME", &local(Dealer)).unwrap();
        send(&mut client, Dealer);
        assert_eq!(code(client.receive(body, &local(Dealer)).unwrap_err()), expected, "{body:?}");
    }
}
