//! WebSockets with a peer that others have written: tungstenite, which holds the RFC against us, as a client and
//! as a server.
#![forbid(unsafe_code)]

use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tungstenite::client::IntoClientRequest;
use tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tungstenite::http::HeaderValue;
use tungstenite::protocol::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::{Error, Message, WebSocket};

use zmq::context::Context;
use zmq::options::SocketType;
use zmq::queue::Body;
use zmq::socket::{Core, Slot};
use zmq::sys::parker::block_on;

const RCVTIMEO: i32 = 27;
const LAST_ENDPOINT: i32 = 32;
const NAME: &str = "Sec-WebSocket-Protocol";
const PATIENCE: Duration = Duration::from_secs(30);

fn socket(context: &Arc<Context>, socket_type: SocketType) -> &'static Slot {
    let slot = Slot::open(Core::new(context, socket_type).expect("socket"));
    let timeout = (PATIENCE.as_millis() as i32).to_ne_bytes();
    slot.with(|core| core.set_option(RCVTIMEO, Some(&timeout))).expect("option");
    slot
}

fn send(slot: &Slot, bytes: &[u8]) {
    block_on(async |parker| zmq::socket::send(parker, slot, Body::Copy(bytes), 0).await)
        .expect("send");
}

fn receive(slot: &Slot) -> Vec<u8> {
    block_on(async |parker| {
        zmq::socket::receive(parker, slot, 0, |frame| frame.data().to_vec()).await
    })
    .expect("receive")
}

fn patient(stream: TcpStream) -> TcpStream {
    stream.set_read_timeout(Some(PATIENCE)).expect("time limit");
    stream
}

fn ready(kind: &str) -> Message {
    let mut body = b"\x02\x05READY\x0bSocket-Type\0\0\0".to_vec();
    body.push(kind.len() as u8);
    body.extend(kind.bytes());
    binary(&body)
}

fn binary(payload: &[u8]) -> Message {
    Message::Binary(payload.to_vec().into())
}

/// Payloads of one frame, with their flags, which both directions have to carry.
fn payloads() -> Vec<Vec<u8>> {
    let sizes = [0, 1, 124, 125, 126, 4096, 4097, 65_534, 65_535, 65_536, 1_000_000];
    sizes.iter().map(|size| [&[0][..], &vec![*size as u8; *size]].concat()).collect()
}

/// An exchange of everything, whichever side the peer is on.
fn converse(peer: &mut WebSocket<TcpStream>, slot: &Slot) {
    for payload in payloads() {
        peer.send(binary(&payload)).expect("send");
        assert_eq!(receive(slot), payload[1..]);
        send(slot, &payload[1..]);
        assert_eq!(peer.read().expect("read"), binary(&payload));
    }
    peer.send(Message::Ping(b"are you there?".to_vec().into())).expect("ping");
    assert_eq!(peer.read().expect("pong"), Message::Pong(b"are you there?".to_vec().into()));
}

#[test]
fn a_client_of_others() {
    let context = Arc::new(Context::default());
    let slot = socket(&context, SocketType::Dealer);
    slot.with(|core| core.bind(b"ws://127.0.0.1:*/path")).expect("bind");
    let mut out = [0; 256];
    let len = slot.with(|core| core.get_option(LAST_ENDPOINT, &mut out)).expect("endpoint");
    let endpoint = String::from_utf8_lossy(&out[..len - 1]).into_owned();
    let address = endpoint.trim_start_matches("ws://").trim_end_matches("/path");
    let stream = patient(TcpStream::connect(address).expect("connect"));
    let mut request = endpoint.as_str().into_client_request().expect("request");
    request.headers_mut().insert(NAME, HeaderValue::from_static("x, ZWS2.0/NULL, ZWS2.0"));
    let (mut peer, response) = tungstenite::client(request, stream).expect("opening");
    assert_eq!(response.headers()[NAME], "ZWS2.0/NULL");
    let Message::Binary(said) = peer.read().expect("READY") else { panic!("no READY") };
    assert!(said.starts_with(b"\x02\x05READY"));
    peer.send(ready("DEALER")).expect("READY");
    converse(&mut peer, slot);

    let leave = CloseFrame { code: CloseCode::Away, reason: "enough".into() };
    peer.close(Some(leave.clone())).expect("close");
    assert_eq!(peer.read().expect("answer"), Message::Close(Some(leave)));
    assert!(matches!(peer.read(), Err(Error::ConnectionClosed)));
    slot.take().expect("open").close();
    block_on(async |parker| context.terminate(parker).await).expect("end");
}

#[test]
fn a_server_of_others() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("bind");
    let endpoint = format!("ws://{}/path", listener.local_addr().expect("address"));
    let context = Arc::new(Context::default());
    let slot = socket(&context, SocketType::Dealer);
    slot.with(|core| core.connect(endpoint.as_bytes())).expect("connect");
    let (stream, _) = listener.accept().expect("accept");
    #[allow(clippy::result_large_err, reason = "the crate's own")]
    let choose = |request: &Request, mut response: Response| {
        assert_eq!(request.uri(), "/path");
        assert_eq!(request.headers()[NAME], "ZWS2.0/NULL,ZWS2.0");
        response.headers_mut().insert(NAME, HeaderValue::from_static("ZWS2.0/NULL"));
        Ok::<Response, ErrorResponse>(response)
    };
    let mut peer = tungstenite::accept_hdr(patient(stream), choose).expect("opening");
    peer.send(ready("DEALER")).expect("READY");
    let Message::Binary(said) = peer.read().expect("READY") else { panic!("no READY") };
    assert!(said.starts_with(b"\x02\x05READY"));
    converse(&mut peer, slot);

    // It comes back to a server that left.
    let again = thread::spawn(move || listener.accept().expect("accept"));
    peer.close(None).expect("close");
    assert_eq!(peer.read().expect("answer"), Message::Close(None));
    assert!(matches!(peer.read(), Err(Error::ConnectionClosed)));
    drop(peer);
    let (stream, _) = again.join().expect("another connection");
    let mut peer = tungstenite::accept_hdr(patient(stream), choose).expect("opening");
    peer.send(ready("DEALER")).expect("READY");
    peer.read().expect("READY");
    converse(&mut peer, slot);
    slot.take().expect("open").close();
    block_on(async |parker| context.terminate(parker).await).expect("end");
}
