//! The sockets that are attacked, and their well-behaved peers, which have to lose nothing. Each
//! pair has one thread.
#![forbid(unsafe_code)]

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use fastrand::Rng;
use zincmq::capi::constants::*;

use crate::socket::{Context, Socket};
use crate::{PATIENCE, Run, fail};

/// An attacked socket with its peer.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// The peer's messages arrive, all and in order: bound type, and the peer's.
    Takes(i32, i32),
    /// The peer also gets an answer to each.
    Answers(i32, i32),
    /// The peer has subscribed.
    Publishes(i32, i32),
    /// The peer publishes.
    Hears(i32, i32),
    /// A raw peer gets back the bytes that it sent.
    Echoes,
    /// Attackers get a share of the messages; none is sure to arrive.
    Sends(i32),
}

pub const KINDS: [Kind; 13] = [
    Kind::Takes(ZMQ_PULL, ZMQ_PUSH),
    Kind::Takes(ZMQ_DEALER, ZMQ_DEALER),
    Kind::Answers(ZMQ_PAIR, ZMQ_PAIR),
    Kind::Answers(ZMQ_REP, ZMQ_REQ),
    Kind::Answers(ZMQ_ROUTER, ZMQ_DEALER),
    Kind::Publishes(ZMQ_PUB, ZMQ_SUB),
    Kind::Publishes(ZMQ_XPUB, ZMQ_XSUB),
    Kind::Hears(ZMQ_SUB, ZMQ_PUB),
    Kind::Hears(ZMQ_XSUB, ZMQ_XPUB),
    Kind::Echoes,
    Kind::Sends(ZMQ_PUSH),
    Kind::Sends(ZMQ_REQ),
    Kind::Sends(ZMQ_DEALER),
];

/// The start of a well-behaved peer's messages, which no attacker sends.
const SECRET: &[u8] = b"said by a well-behaved peer ";

struct Service<'a> {
    run: &'a Run,
    socket: Socket,
    peer: Socket,
    number: u64,
    kind: Kind,
}

/// Serves one socket until the run is over; first sends the endpoints where it can be attacked.
pub fn serve(run: &Run, context: &Context, kind: Kind, ready: &Sender<Vec<String>>) {
    let (bound, peers) = match kind {
        Kind::Takes(bound, peer)
        | Kind::Answers(bound, peer)
        | Kind::Publishes(bound, peer)
        | Kind::Hears(bound, peer) => (bound, peer),
        Kind::Echoes => (ZMQ_STREAM, ZMQ_PAIR),
        Kind::Sends(bound) => (bound, ZMQ_PAIR),
    };
    let (socket, peer) = (Socket::new(context, bound), Socket::new(context, peers));
    for socket in [&socket, &peer] {
        socket.set(ZMQ_RCVTIMEO, 50);
        socket.set(ZMQ_SNDTIMEO, 50);
        socket.set_bytes(ZMQ_MAXMSGSIZE, &1_000_000_i64.to_ne_bytes());
    }
    if let Kind::Answers(..) = kind {
        // Both ends are read in turns.
        socket.set(ZMQ_RCVTIMEO, 1);
    }
    socket.set(ZMQ_HANDSHAKE_IVL, 300);
    socket.set(ZMQ_HEARTBEAT_IVL, 200);
    socket.set(ZMQ_HEARTBEAT_TIMEOUT, 20_000);
    if bound == ZMQ_SUB {
        socket.set_bytes(ZMQ_SUBSCRIBE, b"");
    }
    if bound == ZMQ_REQ {
        socket.set(ZMQ_REQ_RELAXED, 1);
        socket.set(ZMQ_REQ_CORRELATE, 1);
    }
    match peers {
        ZMQ_SUB => peer.set_bytes(ZMQ_SUBSCRIBE, SECRET),
        ZMQ_XSUB => drop(peer.send(&[b"\x01", SECRET].concat(), 0)),
        _ => {}
    }
    let tcp = socket.bind("tcp://127.0.0.1:*");
    let mut endpoints = vec![tcp.clone()];
    if bound != ZMQ_STREAM {
        endpoints.push(socket.bind("ws://127.0.0.1:*"));
        endpoints.push(socket.bind("ipc://*"));
    }
    let mut service = Service { run, socket, peer, number: 0, kind };
    if let Kind::Echoes = kind {
        let stream = TcpStream::connect(tcp.trim_start_matches("tcp://"));
        let Ok(mut stream) = stream else { fail("no connection to the stream socket") };
        let Some((id, _)) = service.socket.receive(0) else { fail("no notification") };
        let _ = ready.send(endpoints);
        return service.echo(&mut stream, &id);
    }
    if !matches!(kind, Kind::Sends(_)) {
        // Half of them are served over a WebSocket, the others over ipc.
        let own = endpoints[endpoints.len() - 1 - (bound as usize) % 2].clone();
        service.peer.connect(&own);
        if !matches!(kind, Kind::Publishes(..) | Kind::Hears(..)) {
            service.exchange();
        }
    }
    if matches!(kind, Kind::Publishes(..) | Kind::Hears(..)) {
        service.meet();
    }
    let _ = ready.send(endpoints);
    while !run.is_over() {
        service.exchange();
    }
    println!("{kind:?}: {} messages", service.number);
}

impl Service<'_> {
    fn next(&mut self) -> Vec<u8> {
        self.number += 1;
        if !matches!(self.kind, Kind::Sends(_)) {
            self.run.exchanged.fetch_add(1, Ordering::Relaxed);
        }
        [SECRET, self.number.to_string().as_bytes()].concat()
    }

    fn complain(&self, what: &str) -> ! {
        fail(&format!("{:?}: {what}, message {}", self.kind, self.number))
    }

    /// Sends one message, and checks its result.
    fn exchange(&mut self) {
        let message = self.next();
        match self.kind {
            Kind::Takes(..) | Kind::Hears(..) => {
                self.send_for_sure(&message, true);
                self.expect(&message);
            }
            Kind::Answers(bound, _) => {
                self.send_for_sure(&message, true);
                self.answer_until(&message, bound == ZMQ_ROUTER);
            }
            Kind::Publishes(bound, _) => {
                while bound == ZMQ_XPUB && self.socket.receive(ZMQ_DONTWAIT).is_some() {}
                self.send_for_sure(&message, false);
                self.expect_at_peer(&message);
            }
            Kind::Sends(_) => {
                self.socket.send_parts(&[&message, &message], ZMQ_DONTWAIT);
                let _ = self.socket.receive(ZMQ_DONTWAIT);
                std::thread::sleep(Duration::from_micros(200));
            }
            Kind::Echoes => {}
        }
    }

    /// Sends a message of the peer's (or the socket's own) again until it is taken.
    fn send_for_sure(&self, message: &[u8], from_peer: bool) {
        let sender = if from_peer { &self.peer } else { &self.socket };
        let deadline = Instant::now() + PATIENCE;
        while !sender.send(message, 0) {
            if Instant::now() > deadline {
                self.complain("cannot be sent");
            }
        }
    }

    /// Checks that the socket gets the message, among those of attackers.
    fn expect(&self, message: &[u8]) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some((_, last)) = self.socket.receive(0)
                && last.starts_with(SECRET)
            {
                if last != message {
                    self.complain("out of order");
                }
                return;
            }
            if Instant::now() > deadline {
                self.complain("lost");
            }
        }
    }

    fn expect_at_peer(&self, message: &[u8]) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.peer.receive(0) {
                Some((_, last)) if last == message => return,
                Some(_) => self.complain("out of order at the peer"),
                None if Instant::now() > deadline => self.complain("lost on its way to the peer"),
                None => {}
            }
        }
    }

    /// Lets the socket answer all peers until the well-behaved one has its answer.
    fn answer_until(&self, message: &[u8], with_id: bool) {
        let deadline = Instant::now() + PATIENCE;
        loop {
            if let Some((first, last)) = self.socket.receive(0) {
                // A message for an attacker that does not read is dropped if it cannot be sent.
                match with_id {
                    true => self.socket.send_parts(&[&first, &last], ZMQ_DONTWAIT),
                    false => self.socket.send(&last, 0),
                };
            }
            match self.peer.receive(ZMQ_DONTWAIT) {
                Some((_, last)) if last == message => return,
                Some(_) => self.complain("answered wrongly"),
                None if Instant::now() > deadline => self.complain("not answered"),
                None => {}
            }
        }
    }

    /// Publishes until the subscription has arrived.
    fn meet(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        let hears = matches!(self.kind, Kind::Hears(..));
        if let Kind::Hears(bound, _) = self.kind
            && bound == ZMQ_XSUB
        {
            self.socket.send(b"\x01", 0);
        }
        let (from, to) =
            if hears { (&self.peer, &self.socket) } else { (&self.socket, &self.peer) };
        loop {
            from.send(&[SECRET, b"hello"].concat(), 0);
            if to.receive(ZMQ_DONTWAIT).is_some() {
                break;
            }
            if Instant::now() > deadline {
                self.complain("no subscription");
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        // Messages that are still on their way.
        while to.receive(0).is_some() {}
    }

    fn echo(&mut self, stream: &mut TcpStream, id: &[u8]) {
        let _ = stream.set_read_timeout(Some(Duration::from_millis(1)));
        while !self.run.is_over() {
            let message = self.next();
            if stream.write_all(&message).is_err() {
                self.complain("the stream is broken");
            }
            let mut got: Vec<u8> = Vec::new();
            let deadline = Instant::now() + PATIENCE;
            while got.len() < message.len() {
                if let Some((from, bytes)) = self.socket.receive(0)
                    && from == id
                    && !self.socket.send_parts(&[id, &bytes], 0)
                {
                    self.complain("the answer is not taken");
                }
                let mut buffer = [0; 256];
                match stream.read(&mut buffer) {
                    Ok(0) => self.complain("hung up"),
                    Ok(read) => got.extend(&buffer[..read]),
                    Err(_) if Instant::now() > deadline => self.complain("no echo"),
                    Err(_) => {}
                }
            }
            if got != message {
                self.complain("a wrong echo");
            }
        }
        println!("{:?}: {} messages", self.kind, self.number);
    }
}

/// Sockets of all types that connect to attackers, and are closed in the middle.
pub fn churn(run: &Run, context: &Context, lairs: &[String], random: &mut Rng) {
    let mut sockets: Vec<Socket> = Vec::new();
    while !run.is_over() {
        let socket = Socket::new(context, random.i32(ZMQ_PAIR..=ZMQ_STREAM));
        socket.set(ZMQ_RECONNECT_IVL, random.i32(1..20));
        socket.set(ZMQ_HANDSHAKE_IVL, 300);
        socket.set(ZMQ_RCVTIMEO, 1);
        socket.set(ZMQ_LINGER, [0, 0, 1, 20][random.usize(..4)]);
        socket.set_bytes(ZMQ_MAXMSGSIZE, &1_000_000_i64.to_ne_bytes());
        for _ in 0..random.usize(1..3) {
            socket.connect(&lairs[random.usize(..lairs.len())]);
        }
        sockets.push(socket);
        for socket in &sockets {
            for _ in 0..random.usize(..4) {
                let body = vec![b'x'; random.usize(..3000)];
                socket.send_parts(&[b"first", &body], ZMQ_DONTWAIT);
            }
            let _ = socket.receive(if random.u8(..8) == 0 { 0 } else { ZMQ_DONTWAIT });
        }
        if sockets.len() > 8 {
            drop(sockets.swap_remove(random.usize(..sockets.len())));
        }
    }
}
