//! Small heap objects whose address C holds: counters, stop watches, threads, timers.
//!
//! The first word is a tag that tells the kind. It is checked before anything else is read, so
//! that the handle of something else is refused; nothing protects against a handle that was freed
//! and whose memory is used again.

use crate::error::{Errno, Result};
use crate::sync::{AtomicU32, Ordering};
use core::ffi::c_void;

/// Tag of an object that has been given back.
const DEAD: u32 = 0xdead_beef;

/// An object of the kind `TAG`; the tag is the first word in memory.
#[repr(C)]
pub(super) struct Handle<const TAG: u32, T> {
    tag: AtomicU32,
    pub value: T,
}

impl<const TAG: u32, T> Handle<TAG, T> {
    /// Moves `value` to the heap and answers its handle.
    pub fn create(value: T) -> *mut c_void {
        let handle = Handle::<TAG, T> { tag: AtomicU32::new(TAG), value };
        Box::into_raw(Box::new(handle)).cast()
    }

    /// The object behind `handle`.
    ///
    /// # Errors
    /// `EFAULT` if `handle` is null, not aligned, or carries another tag.
    ///
    /// # Safety
    /// - `handle` is null, or as many bytes as a pointer has are readable there.
    pub unsafe fn check(handle: *mut c_void) -> Result<*mut Self> {
        let object = handle.cast::<Self>();
        if object.is_null() || !object.is_aligned() {
            return Err(Errno::EFAULT);
        }
        // SAFETY: not null, aligned, and the caller promises that the first word is readable;
        // only that word is referenced.
        let tag = unsafe { (*object).tag.load(Ordering::Relaxed) };
        if tag == TAG { Ok(object) } else { Err(Errno::EFAULT) }
    }

    /// Makes the handle invalid; the memory stays.
    ///
    /// # Safety
    /// - `object` came from [`Handle::check`] and has not been freed.
    pub unsafe fn invalidate(object: *mut Self) {
        // SAFETY: the caller promises a live object.
        unsafe { (*object).tag.store(DEAD, Ordering::Relaxed) }
    }

    /// Gives back the memory and answers what was in it.
    ///
    /// # Safety
    /// - `object` came from [`Handle::check`] and has not been freed; nobody else uses it.
    pub unsafe fn free(object: *mut Self) -> T {
        // SAFETY: the caller promises a live object that nobody else uses, made by `create`.
        unsafe {
            Self::invalidate(object);
            Box::from_raw(object).value
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    type One = Handle<1, u64>;
    type Two = Handle<2, u64>;

    #[test]
    fn only_its_own_kind_is_found() {
        let handle = One::create(7);
        // SAFETY: live handles, null, or readable memory.
        unsafe {
            let object = One::check(handle).unwrap();
            assert_eq!((*object).value, 7);
            assert!(Two::check(handle).is_err());
            assert!(One::check(core::ptr::null_mut()).is_err());
            assert!(One::check(handle.cast::<u8>().add(1).cast()).is_err());
            One::invalidate(object);
            assert!(One::check(handle).is_err());
            assert_eq!(One::free(object), 7);
        }
    }
}
