//! Counted message content that lives on the heap.
//!
//! One block holds the header and the bytes behind it. Blocks are shared between threads by an
//! atomic count. For content in the application's memory see [`foreign`](super::foreign).
//!
//! One of the modules that may use `unsafe`: raw allocation.

use core::ptr::NonNull;
use std::alloc::Layout;

use crate::error::{Errno, Result};
use crate::msg::blocks;
use crate::sync::{AtomicUsize, Ordering, fence};

struct Block {
    references: AtomicUsize,
    data: *mut u8,
    len: usize,
}

/// A counted reference to content on the heap.
#[repr(transparent)]
pub struct Content(NonNull<Block>);

// SAFETY: the count is atomic, and the bytes are written only by the sole owner.
unsafe impl Send for Content {}
// SAFETY: shared references only read.
unsafe impl Sync for Content {}

fn layout(own_bytes: usize) -> Result<Layout> {
    size_of::<Block>()
        .checked_add(own_bytes)
        .and_then(|size| Layout::from_size_align(blocks::rounded(size), align_of::<Block>()).ok())
        .ok_or(Errno::ENOMEM)
}

fn new_block(own_bytes: usize) -> Result<NonNull<Block>> {
    let layout = layout(own_bytes)?;
    // The layout is not empty: it holds at least a `Block`.
    NonNull::new(blocks::allocate(layout).cast::<Block>()).ok_or(Errno::ENOMEM)
}

impl Content {
    /// Content of `len` uninitialised bytes, or `ENOMEM`.
    pub fn allocate(len: usize) -> Result<Content> {
        let block = new_block(len)?;
        // SAFETY: the block was just allocated with room for the header and `len` bytes behind it.
        unsafe {
            block.as_ptr().write(Block {
                references: AtomicUsize::new(1),
                data: block.as_ptr().add(1).cast::<u8>(),
                len,
            });
        }
        Ok(Content(block))
    }

    fn block(&self) -> &Block {
        // SAFETY: the block lives as long as a reference to it is counted.
        unsafe { self.0.as_ref() }
    }

    /// The address of the bytes.
    pub fn as_ptr(&self) -> *mut u8 {
        self.block().data
    }

    pub fn len(&self) -> usize {
        self.block().len
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether another reference exists.
    pub fn is_shared(&self) -> bool {
        self.block().references.load(Ordering::Acquire) > 1
    }
}

impl Clone for Content {
    fn clone(&self) -> Self {
        self.block().references.fetch_add(1, Ordering::Relaxed);
        Content(self.0)
    }
}

impl Drop for Content {
    fn drop(&mut self) {
        if self.block().references.fetch_sub(1, Ordering::Release) != 1 {
            return;
        }
        fence(Ordering::Acquire);
        if let Ok(layout) = layout(self.len()) {
            // SAFETY: this was the last reference; the layout is the one the block was made with.
            unsafe { blocks::release(self.0.as_ptr().cast::<u8>(), layout) };
        }
    }
}
