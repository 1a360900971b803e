//! The target of WebSockets (RFC 45): frames, and the opening with the handshake behind it. Any
//! thread.
#![forbid(unsafe_code)]

use zincmq::options::SocketType;
use zincmq::proto::HandshakeError;
use zincmq::proto::mechanism::NullMechanism;
use zincmq::proto::ws::frame::{Control, Decoder, Encoder, Step};
use zincmq::proto::ws::layer::{Client, Layer};
use zincmq::proto::ws::upgrade::MAX_HEAD;
use zincmq::proto::zmtp::frame::FrameError;
use zincmq::proto::zmtp::handshake::{Established, Handshake, HandshakeConfig};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: ZWS2.0/NULL\r\n\r\n";
const RESPONSE: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\
    Connection: Upgrade\r\nSec-WebSocket-Accept: x\r\nSec-WebSocket-Protocol: ZWS2.0\r\n\r\n";

/// The first byte picks the side, whether its peer has a good opening already, and whether there
/// are frames only. The second is the size of the pieces. The outcome must not depend on that size.
pub fn web(data: &[u8]) {
    let [setup, piece_len, wire @ ..] = data else { return };
    let (is_client, piece_len) = (setup & 1 != 0, usize::from(*piece_len).max(1));
    if setup & 2 != 0 {
        return frames(is_client, wire, piece_len);
    }
    let opening: &[u8] = match (setup & 4 != 0, is_client) {
        (false, _) => b"",
        (true, true) => RESPONSE,
        (true, false) => REQUEST,
    };
    let wire = [opening, wire].concat();
    let authenticate = setup & 8 != 0;
    let whole = opened(is_client, authenticate, &wire, wire.len().max(1));
    assert_eq!(whole, opened(is_client, authenticate, &wire, piece_len));
}

/// Frames of ZMTP, control frames, and how it ended.
type Frames = (Vec<u8>, Vec<(Control, Vec<u8>)>, Option<FrameError>);

fn decoded(is_client: bool, wire: &[u8], piece_len: usize) -> Frames {
    let mut decoder = if is_client { Decoder::client(5000) } else { Decoder::server(5000) };
    let (mut frames, mut controls) = (Vec::new(), Vec::new());
    for mut piece in wire.chunks(piece_len) {
        while !piece.is_empty() {
            let before = frames.len();
            let (used, step) = match decoder.step(piece, &mut frames) {
                Ok(done) => done,
                Err(error) => return (frames, controls, Some(error)),
            };
            match step {
                Step::Partial | Step::Frame => {}
                Step::Control(control, payload) => controls.push((control, payload.to_vec())),
            }
            assert!(used > 0 && used <= piece.len() && frames.len() <= before + used + 9);
            piece = &piece[used..];
        }
    }
    (frames, controls, None)
}

fn frames(is_client: bool, wire: &[u8], piece_len: usize) {
    let whole = decoded(is_client, wire, wire.len().max(1));
    assert_eq!(whole, decoded(is_client, wire, piece_len));
    // Frames that were understood can be encoded again.
    let mut encoder = if is_client { Encoder::server() } else { Encoder::client(1) };
    let mut again = Vec::new();
    encoder.append_wire(&whole.0, &mut again);
    for (control, payload) in &whole.1 {
        encoder.append_control(*control, payload, &mut again);
    }
    let (frames, controls, end) = decoded(is_client, &again, piece_len);
    assert!(whole.0.starts_with(&frames) && controls == whole.1 && end.is_none());
}

#[derive(Debug, PartialEq)]
struct Outcome {
    output: Vec<u8>,
    result: Result<Option<Established>, HandshakeError>,
    used: usize,
}

fn opened(is_client: bool, authenticate: bool, wire: &[u8], piece_len: usize) -> Outcome {
    let config = HandshakeConfig {
        socket_type: SocketType::Dealer,
        routing_id: b"me",
        metadata: &[],
    };
    let mut handshake = Handshake::carried(config, Box::new(NullMechanism::new(authenticate)));
    let client = Client { host: b"h".to_vec(), path: b"/".to_vec(), key: [1; 16], seed: 1 };
    let mut layer =
        if is_client { Layer::client(&handshake, &client) } else { Layer::server(&handshake) };
    let (mut used, mut output) = (0, Vec::new());
    for end in (piece_len..=wire.len().next_multiple_of(piece_len)).step_by(piece_len) {
        let piece = &wire[used..end.min(wire.len())];
        let result = layer.input(&mut handshake, piece);
        output.extend(layer.take_output(&mut handshake).unwrap());
        match result {
            Ok(count) => used += count,
            Err(error) => return Outcome { output, result: Err(error), used: 0 },
        }
        assert!(used <= end && output.len() <= wire.len() * 4 + MAX_HEAD);
    }
    Outcome { output, result: Ok(handshake.established()), used }
}
