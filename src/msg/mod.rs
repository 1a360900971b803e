//! A message: the 64 bytes that C code holds as `zmq_msg_t`.
//!
//! Small bodies live inside the struct, larger ones in counted [`Content`], constant ones in the
//! caller's memory. Nothing inside points to itself, so bindings may move the struct bitwise. A
//! message has one owner at a time.
//!
//! One of the modules that may use `unsafe`: the layout is a tagged union shared with C.

pub mod append;
pub mod blocks;
mod content;
pub mod copy;
pub mod frame;
mod metadata;

use core::mem::ManuallyDrop;

pub use content::{Content, FreeFn};
pub use metadata::Metadata;

use crate::error::Result;
use crate::sync::Arc;

/// Bodies up to this size are kept inside the message.
pub const INLINE_MAX: usize = 40;

/// Marks an initialised message; anything else in its place is not one.
const TAG: u8 = 0x5a;

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    Inline = 0xa1,
    Heap = 0xa2,
    Constant = 0xa3,
}

#[derive(Clone, Copy)]
#[repr(C)]
struct Constant {
    data: *const u8,
    len: usize,
}

#[repr(C)]
union Body {
    inline: [u8; INLINE_MAX],
    heap: ManuallyDrop<Content>,
    constant: Constant,
}

/// A message. `kind` says which field of `body` is alive.
#[repr(C)]
pub struct Msg {
    metadata: Option<Arc<Metadata>>,
    body: Body,
    reserved: u64,
    routing_id: u32,
    tag: u8,
    kind: u8,
    flags: u8,
    inline_len: u8,
}

const _: () = assert!(size_of::<Msg>() == 64 && align_of::<Msg>() == 8);

// SAFETY: content and metadata are counted atomically; constant memory lives for ever by the
// contract of `zmq_send_const` and of `zmq_msg_init_data` without a free function.
unsafe impl Send for Msg {}
// SAFETY: shared references only read.
unsafe impl Sync for Msg {}

impl Default for Msg {
    fn default() -> Self {
        Msg::new()
    }
}

impl Msg {
    #[inline]
    fn with_body(kind: Kind, body: Body, inline_len: u8) -> Msg {
        Msg {
            metadata: None,
            body,
            reserved: 0,
            routing_id: 0,
            tag: TAG,
            kind: kind as u8,
            flags: 0,
            inline_len,
        }
    }

    /// An empty message.
    #[inline]
    pub fn new() -> Msg {
        Msg::with_body(Kind::Inline, Body { inline: [0; INLINE_MAX] }, 0)
    }

    /// A message of `size` bytes whose content is not set yet, or `ENOMEM`.
    #[inline]
    pub fn with_size(size: usize) -> Result<Msg> {
        if size <= INLINE_MAX {
            let mut msg = Msg::new();
            msg.inline_len = size as u8;
            return Ok(msg);
        }
        Ok(Msg::from_content(Content::allocate(size)?))
    }

    /// A message with a copy of `bytes`, or `ENOMEM`.
    #[inline]
    pub fn copy_of(bytes: &[u8]) -> Result<Msg> {
        let mut msg = Msg::with_size(bytes.len())?;
        // SAFETY: `with_size` made room for as many bytes, and nobody else holds them yet.
        unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), msg.as_mut_ptr(), bytes.len()) };
        Ok(msg)
    }

    /// A message that holds this content.
    pub fn from_content(content: Content) -> Msg {
        Msg::with_body(Kind::Heap, Body { heap: ManuallyDrop::new(content) }, 0)
    }

    /// A message over memory that is never freed.
    ///
    /// # Safety
    /// - `data` is valid for reads of `len` bytes for the rest of the process's life.
    pub unsafe fn constant(data: *const u8, len: usize) -> Msg {
        Msg::with_body(Kind::Constant, Body { constant: Constant { data, len } }, 0)
    }

    /// Whether the 64 bytes at `msg` are an initialised message.
    ///
    /// # Safety
    /// - `msg` points to 64 readable bytes, aligned as a pointer.
    #[inline]
    pub unsafe fn is_valid(msg: *const Msg) -> bool {
        // SAFETY: the caller's promise; single bytes are read whatever they hold.
        let (tag, kind) = unsafe { ((*msg).tag, (*msg).kind) };
        tag == TAG && (Kind::Inline as u8..=Kind::Constant as u8).contains(&kind)
    }

    /// Releases what the message holds and marks the struct as no message.
    ///
    /// # Safety
    /// - `msg` points to an initialised message that nobody else uses.
    pub unsafe fn close(msg: *mut Msg) {
        // SAFETY: the caller's promise. The tag is cleared first, so that a free function which
        // looks at the struct finds it closed.
        unsafe {
            let content = msg.read();
            (*msg).tag = 0;
            (*msg).kind = 0;
            drop(content);
        }
    }

    #[inline]
    fn is_kind(&self, kind: Kind) -> bool {
        self.kind == kind as u8
    }

    fn content(&self) -> Option<&Content> {
        // SAFETY: `kind` says that the heap field is alive.
        self.is_kind(Kind::Heap).then(|| unsafe { &*self.body.heap })
    }

    #[inline]
    pub fn len(&self) -> usize {
        // SAFETY: `kind` says which field is alive.
        unsafe {
            if self.is_kind(Kind::Inline) {
                usize::from(self.inline_len)
            } else if self.is_kind(Kind::Heap) {
                self.body.heap.len()
            } else {
                self.body.constant.len
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Where the content is; null only if the caller gave a null buffer of size 0.
    #[inline]
    pub fn as_ptr(&self) -> *const u8 {
        // SAFETY: `kind` says which field is alive.
        unsafe {
            if self.is_kind(Kind::Inline) {
                self.body.inline.as_ptr()
            } else if self.is_kind(Kind::Heap) {
                self.body.heap.as_ptr()
            } else {
                self.body.constant.data
            }
        }
    }

    /// Where the content is, for writing by the message's owner.
    #[inline]
    pub fn as_mut_ptr(&mut self) -> *mut u8 {
        if self.is_kind(Kind::Inline) {
            // SAFETY: `kind` says that the inline field is alive.
            return unsafe { self.body.inline.as_mut_ptr() };
        }
        self.as_ptr().cast_mut()
    }

    #[inline]
    pub fn data(&self) -> &[u8] {
        let (data, len) = (self.as_ptr(), self.len());
        if len == 0 {
            return &[];
        }
        // SAFETY: the content is `len` initialised or caller-owned bytes that live as long as the
        // message.
        unsafe { core::slice::from_raw_parts(data, len) }
    }

    /// The content for writing, when nobody shares it and it is the library's or a free-able one.
    pub fn data_mut(&mut self) -> Option<&mut [u8]> {
        if self.is_shared() {
            return None;
        }
        let (data, len) = (self.as_mut_ptr(), self.len());
        if len == 0 {
            return Some(&mut []);
        }
        // SAFETY: the content is writable, `len` bytes, and this message is its only owner.
        Some(unsafe { core::slice::from_raw_parts_mut(data, len) })
    }

    #[inline]
    pub fn more(&self) -> bool {
        self.flags & frame::MORE != 0
    }

    #[inline]
    pub fn set_more(&mut self, more: bool) {
        self.flags = if more { frame::MORE } else { 0 };
    }

    /// Whether the content is constant or shared with another message (`ZMQ_SHARED`).
    pub fn is_shared(&self) -> bool {
        self.is_kind(Kind::Constant) || self.content().is_some_and(Content::is_shared)
    }

    /// Whether the content can be referred to instead of copied.
    #[inline]
    pub fn is_referable(&self) -> bool {
        !self.is_kind(Kind::Inline)
    }

    /// Whether a caller's free function waits for the last reference to the content to go.
    #[inline]
    pub fn is_foreign(&self) -> bool {
        self.content().is_some_and(Content::is_foreign)
    }

    pub fn metadata(&self) -> Option<&Arc<Metadata>> {
        self.metadata.as_ref()
    }

    #[inline]
    pub fn set_metadata(&mut self, metadata: Option<Arc<Metadata>>) {
        self.metadata = metadata;
    }

    /// Takes the message out and leaves an empty one.
    #[inline]
    pub fn take(&mut self) -> Msg {
        core::mem::take(self)
    }
}

impl Clone for Msg {
    /// Shares heap content, copies the rest.
    fn clone(&self) -> Msg {
        let body = match self.content() {
            Some(content) => Body { heap: ManuallyDrop::new(content.clone()) },
            // SAFETY: the other fields are plain bytes, valid as they are.
            None => unsafe { core::ptr::read(&self.body) },
        };
        Msg { metadata: self.metadata.clone(), body, ..*self }
    }
}

impl Drop for Msg {
    #[inline]
    fn drop(&mut self) {
        if self.is_kind(Kind::Heap) {
            // SAFETY: `kind` says that the heap field is alive, and it is not used again.
            unsafe { ManuallyDrop::drop(&mut self.body.heap) };
        }
    }
}
