//! A descriptor that one thread makes readable to wake another. Any thread.

use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};

use crate::error::{Errno, Result};
use crate::sys::fd::Fd;

/// An event counter; never blocks.
pub struct EventFd(Fd);

impl EventFd {
    /// `EMFILE`, `ENFILE`, `ENOMEM`.
    pub fn new() -> Result<EventFd> {
        // SAFETY: no pointers are passed.
        let fd = unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) };
        if fd < 0 {
            return Err(Errno::last());
        }
        // SAFETY: the kernel just made the descriptor, and it has no other owner.
        Ok(EventFd(unsafe { OwnedFd::from_raw_fd(fd) }.into()))
    }

    /// Makes the descriptor readable.
    pub fn signal(&self) {
        let one: u64 = 1;
        // SAFETY: eight readable bytes. A full counter is readable already, so the result is not
        // needed.
        unsafe { libc::syscall(libc::SYS_write, self.0.as_raw_fd(), &raw const one, 8_usize) };
    }

    /// Makes the descriptor unreadable.
    pub fn drain(&self) {
        let mut count: u64 = 0;
        // SAFETY: eight writable bytes. An empty counter is unreadable already.
        unsafe { libc::syscall(libc::SYS_read, self.0.as_raw_fd(), &raw mut count, 8_usize) };
    }
}

impl AsRawFd for EventFd {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}
