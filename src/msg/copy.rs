//! Copying a few bytes without a call of the C library, which takes as long as the copying. Called
//! for each message; any thread, nothing is shared.

use core::mem::MaybeUninit;

/// Copies `len` bytes. The places may overlap, and the copied bytes need not have been written.
///
/// # Safety
/// - `from` is valid for reading `len` bytes and `to` for writing them.
#[inline(always)]
pub unsafe fn copy(from: *const u8, to: *mut u8, len: usize) {
    // SAFETY: handed on from the caller's promise; the length is at least that of one end.
    unsafe {
        match len {
            8..=16 => copy_ends::<[u8; 8]>(from, to, len),
            17..=32 => copy_ends::<[u8; 16]>(from, to, len),
            33..=64 => copy_ends::<[u8; 32]>(from, to, len),
            _ => core::ptr::copy(from, to, len),
        }
    }
}

/// Copies the first and the last bytes of `len`, as many as a `T` has: both are read before one is
/// written.
///
/// # Safety
/// - `from` and `to` are valid as [`copy`] demands; a `T` is at least half of `len` and not longer.
#[inline(always)]
unsafe fn copy_ends<T>(from: *const u8, to: *mut u8, len: usize) {
    let behind = len - size_of::<T>();
    // SAFETY: all of it is within `len` bytes, at whatever address.
    unsafe {
        let first = from.cast::<MaybeUninit<T>>().read_unaligned();
        let last = from.add(behind).cast::<MaybeUninit<T>>().read_unaligned();
        to.cast::<MaybeUninit<T>>().write_unaligned(first);
        to.add(behind).cast::<MaybeUninit<T>>().write_unaligned(last);
    }
}

#[cfg(test)]
mod tests {
    use super::copy;

    #[test]
    fn all_lengths_also_where_the_places_overlap() {
        let fresh: Vec<u8> = (0..=255).collect();
        for len in 0..100 {
            for (from, to) in [(0, 128), (128, 0), (1, 0), (0, 1), (0, 7), (40, 9), (3, 3)] {
                let (mut bytes, mut expected) = (fresh.clone(), fresh.clone());
                expected.copy_within(from..from + len, to);
                let start = bytes.as_mut_ptr();
                // SAFETY: both are inside of the 256 bytes.
                unsafe { copy(start.add(from), start.add(to), len) };
                assert_eq!(bytes, expected, "{len} bytes from {from} to {to}");
            }
        }
    }
}
