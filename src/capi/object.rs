//! The objects behind the pointers that C hands in: contexts, sockets, buffers and texts.
//!
//! Any thread. The places of contexts and sockets are never freed, so a handle that was closed is
//! recognised by its tag, and so is a handle of the other kind.

use core::ffi::{CStr, c_char, c_int, c_void};

use crate::context::ContextSlot;
use crate::error::{Errno, Result};
use crate::socket::Slot;
use crate::sync::{AtomicU32, Ordering};

/// The socket of a handle; `ENOTSOCK`.
///
/// # Safety
/// - `handle` is null, or as many bytes as a pointer has are readable there.
#[inline]
pub(super) unsafe fn socket(handle: *mut c_void) -> Result<&'static Slot> {
    // SAFETY: the caller promises readable memory.
    if !unsafe { has_tag::<Slot>(handle, Slot::OPEN) } {
        return Err(Errno::ENOTSOCK);
    }
    // SAFETY: the tag says that this is a place of a socket, and those live for ever.
    Ok(unsafe { &*handle.cast::<Slot>() })
}

/// The socket of a handle, or none for null; `ENOTSOCK`.
///
/// # Safety
/// - As for [`socket`].
pub(super) unsafe fn socket_if_any(handle: *mut c_void) -> Result<Option<&'static Slot>> {
    if handle.is_null() {
        return Ok(None);
    }
    // SAFETY: what the caller promises is handed on.
    unsafe { socket(handle) }.map(Some)
}

/// The context of a handle; `EFAULT`.
///
/// # Safety
/// - `handle` is null, or as many bytes as a pointer has are readable there.
pub(super) unsafe fn context(handle: *mut c_void) -> Result<&'static ContextSlot> {
    // SAFETY: the caller promises readable memory.
    if !unsafe { has_tag::<ContextSlot>(handle, ContextSlot::OPEN) } {
        return Err(Errno::EFAULT);
    }
    // SAFETY: the tag says that this is a place of a context, and those live for ever.
    Ok(unsafe { &*handle.cast::<ContextSlot>() })
}

/// Whether `handle` may be a `T`, whose first word is `tag`.
///
/// # Safety
/// - `handle` is null, or as many bytes as a pointer has are readable there.
#[inline]
unsafe fn has_tag<T>(handle: *mut c_void, tag: u32) -> bool {
    if handle.is_null() || !handle.cast::<T>().is_aligned() {
        return false;
    }
    // SAFETY: not null, aligned for a `T` that starts with the tag, and readable.
    unsafe { AtomicU32::from_ptr(handle.cast()) }.load(Ordering::Acquire) == tag
}

/// The bytes of a buffer to read; `EFAULT` for null with a length, `ENOMEM` for a length that no
/// buffer can have.
///
/// # Safety
/// - `data` is valid for reading `len` bytes for `'a`, or `len` is 0.
#[inline]
pub(super) unsafe fn bytes<'a>(data: *const c_void, len: usize) -> Result<&'a [u8]> {
    if len == 0 {
        return Ok(&[]);
    }
    if data.is_null() {
        return Err(Errno::EFAULT);
    }
    if isize::try_from(len).is_err() {
        return Err(Errno::ENOMEM);
    }
    // SAFETY: not null, not longer than a buffer may be, and the caller promises the bytes.
    Ok(unsafe { core::slice::from_raw_parts(data.cast(), len) })
}

/// The bytes of a text; `EINVAL` for null.
///
/// # Safety
/// - `text` is null or a C string that lives for `'a`.
pub(super) unsafe fn text<'a>(text: *const c_char) -> Result<&'a [u8]> {
    if text.is_null() {
        return Err(Errno::EINVAL);
    }
    // SAFETY: not null, and the caller promises a C string.
    Ok(unsafe { CStr::from_ptr(text) }.to_bytes())
}

/// A size as C functions answer it: what does not fit is cut.
#[inline]
pub(super) fn size(len: usize) -> c_int {
    c_int::try_from(len).unwrap_or(c_int::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Context;
    use crate::sys::parker::block_on;
    use core::ptr::{from_ref, null, null_mut};

    fn end(slot: &'static ContextSlot) -> Result<()> {
        block_on(async |parker| slot.terminate(parker).await)
    }

    #[test]
    fn only_their_own_kind_is_found() {
        let slot = ContextSlot::open(Context::default());
        let handle: *mut c_void = from_ref(slot).cast_mut().cast();
        let mut words = [0xabad_cafe_u64; 4];
        let words = words.as_mut_ptr();
        // SAFETY: null, a place, or readable memory.
        unsafe {
            assert!(core::ptr::eq(context(handle).unwrap(), slot));
            assert_eq!(socket(handle).err(), Some(Errno::ENOTSOCK));
            assert_eq!(socket(null_mut()).err(), Some(Errno::ENOTSOCK));
            assert_eq!(context(null_mut()).err(), Some(Errno::EFAULT));
            assert_eq!(context(words.cast::<u8>().add(1).cast()).err(), Some(Errno::EFAULT));
            assert!(socket_if_any(null_mut()).unwrap().is_none());
            assert!(socket_if_any(words.cast()).is_err());
            assert_eq!(end(slot), Ok(()));
            assert_eq!(context(handle).err(), Some(Errno::EFAULT));
        }
    }

    #[test]
    fn buffers_and_texts() {
        // SAFETY: null without a length or with one that is refused, and live strings.
        unsafe {
            assert_eq!(bytes(null(), 0), Ok(&[][..]));
            assert_eq!(bytes(null(), 1), Err(Errno::EFAULT));
            assert_eq!(bytes(c"abc".as_ptr().cast(), 2), Ok(&b"ab"[..]));
            assert_eq!(text(null()), Err(Errno::EINVAL));
            assert_eq!(text(c"abc".as_ptr()), Ok(&b"abc"[..]));
        }
        assert_eq!([size(7), size(usize::MAX)], [7, c_int::MAX]);
    }
}
