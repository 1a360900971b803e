//! A set of topics, each with a number, that knows which of them a message begins with.
//!
//! A value, under its socket's lock. Few topics are compared one by one, in one run through a
//! small block of memory; more are found through an [`Index`].
#![forbid(unsafe_code)]

use super::arena::{Arena, Position, Record};
use super::index::Index;
use super::prefix_hash::Seed;
use core::ops::ControlFlow;

/// Up to so many topics are compared one by one.
const FEW: usize = 4;

/// See the module.
pub(super) struct Topics {
    arena: Arena,
    index: Option<Box<Index>>,
    seed: Seed,
}

/// The result of [`Topics::find_or_insert`].
pub(super) enum Entry {
    Found(Position),
    Inserted(Position),
    /// The memory that positions can reach is full.
    Refused,
}

impl Topics {
    pub fn new() -> Self {
        Topics { arena: Arena::default(), index: None, seed: Seed::random() }
    }

    pub fn len(&self) -> usize {
        self.arena.len()
    }

    pub fn find(&self, topic: &[u8]) -> Option<Position> {
        match &self.index {
            Some(index) => index.find(&self.arena, &self.seed, topic),
            None => self.arena.iter().find(|(_, record)| record.topic == topic).map(|(at, _)| at),
        }
    }

    /// The record of `topic`, made with `value` if there is none.
    pub fn find_or_insert(&mut self, topic: &[u8], value: u32) -> Entry {
        if let Some(position) = self.find(topic) {
            return Entry::Found(position);
        }
        let Some(position) = self.arena.push(topic, value) else { return Entry::Refused };
        match &mut self.index {
            Some(index) => index.insert(&self.arena, &self.seed, position, topic),
            None if self.arena.len() > FEW => self.build_index(),
            None => {}
        }
        Entry::Inserted(position)
    }

    /// The record at `position`; `None` if it was removed.
    pub fn get(&self, position: Position) -> Option<Record<'_>> {
        self.arena.get(position)
    }

    pub fn set(&mut self, position: Position, value: u32, shared: bool) {
        self.arena.set(position, value, shared);
    }

    /// Removes a topic. Positions stay until [`Topics::compact`].
    pub fn remove(&mut self, position: Position) {
        if let (Some(index), Some(record)) = (&mut self.index, self.arena.get(position)) {
            index.remove(&self.seed, position, record.topic);
        }
        self.arena.remove(position);
        if self.len() == 0 {
            self.index = None;
        }
    }

    /// Gives back memory if much is unused, and returns whether positions changed.
    pub fn compact(&mut self) -> bool {
        if !self.arena.wasteful() {
            return false;
        }
        self.arena.compact();
        if self.index.take().is_some() && self.len() > FEW {
            self.build_index();
        }
        true
    }

    /// See [`Arena::next`].
    pub fn next(&self, from: usize) -> Option<(Position, Record<'_>, usize)> {
        self.arena.next(from)
    }

    pub fn iter(&self) -> impl Iterator<Item = (Position, Record<'_>)> {
        self.arena.iter()
    }

    /// Calls `found` for every record whose topic `message` begins with until it breaks.
    #[inline]
    pub fn for_each_prefix<'a>(
        &'a self,
        message: &[u8],
        mut found: impl FnMut(Record<'a>) -> ControlFlow<()>,
    ) -> ControlFlow<()> {
        if let Some(index) = &self.index {
            return index.for_each_prefix(&self.arena, &self.seed, message, found);
        }
        for (_, record) in self.arena.iter() {
            if message.starts_with(record.topic) {
                found(record)?;
            }
        }
        ControlFlow::Continue(())
    }

    #[cold]
    fn build_index(&mut self) {
        self.index = Some(Box::new(Index::build(&self.arena, &self.seed)));
    }
}
