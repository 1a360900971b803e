//! Wakes the threads that sleep on a word of memory; they sleep in a
//! [`Parker`](super::parker::Parker).

use crate::sync::AtomicU32;

/// Wakes all threads that sleep on `word`.
pub fn wake(word: &AtomicU32) {
    // SAFETY: the kernel only takes the address.
    unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAKE | libc::FUTEX_PRIVATE_FLAG,
            i32::MAX,
        )
    };
}
