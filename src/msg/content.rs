//! Counted message content that lives on the heap.
//!
//! One block holds the header and, for content the library allocates itself, the bytes behind it.
//! Blocks are shared between threads by an atomic count. A caller's free function runs exactly
//! once, on whichever thread drops the last reference, and never under a lock of the library.
//!
//! One of the modules that may use `unsafe`: raw allocation and a caller's own memory.

use core::ffi::c_void;
use core::ptr::NonNull;
use std::alloc::Layout;

use crate::error::{Errno, Result};
use crate::msg::blocks;
use crate::sync::{AtomicUsize, Ordering, fence};
use crate::sys::cancel::Shelter;

/// The caller's free function: data, hint (`zmq_free_fn`).
pub type FreeFn = unsafe extern "C" fn(*mut c_void, *mut c_void);

struct Block {
    references: AtomicUsize,
    data: *mut u8,
    len: usize,
    free: Option<FreeFn>,
    hint: *mut c_void,
}

/// A counted reference to content on the heap.
#[repr(transparent)]
pub struct Content(NonNull<Block>);

// SAFETY: the count is atomic, the bytes are written only by the sole owner, and a caller's free
// function may run on any thread (documented for `zmq_msg_init_data`).
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
    // It is not empty: it holds at least a `Block`.
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
                free: None,
                hint: core::ptr::null_mut(),
            });
        }
        Ok(Content(block))
    }

    /// Content in the caller's memory; `free(data, hint)` is called when the last reference goes.
    /// On `ENOMEM` the caller keeps the memory.
    ///
    /// # Safety
    /// - `data` is valid for reads and writes of `len` bytes until `free` is called;
    /// - `free` may be called on any thread.
    pub unsafe fn foreign(
        data: *mut u8,
        len: usize,
        free: FreeFn,
        hint: *mut c_void,
    ) -> Result<Content> {
        let block = new_block(0)?;
        // SAFETY: the block was just allocated with room for the header.
        unsafe {
            block.as_ptr().write(Block {
                references: AtomicUsize::new(1),
                data,
                len,
                free: Some(free),
                hint,
            });
        }
        Ok(Content(block))
    }

    fn block(&self) -> &Block {
        // SAFETY: the block lives as long as a reference to it is counted.
        unsafe { self.0.as_ref() }
    }

    /// Where the bytes are; may be null when the length is 0.
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

    /// Whether a caller's free function waits for the last reference to go.
    pub fn is_foreign(&self) -> bool {
        self.block().free.is_some()
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
        let Block { data, len, free, hint, .. } = *self.block();
        let own_bytes = if free.is_some() { 0 } else { len };
        // SAFETY: this was the last reference; the layout is the one the block was made with, and
        // the free function is called once, with what the caller gave.
        unsafe {
            if let Ok(layout) = layout(own_bytes) {
                blocks::release(self.0.as_ptr().cast::<u8>(), layout);
            }
            if let Some(free) = free {
                // It may not unwind, so the thread does not end in it.
                let _shelter = Shelter::new();
                free(data.cast(), hint);
            }
        }
    }
}
