//! A descriptor of the message path, which any thread may close with the last reference to a
//! stream. So closing it is no cancellation point (see [`cancel`](super::cancel)).

use core::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd, RawFd};

/// A descriptor with this one owner.
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
        // SAFETY: this value alone owns the descriptor, and it ends here. An error changes nothing:
        // the kernel has closed the descriptor even then.
        unsafe { libc::syscall(libc::SYS_close, self.0.as_raw_fd()) };
    }
}
