//! The differences that are let through: those that `docs/compat.md` lists, by the names they have
//! there, and what is not defined in the first place.
//!
//! A rule looks at one step. `parts` says that the sockets are in different states after it, so that
//! the rest of the script says nothing. Scripts that leave messages unread before a connection ends
//! carry a step `note untidy`, and those that let misfits connect `note misfit`.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;

/// A difference that is let through.
pub struct Meant {
    pub name: &'static str,
    pub excuses: fn(&Step) -> bool,
    pub parts: bool,
}

/// One step and what it answered on both sides.
pub struct Step<'a> {
    /// The steps before this one.
    pub before: &'a [String],
    pub words: &'a [&'a str],
    pub ours: &'a str,
    pub original: &'a str,
}

impl Step<'_> {
    fn is(&self, operations: &[&str]) -> bool {
        self.words.get(1).is_some_and(|word| operations.contains(word))
    }

    fn is_end(&self) -> bool {
        self.words.first() == Some(&"end") || self.is(&["join"])
    }

    fn number(&self, index: usize) -> Option<i64> {
        self.words.get(index)?.parse().ok()
    }

    fn slot(&self) -> i64 {
        self.number(2).unwrap_or(-1)
    }

    /// Whether there was a step that begins with these words, behind its number.
    fn was(&self, words: &str) -> bool {
        let says = |line: &String| {
            let rest = line.split_once(' ').map_or("", |(_, rest)| rest);
            rest.strip_prefix(words).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        };
        self.before.iter().any(says)
    }

    /// Whether a step had this in it.
    fn had(&self, part: &str) -> bool {
        self.before.iter().any(|line| line.contains(part))
    }

    /// Whether a step had one of these in it.
    fn had_any(&self, parts: &[&str]) -> bool {
        parts.iter().any(|part| self.had(part))
    }

    /// Whether messages of a socket replace each other.
    fn conflates(&self) -> bool {
        self.before.iter().any(|line| line.ends_with(" 54 i:1"))
    }

    /// Whether a frame was sent of which more had to come.
    fn sends_parts(&self) -> bool {
        let is_part = |line: &String| {
            let words: Vec<&str> = line.split(' ').skip(1).collect();
            matches!(words[..], ["send", _, "2" | "3", ..])
        };
        self.before.iter().any(is_part)
    }

    /// Whether a message may have gone to a REP that has no empty frame in it: several frames with
    /// something in each, or a single one.
    fn sends_without_envelope(&self) -> bool {
        let is_bare = |line: &String| {
            let words: Vec<&str> = line.split(' ').skip(1).collect();
            match words[..] {
                ["sendiov", slot, _, ..] | ["send", slot, "0" | "1", _] => {
                    self.was(&format!("sock {slot} 0 5")) && !line.contains(" .0")
                }
                _ => false,
            }
        };
        self.before.iter().any(is_bare)
    }

    /// Whether the step is a call on a socket of this type.
    fn on(&self, kind: u32) -> bool {
        self.was(&format!("sock {} 0 {kind}", self.slot()))
    }

    /// Whether the step reads the events of a socket of this type: socket N reads `inproc://mN`.
    fn watches(&self, kind: u32) -> bool {
        let place = format!("inproc://m{}", self.slot());
        let monitors = self.before.iter().filter_map(|line| {
            let mut words = line.split(' ').skip(1);
            (words.next() == Some("monitor")).then(|| (words.next(), words.next()))
        });
        let mut of_place = monitors.filter(|(_, at)| *at == Some(place.as_str()));
        of_place
            .any(|(slot, _)| slot.is_some_and(|slot| self.was(&format!("sock {slot} 0 {kind}"))))
    }

    /// Whether there is a socket of this type.
    fn has(&self, kind: u32) -> bool {
        self.before
            .iter()
            .any(|line| line.contains(" sock ") && line.ends_with(&format!(" 0 {kind}")))
    }

    /// Whether a peer or an endpoint was given up before.
    fn leaves(&self) -> bool {
        self.had_any(&[" close ", " unbind ", " disconnect "])
    }

    /// Whether the step is a call on a socket that speaks no ZMTP; `zmq_poll` may be.
    fn is_raw(&self) -> bool {
        let polls = self.is(&["poll"]) && (self.has(11) || self.had(" 41 i:1"));
        polls || self.on(11) || self.was(&format!("set {} 41 i:1", self.slot()))
    }

    /// Whether a mark was changed of a socket that was bound or connected.
    fn changed_marks(&self) -> bool {
        let mut wired = Vec::new();
        self.before.iter().any(|line| {
            let words: Vec<&str> = line.split(' ').skip(1).collect();
            match words[..] {
                ["bind" | "connect", slot, ..] => wired.push(slot),
                ["set", slot, "23" | "24", _] => return wired.contains(&slot),
                _ => {}
            }
            false
        })
    }

    /// Whether an empty frame was sent on the step's socket, or on one of those that are polled.
    fn hangs_up(&self) -> bool {
        let empty = |line: &String| {
            let words: Vec<&str> = line.split(' ').skip(1).collect();
            match words[..] {
                ["send", at, _, payload] | ["answer", at, payload] => {
                    let here = self.is(&["poll"]) || at.parse() == Ok(self.slot());
                    here && payload.contains(".0")
                }
                _ => false,
            }
        };
        self.before.iter().any(empty)
    }

    /// Whether the drained words are equal but for their order.
    fn same_words(&self) -> bool {
        !self.is(&["drain"]) || sorted_words(self.ours) == sorted_words(self.original)
    }

    /// Whether a socket connected twice to one place.
    fn has_double_connection(&self) -> bool {
        let connects = |line: &&String| line.split(' ').nth(1) == Some("connect");
        let mut places: Vec<&str> =
            self.before.iter().filter(connects).map(|line| without_number(line)).collect();
        let all = places.len();
        places.sort_unstable();
        places.dedup();
        places.len() < all
    }

    /// Whether a socket connected to a place and bound it as well.
    fn binds_where_it_connects(&self) -> bool {
        let wires = |line: &String| {
            let words: Vec<&str> = line.split(' ').skip(1).collect();
            matches!(words[..], ["connect", slot, place, ..]
                if self.was(&format!("bind {slot} {place}")))
        };
        self.before.iter().any(wires)
    }

    /// Whether the step's socket connected more than once.
    fn connects_often(&self) -> bool {
        let start = format!("connect {} ", self.slot());
        let connects = |line: &&String| without_number(line).starts_with(&start);
        self.before.iter().filter(connects).count() > 1
    }

    /// Whether two sockets have one name.
    fn has_namesakes(&self) -> bool {
        let mut names = Vec::new();
        self.before.iter().any(|line| {
            let words: Vec<&str> = line.split(' ').skip(1).collect();
            let ["set", _, "5", name] = words[..] else { return false };
            let known = names.contains(&name);
            names.push(name);
            known
        })
    }

    fn reads(&self) -> bool {
        self.is(&["recv", "recvmsg", "drain", "recviov", "mrecv", "forward", "answer"])
    }

    fn sends(&self) -> bool {
        self.is(&["send", "msend", "sendiov", "burst", "sendc", "answer"])
    }

    fn polls(&self) -> bool {
        self.is(&["poll", "fdpoll"]) || self.is(&["get"]) && self.number(3) == Some(15)
    }

    /// Whether the original finds more to be ready, and nothing less.
    fn polls_more(&self) -> bool {
        let (ours, original) = (ready(self.ours), ready(self.original));
        self.polls()
            && ours.len() == original.len()
            && ours.iter().zip(&original).all(|(a, b)| a & b == *a)
    }

    /// Whether equal events were seen, but for these, in any order.
    fn same_events_but(&self, but: &[&str]) -> bool {
        self.is(&["monread"]) && events(self.ours, but) == events(self.original, but)
    }
}

/// The masks that a call answered, without the count in front of those of `poll`.
fn ready(answer: &str) -> Vec<i64> {
    let words = answer.split_whitespace();
    match answer.split_once("[4:") {
        Some((_, mask)) => {
            i64::from_str_radix(mask.get(..2).unwrap_or("0"), 16).into_iter().collect()
        }
        None => words.skip(2).filter_map(|word| word.parse().ok()).collect(),
    }
}

/// The events in an answer, sorted, without those that begin so, and without any `CLOSED` where
/// there is a `BIND_FAILED`.
fn events(answer: &str, but: &[&str]) -> Vec<String> {
    let all: Vec<&str> = answer.trim_end_matches(" EAGAIN").split(" | ").map(str::trim).collect();
    let failed = all.iter().any(|event| event.starts_with("0010"));
    let wanted = all.iter().filter(|event| {
        let closed = failed && event.starts_with("0080");
        !closed && !but.iter().any(|name| event.starts_with(name))
    });
    let mut events: Vec<String> = wanted.map(|event| (*event).to_owned()).collect();
    events.sort();
    events
}

/// The words of a step behind its number.
fn without_number(line: &str) -> &str {
    line.split_once(' ').map_or("", |(_, words)| words)
}

/// The answer of `mdump`, without the flag and the properties that sending changes. Whether the message is
/// shared is another difference.
fn flags_cleared(answer: &str) -> String {
    let answer = answer.replace("more 1", "more 0").replace("shared 1", "shared 0");
    answer.split(" from ").next().unwrap_or_default().to_owned()
}

/// The bytes that were drained from each peer of a raw socket, however they were cut into messages.
fn bytes_of_peers(answer: &str) -> BTreeMap<&str, usize> {
    let mut bytes = BTreeMap::new();
    for message in answer.split(" / ") {
        let mut frames = message.split(" = ").skip(1);
        let (Some(peer), Some(body)) = (frames.next(), frames.next()) else { continue };
        let size = body.split('[').next().and_then(|size| size.parse::<usize>().ok());
        *bytes.entry(peer).or_default() += size.unwrap_or(0);
    }
    bytes
}

fn sorted_words(text: &str) -> Vec<&str> {
    let mut words: Vec<&str> = text.split(' ').collect();
    words.sort_unstable();
    words
}

pub const MEANT: &[Meant] = &[
    Meant {
        name: "Draft socket types can be made, and end the process at their first handshake",
        excuses: |step| {
            step.is(&["sock"]) && step.number(4).is_some_and(|kind| (12..=20).contains(&kind))
        },
        parts: false,
    },
    Meant {
        name: "What happens to a socket is seen inside its next call only: the end of the context",
        excuses: |step| {
            (step.was("shutdown 0") || step.was("term 0")) && step.ours.contains("ETERM")
        },
        parts: false,
    },
    Meant {
        name: "REQ and REP are readable while a message waits that they will skip",
        excuses: |step| {
            let one = (step.on(3) || step.on(4)) && step.is(&["get", "fdpoll"]);
            (one || step.is(&["poll"]) && (step.has(3) || step.has(4))) && step.polls_more()
        },
        parts: false,
    },
    Meant {
        name: "When a pipe dies in the middle of a message, sending the rest may be `EAGAIN`",
        excuses: |step| {
            let open = |flags| step.had(&format!(" send {} {flags} ", step.slot()));
            let gone = step.sends() && step.original.contains("EAGAIN") || step.polls();
            gone && (open(2) || open(3))
        },
        parts: true,
    },
    Meant {
        name: "A failed send leaves its `ZMQ_SNDMORE` in the message, and no properties",
        excuses: |step| {
            let set =
                step.is(&["mdump"]) && step.ours.replace("more 0", "more 1") == *step.original;
            let cleared = step.is(&["mdump"])
                && flags_cleared(step.ours) == flags_cleared(step.original)
                && step.original.ends_with("from nowhere");
            let gone = step.is(&["mgets"]) && step.original.contains("NULL");
            let asked = step.is(&["mget"]) && [" = 0", " = 1"].contains(&step.original);
            step.had(" msend ") && (set || cleared || gone || asked)
        },
        parts: false,
    },
    Meant {
        name: "`CLOSED` without a listener comes before `BIND_FAILED`",
        excuses: |step| step.same_events_but(&[]),
        parts: false,
    },
    Meant {
        name: "Not defined: which end of a misfit notices it first",
        excuses: |step| step.same_events_but(&["0800"]),
        parts: false,
    },
    Meant {
        name: "`MONITOR_STOPPED` of a closed socket waits for its last connection, and keeps its place",
        excuses: |step| {
            let room =
                step.is(&["sock"]) && step.had(" close ") && step.original.contains("EMFILE");
            room || step.same_events_but(&["0400", "0800"])
        },
        parts: false,
    },
    Meant {
        name: "A peer about which nobody can be asked: a connecting end does not try again",
        excuses: |step| {
            let asks = step.had_any(&[" 44 i:1", " 47 i:1", " 93 i:1"]);
            asks && !step.was("zap 0") && step.same_events_but(&["0800", "0200", "0004", "0400"])
        },
        parts: false,
    },
    Meant {
        name: "A peer about which nobody can be asked: what is sent to it where it may come again",
        excuses: |step| {
            let asks = step.had_any(&[" 44 i:1", " 47 i:1", " 93 i:1"]);
            asks && !step.was("zap 0") && (step.sends() || step.polls())
        },
        parts: true,
    },
    Meant {
        name: "A peer that is refused by the authenticator may hang until it sends more or the time is up",
        excuses: |step| {
            // Meanwhile the endpoint of one that will not try again is still there.
            let gone = step.is(&["disconnect", "unbind"]) && step.ours.contains("ENOENT");
            let for_good = step.had(" 18 i:-1") && gone;
            let seen = step.same_events_but(&["0800", "0200", "0004", "0400"]);
            step.was("zap 0") && (seen || for_good)
        },
        parts: false,
    },
    Meant {
        name: "Who connects and refuses its peer with 300 gives up",
        excuses: |step| {
            let later = step.had(" 45 d:7562") || step.had(" 55 d:7a62");
            later && step.was("zap 0") && (step.sends() || step.polls())
        },
        parts: true,
    },
    Meant {
        name: "After a breach of the protocol, or ERROR, a connecting endpoint gives up for good",
        excuses: |step| {
            // A name that ends in c or d is refused with 400 or 500.
            let refused = step.had_any(&[" 45 d:7563", " 45 d:7564", " 55 d:7a63", " 55 d:7a64"]);
            let shows = step.sends() || step.polls() || step.is(&["monread", "zaplog"]);
            refused && step.was("zap 0") && shows
        },
        parts: true,
    },
    Meant {
        name: "A mark that is changed counts for one end, or late",
        excuses: |step| step.changed_marks() && (step.reads() || step.polls() || step.sends()),
        parts: true,
    },
    Meant {
        name: "Not defined: what becomes of messages to a ROUTER that does not hear their sender",
        excuses: |step| step.is_end() && step.had(" 56 i:") && step.original.contains("blocks"),
        parts: false,
    },
    Meant {
        name: "A REQ whose own side asks the authenticator closes the connection at the first reply",
        excuses: |step| {
            let asks = step.had_any(&[" 44 i:1", " 47 i:1", " 55 d:7a"]);
            let shows = step.reads() || step.sends() || step.polls() || step.is(&["monread"]);
            asks && step.was("zap 0") && step.has(3) && shows
        },
        parts: true,
    },
    Meant {
        name: "Who connects, asks the authenticator and has `ZMQ_RCVHWM` 1 receives nothing",
        excuses: |step| {
            let asks = step.had_any(&[" 44 i:1", " 47 i:1", " 55 d:7a"]);
            let has_one = step.had(" 24 i:1");
            asks && step.was("zap 0") && has_one && (step.reads() || step.polls())
        },
        parts: true,
    },
    Meant {
        name: "With `ZMQ_XPUB_MANUAL` a message that is no subscription uses one up",
        excuses: |step| {
            let manual = step.had(" 71 i:") || step.had(" 98 i:");
            manual && step.has(9) && step.has(10) && (step.reads() || step.polls())
        },
        parts: true,
    },
    Meant {
        name: "The second peer of a PAIR leaves without an event if it has sent something",
        excuses: |step| {
            let waits = step.is_end() && step.has(0) && step.original.contains("blocks");
            waits || step.watches(0) && step.same_events_but(&["0200", "0800"])
        },
        parts: false,
    },
    Meant {
        name: "A message that polling found can be read after zmq_disconnect",
        excuses: |step| {
            let left = |call| step.was(&format!("{call} {}", step.slot()));
            let shorter = step.ours.len() < step.original.len() || step.ours.contains("EAGAIN");
            let left = left("disconnect") || left("unbind");
            let polled = step.is(&["poll"]) && (step.had(" disconnect ") || step.had(" unbind "));
            // So can a message of a peer that a raw socket sends away by an empty frame.
            let hung_up = step.is_raw() && step.hangs_up();
            // Where matching is inverted a subscription gives up.
            let option = if step.had(" 74 i:1") { 6 } else { 7 };
            let gives_up =
                |line: &String| line.contains(&format!(" set {} {option} ", step.slot()));
            let unsubscribed =
                step.on(2) && step.before.iter().any(gives_up) && !step.had(" 7 d:01");
            left && step.reads() && shorter
                || (left || polled) && step.polls_more()
                || (hung_up || unsubscribed) && (step.reads() || step.polls())
        },
        parts: true,
    },
    Meant {
        name: "PAIR takes a new peer only when the old one was read to its end",
        excuses: |step| step.was("note untidy") && step.on(0) && step.sends(),
        parts: true,
    },
    Meant {
        name: "That a peer or an endpoint is gone is noticed when all that it sent was read",
        excuses: |step| {
            let seen = step.reads()
                || step.polls()
                || step.is(&["monread", "unbind", "disconnect", "rawsend", "rawread"]);
            let lost =
                step.sends() && (step.ours.contains("EAGAIN") || step.original.contains("EAGAIN"));
            // A REP that owes a reply does not look, so what it was sent cannot be read before.
            let noticed = |sign: &str| step.ours.contains(sign) && !step.original.contains(sign);
            let owes = step.sends() && noticed("EAGAIN") || step.same_events_but(&["0200"]);
            // A probe is a message as well.
            let untidy = step.was("note untidy") || step.had(" 51 i:1") && step.leaves();
            untidy && (seen || lost || step.is_end()) || step.has(4) && step.leaves() && owes
        },
        parts: true,
    },
    Meant {
        name: "A peer that left while its last words wait counts as one with room, or as full",
        excuses: |step| {
            let room = step.had(&format!(" set {} 33 ", step.slot())) && step.polls_more();
            let full = step.sends() && step.on(11) && step.original.contains("EAGAIN");
            room || full && step.ours.contains("EHOSTUNREACH")
        },
        parts: false,
    },
    Meant {
        name: "Not defined: the order of connections that end together",
        excuses: |step| step.had(" close ") && step.on(11) && step.reads() && step.same_words(),
        parts: true,
    },
    Meant {
        name: "Not defined: where among newer messages an XPUB tells of a peer that left",
        excuses: |step| {
            let tells = [step.ours, step.original].iter().any(|text| text.contains(":00"));
            step.leaves() && step.on(9) && step.reads() && tells && step.same_words()
        },
        parts: true,
    },
    Meant {
        name: "Not defined: what follows a handshake of misfits",
        excuses: |step| step.was("note misfit") && !step.ours.contains("signal"),
        parts: true,
    },
    Meant {
        name: "With `ZMQ_CONFLATE` the end of a connection takes the place of the last message",
        excuses: |step| {
            let conflates = step.conflates();
            let lost = step.is_end() && step.ours.contains("blocks");
            conflates && lost && !step.original.contains("blocks")
                || conflates
                    && (step.leaves() || step.had(" inproc://"))
                    && (step.reads() || step.polls() || step.is_end())
        },
        parts: true,
    },
    Meant {
        name: "A routing id that polling found has no properties",
        excuses: |step| {
            let dump = step.ours.replace("from a descriptor", "from nowhere") == *step.original;
            let gone = step.original.contains("NULL") && !step.ours.contains("NULL");
            step.is(&["mdump"]) && dump || step.is(&["mgets"]) && gone
        },
        parts: false,
    },
    Meant {
        name: "Not in 4.3.4: `ZMQ_TOPICS_COUNT`, statistics that count frames",
        excuses: |step| {
            let counts = |text: &str| text.matches("[8:").count() == 8;
            let statistics = step.is(&["drain"]) && counts(step.ours) && counts(step.original);
            statistics || step.is(&["get"]) && step.number(3) == Some(116)
        },
        parts: false,
    },
    Meant {
        name: "zmq_bind that fails on a monitored socket may leave another error",
        excuses: |step| {
            let both = step.ours.contains("-1") && step.original.contains("-1");
            step.is(&["bind"]) && step.was(&format!("monitor {}", step.slot())) && both
        },
        parts: false,
    },
    Meant {
        name: "What is not available: the options of GSSAPI",
        excuses: |step| {
            let theirs = |option| matches!(option, 62..=65 | 90 | 91);
            step.is(&["get", "set"]) && step.number(3).is_some_and(theirs)
        },
        parts: false,
    },
    Meant {
        name: "XPUB and STREAM leave the message of a receive that failed as it was",
        excuses: |step| {
            step.is(&["mrecv"])
                && (step.on(9) || step.on(11))
                && step.ours.ends_with("EAGAIN left 0")
        },
        parts: true,
    },
    Meant {
        name: "With `ZMQ_RECONNECT_IVL` -1 or 0 what was received is lost with the connection",
        excuses: |step| {
            let own = step.was(&format!("set {} 18 i:-1", step.slot()));
            let other = step.is(&["poll"]) && step.had(" 18 i:-1");
            own && (step.reads() || step.polls() || step.sends()) || other
        },
        parts: true,
    },
    Meant {
        name: "With `ZMQ_RECONNECT_IVL` -1 or 0 the context waits for what can never be sent",
        excuses: |step| {
            // It also waits where `ZMQ_RECONNECT_STOP` (109) ends connecting for ever.
            let stops = step.had(" 18 i:-1") || step.had(" 109 i:");
            step.is_end() && step.original.contains("blocks") && stops
        },
        parts: false,
    },
    Meant {
        name: "A connecting endpoint that is given up takes the listener of its text with it",
        excuses: |step| {
            let stops = step.had(" 18 i:-1") || step.had(" 109 i:");
            let ends = step.reads() || step.polls() || step.sends();
            let ends = ends || step.is(&["monread", "unbind", "disconnect", "bind", "connect"]);
            stops && step.binds_where_it_connects() && step.leaves() && ends
        },
        parts: true,
    },
    Meant {
        name: "Bodies up to 33 bytes are inside `zmq_msg_t`; one that was shared stays so",
        excuses: |step| {
            let shared = step.is(&["mget"]) && step.number(3) == Some(3) && step.original == " = 1";
            shared
                || step.is(&["mdump"])
                    && step.ours.replace("shared 0", "shared 1") == *step.original
        },
        parts: false,
    },
    Meant {
        name: "REP: the second peer of a name is mute",
        excuses: |step| step.on(4) && step.had(" 5 d:4e") && (step.reads() || step.polls()),
        parts: true,
    },
    Meant {
        name: "A ROUTER that connects before the bind takes a probe for the name of its peer",
        excuses: |step| {
            let early = step.had(" 51 ") && step.had("inproc://e");
            step.on(6) && early && (step.reads() || step.polls())
        },
        parts: true,
    },
    Meant {
        name: "To give up a topic that begins with byte 1 subscribes to the rest of it",
        excuses: |step| step.on(2) && step.had(" 7 d:01") && (step.reads() || step.polls()),
        parts: true,
    },
    Meant {
        name: "zmq_msg_move of a message to itself empties it",
        excuses: |step| {
            let m = step.slot();
            step.is(&["mdump"]) && step.was(&format!("mmove {m} {m}"))
        },
        parts: true,
    },
    Meant {
        name: "Not defined: whose turn it is when a pipe is gone",
        excuses: |step| {
            let shares = [3, 5, 8].iter().any(|kind| step.has(*kind));
            let reads_all = step.on(11) && step.is(&["drain"]) && step.same_words();
            step.leaves() && (shares && (step.reads() || step.polls()) || reads_all)
        },
        parts: true,
    },
    Meant {
        name: "ws: subscriptions of the original do not reach the original where messages are encrypted",
        excuses: |step| {
            let encrypted = step.had("ws://") && step.had(" 50 d:");
            let types = (step.has(1) || step.has(9)) && (step.has(2) || step.has(10));
            encrypted && types && (step.reads() || step.polls())
        },
        parts: true,
    },
    Meant {
        name: "With `ZMQ_CONFLATE` over inproc a probe takes the place of the routing id",
        excuses: |step| {
            let probes = step.had(" 51 i:1") && step.had("inproc://") && step.has(6);
            step.conflates() && probes && (step.reads() || step.polls() || step.sends())
        },
        parts: true,
    },
    Meant {
        name: "`ZMQ_REQ_CORRELATE` that is set between a request and its reply loses the reply",
        excuses: |step| {
            let set = step.had(&format!(" set {} 52 i:", step.slot()));
            step.on(3) && set && (step.reads() || step.polls())
        },
        parts: true,
    },
    Meant {
        name: "With `ZMQ_CONFLATE` over inproc a frame of several says that more will come",
        excuses: |step| {
            let shows = step.reads() || step.polls() || step.is(&["mdump", "mget"]);
            step.conflates() && step.had(" inproc://") && step.sends_parts() && shows
        },
        parts: true,
    },
    Meant {
        name: "Not defined: what a REQ can send before a probe ends its connection",
        excuses: |step| {
            let shows = step.sends() || step.reads() || step.polls();
            step.has(3) && step.had(" 51 i:") && shows && (step.on(3) || step.is(&["poll"]))
        },
        parts: true,
    },
    Meant {
        name: "A peer that `ZMQ_CONNECT_ROUTING_ID` has named loses its first turn to its own name",
        excuses: |step| step.on(6) && step.had(" 61 d:") && (step.reads() || step.polls()),
        parts: true,
    },
    Meant {
        name: "Not defined: the order over two connections between the same two sockets",
        excuses: |step| step.has_double_connection() && step.connects_often() && step.reads(),
        parts: true,
    },
    Meant {
        name: "Not defined: whose turn it is after a message that a REP skips",
        excuses: |step| {
            let some = !step.ours.contains("EAGAIN") && !step.original.contains("EAGAIN");
            let skips = step.has(5) && step.sends_without_envelope();
            step.on(4) && skips && some && step.is(&["recv", "recvmsg", "mrecv", "answer"])
        },
        parts: true,
    },
    Meant {
        name: "Not defined: how long what a PAIR does not keep lasts, and keeps out others",
        excuses: |step| {
            let shows = step.sends() || step.reads() || step.polls();
            let shows = shows || step.is(&["unbind", "disconnect", "monread"]);
            step.on(0) && step.connects_often() && shows
        },
        parts: true,
    },
    Meant {
        name: "Not defined: where a stream of bytes is cut into messages",
        excuses: |step| {
            let same = bytes_of_peers(step.ours) == bytes_of_peers(step.original);
            step.is_raw() && step.is(&["drain"]) && same
        },
        parts: true,
    },
    Meant {
        name: "That the mute second peer of a name has to go is not noticed",
        excuses: |step| {
            let shows = step.sends() || step.polls();
            let shows = shows || step.is(&["monread", "unbind", "disconnect"]);
            // A message to a peer that never heard it waits here, and is lost there.
            let waits = step.is_end() && step.ours.contains("blocks");
            let shows = shows || waits;
            let same_name = step.has_namesakes() || step.has_double_connection();
            step.has(6) && same_name && step.leaves() && shows
        },
        parts: true,
    },
    Meant {
        name: "A PUB with `ZMQ_XPUB_MANUAL` publishes nothing",
        excuses: |step| {
            let subscribes =
                step.on(1) && step.is(&["set"]) && matches!(step.number(3), Some(6 | 7));
            step.has(1) && step.had(" 71 i:") && (step.reads() || step.polls() || subscribes)
        },
        parts: true,
    },
];
