//! Proxies of `zmq.h`. The calling thread does the work, and uses the sockets meanwhile.

use core::ffi::{c_int, c_void};
use core::ptr::null_mut;

use crate::capi::{block, object};
use crate::error::Errno;
use crate::proxy::{self, Proxy};

/// Passes messages between two sockets until the context ends; copies go to capture_.
///
/// Answers -1 always, mostly with `ETERM`; also `EFAULT`, `ENOTSOCK`, `EINTR`.
///
/// # Safety
/// - Each handle is null or readable memory.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_proxy(
    frontend_: *mut c_void,
    backend_: *mut c_void,
    capture_: *mut c_void,
) -> c_int {
    // SAFETY: what the caller promises is handed on.
    unsafe { zmq_proxy_steerable(frontend_, backend_, capture_, null_mut()) }
}

/// A proxy that obeys PAUSE, RESUME, TERMINATE and STATISTICS on a control socket.
///
/// 0 after `TERMINATE`, else as [`zmq_proxy`].
///
/// # Safety
/// - Each handle is null or readable memory.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_proxy_steerable(
    frontend_: *mut c_void,
    backend_: *mut c_void,
    capture_: *mut c_void,
    control_: *mut c_void,
) -> c_int {
    // SAFETY: this is all that the function does; what the caller promises is handed on.
    unsafe {
        block(-1, async move |parker| {
            if frontend_.is_null() || backend_.is_null() {
                return Err(Errno::EFAULT);
            }
            let proxy = Proxy {
                front: object::socket(frontend_)?,
                back: object::socket(backend_)?,
                capture: object::socket_if_any(capture_)?,
                control: object::socket_if_any(control_)?,
            };
            proxy::run(parker, &proxy).await?;
            Ok(0)
        })
    }
}
