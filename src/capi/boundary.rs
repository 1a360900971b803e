//! The way out of every function of the C interface: errno, and panics kept inside. And
//! how those sleep that may have to wait.
//!
//! Any thread; errno is the C library's own, of the calling thread.

use core::ffi::{c_int, c_void};
use core::future::Future;
use core::mem::{ManuallyDrop, forget, needs_drop};
use core::pin::Pin;
use core::ptr::{drop_in_place, from_ref};
use core::task::{Context, Poll, Waker};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Errno, Result};
use crate::socket::{Attempt, Tried};
use crate::sys::cancel::{self, CancelGuard, Cleanup};
use crate::sys::parker::Parker;

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
/// No exception of another language and no end of the thread can unwind through here. So `body`
/// calls nothing of the application's but free functions, which may not unwind anyway, and makes
/// system calls of the message path only, which are no cancellation points (see [`guard_cold`]).
/// `T` is plain data, so nothing is dropped once errno is set.
#[inline]
pub(crate) fn guard<T: Copy>(failure: T, body: impl FnOnce() -> Result<T>) -> T {
    match catch(body) {
        Ok(value) => value,
        Err(error) => {
            set_errno(error);
            failure
        }
    }
}

#[inline]
fn catch<T: Copy, E: From<Errno>>(
    body: impl FnOnce() -> core::result::Result<T, E>,
) -> core::result::Result<T, E> {
    match catch_unwind(AssertUnwindSafe(body)) {
        Ok(answer) => answer,
        Err(payload) => {
            // Dropping what was thrown could panic again.
            forget(payload);
            Err(Errno::EFAULT.into())
        }
    }
}

/// The answer of [`guard_first`] when the call has to go on in [`block`].
pub(crate) const MUST_BLOCK: c_int = -2;

/// As [`guard`], for a first try that may not be enough.
#[inline]
pub(crate) fn guard_first(body: impl FnOnce() -> Tried<c_int>) -> c_int {
    match catch(body) {
        Ok(value) => value,
        Err(Attempt::MustBlock) => MUST_BLOCK,
        Err(Attempt::Failed(error)) => {
            set_errno(error);
            -1
        }
    }
}

/// As [`guard`], for whatever may make system calls beyond those of the message path: the thread is
/// not cancelled in `body`.
pub(crate) fn guard_cold<T: Copy>(failure: T, body: impl FnOnce() -> Result<T>) -> T {
    let _guard = CancelGuard::new();
    guard(failure, body)
}

/// Runs a call that may wait, as [`guard`] would; a cancelled thread ends before the call or
/// while it sleeps, and then what the call holds is dropped.
///
/// # Safety
/// - Only a function of the C interface calls this, as the last thing it does: there is nothing in
///   its frame to be dropped.
#[inline(never)]
pub(crate) unsafe fn block<T: Copy, C>(failure: T, call: C) -> T
where
    C: AsyncFnOnce(&Parker) -> Result<T>,
{
    // This frame ends without more ado when the thread is cancelled. So nothing in it is dropped
    // by the compiler, but by `step` and `abandon`.
    const { assert!(!needs_drop::<C>(), "a call captures plain data") };
    // SAFETY: nothing here, and nothing in the caller's frame, as it promises.
    unsafe { cancel::point() };
    let parker = ManuallyDrop::new(Parker::new());
    let mut call = ManuallyDrop::new(call(&parker));
    let mut sleeper = ParkedCall { parker: from_ref(&*parker), call: &raw mut *call };
    // SAFETY: the call has not ended, and is used by nobody else.
    if let Some(answer) = unsafe { step(failure, &raw const sleeper) } {
        return answer;
    }
    let mut cleanup = Cleanup::new();
    let cleanup = &raw mut cleanup;
    // SAFETY: the call is used through `sleeper` only, and by one at a time: `abandon` ends it when
    // the thread is cancelled in `sleep`, else `step` does. Nothing of this frame needs dropping
    // while it sleeps, nor of the caller's, as it promises.
    unsafe {
        Cleanup::push(cleanup, abandon_of(&sleeper), (&raw mut sleeper).cast());
        loop {
            parker.sleep();
            if let Some(answer) = step(failure, &raw const sleeper) {
                Cleanup::pop(cleanup);
                return answer;
            }
        }
    }
}

/// A call that has begun, and where it sleeps. Both are in the frame of [`block`].
struct ParkedCall<F> {
    parker: *const Parker,
    call: *mut F,
}

impl<F> ParkedCall<F> {
    /// # Safety
    /// - The call has not ended, and is used by nobody else.
    unsafe fn end(&self) {
        // SAFETY: what the caller promises; the parker outlives the call.
        unsafe {
            drop_in_place(self.call);
            (*self.parker).clear();
        }
    }
}

/// Lets the call go on until it has to sleep, or to its end: then it is dropped, and this is its
/// answer.
///
/// # Safety
/// - The call has not ended, and is used by nobody else.
unsafe fn step<T: Copy, F>(failure: T, sleeper: *const ParkedCall<F>) -> Option<T>
where
    F: Future<Output = Result<T>>,
{
    /// Ends the call, also when it panics.
    struct Ending<'a, F>(&'a ParkedCall<F>);

    impl<F> Drop for Ending<'_, F> {
        fn drop(&mut self) {
            // SAFETY: `step` was promised that it may.
            unsafe { self.0.end() }
        }
    }

    guard(Some(failure), || {
        // SAFETY: the sleeper outlives the step. The call stays where it is until it is dropped.
        let (ending, call) = unsafe {
            let sleeper = &*sleeper;
            (Ending(sleeper), Pin::new_unchecked(&mut *sleeper.call))
        };
        match call.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => answer.map(Some),
            Poll::Pending => {
                forget(ending);
                Ok(None)
            }
        }
    })
}

fn abandon_of<F>(_: &ParkedCall<F>) -> unsafe extern "C" fn(*mut c_void) {
    abandon::<F>
}

/// Ends a call for a thread that is cancelled in its sleep.
///
/// # Safety
/// - It is a sleeper whose call has not ended and is used by nobody else.
unsafe extern "C" fn abandon<F>(sleeper: *mut c_void) {
    guard((), || {
        // SAFETY: what the caller promises.
        unsafe { (*sleeper.cast::<ParkedCall<F>>()).end() };
        Ok(())
    });
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
