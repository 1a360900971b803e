//! The threads that `zmq_threadstart` makes for the application.
//!
//! Not Rust's threads: the function in them may end by `pthread_exit`, be cancelled or throw, as
//! in any thread of a C program, and Rust's own would leave a thread-local destructor behind.

use crate::error::{Errno, Result};
use core::ffi::{c_int, c_void};
use core::mem::{MaybeUninit, transmute};
use core::ptr::{null, null_mut};

/// A C function to run in a thread.
type Function = unsafe extern "C" fn(*mut c_void);

#[derive(Clone, Copy)]
struct Start {
    function: unsafe extern "C-unwind" fn(*mut c_void),
    argument: *mut c_void,
}

/// Starts a joinable thread named "ZMQapp" with all signals blocked in it.
///
/// # Errors
/// What the system says, mostly `EAGAIN`.
///
/// # Safety
/// - `function` may be called with `argument` in another thread.
pub(super) unsafe fn start(function: Function, argument: *mut c_void) -> Result<libc::pthread_t> {
    // SAFETY: the two function types differ only in that the second may unwind.
    let function =
        unsafe { transmute::<Function, unsafe extern "C-unwind" fn(*mut c_void)>(function) };
    let start = Box::into_raw(Box::new(Start { function, argument }));
    let before = block_signals();
    let mut thread = MaybeUninit::<libc::pthread_t>::uninit();
    // SAFETY: the thread takes over `start`. `run` is called by C code that lets it unwind, which
    // the type in the binding cannot say.
    let failure = unsafe {
        let run = transmute::<
            extern "C-unwind" fn(*mut c_void) -> *mut c_void,
            extern "C" fn(*mut c_void) -> *mut c_void,
        >(run);
        libc::pthread_create(thread.as_mut_ptr(), null(), run, start.cast())
    };
    restore_signals(&before);
    if failure != 0 {
        // SAFETY: no thread has taken it over.
        drop(unsafe { Box::from_raw(start) });
        return Err(Errno(failure));
    }
    // SAFETY: written by pthread_create when it succeeds.
    Ok(unsafe { thread.assume_init() })
}

/// First function of the thread. Nothing here needs dropping while the application's function
/// runs: it may end the thread by unwinding.
extern "C-unwind" fn run(start: *mut c_void) -> *mut c_void {
    // SAFETY: made by `start` and handed over to this thread.
    let start = *unsafe { Box::from_raw(start.cast::<Start>()) };
    name_this_thread();
    // SAFETY: promised by the caller of `start`.
    unsafe { (start.function)(start.argument) }
    null_mut()
}

/// Blocks all signals in the calling thread, for a new thread to inherit, so that none can reach
/// it before it blocks them itself. Answers what was blocked before.
fn block_signals() -> libc::sigset_t {
    let mut all = MaybeUninit::<libc::sigset_t>::uninit();
    let mut before = MaybeUninit::<libc::sigset_t>::uninit();
    // SAFETY: both sets are written before they are read; the call cannot fail with a valid `how`.
    unsafe {
        libc::sigemptyset(before.as_mut_ptr());
        libc::sigfillset(all.as_mut_ptr());
        set_mask(all.as_ptr(), before.as_mut_ptr());
        before.assume_init()
    }
}

fn restore_signals(before: &libc::sigset_t) {
    // SAFETY: a valid set, and nothing to write.
    unsafe { set_mask(before, null_mut()) };
}

/// # Safety
/// - `new` is valid for reading; `old` is null or valid for writing.
unsafe fn set_mask(new: *const libc::sigset_t, old: *mut libc::sigset_t) -> c_int {
    // SAFETY: promised by the caller.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, new, old) }
}

/// Names help in a debugger only: failure is ignored.
fn name_this_thread() {
    let name = c"ZMQapp".as_ptr();
    #[cfg(any(target_os = "linux", target_os = "android"))]
    // SAFETY: the calling thread, and a C string.
    unsafe {
        libc::pthread_setname_np(libc::pthread_self(), name);
    }
    #[cfg(target_vendor = "apple")]
    // SAFETY: a C string.
    unsafe {
        libc::pthread_setname_np(name);
    }
    #[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
    let _ = name;
}
