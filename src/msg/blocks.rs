//! Memory of large bodies, kept for the next one. What a program gives back to the system it gets back
//! in empty pages, each of which costs a fault and has to be cleared: for a body of a megabyte that is
//! more work than copying it. A program that streams such bodies uses the same few blocks again here.
//!
//! Any thread. Nobody waits for the list: who finds it taken does without, also in the child of a fork.
//!
//! One of the modules that may use `unsafe`: raw allocation.

use core::ptr::NonNull;
use std::alloc::{Layout, alloc, dealloc};

use crate::sync::{AtomicUsize, Ordering};
use crate::sys::brief::Brief;

/// Blocks of at least this size are kept.
const SMALLEST: usize = 64 * 1024;

/// Blocks of at most this size are kept.
const LARGEST: usize = 4 * 1024 * 1024;

/// Bytes that are kept at most.
const ROOM: usize = 16 * 1024 * 1024;

/// How often the list is tried for when it has to be emptied.
const TRIES: usize = 100_000;

/// A block that nobody uses, and its layout.
struct Spare {
    block: NonNull<u8>,
    layout: Layout,
}

// SAFETY: the memory is nobody's.
unsafe impl Send for Spare {}

struct Spares {
    blocks: Vec<Spare>,
    bytes: usize,
}

static SPARES: Brief<Spares> = Brief::new(Spares { blocks: Vec::new(), bytes: 0 });

/// Contexts that there are: without one nothing is kept.
static CONTEXTS: AtomicUsize = AtomicUsize::new(0);

/// A context begins.
pub fn begin() {
    CONTEXTS.fetch_add(1, Ordering::SeqCst);
}

/// A context has ended. With the last one goes what is kept.
pub fn end() {
    if CONTEXTS.fetch_sub(1, Ordering::SeqCst) == 1 {
        release_spares();
    }
}

/// Uninitialised memory of this layout, which is not empty; null when there is none.
pub fn allocate(layout: Layout) -> *mut u8 {
    match is_kept(layout).then(|| take(layout)).flatten() {
        Some(block) => block.as_ptr(),
        // SAFETY: the caller's layout is not empty.
        None => unsafe { alloc(layout) },
    }
}

/// Gives memory back.
///
/// # Safety
/// - `block` came from [`allocate`] with this layout, and is not used any more.
pub unsafe fn release(block: *mut u8, layout: Layout) {
    if let Some(spare) = NonNull::new(block).filter(|_| is_kept(layout))
        && keep(Spare { block: spare, layout })
    {
        return;
    }
    // SAFETY: what the caller promises.
    unsafe { dealloc(block, layout) }
}

fn release_spares() {
    // In the child of a fork it may be taken for ever.
    let Some(mut spares) = (0..TRIES).find_map(|_| SPARES.try_lock()) else { return };
    spares.bytes = 0;
    let blocks = core::mem::take(&mut spares.blocks);
    drop(spares);
    for spare in blocks {
        // SAFETY: it came from the allocator with this layout, and nobody uses it.
        unsafe { dealloc(spare.block.as_ptr(), spare.layout) }
    }
}

/// Sizes in between are rounded up to an eighth, so that bodies of about the same size share blocks.
pub fn rounded(size: usize) -> usize {
    if !(SMALLEST..=LARGEST).contains(&size) {
        return size;
    }
    let step = (size.next_power_of_two() / 16).max(1);
    size.next_multiple_of(step)
}

fn is_kept(layout: Layout) -> bool {
    (SMALLEST..=LARGEST).contains(&layout.size())
}

fn take(layout: Layout) -> Option<NonNull<u8>> {
    let mut spares = SPARES.try_lock()?;
    let at = spares.blocks.iter().rposition(|spare| spare.layout == layout)?;
    spares.bytes -= layout.size();
    Some(spares.blocks.swap_remove(at).block)
}

/// Whether there was room for it.
fn keep(spare: Spare) -> bool {
    let Some(mut spares) = SPARES.try_lock() else { return false };
    let size = spare.layout.size();
    let is_used = CONTEXTS.load(Ordering::SeqCst) > 0;
    if !is_used || spares.bytes + size > ROOM || spares.blocks.try_reserve(1).is_err() {
        return false;
    }
    spares.bytes += size;
    spares.blocks.push(spare);
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(size: usize) -> Layout {
        Layout::from_size_align(size, 8).unwrap()
    }

    #[test]
    fn sizes_are_rounded_by_an_eighth_at_most() {
        assert_eq!([rounded(1), rounded(SMALLEST - 1)], [1, SMALLEST - 1]);
        for size in [SMALLEST, SMALLEST + 1, 100_000, 1 << 20, (1 << 20) + 40, LARGEST] {
            let rounded = rounded(size);
            assert!(rounded >= size && rounded - size <= size / 8, "{size}: {rounded}");
            assert_eq!(super::rounded(rounded), rounded);
        }
        assert_eq!(rounded(LARGEST + 1), LARGEST + 1);
    }

    #[test]
    fn a_block_is_used_again_or_given_back() {
        // A size of its own, since other tests use the same list; they may also have it at this moment.
        let layout = layout(rounded(3_333_333));
        begin();
        let used_again = (0..1000).any(|_| {
            let first = allocate(layout);
            // SAFETY: memory of this layout, which is not used.
            unsafe { release(first, layout) };
            let second = allocate(layout);
            // SAFETY: the same.
            unsafe { release(second, layout) };
            first == second
        });
        assert!(used_again);
        end();
    }

    #[test]
    fn what_is_kept_has_a_limit() {
        let layout = layout(LARGEST);
        begin();
        let blocks: Vec<_> = (0..8).map(|_| allocate(layout)).collect();
        for block in blocks {
            // SAFETY: memory of this layout, which is not used.
            unsafe { release(block, layout) };
        }
        assert!(SPARES.lock().bytes <= ROOM);
        end();
    }
}
