//! Errors and version of `zmq.h`. Any thread.

use crate::capi::errno;
use crate::error::Errno;
use core::ffi::{CStr, c_char, c_int};

/// The version of the interface that this library implements.
pub(crate) const VERSION: [c_int; 3] = [4, 3, 5];

/// The calling thread's errno.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_errno() -> c_int {
    errno()
}

/// The text for an error number; never null.
///
/// The C library's text may be overwritten by the next call.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_strerror(errnum_: c_int) -> *const c_char {
    match own_text(Errno(errnum_)) {
        Some(text) => text.as_ptr(),
        // SAFETY: strerror takes any number.
        None => unsafe { libc::strerror(errnum_) },
    }
}

fn own_text(error: Errno) -> Option<&'static CStr> {
    match error {
        Errno::EFSM => Some(c"Operation cannot be accomplished in current state"),
        Errno::ENOCOMPATPROTO => Some(c"The protocol is not compatible with the socket type"),
        Errno::ETERM => Some(c"Context was terminated"),
        Errno::EMTHREAD => Some(c"No thread available"),
        Errno::EHOSTUNREACH => Some(c"Host unreachable"),
        _ => None,
    }
}

/// Writes the version of the interface to each pointer that is not null.
///
/// # Safety
/// - Each pointer is null or valid for writing an int.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_version(major_: *mut c_int, minor_: *mut c_int, patch_: *mut c_int) {
    for (out, number) in [major_, minor_, patch_].into_iter().zip(VERSION) {
        if !out.is_null() {
            // SAFETY: not null, and the caller promises that it can be written.
            unsafe { out.write(number) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::set_errno;

    fn text(error: Errno) -> &'static str {
        // SAFETY: zmq_strerror answers with a C string.
        unsafe { CStr::from_ptr(zmq_strerror(error.0)) }.to_str().unwrap()
    }

    #[test]
    fn own_texts_and_those_of_the_c_library() {
        assert_eq!(text(Errno::ETERM), "Context was terminated");
        assert_eq!(text(Errno::EMTHREAD), "No thread available");
        assert_eq!(text(Errno::EHOSTUNREACH), "Host unreachable");
        assert!(text(Errno::EFSM).starts_with("Operation cannot"));
        assert!(text(Errno::ENOCOMPATPROTO).starts_with("The protocol"));
        for other in [0, libc::EINVAL, -1, 99_999, crate::error::HAUSNUMERO + 1] {
            // SAFETY: strerror answers with a C string.
            let expected = unsafe { CStr::from_ptr(libc::strerror(other)) }.to_owned();
            assert_eq!(text(Errno(other)).as_bytes(), expected.as_bytes());
        }
    }

    #[test]
    fn errno_is_the_threads_own() {
        set_errno(Errno::EFSM);
        assert_eq!(zmq_errno(), Errno::EFSM.0);
        std::thread::spawn(|| set_errno(Errno::ETERM)).join().unwrap();
        assert_eq!(zmq_errno(), Errno::EFSM.0);
    }

    #[test]
    fn version_skips_null() {
        let (mut major, mut patch) = (0, 0);
        // SAFETY: null or valid.
        unsafe { zmq_version(&raw mut major, core::ptr::null_mut(), &raw mut patch) };
        assert_eq!((major, patch), (4, 5));
    }
}
