//! The place that a C socket handle points to. HandlePool stay, so that a late call with a closed handle
//! finds a tag that says so.
#![forbid(unsafe_code)]

use crate::context::handle_pool::HandlePool;
use crate::error::{Errno, Result};
use crate::socket::Core;
use crate::socket::attempt::{Attempt, Tried};
use crate::sync::{AtomicU32, Ordering};
use crate::sys::spin_lock::SpinLock;

/// How many places wait at least before one is reused.
const RESERVE: usize = 1024;

/// See the module's documentation.
#[repr(C)]
pub struct Slot {
    tag: AtomicU32,
    core: SpinLock<Option<Box<Core>>>,
}

static PLACES: HandlePool<Slot> = HandlePool::none();

impl Slot {
    /// The first word of a place in use.
    pub const OPEN: u32 = 0xbadd_ecaf;
    /// The first word of a place that was given up.
    const CLOSED: u32 = 0xdead_beef;

    /// A place for a new socket.
    pub fn open(core: Core) -> &'static Slot {
        let slot = PLACES.take(RESERVE, || Slot {
            tag: AtomicU32::new(Slot::CLOSED),
            core: SpinLock::new(None),
        });
        *slot.core.lock() = Some(Box::new(core));
        slot.tag.store(Slot::OPEN, Ordering::Release);
        slot
    }

    /// Whether the place holds a socket.
    #[inline]
    pub fn is_open(&self) -> bool {
        self.tag.load(Ordering::Acquire) == Slot::OPEN
    }

    /// Runs `call` on the socket under its lock; `ENOTSOCK`.
    #[inline(always)]
    pub fn with<R>(&self, call: impl FnOnce(&mut Core) -> Result<R>) -> Result<R> {
        match self.core.lock().as_deref_mut() {
            Some(core) => call(core),
            None => Err(Errno::ENOTSOCK),
        }
    }

    /// Runs the first try of a call on the socket under its lock; `ENOTSOCK`.
    #[inline(always)]
    pub fn attempt<R>(&self, call: impl FnOnce(&mut Core) -> Tried<R>) -> Tried<R> {
        match self.core.lock().as_deref_mut() {
            Some(core) => call(core),
            None => Err(Attempt::Failed(Errno::ENOTSOCK)),
        }
    }

    /// Runs `call` on the socket if no other call is at work in it; else does nothing.
    pub fn with_if_free(&self, call: impl FnOnce(&mut Core) -> Result<()>) -> Result<()> {
        match self.core.try_lock() {
            Some(mut core) => core.as_deref_mut().map_or(Err(Errno::ENOTSOCK), call),
            None => Ok(()),
        }
    }

    /// Takes the socket out; the handle is closed from now on. `ENOTSOCK`.
    pub fn take(&'static self) -> Result<Box<Core>> {
        let core = self.core.lock().take().ok_or(Errno::ENOTSOCK)?;
        self.tag.store(Slot::CLOSED, Ordering::Release);
        PLACES.give_back(self);
        Ok(core)
    }
}
