//! The lock of a queue. The scheduler may stop the writer while it holds the lock. So the reader
//! does not wait: it sets a flag and goes on, and the writer wakes it.
//!
//! The writer checks that flag after it has unlocked, which on its own would need a full memory
//! barrier with each message. The reader seldom finds the lock held, so it makes that barrier for
//! both ([`membarrier`](crate::sys::membarrier)). Where the system has no such barrier the reader
//! waits.
//!
//! The module's names for locks and atomics come from its parent, because `gate_model.rs` runs this
//! very file in all kinds of orders.
#![forbid(unsafe_code)]

use super::primitives::{
    AtomicBool, Ordering, SpinLock, SpinLockGuard, compiler_fence, fence, membarrier,
};

/// How often the reader tries again before it sets the flag: a few microseconds, in which a running
/// writer has added its frame.
const LOOKS: u32 = if cfg!(test) { 1 } else { 200 };

/// See the module's documentation.
pub struct Gate<T> {
    state: SpinLock<T>,
    /// The reader found the lock held, and must be woken.
    asked: AtomicBool,
}

impl<T> Gate<T> {
    pub fn new(state: T) -> Gate<T> {
        Gate { state: SpinLock::new(state), asked: AtomicBool::new(false) }
    }

    /// For the writer, which calls [`Gate::was_asked`] once it has unlocked.
    #[inline(always)]
    pub fn write(&self) -> SpinLockGuard<'_, T> {
        self.state.lock()
    }

    /// Whether the reader set its flag while the writer held the lock, and must be woken.
    #[inline(always)]
    pub fn was_asked(&self) -> bool {
        // The lock is free, and this read must not move before that; the reader's barrier orders
        // the processor.
        compiler_fence(Ordering::SeqCst);
        self.asked.load(Ordering::Relaxed) && self.take_word()
    }

    #[cold]
    fn take_word(&self) -> bool {
        self.asked.swap(false, Ordering::SeqCst)
    }

    /// For the reader, which is woken later if it gets `None`.
    #[inline]
    pub fn read(&self) -> Option<SpinLockGuard<'_, T>> {
        self.state.try_lock().or_else(|| self.read_or_ask())
    }

    /// For the reader that tries again in any case if it gets `None`.
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
        // The writer either has unlocked by now, or will see the flag afterwards.
        let state = self.state.try_lock()?;
        self.asked.store(false, Ordering::SeqCst);
        Some(state)
    }
}
