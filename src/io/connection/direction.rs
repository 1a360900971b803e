//! One direction of a connection, and the note of who wanted it to move while somebody held its lock.
//!
//! Any thread. Who wants it to move does not wait for the lock: whoever holds it, for whatever it is,
//! looks for the note after letting go, and does the work. So no holder may leave without a look.
//!
//! The module's names for locks and atomics come from its parent, because `direction_model.rs` runs this
//! very file in all kinds of orders.
#![forbid(unsafe_code)]

use super::primitives::{AtomicBool, Mutex, MutexGuard, Ordering, fence};

/// See the module's documentation.
pub struct Direction<T> {
    state: Mutex<T>,
    wanted: AtomicBool,
}

impl<T> Direction<T> {
    pub fn new(state: T) -> Direction<T> {
        Direction { state: Mutex::new(state), wanted: AtomicBool::new(false) }
    }

    /// It has something to move. Whoever says so goes on with [`Direction::enter`] while it
    /// [is wanted](Direction::is_wanted).
    pub fn want(&self) {
        self.wanted.store(true, Ordering::SeqCst);
    }

    pub fn is_wanted(&self) -> bool {
        self.wanted.load(Ordering::SeqCst)
    }

    /// To move what was wanted before. `None`: who holds the lock will do it.
    pub fn enter(&self) -> Option<MutexGuard<'_, T>> {
        let state = self.state.try_lock().or_else(|| {
            // Found locked before the note could be seen, its holder might have missed it.
            fence(Ordering::SeqCst);
            self.state.try_lock()
        })?;
        // Not a mere store: what was done before the note is to be seen here.
        self.wanted.swap(false, Ordering::SeqCst);
        Some(state)
    }

    /// Waits for the lock and does something else under it; then `moves` what was wanted meanwhile.
    pub fn with<R>(&self, act: impl FnOnce(&mut T) -> R, moves: impl FnOnce()) -> R {
        let result = act(&mut self.state.lock());
        self.leave(moves);
        result
    }

    /// The same if nobody holds the lock.
    pub fn try_with<R>(&self, act: impl FnOnce(&mut T) -> R, moves: impl FnOnce()) -> Option<R> {
        let result = act(&mut *self.state.try_lock()?);
        self.leave(moves);
        Some(result)
    }

    fn leave(&self, moves: impl FnOnce()) {
        if self.is_wanted() {
            moves();
        }
    }
}
