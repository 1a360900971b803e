//! The Linux poller: an epoll instance. Several threads may use it at once; the kernel locks.

use core::time::Duration;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::ptr::null;

use crate::error::{Errno, Result};
use crate::sys::fd::Fd;
use crate::sys::parker::milliseconds;

/// Readable, or the peer has finished.
pub const READABLE: u32 = (libc::EPOLLIN | libc::EPOLLRDHUP) as u32;
/// Writable.
pub const WRITABLE: u32 = libc::EPOLLOUT as u32;
/// The peer has finished, or the stream is broken: a read finds an end or an error.
pub const ENDED: u32 = (libc::EPOLLRDHUP | libc::EPOLLERR | libc::EPOLLHUP) as u32;
/// Broken; always reported.
pub const BROKEN: u32 = (libc::EPOLLERR | libc::EPOLLHUP) as u32;
/// Report changes only.
pub const EDGE: u32 = libc::EPOLLET as u32;
/// Report once, then be silent until modified.
pub const ONE_SHOT: u32 = libc::EPOLLONESHOT as u32;

/// An event on a descriptor.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Event(libc::epoll_event);

impl Event {
    pub const NONE: Event = Event(libc::epoll_event { events: 0, u64: 0 });

    /// The token that the descriptor was added with.
    pub fn token(&self) -> u64 {
        self.0.u64
    }

    pub fn flags(&self) -> u32 {
        self.0.events
    }
}

/// An epoll instance; itself a pollable descriptor.
pub struct Epoll(Fd);

impl Epoll {
    /// `EMFILE`, `ENFILE`, `ENOMEM`.
    pub fn new() -> Result<Epoll> {
        // SAFETY: no pointers are passed.
        let fd = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
        if fd < 0 {
            return Err(Errno::last());
        }
        // SAFETY: the kernel just made the descriptor, and it has no other owner.
        Ok(Epoll(unsafe { OwnedFd::from_raw_fd(fd) }.into()))
    }

    fn control(&self, operation: i32, fd: RawFd, events: u32, token: u64) -> Result<()> {
        let mut event = libc::epoll_event { events, u64: token };
        // SAFETY: `event` lives through the call; the kernel checks the descriptors.
        let rc = unsafe { libc::epoll_ctl(self.0.as_raw_fd(), operation, fd, &mut event) };
        if rc == 0 { Ok(()) } else { Err(Errno::last()) }
    }

    pub fn add(&self, fd: RawFd, events: u32, token: u64) -> Result<()> {
        self.control(libc::EPOLL_CTL_ADD, fd, events, token)
    }

    pub fn modify(&self, fd: RawFd, events: u32, token: u64) -> Result<()> {
        self.control(libc::EPOLL_CTL_MOD, fd, events, token)
    }

    pub fn delete(&self, fd: RawFd) -> Result<()> {
        self.control(libc::EPOLL_CTL_DEL, fd, 0, 0)
    }

    /// Waits as [`Epoll::wait`] does, with a clock finer than 1 ms; `None` is no limit.
    /// (`epoll_pwait2` would be one call instead of two, but older kernels and tools do not
    /// know it.)
    pub fn wait_for(&self, events: &mut [Event], timeout: Option<Duration>) -> Result<usize> {
        match timeout {
            Some(time) if time.subsec_nanos() % 1_000_000 != 0 => {
                super::poll::readable_within(self.0.as_fd(), time)?;
                self.wait(events, 0)
            }
            _ => self.wait(events, milliseconds(timeout)),
        }
    }

    /// Waits up to `timeout` milliseconds (-1: no limit) and returns how many events were stored.
    /// `EINTR` after a signal handler ran. No cancellation point: application threads sleep in a
    /// [`Parker`](super::parker::Parker).
    pub fn wait(&self, events: &mut [Event], timeout: i32) -> Result<usize> {
        let room = i32::try_from(events.len()).unwrap_or(i32::MAX);
        // SAFETY: `Event` has the layout of `epoll_event`, and the slice has `room` of them.
        // No signal mask is given, so its size does not matter.
        let n = unsafe {
            libc::syscall(
                libc::SYS_epoll_pwait,
                self.0.as_raw_fd(),
                events.as_mut_ptr(),
                room,
                timeout,
                null::<libc::sigset_t>(),
                0_usize,
            )
        };
        usize::try_from(n).map_err(|_| Errno::last())
    }
}

impl AsFd for Epoll {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

impl AsRawFd for Epoll {
    fn as_raw_fd(&self) -> RawFd {
        self.0.as_raw_fd()
    }
}
