//! A set of pipes that take turns. Every operation takes constant time: the place of each pipe is
//! known by its number. Under the socket's lock.
#![forbid(unsafe_code)]

use crate::pipe::PipeId;

/// No place.
const NONE: u32 = u32::MAX;

/// Pipes in the order of their turns.
#[derive(Default)]
pub struct Ring {
    order: Vec<PipeId>,
    /// For each pipe number its index in `order`, or [`NONE`].
    places: Vec<u32>,
    /// Index of the pipe whose turn it is; below `order.len()`, or 0.
    turn: usize,
}

impl Ring {
    /// The pipe whose turn it is.
    #[inline]
    pub fn current(&self) -> Option<PipeId> {
        self.order.get(self.turn).copied()
    }

    /// Gives the turn to the next pipe.
    #[inline]
    pub fn advance(&mut self) {
        self.turn += 1;
        if self.turn >= self.order.len() {
            self.turn = 0;
        }
    }

    #[inline]
    pub fn contains(&self, id: PipeId) -> bool {
        self.places.get(id as usize).is_some_and(|place| *place != NONE)
    }

    /// Adds a pipe behind all others, unless it is there.
    pub fn add(&mut self, id: PipeId) {
        if self.contains(id) {
            return;
        }
        let at = id as usize;
        if at >= self.places.len() {
            self.places.resize(at + 1, NONE);
        }
        if let Some(place) = self.places.get_mut(at) {
            *place = self.order.len() as u32;
            self.order.push(id);
        }
    }

    /// Takes a pipe out; the last one gets its place. The turn stays with its pipe, or goes to the
    /// one that took the place.
    pub fn remove(&mut self, id: PipeId) {
        let Some(place) = self.places.get_mut(id as usize) else { return };
        let at = core::mem::replace(place, NONE) as usize;
        if at >= self.order.len() {
            return;
        }
        let last = self.order.len() - 1;
        self.order.swap_remove(at);
        if let Some(&moved) = self.order.get(at)
            && let Some(place) = self.places.get_mut(moved as usize)
        {
            *place = at as u32;
        }
        if self.turn == last {
            self.turn = if at == last { 0 } else { at };
        }
    }

    /// The pipe that always has the turn, because there is no other.
    pub fn only(&self) -> Option<PipeId> {
        match *self.order.as_slice() {
            [id] => Some(id),
            _ => None,
        }
    }

    pub fn iter(&self) -> impl Iterator<Item = PipeId> + '_ {
        self.order.iter().copied()
    }

    pub fn len(&self) -> usize {
        self.order.len()
    }

    pub fn is_empty(&self) -> bool {
        self.order.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ring(ids: &[PipeId]) -> Ring {
        let mut ring = Ring::default();
        ids.iter().for_each(|id| ring.add(*id));
        ring
    }

    #[test]
    fn turns_go_round() {
        let mut ring = ring(&[4, 0, 2, 4]);
        let seen: Vec<_> = (0..4)
            .filter_map(|_| {
                let id = ring.current();
                ring.advance();
                id
            })
            .collect();
        assert_eq!(seen, [4, 0, 2, 4]);
    }

    #[test]
    fn the_turn_survives_the_removal_of_others() {
        for turn in 0..4 {
            for removed in 0..4 {
                let mut ring = ring(&[0, 1, 2, 3]);
                (0..turn).for_each(|_| ring.advance());
                ring.remove(removed);
                ring.remove(removed);
                if removed != turn {
                    assert_eq!(ring.current(), Some(turn), "turn {turn}, removed {removed}");
                }
                assert_eq!(ring.len(), 3);
                assert!(ring.current().is_some() && !ring.contains(removed));
            }
        }
    }

    #[test]
    fn empties() {
        let mut ring = ring(&[7]);
        ring.remove(9);
        ring.remove(7);
        ring.advance();
        assert_eq!((ring.current(), ring.is_empty()), (None, true));
        ring.add(3);
        assert_eq!(ring.current(), Some(3));
    }
}
