//! `poll(2)`: looks at descriptors of any kind, the application's own among them. Any thread.

use core::ptr::null;
use core::time::Duration;
use std::os::fd::{AsRawFd, BorrowedFd};

use crate::error::{Errno, Result};

/// A descriptor to watch and the events on it. A negative descriptor is ignored.
pub use libc::pollfd as PollFd;

/// Reports the events on `fds`, without waiting. Returns how many have events.
pub fn poll_now(fds: &mut [PollFd]) -> Result<usize> {
    wait(fds, Duration::ZERO)
}

/// Waits until there is something to read, at most for `time`; returns whether there is. `EINTR`.
pub fn readable_within(fd: BorrowedFd<'_>, time: Duration) -> Result<bool> {
    let fd = fd.as_raw_fd();
    Ok(wait(&mut [PollFd { fd, events: libc::POLLIN, revents: 0 }], time)? > 0)
}

fn wait(fds: &mut [PollFd], time: Duration) -> Result<usize> {
    let time = libc::timespec {
        tv_sec: libc::time_t::try_from(time.as_secs()).unwrap_or(libc::time_t::MAX),
        tv_nsec: time.subsec_nanos() as libc::c_long,
    };
    // SAFETY: the slice is writable memory of as many entries as said, and the time lives through
    // the call. No signal mask is given, so its size does not matter.
    let count = unsafe {
        libc::syscall(
            libc::SYS_ppoll,
            fds.as_mut_ptr(),
            fds.len() as libc::nfds_t,
            &raw const time,
            null::<libc::sigset_t>(),
            0_usize,
        )
    };
    usize::try_from(count).map_err(|_| Errno::last())
}
