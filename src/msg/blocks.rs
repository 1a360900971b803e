//! Memory of bodies from a KiB on, kept for the next one. Memory that a program gives back to the
//! system returns as empty pages, each of which costs a fault and must be cleared. For a body of a
//! megabyte that is more work than copying it. For shorter bodies the allocator's work takes longer
//! than all the rest of sending them. A program that streams such bodies uses a few blocks again
//! and again here.
//!
//! Any thread. No thread waits for the list: a thread that finds it taken goes on without, also in
//! the child of a fork.
//!
//! One of the modules that may use `unsafe`: raw allocation.

use core::ptr::NonNull;
use std::alloc::{Layout, alloc, dealloc};

use lock_api::MutexGuard;

use crate::sync::{AtomicUsize, Ordering};
use crate::sys::spin_lock::{Raw, SpinLock};

/// Blocks of at least this size are kept: the allocator itself keeps smaller ones at hand.
const SMALLEST: usize = 1024;

/// Blocks of at most this size are kept.
const LARGEST: usize = 32 * 1024 * 1024;

/// Bytes that are kept at most in blocks up to [`LARGE`].
const ROOM: usize = 16 * 1024 * 1024;

/// Blocks above this size are large. Only so many are kept: one that is sent or read, and one in
/// the program's hands.
const LARGE: usize = 4 * 1024 * 1024;
const LARGE_KEPT: usize = 2;

/// How often the list is tried for when it has to be emptied.
const TRIES: usize = 100_000;

/// Size steps between a size and its double.
const STEPS: usize = 8;

/// The number of sizes of which blocks are kept.
const CLASSES: usize = STEPS * (LARGEST / (SMALLEST / 2)).ilog2() as usize;

/// At most so many blocks of other sizes make room for one.
const EVICTED: usize = 16;

/// All blocks are aligned so.
const ALIGN: usize = align_of::<usize>();

/// A block that is not in use.
struct Spare(NonNull<u8>);

// SAFETY: no thread uses the memory.
unsafe impl Send for Spare {}

struct Spares {
    /// The blocks by size class.
    blocks: [Vec<Spare>; CLASSES],
    /// Bytes in blocks up to [`LARGE`], and the number of larger blocks.
    bytes: usize,
    large: usize,
    /// The size class to check next for blocks to give back.
    hand: usize,
}

static SPARES: SpinLock<Spares> =
    SpinLock::new(Spares { blocks: [const { Vec::new() }; CLASSES], bytes: 0, large: 0, hand: 0 });

/// The number of contexts: without one nothing is kept.
static CONTEXTS: AtomicUsize = AtomicUsize::new(0);

/// A context begins.
pub fn begin() {
    CONTEXTS.fetch_add(1, Ordering::SeqCst);
}

/// A context has ended. With the last one the kept blocks are freed.
pub fn end() {
    if CONTEXTS.fetch_sub(1, Ordering::SeqCst) == 1 {
        release_spares();
    }
}

/// Uninitialised memory of this layout, which is not empty; null when there is none.
pub fn allocate(layout: Layout) -> *mut u8 {
    match class(layout).and_then(take) {
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
    if let (Some(spare), Some(class)) = (NonNull::new(block), class(layout))
        && keep(Spare(spare), class)
    {
        return;
    }
    // SAFETY: handed on from the caller's promise.
    unsafe { dealloc(block, layout) }
}

fn release_spares() {
    // In the child of a fork the list may be locked for ever.
    let Some(mut spares) = (0..TRIES).find_map(|_| SPARES.try_lock()) else { return };
    (spares.bytes, spares.large) = (0, 0);
    let mut none = [const { Vec::new() }; CLASSES];
    core::mem::swap(&mut spares.blocks, &mut none);
    drop(spares);
    for (class, blocks) in none.into_iter().enumerate() {
        give_back(class, blocks);
    }
}

fn give_back(class: usize, blocks: impl IntoIterator<Item = Spare>) {
    let Ok(layout) = Layout::from_size_align(size_of_class(class), ALIGN) else { return };
    for Spare(block) in blocks {
        // SAFETY: it came from the allocator with this layout, and no thread uses it.
        unsafe { dealloc(block.as_ptr(), layout) }
    }
}

/// Sizes in between are rounded up to an eighth, so that bodies of nearly equal size share blocks.
pub fn rounded(size: usize) -> usize {
    if !(SMALLEST..=LARGEST).contains(&size) {
        return size;
    }
    let shift = step_shift(size);
    (((size - 1) >> shift) + 1) << shift
}

/// The power of two by which sizes like this one differ.
fn step_shift(size: usize) -> u32 {
    (size.next_power_of_two() / (2 * STEPS)).ilog2()
}

/// The index of this size among the sizes that are kept.
fn class(layout: Layout) -> Option<usize> {
    let size = layout.size();
    if !(SMALLEST..=LARGEST).contains(&size) || layout.align() != ALIGN {
        return None;
    }
    let (shift, octave) = (step_shift(size), step_shift(size) - step_shift(SMALLEST));
    let steps = size >> shift;
    (steps << shift == size).then(|| octave as usize * STEPS + steps - STEPS - 1)
}

fn size_of_class(class: usize) -> usize {
    let step = (SMALLEST << (class / STEPS)) / (2 * STEPS);
    step * (class % STEPS + STEPS + 1)
}

fn is_large(class: usize) -> bool {
    size_of_class(class) > LARGE
}

fn take(class: usize) -> Option<NonNull<u8>> {
    let Spare(block) = SPARES.try_lock()?.take(class)?;
    Some(block)
}

/// Keeps the block if there is room; returns whether it did.
fn keep(spare: Spare, class: usize) -> bool {
    let Some(mut spares) = SPARES.try_lock() else { return false };
    if CONTEXTS.load(Ordering::SeqCst) == 0 {
        return false;
    }
    if spares.has_room(class) {
        spares.add(spare, class)
    } else {
        keep_instead(spares, spare, class)
    }
}

/// Keeps the block when there is no room: blocks of other sizes that are in its way are given back.
#[cold]
fn keep_instead(mut spares: MutexGuard<'_, Raw, Spares>, spare: Spare, class: usize) -> bool {
    let mut evicted = [const { None }; EVICTED];
    let from = spares.make_room(class, &mut evicted);
    let kept = spares.has_room(class) && spares.add(spare, class);
    drop(spares);
    give_back(from, evicted.into_iter().flatten());
    kept
}

impl Spares {
    fn has_room(&self, class: usize) -> bool {
        match is_large(class) {
            true => self.large < LARGE_KEPT,
            false => self.bytes + size_of_class(class) <= ROOM,
        }
    }

    /// Counts a block of this class in, or out.
    fn count(&mut self, class: usize, comes: bool) {
        let (count, by) = match is_large(class) {
            true => (&mut self.large, 1),
            false => (&mut self.bytes, size_of_class(class)),
        };
        *count = if comes { *count + by } else { *count - by };
    }

    /// Takes blocks of one other class out, until there is room for one of this class; returns the
    /// other class.
    fn make_room(&mut self, class: usize, evicted: &mut [Option<Spare>]) -> usize {
        let is_in_the_way = |at: &usize| {
            let same_room = *at != class && is_large(*at) == is_large(class);
            same_room && self.blocks.get(*at).is_some_and(|list| !list.is_empty())
        };
        let Some(from) = (0..CLASSES).map(|n| (self.hand + n) % CLASSES).find(is_in_the_way) else {
            return class;
        };
        self.hand = from + 1;
        for place in evicted {
            if self.has_room(class) {
                break;
            }
            *place = self.take(from);
        }
        from
    }

    fn take(&mut self, class: usize) -> Option<Spare> {
        let spare = self.blocks.get_mut(class)?.pop()?;
        self.count(class, false);
        Some(spare)
    }

    /// Adds the block to its list; `false` without memory for the list.
    fn add(&mut self, spare: Spare, class: usize) -> bool {
        let Some(blocks) = self.blocks.get_mut(class) else { return false };
        let added = blocks.try_reserve(1).is_ok();
        if added {
            blocks.push(spare);
            self.count(class, true);
        }
        added
    }
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
    fn classes_are_the_rounded_sizes() {
        let mut sizes: Vec<_> = (SMALLEST..20_000).map(rounded).collect();
        sizes.dedup();
        sizes.extend([100_000, 1 << 20, (1 << 20) + 1, LARGEST].map(rounded));
        for size in sizes {
            let class = class(layout(size)).expect("it is kept");
            assert_eq!(size_of_class(class), size);
        }
        assert_eq!(class(layout(SMALLEST)), Some(STEPS - 1));
        assert_eq!(class(layout(LARGEST)), Some(CLASSES - 1));
        assert_eq!([class(layout(SMALLEST - 8)), class(layout(LARGEST + 8))], [None, None]);
        assert_eq!(class(layout(1 + rounded(100_000))), None);
    }

    #[test]
    fn what_is_in_the_way_is_given_back() {
        let (small, large) = (layout(rounded(5_000)), layout(LARGE));
        let release_all = |layout, count: usize| {
            let blocks: Vec<_> = (0..count).map(|_| allocate(layout)).collect();
            for block in blocks {
                // SAFETY: memory of this layout, which is not used.
                unsafe { release(block, layout) };
            }
        };
        begin();
        release_all(small, 2 * ROOM / 5_000);
        let is_kept = || class(large).is_some_and(|at| !SPARES.lock().blocks[at].is_empty());
        assert!((0..10_000).any(|_| {
            release_all(large, 1);
            is_kept()
        }));
        assert!(SPARES.lock().bytes <= ROOM);
        end();
    }

    #[test]
    fn a_block_is_used_again_or_given_back() {
        // A size of its own, since other tests use this list; they may also hold it at this moment.
        let layout = layout(rounded(3_333_333));
        begin();
        let used_again = (0..1000).any(|_| {
            let first = allocate(layout);
            // SAFETY: memory of this layout, which is not used.
            unsafe { release(first, layout) };
            let second = allocate(layout);
            // SAFETY: memory of this layout, which is not used.
            unsafe { release(second, layout) };
            first == second
        });
        assert!(used_again);
        end();
    }

    #[test]
    fn what_is_kept_has_a_limit() {
        begin();
        for layout in [LARGE, LARGEST].map(layout) {
            let blocks: Vec<_> = (0..8).map(|_| allocate(layout)).collect();
            for block in blocks {
                // SAFETY: memory of this layout, which is not used.
                unsafe { release(block, layout) };
            }
            let spares = SPARES.lock();
            assert!(spares.bytes <= ROOM && spares.large <= LARGE_KEPT);
        }
        end();
    }
}
