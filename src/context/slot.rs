//! The slot that a C context handle points to. Slots are never freed, so that a late call with an
//! ended handle finds a tag that says so.
//!
//! Any thread. The lock is held for a moment only and nothing is locked under it.
#![forbid(unsafe_code)]

use crate::context::handle_pool::HandlePool;
use crate::context::{Context, inherited};
use crate::error::{Errno, Result};
use crate::msg::blocks;
use crate::sync::{Arc, AtomicU32, Mutex, Ordering};
use crate::sys::cancel::CancelGuard;
use crate::sys::parker::Parker;

/// How many slots wait at least before one is reused.
const RESERVE: usize = 256;

/// See the module's documentation.
#[repr(C)]
pub struct ContextSlot {
    tag: AtomicU32,
    context: Mutex<Option<Arc<Context>>>,
}

static PLACES: HandlePool<ContextSlot> = HandlePool::none();

impl ContextSlot {
    /// The first word of a slot in use.
    pub const OPEN: u32 = 0xabad_cafe;
    /// The first word of a slot that was given up.
    const CLOSED: u32 = 0xdead_beef;

    /// A slot for a new context.
    pub fn open(context: Context) -> &'static ContextSlot {
        let slot = PLACES.take(RESERVE, || ContextSlot {
            tag: AtomicU32::new(ContextSlot::CLOSED),
            context: Mutex::new(None),
        });
        *slot.context.lock() = Some(Arc::new(context));
        blocks::begin();
        slot.tag.store(ContextSlot::OPEN, Ordering::Release);
        slot
    }

    /// The context; `EFAULT` when it has ended.
    pub fn get(&self) -> Result<Arc<Context>> {
        self.context.lock().clone().ok_or(Errno::EFAULT)
    }

    /// `zmq_ctx_term`: ends the context and then the handle. `EFAULT`; `EINTR` leaves the handle as
    /// it is, for another call.
    pub async fn terminate(&'static self, parker: &Parker) -> Result<()> {
        let context = self.get()?;
        if context.is_own() {
            context.terminate(parker).await?;
        } else {
            inherited::keep(context.clone());
        }
        // The last reference to the context may go here, which closes descriptors.
        let _guard = CancelGuard::new();
        let mut held = self.context.lock();
        // Another thread may have terminated it meanwhile, and the slot may be in use again.
        if held.as_ref().is_some_and(|held| Arc::ptr_eq(held, &context)) {
            *held = None;
            self.tag.store(ContextSlot::CLOSED, Ordering::Release);
            drop(held);
            blocks::end();
            PLACES.give_back(self);
        }
        drop(context);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::parker::block_on;

    fn end(slot: &'static ContextSlot) -> Result<()> {
        block_on(async |parker| slot.terminate(parker).await)
    }

    #[test]
    fn a_place_ends_with_its_context() {
        let slot = ContextSlot::open(Context::default());
        assert!(slot.get().is_ok());
        assert_eq!(slot.tag.load(Ordering::Relaxed), ContextSlot::OPEN);
        assert_eq!(end(slot), Ok(()));
        assert_eq!(slot.tag.load(Ordering::Relaxed), ContextSlot::CLOSED);
        assert_eq!(slot.get().err(), Some(Errno::EFAULT));
        assert_eq!(end(slot), Err(Errno::EFAULT));
        let next = ContextSlot::open(Context::default());
        assert!(!core::ptr::eq(slot, next));
        assert_eq!(end(next), Ok(()));
    }
}
