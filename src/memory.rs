//! Bytes whose number a peer or the application chooses: allocating them may fail. Then the call or
//! the connection fails with `ENOMEM`, and the process goes on.
//!
//! `?` turns a failed allocation into the error type of the caller. Any thread.
#![forbid(unsafe_code)]

use std::collections::TryReserveError;

use crate::error::Errno;

/// A copy of these bytes.
pub fn copy_of(bytes: &[u8]) -> Result<Vec<u8>, TryReserveError> {
    joined(&[bytes])
}

/// All parts, one behind the other. The memory is allocated once in full, so that growing leaves no
/// copy of a part elsewhere.
pub fn joined(parts: &[&[u8]]) -> Result<Vec<u8>, TryReserveError> {
    let mut all = Vec::new();
    let len = parts.iter().fold(0, |len: usize, part| len.saturating_add(part.len()));
    all.try_reserve_exact(len)?;
    parts.iter().for_each(|part| all.extend_from_slice(part));
    Ok(all)
}

impl From<TryReserveError> for Errno {
    fn from(_: TryReserveError) -> Errno {
        Errno::ENOMEM
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_joined_in_memory_of_their_size() {
        let all = joined(&[b"ab", b"", b"cde"]).unwrap();
        assert_eq!((all.as_slice(), all.capacity()), (&b"abcde"[..], 5));
        assert_eq!(copy_of(b"").map(|bytes| bytes.capacity()), Ok(0));
    }

    #[test]
    fn what_is_refused_is_an_error() {
        let refused = Vec::<u8>::new().try_reserve_exact(usize::MAX).unwrap_err();
        assert_eq!(Errno::from(refused), Errno::ENOMEM);
    }
}
