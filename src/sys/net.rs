//! Stream sockets: the calls on the message path, and peer credentials.
//!
//! Runs on the thread that drives a connection. Nothing here blocks, and nothing raises SIGPIPE: a
//! library may not touch the process's signal disposition.

use core::ffi::c_long;
use core::ptr::null;
use std::io::{IoSlice, IoSliceMut};
use std::mem::zeroed;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};

use crate::error::{Errno, Result};

/// `IOV_MAX` of Linux; slices beyond it go with the next call.
const MAX_SLICES: usize = 1024;

/// The process at the other end of an `AF_UNIX` connection, as of its `connect`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerCredentials {
    pub pid: i32,
    pub uid: u32,
    pub gid: u32,
}

/// Reads the bytes at hand, up to `buffer.len()`; 0 is the end of the stream. `EAGAIN` when there
/// are none.
#[inline]
pub fn recv(fd: BorrowedFd<'_>, buffer: &mut [u8]) -> Result<usize> {
    retry(|| {
        // SAFETY: the pointer and length are those of a live, writable slice.
        unsafe {
            libc::syscall(
                libc::SYS_recvfrom,
                fd.as_raw_fd(),
                buffer.as_mut_ptr(),
                buffer.len(),
                libc::MSG_DONTWAIT,
                null::<libc::sockaddr>(),
                null::<libc::socklen_t>(),
            )
        }
    })
}

/// Reads into several buffers, one after the other, as [`recv`] reads into one.
#[inline]
pub fn recv_vectored(fd: BorrowedFd<'_>, buffers: &mut [IoSliceMut<'_>]) -> Result<usize> {
    // SAFETY: all-zero bytes are a valid msghdr (null pointers with zero lengths).
    let mut header: libc::msghdr = unsafe { zeroed() };
    // IoSliceMut is documented to have the layout of iovec.
    header.msg_iov = buffers.as_mut_ptr().cast();
    header.msg_iovlen = buffers.len().min(MAX_SLICES) as _;
    retry(|| {
        // SAFETY: `header` points to `msg_iovlen` live, writable slices.
        unsafe {
            let flags = libc::MSG_DONTWAIT;
            libc::syscall(libc::SYS_recvmsg, fd.as_raw_fd(), &raw mut header, flags)
        }
    })
}

/// Whether the peer has closed or reset the stream, perhaps behind bytes that can still be read.
/// Takes nothing from the stream.
pub fn has_ended(fd: BorrowedFd<'_>) -> bool {
    let mut byte = 0_u8;
    let peeked = retry(|| {
        // SAFETY: the pointer is that of a live byte.
        unsafe {
            libc::syscall(
                libc::SYS_recvfrom,
                fd.as_raw_fd(),
                &raw mut byte,
                1_usize,
                libc::MSG_DONTWAIT | libc::MSG_PEEK,
                null::<libc::sockaddr>(),
                null::<libc::socklen_t>(),
            )
        }
    });
    match peeked {
        Err(Errno::EAGAIN) => false,
        Ok(0) | Err(_) => true,
        Ok(_) => is_hung_up(fd),
    }
}

/// Whether no more bytes will come than those at hand.
fn is_hung_up(fd: BorrowedFd<'_>) -> bool {
    let mut polled = libc::pollfd { fd: fd.as_raw_fd(), events: libc::POLLRDHUP, revents: 0 };
    let at_once = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    let count = retry(|| {
        // SAFETY: both pointers are those of live values, of which the first is writable; a null
        // mask changes no signals.
        unsafe {
            libc::syscall(
                libc::SYS_ppoll,
                &raw mut polled,
                1_usize,
                &raw const at_once,
                null::<libc::sigset_t>(),
                0_usize,
            )
        }
    });
    count == Ok(1)
}

/// Writes as many of `bytes` as fit, and returns how many. `EAGAIN` when none fits.
#[inline]
pub fn send(fd: BorrowedFd<'_>, bytes: &[u8]) -> Result<usize> {
    retry(|| {
        // SAFETY: the pointer and length are those of a live slice.
        unsafe {
            libc::syscall(
                libc::SYS_sendto,
                fd.as_raw_fd(),
                bytes.as_ptr(),
                bytes.len(),
                SEND_FLAGS,
                null::<libc::sockaddr>(),
                0 as libc::socklen_t,
            )
        }
    })
}

/// Writes as much of `slices` as fits, in order, and returns how many bytes that was. `EAGAIN` when
/// nothing fits. Slices beyond the first 1024 wait for the next call.
#[inline]
pub fn send_vectored(fd: BorrowedFd<'_>, slices: &[IoSlice<'_>]) -> Result<usize> {
    // SAFETY: all-zero bytes are a valid msghdr (null pointers with zero lengths).
    let mut header: libc::msghdr = unsafe { zeroed() };
    // IoSlice is documented to have the layout of iovec; sendmsg only reads through it.
    header.msg_iov = slices.as_ptr() as *mut libc::iovec;
    header.msg_iovlen = slices.len().min(MAX_SLICES) as _;
    retry(|| {
        // SAFETY: `header` points to `msg_iovlen` live slices.
        unsafe { libc::syscall(libc::SYS_sendmsg, fd.as_raw_fd(), &raw const header, SEND_FLAGS) }
    })
}

const SEND_FLAGS: libc::c_int = libc::MSG_DONTWAIT | libc::MSG_NOSIGNAL;

#[inline]
fn retry(mut call: impl FnMut() -> c_long) -> Result<usize> {
    loop {
        if let Ok(count) = usize::try_from(call()) {
            return Ok(count);
        }
        let error = last_error();
        if error != Errno::EINTR {
            return Err(error);
        }
    }
}

/// The process, user and group that connected this `AF_UNIX` stream (`SO_PEERCRED`).
pub fn peer_credentials(fd: BorrowedFd<'_>) -> Result<PeerCredentials> {
    let mut credentials = libc::ucred { pid: 0, uid: 0, gid: 0 };
    let mut length = size_of::<libc::ucred>() as libc::socklen_t;
    // SAFETY: the value pointer and `length` describe a live ucred.
    let rc = unsafe {
        libc::getsockopt(
            fd.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut credentials).cast(),
            &mut length,
        )
    };
    if rc != 0 {
        return Err(last_error());
    }
    Ok(PeerCredentials { pid: credentials.pid, uid: credentials.uid, gid: credentials.gid })
}

/// Takes over a descriptor that the application gave by number, if it is a socket. `EBADF` or
/// `ENOTSOCK`.
pub fn own_socket(number: RawFd) -> Result<OwnedFd> {
    let mut kind: libc::c_int = 0;
    let mut length = size_of::<libc::c_int>() as libc::socklen_t;
    // SAFETY: the value pointer and `length` describe a live int; any descriptor number is allowed.
    let rc = unsafe {
        libc::getsockopt(
            number,
            libc::SOL_SOCKET,
            libc::SO_TYPE,
            (&raw mut kind).cast(),
            &mut length,
        )
    };
    if rc != 0 {
        return Err(last_error());
    }
    // SAFETY: `number` is an open descriptor, as the call above showed, and the option's contract
    // hands it over.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Ends a stream in both directions; the peer sees its end behind the bytes that were written.
pub fn shut_down(fd: BorrowedFd<'_>) {
    // A stream that has ended already needs no shutdown.
    let _ = socket2::SockRef::from(&fd).shutdown(std::net::Shutdown::Both);
}

/// Waits until one of `events` happens, at most `timeout` milliseconds; returns whether it did.
#[cfg(test)]
pub(crate) fn wait_one(fd: RawFd, events: libc::c_short, timeout: libc::c_int) -> bool {
    let mut entry = libc::pollfd { fd, events, revents: 0 };
    // SAFETY: one live entry.
    unsafe { libc::poll(&mut entry, 1, timeout) == 1 }
}

/// The calling thread's `errno`.
pub(super) fn last_error() -> Errno {
    Errno::from(std::io::Error::last_os_error())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;
    use std::os::unix::net::UnixStream;

    #[test]
    fn bytes_pass_and_the_end_is_zero() {
        let (a, b) = UnixStream::pair().unwrap();
        let mut buffer = [0; 16];
        assert_eq!(recv(b.as_fd(), &mut buffer), Err(Errno::EAGAIN));
        assert_eq!(send(a.as_fd(), b"ab"), Ok(2));
        let slices = [IoSlice::new(b"cd"), IoSlice::new(b""), IoSlice::new(b"e")];
        assert_eq!(send_vectored(a.as_fd(), &slices), Ok(3));
        assert_eq!(recv(b.as_fd(), &mut buffer), Ok(5));
        assert_eq!(&buffer[..5], b"abcde");
        assert_eq!(send(a.as_fd(), b"fghij"), Ok(5));
        let (one, other) = buffer.split_at_mut(3);
        let mut buffers = [IoSliceMut::new(one), IoSliceMut::new(other)];
        assert_eq!(recv_vectored(b.as_fd(), &mut buffers), Ok(5));
        assert_eq!((&*one, &other[..2]), (&b"fgh"[..], &b"ij"[..]));
        drop(a);
        assert_eq!(recv(b.as_fd(), &mut buffer), Ok(0));
    }

    #[test]
    fn a_closed_peer_is_an_error_and_no_signal() {
        let (a, b) = UnixStream::pair().unwrap();
        drop(b);
        assert_eq!(send(a.as_fd(), b"x"), Err(Errno::EPIPE));
        assert_eq!(send_vectored(a.as_fd(), &[IoSlice::new(b"x")]), Err(Errno::EPIPE));
    }

    #[test]
    fn a_full_buffer_says_eagain() {
        let (a, _b) = UnixStream::pair().unwrap();
        let block = [0; 65536];
        while send(a.as_fd(), &block).is_ok() {}
        assert_eq!(send(a.as_fd(), &block), Err(Errno::EAGAIN));
    }

    #[test]
    fn more_slices_than_the_kernel_takes() {
        let (a, _b) = UnixStream::pair().unwrap();
        let slices = vec![IoSlice::new(b"x"); 3000];
        assert_eq!(send_vectored(a.as_fd(), &slices), Ok(1024));
    }

    #[test]
    fn credentials_are_our_own() {
        let (a, _b) = UnixStream::pair().unwrap();
        let peer = peer_credentials(a.as_fd()).unwrap();
        assert_eq!(peer.pid, std::process::id() as i32);
    }
}
