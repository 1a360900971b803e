//! The bytes that attackers send, and how they send them. Runs on the attackers' threads.
#![forbid(unsafe_code)]

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::os::unix::net::{UnixListener, UnixStream};
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use fastrand::Rng;

use crate::{Run, fail};

/// Connections that an attacker keeps open while it goes on with others.
const KEPT: usize = 40;

const TYPES: [&str; 13] = [
    "PAIR", "PUB", "SUB", "REQ", "REP", "DEALER", "ROUTER", "PULL", "PUSH", "XPUB", "XSUB",
    "STREAM", "NONSENSE",
];

enum Stream {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Stream {
    fn connect(endpoint: &str) -> Option<Stream> {
        match endpoint.split_once("://")? {
            ("tcp", address) => TcpStream::connect(address).ok().map(Stream::Tcp),
            ("ws", address) => {
                TcpStream::connect(address.trim_end_matches('/')).ok().map(Stream::Tcp)
            }
            (_, path) => UnixStream::connect(path).ok().map(Stream::Unix),
        }
    }

    /// Limits each wait for the other side, so that none is long.
    fn limit(&self) {
        let limit = Some(Duration::from_millis(5));
        let _ = match self {
            Stream::Tcp(stream) => {
                let _ = stream.set_nodelay(true);
                stream.set_read_timeout(limit).and(stream.set_write_timeout(limit))
            }
            Stream::Unix(stream) => {
                stream.set_read_timeout(limit).and(stream.set_write_timeout(limit))
            }
        };
    }

    /// Returns `false` when the other side is gone or does not take more.
    fn send(&mut self, bytes: &[u8]) -> bool {
        match self {
            Stream::Tcp(stream) => stream.write_all(bytes).is_ok(),
            Stream::Unix(stream) => stream.write_all(bytes).is_ok(),
        }
    }

    fn receive(&mut self) {
        let mut buffer = [0; 4096];
        let _ = match self {
            Stream::Tcp(stream) => stream.read(&mut buffer),
            Stream::Unix(stream) => stream.read(&mut buffer),
        };
    }

    fn half_close(&self) {
        let _ = match self {
            Stream::Tcp(stream) => stream.shutdown(Shutdown::Write),
            Stream::Unix(stream) => stream.shutdown(Shutdown::Write),
        };
    }
}

/// Attacks the victims one after the other.
pub fn attack(run: &Run, victims: &[String], random: &mut Rng) {
    let mut kept = Vec::new();
    while !run.is_over() {
        let victim = &victims[random.usize(..victims.len())];
        if let Some(stream) = Stream::connect(victim) {
            misbehave(run, stream, random, &mut kept);
        }
    }
}

/// Attacks each peer that connects.
pub fn lie_in_wait(run: &Run, tcp: &TcpListener, unix: &UnixListener, random: &mut Rng) {
    if tcp.set_nonblocking(true).and(unix.set_nonblocking(true)).is_err() {
        fail("no non-blocking listeners");
    }
    let mut kept = Vec::new();
    while !run.is_over() {
        let accepted = [
            tcp.accept().map(|(stream, _)| Stream::Tcp(stream)),
            unix.accept().map(|(stream, _)| Stream::Unix(stream)),
        ];
        let mut idle = true;
        for stream in accepted {
            match stream {
                Ok(stream) => {
                    let _ = match &stream {
                        Stream::Tcp(stream) => stream.set_nonblocking(false),
                        Stream::Unix(stream) => stream.set_nonblocking(false),
                    };
                    misbehave(run, stream, random, &mut kept);
                    idle = false;
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => fail(&format!("accepting: {error}")),
            }
        }
        if idle {
            thread::sleep(Duration::from_micros(200));
        }
    }
}

/// One connection: the bytes that are sent, in which pieces, and how it ends.
fn misbehave(run: &Run, mut stream: Stream, random: &mut Rng, kept: &mut Vec<Stream>) {
    run.attacks.fetch_add(1, Ordering::Relaxed);
    stream.limit();
    let mut bytes = speech(random);
    if random.bool() {
        mutate(&mut bytes, random);
    }
    match random.u8(..5) {
        // In one segment.
        0 | 1 => drop(stream.send(&bytes)),
        // Byte for byte.
        2 => {
            for byte in bytes.iter().take(200) {
                if !stream.send(&[*byte]) {
                    break;
                }
                thread::yield_now();
            }
        }
        // In pieces, reading between them.
        _ => {
            let mut rest = &bytes[..];
            while !rest.is_empty() {
                let (piece, more) = rest.split_at(random.usize(1..=rest.len()));
                if !stream.send(piece) {
                    break;
                }
                rest = more;
                stream.receive();
            }
        }
    }
    match random.u8(..6) {
        // Unread bytes turn the end into a reset.
        0 | 1 => {}
        2 => stream.receive(),
        3 => {
            stream.half_close();
            stream.receive();
        }
        _ => {
            if kept.len() >= KEPT {
                let old = kept.swap_remove(random.usize(..kept.len()));
                drop(old);
            }
            kept.push(stream);
            // A kept connection goes on.
            let at = random.usize(..kept.len());
            let more = traffic(random);
            if !kept[at].send(&more) {
                kept.swap_remove(at);
            }
        }
    }
}

/// A whole conversation: a greeting of some version, a handshake, and traffic.
fn speech(random: &mut Rng) -> Vec<u8> {
    let mut bytes = match random.u8(..12) {
        8.. => return web_speech(random),
        0 => return (0..random.usize(..400)).map(|_| random.u8(..)).collect(),
        1 => b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".to_vec(),
        // ZMTP 1.0: an anonymous peer.
        2 => vec![1, 0],
        // ZMTP 2.0.
        3 => vec![0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 1, random.u8(..12), 0, 0],
        _ => greeting(random),
    };
    if bytes.len() == 64 {
        let kind = TYPES[random.usize(..TYPES.len())];
        frame(&mut bytes, 4, &ready(kind, random));
    }
    bytes.extend(traffic(random));
    bytes
}

/// A whole conversation of a peer that speaks in WebSockets: as a client, as a server, or as
/// neither.
fn web_speech(random: &mut Rng) -> Vec<u8> {
    let protocol = ["ZWS2.0/NULL", "ZWS2.0", "ZWS2.0/CURVE", "x, ZWS2.0"][random.usize(..4)];
    let is_client = random.bool();
    let mut bytes = if is_client {
        "GET / HTTP/1.1\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="
    } else {
        "HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x"
    }
    .as_bytes()
    .to_vec();
    let rest = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol";
    bytes.extend(format!("\r\n{rest}: {protocol}\r\n\r\n").bytes());
    let masked = is_client ^ (random.u8(..20) == 0);
    let first = if protocol == "ZWS2.0/NULL" {
        [&[2], &ready(TYPES[random.usize(..TYPES.len())], random)[..]].concat()
    } else {
        b"\0id".to_vec()
    };
    web_frame(&mut bytes, 0x82, masked, &first, random);
    for _ in 0..random.usize(..30) {
        let size = [random.usize(..60), random.usize(..5000), random.usize(..70_000)];
        let flags = random.u8(..3);
        let mut body = vec![
            random.u8(..);
            size[usize::from(random.u8(..8) == 0)
                + usize::from(random.u8(..40) == 0)]
        ];
        body.insert(0, flags);
        match random.u8(..24) {
            0 => web_frame(&mut bytes, 0x89, masked, &body[..body.len().min(126)], random),
            1 => web_frame(&mut bytes, 0x8a, masked, b"", random),
            2 => web_frame(&mut bytes, 0x88, masked, b"\x03\xe8", random),
            3 => web_frame(&mut bytes, random.u8(..), masked, &body, random),
            4 => web_frame(&mut bytes, 0x82, masked, b"\x02\x04PING\0\x01", random),
            5 => {
                // Announced, and never sent.
                bytes.extend([0x82, if masked { 0xff } else { 0x7f }]);
                bytes.extend((random.u64(..) >> random.u32(..64)).to_be_bytes());
            }
            _ => web_frame(&mut bytes, 0x82, masked, &body, random),
        }
    }
    bytes
}

fn web_frame(bytes: &mut Vec<u8>, first: u8, masked: bool, payload: &[u8], random: &mut Rng) {
    let bit = if masked { 0x80 } else { 0 };
    bytes.push(first);
    match payload.len() {
        len @ 0..126 => bytes.push(bit | len as u8),
        len @ 126..65_536 => {
            bytes.push(bit | 126);
            bytes.extend((len as u16).to_be_bytes());
        }
        len => {
            bytes.push(bit | 127);
            bytes.extend((len as u64).to_be_bytes());
        }
    }
    let mask = if masked { random.u32(..).to_ne_bytes() } else { [0; 4] };
    if masked {
        bytes.extend(mask);
    }
    bytes.extend(payload.iter().zip(mask.iter().cycle()).map(|(byte, mask)| byte ^ mask));
}

fn greeting(random: &mut Rng) -> Vec<u8> {
    let mut bytes = vec![0; 64];
    (bytes[0], bytes[8], bytes[9], bytes[10]) = (0xff, 1, 0x7f, 3);
    bytes[11] = random.u8(..3);
    let mechanism: &[u8] = match random.u8(..10) {
        0 => b"PLAIN",
        1 => b"CURVE",
        2 => b"GSSAPI",
        _ => b"NULL",
    };
    bytes[12..12 + mechanism.len()].copy_from_slice(mechanism);
    bytes[32] = u8::from(random.u8(..8) == 0);
    bytes
}

fn ready(kind: &str, random: &mut Rng) -> Vec<u8> {
    let mut body = b"\x05READY".to_vec();
    property(&mut body, b"Socket-Type", kind.as_bytes());
    if random.bool() {
        let identity: Vec<u8> = (0..random.usize(..8)).map(|_| random.u8(1..4)).collect();
        property(&mut body, b"Identity", &identity);
    }
    if random.u8(..4) == 0 {
        let value = vec![b'v'; random.usize(..3000)];
        property(&mut body, b"X-Property", &value);
    }
    body
}

fn property(body: &mut Vec<u8>, name: &[u8], value: &[u8]) {
    body.push(name.len() as u8);
    body.extend(name);
    body.extend((value.len() as u32).to_be_bytes());
    body.extend(value);
}

fn frame(bytes: &mut Vec<u8>, flags: u8, body: &[u8]) {
    if body.len() > 255 || flags & 2 != 0 {
        bytes.push(flags | 2);
        bytes.extend((body.len() as u64).to_be_bytes());
    } else {
        bytes.extend([flags, body.len() as u8]);
    }
    bytes.extend(body);
}

/// Messages and commands, and frames that are announced and do not come.
fn traffic(random: &mut Rng) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..random.usize(..30) {
        let size = match random.u8(..20) {
            0 => random.usize(..100_000),
            1..4 => random.usize(..5000),
            _ => random.usize(..60),
        };
        let mut body: Vec<u8> = vec![random.u8(..); size];
        let command: &[u8] = match random.u8(..16) {
            0 => b"\x04PING\0\x01context",
            1 => b"\x04PONG",
            2 => b"\x09SUBSCRIBE",
            3 => b"\x06CANCEL",
            4 => b"\x05ERROR\x03400",
            5 => b"\x05READY",
            6 => b"\x07UNKNOWN",
            7 => {
                // Announced, and never sent.
                bytes.push(random.u8(..8) | 2);
                bytes.extend((random.u64(..) >> random.u32(..64)).to_be_bytes());
                b""
            }
            // A delimiter, or a subscription of older peers.
            8 => {
                frame(&mut bytes, 1, b"");
                b""
            }
            9 => {
                body.insert(0, random.u8(..3));
                b""
            }
            _ => b"",
        };
        if command.is_empty() {
            frame(&mut bytes, random.u8(..4), &body);
        } else {
            frame(&mut bytes, 4 | random.u8(..3) & 2, &[command, &body].concat());
        }
    }
    bytes
}

fn mutate(bytes: &mut Vec<u8>, random: &mut Rng) {
    for _ in 0..random.usize(1..5) {
        let at = random.usize(..=bytes.len());
        match random.u8(..4) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, random.u8(..)),
            2 if at < bytes.len() => drop(bytes.remove(at)),
            _ if at < bytes.len() => bytes[at] = random.u8(..),
            _ => {}
        }
    }
}
