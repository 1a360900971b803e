//! A piece of a log: memory that one thread fills while any number of others read what it has published.
//!
//! Nobody waits for anybody. The writer publishes a length, and never touches what lies below it again;
//! readers stay below it. A piece that is full names the next one. Whoever reads holds the piece it reads,
//! and that holds those behind it: what all have passed goes by itself.

use core::cell::UnsafeCell;
use core::mem::MaybeUninit;

use super::primitives::{Arc, AtomicU64, OnceLock, Ordering};
use crate::msg::copy::copy;
use crate::sys::cache;

/// Bytes in a piece: what is worth a system call.
const SIZE: usize = 32 * 1024;

/// How far ahead memory is asked for, in bytes.
const AHEAD: usize = 256;

type Byte = UnsafeCell<MaybeUninit<u8>>;

/// See the module's documentation.
pub struct Piece {
    memory: Box<[Byte]>,
    published: AtomicU64,
    next: OnceLock<Arc<Piece>>,
}

// SAFETY: `PieceWriter`, of which a piece has one, writes beyond the published length; all others read below it,
// after an acquiring look at it.
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
    /// A fresh one; `None` without memory.
    fn new() -> Option<Piece> {
        let mut memory: Vec<Byte> = Vec::new();
        memory.try_reserve_exact(SIZE).ok()?;
        // SAFETY: so much was reserved, and these bytes need not be written to be what they are.
        unsafe { memory.set_len(SIZE) };
        let memory = memory.into_boxed_slice();
        Some(Piece { memory, published: AtomicU64::new(0), next: OnceLock::new() })
    }

    pub fn published(&self) -> Published {
        let word = self.published.load(Ordering::SeqCst);
        Published { bytes: (word & u64::from(u32::MAX)) as usize, messages: word >> 32 }
    }

    /// What was published from `start` up to `end`, which [`Piece::published`] has told.
    pub fn read(&self, start: usize, end: usize) -> &[u8] {
        let end = end.min(self.published().bytes);
        let bytes = self.memory.get(start..end).unwrap_or_default();
        // SAFETY: what is below the published length was written, and is not written again.
        unsafe { core::slice::from_raw_parts(bytes.as_ptr().cast(), bytes.len()) }
    }

    /// The next one. It has something in it, and to this one nothing is added any more.
    pub fn next(&self) -> Option<&Arc<Piece>> {
        self.next.get()
    }
}

impl Drop for Piece {
    fn drop(&mut self) {
        // One by one: a long log that goes at once must not take the stack.
        let mut next = self.next.take();
        while let Some(mut piece) = next.and_then(Arc::into_inner) {
            next = piece.next.take();
        }
    }
}

/// The only one that adds to a piece, and then to the next.
pub struct PieceWriter {
    piece: Arc<Piece>,
    published: Published,
}

impl PieceWriter {
    /// `None` without memory.
    pub fn new() -> Option<PieceWriter> {
        Some(PieceWriter { piece: Arc::new(Piece::new()?), published: Published::default() })
    }

    /// Where the next message will be, for who reads from there on.
    pub fn place(&self) -> (Arc<Piece>, Published) {
        (self.piece.clone(), self.published)
    }

    /// Adds a message of one short frame (at most 255 bytes) and publishes it; `false` without memory.
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
        // SAFETY: these bytes are beyond what was published, so nobody reads them, and nobody else writes;
        // `place` is as long as the body, and no part of it.
        unsafe {
            (*first.get()).write(flags);
            (*second.get()).write(len);
            copy(body.as_ptr(), to, body.len());
        }
        self.published = Published { bytes, messages: self.published.messages + 1 };
        // Not a mere store: who sleeps now is seen after it.
        self.piece.published.swap(self.published.word(), Ordering::SeqCst);
        true
    }

    #[cold]
    fn append_to_fresh(&mut self, flags: u8, len: u8, body: &[u8]) -> bool {
        let Some(mut fresh) = PieceWriter::new() else { return false };
        let is_added = fresh.append(flags, len, body);
        let full = core::mem::replace(self, fresh);
        // It has had none: only this names one.
        let _ = full.piece.next.set(self.piece.clone());
        super::primitives::fence(Ordering::SeqCst);
        is_added
    }
}
