//! `poll(2)`: the one way to look at descriptors of any kind, the application's own among them.

use core::ptr::null;

use crate::error::{Errno, Result};

/// A descriptor to watch and what happened on it. A negative descriptor is ignored.
pub use libc::pollfd as PollFd;

/// Looks what happened on `fds`, without waiting. Returns how many have events.
pub fn glance(fds: &mut [PollFd]) -> Result<usize> {
    let at_once = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: the slice is writable memory of as many entries as said, and the time lives through
    // the call. No signal mask is given, so its size does not matter.
    let count = unsafe {
        libc::syscall(
            libc::SYS_ppoll,
            fds.as_mut_ptr(),
            fds.len() as libc::nfds_t,
            &raw const at_once,
            null::<libc::sigset_t>(),
            0_usize,
        )
    };
    usize::try_from(count).map_err(|_| Errno::last())
}
