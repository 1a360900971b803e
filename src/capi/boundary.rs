//! What every function of the C interface does on its way out: errno, and panics kept inside.
//!
//! Any thread; errno is the C library's own, of the calling thread.

use crate::error::{Errno, Result};
use core::ffi::c_int;
use std::panic::{AssertUnwindSafe, catch_unwind};

#[cfg(any(target_os = "linux", target_os = "emscripten", target_os = "hurd"))]
use libc::__errno_location as errno_location;

#[cfg(any(target_os = "android", target_os = "netbsd", target_os = "openbsd"))]
use libc::__errno as errno_location;

#[cfg(any(target_vendor = "apple", target_os = "freebsd", target_os = "dragonfly"))]
use libc::__error as errno_location;

/// The calling thread's errno.
pub(crate) fn errno() -> c_int {
    // SAFETY: the C library answers with the address of the calling thread's errno.
    unsafe { *errno_location() }
}

/// Writes the calling thread's errno.
pub(crate) fn set_errno(error: Errno) {
    // SAFETY: the C library answers with the address of the calling thread's errno.
    unsafe { *errno_location() = error.0 }
}

/// Runs the body of a C function: answers `failure` with errno set when it fails, and also
/// (`EFAULT`) when it panics.
///
/// No callback of the application may be called in `body`: an exception of another language, or
/// a cancelled thread, cannot unwind through here. `T` is plain data, so nothing is dropped once
/// errno is set.
#[inline]
pub(crate) fn guard<T: Copy>(failure: T, body: impl FnOnce() -> Result<T>) -> T {
    let error = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => return value,
        Ok(Err(error)) => error,
        Err(payload) => {
            // Dropping what was thrown could panic again.
            core::mem::forget(payload);
            Errno::EFAULT
        }
    };
    set_errno(error);
    failure
}

#[cfg(test)]
mod tests {
    use super::*;

    struct SpoilsErrno;

    impl Drop for SpoilsErrno {
        fn drop(&mut self) {
            set_errno(Errno::EPROTO);
        }
    }

    #[test]
    fn errno_is_written_after_locals_are_dropped() {
        let failed = guard(-1, || {
            let _local = SpoilsErrno;
            Err(Errno::EAGAIN)
        });
        assert_eq!((failed, errno()), (-1, Errno::EAGAIN.0));
    }

    #[test]
    fn success_keeps_errno() {
        set_errno(Errno::EINTR);
        assert_eq!(guard(-1, || Ok(3)), 3);
        assert_eq!(errno(), Errno::EINTR.0);
    }

    #[test]
    fn a_panic_is_a_failure() {
        // The value that is thrown is not a message, so that no hook prints one.
        let failed = guard(-1, || std::panic::resume_unwind(Box::new(SpoilsErrno)));
        assert_eq!((failed, errno()), (-1, Errno::EFAULT.0));
    }
}
