//! Messages of `zmq.h`.
//!
//! A message belongs to the thread that uses it. The application's memory need not hold a message:
//! that is found out before anything else is read.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::ptr::{null, null_mut};

use crate::capi::constants::{ZMQ_MORE, ZMQ_SHARED, ZMQ_SRCFD};
use crate::capi::types::{FreeFn, zmq_msg_t};
use crate::capi::{MUST_BLOCK, block, guard, guard_first, object, set_errno};
use crate::error::{Errno, Result};
use crate::msg::{Foreign, Msg};
use crate::queue::Body;
use crate::socket::{self, Attempt, Tried};

/// Makes an empty message.
///
/// # Safety
/// - `msg_` is null or valid for writing; what it held before is not given up.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_init(msg_: *mut zmq_msg_t) -> c_int {
    // SAFETY: what the caller promises is handed on.
    unsafe { init(msg_, || Ok(Msg::new())) }
}

/// Makes a message of this size; its content is not initialised.
///
/// # Safety
/// - As for [`zmq_msg_init`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_init_size(msg_: *mut zmq_msg_t, size_: usize) -> c_int {
    // SAFETY: what the caller promises is handed on.
    unsafe { init(msg_, || Msg::with_size(size_)) }
}

/// Makes a message of the caller's buffer; ffn_ frees it after the last use, on any thread.
///
/// Without `ffn_` the buffer is never freed. On failure it stays the caller's.
///
/// # Safety
/// - As for [`zmq_msg_init`].
/// - `data_` is valid for `size_` bytes until `ffn_` is called with it and `hint_`, on any thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_init_data(
    msg_: *mut zmq_msg_t,
    data_: *mut c_void,
    size_: usize,
    ffn_: FreeFn,
    hint_: *mut c_void,
) -> c_int {
    // SAFETY: what the caller promises is handed on, and the buffer is checked.
    unsafe {
        init(msg_, || {
            object::bytes(data_, size_)?;
            match ffn_ {
                None => Ok(Msg::constant(data_.cast(), size_)),
                Some(free) => Ok(Msg::from_foreign(Foreign::new(data_.cast(), size_, free, hint_))),
            }
        })
    }
}

/// Sends a message and leaves it empty; the number of bytes sent, or -1.
///
/// # Safety
/// - `msg_` is null or 64 readable bytes, and, if they hold a message, nobody else uses it.
/// - `s_` is null or readable memory.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_msg_send(
    msg_: *mut zmq_msg_t,
    s_: *mut c_void,
    flags_: c_int,
) -> c_int {
    let first = guard_first(move || {
        // SAFETY: what the caller promises is handed on.
        let (slot, msg) = unsafe { (object::socket(s_)?, message(msg_)?) };
        let size = object::size(msg.len());
        socket::try_send::<false>(slot, Body::Own(msg), flags_)?;
        Ok(empty(msg, size))
    });
    // SAFETY: the last thing that the function does; what the caller promises is handed on.
    if first != MUST_BLOCK { first } else { unsafe { wait_to_send(msg_, s_, flags_) } }
}

/// The rest of [`zmq_msg_send`].
///
/// # Safety
/// - As for [`zmq_msg_send`], and for [`block`].
#[cold]
unsafe fn wait_to_send(msg_: *mut zmq_msg_t, s_: *mut c_void, flags_: c_int) -> c_int {
    // SAFETY: the last thing that the function does; what the caller promises is handed on.
    unsafe {
        block(-1, async move |parker| {
            let (slot, msg) = (object::socket(s_)?, message(msg_)?);
            let size = object::size(msg.len());
            socket::send_blocking(parker, slot, Body::Own(msg), flags_).await?;
            Ok(empty(msg, size))
        })
    }
}

/// A message was sent: drops what was copied instead of taken, and properties. No free function runs in
/// this call.
#[inline]
fn empty(msg: &mut Msg, size: c_int) -> c_int {
    drop(msg.take());
    size
}

/// Receives a message in place of the old content; the number of bytes received, or -1.
///
/// After a failure to receive the message is empty.
///
/// # Safety
/// - As for [`zmq_msg_send`].
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_msg_recv(
    msg_: *mut zmq_msg_t,
    s_: *mut c_void,
    flags_: c_int,
) -> c_int {
    let first = guard_first(move || {
        // SAFETY: what the caller promises is handed on.
        let (slot, msg) = unsafe { (object::socket(s_)?, message(msg_)?) };
        fill_at_once(msg, socket::try_receive(slot, flags_, |frame| frame.into_msg()))
    });
    // SAFETY: the last thing that the function does; what the caller promises is handed on.
    if first != MUST_BLOCK { first } else { unsafe { wait_to_receive(msg_, s_, flags_) } }
}

/// The rest of [`zmq_msg_recv`].
///
/// # Safety
/// - As for [`zmq_msg_recv`], and for [`block`].
#[cold]
unsafe fn wait_to_receive(msg_: *mut zmq_msg_t, s_: *mut c_void, flags_: c_int) -> c_int {
    // SAFETY: the last thing that the function does; what the caller promises is handed on.
    unsafe {
        block(-1, async move |parker| {
            let (slot, msg) = (object::socket(s_)?, message(msg_)?);
            fill(
                msg,
                socket::receive_blocking(parker, slot, flags_, |frame| frame.into_msg()).await,
            )
        })
    }
}

/// Puts the answer of a first try in place of the old content, unless the call goes on.
#[inline]
fn fill_at_once(msg: &mut Msg, received: Tried<Result<Msg>>) -> Tried<c_int> {
    let received = match received {
        Ok(new) => Ok(new),
        Err(Attempt::Failed(error)) => Err(error),
        Err(Attempt::MustBlock) => return Err(Attempt::MustBlock),
    };
    Ok(fill(msg, received)?)
}

/// Puts a received message in place of the old content.
#[inline]
fn fill(msg: &mut Msg, received: Result<Result<Msg>>) -> Result<c_int> {
    match received {
        Ok(new) => {
            core::mem::replace(msg, new?).end();
            Ok(object::size(msg.len()))
        }
        Err(error) => {
            // Programs find the message empty after `EAGAIN`, and otherwise as it was.
            if error == Errno::EAGAIN {
                msg.take().end();
            }
            Err(error)
        }
    }
}

/// Gives up a message and its content.
///
/// # Safety
/// - `msg_` is null or 64 readable bytes, and, if they hold a message, nobody else uses it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_close(msg_: *mut zmq_msg_t) -> c_int {
    // SAFETY: what the caller promises is handed on.
    match unsafe { message(msg_) } {
        Ok(msg) => {
            // SAFETY: a message that nobody else uses.
            unsafe { Msg::close(msg) };
            0
        }
        Err(error) => fail(error, -1),
    }
}

/// Moves the content of src_ to dest_ and leaves src_ empty.
///
/// # Safety
/// - As for [`zmq_msg_close`], for both.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_move(dest_: *mut zmq_msg_t, src_: *mut zmq_msg_t) -> c_int {
    // SAFETY: what the caller promises is handed on.
    unsafe { replace(dest_, src_, Msg::take) }
}

/// Makes dest_ share the content of src_.
///
/// # Safety
/// - As for [`zmq_msg_close`], for both.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_copy(dest_: *mut zmq_msg_t, src_: *mut zmq_msg_t) -> c_int {
    // SAFETY: what the caller promises is handed on.
    unsafe { replace(dest_, src_, Msg::share) }
}

/// The content of a message.
///
/// Null with `EFAULT` for what is no message.
///
/// # Safety
/// - As for [`zmq_msg_close`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_data(msg_: *mut zmq_msg_t) -> *mut c_void {
    // SAFETY: what the caller promises is handed on.
    match unsafe { message(msg_) } {
        Ok(msg) => msg.as_mut_ptr().cast(),
        Err(error) => fail(error, null_mut()),
    }
}

/// The size of a message in bytes.
///
/// 0 with `EFAULT` for what is no message.
///
/// # Safety
/// - `msg_` is null or 64 readable bytes, which nobody changes meanwhile.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_size(msg_: *const zmq_msg_t) -> usize {
    // SAFETY: what the caller promises is handed on.
    match unsafe { shared(msg_) } {
        Ok(msg) => msg.len(),
        Err(error) => fail(error, 0),
    }
}

/// Whether another frame of the same message follows.
///
/// # Safety
/// - As for [`zmq_msg_size`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_more(msg_: *const zmq_msg_t) -> c_int {
    // SAFETY: what the caller promises is handed on.
    match unsafe { shared(msg_) } {
        Ok(msg) => c_int::from(msg.more()),
        Err(error) => fail(error, 0),
    }
}

/// A property of a message, or -1.
///
/// # Safety
/// - As for [`zmq_msg_size`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_get(msg_: *const zmq_msg_t, property_: c_int) -> c_int {
    guard(-1, || {
        // SAFETY: what the caller promises is handed on.
        let msg = unsafe { shared(msg_) }?;
        match property_ {
            ZMQ_MORE => Ok(c_int::from(msg.more())),
            ZMQ_SHARED => Ok(c_int::from(msg.is_shared())),
            ZMQ_SRCFD => {
                let text = property(msg, b"__fd").and_then(|fd| fd.to_str().ok());
                text.and_then(|fd| fd.parse().ok()).ok_or(Errno::EINVAL)
            }
            _ => Err(Errno::EINVAL),
        }
    })
}

/// Sets a property of a message; there is none that can be set.
///
/// # Safety
/// - As for [`zmq_msg_size`].
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_set(
    msg_: *mut zmq_msg_t,
    property_: c_int,
    optval_: c_int,
) -> c_int {
    let _ = (msg_, property_, optval_);
    fail(Errno::EINVAL, -1)
}

/// A metadata property of a message, valid as long as the message; null if it has none.
///
/// # Safety
/// - As for [`zmq_msg_size`].
/// - `property_` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_msg_gets(
    msg_: *const zmq_msg_t,
    property_: *const c_char,
) -> *const c_char {
    guard(null(), || {
        // SAFETY: what the caller promises is handed on.
        let (msg, name) = unsafe { (shared(msg_)?, object::text(property_)?) };
        property(msg, name).map(CStr::as_ptr).ok_or(Errno::EINVAL)
    })
}

fn property<'a>(msg: &'a Msg, name: &[u8]) -> Option<&'a CStr> {
    msg.metadata().and_then(|metadata| metadata.get(name))
}

#[inline]
fn fail<T>(error: Errno, answer: T) -> T {
    set_errno(error);
    answer
}

/// Writes a new message over whatever is there.
///
/// # Safety
/// - `msg` is null or valid for writing.
#[inline]
unsafe fn init(msg: *mut zmq_msg_t, make: impl FnOnce() -> Result<Msg>) -> c_int {
    guard(-1, || {
        let msg = msg.cast::<Msg>();
        if msg.is_null() || !msg.is_aligned() {
            return Err(Errno::EFAULT);
        }
        // SAFETY: not null, aligned, and the caller promises that it can be written.
        unsafe { msg.write(make()?) };
        Ok(0)
    })
}

/// Puts a message made of the one at `src` to `dest`, and gives up what was there.
///
/// # Safety
/// - As for [`zmq_msg_close`], for both.
unsafe fn replace(
    dest: *mut zmq_msg_t,
    src: *mut zmq_msg_t,
    make: impl FnOnce(&mut Msg) -> Msg,
) -> c_int {
    // SAFETY: what the caller promises is handed on; each reference ends before the next is made.
    let made = unsafe { message(dest).map(drop).and_then(|()| message(src)).map(make) };
    match made {
        Ok(new) => {
            // SAFETY: found to be a message above, which `src` may be as well.
            core::mem::replace(unsafe { &mut *dest.cast::<Msg>() }, new).end();
            0
        }
        Err(error) => fail(error, -1),
    }
}

/// The message at `msg`; `EFAULT` if there is none.
///
/// # Safety
/// - `msg` is null or 64 readable bytes, and, if they hold a message, nobody else uses it for `'a`.
#[inline]
unsafe fn message<'a>(msg: *mut zmq_msg_t) -> Result<&'a mut Msg> {
    // SAFETY: what the caller promises is handed on, and then the bytes hold a message.
    unsafe {
        shared(msg)?;
        Ok(&mut *msg.cast())
    }
}

/// The message at `msg`, to look at; `EFAULT` if there is none.
///
/// # Safety
/// - `msg` is null or 64 readable bytes that nobody changes for `'a`.
#[inline]
unsafe fn shared<'a>(msg: *const zmq_msg_t) -> Result<&'a Msg> {
    let msg = msg.cast::<Msg>();
    // SAFETY: not null, aligned, and the caller promises readable bytes.
    if msg.is_null() || !msg.is_aligned() || !unsafe { Msg::is_valid(msg) } {
        return Err(Errno::EFAULT);
    }
    // SAFETY: the bytes hold a message.
    Ok(unsafe { &*msg })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::errno;
    use crate::msg::Metadata;
    use crate::sync::Arc;

    const NONE: zmq_msg_t = zmq_msg_t { _opaque: [0; 64] };

    unsafe extern "C" fn count(_data: *mut c_void, hint: *mut c_void) {
        // SAFETY: every test hands in its own counter.
        unsafe { *hint.cast::<usize>() += 1 };
    }

    #[test]
    fn what_is_no_message_is_efault() {
        let mut none = NONE;
        let mut good = NONE;
        for bad in [&raw mut none, null_mut()] {
            // SAFETY: null or 64 bytes.
            unsafe {
                assert_eq!(zmq_msg_init(&raw mut good), 0);
                let answers = [
                    zmq_msg_close(bad),
                    zmq_msg_move(bad, &raw mut good),
                    zmq_msg_move(&raw mut good, bad),
                    zmq_msg_copy(bad, &raw mut good),
                    zmq_msg_copy(&raw mut good, bad),
                    zmq_msg_get(bad, ZMQ_MORE),
                ];
                assert_eq!(answers, [-1; 6]);
                assert_eq!(errno(), Errno::EFAULT.0);
                assert!(zmq_msg_data(bad).is_null());
                assert_eq!((zmq_msg_size(bad), zmq_msg_more(bad)), (0, 0));
                assert!(zmq_msg_gets(bad, c"x".as_ptr()).is_null());
                assert_eq!([zmq_msg_close(&raw mut good), zmq_msg_close(&raw mut good)], [0, -1]);
            }
        }
        // SAFETY: null.
        unsafe {
            assert_eq!(zmq_msg_init(null_mut()), -1);
            assert_eq!(zmq_msg_init_size(null_mut(), 7), -1);
        }
    }

    #[test]
    fn sizes_and_properties() {
        let mut msg = NONE;
        let msg = &raw mut msg;
        // SAFETY: 64 bytes, and messages where they are used as such.
        unsafe {
            for size in [0, 1, 40, 41, 100_000] {
                assert_eq!(zmq_msg_init_size(msg, size), 0);
                assert_eq!(zmq_msg_size(msg), size);
                assert!(!zmq_msg_data(msg).is_null());
                assert_eq!([zmq_msg_get(msg, ZMQ_MORE), zmq_msg_get(msg, ZMQ_SHARED)], [0, 0]);
                assert_eq!([zmq_msg_get(msg, ZMQ_SRCFD), zmq_msg_get(msg, 99)], [-1, -1]);
                assert_eq!(zmq_msg_set(msg, ZMQ_MORE, 1), -1);
                assert!(zmq_msg_gets(msg, c"Identity".as_ptr()).is_null());
                assert_eq!(errno(), Errno::EINVAL.0);
                assert_eq!(zmq_msg_close(msg), 0);
            }
            assert_eq!(zmq_msg_init_size(msg, usize::MAX), -1);
            assert_eq!(errno(), Errno::ENOMEM.0);
        }
    }

    #[test]
    fn metadata_is_found_by_exact_name() {
        let metadata = Metadata::new([(&b"__fd"[..], &b"17"[..]), (b"Identity", b"x")]).unwrap();
        let mut msg = Msg::new();
        msg.set_metadata(Some(Arc::new(metadata)));
        let msg = (&raw mut msg).cast::<zmq_msg_t>();
        // SAFETY: a message.
        unsafe {
            assert_eq!(zmq_msg_get(msg, ZMQ_SRCFD), 17);
            assert_eq!(CStr::from_ptr(zmq_msg_gets(msg, c"Identity".as_ptr())), c"x");
            assert!(zmq_msg_gets(msg, c"identity".as_ptr()).is_null());
            assert!(zmq_msg_gets(msg, null()).is_null());
        }
    }

    #[test]
    fn a_free_function_runs_once() {
        let (mut freed, mut data) = (0_usize, *b"some bytes");
        let (mut one, mut other) = (NONE, NONE);
        let (one, other) = (&raw mut one, &raw mut other);
        let freed = &raw mut freed;
        // SAFETY: messages, and a buffer and a counter that outlive them.
        unsafe {
            let data = data.as_mut_ptr().cast::<c_void>();
            assert_eq!(zmq_msg_init_data(one, null_mut(), 3, Some(count), freed.cast()), -1);
            assert_eq!(errno(), Errno::EFAULT.0);
            assert_eq!(zmq_msg_init_data(one, data, 10, Some(count), freed.cast()), 0);
            assert_eq!([zmq_msg_init(other), zmq_msg_copy(other, one)], [0, 0]);
            assert_eq!(zmq_msg_data(other), data);
            assert_eq!([zmq_msg_get(one, ZMQ_SHARED), zmq_msg_close(other)], [1, 0]);
            assert_eq!((zmq_msg_get(one, ZMQ_SHARED), *freed), (0, 0));
            assert_eq!([zmq_msg_init(other), zmq_msg_move(other, one)], [0, 0]);
            assert_eq!((zmq_msg_size(one), zmq_msg_size(other), *freed), (0, 10, 0));
            assert_eq!([zmq_msg_move(other, other), zmq_msg_copy(other, other)], [0, 0]);
            assert_eq!((zmq_msg_size(other), *freed), (10, 0));
            assert_eq!([zmq_msg_copy(other, one), zmq_msg_close(other)], [0, 0]);
            assert_eq!((zmq_msg_close(one), *freed), (0, 1));
        }
    }

    #[test]
    fn constant_messages_are_shared() {
        let mut msg = NONE;
        let msg = &raw mut msg;
        // SAFETY: a message, and a buffer that lives for ever.
        unsafe {
            let data = c"abc".as_ptr().cast_mut().cast();
            assert_eq!(zmq_msg_init_data(msg, data, 3, None, null_mut()), 0);
            assert_eq!((zmq_msg_get(msg, ZMQ_SHARED), zmq_msg_data(msg)), (1, data));
            assert_eq!(zmq_msg_close(msg), 0);
            assert_eq!(zmq_msg_init_data(msg, null_mut(), 0, None, null_mut()), 0);
            assert_eq!(zmq_msg_close(msg), 0);
        }
    }
}
