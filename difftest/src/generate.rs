//! Makes a script out of a number: sockets that fit together, what wires them, and then random
//! calls, most of them sensible.
//!
//! The generator keeps a rough picture of the sockets and endpoints, only to make the calls
//! meaningful; it does not predict results. Scripts avoid what has no definite result in the
//! original: reconnection by chance, short time limits, kernel buffers that fill up.
#![forbid(unsafe_code)]

mod scenes;

use fastrand::Rng;

use crate::options;
use scenes::Habit;

const PAIR: u32 = 0;
const PUB: u32 = 1;
const SUB: u32 = 2;
const REQ: u32 = 3;
const REP: u32 = 4;
const DEALER: u32 = 5;
const ROUTER: u32 = 6;
const PULL: u32 = 7;
const PUSH: u32 = 8;
const XPUB: u32 = 9;
const XSUB: u32 = 10;
const STREAM: u32 = 11;

/// Types that talk to each other.
const FITTING: &[(u32, u32)] = &[
    (PAIR, PAIR),
    (PUB, SUB),
    (PUB, XSUB),
    (XPUB, SUB),
    (XPUB, XSUB),
    (REQ, REP),
    (REQ, ROUTER),
    (DEALER, REP),
    (DEALER, DEALER),
    (DEALER, ROUTER),
    (ROUTER, ROUTER),
    (PUSH, PULL),
    (STREAM, STREAM),
];

const SIZES: &[usize] = &[
    0, 0, 1, 1, 2, 3, 6, 8, 28, 29, 30, 32, 33, 34, 39, 40, 41, 64, 255, 256, 257, 1000, 4096,
    8191, 8192, 8193,
];
const LARGE: &[usize] = &[20000, 65535, 65536, 65537];
const FLAGS: &[u32] = &[0, 1];

/// Endpoints that are wrong, in many ways, for one of the two calls or both.
const STRANGE: &[&str] = &[
    "%",
    "tcp",
    "tcp:",
    "tcp:/",
    "tcp://",
    "://",
    "://127.0.0.1:1",
    "foo://127.0.0.1:1",
    "TCP://127.0.0.1:*",
    "tcp://127.0.0.1",
    "tcp://127.0.0.1:",
    "tcp://:5555",
    "tcp://127.0.0.1:x",
    "tcp://127.0.0.1:*:",
    "tcp://[::1",
    "tcp://127.0.0.1:0x",
    "tcp://300.1.1.1:*",
    "tcp://8.8.8.8:*",
    "tcp://no-such-interface:*",
    "tcp://127.0.0.1:0;",
    "inproc://",
    "inproc:",
    "ipc://",
    "ipc://no/such/directory/x",
    "ipc://@",
    "udp://127.0.0.1:5555",
    "ws://",
    "ws://127.0.0.1",
    "ws://127.0.0.1:*/a/b",
    "ws://127.0.0.1:x/path",
    "ws:///path",
    "ws://8.8.8.8:*",
    "wss://127.0.0.1:1",
    "inproc",
    "ipc",
];

struct Sock {
    slot: usize,
    kind: u32,
    open: bool,
    /// It belongs to a proxy.
    busy: bool,
    /// The last frame that was sent announced another one.
    open_message: bool,
    /// Where it is bound or connected: what to give up again.
    places: Vec<String>,
}

struct Place {
    text: String,
    owner: usize,
}

struct Generator {
    rng: Rng,
    lines: Vec<String>,
    socks: Vec<Sock>,
    next_slot: usize,
    bound: Vec<Place>,
    next_place: usize,
    next_name: u32,
    next_inproc: u32,
    monitors: Vec<usize>,
    /// Steps for which the set-up at the beginning was made.
    habits: Vec<Habit>,
    next_stranger: usize,
    /// Sockets with secrets; all other sockets that meet them are refused.
    secured: Vec<usize>,
    /// Lost connections come back; waiting for that is part of the script.
    reconnecting: bool,
    /// Queues so small that a quick series of messages would depend on timing.
    small_queues: bool,
    large_left: u32,
    /// Everything is read before a connection may end: what is left tells of its end late there.
    tidy: bool,
    /// Connections between types that refuse each other; what follows depends on who notices first.
    misfits: bool,
}

pub fn script(seed: u64) -> Vec<String> {
    let mut rng = Rng::with_seed(seed);
    let reconnecting = rng.u32(..12) == 0;
    let small_queues = rng.u32(..4) == 0;
    let misfits = rng.u32(..20) == 0;
    let tidy = rng.u32(..4) != 0;
    let mut generator = Generator {
        rng,
        misfits,
        tidy,
        lines: Vec::new(),
        socks: Vec::new(),
        next_slot: 0,
        bound: Vec::new(),
        next_place: 0,
        next_name: 0,
        next_inproc: 0,
        monitors: Vec::new(),
        habits: Vec::new(),
        next_stranger: 0,
        secured: Vec::new(),
        reconnecting,
        small_queues,
        large_left: 6,
    };
    generator.begin();
    let proxy = generator.one_in(12) && generator.proxy();
    // Scripts whose connections come back by themselves take too long for a scene.
    let scene = !proxy && !reconnecting && generator.one_in(2) && generator.scene();
    if !proxy && (!scene || generator.one_in(4)) {
        generator.topology();
    }
    let steps = if reconnecting { 25 } else { 50 };
    for _ in 0..generator.rng.u32(10..steps) {
        generator.step();
    }
    generator.end();
    generator.lines
}

impl Generator {
    fn one_in(&mut self, n: u32) -> bool {
        self.rng.u32(..n) == 0
    }

    fn pick<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.rng.usize(..list.len())]
    }

    fn say(&mut self, text: impl AsRef<str>) {
        let line = format!("{} {}", self.lines.len() + 1, text.as_ref());
        self.lines.push(line);
    }

    /// Waits: a step that touches connections takes its time when they come back by themselves.
    fn settle(&mut self) {
        if self.reconnecting {
            self.say("wait 120");
        }
    }

    fn begin(&mut self) {
        self.say("ctx 0");
        while self.one_in(4) {
            let (option, value) = options::context(&mut self.rng, false);
            self.say(format!("ctxset 0 {option} {value}"));
        }
        if self.one_in(40) {
            self.say("ctxset 0 1 0");
        }
        if self.one_in(40) {
            self.say("ctxset 0 2 2");
        }
    }

    // ---- sockets and places ----

    fn sock(&mut self, kind: u32) -> Option<usize> {
        if self.next_slot >= 30 {
            return None;
        }
        let slot = self.next_slot;
        self.next_slot += 1;
        self.say(format!("sock {slot} 0 {kind}"));
        self.add_sock(slot, kind);
        if self.reconnecting {
            self.say(format!("set {slot} 18 i:5"));
        } else if self.one_in(3) {
            self.say(format!("set {slot} 18 i:-1"));
        }
        self.before_wiring(slot, kind);
        Some(slot)
    }

    fn add_sock(&mut self, slot: usize, kind: u32) {
        self.socks.push(Sock {
            slot,
            kind,
            open: true,
            busy: false,
            open_message: false,
            places: Vec::new(),
        });
    }

    fn before_wiring(&mut self, slot: usize, kind: u32) {
        if self.small_queues && self.one_in(2) {
            let (option, value) = (self.pick(&[23, 24]), self.pick(&[0, 1, 2, 3, 5]));
            self.say(format!("set {slot} {option} i:{value}"));
        }
        // A second peer of a name is mute at REP there.
        let answers = self.socks.iter().any(|sock| sock.kind == REP);
        if matches!(kind, REQ | DEALER | ROUTER) && !answers && self.one_in(3) {
            self.next_name += 1;
            let name = if self.one_in(4) { 1 } else { self.next_name };
            self.say(format!("set {slot} 5 d:4e{name:02x}"));
        }
        if matches!(kind, SUB) || kind == XSUB && self.one_in(3) {
            self.subscribe(slot, kind);
        }
        let special: &[u32] = match kind {
            REQ if self.socks.iter().any(|sock| sock.kind == REP) => &[52, 53],
            REQ => &[52, 53, 51],
            DEALER if self.socks.iter().any(|sock| sock.kind == REP) => &[54, 39],
            DEALER => &[51, 54, 39],
            ROUTER => &[33, 56, 51, 33],
            PUB | SUB => &[54, 74, 78, 69],
            XPUB => &[40, 78, 71, 69, 74, 108],
            PUSH | PULL => &[54, 39],
            STREAM => &[73],
            _ => &[39, 54],
        };
        while self.one_in(3) {
            let (option, value) = (self.pick(special), self.pick(&[1, 1, 1, 0]));
            self.say(format!("set {slot} {option} i:{value}"));
        }
        if kind == XPUB && self.one_in(5) {
            let size = self.rng.u32(1..40);
            self.say(format!("set {slot} 72 d:61.{size}"));
        }
        if matches!(kind, ROUTER | STREAM) && self.one_in(6) {
            self.name_next(slot);
        }
        if self.one_in(6) {
            self.option(slot);
        }
    }

    /// The name of the connection that is made next; one is never used twice.
    fn name_next(&mut self, slot: usize) {
        self.next_name += 1;
        let name = self.next_name;
        self.say(format!("set {slot} 61 d:43{name:02x}"));
    }

    fn option(&mut self, slot: usize) {
        let (option, value) = options::setting(&mut self.rng);
        if matches!(option, 31 | 42)
            && self.lines.iter().any(|line| line.ends_with(&format!(" set {slot} 18 i:-1")))
        {
            // It does not find such an endpoint again when it wants to drop it.
            return;
        }
        if option == 22 {
            // A peer's handshake may be too long.
            self.say("note misfit");
        }
        if options::is_security(option) {
            if !self.one_in(3) {
                return;
            }
            self.say("note misfit");
        }
        if matches!(option, 23 | 24) {
            self.small_queues = true;
        }
        self.say(format!("set {slot} {option} {value}"));
    }

    fn subscribe(&mut self, slot: usize, kind: u32) {
        let topic =
            self.pick(&["", "61", "61", "6162", "62", "63", "61.200.7", "61.244.7", "00", "01"]);
        let on = !self.one_in(4);
        if kind == XSUB {
            let head = if on { "01" } else { "00" };
            let payload = match topic.split_once(".") {
                Some((_, size)) => format!("{head}61.{size}"),
                None => format!("{head}{topic}"),
            };
            let flags = self.pick(FLAGS);
            self.say(format!("send {slot} {flags} {payload}"));
        } else {
            // To give up a topic that begins with byte 1 subscribes to the rest of it there.
            let option = if on || topic == "01" { 6 } else { 7 };
            self.say(format!("set {slot} {option} d:{topic}"));
        }
    }

    fn sock_at(&mut self, slot: usize) -> Option<&mut Sock> {
        self.socks.iter_mut().find(|sock| sock.slot == slot)
    }

    /// Binds a socket to a new place, and answers how to say its endpoint.
    fn bind(&mut self, slot: usize) -> Option<String> {
        if self.next_place >= 30 {
            return None;
        }
        let stream = self.sock_at(slot).is_some_and(|sock| sock.kind == STREAM);
        let place = self.next_place;
        let (wanted, text) = match self.rng.u32(..10) {
            0..4 => (
                self.pick(&["tcp://127.0.0.1:*", "ws://127.0.0.1:*", "tcp://*:*", "tcp://lo:0"])
                    .to_owned(),
                None,
            ),
            _ if stream => ("tcp://127.0.0.1:*".to_owned(), None),
            4 => (self.pick(&["ws://127.0.0.1:*", "ws://lo:0/path"]).to_owned(), None),
            5 => ("ipc://*".to_owned(), None),
            6 => (format!("ipc://p{place}"), Some(format!("ipc://p{place}"))),
            _ => {
                self.next_inproc += 1;
                let name = format!("inproc://i{}", self.next_inproc);
                (name.clone(), Some(name))
            }
        };
        self.next_place += 1;
        self.say(format!("bind {slot} {wanted} {place}"));
        self.settle();
        let text = text.unwrap_or_else(|| format!("${place}"));
        self.bound.push(Place { text: text.clone(), owner: slot });
        self.sock_at(slot)?.places.push(text.clone());
        Some(text)
    }

    /// Subscriptions come out as messages at what is no publisher, there; only inproc lets that be.
    /// Whether types meet that refuse each other over a network.
    fn is_misfit(&self, slot: usize, text: &str) -> bool {
        let kind = |slot| self.socks.iter().find(|sock| sock.slot == slot).map(|sock| sock.kind);
        let owner = self.bound.iter().find(|place| place.text == text).map(|place| place.owner);
        let (Some(a), Some(b)) = (kind(slot), owner.and_then(kind)) else { return false };
        !text.starts_with("inproc")
            && !FITTING.iter().any(|(c, d)| (a, b) == (*c, *d) || (b, a) == (*c, *d))
    }

    fn may_connect(&self, slot: usize, text: &str) -> bool {
        let kind = |slot| self.socks.iter().find(|sock| sock.slot == slot).map(|sock| sock.kind);
        let owner =
            self.bound.iter().find(|place| place.text == text).and_then(|place| kind(place.owner));
        let sides = [kind(slot), owner];
        let subscribes = sides.iter().any(|side| matches!(side, Some(SUB | XSUB)));
        let publishes = sides.iter().any(|side| matches!(side, Some(PUB | XPUB)));
        !text.starts_with("inproc") || !subscribes || publishes
    }

    fn connect(&mut self, slot: usize, text: &str) {
        if !self.may_connect(slot, text) {
            return;
        }
        if self.is_misfit(slot, text) {
            if !self.misfits {
                return;
            }
            self.say("note misfit");
        }
        let owner = self.bound.iter().find(|place| place.text == text).map(|place| place.owner);
        let mut ends = [Some(slot), owner].into_iter().flatten();
        if ends.any(|end| self.secured.contains(&end)) {
            if !self.one_in(4) {
                return;
            }
            self.say("note misfit");
        }
        self.connect_as_meant(slot, text);
    }

    fn connect_as_meant(&mut self, slot: usize, text: &str) {
        self.say(format!("connect {slot} {text}"));
        self.settle();
        let text = text.to_owned();
        if let Some(sock) = self.sock_at(slot) {
            sock.places.push(text);
        }
    }

    fn topology(&mut self) {
        let links = self.rng.u32(1..4);
        let mut family = self.pick(FITTING);
        for _ in 0..links {
            if self.one_in(2) {
                family = self.pick(FITTING);
            }
            let (mut first, mut second) = family;
            if self.rng.bool() {
                (first, second) = (second, first);
            }
            if self.one_in(15) {
                second = self.rng.u32(..11);
            }
            let Some(binder) = self.sock(first) else { return };
            if self.one_in(4) {
                self.monitor(binder);
            }
            let early = self.one_in(8);
            if early {
                self.connect_early(binder, second);
                continue;
            }
            let Some(text) = self.bind(binder) else { return };
            for _ in 0..self.pick(&[1, 1, 1, 2, 3]) {
                let Some(other) = self.sock(second) else { return };
                if self.one_in(4) {
                    self.monitor(other);
                }
                self.connect(other, &text);
            }
        }
    }

    /// An inproc endpoint that is connected to first and bound then.
    fn connect_early(&mut self, binder: usize, kind: u32) {
        let at = self.kind(binder);
        if self.lines.iter().any(|line| line.contains(" 51 ")) {
            // ROUTER takes the probe for the name of its peer there.
            return;
        }
        let subscribes = matches!(at, SUB | XSUB) || matches!(kind, SUB | XSUB);
        if subscribes && !matches!(at, PUB | XPUB) && !matches!(kind, PUB | XPUB) {
            return;
        }
        self.next_inproc += 1;
        let name = format!("inproc://e{}", self.next_inproc);
        for _ in 0..self.pick(&[1, 2]) {
            let Some(other) = self.sock(kind) else { return };
            self.connect(other, &name);
            if self.one_in(2) {
                self.send(other);
            }
        }
        self.say(format!("bind {binder} {name}"));
        self.bound.push(Place { text: name.clone(), owner: binder });
        if let Some(sock) = self.sock_at(binder) {
            sock.places.push(name);
        }
    }

    fn monitor(&mut self, slot: usize) {
        // Without a reader the original waits for one.
        let room = !self.lines.iter().any(|line| line.ends_with(" ctxset 0 2 2"));
        if self.reconnecting || self.next_slot >= 30 || !room {
            return;
        }
        let number = self.next_slot;
        let events = self.pick(&[65535, 65535, 65535, 0x1e01, 0]);
        self.say(format!("monitor {slot} inproc://m{number} {events}"));
        self.next_slot += 1;
        self.say(format!("sock {number} 0 0"));
        self.say(format!("connect {number} inproc://m{number}"));
        self.monitors.push(number);
    }

    // ---- proxies ----

    fn proxy(&mut self) -> bool {
        let (front, back, client, server) = self.pick(&[
            (ROUTER, DEALER, REQ, REP),
            (ROUTER, DEALER, DEALER, REP),
            (XSUB, XPUB, PUB, SUB),
            (PULL, PUSH, PUSH, PULL),
            (DEALER, DEALER, DEALER, DEALER),
        ]);
        let inner: Vec<usize> =
            [front, back].into_iter().filter_map(|kind| self.sock(kind)).collect();
        let [front, back] = inner[..] else { return false };
        let (Some(in_front), Some(behind)) = (self.bind(front), self.bind(back)) else {
            return false;
        };
        for _ in 0..self.rng.u32(1..3) {
            let Some(outer) = self.sock(client) else { return false };
            self.connect(outer, &in_front);
        }
        for _ in 0..self.rng.u32(1..3) {
            let Some(outer) = self.sock(server) else { return false };
            self.connect(outer, &behind);
        }
        let mut own = vec![front, back];
        // Not both: 4.3.4 shows the steering commands to the capture socket, too.
        let steered = self.rng.bool();
        let captured = !steered && self.rng.bool();
        let capture = captured.then(|| self.side_channel(PUSH, PULL)).flatten();
        let control = steered.then(|| self.side_channel(PAIR, PAIR)).flatten();
        own.extend(capture.map(|(inside, _)| inside));
        // The sockets that steer are left alone as well: a command has one frame.
        own.extend(control.into_iter().flat_map(|(inside, outside)| [inside, outside]));
        for slot in own {
            if let Some(sock) = self.sock_at(slot) {
                sock.busy = true;
            }
        }
        let name = |side: Option<(usize, usize)>| {
            side.map_or("-".to_owned(), |(inside, _)| inside.to_string())
        };
        self.say(format!("proxy {front} {back} {} {}", name(capture), name(control)));
        for _ in 0..self.rng.u32(4..20) {
            match (self.rng.u32(..6), control) {
                (0, Some((_, steering))) => self.steer(steering),
                _ => self.step(),
            }
        }
        self.say("proxyjoin");
        true
    }

    fn steer(&mut self, slot: usize) {
        // PAUSE, RESUME, STATISTICS, TERMINATE
        let word = self.pick(&[
            "5041555345",
            "524553554d45",
            "53544154495354494353",
            "5445524d494e415445",
        ]);
        self.say(format!("send {slot} 1 {word}"));
        self.say(format!("drain {slot}"));
    }

    fn side_channel(&mut self, inside: u32, outside: u32) -> Option<(usize, usize)> {
        let inside = self.sock(inside)?;
        let outside = self.sock(outside)?;
        self.next_inproc += 1;
        let name = format!("inproc://s{}", self.next_inproc);
        self.say(format!("bind {outside} {name}"));
        self.connect(inside, &name);
        Some((inside, outside))
    }

    // ---- steps ----

    fn any(&mut self) -> Option<usize> {
        let free = self.open();
        (!free.is_empty()).then(|| self.pick(&free))
    }

    fn step(&mut self) {
        if !self.habits.is_empty() && self.one_in(2) {
            self.habit();
            return;
        }
        let Some(slot) = self.any() else {
            let kind = self.rng.u32(..12);
            self.sock(kind);
            return;
        };
        match self.rng.u32(..100) {
            0..30 => self.send(slot),
            30..58 => self.receive(slot),
            58..63 => self.ask(slot),
            63..67 => self.option(slot),
            67..72 => self.pattern_option(slot),
            72..76 => self.poll(),
            76..84 => self.place(slot),
            84..86 => self.close(slot),
            86..88 => self.newcomer(),
            88..90 => self.watch(slot),
            90..95 => self.message(slot),
            95..97 => self.utility(),
            97 => self.context_call(),
            98 => self.wrong_handle(),
            _ => self.say(format!("fdpoll {slot}")),
        }
    }

    fn kind(&mut self, slot: usize) -> u32 {
        self.sock_at(slot).map_or(0, |sock| sock.kind)
    }

    fn payload(&mut self, kind: u32) -> String {
        let large = self.large_left > 0 && kind != STREAM && self.one_in(15);
        let size = if large {
            self.large_left -= 1;
            self.pick(LARGE)
        } else if kind == STREAM {
            self.rng.usize(..4000)
        } else {
            self.pick(SIZES)
        };
        let head = match kind {
            XSUB => return self.upstream(),
            PUB | XPUB => self.pick(&["", "61", "6162", "62", "63", "64", "00", "01"]),
            _ => self.pick(&["", "", "00", "01", "61"]),
        };
        format!("{head}.{size}.{}", self.rng.u32(..1000))
    }

    /// A message of a XSUB: a subscription, short enough for any version of the original.
    fn upstream(&mut self) -> String {
        let head = self.pick(&["01", "00", "02", "0161", "0061", "61", ""]);
        let size = self.pick(SIZES).min(240);
        let size = if size < head.len() / 2 { head.len() / 2 } else { size };
        format!("{head}.{size}.{}", self.rng.u32(..1000))
    }

    fn frame(&mut self, slot: usize, payload: &str, more: bool) {
        let flags = self.pick(FLAGS) + if more { 2 } else { 0 };
        self.say(format!("send {slot} {flags} {payload}"));
    }

    /// A name that a socket which names its peers may use.
    fn addressee(&mut self, slot: usize) -> String {
        match self.rng.u32(..10) {
            0 => format!("4e{:02x}", self.rng.u32(1..4)),
            1 => format!("43{:02x}", self.rng.u32(1..4)),
            2 => ".6.9".to_owned(),
            3 => ".0".to_owned(),
            _ => format!("@{slot}"),
        }
    }

    fn send(&mut self, slot: usize) {
        let kind = self.kind(slot);
        let conflating = self.lines.iter().any(|line| line.contains(" 54 "));
        let burst = !self.small_queues && !conflating && self.one_in(15);
        if burst && matches!(kind, PUSH | DEALER | PUB | XPUB | PAIR) {
            let (count, payload) = (self.rng.u32(2..12), self.payload(PAIR));
            let payload = if payload.contains(".6553") || payload.contains(".20000") {
                "61.9"
            } else {
                &payload
            };
            self.say(format!("burst {slot} 1 {count} {payload}"));
            return;
        }
        if matches!(kind, ROUTER | STREAM) && !self.one_in(20) {
            let whom = self.addressee(slot);
            let more = !self.one_in(15);
            self.frame(slot, &whom, more);
            if kind == ROUTER && self.one_in(2) {
                self.frame(slot, ".0", true);
            }
        }
        // A message that REP skips uses up the turn of its peer there, later than here.
        let asks = self.socks.iter().any(|sock| sock.kind == REP);
        if matches!(kind, DEALER) && (asks || self.one_in(2)) {
            self.frame(slot, ".0", true);
        }
        let frames = self.pick(&[1, 1, 1, 1, 2, 3]);
        for left in (0..frames).rev() {
            let payload = self.payload(kind);
            let more = left > 0 || self.one_in(25);
            self.frame(slot, &payload, more);
            if let Some(sock) = self.sock_at(slot) {
                sock.open_message = more;
            }
        }
        if self.one_in(25) && !self.small_queues && !conflating {
            let (a, b) = (self.payload(kind), self.payload(kind));
            let flags = self.pick(&[1, 3]);
            self.say(format!("sendiov {slot} {flags} {a} {b}"));
        }
    }

    fn receive(&mut self, slot: usize) {
        let flags = self.pick(FLAGS);
        match self.rng.u32(..10) {
            0 => {
                let room = self.pick(SIZES);
                self.say(format!("recv {slot} {flags} {room}"));
            }
            1 => self.say(format!("drain {slot}")),
            2 if self.one_in(3) => {
                let count = self.rng.u32(..5);
                self.say(format!("recviov {slot} {flags} {count}"));
            }
            _ => self.say(format!("recvmsg {slot} {flags}")),
        }
    }

    fn ask(&mut self, slot: usize) {
        if self.one_in(2) {
            self.say(format!("get {slot} 15 4"));
        } else {
            let (option, size) = options::reading(&mut self.rng);
            self.say(format!("get {slot} {option} {size}"));
        }
    }

    fn pattern_option(&mut self, slot: usize) {
        match self.kind(slot) {
            kind @ (SUB | XSUB | XPUB) => self.subscribe(slot, kind),
            _ => self.option(slot),
        }
    }

    fn poll(&mut self) {
        let mut text = format!("poll {}", self.pick(&[0, 0, 5]));
        for _ in 0..self.rng.u32(..4) {
            let Some(slot) = self.any() else { break };
            let events = self.pick(&[1, 2, 3, 3, 0, 7]);
            text += &format!(" {slot}:{events}");
        }
        if self.one_in(20) {
            text += self.pick(&[" f:1", " !:1"]);
        }
        self.say(text);
    }

    fn place(&mut self, slot: usize) {
        let own: Vec<String> =
            self.sock_at(slot).map(|sock| sock.places.clone()).unwrap_or_default();
        match self.rng.u32(..10) {
            0..2 => {
                self.bind(slot);
            }
            2..6 if !self.bound.is_empty() => {
                let index = self.rng.usize(..self.bound.len());
                let (text, owner) = (self.bound[index].text.clone(), self.bound[index].owner);
                // A socket that is connected to itself refuses that again and again.
                if owner != slot {
                    self.connect(slot, &text);
                }
            }
            6 => {
                let text = self.pick(STRANGE);
                let call = self.pick(&["bind", "connect", "unbind", "disconnect"]);
                self.say(format!("{call} {slot} {text}"));
            }
            7 if !self.bound.is_empty() => {
                let index = self.rng.usize(..self.bound.len());
                let text = self.bound[index].text.clone();
                let call = self.pick(&["bind", "unbind", "disconnect"]);
                self.before_end();
                self.say(format!("{call} {slot} {text}"));
                self.settle();
            }
            _ if !own.is_empty() => {
                let text = own[self.rng.usize(..own.len())].clone();
                let call = self.pick(&["unbind", "disconnect"]);
                self.before_end();
                self.say(format!("{call} {slot} {text}"));
                self.settle();
            }
            _ => {}
        }
    }

    /// Before a connection ends.
    fn before_end(&mut self) {
        // Without a request REQ does not look at what comes.
        if !self.tidy || self.socks.iter().any(|sock| sock.kind == REQ || sock.busy) {
            self.say("note untidy");
        }
        if self.tidy {
            for slot in self.open() {
                self.say(format!("drain {slot}"));
            }
        }
    }

    fn open(&self) -> Vec<usize> {
        let free = self.socks.iter().filter(|sock| sock.open && !sock.busy);
        free.map(|sock| sock.slot).collect()
    }

    fn close(&mut self, slot: usize) {
        self.before_end();
        self.say(format!("close {slot}"));
        self.settle();
        if let Some(sock) = self.sock_at(slot) {
            sock.open = false;
        }
    }

    fn newcomer(&mut self) {
        let kind = match self.one_in(10) {
            true => self.pick(&[21, 99, 1000]),
            false => self.rng.u32(..12),
        };
        if kind >= 21 {
            self.say(format!("sock 31 0 {kind}"));
            self.say("close 31");
            return;
        }
        let fitting = self.socks.last().map(|sock| sock.kind);
        let kind = FITTING
            .iter()
            .find(|(a, _)| Some(*a) == fitting)
            .map_or(kind, |(_, b)| if self.rng.bool() { *b } else { kind });
        let named = self.lines.iter().any(|line| line.contains(" 5 d:4e"));
        if kind == REP && named {
            return;
        }
        let Some(slot) = self.sock(kind) else { return };
        if !self.bound.is_empty() && !self.one_in(3) {
            let index = self.rng.usize(..self.bound.len());
            let text = self.bound[index].text.clone();
            self.connect(slot, &text);
        }
    }

    fn watch(&mut self, slot: usize) {
        if self.monitors.is_empty() || self.one_in(4) {
            match self.rng.u32(..6) {
                0 => self.say(format!("monitor {slot} - 0")),
                1 => {
                    let text = self.pick(&["tcp://127.0.0.1:*", "inproc://", "foo", "foo://x"]);
                    let events = self.pick(&[65535, 65536, -1, 1]);
                    self.say(format!("monitor {slot} {text} {events}"));
                }
                _ => self.monitor(slot),
            }
        } else {
            let index = self.rng.usize(..self.monitors.len());
            let number = self.monitors[index];
            self.say(format!("monread {number}"));
        }
    }

    fn message(&mut self, slot: usize) {
        for _ in 0..self.rng.u32(1..5) {
            let m = self.rng.u32(..4);
            let size = self.pick(SIZES);
            let text = match self.rng.u32(..14) {
                0 => format!("minit {m}"),
                1 => format!("msize {m} .{size}.5"),
                2 | 3 => format!("mdata {m} .{size}.6"),
                4 => format!("mconst {m} {}", size % 64),
                5 => format!("mclose {m}"),
                6 => format!("mmove {m} {}", (m + 1) % 4),
                7 => format!("mcopy {m} {}", (m + 1) % 4),
                8 => format!("mget {m} {}", self.pick(&[0, 1, 3, 4, -1])),
                9 => {
                    let name = self.pick(&[
                        "Socket-Type",
                        "Identity",
                        "Routing-Id",
                        "User-Id",
                        "Peer-Address",
                        "__fd",
                        "x",
                    ]);
                    format!("mgets {m} {name}")
                }
                10 => format!("mset {m} {} 1", self.pick(&[0, 1, 2, 3])),
                11 => format!("msend {slot} {m} {}", self.pick(&[0, 1, 1, 2])),
                12 => format!("mrecv {slot} {m} {}", self.pick(FLAGS)),
                _ => format!("mdump {m}"),
            };
            self.say(text);
            self.say(format!("mdump {m}"));
        }
    }

    fn utility(&mut self) {
        let text = match self.rng.u32(..5) {
            0 => format!("has {}", self.pick(&["ipc", "draft", "foo", "inproc", "tcp"])),
            1 => format!(
                "strerror {}",
                self.pick(&[
                    0, 1, 11, 22, 113, 156384763, 156384764, 156384765, 156384766, 156384713, 9999,
                    -1
                ])
            ),
            2 => format!("z85e .{}.3", self.rng.u32(..40)),
            3 => format!(
                "z85d {}",
                self.pick(&[
                    "HelloWorld",
                    "%",
                    "Hello",
                    "Hell",
                    "%%%%%",
                    "#####",
                    "00000",
                    "Hel,o",
                    "HelloHello1",
                    "%nSc0",
                    "%nSc1"
                ])
            ),
            _ => format!("counter 0 {}", self.pick(&["inc", "dec", "value", "destroy", "5", "-1"])),
        };
        self.say(text);
    }

    fn context_call(&mut self) {
        if self.one_in(8) {
            self.say("shutdown 0");
            return;
        }
        let (option, value) = options::context(&mut self.rng, true);
        self.say(format!("ctxset 0 {option} {value}"));
        let option = self.pick(&[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 42, 70, 0, 71]);
        self.say(format!("ctxget 0 {option}"));
    }

    fn wrong_handle(&mut self) {
        let who = self.pick(&["-", "!"]);
        let text = match self.rng.u32(..9) {
            0 => format!("close {who}"),
            1 => format!("set {who} 17 i:0"),
            2 => format!("get {who} 17 4"),
            3 => format!("bind {who} tcp://127.0.0.1:*"),
            4 => format!("connect {who} inproc://x"),
            5 => format!("send {who} 1 61"),
            6 => format!("recv {who} 1 10"),
            7 => format!("unbind {who} inproc://x"),
            _ => self.pick(&["ctxget - 1", "ctxset - 1 1", "shutdown -", "sock 31 - 0"]).to_owned(),
        };
        self.say(text);
    }

    /// Reads whatever has arrived anywhere.
    fn end(&mut self) {
        for slot in self.open() {
            self.say(format!("get {slot} 15 4"));
            self.say(format!("drain {slot}"));
            if self.one_in(3) {
                self.say(format!("set {slot} 17 i:{}", 0));
            }
        }
        for number in self.monitors.clone() {
            self.say(format!("monread {number}"));
        }
    }
}
