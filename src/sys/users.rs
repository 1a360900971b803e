//! The user database. Asks NSS, which may read files or a directory service: only called for a
//! socket whose group filter is set.

use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::ptr;

/// Largest buffer in bytes for one entry of the user database, and most groups of one user.
const MAX_ENTRY: usize = 1 << 20;
const MAX_GROUPS: usize = 1 << 16;

/// The groups that the user database lists for this user, `primary` among them; just `primary`
/// when the user is unknown.
pub fn groups_of(uid: u32, primary: u32) -> Vec<u32> {
    with_user_name(uid, |name| group_list(name, primary)).flatten().unwrap_or_else(|| vec![primary])
}

fn with_user_name<T>(uid: u32, use_name: impl FnOnce(&CStr) -> T) -> Option<T> {
    let mut size = 1024;
    loop {
        let mut buffer = vec![0u8; size];
        let mut entry = MaybeUninit::<libc::passwd>::uninit();
        let mut found = ptr::null_mut();
        // SAFETY: entry, buffer and found are live, and the buffer's length is given.
        let rc = unsafe {
            libc::getpwuid_r(
                uid,
                entry.as_mut_ptr(),
                buffer.as_mut_ptr().cast(),
                buffer.len(),
                &mut found,
            )
        };
        if rc == libc::ERANGE && size < MAX_ENTRY {
            size *= 2;
            continue;
        }
        if rc != 0 || found.is_null() {
            return None;
        }
        // SAFETY: getpwuid_r found an entry: it is filled, and its name is a C string in
        // `buffer`, which lives until the end of this block.
        let name = unsafe { CStr::from_ptr((*found).pw_name) };
        return Some(use_name(name));
    }
}

fn group_list(name: &CStr, primary: u32) -> Option<Vec<u32>> {
    let mut capacity = 64;
    while capacity <= MAX_GROUPS {
        let mut groups = vec![0; capacity];
        let mut count = capacity as libc::c_int;
        // SAFETY: `name` is a C string, `groups` has room for `count` numbers.
        let rc =
            unsafe { libc::getgrouplist(name.as_ptr(), primary, groups.as_mut_ptr(), &mut count) };
        if rc >= 0 {
            groups.truncate(usize::try_from(count).unwrap_or(0));
            return Some(groups);
        }
        capacity *= 4;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_primary_group_is_always_there() {
        assert!(groups_of(0, 0).contains(&0));
        assert_eq!(groups_of(u32::MAX - 7, 12345), [12345]);
    }
}
