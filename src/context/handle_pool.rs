//! The pool of slots that C handles point to. They are never given back to the system, and free
//! ones are reused oldest first. All of them are listed, so that a leak checker finds none lost.
//!
//! Any thread. The lock is held for a moment, and no thread waits for it long. In the child of a
//! fork it may be held by a thread that does not exist there. A thread that does not get it makes a
//! new slot, or leaves one unused.
#![forbid(unsafe_code)]

use std::collections::VecDeque;

use crate::sync::{Mutex, MutexGuard};
use crate::sys::thread::yield_now;

/// How often the lock is tried for, letting other threads run in between: some milliseconds in all.
const TRIES: usize = 10_000;

/// See the module's documentation.
pub struct HandlePool<T: 'static>(Mutex<Lists<T>>);

struct Lists<T: 'static> {
    all: Vec<&'static T>,
    free: VecDeque<&'static T>,
}

impl<T: Sync> HandlePool<T> {
    pub const fn none() -> Self {
        HandlePool(Mutex::new(Lists { all: Vec::new(), free: VecDeque::new() }))
    }

    /// A slot that is free, if more than `reserve` are; else a new one.
    pub fn take(&self, reserve: usize, make: impl FnOnce() -> T) -> &'static T {
        let mut lists = self.lists();
        let free = lists.as_mut().map(|lists| &mut lists.free).filter(|free| free.len() > reserve);
        if let Some(place) = free.and_then(VecDeque::pop_front) {
            return place;
        }
        let place: &'static T = Box::leak(Box::new(make()));
        if let Some(lists) = &mut lists {
            lists.all.push(place);
        }
        place
    }

    /// Frees the slot.
    pub fn give_back(&self, place: &'static T) {
        if let Some(mut lists) = self.lists() {
            lists.free.push_back(place);
        }
    }

    fn lists(&self) -> Option<MutexGuard<'_, Lists<T>>> {
        for _ in 0..TRIES {
            if let Some(lists) = self.0.try_lock() {
                return Some(lists);
            }
            yield_now();
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_is_reused_first() {
        let places = HandlePool::none();
        let made: Vec<&u32> = (0..3).map(|number| places.take(2, || number)).collect();
        assert_eq!(made, [&0, &1, &2]);
        places.give_back(made[1]);
        places.give_back(made[0]);
        assert_eq!(places.take(2, || 3), &3);
        places.give_back(made[2]);
        assert_eq!([places.take(2, || 4), places.take(2, || 4)], [&1, &4]);
    }

    #[test]
    fn a_lock_that_is_held_for_ever_is_done_without() {
        let places = HandlePool::none();
        let held = places.0.lock();
        std::thread::scope(|scope| {
            let other = scope.spawn(|| {
                places.give_back(places.take(0, || 1));
                places.take(0, || 2)
            });
            assert_eq!(other.join().unwrap(), &2);
        });
        drop(held);
    }
}
