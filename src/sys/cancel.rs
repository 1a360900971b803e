//! `pthread_cancel`, as far as this library has to know of it.
//!
//! It ends a thread by unwinding its stack, from whatever function of the C library acts on it: those
//! that may block, and also most others that make a system call. Rust lets such an unwinding pass
//! through frames only that have nothing to drop and catch nothing. So what has more than that to do
//! makes its system calls by number ([`libc::syscall`] never acts on a cancellation), or in a
//! [`CancelGuard`]; and a call that waits does so in a [`Parker`](super::parker::Parker).
//!
//! All of this concerns the calling thread only.

use core::ffi::{c_int, c_uint, c_void};
use core::marker::{PhantomData, PhantomPinned};
use core::ptr::null_mut;

const PTHREAD_CANCEL_DISABLE: c_int = 1;

unsafe extern "C" {
    fn pthread_setcancelstate(state: c_int, old: *mut c_int) -> c_int;
    fn _pthread_cleanup_push(
        buffer: *mut CleanupBuffer,
        routine: unsafe extern "C" fn(*mut c_void),
        argument: *mut c_void,
    );
    fn _pthread_cleanup_pop(buffer: *mut CleanupBuffer, execute: c_int);
}

unsafe extern "C-unwind" {
    fn pthread_testcancel();
    fn sleep(seconds: c_uint) -> c_uint;
    fn pthread_join(thread: libc::pthread_t, result: *mut *mut c_void) -> c_int;
}

/// While it exists the thread is not cancelled. A cancellation that comes meanwhile waits for the
/// next call that acts on one; the end of the guard does not.
pub struct CancelGuard {
    before: c_int,
    /// It belongs to the thread that made it.
    _thread: PhantomData<*mut ()>,
}

impl CancelGuard {
    #[inline]
    #[expect(clippy::new_without_default, reason = "it is an act, not a value")]
    pub fn new() -> CancelGuard {
        let mut before = 0;
        // SAFETY: a state that exists, and a place for the old one.
        unsafe { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &raw mut before) };
        CancelGuard { before, _thread: PhantomData }
    }
}

impl Drop for CancelGuard {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the state that the thread had; nothing is to be written.
        unsafe { pthread_setcancelstate(self.before, null_mut()) };
    }
}

/// Ends the thread if it was cancelled.
///
/// # Safety
/// - From here up to the application's own frames there is nothing to drop and nobody who catches.
#[inline]
pub unsafe fn point() {
    // SAFETY: what the caller promises.
    unsafe { pthread_testcancel() }
}

/// Sleeps as `sleep(3)`.
///
/// # Safety
/// - As for [`point`].
pub unsafe fn sleep_seconds(seconds: c_uint) {
    // SAFETY: what the caller promises.
    unsafe { sleep(seconds) };
}

/// Waits for the end of a thread.
///
/// # Safety
/// - As for [`point`].
/// - The thread can be joined, and nobody else does.
pub unsafe fn join(thread: libc::pthread_t) {
    // SAFETY: what the caller promises; there is no place for the result.
    unsafe { pthread_join(thread, null_mut()) };
}

/// The C library's `struct _pthread_cleanup_buffer`; no other C library's is larger.
#[repr(C)]
struct CleanupBuffer {
    routine: *mut c_void,
    argument: *mut c_void,
    kind: c_int,
    previous: *mut CleanupBuffer,
}

/// Something to be done when the thread is cancelled in this frame or below. A place on the stack;
/// it has no destructor.
pub struct Cleanup {
    buffer: CleanupBuffer,
    _pinned: PhantomPinned,
}

impl Cleanup {
    #[inline]
    #[expect(clippy::new_without_default, reason = "a place, good for nothing by itself")]
    pub fn new() -> Cleanup {
        let buffer = CleanupBuffer {
            routine: null_mut(),
            argument: null_mut(),
            kind: 0,
            previous: null_mut(),
        };
        Cleanup { buffer, _pinned: PhantomPinned }
    }

    /// From now on the end of the thread calls `routine(argument)`.
    ///
    /// # Safety
    /// - `this` is a local of a frame that lives until [`Cleanup::pop`], and is not touched between.
    /// - The routine may be called with the argument whenever the thread may be cancelled until then.
    /// - Pushes and pops of a thread are nested.
    #[inline]
    pub unsafe fn push(
        this: *mut Cleanup,
        routine: unsafe extern "C" fn(*mut c_void),
        argument: *mut c_void,
    ) {
        // SAFETY: what the caller promises is handed on; the buffer is writable.
        unsafe { _pthread_cleanup_push(&raw mut (*this).buffer, routine, argument) }
    }

    /// Undoes [`Cleanup::push`]; the routine is not called.
    ///
    /// # Safety
    /// - `this` is the one that was pushed last.
    #[inline]
    pub unsafe fn pop(this: *mut Cleanup) {
        // SAFETY: what the caller promises is handed on.
        unsafe { _pthread_cleanup_pop(&raw mut (*this).buffer, 0) }
    }
}
