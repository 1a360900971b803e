//! Messages that many readers get, kept once: instead of a copy for each, every reader has a place in
//! one log and copies what is behind it when it is about to move it on.
//!
//! One writer. The log is locked for the append, and for a look; whole pieces of it are copied without
//! the lock. It is a leaf below the queues that follow it. A reader that found nothing is on the list of
//! sleepers, which the writer gets with the next message.
#![forbid(unsafe_code)]

use std::collections::VecDeque;

use crate::msg::append::append;
use crate::queue::Batch;
use crate::queue::backlog::Backlog;
use crate::sync::Arc;
use crate::sys::brief::Brief;

/// Bytes in a piece: what is worth a system call.
const PIECE: usize = 32 * 1024;

/// See the module's documentation.
#[derive(Default)]
pub struct Broadcast(Brief<Log>);

#[derive(Default)]
struct Log {
    /// Pieces that are full, oldest first.
    sealed: VecDeque<Sealed>,
    /// How many were there before the first of them.
    gone: usize,
    open: Vec<u8>,
    /// Messages added.
    messages: u64,
    followers: usize,
    sleepers: Vec<u32>,
}

/// A piece to which nothing is added any more.
struct Sealed {
    bytes: Arc<Vec<u8>>,
    /// Messages added up to its end.
    end: u64,
    /// Followers that have not passed it.
    awaited: usize,
}

impl Broadcast {
    /// Adds a message of one short frame (at most 255 bytes); `false`, and nothing added, without memory.
    /// Who slept meanwhile comes to `sleepers`, which is empty.
    #[inline]
    pub fn add(&self, body: &[u8], sleepers: &mut Vec<u32>) -> bool {
        let mut log = self.0.lock();
        if !append(&mut log.open, 0, body) && !log.add_to_fresh(body) {
            return false;
        }
        log.messages += 1;
        if !log.sleepers.is_empty() {
            core::mem::swap(&mut log.sleepers, sleepers);
        }
        true
    }

    /// A reader's place behind the last message. `sleeps`: it has to be told of the next one, as `who`.
    pub fn follow(self: &Arc<Self>, who: u32, sleeps: bool) -> Follower {
        let mut log = self.0.lock();
        log.followers += 1;
        if sleeps {
            log.sleepers.push(who);
        }
        Follower {
            broadcast: self.clone(),
            who,
            piece: log.gone + log.sealed.len(),
            offset: log.open.len(),
            passed: log.messages,
        }
    }
}

impl Log {
    #[cold]
    fn add_to_fresh(&mut self, body: &[u8]) -> bool {
        let mut fresh = Vec::new();
        if fresh.try_reserve_exact(PIECE).is_err() {
            return false;
        }
        let full = core::mem::replace(&mut self.open, fresh);
        if !full.is_empty() {
            let (bytes, end) = (Arc::new(full), self.messages);
            self.sealed.push_back(Sealed { bytes, end, awaited: self.followers });
            self.drop_passed();
        }
        append(&mut self.open, 0, body)
    }

    fn drop_passed(&mut self) {
        while self.sealed.front().is_some_and(|piece| piece.awaited == 0) {
            self.sealed.pop_front();
            self.gone += 1;
        }
    }
}

/// A reader's place in a [`Broadcast`]. Its own when it is dropped.
pub struct Follower {
    broadcast: Arc<Broadcast>,
    who: u32,
    /// The number of the piece to read next, and where to go on in it.
    piece: usize,
    offset: usize,
    /// Messages added up to there.
    passed: u64,
}

impl Follower {
    /// Whether something is behind this place.
    pub fn has_more(&self) -> bool {
        self.passed != self.broadcast.0.lock().messages
    }

    /// Copies what is behind this place, up to the end of a piece, and moves there; `false` if there is
    /// nothing, or no memory. Then the reader sleeps, and the writer hears so unless it did before.
    pub fn pull(&mut self, to: &mut Batch, slept: bool) -> bool {
        while to.is_empty() {
            let broadcast = self.broadcast.clone();
            let mut log = broadcast.0.lock();
            let sealed = log.sealed.get(self.piece - log.gone);
            let pulled = match sealed.map(|piece| (piece.bytes.clone(), piece.end)) {
                _ if self.passed == log.messages => false,
                None => self.pull_open(&log, to),
                Some((bytes, end)) => {
                    drop(log);
                    let pulled = self.pull_sealed(&bytes, end, to);
                    log = broadcast.0.lock();
                    pulled
                }
            };
            if !pulled {
                if !slept {
                    log.sleepers.push(self.who);
                }
                return false;
            }
        }
        true
    }

    /// Copies all that is behind this place. What there is no memory for is lost.
    pub fn pull_all(&mut self, to: &mut Backlog) {
        let mut piece = Batch::default();
        while self.pull(&mut piece, true) {
            let _ = to.append(&mut piece);
            piece.clear();
        }
    }

    fn pull_open(&mut self, log: &Log, to: &mut Batch) -> bool {
        let rest = log.open.get(self.offset..).unwrap_or_default();
        let pulled = to.push_wire(rest, log.messages - self.passed).is_ok();
        if pulled {
            self.offset = log.open.len();
            self.passed = log.messages;
        }
        pulled
    }

    fn pull_sealed(&mut self, bytes: &[u8], end: u64, to: &mut Batch) -> bool {
        let rest = bytes.get(self.offset..).unwrap_or_default();
        let pulled = to.push_wire(rest, end - self.passed).is_ok();
        if pulled {
            self.pass(end);
        }
        pulled
    }

    /// Moves behind a sealed piece.
    fn pass(&mut self, end: u64) {
        let mut log = self.broadcast.0.lock();
        let at = self.piece - log.gone;
        if let Some(piece) = log.sealed.get_mut(at) {
            piece.awaited -= 1;
        }
        log.drop_passed();
        self.piece += 1;
        self.offset = 0;
        self.passed = end;
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        let mut log = self.broadcast.0.lock();
        let at = self.piece - log.gone;
        log.sealed.iter_mut().skip(at).for_each(|piece| piece.awaited -= 1);
        log.drop_passed();
        log.followers -= 1;
    }
}

#[cfg(test)]
#[path = "broadcast_tests.rs"]
mod tests;
