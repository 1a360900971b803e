//! Contexts of `zmq.h`. Any thread; several may use a context at once.

use core::ffi::{c_int, c_void};
use core::ptr::{from_ref, null_mut};

use crate::capi::constants::ZMQ_IO_THREADS;
use crate::capi::{banner, block, guard_cold, object};
use crate::context::{Context, ContextSlot};
use crate::error::Result;
use crate::sys::cache;

/// A new context; null on failure.
///
/// No thread runs before the first socket is made.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_ctx_new() -> *mut c_void {
    guard_cold(null_mut(), || Ok(open(Context::default())))
}

fn open(context: Context) -> *mut c_void {
    banner::show_once();
    cache::prepare();
    from_ref(ContextSlot::open(context)).cast_mut().cast()
}

/// Ends a context: waits until its sockets are closed and have sent what they may.
///
/// `EFAULT`; `EINTR` leaves the context as it is, for another call; so does `pthread_cancel`.
///
/// # Safety
/// - `context_` is null or readable memory.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_ctx_term(context_: *mut c_void) -> c_int {
    // SAFETY: this is all that the function does; what the caller promises is handed on.
    unsafe {
        block(-1, async move |parker| {
            object::context(context_)?.terminate(parker).await?;
            Ok(0)
        })
    }
}

/// Makes every blocking call on the context's sockets fail with ETERM; does not wait.
///
/// # Safety
/// - `context_` is null or readable memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ctx_shutdown(context_: *mut c_void) -> c_int {
    // SAFETY: what the caller promises is handed on.
    unsafe {
        on_context(context_, |context| {
            context.shut_down();
            Ok(0)
        })
    }
}

/// Sets an option of a context.
///
/// # Safety
/// - `context_` is null or readable memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ctx_set(
    context_: *mut c_void,
    option_: c_int,
    optval_: c_int,
) -> c_int {
    // SAFETY: what the caller promises is handed on.
    unsafe { on_context(context_, |context| context.set(option_, optval_).map(|()| 0)) }
}

/// The value of an option of a context, or -1.
///
/// # Safety
/// - `context_` is null or readable memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_ctx_get(context_: *mut c_void, option_: c_int) -> c_int {
    // SAFETY: what the caller promises is handed on.
    unsafe { on_context(context_, |context| context.get(option_)) }
}

/// Deprecated: a new context with this number of I/O threads.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_init(io_threads_: c_int) -> *mut c_void {
    guard_cold(null_mut(), || {
        let context = Context::default();
        context.set(ZMQ_IO_THREADS, io_threads_)?;
        Ok(open(context))
    })
}

/// Deprecated name of zmq_ctx_term.
///
/// # Safety
/// - As for [`zmq_ctx_term`].
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_term(context_: *mut c_void) -> c_int {
    // SAFETY: what the caller promises is handed on.
    unsafe { zmq_ctx_term(context_) }
}

/// Deprecated name of zmq_ctx_term.
///
/// # Safety
/// - As for [`zmq_ctx_term`].
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_ctx_destroy(context_: *mut c_void) -> c_int {
    // SAFETY: what the caller promises is handed on.
    unsafe { zmq_ctx_term(context_) }
}

/// # Safety
/// - `handle` is null or readable memory.
unsafe fn on_context(handle: *mut c_void, call: impl FnOnce(&Context) -> Result<c_int>) -> c_int {
    guard_cold(-1, || {
        // SAFETY: what the caller promises is handed on.
        let context = unsafe { object::context(handle) }?.get()?;
        call(&context)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::errno;
    use crate::error::Errno;

    #[test]
    fn a_context_without_sockets_ends_at_once() {
        let context = zmq_ctx_new();
        // SAFETY: a handle, live or ended.
        unsafe {
            assert_eq!(zmq_ctx_set(context, ZMQ_IO_THREADS, 3), 0);
            assert_eq!(zmq_ctx_get(context, ZMQ_IO_THREADS), 3);
            assert_eq!(zmq_ctx_get(context, 12_345), -1);
            assert_eq!(errno(), Errno::EINVAL.0);
            assert_eq!([zmq_ctx_shutdown(context), zmq_ctx_shutdown(context)], [0, 0]);
            assert_eq!(zmq_ctx_term(context), 0);
            for answer in [zmq_ctx_term(context), zmq_ctx_shutdown(context), zmq_term(null_mut())] {
                assert_eq!(answer, -1);
            }
            assert_eq!(errno(), Errno::EFAULT.0);
        }
    }

    #[test]
    fn the_old_way_to_make_one() {
        assert!(zmq_init(-1).is_null());
        assert_eq!(errno(), Errno::EINVAL.0);
        let context = zmq_init(0);
        // SAFETY: a live handle.
        unsafe {
            assert_eq!(zmq_ctx_get(context, ZMQ_IO_THREADS), 0);
            assert_eq!(zmq_ctx_destroy(context), 0);
        }
    }
}
