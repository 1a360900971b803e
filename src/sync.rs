//! The one import point for locks and atomics.
//!
//! Locks are the standard library's: they are futexes without a global table and without
//! thread-local state. So a forked child may meet them and the library may be unloaded. A lock is
//! never left poisoned: a panic that crossed one is contained where it is caught. The connection or
//! context it happened in is given up there.
#![forbid(unsafe_code)]

use core::time::Duration;

pub use std::sync::atomic::{
    AtomicBool, AtomicI32, AtomicPtr, AtomicU8, AtomicU32, AtomicU64, AtomicUsize, Ordering,
    compiler_fence, fence,
};
pub use std::sync::{Arc, OnceLock, Weak};

pub use crossbeam_queue::SegQueue;

use std::sync::{MutexGuard as StdGuard, PoisonError, TryLockError};

/// A guard of a [`Mutex`].
pub type MutexGuard<'a, T> = StdGuard<'a, T>;

/// A mutual exclusion lock that ignores poisoning.
#[derive(Default)]
pub struct Mutex<T: ?Sized>(std::sync::Mutex<T>);

impl<T> Mutex<T> {
    pub const fn new(value: T) -> Self {
        Mutex(std::sync::Mutex::new(value))
    }
}

impl<T: ?Sized> Mutex<T> {
    /// Waits for the lock.
    #[inline]
    pub fn lock(&self) -> MutexGuard<'_, T> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the lock if no thread holds it.
    #[inline]
    pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
        match self.0.try_lock() {
            Ok(guard) => Some(guard),
            Err(TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(TryLockError::WouldBlock) => None,
        }
    }
}

/// The place where holders of a [`Mutex`] wait for each other.
#[derive(Default)]
pub struct Condvar(std::sync::Condvar);

impl Condvar {
    pub fn notify_all(&self) {
        self.0.notify_all();
    }

    /// Waits until the condition does not hold any more, or for so long.
    pub fn wait_while<'a, T>(
        &self,
        guard: MutexGuard<'a, T>,
        limit: Duration,
        condition: impl FnMut(&mut T) -> bool,
    ) -> MutexGuard<'a, T> {
        let waited = self.0.wait_timeout_while(guard, limit, condition);
        waited.unwrap_or_else(PoisonError::into_inner).0
    }
}
