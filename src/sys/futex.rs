//! Sleeping on a word of memory.
//!
//! Blocking calls have to return `EINTR` after a signal handler ran, even one installed with
//! `SA_RESTART`. The kernel restarts a futex wait without a time limit, but not one with a limit;
//! so every wait has one.

use core::time::Duration;

use crate::error::{Errno, Result};
use crate::sync::AtomicU32;

/// The limit of a wait that has none.
const LONG: Duration = Duration::from_secs(3600);

/// Sleeps while `word` is `expected`, at most for `timeout`. `Ok` when woken or when the word
/// differs (also now and then without a reason), `EINTR`, or `ETIMEDOUT`.
pub fn wait(word: &AtomicU32, expected: u32, timeout: Option<Duration>) -> Result<()> {
    let limit = timeout.unwrap_or(LONG).min(LONG);
    let limit = libc::timespec {
        tv_sec: limit.as_secs() as libc::time_t,
        tv_nsec: limit.subsec_nanos() as _,
    };
    // SAFETY: the word and the time live through the call.
    let rc = unsafe {
        libc::syscall(
            libc::SYS_futex,
            word.as_ptr(),
            libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
            expected,
            &raw const limit,
        )
    };
    if rc == 0 {
        return Ok(());
    }
    match Errno::last() {
        Errno::EINTR => Err(Errno::EINTR),
        Errno::ETIMEDOUT if timeout.is_some_and(|t| t <= LONG) => Err(Errno::ETIMEDOUT),
        _ => Ok(()),
    }
}

/// Wakes everybody who sleeps on `word`.
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
