//! Calls on files that the standard library lacks. Any thread.

use std::ffi::{CString, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use super::net::last_error;
use crate::error::{Errno, Result};

/// Makes a directory that only its owner may enter: `tmpXXXXXX` under `parent`, with six letters
/// that make the name new.
pub fn make_temporary_directory(parent: &Path) -> Result<PathBuf> {
    let template = parent.join("tmpXXXXXX").into_os_string().into_vec();
    let template = CString::new(template).map_err(|_| Errno::EINVAL)?.into_raw();
    // SAFETY: `template` is a writable C string that ends with six X; mkdtemp keeps its length.
    let made = unsafe { libc::mkdtemp(template) };
    let result = if made.is_null() { Err(last_error()) } else { Ok(()) };
    // SAFETY: the pointer came from `into_raw` and the string's length did not change.
    let name = unsafe { CString::from_raw(template) };
    result.map(|()| PathBuf::from(OsString::from_vec(name.into_bytes())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directories_are_new_and_private() {
        use std::os::unix::fs::PermissionsExt;
        let parent = std::env::temp_dir();
        let (a, b) = (make_temporary_directory(&parent), make_temporary_directory(&parent));
        let (a, b) = (a.unwrap(), b.unwrap());
        assert_ne!(a, b);
        assert_eq!(std::fs::metadata(&a).unwrap().permissions().mode() & 0o777, 0o700);
        std::fs::remove_dir(a).unwrap();
        std::fs::remove_dir(b).unwrap();
        let missing = Path::new("/no-such-directory");
        assert_eq!(make_temporary_directory(missing), Err(Errno::ENOENT));
    }
}
