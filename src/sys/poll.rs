//! `poll(2)`: the one way to wait for descriptors of any kind, the application's own among them.

use core::time::Duration;

use crate::error::{Errno, Result};

/// A descriptor to watch and what happened on it. A negative descriptor is ignored.
pub use libc::pollfd as PollFd;

/// Sleeps until something happened on one of `fds`, or `timeout` has passed; `None` is no limit.
/// Returns how many have events: 0 when the time is up, which may be a little early when the
/// limit is beyond what the system can count. `EINTR` after a signal.
pub fn poll(fds: &mut [PollFd], timeout: Option<Duration>) -> Result<usize> {
    let timeout = match timeout {
        None => -1,
        // Rounded up, so that a wait is never shorter than asked.
        Some(limit) => i32::try_from(limit.as_micros().div_ceil(1000)).unwrap_or(i32::MAX),
    };
    // SAFETY: the slice is writable memory of as many entries as said.
    let count = unsafe { libc::poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, timeout) };
    usize::try_from(count).map_err(|_| Errno::last())
}
