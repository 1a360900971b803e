//! Set-ups that chance alone would hardly ever make: handshakes with secrets and an authenticator,
//! chains of sockets that hand messages on, an XPUB that decides on its subscriptions; peers that are
//! no sockets, peers that flood one socket. Each leaves `Habit`s behind, which are mixed with all other steps from then on.
#![forbid(unsafe_code)]

use super::{
    DEALER, FITTING, FLAGS, Generator, PUB, PULL, PUSH, REP, REQ, ROUTER, STREAM, SUB, XPUB, XSUB,
};

/// A use of a set-up, to be repeated again and again.
#[derive(Clone, Copy)]
pub enum Habit {
    Forward(usize, usize),
    Answer(usize),
    Send(usize),
    Receive(usize),
    Questions,
    /// XPUB and one of its subscribers.
    Manual(usize, usize),
    /// A stranger, and how it speaks.
    Talk(usize, Speech),
    Listen(usize),
    /// A message with all its properties.
    Properties(usize),
    /// A raw connection, and the listener that accepts it.
    Accept(usize, usize),
}

/// The language of a stranger.
#[derive(Clone, Copy, PartialEq)]
pub enum Speech {
    Raw,
    /// Frames of ZMTP.
    Peer,
    /// Those and the subscriptions of ZMTP 3.1.
    Subscriber,
}

/// Frames, whole and in parts that belong together only by chance.
const PEER: &[&str] = &[
    "000161",
    "0000",
    "01000001610000",
    "0101610001620000",
    "0100000161",
    "02000000000000000161",
    "0003016162",
    "0003006162",
    "04070450494e470000",
    "04090450494e4700007a7a",
    "0400",
    "0463",
];
const SUBSCRIBER: &[&str] = &[
    "000161",
    "00020161",
    "00020061",
    "00020161000163000101",
    "04070450494e470000",
    "040a09535542534352494245",
    "040b0953554253435249424561",
    "04080643414e43454c61",
];

/// Keys that go together, in Z85 and then in hexadecimal: public, secret.
const SERVER_KEYS: (&str, &str) = (
    "5d485d4336213d7761323c56405b6157342b7d4d47595578346d5a5d4b676c6e704169366a6a636c",
    "7b745a68746262543c7940293a5e386c6d422f2d7b664623493a2a385a7b7d3e77424b394645446c",
);
const CLIENT_KEYS: (&str, &str) = (
    "2f3d5d754a2977422656625b734c724a6c313f40285e69792338714537233a3734562b7d21626763",
    "3750306270282f366c554b496e4c2f6c3c7b4855443a6972394c4c4f76442623304669364e597971",
);

/// Letters that the authenticator lets in, with properties and without, or refuses in three ways.
const LETTERS: &[&str] = &["61", "61", "61", "7a", "62", "63", "64"];

fn hex(text: &str) -> String {
    text.bytes().map(|byte| format!("{byte:02x}")).collect()
}

/// A property of READY.
fn property(name: &str, value: &str) -> String {
    format!("{:02x}{}{:08x}{}", name.len(), hex(name), value.len(), hex(value))
}

/// The greeting of a peer without secrets, and its READY.
fn handshake(version: &str, kind: &str) -> Vec<String> {
    let greeting = format!("ff00000000000000017f{version}{}", hex("NULL"));
    let mut body = format!("05{}{}", hex("READY"), property("Socket-Type", kind));
    if matches!(kind, "REQ" | "DEALER" | "ROUTER") {
        body += &property("Identity", "");
    }
    let rest = "00".repeat(64 - greeting.len() / 2);
    vec![format!("{greeting}{rest}"), format!("04{:02x}{body}", body.len() / 2)]
}

impl Generator {
    /// Makes one of the set-ups.
    pub fn scene(&mut self) -> bool {
        let made = match self.rng.u32(..13) {
            0 | 1 => self.secured(),
            2 => self.chain(),
            3 => self.answering(),
            4 => self.manual(),
            5 => self.raw_router(),
            6 => self.strangers_at_stream(),
            7 => self.strangers_that_speak(),
            8 => self.properties(),
            9 => self.refused(),
            10 | 11 => self.flooded(),
            _ => self.namesakes(),
        };
        made.is_some()
    }

    pub fn habit(&mut self) {
        let index = self.rng.usize(..self.habits.len());
        let Some(habit) = self.habits.get(index).copied() else { return };
        match habit {
            Habit::Forward(from, to) if self.is_open(from) && self.is_open(to) => {
                self.say(format!("forward {from} {to}"));
            }
            Habit::Answer(slot) if self.is_open(slot) => {
                let size = self.pick(&[0, 1, 33, 34, 300]);
                let seed = self.rng.u32(..100);
                self.say(format!("answer {slot} 7e.{size}.{seed}"));
            }
            Habit::Send(slot) if self.is_open(slot) => self.send(slot),
            Habit::Receive(slot) if self.is_open(slot) => self.receive(slot),
            Habit::Questions => self.say("zaplog"),
            Habit::Manual(publisher, subscriber) => self.decide(publisher, subscriber),
            Habit::Talk(stranger, speech) => self.talk(stranger, speech),
            Habit::Listen(stranger) => self.say(format!("rawread {stranger}")),
            Habit::Properties(slot) if self.is_open(slot) => self.read_properties(slot),
            Habit::Accept(stranger, listener) => {
                self.say(format!("rawaccept {stranger} {listener}"));
            }
            _ => {}
        }
    }

    /// Two sockets and an endpoint between them; the first one binds.
    fn wire(&mut self, first: usize, second: usize) -> Option<()> {
        let text = self.bind(first)?;
        self.connect_as_meant(second, &text);
        Some(())
    }

    fn is_open(&self, slot: usize) -> bool {
        self.socks.iter().any(|sock| sock.slot == slot && sock.open)
    }

    fn one_of(&mut self, kinds: &[u32]) -> Option<usize> {
        let kind = self.pick(kinds);
        self.sock(kind)
    }

    fn choose(&mut self, slot: usize, option: u32, values: &[&str]) {
        let value = self.pick(values);
        self.say(format!("set {slot} {option} {value}"));
    }

    fn maybe_monitor(&mut self, slot: usize) {
        if self.one_in(2) {
            self.monitor(slot);
        }
    }

    // ---- secrets ----

    fn secured(&mut self) -> Option<()> {
        if !self.one_in(5) {
            self.say("zap 0");
            self.habits.push(Habit::Questions);
        }
        let (mut first, mut second) = self.pick(FITTING);
        if first == STREAM || self.rng.bool() {
            (first, second) = if first == STREAM { (DEALER, ROUTER) } else { (second, first) };
        }
        let server = self.sock(first)?;
        let mechanism = self.rng.u32(..3);
        // One end asks: which of two is asked first, and whether the other is asked still, is not defined.
        let asks = mechanism != 0 || self.rng.bool();
        if asks {
            self.domain(server, mechanism == 0);
        }
        self.serve(server, mechanism);
        self.secured.push(server);
        for _ in 0..self.pick(&[1, 1, 2]) {
            let client = self.sock(second)?;
            // A client of another mechanism is refused; either end may notice it first.
            let other = self.one_in(8);
            let spoken = if other { (mechanism + 1) % 3 } else { mechanism };
            if other {
                self.say("note misfit");
            }
            self.identify(client, spoken);
            if !asks {
                self.domain(client, true);
            }
            self.secured.push(client);
            self.maybe_monitor(server);
            self.maybe_monitor(client);
            match self.one_in(4) {
                true => self.wire(client, server)?,
                false => self.wire(server, client)?,
            }
            self.say("zaplog");
            self.habits.extend([Habit::Send(client), Habit::Receive(client)]);
            self.habits.extend([Habit::Properties(server), Habit::Send(server)]);
        }
        Some(())
    }

    fn domain(&mut self, slot: usize, always: bool) {
        if always || self.one_in(3) {
            let letter = self.pick(LETTERS);
            self.say(format!("set {slot} 55 d:7a{letter}"));
        }
        if self.one_in(5) {
            self.choose(slot, 93, &["i:0", "i:1"]);
        }
    }

    fn serve(&mut self, slot: usize, mechanism: u32) {
        match mechanism {
            1 => self.say(format!("set {slot} 44 i:1")),
            2 => {
                self.say(format!("set {slot} 47 i:1"));
                self.say(format!("set {slot} 49 d:{}", SERVER_KEYS.1));
            }
            _ => {}
        }
    }

    fn identify(&mut self, slot: usize, mechanism: u32) {
        match mechanism {
            1 => {
                let letter = self.pick(LETTERS);
                self.say(format!("set {slot} 45 d:75{letter}"));
                self.choose(slot, 46, &["d:70", "d:7070", "d:70.255.1"]);
            }
            2 => {
                let server = if self.one_in(8) { CLIENT_KEYS.0 } else { SERVER_KEYS.0 };
                self.say(format!("set {slot} 50 d:{server}"));
                self.say(format!("set {slot} 48 d:{}", CLIENT_KEYS.0));
                self.say(format!("set {slot} 49 d:{}", CLIENT_KEYS.1));
            }
            _ => {}
        }
    }

    // ---- messages that are handed on ----

    fn chain(&mut self) -> Option<()> {
        let front = self.sock(ROUTER)?;
        let back = self.sock(DEALER)?;
        let (front_at, back_at) = (self.bind(front)?, self.bind(back)?);
        for _ in 0..self.pick(&[1, 2, 3]) {
            let client = self.one_of(&[REQ, REQ, DEALER])?;
            self.connect(client, &front_at);
            self.habits.extend([Habit::Send(client), Habit::Receive(client)]);
        }
        for _ in 0..self.pick(&[1, 2]) {
            let server = self.one_of(&[REP, REP, ROUTER])?;
            self.connect(server, &back_at);
            self.habits.extend([Habit::Answer(server), Habit::Answer(server)]);
        }
        self.habits.extend([Habit::Forward(front, back), Habit::Forward(back, front)]);
        Some(())
    }

    fn answering(&mut self) -> Option<()> {
        let server = self.one_of(&[ROUTER, ROUTER, REP])?;
        let text = self.bind(server)?;
        for _ in 0..self.pick(&[1, 2, 3]) {
            let client = self.one_of(&[REQ, REQ, REQ, DEALER])?;
            self.connect(client, &text);
            self.habits.extend([Habit::Send(client), Habit::Receive(client)]);
        }
        self.habits.extend([Habit::Answer(server); 3]);
        Some(())
    }

    // ---- subscriptions that the application decides on ----

    fn manual(&mut self) -> Option<()> {
        let publisher = self.sock(XPUB)?;
        let option = self.pick(&[71, 71, 98]);
        self.say(format!("set {publisher} {option} i:1"));
        let text = self.bind(publisher)?;
        for _ in 0..self.pick(&[1, 2, 3]) {
            let subscriber = self.one_of(&[SUB, SUB, XSUB])?;
            self.connect(subscriber, &text);
            self.habits.push(Habit::Manual(publisher, subscriber));
        }
        self.habits.extend([Habit::Send(publisher), Habit::Receive(publisher)]);
        Some(())
    }

    fn decide(&mut self, publisher: usize, subscriber: usize) {
        if !self.is_open(publisher) {
            return;
        }
        if self.is_open(subscriber) {
            let kind = self.kind(subscriber);
            self.subscribe(subscriber, kind);
        }
        if !self.one_in(5) {
            self.say(format!("recvmsg {publisher} 1"));
        }
        let topic = self.pick(&["", "61", "6162", "62", "63", "00", "ff"]);
        let option = self.pick(&[6, 6, 7]);
        self.say(format!("set {publisher} {option} d:{topic}"));
        if self.rng.bool() {
            self.send(publisher);
        }
        if self.is_open(subscriber) {
            self.say(format!("drain {subscriber}"));
        }
    }

    // ---- strangers ----

    fn stranger(&mut self) -> Option<usize> {
        let number = self.next_stranger;
        self.next_stranger += 1;
        (number < 12).then_some(number)
    }

    /// Binds to a port; strangers know no other way.
    fn port(&mut self, slot: usize) -> Option<String> {
        if self.next_place >= 30 {
            return None;
        }
        let place = self.next_place;
        self.next_place += 1;
        self.say(format!("bind {slot} tcp://127.0.0.1:* {place}"));
        let text = format!("${place}");
        self.bound.push(super::Place { text: text.clone(), owner: slot });
        self.sock_at(slot)?.places.push(text.clone());
        Some(text)
    }

    fn raw_router(&mut self) -> Option<()> {
        let router = self.sock(ROUTER)?;
        self.say(format!("set {router} 41 i:1"));
        self.raw_peers(router)
    }

    fn strangers_at_stream(&mut self) -> Option<()> {
        let stream = self.sock(STREAM)?;
        self.raw_peers(stream)
    }

    fn raw_peers(&mut self, slot: usize) -> Option<()> {
        self.maybe_monitor(slot);
        let text = self.port(slot)?;
        for _ in 0..self.pick(&[1, 2]) {
            let stranger = self.stranger()?;
            self.say(format!("raw {stranger} {text}"));
            self.habits.extend([Habit::Talk(stranger, Speech::Raw), Habit::Listen(stranger)]);
        }
        if self.one_in(3) {
            let (listener, accepted) = (self.stranger()?, self.stranger()?);
            let place = self.next_place;
            self.next_place += 1;
            self.say(format!("rawbind {listener} {place}"));
            if self.one_in(3) {
                self.name_next(slot);
            }
            self.say(format!("connect {slot} ${place}"));
            self.habits.extend([Habit::Accept(accepted, listener), Habit::Listen(accepted)]);
            self.habits.push(Habit::Talk(accepted, Speech::Raw));
        }
        self.habits.extend([Habit::Receive(slot), Habit::Answer(slot), Habit::Send(slot)]);
        Some(())
    }

    /// Peers that speak ZMTP 3, a byte at a time or all at once.
    fn strangers_that_speak(&mut self) -> Option<()> {
        let (kind, name) = self.pick(&[
            (PULL, "PUSH"),
            (PUSH, "PULL"),
            (DEALER, "DEALER"),
            (ROUTER, "DEALER"),
            (ROUTER, "REQ"),
            (XPUB, "SUB"),
            (XPUB, "XSUB"),
            (SUB, "PUB"),
            (REP, "REQ"),
            (REQ, "REP"),
        ]);
        let slot = self.sock(kind)?;
        self.maybe_monitor(slot);
        let text = self.port(slot)?;
        for _ in 0..self.pick(&[1, 1, 2]) {
            let stranger = self.stranger()?;
            self.say(format!("raw {stranger} {text}"));
            let version = self.pick(&["0300", "0301"]);
            for part in handshake(version, name) {
                self.say(format!("rawsend {stranger} {part}"));
                self.say(format!("rawread {stranger}"));
            }
            let speech = match kind {
                XPUB => Speech::Subscriber,
                _ => Speech::Peer,
            };
            self.habits.extend([Habit::Talk(stranger, speech), Habit::Listen(stranger)]);
        }
        self.habits.extend([Habit::Receive(slot), Habit::Send(slot), Habit::Answer(slot)]);
        Some(())
    }

    fn talk(&mut self, stranger: usize, speech: Speech) {
        if self.one_in(25) {
            self.say("note untidy");
            self.say(format!("rawclose {stranger}"));
            return;
        }
        if speech == Speech::Raw {
            let size = self.pick(&[1, 2, 10, 300, 8192, 9000]);
            let seed = self.rng.u32(..100);
            self.say(format!("rawsend {stranger} .{size}.{seed}"));
            return;
        }
        let wire = self.pick(if speech == Speech::Subscriber { SUBSCRIBER } else { PEER });
        match self.rng.bool() {
            true => self.say(format!("rawsend {stranger} {wire}")),
            false => {
                let middle = wire.len() / 4 * 2;
                let (first, rest) = wire.split_at(middle);
                for part in [first, rest].into_iter().filter(|part| !part.is_empty()) {
                    self.say(format!("rawsend {stranger} {part}"));
                }
            }
        }
    }

    // ---- the rest ----

    fn properties(&mut self) -> Option<()> {
        let (first, second) =
            self.pick(&[(PULL, PUSH), (ROUTER, DEALER), (DEALER, DEALER), (REP, REQ)]);
        let (a, b) = (self.sock(first)?, self.sock(second)?);
        for slot in [a, b] {
            for _ in 0..self.rng.u32(..4) {
                let text = self.pick(&[
                    "X-a:one",
                    "X-a:two",
                    "X-b:three:four",
                    "X-:five",
                    "X-long:",
                    "x-a:six",
                    "Y-a:7",
                    "X-zap:mine",
                    "X-e:",
                    "X-c",
                ]);
                self.say(format!("set {slot} 95 d:{}", hex(text)));
            }
        }
        match self.rng.bool() {
            true => self.wire(a, b)?,
            false => self.wire(b, a)?,
        }
        self.habits.extend([Habit::Send(b), Habit::Properties(a), Habit::Send(a)]);
        Some(())
    }

    fn read_properties(&mut self, slot: usize) {
        self.say("minit 3");
        let flags = self.pick(FLAGS);
        self.say(format!("mrecv {slot} 3 {flags}"));
        for _ in 0..4 {
            let name = self.pick(&[
                "Socket-Type",
                "Identity",
                "User-Id",
                "Peer-Address",
                "X-a",
                "X-b",
                "X-",
                "X-zap",
                "x-a",
            ]);
            self.say(format!("mgets 3 {name}"));
        }
        self.say("mdump 3");
    }

    /// Where nobody listens.
    fn refused(&mut self) -> Option<()> {
        let slot = self.one_of(&[PUSH, DEALER, SUB, REQ, ROUTER, STREAM])?;
        self.maybe_monitor(slot);
        // With IPv6 the original does not find such an endpoint again when it wants to drop it.
        let six = |line: &String| line.contains(" 42 ") || line.contains(" 31 ");
        if !self.lines.iter().any(six) {
            self.choose(slot, 109, &["i:0", "i:1", "i:1", "i:2"]);
        }
        if self.one_in(3) {
            self.say(format!("set {slot} 39 i:1"));
        }
        if self.one_in(3) {
            self.say(format!("set {slot} 18 i:-1"));
        }
        let listener = self.stranger()?;
        let place = self.next_place;
        self.next_place += 1;
        self.say(format!("rawbind {listener} {place}"));
        self.say(format!("rawclose {listener}"));
        for _ in 0..self.pick(&[1, 2]) {
            self.say(format!("connect {slot} ${place}"));
        }
        self.send(slot);
        for _ in 0..self.pick(&[1, 2]) {
            self.say(format!("disconnect {slot} ${place}"));
        }
        self.habits.extend([Habit::Send(slot), Habit::Receive(slot)]);
        Some(())
    }

    /// Peers of one name, one after the other and together.
    fn namesakes(&mut self) -> Option<()> {
        let router = self.sock(ROUTER)?;
        self.choose(router, 56, &["i:0", "i:1"]);
        self.choose(router, 33, &["i:0", "i:1"]);
        let text = self.bind(router)?;
        for _ in 0..self.rng.u32(2..5) {
            let peer = self.one_of(&[DEALER, DEALER, REQ, ROUTER])?;
            self.say(format!("set {peer} 5 d:4e01"));
            self.connect(peer, &text);
            self.habits.extend([Habit::Send(peer), Habit::Receive(peer)]);
        }
        self.habits.extend([Habit::Send(router), Habit::Receive(router), Habit::Answer(router)]);
        Some(())
    }

    /// Several peers of one socket flood it and rest, before anything else happens to them. Small
    /// marks only where the reader takes meanwhile: how much fits into them is not defined.
    fn flooded(&mut self) -> Option<()> {
        let (reader, sender) = self.pick(&[
            (PULL, PUSH),
            (DEALER, DEALER),
            (ROUTER, DEALER),
            (SUB, PUB),
            (XSUB, XPUB),
        ]);
        let marks = matches!(sender, PUSH | DEALER) && self.rng.bool();
        let into = self.plain(reader, marks)?;
        match reader {
            SUB => self.say(format!("set {into} 6 d:")),
            XSUB => self.say(format!("send {into} 1 01")),
            _ => {}
        }
        self.maybe_monitor(into);
        let text = self.bind(into)?;
        let mut senders = Vec::new();
        for _ in 0..self.rng.u32(2..8) {
            let from = self.plain(sender, marks)?;
            self.connect_as_meant(from, &text);
            senders.push(from.to_string());
        }
        for _ in 0..self.rng.u32(1..5) {
            self.rng.shuffle(&mut senders);
            let talking = self.rng.usize(1..=senders.len());
            let who = senders.get(..talking).unwrap_or_default().join(" ");
            let size = self.pick(&[6, 6, 33, 40, 41, 255, 256, 1000, 8192, 20000]);
            if marks {
                let count = self.pick(&[10, 100, 400]);
                self.say(format!("through {into} {count} {size} {who}"));
            } else {
                let count = self.pick(&[1, 2, 10, 50, 200]);
                self.say(format!("flood {count} {size} {who}"));
                self.say(format!("gather {into} even"));
            }
        }
        Some(())
    }

    /// A socket without options of chance, but perhaps with small marks.
    fn plain(&mut self, kind: u32, marks: bool) -> Option<usize> {
        if self.next_slot >= 30 {
            return None;
        }
        let slot = self.next_slot;
        self.next_slot += 1;
        self.say(format!("sock {slot} 0 {kind}"));
        self.add_sock(slot, kind);
        for option in [23, 24] {
            if marks && self.rng.bool() {
                self.small_queues = true;
                self.choose(slot, option, &["i:1", "i:2", "i:3", "i:10", "i:0"]);
            }
        }
        Some(slot)
    }
}
