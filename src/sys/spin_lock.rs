//! A lock that is held for nanoseconds: to append a frame, to swap a backlog, to do the work of a
//! socket's call. Taking it is one atomic step and giving it back a plain store. A lock that knows
//! its waiting threads needs a second atomic step; on the message path that is a fifth of the
//! cost.
//!
//! Unlocking wakes no thread. A thread that finds the lock held tries again: for a moment without
//! pause, then letting other threads run, then between short sleeps. So it is for locks that two
//! threads hardly ever want at once. A queue has one writer and one reader, and a socket belongs to
//! one thread at a time.
//!
//! It orders the accesses made under it, and nothing else: a read of another word after the
//! unlocking may come first. Where a thread that finds a lock held leaves a request for its holder,
//! use [`Mutex`](crate::sync::Mutex).

use core::hint::spin_loop;

use lock_api::{GuardNoSend, RawMutex};

use crate::sync::{AtomicBool, Ordering};
use crate::sys::thread::yield_now;

/// Attempts without a pause, and then attempts between which other threads may run, before the
/// first sleep.
const LOOKS: u32 = 100;
const YIELDS: u32 = 10;

/// The shortest and the longest sleep, in nanoseconds.
const SLEEPS: (i64, i64) = (50_000, 1_000_000);

/// See the module's documentation.
pub type SpinLock<T> = lock_api::Mutex<Raw, T>;

/// Access to the value that a [`SpinLock`] guards, for the thread that holds it.
pub type SpinLockGuard<'a, T> = lock_api::MutexGuard<'a, Raw, T>;

/// Whether the lock is held.
pub struct Raw(AtomicBool);

// SAFETY: only the thread that turned the word from false to true holds the lock, and turns it
// back.
unsafe impl RawMutex for Raw {
    const INIT: Raw = Raw(AtomicBool::new(false));

    type GuardMarker = GuardNoSend;

    #[inline]
    fn lock(&self) {
        if !self.try_lock() {
            self.lock_contended();
        }
    }

    #[inline]
    fn try_lock(&self) -> bool {
        self.0.compare_exchange(false, true, Ordering::Acquire, Ordering::Relaxed).is_ok()
    }

    #[inline]
    unsafe fn unlock(&self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Raw {
    #[cold]
    fn lock_contended(&self) {
        for _ in 0..LOOKS {
            spin_loop();
            if !self.0.load(Ordering::Relaxed) && self.try_lock() {
                return;
            }
        }
        for _ in 0..YIELDS {
            yield_now();
            if self.try_lock() {
                return;
            }
        }
        let mut nanos = SLEEPS.0;
        while !self.try_lock() {
            sleep(nanos);
            nanos = (nanos * 2).min(SLEEPS.1);
        }
    }
}

/// Sleeps by a call by number, because the C library's function is a cancellation point.
fn sleep(nanos: i64) {
    let time = libc::timespec { tv_sec: 0, tv_nsec: nanos as libc::c_long };
    // SAFETY: the time is readable; a null pointer asks for no remaining time.
    unsafe {
        libc::syscall(libc::SYS_nanosleep, &raw const time, core::ptr::null_mut::<libc::timespec>())
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn nobody_is_in_it_together() {
        const ROUNDS: u64 = 20_000;
        let count = SpinLock::new(0_u64);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    for _ in 0..ROUNDS {
                        let mut count = count.lock();
                        let seen = *count;
                        spin_loop();
                        *count = seen + 1;
                    }
                });
            }
        });
        assert_eq!(*count.lock(), 4 * ROUNDS);
    }

    #[test]
    fn who_waits_long_gets_it() {
        let lock = SpinLock::new(());
        let held = lock.lock();
        std::thread::scope(|scope| {
            let waiting = scope.spawn(|| drop(lock.lock()));
            std::thread::sleep(core::time::Duration::from_millis(5));
            assert!(!waiting.is_finished());
            drop(held);
        });
    }

    #[test]
    fn a_panic_gives_it_back() {
        let lock = SpinLock::new(());
        let panicked = catch_unwind(AssertUnwindSafe(|| {
            let _held = lock.lock();
            std::panic::resume_unwind(Box::new(()));
        }));
        assert!(panicked.is_err() && lock.try_lock().is_some());
    }
}
