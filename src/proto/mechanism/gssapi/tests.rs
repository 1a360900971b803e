//! GSSAPI (RFC 38), the parts of the handshake that need no realm. `scripts/gssapi` tests the
//! others.
#![forbid(unsafe_code)]

use super::*;
use crate::options::SocketType;

fn local() -> Local {
    Local { socket_type: SocketType::Dealer, properties: Vec::new() }
}

fn server() -> Gssapi {
    let mut options = SocketOptions::new(SocketType::Dealer);
    options.as_server = true;
    Gssapi::new(&options)
}

#[test]
fn a_token_travels_with_its_length() {
    assert_eq!(initiate(b"abc"), b"\x08INITIATE\0\0\0\x03abc");
    assert_eq!(token(&initiate(b"abc")), Some(b"abc".as_slice()));
    assert_eq!(token(&initiate(b"")), Some(b"".as_slice()));
    for bad in [b"\x08INITIATE".as_slice(), b"\x08INITIATE\0\0\0\x01", b"\x08INITIATE\0\0\0\0x"] {
        assert_eq!(token(bad), None);
    }
}

#[test]
fn what_a_server_refuses_at_once() {
    for (body, error) in [
        (b"".as_slice(), HandshakeError::MALFORMED_COMMAND),
        (b"\x20INI", HandshakeError::MALFORMED_COMMAND),
        (b"\x05HELLO", HandshakeError::UNEXPECTED_COMMAND),
        (b"\x05READY", HandshakeError::UNEXPECTED_COMMAND),
        (b"\x07MESSAGE\0\0\0\x01x", HandshakeError::UNEXPECTED_COMMAND),
        (b"\x08INITIATE\0\0\0\x09x", HandshakeError::MALFORMED_INITIATE),
    ] {
        let mut server = server();
        assert!(server.wants_command() && server.work().is_none());
        assert_eq!(server.receive(body, &local()), Err(error));
        assert!(server.finish().is_none() && server.sealing().is_none());
    }
}

#[test]
fn a_token_is_work_for_somebody_else() {
    let mut server = server();
    server.receive(&initiate(b"no token at all"), &local()).unwrap();
    assert!(!server.wants_command());
    let work = server.work().unwrap();
    assert!(server.work().is_none());
    // The result is unknown before the work is done.
    assert_eq!(server.resume(), Ok(()));
    work();
    // Without keys the failure is this side's, with keys the peer's.
    let error = server.resume().unwrap_err();
    assert!([HandshakeError::CONNECTION, HandshakeError::CRYPTOGRAPHIC].contains(&error));
    assert_eq!(server.next_command(&local()), Ok(None));
    assert!(server.auth_request().is_none() && server.finish().is_none());
}

#[test]
fn a_client_begins_and_needs_a_service() {
    let mut client = Gssapi::new(&SocketOptions::new(SocketType::Dealer));
    assert_eq!(client.next_command(&local()), Ok(None));
    assert!(!client.wants_command());
    client.work().unwrap()();
    assert_eq!(client.resume(), Err(HandshakeError::CONNECTION));
}

#[test]
fn kinds_of_names() {
    let kinds = [0, 1, 2].map(name_kind);
    assert_eq!(kinds, [NameKind::Hostbased, NameKind::User, NameKind::Principal]);
}
