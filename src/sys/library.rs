//! The path that the code of this library was loaded from. Any thread.

use core::ffi::{CStr, c_void};
use core::mem::MaybeUninit;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

/// The file as the loader knows it: the library, or the program that the library is linked into.
pub fn own_path() -> Option<PathBuf> {
    let here = own_path as *const c_void;
    let mut info = MaybeUninit::<libc::Dl_info>::zeroed();
    // SAFETY: `info` is writable; any address may be asked for.
    let found = unsafe { libc::dladdr(here, info.as_mut_ptr()) };
    // SAFETY: all fields may be zero, and are zero unless `dladdr` has written them.
    let name = unsafe { info.assume_init() }.dli_fname;
    if found == 0 || name.is_null() {
        return None;
    }
    // SAFETY: the name belongs to the loaded object, which cannot go away while its code runs.
    let name = unsafe { CStr::from_ptr(name) };
    Some(OsStr::from_bytes(name.to_bytes()).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_this_program_in_a_test() {
        let own = std::fs::canonicalize(own_path().unwrap()).unwrap();
        assert_eq!(own, std::env::current_exe().unwrap());
    }
}
