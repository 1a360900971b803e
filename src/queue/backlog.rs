//! The batches of bounded size that a queue's writer has added and its reader has not taken.
//!
//! A single arena would have to be copied whenever it grows, under the queue's lock. Megabytes
//! would move in the call that adds a few bytes, while the reader waits. Here a batch that is full
//! is closed and a new one begun. So an addition copies at most [`FULL`] bytes beside its own.
//! Under the queue's lock.
#![forbid(unsafe_code)]

use std::collections::VecDeque;

use crate::error::Result;
use crate::msg::{Metadata, Msg, frame};
use crate::queue::Batch;
use crate::queue::batch::{FULL, Frames};
use crate::sync::Arc;

/// See the module's documentation.
#[derive(Debug, Default)]
pub struct Backlog {
    /// Batches that are full, oldest first.
    closed: VecDeque<Batch>,
    /// Bytes that wait in them.
    closed_bytes: usize,
    /// The batch that frames are added to.
    open: Batch,
    /// The memory of a batch that was read, for the next one.
    spare: Batch,
}

impl Backlog {
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.open.is_empty() && self.closed.is_empty()
    }

    /// Bytes that wait, bodies that are referred to included.
    #[inline]
    pub fn queued_bytes(&self) -> usize {
        self.closed_bytes + self.open.queued_bytes()
    }

    /// The address behind the last frame.
    #[inline(always)]
    pub fn tail(&self) -> usize {
        self.open.tail()
    }

    /// Moves the oldest batch to `front`, which is empty; `false` if there is none.
    #[inline]
    pub fn take(&mut self, front: &mut Batch) -> bool {
        if !self.closed.is_empty() {
            return self.take_closed(front);
        }
        if self.open.is_empty() {
            return false;
        }
        core::mem::swap(&mut self.open, front);
        if front.is_secret() {
            self.open.keep_secret();
        }
        true
    }

    #[cold]
    fn take_closed(&mut self, front: &mut Batch) -> bool {
        let Some(mut oldest) = self.closed.pop_front() else { return false };
        self.closed_bytes = self.closed_bytes.saturating_sub(oldest.queued_bytes());
        core::mem::swap(&mut oldest, front);
        if self.spare.capacity() < oldest.capacity() {
            self.spare = oldest;
        }
        true
    }

    /// The only batch of a queue in which messages replace each other.
    pub fn newest(&mut self) -> &mut Batch {
        &mut self.open
    }

    /// Makes sure that `more` bytes of the arena and an attachment fit into the open batch, or that
    /// it is empty.
    #[inline]
    fn make_space(&mut self, more: usize) -> Result<()> {
        if self.open.is_full_for(more) { self.close() } else { Ok(()) }
    }

    #[cold]
    fn close(&mut self) -> Result<()> {
        self.closed.try_reserve(1)?;
        let mut fresh = core::mem::take(&mut self.spare);
        if self.open.is_secret() {
            fresh.keep_secret();
        }
        fresh.expect(FULL)?;
        let full = core::mem::replace(&mut self.open, fresh);
        self.closed_bytes += full.queued_bytes();
        self.closed.push_back(full);
        Ok(())
    }

    #[cold]
    fn push_full_path(&mut self, flags: u8, body: &[u8]) -> Result<()> {
        self.make_space(frame::MAX_HEADER + body.len())?;
        self.open.push_copy(flags, body)
    }

    /// Adds a message of one frame, if there is memory at hand and one length byte is enough.
    #[inline(always)]
    pub fn push_short(&mut self, body: &[u8]) -> bool {
        self.open.append_short(0, body)
    }

    /// Adds a message of two frames, of which the first is empty, if there is memory and one length
    /// byte is enough.
    pub fn push_delimited(&mut self, body: &[u8]) -> bool {
        self.make_space(2 * frame::MAX_HEADER + body.len()).is_ok()
            && self.open.push_delimited(body)
    }

    /// Adds frames that are in wire form already and hold `messages` complete messages.
    pub fn push_wire(&mut self, frames: &[u8], messages: u64) -> Result<()> {
        self.make_space(frames.len())?;
        self.open.push_wire(frames, messages)
    }

    /// Messages added from here on carry these properties. Returns the replaced properties if no
    /// message got them.
    pub fn push_metadata(&mut self, metadata: Option<Arc<Metadata>>) -> Option<Arc<Metadata>> {
        self.open.push_metadata(metadata)
    }

    /// Moves all of `other`'s untouched frames behind these.
    pub fn append(&mut self, other: &mut Batch) -> Result<()> {
        self.make_space(other.arena_bytes())?;
        self.open.append(other)
    }

    /// Takes out everything but commands. The backlog is empty afterwards.
    pub fn without_commands(&mut self) -> Backlog {
        let mut kept = Backlog::default();
        let mut batch = Batch::default();
        if self.open.is_secret() {
            kept.keep_secret();
        }
        while self.take(&mut batch) {
            // Without memory the frames are lost, as new ones would be.
            let _ = kept.append(&mut batch.without_commands());
        }
        // Properties of the messages to come.
        while let Some(metadata) = self.open.take_metadata() {
            kept.push_metadata(metadata);
        }
        kept
    }

    /// Frames added from here on are wiped before their memory is given back. Bodies that are
    /// referred to are not.
    pub fn keep_secret(&mut self) {
        self.open.keep_secret();
    }
}

impl Frames for Backlog {
    #[inline(always)]
    fn push_copy(&mut self, flags: u8, body: &[u8]) -> Result<()> {
        if self.open.append_short(flags, body) { Ok(()) } else { self.push_full_path(flags, body) }
    }

    fn push_whole(&mut self, flags: u8, msg: Msg) -> Result<()> {
        self.make_space(frame::MAX_HEADER)?;
        self.open.push_whole(flags, msg)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::batch::FULL_ATTACHMENTS;

    const BODY: usize = 1000;

    /// A backlog of `count` numbered frames.
    fn numbered(count: u32) -> Backlog {
        let mut backlog = Backlog::default();
        for number in 0..count {
            let mut body = [0; BODY];
            body[..4].copy_from_slice(&number.to_le_bytes());
            backlog.push_copy(0, &body).expect("memory");
        }
        backlog
    }

    /// The numbers of all frames.
    fn numbers(backlog: &mut Backlog) -> Vec<u32> {
        let (mut numbers, mut batch, mut whole) = (Vec::new(), Batch::default(), Msg::new());
        while backlog.take(&mut batch) {
            assert!(batch.capacity() <= FULL, "{}", batch.capacity());
            while let Some((_, taken)) = batch.take(&mut whole) {
                let crate::queue::Taken::Arena(start, len) = taken else { panic!("in the arena") };
                let bytes = batch.arena(start, len).first_chunk().expect("a number");
                numbers.push(u32::from_le_bytes(*bytes));
            }
            batch.clear();
        }
        assert_eq!(backlog.queued_bytes(), 0);
        numbers
    }

    #[test]
    fn no_batch_grows_beyond_a_limit_and_all_is_in_order() {
        const COUNT: u32 = 5_000;
        let mut backlog = numbered(COUNT);
        assert!(backlog.closed.len() > 30);
        let bytes = backlog.closed.iter().map(Batch::queued_bytes).sum::<usize>();
        assert_eq!(backlog.closed_bytes, bytes);
        assert!(backlog.queued_bytes() > COUNT as usize * BODY);
        assert_eq!(numbers(&mut backlog), (0..COUNT).collect::<Vec<_>>());
        assert!(backlog.is_empty());
    }

    #[test]
    fn a_long_message_is_moved_and_not_copied() {
        let mut backlog = numbered(1);
        let mut message = Batch::default();
        for _ in 0..4 {
            message.push_copy(frame::MORE, &[1; FULL / 2]).expect("memory");
        }
        message.push_copy(0, &[]).expect("memory");
        let tail = message.tail();
        backlog.append(&mut message).expect("memory");
        assert_eq!((backlog.closed.len(), backlog.tail()), (1, tail));
    }

    #[test]
    fn many_bodies_of_their_own_are_several_batches() {
        let mut backlog = Backlog::default();
        for _ in 0..3 * FULL_ATTACHMENTS {
            backlog.push_whole(0, Msg::copy_of(&[2; 100]).expect("memory")).expect("memory");
        }
        assert_eq!(backlog.closed.len(), 2);
        assert!(backlog.queued_bytes() >= 300 * FULL_ATTACHMENTS);
    }

    #[test]
    fn messages_of_large_bodies_share_a_batch() {
        let mut backlog = Backlog::default();
        for _ in 0..10 {
            let mut message = Batch::default();
            message.push_copy(frame::MORE, b"to").expect("memory");
            message.push_whole(0, Msg::with_size(2 * FULL).expect("memory")).expect("memory");
            backlog.append(&mut message).expect("memory");
        }
        assert!(backlog.closed.is_empty() && backlog.queued_bytes() > 20 * FULL);
    }

    #[test]
    fn a_secret_stays_one_in_all_batches() {
        let mut backlog = Backlog::default();
        backlog.keep_secret();
        for _ in 0..1000 {
            backlog.push_copy(0, &[3; BODY]).expect("memory");
        }
        let mut batch = Batch::default();
        while backlog.take(&mut batch) {
            assert!(batch.is_secret());
            batch.clear();
        }
        assert!(backlog.open.is_secret());
    }

    #[test]
    fn commands_are_dropped_from_all_batches() {
        let mut backlog = numbered(300);
        for number in 0_u32..300 {
            backlog.push_copy(frame::COMMAND, &[9; BODY]).expect("memory");
            backlog.push_copy(0, &(300 + number).to_le_bytes()).expect("memory");
        }
        let mut kept = backlog.without_commands();
        assert!(backlog.is_empty());
        assert_eq!(numbers(&mut kept), (0..600).collect::<Vec<_>>());
    }
}
