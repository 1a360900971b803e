//! The fan-out log: messages that many readers get, kept once. Instead of a copy for each reader,
//! every reader has a cursor in one log. It copies what is behind the cursor when it is about to
//! move it on.
//!
//! One writer, under its socket's lock. The writer waits for no reader, and no reader waits for it:
//! the log is made of [`Piece`]s. A reader that found nothing is on the list of sleepers, which the
//! writer gets with the next message.
//!
//! The module's names for atomics come from its parent, because `fanout_log_model.rs` runs this
//! very file in all kinds of orders.
#![forbid(unsafe_code)]

use super::piece::{Piece, PieceWriter};
use super::primitives::{Arc, Ordering, SegQueue, fence};
use crate::queue::Batch;
use crate::queue::backlog::Backlog;

/// The writer's end of a log.
pub struct FanoutLog {
    open_piece: PieceWriter,
    sleepers: Arc<SegQueue<u32>>,
}

impl FanoutLog {
    /// `None` without memory.
    pub fn new() -> Option<FanoutLog> {
        Some(FanoutLog { open_piece: PieceWriter::new()?, sleepers: Arc::new(SegQueue::new()) })
    }

    /// Adds a message of one short frame (at most 255 bytes); `false`, and nothing added, without
    /// memory. Readers that slept meanwhile are added to `sleepers`.
    #[inline]
    pub fn add(&mut self, body: &[u8], sleepers: &mut Vec<u32>) -> bool {
        let is_added = self.open_piece.add(0, body);
        if !self.sleepers.is_empty() {
            self.take_sleepers(sleepers);
        }
        is_added
    }

    /// The piece that is being filled.
    #[cfg(test)]
    pub fn piece(&self) -> Arc<Piece> {
        self.open_piece.place().0
    }

    #[cold]
    fn take_sleepers(&self, sleepers: &mut Vec<u32>) {
        // Takes no more than there are now: a woken reader may sleep here again before the others
        // are woken.
        for _ in 0..self.sleepers.len() {
            sleepers.extend(self.sleepers.pop());
        }
    }

    /// A cursor behind the last message. `sleeps`: its reader must be woken for the next message,
    /// as `who`.
    pub fn follow(&self, who: u32, sleeps: bool) -> Cursor {
        if sleeps {
            self.sleepers.push(who);
        }
        let (piece, published) = self.open_piece.place();
        let (offset, passed) = (published.bytes, published.messages);
        Cursor { sleepers: self.sleepers.clone(), who, piece, offset, passed }
    }
}

/// A reader's place in a [`FanoutLog`].
pub struct Cursor {
    sleepers: Arc<SegQueue<u32>>,
    who: u32,
    /// The piece to go on in, the offset in bytes, and how many of its messages were passed.
    piece: Arc<Piece>,
    offset: usize,
    passed: u64,
}

impl Cursor {
    /// Whether a message is behind this place.
    pub fn has_more(&self) -> bool {
        // The order matters: a piece that has a next one is complete.
        self.piece.next().is_some() || self.piece.published().bytes != self.offset
    }

    /// Copies what is behind this place, up to the end of a piece, and moves there. Returns `false`
    /// if there is nothing, or no memory. Then the reader sleeps, and joins the list of sleepers
    /// unless it `slept` before.
    pub fn pull(&mut self, to: &mut Batch, slept: bool) -> bool {
        if self.pull_next(to) {
            return true;
        }
        if !slept {
            self.sleepers.push(self.who);
            fence(Ordering::SeqCst);
            // A message came before the writer could see the sleeper.
            return self.pull_next(to);
        }
        false
    }

    fn pull_next(&mut self, to: &mut Batch) -> bool {
        loop {
            let next = self.piece.next().cloned();
            let published = self.piece.published();
            if published.bytes != self.offset {
                let rest = self.piece.read(self.offset, published.bytes);
                let is_pulled = to.push_wire(rest, published.messages - self.passed).is_ok();
                if is_pulled {
                    (self.offset, self.passed) = (published.bytes, published.messages);
                }
                return is_pulled;
            }
            let Some(next) = next else { return false };
            self.piece = next;
            (self.offset, self.passed) = (0, 0);
        }
    }

    /// Copies all that is behind this place. Messages for which there is no memory are lost.
    pub fn pull_all(&mut self, to: &mut Backlog) {
        let mut piece = Batch::default();
        while self.pull_next(&mut piece) {
            let _ = to.append(&mut piece);
            piece.clear();
        }
    }
}
