//! One direction of a connection: its state behind a lock for which no thread waits.
//!
//! Any thread. A thread that finds the lock held leaves a request and goes on: to move bytes, or to
//! make a change to the state. Every holder of the lock looks for requests after unlocking, and
//! carries them out. So no holder may leave without a look.
//!
//! The module's names for locks and atomics come from its parent, because `handoff_lock_model.rs`
//! runs this very file in many interleavings.
#![forbid(unsafe_code)]

use std::collections::VecDeque;

use super::primitives::{AtomicBool, Mutex, MutexGuard, Ordering, fence};

/// A change left by a thread that found the lock held.
type Change<T> = Box<dyn FnOnce(&mut T) + Send>;

/// See the module's documentation.
pub struct HandoffLock<T> {
    state: Mutex<T>,
    requested: AtomicBool,
    /// Changes left by threads that found the lock held, oldest first. This lock is a leaf, held
    /// for a push or a pop.
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

    /// Requests that the direction moves its bytes. The calling function goes on with
    /// [`HandoffLock::try_enter`] while it [is requested](HandoffLock::is_requested).
    pub fn request(&self) {
        self.requested.store(true, Ordering::SeqCst);
    }

    pub fn is_requested(&self) -> bool {
        self.requested.load(Ordering::SeqCst)
    }

    /// Takes the lock and the requests made before. `None`: the holder of the lock will carry them
    /// out.
    pub fn try_enter(&self) -> Option<MutexGuard<'_, T>> {
        let mut state = self.state.try_lock().or_else(|| {
            // The first attempt may have found the lock held before the request was visible to its
            // holder. That holder might have missed the request.
            fence(Ordering::SeqCst);
            self.state.try_lock()
        })?;
        // A swap and not a store: it synchronizes with the request, so that earlier writes of the
        // requesting thread are visible here.
        self.requested.swap(false, Ordering::SeqCst);
        self.make_changes(&mut state);
        Some(state)
    }

    /// Makes the changes left by other threads, in their order.
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

    /// Makes a change to the state, behind all that were left before: now, or by the holder of the
    /// lock when it is done. Then calls `moves` for requests made meanwhile, with
    /// [`HandoffLock::request`] and [`HandoffLock::try_enter`].
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

    /// Does something under the lock if no thread holds it.
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
