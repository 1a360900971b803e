//! Frames in pieces of any size, openings good and bad, and pairs of layers fed with each other
//! (RFC 45).
#![forbid(unsafe_code)]

use super::frame::{Control, Decoder, Encoder, Step};
use super::layer::{Client, Layer};
use super::upgrade::{self, Head, Protocol, Protocols, Refused};
use crate::msg::frame::{COMMAND, MORE};
use crate::options::SocketType::{self, *};
use crate::proto::mechanism::{
    Denial, Mechanism, NullMechanism, PlainClient, PlainServer, Verdict,
};
use crate::proto::zmtp::ZmtpVersion;
use crate::proto::zmtp::frame::{self, FrameError};
use crate::proto::zmtp::handshake::{Established, Handshake, HandshakeConfig};
use crate::proto::{ErrorKind, HandshakeError};
use proptest::prelude::*;

/// Frames in wire form, and control frames.
type Decoded = (Vec<u8>, Vec<(Control, Vec<u8>)>);

/// Decodes bytes in pieces of a size.
fn decoded(decoder: &mut Decoder, bytes: &[u8], size: usize) -> Result<Decoded, FrameError> {
    let (mut frames, mut controls) = (Vec::new(), Vec::new());
    for mut piece in bytes.chunks(size) {
        while !piece.is_empty() {
            let (used, step) = decoder.step(piece, &mut frames)?;
            assert!(used > 0 && used <= piece.len());
            match step {
                Step::Partial => assert_eq!(used, piece.len()),
                Step::Frame => {}
                Step::Control(control, payload) => controls.push((control, payload.to_vec())),
            }
            piece = &piece[used..];
        }
    }
    Ok((frames, controls))
}

const MASK: [u8; 4] = [1, 2, 3, 4];

/// A frame with any header, masked as a client has to.
fn raw(first: u8, len: &[u8], payload: &[u8]) -> Vec<u8> {
    let masked = payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask);
    [&[first][..], len, &MASK].concat().into_iter().chain(masked).collect()
}

#[test]
fn known_bytes() {
    let mut out = Vec::new();
    let mut server = Encoder::server();
    server.append(0, b"Hello", &mut out);
    server.append(MORE, b"", &mut out);
    server.append(COMMAND, b"X", &mut out);
    server.append_control(Control::Ping, b"", &mut out);
    assert_eq!(out, b"\x82\x06\0Hello\x82\x01\x01\x82\x02\x02X\x89\0");
    for (len, header) in [
        (124, &[0x82, 125][..]),
        (125, &[0x82, 126, 0, 126]),
        (65_534, &[0x82, 126, 0xff, 0xff]),
        (65_535, &[0x82, 127, 0, 0, 0, 0, 0, 1, 0, 0]),
    ] {
        let mut out = Vec::new();
        server.append(0, &vec![7; len], &mut out);
        assert_eq!(&out[..header.len()], header);
        assert_eq!(out.len(), header.len() + 1 + len);
    }
}

#[test]
fn clients_mask_each_frame_differently() {
    let (mut one, mut other) = (Vec::new(), Vec::new());
    let mut client = Encoder::client(1);
    client.append(0, b"body", &mut one);
    client.append(0, b"body", &mut other);
    assert_eq!(one[..2], [0x82, 0x85]);
    assert_ne!(one[2..6], other[2..6]);
    let unmasked: Vec<u8> =
        one[6..].iter().zip(one[2..6].iter().cycle()).map(|(byte, mask)| byte ^ mask).collect();
    assert_eq!(unmasked, b"\0body");
}

#[test]
fn what_is_no_frame() {
    let step = |bytes: &[u8]| decoded(&mut Decoder::server(-1), bytes, bytes.len()).err();
    let good = raw(0x82, &[0x83], b"\0hi");
    assert_eq!(step(&good), None);
    // No fragments, no text, no reserved bits and opcodes.
    for first in [0x02, 0x00, 0x80, 0x81, 0x01, 0xc2, 0xa2, 0x92, 0x83, 0x8b, 0x8f, 0x09, 0xf9] {
        assert_eq!(step(&[first]), Some(FrameError::Malformed), "{first:x}");
    }
    // No mask, no payload, control frames that are too long.
    for header in [&[0x82, 0x03][..], &[0x89, 0x00], &[0x89, 0xfe], &[0x88, 0xff]] {
        assert_eq!(step(header), Some(FrameError::Malformed), "{header:x?}");
    }
    for bytes in [raw(0x82, &[0x80], b""), raw(0x82, &[0xfe, 0, 0], b"")] {
        assert_eq!(step(&bytes), Some(FrameError::Malformed));
    }
    assert_eq!(step(&raw(0x82, &[0xff; 9], b"")), Some(FrameError::TooLarge));
    // A server's frames have no mask.
    let client = |bytes: &[u8]| decoded(&mut Decoder::client(-1), bytes, 1);
    assert_eq!(client(&good), Err(FrameError::Malformed));
    assert_eq!(client(b"\x82\x03\0hi"), Ok((b"\0\x02hi".to_vec(), vec![])));
}

#[test]
fn lengths_may_be_written_long_and_unknown_flags_are_ignored() {
    for len in [&[0x83][..], &[0xfe, 0, 3], &[0xff, 0, 0, 0, 0, 0, 0, 0, 3]] {
        let frames = decoded(&mut Decoder::server(-1), &raw(0x82, len, b"\xfchi"), 1).unwrap();
        assert_eq!(frames.0, b"\0\x02hi");
    }
}

#[test]
fn the_limit_is_for_the_body() {
    for (len, expected) in [(10, Ok(())), (11, Err(FrameError::TooLarge))] {
        let mut wire = Vec::new();
        Encoder::client(1).append(0, &vec![7; len], &mut wire);
        // The violation shows before the body has come.
        let got = decoded(&mut Decoder::server(10), &wire[..7], 1);
        assert_eq!(got.map(drop), expected);
    }
}

#[test]
fn control_frames_between_frames() {
    let mut wire = Vec::new();
    let mut client = Encoder::client(7);
    client.append(0, b"one", &mut wire);
    client.append_control(Control::Ping, &[9; 200], &mut wire);
    client.append_control(Control::Pong, b"", &mut wire);
    client.append(0, b"two", &mut wire);
    client.append_control(Control::Close, b"\x03\xe8bye", &mut wire);
    for size in [1, 2, 5, 1000] {
        let mut decoder = Decoder::server(-1);
        let (frames, controls) = decoded(&mut decoder, &wire, size).unwrap();
        assert_eq!(frames, b"\0\x03one\0\x03two");
        let expected = [
            (Control::Ping, vec![9; 125]),
            (Control::Pong, vec![]),
            (Control::Close, b"\x03\xe8bye".to_vec()),
        ];
        assert_eq!(controls, expected);
        assert!(decoder.is_at_frame());
    }
}

#[test]
fn queued_control_frames() {
    let (mut queued, mut wire) = (Vec::new(), Vec::new());
    frame::append(COMMAND, &Control::Pong.queued(b"abc"), &mut queued);
    frame::append(COMMAND, &Control::Ping.queued(b""), &mut queued);
    frame::append(COMMAND, b"", &mut queued);
    Encoder::server().append_queued(&queued, &mut wire);
    assert_eq!(wire, b"\x8a\x03abc\x89\0");
}

proptest! {
    #[test]
    fn frames_round_trip(
        frames in prop::collection::vec(
            (prop::sample::select(&[0, MORE, COMMAND][..]), prop::collection::vec(any::<u8>(), 0..400)),
            0..6,
        ),
        client: bool,
        size in 1usize..500,
    ) {
        let (mut encoder, mut decoder) = if client {
            (Encoder::client(3), Decoder::server(-1))
        } else {
            (Encoder::server(), Decoder::client(-1))
        };
        let (mut plain, mut wire, mut again) = (Vec::new(), Vec::new(), Vec::new());
        for (flags, body) in &frames {
            frame::append(*flags, body, &mut plain);
            encoder.append(*flags, body, &mut wire);
        }
        prop_assert_eq!(&decoded(&mut decoder, &wire, size).unwrap().0, &plain);
        encoder.append_wire(&plain, &mut again);
        prop_assert_eq!(decoded(&mut decoder, &again, size).unwrap().0, plain);
    }

    #[test]
    fn a_body_may_be_unmasked_where_it_lies(cut in 1usize..5000, size in 1usize..5000) {
        let body: Vec<u8> = (0..5000u32).map(|at| at as u8).collect();
        let mut wire = Vec::new();
        Encoder::client(9).append(MORE, &body, &mut wire);
        let (head, rest) = wire.split_at_mut(9 + cut);
        let mut decoder = Decoder::server(-1);
        let (mut got, _) = decoded(&mut decoder, head, size).unwrap();
        for piece in rest.chunks_mut(size) {
            decoder.pass(piece);
            got.extend_from_slice(piece);
        }
        let mut expected = Vec::new();
        frame::append(MORE, &body, &mut expected);
        prop_assert_eq!(got, expected);
        prop_assert!(decoder.is_at_frame());
    }

    #[test]
    fn any_bytes_end_alike_in_any_pieces(
        bytes in prop::collection::vec(any::<u8>(), 0..300),
        size in 1usize..20,
    ) {
        for decoder in [|| Decoder::server(100), || Decoder::client(100)] {
            let whole = decoded(&mut decoder(), &bytes, bytes.len().max(1));
            prop_assert_eq!(decoded(&mut decoder(), &bytes, size), whole);
        }
    }
}

const KEY: &[u8] = b"dGhlIHNhbXBsZSBub25jZQ==";

fn null() -> Protocols {
    Protocols::new("NULL", true)
}

/// A request with these lines instead of the usual one.
fn request_with(replaced: &str, with: &str) -> Vec<u8> {
    let request = "GET /x HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Protocol: ZWS2.0/NULL\r\n\r\n";
    assert!(request.contains(replaced));
    request.replacen(replaced, with, 1).into_bytes()
}

#[test]
fn the_example_of_the_rfc() {
    assert_eq!(upgrade::accept(KEY), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    let (protocol, response) = upgrade::answer(&request_with("", ""), &null()).unwrap();
    assert_eq!(protocol, Protocol::Secure);
    assert_eq!(
        response,
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
          Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\
          Sec-WebSocket-Protocol: ZWS2.0/NULL\r\n\r\n"
    );
}

#[test]
fn requests() {
    let key = *b"the sample nonce";
    assert_eq!(
        upgrade::request(b"[::1]", b"/q", &key, &null()),
        b"GET /q HTTP/1.1\r\nHost: [::1]\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
          Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
          Sec-WebSocket-Protocol: ZWS2.0/NULL,ZWS2.0\r\nSec-WebSocket-Version: 13\r\n\r\n"
    );
    for (mechanism, plain) in [("NULL", true), ("NULL", false), ("CURVE", false)] {
        let protocols = Protocols::new(mechanism, plain);
        let request = upgrade::request(b"h", b"/", &key, &protocols);
        let (protocol, response) = upgrade::answer(&request, &protocols).unwrap();
        assert_eq!(upgrade::chosen(&response, &protocols), Ok(protocol));
    }
}

#[test]
fn the_first_protocol_that_is_ours_is_chosen() {
    let chosen = |offer: &str, ours: &Protocols| {
        let with = format!("Sec-WebSocket-Protocol: {offer}");
        let request = request_with("Sec-WebSocket-Protocol: ZWS2.0/NULL", &with);
        upgrade::answer(&request, ours).map(|(protocol, _)| protocol)
    };
    for (offer, expected) in [
        ("ZWS2.0/NULL,ZWS2.0", Ok(Protocol::Secure)),
        ("ZWS2.0 ,\tZWS2.0/NULL", Ok(Protocol::Plain)),
        ("foo, ZWS2.0/NULL", Ok(Protocol::Secure)),
        ("foo\r\nSec-WebSocket-Protocol: ZWS2.0", Ok(Protocol::Plain)),
        ("foo", Err(Refused)),
        ("zws2.0", Err(Refused)),
        ("ZWS2.0/PLAIN", Err(Refused)),
        ("", Err(Refused)),
    ] {
        assert_eq!(chosen(offer, &null()), expected, "{offer}");
    }
    // A peer that has to be authenticated cannot do without a mechanism.
    let strict = Protocols::new("NULL", false);
    assert_eq!(chosen("ZWS2.0,ZWS2.0/NULL", &strict), Ok(Protocol::Secure));
    assert_eq!(chosen("ZWS2.0", &strict), Err(Refused));
}

#[test]
fn what_is_no_request() {
    let answer = |replaced, with| upgrade::answer(&request_with(replaced, with), &null()).map(drop);
    for (replaced, with) in [
        ("GET", "POST"),
        ("GET", "get"),
        ("/x ", " "),
        ("HTTP/1.1", "HTTP/1.0"),
        ("HTTP/1.1", "HTTP/2.0"),
        ("Upgrade: websocket\r\n", ""),
        ("Upgrade: websocket", "Upgrade: h2c"),
        ("Connection: Upgrade\r\n", ""),
        ("Connection: Upgrade", "Connection: close"),
        ("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", ""),
        ("dGhlIHNhbXBsZSBub25jZQ==", " "),
        ("Sec-WebSocket-Protocol: ZWS2.0/NULL\r\n", ""),
        ("Host: h", "Host"),
        ("Host: h", "Host: a\r\n b"),
        ("Host: h", "Host: \0"),
    ] {
        assert_eq!(answer(replaced, with), Err(Refused), "{replaced} {with}");
    }
    for (replaced, with) in [
        ("/x", "/other?q"),
        ("/x", "http://h/x"),
        ("Host: h\r\n", ""),
        ("Sec-WebSocket-Version: 13\r\n", ""),
        ("Upgrade: websocket", "upgrade: h2c, WebSocket"),
        ("Connection: Upgrade", "connection:keep-alive, upgrade "),
        ("dGhlIHNhbXBsZSBub25jZQ==", "abc"),
    ] {
        assert_eq!(answer(replaced, with), Ok(()), "{replaced} {with}");
    }
    let many = |count| "A: b\r\n".repeat(count) + "Host: h";
    let (enough, too_many) = (many(122), many(123));
    assert_eq!(answer("Host: h", &enough), Ok(()));
    assert_eq!(answer("Host: h", &too_many), Err(Refused));
}

#[test]
fn what_is_no_response() {
    let response = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                    Sec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: ZWS2.0\r\n\r\n";
    let chosen = |replaced: &str, with| {
        assert!(response.contains(replaced));
        upgrade::chosen(response.replacen(replaced, with, 1).as_bytes(), &null())
    };
    assert_eq!(chosen("", ""), Ok(Protocol::Plain));
    assert_eq!(chosen("Switching Protocols", "OK"), Ok(Protocol::Plain));
    for (replaced, with) in [
        ("101", "200"),
        ("HTTP/1.1", "HTTP/1.0"),
        ("Upgrade: websocket\r\n", ""),
        ("Connection: Upgrade\r\n", ""),
        ("Sec-WebSocket-Accept: x\r\n", ""),
        ("Accept: x", "Accept: "),
        ("Sec-WebSocket-Protocol: ZWS2.0\r\n", ""),
        ("Sec-WebSocket-Protocol: ZWS2.0", "Sec-WebSocket-Protocol: ZWS2.0/PLAIN"),
        ("Sec-WebSocket-Protocol: ZWS2.0", "Sec-WebSocket-Protocol: ZWS2.0,ZWS2.0/NULL"),
        ("Connection: ", "Sec-WebSocket-Protocol: ZWS2.0\r\nConnection: "),
    ] {
        assert_eq!(chosen(replaced, with), Err(Refused), "{replaced} {with}");
    }
}

#[test]
fn strangers_are_recognised_at_once_and_held_for_little() {
    let feed = |bytes: &[u8]| Head::new(upgrade::REQUEST).feed(bytes);
    for (bytes, at) in
        [(&b"\xff"[..], 1), (b"GETX", 4), (b"POST", 1), (b"\r\n", 1), (b"GET /\n", 6)]
    {
        assert_eq!(feed(bytes), Err(Refused));
        assert_eq!(feed(&bytes[..at - 1]), Ok(at - 1));
    }
    let mut head = Head::new(upgrade::REQUEST);
    assert_eq!(head.feed(b"GET / HTTP/1.1\r\n\r\nmore"), Ok(18));
    assert!(head.is_complete());
    let endless = [b"GET /".to_vec(), vec![b'x'; upgrade::MAX_HEAD - 4]].concat();
    assert_eq!(feed(&endless), Err(Refused));
    assert_eq!(feed(&endless[1..]), Err(Refused));
    assert_eq!(feed(&endless[..upgrade::MAX_HEAD]), Ok(upgrade::MAX_HEAD));
}

struct Side {
    handshake: Handshake,
    layer: Layer,
    unread: Vec<u8>,
    output: Vec<u8>,
    result: Result<(), HandshakeError>,
    upgraded: bool,
}

impl Side {
    fn new(socket_type: SocketType, mechanism: Box<dyn Mechanism>, is_client: bool) -> Side {
        let config = HandshakeConfig { socket_type, routing_id: b"me", metadata: &[] };
        let handshake = Handshake::carried(config, mechanism);
        let client = Client { host: b"h".to_vec(), path: b"/".to_vec(), key: [7; 16], seed: 7 };
        let layer =
            if is_client { Layer::client(&handshake, &client) } else { Layer::server(&handshake) };
        let (unread, output) = (Vec::new(), Vec::new());
        Side { handshake, layer, unread, output, result: Ok(()), upgraded: false }
    }

    fn input(&mut self, bytes: &[u8]) {
        self.unread.extend_from_slice(bytes);
        match self.layer.input(&mut self.handshake, &self.unread) {
            Ok(used) => drop(self.unread.drain(..used)),
            Err(error) => self.result = Err(error),
        }
        self.upgraded |= self.layer.take_upgraded();
        if self.handshake.auth_request().is_some() {
            self.handshake.authenticated(Verdict::Granted).unwrap();
            self.input(b"");
        }
        self.output.extend(self.layer.take_output(&mut self.handshake).unwrap());
    }
}

/// Lets both talk, in pieces of a size, until neither has more to say.
fn talk(server: &mut Side, client: &mut Side, size: usize) {
    loop {
        client.input(b"");
        let (from_client, from_server) =
            (core::mem::take(&mut client.output), core::mem::take(&mut server.output));
        if from_client.is_empty() && from_server.is_empty() {
            return;
        }
        from_client.chunks(size).for_each(|piece| server.input(piece));
        from_server.chunks(size).for_each(|piece| client.input(piece));
    }
}

fn established(side: &mut Side) -> Option<Established> {
    assert_eq!((side.result, side.upgraded), (Ok(()), true));
    side.handshake.established()
}

#[test]
fn both_sides_come_through() {
    for size in [1, 3, 1000] {
        let pairs: [(Box<dyn Mechanism>, Box<dyn Mechanism>); 3] = [
            (Box::new(NullMechanism::new(false)), Box::new(NullMechanism::new(false))),
            (Box::new(NullMechanism::new(true)), Box::new(NullMechanism::new(false))),
            (Box::new(PlainServer::new()), Box::new(PlainClient::new(b"user", b"secret"))),
        ];
        for (of_server, of_client) in pairs {
            let mut server = Side::new(Router, of_server, false);
            let mut client = Side::new(Dealer, of_client, true);
            talk(&mut server, &mut client, size);
            let at_server = established(&mut server).unwrap();
            assert_eq!(at_server.version, ZmtpVersion::V3_0);
            assert_eq!(at_server.peer_identity.as_deref(), Some(&b"me"[..]));
            assert_eq!(at_server.peer_socket_type, Some(Dealer));
            assert_eq!(established(&mut client).unwrap().peer_socket_type, Some(Router));
            assert!(server.unread.is_empty() && client.unread.is_empty());
        }
    }
}

/// A server that has read a request for a protocol, and its bytes after the response.
fn asked_for(protocol: &str, mechanism: Box<dyn Mechanism>) -> (Side, Vec<u8>) {
    let mut server = Side::new(Dealer, mechanism, false);
    server.input(&request_with("ZWS2.0/NULL", protocol));
    let output = core::mem::take(&mut server.output);
    let end = output.windows(4).position(|window| window == b"\r\n\r\n");
    let rest = end.map_or(&[][..], |end| &output[end + 4..]).to_vec();
    (server, rest)
}

#[test]
fn without_a_mechanism_routing_ids_are_told() {
    let (mut server, said) = asked_for("ZWS2.0", Box::new(NullMechanism::new(false)));
    assert_eq!(said, b"\x82\x03\0me");
    let hi = raw(0x82, &[0x83], b"\0hi");
    server.input(&[raw(0x82, &[0x85], b"\0peer"), hi.clone()].concat());
    let result = established(&mut server).unwrap();
    assert_eq!(result.version, ZmtpVersion::V2);
    assert_eq!(result.peer_identity.as_deref(), Some(&b"peer"[..]));
    // The bytes behind the handshake are the connection's.
    assert_eq!(server.unread, hi);
}

#[test]
fn who_has_to_be_authenticated_tells_nothing_before() {
    let (server, said) = asked_for("ZWS2.0", Box::new(NullMechanism::new(true)));
    assert_eq!((server.result, said), (Err(HandshakeError::WS_UNSPECIFIED), vec![]));
    assert!(!server.upgraded);
}

#[test]
fn what_follows_the_handshake_stays_where_it_is() {
    let (mut server, said) = asked_for("ZWS2.0/NULL", Box::new(NullMechanism::new(false)));
    assert!(said.starts_with(b"\x82,\x02\x05READY"));
    let ready = raw(0x82, &[0x9d], b"\x02\x05READY\x0bSocket-Type\0\0\0\x06DEALER");
    let ping = raw(0x89, &[0x82], b"ok");
    let hi = raw(0x82, &[0x83], b"\0hi");
    server.input(&[&ping[..], &ready, &hi, &ping].concat());
    assert_eq!(server.output, b"\x8a\x02ok");
    assert!(established(&mut server).is_some());
    assert_eq!(server.unread, [hi, ping].concat());
}

#[test]
fn ends_of_handshakes() {
    let null = || Box::new(NullMechanism::new(false));
    let after = |bytes: &[u8]| {
        let (mut server, _) = asked_for("ZWS2.0/NULL", null());
        server.input(bytes);
        (server.result.unwrap_err(), server.output)
    };
    let close = raw(0x88, &[0x82], b"\x03\xe9");
    assert_eq!(after(&close), (HandshakeError::CONNECTION, b"\x88\x02\x03\xe9".to_vec()));
    let (error, said) = after(b"\x81");
    assert_eq!((error.kind, said), (ErrorKind::Protocol, b"\x88\x02\x03\xea".to_vec()));
    // A stranger cannot make a connection hold more than a little.
    let long = raw(0x82, &[0xff, 0, 0, 0, 0, 0, 0x20, 0, 0], b"\x02");
    assert_eq!(after(&long).0.kind, ErrorKind::Protocol);
    assert_eq!(after(&raw(0x82, &[0x87], b"\x02\x05HELLO")).0, HandshakeError::UNEXPECTED_COMMAND);
}

#[test]
fn a_refusal_is_told_in_a_frame() {
    let (mut server, said) = asked_for("ZWS2.0/NULL", Box::new(NullMechanism::new(true)));
    assert_eq!(said, b"\x82,\x02\x05READY\x0bSocket-Type\0\0\0\x06DEALER\x08Identity\0\0\0\x02me");
    drop(server.layer.take_output(&mut server.handshake).unwrap());
    let config = HandshakeConfig { socket_type: Dealer, routing_id: b"", metadata: &[] };
    let mut handshake = Handshake::carried(config, Box::new(NullMechanism::new(true)));
    let mut layer = Layer::server(&handshake);
    let request = request_with("", "");
    assert_eq!(layer.input(&mut handshake, &request), Ok(request.len()));
    assert!(handshake.auth_request().is_some());
    assert!(handshake.authenticated(Verdict::Denied(Denial::Failure)).is_err());
    assert!(layer.take_output(&mut handshake).unwrap().ends_with(b"\x82\x0b\x02\x05ERROR\x03400"));
}
