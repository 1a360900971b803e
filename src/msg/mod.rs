//! A message: the 64 bytes that C code holds as `zmq_msg_t`.
//!
//! Small bodies live inside the struct, larger ones in counted [`Content`]. Bodies with a free
//! function live in memory of the application ([`Foreign`]), which is counted once it is shared.
//! Constant ones live in memory that is never freed. Nothing inside points to itself, so bindings
//! may move the struct bitwise. A message has one owner at a time.
//!
//! One of the modules that may use `unsafe`: the layout is a tagged union shared with C.

pub mod append;
pub mod blocks;
mod content;
pub mod copy;
pub mod disposer;
mod foreign;
pub mod frame;
mod metadata;

/// Locks and atomics of [`disposer`]; its model replaces this module.
mod primitives {
    pub use super::foreign::FreeCall;
    pub use crate::sync::{Arc, AtomicBool, Mutex, Ordering, SegQueue};
}

use core::mem::ManuallyDrop;

pub use content::Content;
pub use disposer::Disposer;
pub use foreign::{Foreign, FreeFn};
pub use metadata::Metadata;

use crate::error::Result;
use crate::msg::foreign::SharedForeign;
use crate::sync::Arc;

/// Bodies up to this size are kept inside the message.
pub const INLINE_MAX: usize = 40;

/// Marks an initialised message; any other value means that there is none.
const TAG: u8 = 0x5a;

#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    Inline = 0xa1,
    Heap = 0xa2,
    Constant = 0xa3,
    Foreign = 0xa4,
    SharedForeign = 0xa5,
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
    foreign: ManuallyDrop<Foreign>,
    shared_foreign: ManuallyDrop<SharedForeign>,
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
        // SAFETY: `with_size` made room for as many bytes, and no other thread holds them yet.
        unsafe { core::ptr::copy_nonoverlapping(bytes.as_ptr(), msg.as_mut_ptr(), bytes.len()) };
        Ok(msg)
    }

    /// A message that holds this content.
    pub fn from_content(content: Content) -> Msg {
        Msg::with_body(Kind::Heap, Body { heap: ManuallyDrop::new(content) }, 0)
    }

    /// A message that holds this memory of the application.
    pub fn from_foreign(foreign: Foreign) -> Msg {
        Msg::with_body(Kind::Foreign, Body { foreign: ManuallyDrop::new(foreign) }, 0)
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
        tag == TAG && (Kind::Inline as u8..=Kind::SharedForeign as u8).contains(&kind)
    }

    /// [Ends](Msg::end) the message and marks the struct as no message.
    ///
    /// # Safety
    /// - `msg` points to an initialised message that no other code uses.
    pub unsafe fn close(msg: *mut Msg) {
        // SAFETY: the caller's promise. The tag is cleared first, so that a free function which
        // looks at the struct finds it closed.
        unsafe {
            let content = msg.read();
            (*msg).tag = 0;
            (*msg).kind = 0;
            content.end();
        }
    }

    /// Gives up the message's content, on behalf of the application. If a free function is due it
    /// runs in this call: the calling thread holds no lock of the library. A message that was sent
    /// and is dropped leaves the call to an I/O thread or worker.
    #[inline]
    pub fn end(mut self) {
        if self.is_foreign() {
            self.set_disposer(None);
        }
    }

    /// From now on `disposer` gets the call of the free function, if the message has one and is
    /// dropped.
    pub fn leave_to(&mut self, disposer: &'static Disposer) {
        self.set_disposer(Some(disposer));
    }

    fn set_disposer(&mut self, disposer: Option<&'static Disposer>) {
        // SAFETY: `kind` says which field is alive.
        unsafe {
            if self.is_kind(Kind::Foreign) {
                (*self.body.foreign).set_disposer(disposer);
            } else if self.is_kind(Kind::SharedForeign) {
                (*self.body.shared_foreign).set_disposer(disposer);
            }
        }
    }

    /// Another message with the content of this one: shared if it is counted, else copied.
    pub fn share(&mut self) -> Msg {
        // SAFETY: `kind` says which field is alive. The plain bytes of the others are valid as they
        // are.
        let body = unsafe {
            if self.is_kind(Kind::Heap) {
                Body { heap: self.body.heap.clone() }
            } else if self.is_foreign() {
                Body { shared_foreign: ManuallyDrop::new(self.share_foreign()) }
            } else {
                core::ptr::read(&self.body)
            }
        };
        Msg { metadata: self.metadata.clone(), body, ..*self }
    }

    /// Another reference to memory of the application, to which this message has one.
    fn share_foreign(&mut self) -> SharedForeign {
        // SAFETY: the message is foreign, and `kind` says of which form. The field that is taken is
        // written over before anything can fail.
        unsafe {
            if self.is_kind(Kind::Foreign) {
                let first = ManuallyDrop::take(&mut self.body.foreign).share();
                self.body.shared_foreign = ManuallyDrop::new(first);
                self.kind = Kind::SharedForeign as u8;
            }
            self.body.shared_foreign.share()
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

    fn shared_foreign(&self) -> Option<&SharedForeign> {
        // SAFETY: `kind` says that the field is alive.
        self.is_kind(Kind::SharedForeign).then(|| unsafe { &*self.body.shared_foreign })
    }

    #[inline]
    pub fn len(&self) -> usize {
        // SAFETY: `kind` says which field is alive.
        unsafe {
            if self.is_kind(Kind::Inline) {
                usize::from(self.inline_len)
            } else if self.is_kind(Kind::Heap) {
                self.body.heap.len()
            } else if self.is_kind(Kind::Constant) {
                self.body.constant.len
            } else if self.is_kind(Kind::Foreign) {
                self.body.foreign.len()
            } else {
                self.body.shared_foreign.len()
            }
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The address of the content; null only if the caller gave a null buffer of size 0.
    #[inline]
    pub fn as_ptr(&self) -> *const u8 {
        // SAFETY: `kind` says which field is alive.
        unsafe {
            if self.is_kind(Kind::Inline) {
                self.body.inline.as_ptr()
            } else if self.is_kind(Kind::Heap) {
                self.body.heap.as_ptr()
            } else if self.is_kind(Kind::Constant) {
                self.body.constant.data
            } else if self.is_kind(Kind::Foreign) {
                self.body.foreign.as_ptr()
            } else {
                self.body.shared_foreign.as_ptr()
            }
        }
    }

    /// The address of the content, for writing by the message's owner.
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

    /// The content for writing, if it is not shared and is the library's or one with a free
    /// function.
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
        self.is_kind(Kind::Constant)
            || self.content().is_some_and(Content::is_shared)
            || self.shared_foreign().is_some_and(SharedForeign::is_shared)
    }

    /// Whether the content can be referred to instead of copied.
    #[inline]
    pub fn is_referable(&self) -> bool {
        !self.is_kind(Kind::Inline)
    }

    /// Whether a caller's free function waits for the last reference to the content to go.
    #[inline]
    pub fn is_foreign(&self) -> bool {
        self.kind >= Kind::Foreign as u8
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

impl Drop for Msg {
    #[inline]
    fn drop(&mut self) {
        if !self.is_kind(Kind::Inline) {
            self.let_go();
        }
    }
}

impl Msg {
    /// Drops a reference to content.
    fn let_go(&mut self) {
        // SAFETY: `kind` says which field is alive, and it is not used again.
        unsafe {
            if self.is_kind(Kind::Heap) {
                ManuallyDrop::drop(&mut self.body.heap);
            } else if self.is_kind(Kind::Foreign) {
                ManuallyDrop::drop(&mut self.body.foreign);
            } else if self.is_kind(Kind::SharedForeign) {
                ManuallyDrop::drop(&mut self.body.shared_foreign);
            }
        }
    }
}
