//! Appending a short frame to an arena: header and body are written in one step into memory that is
//! there. Called for each message, where two growing copies into a vector cost more than the
//! copying. Owned by the thread that fills the arena.

use crate::msg::copy::copy;
use crate::sys::cache::expect_writes;

/// How far ahead memory is prefetched, in bytes. It is probably in the cache of the core that has
/// read the last backlog. Prefetched some messages early, it costs no wait.
const AHEAD: usize = 256;

/// Adds flags, one length byte and the body; `false`, and nothing added, if that takes more memory
/// or more than one length byte.
#[inline(always)]
pub fn append(arena: &mut Vec<u8>, flags: u8, body: &[u8]) -> bool {
    let Ok(len) = u8::try_from(body.len()) else { return false };
    let Some((header, rest)) = arena.spare_capacity_mut().split_first_chunk_mut::<2>() else {
        return false;
    };
    let Some(place) = rest.get_mut(..body.len()) else { return false };
    header[0].write(flags);
    header[1].write(len);
    expect_writes(place.as_ptr().wrapping_byte_add(AHEAD));
    // SAFETY: `place` is as long as the body, and no part of it; the spare memory is written up to
    // its end.
    unsafe {
        copy(body.as_ptr(), place.as_mut_ptr().cast(), body.len());
        arena.set_len(arena.len() + 2 + body.len());
    }
    true
}

#[cfg(test)]
mod tests {
    use super::append;

    #[test]
    fn what_fits_is_added_and_nothing_else() {
        let mut arena = Vec::with_capacity(600);
        let room = arena.capacity();
        assert!(append(&mut arena, 1, b"body"));
        assert_eq!(arena, b"\x01\x04body");
        assert!(append(&mut arena, 0, &[]));
        assert!(append(&mut arena, 0, &[7; 255]));
        assert!(!append(&mut arena, 0, &[7; 256]));
        assert_eq!((arena.len(), arena.capacity()), (6 + 2 + 257, room));
        while append(&mut arena, 0, b"x") {}
        assert!(arena.len() <= room && arena.len() + 3 > room);
        assert!(!append(&mut Vec::new(), 0, &[]));
    }
}
