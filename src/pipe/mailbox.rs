//! A socket's mailbox: commands in the order they came. A command that became pointless before the
//! socket took it can be withdrawn. So the peers that are there bound what waits, not those that
//! came and went meanwhile.
//!
//! Under the lock of the socket-shared state, which is a leaf but for the locks of queues. Commands
//! that a call takes out go to the caller, which drops them after that lock.
#![forbid(unsafe_code)]

use core::mem;

use crate::pipe::{Assigned, Command, Flush, PipeKey, PipePeer};
use crate::sync::{Arc, OnceLock};

/// Withdrawn entries that are always allowed. Beyond that they are at most as many as the others.
const BLANKS: usize = 16;

/// A list of commands that grew beyond this is not kept for the next ones.
const KEEP_CAPACITY: usize = 1024;

/// A command in the mailbox, with its number.
pub struct Letter {
    number: u64,
    /// `None`: the command was withdrawn.
    pub command: Option<Command>,
}

/// See the module's documentation.
#[derive(Default)]
pub struct Mailbox {
    /// The commands in the order of their numbers.
    letters: Vec<Letter>,
    /// The number of the last command.
    last: u64,
    /// Commands that were withdrawn.
    blanks: usize,
    /// Commands of peers that have left, and whose messages can still be read.
    departed: usize,
}

/// The parts that a departed peer no longer needs: to be dropped after the mailbox's lock.
pub enum Remains {
    /// The socket never learns of the peer.
    All(Option<Command>),
    /// The peer's messages can still be read.
    PeerEnd(Arc<dyn PipePeer>, Assigned),
}

impl Mailbox {
    /// Adds a command; its number is never 0.
    #[inline]
    pub fn push(&mut self, command: Command) -> u64 {
        self.last += 1;
        self.letters.push(Letter { number: self.last, command: Some(command) });
        self.last
    }

    /// Takes all commands, in exchange for a list to put the next ones in.
    #[inline]
    pub fn take(&mut self, empty: Vec<Letter>) -> Vec<Letter> {
        (self.blanks, self.departed) = (0, 0);
        mem::replace(&mut self.letters, empty)
    }

    /// How many peers have left whose messages wait here.
    pub fn departed(&self) -> usize {
        self.departed
    }

    /// The peer of an [`Command::Attach`] has left, and its queue is finished. If it sent nothing,
    /// or the socket does not receive (`reads` is false), the command is withdrawn. Otherwise it
    /// keeps what the socket needs to read. `None`: the socket has taken the command already.
    pub fn leave(&mut self, number: u64, reads: bool) -> Option<Remains> {
        let place = self.find(number)?;
        let letter = self.letters.get_mut(place)?;
        if let Some(Command::Attach { parts, assigned }) = &mut letter.command
            && reads
            && parts.reader.has_frames()
        {
            self.departed += 1;
            let peer_end = mem::replace(&mut parts.peer_end, departed());
            return Some(Remains::PeerEnd(peer_end, mem::replace(assigned, Box::new(|_| ()))));
        }
        let command = letter.command.take();
        self.blank(place);
        Some(Remains::All(command))
    }

    /// The connection of a connecting pipe came up (with the peer's routing id), or was lost.
    /// `before` is the number of the pipe's last such command, or 0. If that command still waits it
    /// is withdrawn, and the new one says all that still matters. Returns the new number.
    pub fn link(&mut self, before: u64, pipe: PipeKey, up: Option<Box<[u8]>>) -> u64 {
        let mut news = Link::default();
        if let Some(place) = self.find(before)
            && let Some(letter) = self.letters.get_mut(place)
            && let Some(Command::Link { link, .. }) = &mut letter.command
        {
            news = mem::take(link);
            letter.command = None;
            self.blank(place);
        }
        news.note(up);
        self.push(Command::Link { pipe, link: news })
    }

    fn find(&self, number: u64) -> Option<usize> {
        self.letters.binary_search_by_key(&number, |letter| letter.number).ok()
    }

    /// Marks the command at this place as withdrawn.
    fn blank(&mut self, place: usize) {
        if place + 1 == self.letters.len() {
            self.letters.pop();
            return;
        }
        self.blanks += 1;
        if self.blanks > BLANKS && self.blanks > self.letters.len() / 2 {
            self.letters.retain(|letter| letter.command.is_some());
            self.letters.shrink_to(2 * self.letters.len());
            self.blanks = 0;
        }
    }
}

/// Empties a list of commands that were all carried out, for the next ones.
pub fn emptied(mut letters: Vec<Letter>) -> Vec<Letter> {
    letters.clear();
    letters.shrink_to(KEEP_CAPACITY);
    letters
}

/// The changes of a connecting pipe's connection since the socket last took them. Of several
/// reconnects only the last matters, and that there was a loss.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// The connection was lost before it came up.
    pub lost_before: bool,
    /// The connection came up: the peer's routing id.
    pub up: Option<Box<[u8]>>,
    /// The connection was lost after that.
    pub lost_after: bool,
}

impl Link {
    fn note(&mut self, up: Option<Box<[u8]>>) {
        match up {
            Some(_) => {
                self.lost_before |= mem::take(&mut self.lost_after);
                self.up = up;
            }
            None if self.up.is_some() => self.lost_after = true,
            None => self.lost_before = true,
        }
    }
}

/// The pipe peer of a pipe whose peer had left before the socket took the command.
struct Departed;

impl PipePeer for Departed {
    fn readable(&self, _flush: Flush) {}
    fn flush(&self) {}
    fn writable(&self) {}
    fn close(&self, _linger: i32) {}
}

/// One value serves for all such pipes.
fn departed() -> Arc<dyn PipePeer> {
    static ONE: OnceLock<Arc<dyn PipePeer>> = OnceLock::new();
    ONE.get_or_init(|| Arc::new(Departed)).clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipe::{PeerMarks, PipeParts};
    use crate::queue::{Body, queue};

    fn key(id: u32) -> PipeKey {
        PipeKey { id, generation: 0 }
    }

    /// A peer that has sent so many messages.
    fn visit(mailbox: &mut Mailbox, messages: usize) -> u64 {
        let (writer, _) = queue(0, false);
        let (mut peer_writer, reader) = queue(0, false);
        for _ in 0..messages {
            peer_writer.write(0, Body::Copy(b"message"), 0).expect("memory");
        }
        let parts = PipeParts {
            reader,
            writer,
            peer_end: departed(),
            peer_routing_id: Vec::new(),
            identified: true,
            given_routing_id: Vec::new(),
            copy_max: 0,
            session: 1,
            listener: 0,
            peer_marks: PeerMarks::None,
            takes_all: false,
        };
        mailbox.push(Command::Attach { parts: Box::new(parts), assigned: Box::new(|_| ()) })
    }

    fn waiting(mailbox: &mut Mailbox) -> Vec<Command> {
        let letters = mailbox.take(Vec::new());
        letters.into_iter().filter_map(|letter| letter.command).collect()
    }

    #[test]
    fn visitors_without_a_message_leave_nothing() {
        let mut mailbox = Mailbox::default();
        // One peer that stays, with departing peers before and behind it.
        let first = visit(&mut mailbox, 0);
        let stays = visit(&mut mailbox, 0);
        assert!(matches!(mailbox.leave(first, true), Some(Remains::All(Some(_)))));
        for round in 0..10_000 {
            let together: Vec<u64> = (0..10).map(|_| visit(&mut mailbox, 0)).collect();
            let inner =
                if round % 2 == 0 { together } else { together.into_iter().rev().collect() };
            for number in inner {
                assert!(matches!(mailbox.leave(number, true), Some(Remains::All(Some(_)))));
            }
            assert!(mailbox.letters.len() <= 2 * BLANKS + 12);
        }
        assert!(mailbox.letters.capacity() < 256);
        assert_eq!(waiting(&mut mailbox).len(), 1);
        assert!(mailbox.leave(stays, true).is_none(), "the socket has it");
    }

    #[test]
    fn what_a_visitor_sent_can_be_read_unless_nobody_reads() {
        let mut mailbox = Mailbox::default();
        let (kept, dropped) = (visit(&mut mailbox, 1), visit(&mut mailbox, 1));
        assert!(matches!(mailbox.leave(kept, true), Some(Remains::PeerEnd(..))));
        assert!(matches!(mailbox.leave(dropped, false), Some(Remains::All(Some(_)))));
        assert_eq!(mailbox.departed(), 1);
        let waiting = waiting(&mut mailbox);
        assert!(
            matches!(&waiting[..], [Command::Attach { parts, .. }] if parts.reader.has_frames())
        );
    }

    #[test]
    fn of_many_reconnects_one_letter_waits() {
        let mut mailbox = Mailbox::default();
        let (mut last, other) = (0, 7);
        for round in 0..10_000u32 {
            mailbox.push(Command::Readable(key(other))).checked_sub(1).expect("counted");
            last = mailbox.link(last, key(1), Some(round.to_be_bytes().into()));
            last = mailbox.link(last, key(1), None);
            if round % 100 == 0 {
                mailbox
                    .letters
                    .retain(|letter| !matches!(letter.command, Some(Command::Readable(_))));
            }
        }
        let links: Vec<Link> = waiting(&mut mailbox)
            .into_iter()
            .filter_map(|command| match command {
                Command::Link { pipe, link } if pipe == key(1) => Some(link),
                _ => None,
            })
            .collect();
        let up = Some(Box::from(9_999u32.to_be_bytes()));
        assert_eq!(links, [Link { lost_before: true, up, lost_after: true }]);
        // A command that the socket has taken cannot be withdrawn.
        let next = mailbox.link(last, key(1), Some(Box::from(*b"new")));
        assert!(next > last);
        let up = Some(Box::from(*b"new"));
        let expected = Link { lost_before: false, up, lost_after: false };
        assert!(
            matches!(&waiting(&mut mailbox)[..], [Command::Link { link, .. }] if *link == expected)
        );
    }

    #[test]
    fn the_order_of_the_others_stays() {
        let mut mailbox = Mailbox::default();
        let mut visitors = Vec::new();
        for id in 0..100 {
            visitors.push(visit(&mut mailbox, 0));
            mailbox.push(Command::Readable(key(id)));
        }
        visitors.into_iter().for_each(|number| drop(mailbox.leave(number, true)));
        let ids: Vec<u32> = waiting(&mut mailbox)
            .into_iter()
            .map(|command| match command {
                Command::Readable(key) => key.id,
                _ => u32::MAX,
            })
            .collect();
        assert_eq!(ids, (0..100).collect::<Vec<_>>());
    }
}
