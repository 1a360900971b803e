//! The first try of a call, which ends most calls. Under the socket's lock, in the calling thread.
#![forbid(unsafe_code)]

use crate::error::Errno;

/// Why the first try of a call did not end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attempt {
    /// The call goes on as one that may wait.
    MustBlock,
    /// The call ends with this error.
    Failed(Errno),
}

/// The answer of a first try.
pub type Tried<R> = core::result::Result<R, Attempt>;

impl From<Errno> for Attempt {
    #[inline(always)]
    fn from(error: Errno) -> Attempt {
        Attempt::Failed(error)
    }
}

impl Attempt {
    /// The end of a call that finds nothing to do: one that may wait goes on.
    #[inline(always)]
    pub(super) fn of(error: Errno, waits: bool) -> Attempt {
        if waits && error == Errno::EAGAIN { Attempt::MustBlock } else { Attempt::Failed(error) }
    }
}
