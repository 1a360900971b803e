//! `pthread_cancel`, as far as this library has to know of it.
//!
//! A cancellation ends a thread by unwinding its stack, out of any function of the C library that
//! acts on it. Functions that may block act on it, and so do most others that make a system call.
//! Rust lets the unwinding pass only through frames that have nothing to drop and catch nothing.
//! Other code makes its system calls by number ([`libc::syscall`] never acts on a cancellation), or
//! holds a [`CancelGuard`]. A call that waits does so in a [`Parker`](super::parker::Parker).
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

/// Keeps its thread from being cancelled while it exists. A cancellation that comes meanwhile waits
/// for the next call that acts on one; the end of the guard does not act on it.
pub struct CancelGuard {
    before: c_int,
    /// Ties the guard to the thread that made it.
    _thread: PhantomData<*mut ()>,
}

impl CancelGuard {
    #[inline]
    #[expect(clippy::new_without_default, reason = "it is an act, not a value")]
    pub fn new() -> CancelGuard {
        let mut before = 0;
        // SAFETY: the state exists, and there is a place for the old one.
        unsafe { pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &raw mut before) };
        CancelGuard { before, _thread: PhantomData }
    }
}

impl Drop for CancelGuard {
    #[inline]
    fn drop(&mut self) {
        // SAFETY: the thread had this state before; a null pointer asks for no old state.
        unsafe { pthread_setcancelstate(self.before, null_mut()) };
    }
}

/// Ends the thread if it was cancelled.
///
/// # Safety
/// - From here up to the application's own frames there is nothing to drop, and no frame catches.
#[inline]
pub unsafe fn point() {
    // SAFETY: the caller promises that nothing up to the application's frames drops or catches.
    unsafe { pthread_testcancel() }
}

/// Sleeps as `sleep(3)` does.
///
/// # Safety
/// - The contract of [`point`] holds.
pub unsafe fn sleep_seconds(seconds: c_uint) {
    // SAFETY: the caller promises that nothing up to the application's frames drops or catches.
    unsafe { sleep(seconds) };
}

/// Waits for the end of a thread.
///
/// # Safety
/// - The contract of [`point`] holds.
/// - The thread can be joined, and no other thread joins it.
pub unsafe fn join(thread: libc::pthread_t) {
    // SAFETY: the caller promises a joinable thread; a null pointer asks for no result.
    unsafe { pthread_join(thread, null_mut()) };
}

/// The C library's `struct _pthread_cleanup_buffer`; no other C library has a larger one.
#[repr(C)]
struct CleanupBuffer {
    routine: *mut c_void,
    argument: *mut c_void,
    kind: c_int,
    previous: *mut CleanupBuffer,
}

/// A function to call when the thread is cancelled in this frame or below. It lies on the stack and
/// has no destructor.
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

    /// Makes the end of the thread call `routine(argument)` from now on.
    ///
    /// # Safety
    /// - `this` is a local of a frame that lives until [`Cleanup::pop`], and is not touched
    ///   meanwhile.
    /// - Until then the routine may be called with the argument whenever the thread may be
    ///   cancelled.
    /// - Pushes and pops of a thread are nested.
    #[inline]
    pub unsafe fn push(
        this: *mut Cleanup,
        routine: unsafe extern "C" fn(*mut c_void),
        argument: *mut c_void,
    ) {
        // SAFETY: the caller promises that the buffer lives and stays; it is writable.
        unsafe { _pthread_cleanup_push(&raw mut (*this).buffer, routine, argument) }
    }

    /// Undoes [`Cleanup::push`]; the routine is not called.
    ///
    /// # Safety
    /// - `this` is the buffer that was pushed last.
    #[inline]
    pub unsafe fn pop(this: *mut Cleanup) {
        // SAFETY: the caller promises that this buffer was pushed last.
        unsafe { _pthread_cleanup_pop(&raw mut (*this).buffer, 0) }
    }
}
