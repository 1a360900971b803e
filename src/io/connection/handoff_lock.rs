//! One direction of a connection: its state behind a lock that nobody waits for.
//!
//! Any thread. A thread that finds the lock held leaves word and goes on: either that the direction has
//! something to move, or a change to be made to its state. The holder of the lock, whatever it holds it
//! for, looks for such word after letting go, and does it. So no holder may leave without a look.
//!
//! The module's names for locks and atomics come from its parent, because `handoff_lock_model.rs` runs this
//! very file in all kinds of orders.
#![forbid(unsafe_code)]

use std::collections::VecDeque;

use super::primitives::{AtomicBool, Mutex, MutexGuard, Ordering, fence};

/// A change that found the lock held.
type Change<T> = Box<dyn FnOnce(&mut T) + Send>;

/// See the module's documentation.
pub struct HandoffLock<T> {
    state: Mutex<T>,
    requested: AtomicBool,
    /// Changes that found the lock held, oldest first. This lock is a leaf, held for a push or a pop.
    changes: Mutex<VecDeque<Change<T>>>,
    has_changes: AtomicBool,
}

impl<T> HandoffLock<T> {
    pub fn new(state: T) -> HandoffLock<T> {
        HandoffLock {
            state: Mutex::new(state),
            requested: AtomicBool::new(false),
            changes: Mutex::new(VecDeque::new()),
            has_changes: AtomicBool::new(false),
        }
    }

    /// It has something to move. The caller goes on with [`HandoffLock::try_enter`] while it
    /// [is requested](HandoffLock::is_requested).
    pub fn request(&self) {
        self.requested.store(true, Ordering::SeqCst);
    }

    pub fn is_requested(&self) -> bool {
        self.requested.load(Ordering::SeqCst)
    }

    /// To move what was requested before. `None`: the holder of the lock will do it.
    pub fn try_enter(&self) -> Option<MutexGuard<'_, T>> {
        let mut state = self.state.try_lock().or_else(|| {
            // Found locked before the note could be seen, its holder might have missed it.
            fence(Ordering::SeqCst);
            self.state.try_lock()
        })?;
        // Not a mere store: what was done before the note is to be seen here.
        self.requested.swap(false, Ordering::SeqCst);
        self.make_changes(&mut state);
        Some(state)
    }

    /// Makes the changes that found the lock held, in their order.
    fn make_changes(&self, state: &mut T) {
        if !self.has_changes.load(Ordering::SeqCst) {
            return;
        }
        loop {
            let mut changes = self.changes.lock();
            let Some(change) = changes.pop_front() else {
                self.has_changes.store(false, Ordering::SeqCst);
                return;
            };
            drop(changes);
            change(state);
        }
    }

    /// Makes a change to the state, behind all that were left before: now, or by the holder of the lock
    /// when it is done. Then `moves` what was requested meanwhile, with [`HandoffLock::request`] and
    /// [`HandoffLock::try_enter`].
    pub fn change(&self, change: impl FnOnce(&mut T) + Send + 'static, moves: impl FnOnce()) {
        let Some(mut state) = self.state.try_lock() else {
            let mut changes = self.changes.lock();
            changes.push_back(Box::new(change));
            self.has_changes.store(true, Ordering::SeqCst);
            drop(changes);
            self.request();
            return moves();
        };
        self.make_changes(&mut state);
        change(&mut state);
        drop(state);
        self.leave(moves);
    }

    /// Does something under the lock if nobody holds it.
    pub fn try_with<R>(&self, act: impl FnOnce(&mut T) -> R, moves: impl FnOnce()) -> Option<R> {
        let mut state = self.state.try_lock()?;
        self.make_changes(&mut state);
        let result = act(&mut state);
        drop(state);
        self.leave(moves);
        Some(result)
    }

    fn leave(&self, moves: impl FnOnce()) {
        if self.is_requested() {
            moves();
        }
    }
}
