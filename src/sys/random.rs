//! Random bytes that cannot be guessed. Any thread.

use super::net::last_error;
use crate::error::{Errno, Result};

/// Fills `bytes` from the kernel's generator. Waits for it only in the first moments after the
/// machine starts.
pub fn fill(bytes: &mut [u8]) -> Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        // SAFETY: the pointer and the length are those of a writable slice.
        let got = unsafe { libc::getrandom(rest.as_mut_ptr().cast(), rest.len(), 0) };
        match usize::try_from(got) {
            Ok(got) => rest = rest.split_at_mut_checked(got).ok_or(Errno::EFAULT)?.1,
            Err(_) => match last_error() {
                Errno::EINTR => {}
                error => return Err(error),
            },
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_differ() {
        let (mut a, mut b) = ([0; 600], [0; 600]);
        fill(&mut a).unwrap();
        fill(&mut b).unwrap();
        assert!(a != b && a[568..] != [0; 32]);
        assert_eq!(fill(&mut []), Ok(()));
    }
}
