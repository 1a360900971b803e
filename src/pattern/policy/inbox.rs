//! The frames that an XPUB has for the application and it has not received: subscriptions, their
//! ends, and messages that XSUB peers sent upstream.
//!
//! A value, under its socket's lock. A program may never receive, and subscriptions are carried out
//! in any case, so nothing here holds up a peer. Both kinds of entries have a bound:
//!
//! - Up to [`MOST_CHANGES`] changes of subscriptions are kept as they came. Beyond that, changes
//!   that became pointless are withdrawn. The rest says how subscriptions differ from those that
//!   the program was told of. That is no more than the table of subscriptions holds now, or held
//!   when the program received last.
//! - Each peer has a mark of messages. Messages beyond it are dropped, since behind them there may
//!   be subscriptions. Messages of peers that have left count for each of those that are there.
#![forbid(unsafe_code)]

use std::collections::VecDeque;

use foldhash::fast::RandomState;
use hashbrown::HashMap;

use crate::msg::Msg;
use crate::pipe::PipeId;

/// Changes that are kept as they came, of any kind.
pub const MOST_CHANGES: usize = 4096;

/// Messages of one peer that are kept, if its mark is lower.
pub const MOST_MESSAGES: usize = 4096;

/// Room for entries that an empty list keeps.
const KEEP: usize = 64;

/// Which changes of subscriptions are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// The first subscriber of a topic, and the end of the last one, or of each one.
    Topics,
    /// The changes of `Topics`, and further subscriptions to the topic.
    Repeats,
    /// Every change that a subscriber asks for.
    Subscribers,
}

/// A subscription (`on`) or its end. `before` and `after` say whether the topic is subscribed to,
/// by any subscriber or, with [`Shows::Subscribers`], by this one.
#[derive(Clone, Copy, Debug)]
pub struct Change {
    pub who: PipeId,
    pub on: bool,
    pub before: bool,
    pub after: bool,
    /// `false`: the end of a subscription that the subscriber did not have.
    pub is_known: bool,
    pub shows: Shows,
}

/// See the module.
pub struct Inbox {
    entries: VecDeque<Entry>,
    /// The uses of pipe numbers, by number.
    places: Vec<Place>,
    /// Messages of peers that have left.
    departed: usize,
    /// Changes among the entries, and the number at which changes are next withdrawn.
    changes: usize,
    mark: usize,
    /// The kinds of changes that are shown, and how often that setting changed.
    shows: Shows,
    regime: u32,
}

/// A frame to be received.
struct Entry {
    msg: Msg,
    who: Visitor,
    source: Source,
}

enum Source {
    /// A frame that a peer sent upstream; whether it is the first of its message.
    Peer {
        is_first: bool,
    },
    Change {
        change: Change,
        regime: u32,
    },
}

/// One use of a pipe's number.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Visitor {
    pipe: PipeId,
    visit: u32,
}

#[derive(Clone, Copy, Default)]
struct Place {
    visit: u32,
    /// Messages of the peer that is here now.
    messages: usize,
}

/// The kind of a frame that is received.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// A peer sent it upstream.
    Message,
    /// The frame tells of a change by this pipe; `None` when the pipe is gone.
    Change(Option<PipeId>),
}

/// Changes of one topic, or of one topic and subscriber.
struct Group {
    before: bool,
    after: bool,
    last_on: Option<usize>,
    last_off: Option<usize>,
    repeats: bool,
}

impl Default for Inbox {
    fn default() -> Self {
        Inbox {
            entries: VecDeque::new(),
            places: Vec::new(),
            departed: 0,
            changes: 0,
            mark: MOST_CHANGES,
            shows: Shows::Topics,
            regime: 0,
        }
    }
}

impl Inbox {
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Whether another message of a peer is kept whose high-water mark is `hwm` (0 is none).
    pub fn has_room(&self, pipe: PipeId, hwm: i32) -> bool {
        let most = match usize::try_from(hwm) {
            Ok(0) | Err(_) => usize::MAX,
            Ok(hwm) => hwm.max(MOST_MESSAGES),
        };
        self.place(pipe).messages.saturating_add(self.departed) < most
    }

    /// Adds a frame that a peer sent upstream. Without memory it is lost, like one that met a full
    /// queue.
    pub fn add_frame(&mut self, pipe: PipeId, msg: Msg, is_first: bool) {
        let is_added = self.add(pipe, msg, Source::Peer { is_first });
        if is_added && let Some(place) = self.places.get_mut(pipe as usize) {
            place.messages += usize::from(is_first);
        }
    }

    /// Adds the frame that tells of a change. Without memory the frame is lost; the subscription
    /// holds.
    pub fn add_change(&mut self, msg: Msg, change: Change) {
        if change.shows != self.shows {
            self.shows = change.shows;
            self.regime = self.regime.wrapping_add(1);
        }
        let source = Source::Change { change, regime: self.regime };
        if self.add(change.who, msg, source) {
            self.changes += 1;
            if self.changes > self.mark {
                self.take_back();
            }
        }
    }

    /// The next frame.
    pub fn receive(&mut self) -> Option<(Msg, Received)> {
        let Entry { msg, who, source } = self.entries.pop_front()?;
        let is_there = self.place(who.pipe).visit == who.visit;
        let received = match source {
            Source::Peer { is_first } => {
                let messages = match self.places.get_mut(who.pipe as usize).filter(|_| is_there) {
                    Some(place) => &mut place.messages,
                    None => &mut self.departed,
                };
                *messages = messages.saturating_sub(usize::from(is_first));
                Received::Message
            }
            Source::Change { .. } => {
                self.changes -= 1;
                Received::Change(is_there.then_some(who.pipe))
            }
        };
        if self.entries.is_empty() {
            self.entries.shrink_to(KEEP);
            self.mark = MOST_CHANGES;
        }
        Some((msg, received))
    }

    /// Forgets a pipe that is gone. Its number may be used again.
    pub fn leave(&mut self, pipe: PipeId) {
        if let Some(place) = self.places.get_mut(pipe as usize) {
            self.departed += core::mem::take(&mut place.messages);
            place.visit = place.visit.wrapping_add(1);
        }
    }

    fn place(&self, pipe: PipeId) -> Place {
        self.places.get(pipe as usize).copied().unwrap_or_default()
    }

    fn add(&mut self, pipe: PipeId, msg: Msg, source: Source) -> bool {
        if self.entries.try_reserve(1).is_err() {
            return false;
        }
        let places = self.places.len().max(pipe as usize + 1);
        self.places.resize(places, Place::default());
        let who = Visitor { pipe, visit: self.place(pipe).visit };
        self.entries.push_back(Entry { msg, who, source });
        true
    }

    /// Withdraws changes that became pointless, in a time that grows with the entries. The next
    /// time is when there are twice as many as are left. The first entry stays, because the program
    /// may know that there is one to receive.
    fn take_back(&mut self) {
        if let Some(kept) = self.kept() {
            let mut at = 0;
            self.entries.retain(|_| {
                at += 1;
                kept.get(at - 1).copied().unwrap_or(true)
            });
            self.entries.shrink_to(2 * self.entries.len());
            let changes = self.entries.iter().filter(|e| matches!(e.source, Source::Change { .. }));
            self.changes = changes.count();
        }
        self.mark = self.changes.saturating_mul(2).max(MOST_CHANGES);
    }

    /// Says which entries stay; `None` when memory is short.
    fn kept(&self) -> Option<Vec<bool>> {
        let mut groups: HashMap<_, Group, RandomState> = HashMap::default();
        groups.try_reserve(self.changes).ok()?;
        let mut kept = Vec::new();
        kept.try_reserve_exact(self.entries.len()).ok()?;
        for (at, Entry { msg, who, source }) in self.entries.iter().enumerate() {
            let Source::Change { change, regime } = source else {
                kept.push(true);
                continue;
            };
            kept.push(at == 0);
            if at == 0 || !change.is_known {
                continue;
            }
            let topic = msg.data().get(1..).unwrap_or_default();
            let one = (change.shows == Shows::Subscribers).then_some(*who);
            let group = groups.entry((*regime, topic, one)).or_insert(Group {
                before: change.before,
                after: change.before,
                last_on: None,
                last_off: None,
                repeats: change.shows == Shows::Repeats,
            });
            group.after = change.after;
            if change.on {
                group.last_on = Some(at);
            } else if !change.after {
                group.last_off = Some(at);
            }
        }
        for group in groups.into_values() {
            let last = if group.after { group.last_on } else { group.last_off };
            let says_something = group.before != group.after || group.repeats && group.after;
            if let Some(kept) = last.filter(|_| says_something).and_then(|at| kept.get_mut(at)) {
                *kept = true;
            }
        }
        Some(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(text: &[u8]) -> Msg {
        Msg::copy_of(text).expect("memory")
    }

    fn message(on: bool, topic: &[u8]) -> Msg {
        frame(&[&[u8::from(on)], topic].concat())
    }

    fn change(who: PipeId, on: bool, before: bool, after: bool, shows: Shows) -> Change {
        Change { who, on, before, after, is_known: true, shows }
    }

    fn drained(inbox: &mut Inbox) -> Vec<(Vec<u8>, Received)> {
        core::iter::from_fn(|| inbox.receive())
            .map(|(msg, received)| (msg.data().to_vec(), received))
            .collect()
    }

    fn texts(inbox: &mut Inbox) -> Vec<Vec<u8>> {
        drained(inbox).into_iter().map(|(text, _)| text).collect()
    }

    #[test]
    fn below_the_bound_everything_stays_as_it_came() {
        let mut inbox = Inbox::default();
        for n in 0..MOST_CHANGES / 2 {
            let is_known = n % 2 == 0;
            inbox.add_change(message(true, b"t"), change(1, true, false, true, Shows::Topics));
            let end = change(1, false, is_known, false, Shows::Topics);
            inbox.add_change(message(false, b"t"), Change { is_known, ..end });
        }
        assert_eq!(texts(&mut inbox).len(), MOST_CHANGES);
    }

    #[test]
    fn a_topic_that_comes_and_goes_takes_no_memory() {
        for shows in [Shows::Topics, Shows::Repeats, Shows::Subscribers] {
            let mut inbox = Inbox::default();
            inbox.add_change(message(false, b"old"), change(1, false, true, false, shows));
            inbox.add_change(message(true, b"stays"), change(1, true, false, true, shows));
            for _ in 0..100_000 {
                inbox.add_change(message(true, b"t"), change(1, true, false, true, shows));
                inbox.add_change(message(false, b"t"), change(1, false, true, false, shows));
                assert!(inbox.entries.len() <= MOST_CHANGES + 1);
            }
            assert!(inbox.entries.capacity() <= 4 * MOST_CHANGES);
            let left = texts(&mut inbox);
            assert_eq!(left[..2], [b"\0old".to_vec(), b"\x01stays".to_vec()]);
            // The last changes are kept as they came.
            assert_eq!(left.len() % 2, 0);
            assert!(left[2..].chunks(2).all(|two| two == [b"\x01t".to_vec(), b"\0t".to_vec()]));
            assert!(inbox.entries.capacity() <= KEEP);
        }
    }

    #[test]
    fn what_is_left_tells_of_the_difference() {
        let mut inbox = Inbox::default();
        let topics = Shows::Topics;
        // The program knows of `known`, and of no other topic.
        inbox.add_change(message(true, b"front"), change(9, true, false, true, topics));
        inbox.add_change(message(false, b"front"), change(9, false, true, false, topics));
        for _ in 0..MOST_CHANGES {
            inbox.add_change(message(false, b"known"), change(1, false, true, false, topics));
            inbox.add_change(message(true, b"known"), change(2, true, false, true, topics));
        }
        inbox.add_change(message(false, b"known"), change(1, false, true, false, topics));
        for _ in 0..MOST_CHANGES {
            let unknown = change(3, false, false, false, topics);
            inbox.add_change(message(false, b"known"), Change { is_known: false, ..unknown });
        }
        inbox.take_back();
        assert_eq!(texts(&mut inbox), [&b"\x01front"[..], b"\0front", b"\0known"]);
    }

    #[test]
    fn repeats_are_shown_once() {
        let mut inbox = Inbox::default();
        for who in 0..2 * MOST_CHANGES as u32 {
            let repeats = Shows::Repeats;
            inbox.add_change(message(true, b"t"), change(who, true, who > 0, true, repeats));
        }
        inbox.take_back();
        let last = 2 * MOST_CHANGES as u32 - 1;
        // The first entry stays, and the last subscriber is shown after all others.
        let expected = [Received::Change(Some(0)), Received::Change(Some(last))];
        assert_eq!(drained(&mut inbox).into_iter().map(|(_, r)| r).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn subscribers_are_told_apart_also_those_of_one_pipe() {
        let mut inbox = Inbox::default();
        let each = Shows::Subscribers;
        inbox.add_change(message(true, b"t"), change(1, true, false, true, each));
        inbox.add_change(message(true, b"t"), change(2, true, false, true, each));
        for _ in 0..MOST_CHANGES {
            // A short-lived peer on a third pipe.
            inbox.add_change(message(true, b"t"), change(3, true, false, true, each));
            inbox.add_change(message(false, b"t"), change(3, false, true, false, each));
            inbox.leave(3);
        }
        inbox.add_change(message(true, b"t"), change(3, true, false, true, each));
        inbox.leave(2);
        inbox.take_back();
        let expected =
            [Some(1), None, Some(3)].map(|who| (b"\x01t".to_vec(), Received::Change(who)));
        assert_eq!(drained(&mut inbox), expected);
    }

    #[test]
    fn only_an_end_for_all_ends_a_topic() {
        let mut inbox = Inbox::default();
        let topics = Shows::Topics;
        inbox.add_change(message(true, b"front"), change(9, true, false, true, topics));
        for _ in 0..MOST_CHANGES {
            inbox.add_change(message(true, b"t"), change(1, true, false, true, topics));
            // Two subscribers had it, and both ends are shown.
            inbox.add_change(message(false, b"t"), change(1, false, true, true, topics));
            inbox.add_change(message(false, b"t"), change(2, false, true, false, topics));
        }
        inbox.add_change(message(true, b"t"), change(1, true, false, true, topics));
        inbox.add_change(message(false, b"t"), change(1, false, true, true, topics));
        inbox.take_back();
        assert_eq!(texts(&mut inbox), [&b"\x01front"[..], b"\x01t"]);
    }

    #[test]
    fn a_change_of_what_is_shown_parts_the_changes() {
        let mut inbox = Inbox::default();
        inbox.add_change(message(true, b"front"), change(9, true, false, true, Shows::Topics));
        inbox.add_change(message(true, b"t"), change(1, true, false, true, Shows::Subscribers));
        inbox.add_change(message(true, b"t"), change(2, true, false, true, Shows::Subscribers));
        inbox.add_change(message(false, b"t"), change(2, false, true, false, Shows::Subscribers));
        inbox.add_change(message(false, b"t"), change(1, false, true, false, Shows::Topics));
        inbox.take_back();
        assert_eq!(texts(&mut inbox), [&b"\x01front"[..], b"\x01t", b"\0t"]);
    }

    #[test]
    fn messages_of_a_peer_have_a_bound() {
        let mut inbox = Inbox::default();
        let fill = |inbox: &mut Inbox, pipe, hwm| {
            (0..)
                .take_while(|_| {
                    let has_room = inbox.has_room(pipe, hwm) && inbox.entries.len() < 20_000;
                    if has_room {
                        inbox.add_frame(pipe, frame(b"part"), true);
                        inbox.add_frame(pipe, frame(b"part"), false);
                    }
                    has_room
                })
                .count()
        };
        assert_eq!(fill(&mut inbox, 1, 10), MOST_MESSAGES);
        assert_eq!(fill(&mut inbox, 2, 5000), 5000);
        // The messages of a peer that has left count for the others.
        inbox.leave(1);
        assert_eq!(fill(&mut inbox, 1, 10), 0);
        assert_eq!(fill(&mut inbox, 3, 5000), 5000 - MOST_MESSAGES);
        assert!(inbox.has_room(4, 0), "no mark");
        for _ in 0..2 * MOST_MESSAGES {
            assert_eq!(inbox.receive().map(|(_, received)| received), Some(Received::Message));
        }
        assert_eq!((inbox.departed, inbox.place(2).messages), (0, 5000));
        assert!(inbox.has_room(1, 10) && !inbox.has_room(2, 10));
        drained(&mut inbox);
        assert!((1..4).all(|pipe| inbox.place(pipe).messages == 0));
    }
}
