//! Error numbers: the one currency of failure below the C boundary.
//!
//! Every fallible function inside the library returns an [`Errno`], the number that the C caller
//! will find in `errno`. System calls keep the kernel's own number. Values above [`HAUSNUMERO`] are
//! ZeroMQ's own (`zmq.h`).
#![forbid(unsafe_code)]

use core::fmt;

/// Base of the error numbers that POSIX does not have (`ZMQ_HAUSNUMERO`).
pub const HAUSNUMERO: i32 = 156_384_712;

/// An `errno` value; never 0.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Errno(pub i32);

/// The result of every fallible function of the library.
pub type Result<T> = core::result::Result<T, Errno>;

macro_rules! errnos {
    ($($name:ident = $value:expr;)*) => {
        impl Errno {
            $(pub const $name: Errno = Errno($value);)*
        }
    };
}

errnos! {
    EFSM = HAUSNUMERO + 51;
    ENOCOMPATPROTO = HAUSNUMERO + 52;
    ETERM = HAUSNUMERO + 53;
    EMTHREAD = HAUSNUMERO + 54;
    EACCES = libc::EACCES;
    EADDRINUSE = libc::EADDRINUSE;
    EADDRNOTAVAIL = libc::EADDRNOTAVAIL;
    EAFNOSUPPORT = libc::EAFNOSUPPORT;
    EAGAIN = libc::EAGAIN;
    EBADF = libc::EBADF;
    ECONNABORTED = libc::ECONNABORTED;
    ECONNREFUSED = libc::ECONNREFUSED;
    ECONNRESET = libc::ECONNRESET;
    EFAULT = libc::EFAULT;
    EHOSTUNREACH = libc::EHOSTUNREACH;
    EINPROGRESS = libc::EINPROGRESS;
    EINTR = libc::EINTR;
    EINVAL = libc::EINVAL;
    EMFILE = libc::EMFILE;
    EMSGSIZE = libc::EMSGSIZE;
    ENAMETOOLONG = libc::ENAMETOOLONG;
    ENODEV = libc::ENODEV;
    ENOENT = libc::ENOENT;
    ENOMEM = libc::ENOMEM;
    ENOTSOCK = libc::ENOTSOCK;
    ENOTSUP = libc::ENOTSUP;
    EPIPE = libc::EPIPE;
    EPROTO = libc::EPROTO;
    EPROTONOSUPPORT = libc::EPROTONOSUPPORT;
    ETIMEDOUT = libc::ETIMEDOUT;
}

impl Errno {
    /// Whether the system is short of descriptors or memory, so that the question stays open.
    pub fn is_shortage(self) -> bool {
        [libc::EMFILE, libc::ENFILE, libc::ENOBUFS, libc::ENOMEM].contains(&self.0)
    }

    /// The error that a failed lookup returns: a shortage as it is, anything else as `meant`.
    pub fn or_unless_short(self, meant: Errno) -> Errno {
        if self.is_shortage() { self } else { meant }
    }

    /// The error of the system call that just failed.
    pub fn last() -> Errno {
        std::io::Error::last_os_error().into()
    }
}

impl From<std::io::Error> for Errno {
    fn from(error: std::io::Error) -> Self {
        Errno(error.raw_os_error().unwrap_or(libc::EIO))
    }
}

impl fmt::Debug for Errno {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Errno({})", self.0)
    }
}
