//! Sockets of `zmq.h`.
//!
//! One thread at a time uses a socket; its lock makes a mistake harmless. A function here must not
//! run a free function of the application while it holds that lock.

use core::ffi::{c_char, c_int, c_void};
use core::ptr::{from_ref, null_mut};

use crate::capi::{MUST_BLOCK, block, guard, guard_cold, guard_first, object};
use crate::error::{Errno, Result};
use crate::msg::Msg;
use crate::msg::copy::copy;
use crate::options::SocketType;
use crate::queue::{Body, InBody, Incoming};
use crate::socket::{Core, Slot, receive_blocking, send_blocking, try_receive, try_send};

/// A new socket in a context; null on failure.
///
/// `EFAULT`, `EINVAL`, `ETERM`, `EMFILE`.
///
/// # Safety
/// - `context_` is null or readable memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_socket(context_: *mut c_void, type_: c_int) -> *mut c_void {
    guard_cold(null_mut(), || {
        // SAFETY: what the caller promises is handed on.
        let context = unsafe { object::context(context_) }?.get()?;
        if context.is_terminating() {
            return Err(Errno::ETERM);
        }
        context.check_room()?;
        let core = Core::new(&context, SocketType::from_number(type_)?)?;
        Ok(from_ref(Slot::open(core)).cast_mut().cast())
    })
}

/// Closes a socket; what is unsent is dealt with as ZMQ_LINGER says.
///
/// # Safety
/// - `s_` is null or readable memory.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_close(s_: *mut c_void) -> c_int {
    guard_cold(-1, || {
        // SAFETY: what the caller promises is handed on.
        let core = unsafe { object::socket(s_) }?.take()?;
        (*core).close();
        Ok(0)
    })
}

/// Sets an option of a socket.
///
/// # Safety
/// - `s_` is null or readable memory.
/// - `optval_` is null or valid for reading `optvallen_` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_setsockopt(
    s_: *mut c_void,
    option_: c_int,
    optval_: *const c_void,
    optvallen_: usize,
) -> c_int {
    // SAFETY: what the caller promises is handed on.
    unsafe {
        on_socket(s_, |core| {
            let value = match optval_.is_null() {
                true => None,
                false => Some(object::bytes(optval_, optvallen_).map_err(|_| Errno::EINVAL)?),
            };
            core.set_option(option_, value)
        })
    }
}

/// Writes the value of an option to optval_ and its length to optvallen_.
///
/// # Safety
/// - `s_` is null or readable memory.
/// - `optvallen_` is null or points to how many bytes can be written at `optval_`.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_getsockopt(
    s_: *mut c_void,
    option_: c_int,
    optval_: *mut c_void,
    optvallen_: *mut usize,
) -> c_int {
    // SAFETY: what the caller promises is handed on.
    guard(-1, || unsafe {
        object::socket(s_)?.with(|core| {
            if optval_.is_null() || optvallen_.is_null() {
                return Err(Errno::EFAULT);
            }
            let room = optvallen_.read().min(isize::MAX as usize);
            let out = core::slice::from_raw_parts_mut(optval_.cast(), room);
            optvallen_.write(core.get_option(option_, out)?);
            Ok(0)
        })
    })
}

/// Accepts connections at an endpoint.
///
/// # Safety
/// - `s_` is null or readable memory; `addr_` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_bind(s_: *mut c_void, addr_: *const c_char) -> c_int {
    // SAFETY: what the caller promises is handed on.
    unsafe { on_socket(s_, |core| core.bind(endpoint(addr_))) }
}

/// Connects to an endpoint, in the background where the transport needs time.
///
/// # Safety
/// - As for [`zmq_bind`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_connect(s_: *mut c_void, addr_: *const c_char) -> c_int {
    // SAFETY: what the caller promises is handed on.
    unsafe { on_socket(s_, |core| core.connect(endpoint(addr_))) }
}

/// Undoes a bind.
///
/// # Safety
/// - As for [`zmq_bind`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_unbind(s_: *mut c_void, addr_: *const c_char) -> c_int {
    // One operation for both, as it always was. SAFETY: what the caller promises is handed on.
    unsafe { zmq_disconnect(s_, addr_) }
}

/// Undoes a connect.
///
/// # Safety
/// - As for [`zmq_bind`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_disconnect(s_: *mut c_void, addr_: *const c_char) -> c_int {
    // SAFETY: what the caller promises is handed on.
    unsafe { on_socket(s_, |core| core.disconnect(endpoint(addr_))) }
}

/// Sends a copy of a buffer as one frame; the number of bytes sent, or -1.
///
/// # Safety
/// - `s_` is null or readable memory.
/// - `buf_` is valid for reading `len_` bytes, or `len_` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_send(
    s_: *mut c_void,
    buf_: *const c_void,
    len_: usize,
    flags_: c_int,
) -> c_int {
    let first = guard_first(move || {
        // SAFETY: what the caller promises is handed on.
        let (slot, bytes) = unsafe { (object::socket(s_)?, object::bytes(buf_, len_)?) };
        try_send::<true>(slot, Body::Copy(bytes), flags_)?;
        Ok(object::size(len_))
    });
    // SAFETY: the last thing that the function does; what the caller promises is handed on.
    if first != MUST_BLOCK { first } else { unsafe { wait_to_send(s_, buf_, len_, flags_) } }
}

/// The rest of [`zmq_send`].
///
/// # Safety
/// - As for [`zmq_send`], and for [`block`].
#[cold]
unsafe fn wait_to_send(s_: *mut c_void, buf_: *const c_void, len_: usize, flags_: c_int) -> c_int {
    // SAFETY: the last thing that the function does; what the caller promises is handed on.
    unsafe {
        block(-1, async move |parker| {
            let (slot, bytes) = (object::socket(s_)?, object::bytes(buf_, len_)?);
            send_blocking(parker, slot, Body::Copy(bytes), flags_).await?;
            Ok(object::size(len_))
        })
    }
}

/// Sends a buffer that never changes, without copying it.
///
/// # Safety
/// - `s_` is null or readable memory.
/// - `buf_` is valid for reading `len_` bytes for the rest of the process's life, or `len_` is 0.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_send_const(
    s_: *mut c_void,
    buf_: *const c_void,
    len_: usize,
    flags_: c_int,
) -> c_int {
    // SAFETY: what the caller promises is handed on.
    let parts = move || -> Result<_> {
        unsafe {
            let slot = object::socket(s_)?;
            object::bytes(buf_, len_)?;
            Ok((slot, Msg::constant(buf_.cast(), len_)))
        }
    };
    let first = guard_first(move || {
        let (slot, mut msg) = parts()?;
        try_send::<false>(slot, Body::Own(&mut msg), flags_)?;
        Ok(object::size(len_))
    });
    if first != MUST_BLOCK {
        return first;
    }
    // SAFETY: the last thing that the function does.
    unsafe {
        block(-1, async move |parker| {
            let (slot, mut msg) = parts()?;
            send_blocking(parker, slot, Body::Own(&mut msg), flags_).await?;
            Ok(object::size(len_))
        })
    }
}

/// Receives one frame into a buffer and cuts what does not fit; the size of the frame, or -1.
///
/// # Safety
/// - `s_` is null or readable memory.
/// - `buf_` is null or valid for writing `len_` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_recv(
    s_: *mut c_void,
    buf_: *mut c_void,
    len_: usize,
    flags_: c_int,
) -> c_int {
    let first = guard_first(move || {
        // A frame with a free function of the application: to be ended when the lock is released.
        let mut whole = None;
        // SAFETY: what the caller promises is handed on.
        let received = unsafe {
            let (slot, whole) = (receiver(s_, buf_, len_)?, &mut whole);
            try_receive(slot, flags_, move |frame| copy_out(frame, buf_, len_, whole))
        };
        end_whole(whole);
        received
    });
    // SAFETY: the last thing that the function does; what the caller promises is handed on.
    if first != MUST_BLOCK { first } else { unsafe { wait_to_receive(s_, buf_, len_, flags_) } }
}

/// The socket to receive from into a buffer; `ENOTSOCK`, `EFAULT`.
///
/// # Safety
/// - As for [`zmq_recv`].
#[inline(always)]
unsafe fn receiver(s_: *mut c_void, buf_: *mut c_void, len_: usize) -> Result<&'static Slot> {
    // SAFETY: what the caller promises is handed on.
    let slot = unsafe { object::socket(s_) }?;
    if buf_.is_null() && len_ != 0 { Err(Errno::EFAULT) } else { Ok(slot) }
}

/// The rest of [`zmq_recv`].
///
/// # Safety
/// - As for [`zmq_recv`], and for [`block`].
#[cold]
unsafe fn wait_to_receive(s_: *mut c_void, buf_: *mut c_void, len_: usize, flags_: c_int) -> c_int {
    // SAFETY: the last thing that the function does; what the caller promises is handed on.
    unsafe {
        block(-1, async move |parker| {
            let mut whole = None;
            let take = |frame: Incoming<'_>| copy_out(frame, buf_, len_, &mut whole);
            let received = receive_blocking(parker, receiver(s_, buf_, len_)?, flags_, take).await;
            end_whole(whole);
            received
        })
    }
}

/// Ends a message that was received: it belongs to the application, which has its bytes.
#[inline(always)]
fn end_whole(whole: Option<Msg>) {
    if let Some(msg) = whole {
        msg.end();
    }
}

/// Copies what fits, and answers the size of the frame. A message that must not end under the
/// socket's lock is left in `whole`.
///
/// # Safety
/// - `buffer` is valid for writing `room` bytes, or `room` is 0.
#[inline(always)]
unsafe fn copy_out(
    frame: Incoming<'_>,
    buffer: *mut c_void,
    room: usize,
    whole: &mut Option<Msg>,
) -> c_int {
    match frame.body {
        // SAFETY: what the caller promises is handed on.
        InBody::Slice(bytes) => unsafe { copy_bytes(bytes, buffer, room) },
        // SAFETY: the same.
        InBody::Whole(msg) => unsafe { copy_whole(msg, buffer, room, whole) },
    }
}

/// # Safety
/// - As for [`copy_out`].
#[inline(always)]
unsafe fn copy_bytes(bytes: &[u8], buffer: *mut c_void, room: usize) -> c_int {
    let copied = bytes.len().min(room);
    if copied != 0 {
        // SAFETY: not more than the caller promises can be written, and not more than there is; the
        // frame is the library's memory, or at least not being written.
        unsafe { copy(bytes.as_ptr(), buffer.cast(), copied) };
    }
    object::size(bytes.len())
}

/// # Safety
/// - As for [`copy_out`].
#[cold]
unsafe fn copy_whole(
    msg: &mut Msg,
    buffer: *mut c_void,
    room: usize,
    whole: &mut Option<Msg>,
) -> c_int {
    // SAFETY: what the caller promises is handed on.
    let size = unsafe { copy_bytes(msg.data(), buffer, room) };
    *whole = Some(msg.take());
    size
}

/// Reports events of a socket to an inproc endpoint; a null endpoint ends it.
///
/// # Safety
/// - As for [`zmq_bind`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_socket_monitor(
    s_: *mut c_void,
    addr_: *const c_char,
    events_: c_int,
) -> c_int {
    // SAFETY: what the caller promises is handed on.
    unsafe {
        on_socket(s_, |core| {
            let endpoint = if addr_.is_null() { None } else { Some(endpoint(addr_)) };
            core.monitor(endpoint, events_)
        })
    }
}

/// A null endpoint is as wrong as an empty one, and said to be so in the same order.
///
/// # Safety
/// - `text` is null or a C string that lives as long as `'a`.
unsafe fn endpoint<'a>(text: *const c_char) -> &'a [u8] {
    // SAFETY: what the caller promises is handed on.
    unsafe { object::text(text) }.unwrap_or_default()
}

/// # Safety
/// - `handle` is null or readable memory.
unsafe fn on_socket(handle: *mut c_void, call: impl FnOnce(&mut Core) -> Result<()>) -> c_int {
    guard_cold(-1, || {
        // SAFETY: what the caller promises is handed on.
        unsafe { object::socket(handle) }?.with(call)?;
        Ok(0)
    })
}
