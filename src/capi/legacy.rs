//! Functions of `zmq.h` that are there for old programs only.

use core::ffi::{c_int, c_void};
use core::ptr::null_mut;

use crate::capi::message::{zmq_msg_recv, zmq_msg_send};
use crate::capi::proxy::zmq_proxy;
use crate::capi::types::zmq_msg_t;
use crate::capi::{block, object};
use crate::error::{Errno, Result};
use crate::options::numbers::ZMQ_SNDMORE;
use crate::queue::Body;
use crate::socket::{Slot, receive, send};
use crate::sys::parker::Parker;

/// Deprecated name of zmq_proxy, without capture.
///
/// # Safety
/// - Each handle is null or readable memory.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_device(
    type_: c_int,
    frontend_: *mut c_void,
    backend_: *mut c_void,
) -> c_int {
    let _ = type_;
    // SAFETY: what the caller promises is handed on.
    unsafe { zmq_proxy(frontend_, backend_, null_mut()) }
}

/// Deprecated: zmq_msg_send with the socket first.
///
/// # Safety
/// - As for [`zmq_msg_send`].
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_sendmsg(
    s_: *mut c_void,
    msg_: *mut zmq_msg_t,
    flags_: c_int,
) -> c_int {
    // SAFETY: what the caller promises is handed on.
    unsafe { zmq_msg_send(msg_, s_, flags_) }
}

/// Deprecated: zmq_msg_recv with the socket first.
///
/// # Safety
/// - As for [`zmq_msg_recv`].
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_recvmsg(
    s_: *mut c_void,
    msg_: *mut zmq_msg_t,
    flags_: c_int,
) -> c_int {
    // SAFETY: what the caller promises is handed on.
    unsafe { zmq_msg_recv(msg_, s_, flags_) }
}

/// Deprecated: sends each buffer as one frame.
///
/// With `ZMQ_SNDMORE` they are one message. Answers the size of the last frame, or -1.
///
/// # Safety
/// - `s_` is null or readable memory.
/// - `iov_` is null or points to `count_` readable buffers.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_sendiov(
    s_: *mut c_void,
    iov_: *mut libc::iovec,
    count_: usize,
    flags_: c_int,
) -> c_int {
    // SAFETY: this is all that the function does; what the caller promises is handed on.
    unsafe {
        block(-1, async move |parker| {
            let slot = object::socket(s_)?;
            if count_ == 0 || iov_.is_null() {
                return Err(Errno::EINVAL);
            }
            let mut size = 0;
            for n in 0..count_ {
                // SAFETY: within the buffers that the caller promises.
                let buffer = iov_.add(n).read();
                let bytes = object::bytes(buffer.iov_base, buffer.iov_len)?;
                let last = n + 1 == count_;
                let flags = if last { flags_ & !ZMQ_SNDMORE } else { flags_ };
                send(parker, slot, Body::Copy(bytes), flags).await?;
                size = object::size(bytes.len());
            }
            Ok(size)
        })
    }
}

/// Deprecated: receives frames into buffers from malloc; the caller frees them.
///
/// Takes one message, at most `count_` frames of it, and answers how many they were, or -1;
/// `count_` says it in both cases.
///
/// # Safety
/// - `s_` is null or readable memory.
/// - `count_` is null, or points to how many entries can be written at `iov_`.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_recviov(
    s_: *mut c_void,
    iov_: *mut libc::iovec,
    count_: *mut usize,
    flags_: c_int,
) -> c_int {
    // SAFETY: this is all that the function does; what the caller promises is handed on.
    unsafe {
        block(-1, async move |parker| {
            let slot = object::socket(s_)?;
            // SAFETY: not null, and the caller promises that it can be read.
            if count_.is_null() || iov_.is_null() || count_.read() == 0 {
                return Err(Errno::EINVAL);
            }
            // SAFETY: as above.
            let room = count_.replace(0);
            for n in 0..room {
                let (buffer, more) = receive_buffer(parker, slot, flags_).await?;
                // SAFETY: within the entries that the caller promises, and as above.
                iov_.add(n).write(buffer);
                count_.write(n + 1);
                if !more {
                    return Ok(object::size(n + 1));
                }
            }
            Ok(object::size(room))
        })
    }
}

/// A frame in a buffer from malloc, and whether more of the message follows.
async fn receive_buffer(parker: &Parker, slot: &Slot, flags: c_int) -> Result<(libc::iovec, bool)> {
    let frame = receive(parker, slot, flags, |frame| frame.into_msg()).await??;
    let len = frame.len();
    // SAFETY: a size that is not 0, so that null means failure.
    let data = unsafe { libc::malloc(len.max(1)) };
    if data.is_null() {
        return Err(Errno::ENOMEM);
    }
    // SAFETY: as many bytes were just allocated.
    unsafe { core::ptr::copy_nonoverlapping(frame.data().as_ptr(), data.cast(), len) };
    let more = frame.more();
    frame.end();
    Ok((libc::iovec { iov_base: data, iov_len: len }, more))
}
