//! A descriptor of the message path: closing it is no cancellation point (see
//! [`cancel`](super::cancel)), since the last reference to a stream may go on any thread.

use core::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

/// A descriptor of its own.
pub struct Fd(ManuallyDrop<OwnedFd>);

impl From<OwnedFd> for Fd {
    fn from(fd: OwnedFd) -> Fd {
        Fd(ManuallyDrop::new(fd))
    }
}

impl AsFd for Fd {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsRawFd for Fd {
    #[inline]
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}

impl Drop for Fd {
    fn drop(&mut self) {
        // SAFETY: the descriptor is ours alone, and nobody sees it any more. An error changes
        // nothing: the descriptor is gone all the same.
        unsafe { libc::syscall(libc::SYS_close, self.0.as_raw_fd()) };
    }
}
