//! A piece of a fan-out log: memory that one thread fills while others read what it has published.
//!
//! No thread waits for another. The writer publishes a length, and never touches what lies below it
//! again; readers stay below it. A full piece names the next one. A reader holds the piece it
//! reads, and that piece holds those behind it: pieces that all readers have passed are freed.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;

use super::primitives::{Arc, AtomicU64, OnceLock, Ordering};
use crate::msg::copy::copy;
use crate::sys::cache;

/// Bytes in a piece: enough to be worth a system call.
const SIZE: usize = 32 * 1024;

/// How far ahead memory is prefetched, in bytes.
const AHEAD: usize = 256;

type Byte = UnsafeCell<MaybeUninit<u8>>;

/// See the module's documentation.
pub struct Piece {
    memory: Box<[Byte]>,
    published: AtomicU64,
    next: OnceLock<Arc<Piece>>,
}

// SAFETY: `PieceWriter`, of which a piece has one, writes beyond the published length. All others
// read below it, after an acquiring load of it.
unsafe impl Sync for Piece {}

/// How much of a piece was published.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Published {
    pub bytes: usize,
    pub messages: u64,
}

impl Published {
    fn word(self) -> u64 {
        self.messages << 32 | self.bytes as u64
    }
}

impl Piece {
    /// A fresh piece; `None` without memory.
    fn new() -> Option<Piece> {
        let mut memory: Vec<Byte> = Vec::new();
        memory.try_reserve_exact(SIZE).ok()?;
        // SAFETY: so much was reserved, and the element type is valid for bytes that were never
        // written.
        unsafe { memory.set_len(SIZE) };
        let memory = memory.into_boxed_slice();
        Some(Piece { memory, published: AtomicU64::new(0), next: OnceLock::new() })
    }

    pub fn published(&self) -> Published {
        let word = self.published.load(Ordering::SeqCst);
        Published { bytes: (word & u64::from(u32::MAX)) as usize, messages: word >> 32 }
    }

    /// The bytes published from `start` up to `end`, a length that [`Piece::published`] has
    /// returned.
    pub fn read(&self, start: usize, end: usize) -> &[u8] {
        let end = end.min(self.published().bytes);
        let bytes = self.memory.get(start..end).unwrap_or_default();
        // SAFETY: bytes below the published length were written, and are not written again.
        unsafe { core::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len()) }
    }

    /// The next piece. It is not empty, and nothing more is added to this one.
    pub fn next(&self) -> Option<&Arc<Piece>> {
        self.next.get()
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        // Drops them one by one: a long log that goes at once must not exhaust the stack.
        let mut next = self.next.take();
        while let Some(mut piece) = next.and_then(Arc::into_inner) {
            next = piece.next.take();
        }
    }
}

/// The only writer of a piece, and then of the next.
pub struct PieceWriter {
    piece: Arc<Piece>,
    published: Published,
}

impl PieceWriter {
    /// `None` without memory.
    pub fn new() -> Option<PieceWriter> {
        Some(PieceWriter { piece: Arc::new(Piece::new()?), published: Published::default() })
    }

    /// The place of the next message, for a reader that starts there.
    pub fn place(&self) -> (Arc<Piece>, Published) {
        (self.piece.clone(), self.published)
    }

    /// Adds a message of one short frame (at most 255 bytes) and publishes it; `false` without
    /// memory.
    #[inline]
    pub fn add(&mut self, flags: u8, body: &[u8]) -> bool {
        let Ok(len) = u8::try_from(body.len()) else { return false };
        self.append(flags, len, body) || self.append_to_fresh(flags, len, body)
    }

    #[inline]
    fn append(&mut self, flags: u8, len: u8, body: &[u8]) -> bool {
        let bytes = self.published.bytes + 2 + body.len();
        let Some([first, second, place @ ..]) = self.piece.memory.get(self.published.bytes..bytes)
        else {
            return false;
        };
        let to: *mut u8 = UnsafeCell::raw_get(place.as_ptr()).cast();
        cache::expect_writes(to.wrapping_byte_add(AHEAD));
        // SAFETY: these bytes are beyond the published length, so no thread reads them, and no
        // other thread writes. `place` is as long as the body, and no part of it.
        unsafe {
            (*first.get()).write(flags);
            (*second.get()).write(len);
            copy(body.as_ptr(), to, body.len());
        }
        self.published = Published { bytes, messages: self.published.messages + 1 };
        // A swap, not a mere store: a reader that falls asleep now is seen after it.
        self.piece.published.swap(self.published.word(), Ordering::SeqCst);
        true
    }

    #[cold]
    fn append_to_fresh(&mut self, flags: u8, len: u8, body: &[u8]) -> bool {
        let Some(mut fresh) = PieceWriter::new() else { return false };
        let is_added = fresh.append(flags, len, body);
        let full = core::mem::replace(self, fresh);
        // Cannot fail: the full piece had no next one, because only this writer sets it.
        let _ = full.piece.next.set(self.piece.clone());
        super::primitives::fence(Ordering::SeqCst);
        is_added
    }
}
