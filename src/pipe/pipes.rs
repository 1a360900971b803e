//! The table of a socket's pipes, under its lock. A place is reused; its [`PipeKey`] tells the uses
//! apart.
#![forbid(unsafe_code)]

use crate::pipe::{Pipe, PipeId, PipeKey, PipeParts};

/// A socket's pipes.
#[derive(Default)]
pub struct Pipes {
    slots: Vec<Slot>,
    free: Vec<PipeId>,
    len: usize,
}

struct Slot {
    generation: u32,
    pipe: Option<Box<Pipe>>,
}

impl Pipes {
    pub fn insert(&mut self, parts: PipeParts) -> PipeKey {
        let id = self.free.pop().unwrap_or_else(|| {
            self.slots.push(Slot { generation: 0, pipe: None });
            (self.slots.len() - 1) as PipeId
        });
        self.len += 1;
        let generation = self.slots.get(id as usize).map_or(0, |slot| slot.generation);
        let key = PipeKey { id, generation };
        if let Some(slot) = self.slots.get_mut(id as usize) {
            slot.pipe = Some(Box::new(Pipe::new(key, parts)));
        }
        key
    }

    #[inline]
    pub fn get(&self, id: PipeId) -> Option<&Pipe> {
        self.slots.get(id as usize)?.pipe.as_deref()
    }

    #[inline]
    pub fn get_mut(&mut self, id: PipeId) -> Option<&mut Pipe> {
        self.slots.get_mut(id as usize)?.pipe.as_deref_mut()
    }

    /// The only pipe, if there is but one place and it is taken.
    #[inline]
    pub fn lone(&self) -> Option<PipeId> {
        match self.slots.as_slice() {
            [Slot { pipe: Some(pipe), .. }] => Some(pipe.key.id),
            _ => None,
        }
    }

    /// Prefetches these pipes, which will be written to soon, the `nearer` one sooner.
    #[inline(always)]
    pub fn fetch(&self, farther: Option<&PipeId>, nearer: Option<&PipeId>) {
        if let Some(pipe) = farther.and_then(|id| self.get(*id)) {
            pipe.expect_writes();
        }
        if let Some(pipe) = nearer.and_then(|id| self.get(*id)) {
            pipe.writer.expect_writes();
        }
    }

    /// The place of the pipe that `key` was given for, if it is still there.
    pub fn find(&self, key: PipeKey) -> Option<PipeId> {
        self.get(key.id).filter(|pipe| pipe.key == key).map(|_| key.id)
    }

    pub fn remove(&mut self, id: PipeId) -> Option<Box<Pipe>> {
        let slot = self.slots.get_mut(id as usize)?;
        let pipe = slot.pipe.take()?;
        slot.generation = slot.generation.wrapping_add(1);
        self.free.push(id);
        self.len -= 1;
        Some(pipe)
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn iter(&self) -> impl Iterator<Item = &Pipe> + '_ {
        self.slots.iter().filter_map(|slot| slot.pipe.as_deref())
    }

    /// The places in use, lowest first.
    pub fn ids(&self) -> impl Iterator<Item = PipeId> + '_ {
        (0..self.slots.len() as PipeId).filter(|id| self.get(*id).is_some())
    }
}
