//! The lock of a queue. The writer may be stopped while it holds it, by a scheduler that has no core for it;
//! so the reader does not wait for it: it leaves word and goes on, and the writer tells it.
//!
//! The writer looks for such word after it has let go, which on its own would need a full memory barrier with
//! each message. The reader, which meets the writer seldom, makes that barrier for both
//! ([`membarrier`](crate::sys::membarrier)). Where the system has no such barrier the reader waits.
//!
//! The module's names for locks and atomics come from its parent, because `gate_model.rs` runs this very file
//! in all kinds of orders.
#![forbid(unsafe_code)]

use super::primitives::{
    AtomicBool, Ordering, SpinLock, SpinLockGuard, compiler_fence, fence, membarrier,
};

/// How often the reader looks again before it leaves word: a few microseconds, in which a writer that runs
/// has added its frame.
const LOOKS: u32 = if cfg!(test) { 1 } else { 200 };

/// See the module's documentation.
pub struct Gate<T> {
    state: SpinLock<T>,
    /// The reader found the lock held, and wants to be told.
    asked: AtomicBool,
}

impl<T> Gate<T> {
    pub fn new(state: T) -> Gate<T> {
        Gate { state: SpinLock::new(state), asked: AtomicBool::new(false) }
    }

    /// For the writer, which calls [`Gate::was_asked`] once it has let go.
    #[inline(always)]
    pub fn write(&self) -> SpinLockGuard<'_, T> {
        self.state.lock()
    }

    /// Whether the reader left word while the writer held the lock, and is to be told.
    #[inline(always)]
    pub fn was_asked(&self) -> bool {
        // The lock is free, and nothing of the look comes before that: for the processor the reader sees to it.
        compiler_fence(Ordering::SeqCst);
        self.asked.load(Ordering::Relaxed) && self.take_word()
    }

    #[cold]
    fn take_word(&self) -> bool {
        self.asked.swap(false, Ordering::SeqCst)
    }

    /// For the reader, which is told later if it gets `None`.
    #[inline]
    pub fn read(&self) -> Option<SpinLockGuard<'_, T>> {
        self.state.try_lock().or_else(|| self.read_or_ask())
    }

    /// For the reader that asks again anyhow if it gets `None`.
    pub fn read_if_free(&self) -> Option<SpinLockGuard<'_, T>> {
        self.state.try_lock()
    }

    #[cold]
    fn read_or_ask(&self) -> Option<SpinLockGuard<'_, T>> {
        membarrier::request();
        for _ in 0..LOOKS {
            core::hint::spin_loop();
            if let Some(state) = self.state.try_lock() {
                return Some(state);
            }
        }
        self.asked.store(true, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        if !membarrier::in_all_threads() {
            self.asked.store(false, Ordering::SeqCst);
            return Some(self.state.lock());
        }
        // The writer either has let go by now, or will see the word afterwards.
        let state = self.state.try_lock()?;
        self.asked.store(false, Ordering::SeqCst);
        Some(state)
    }
}
