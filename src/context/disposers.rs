//! The places of the contexts' disposers. They are never freed, because messages refer to them that
//! the application may keep longer than the context.
//!
//! Any thread.
#![forbid(unsafe_code)]

use crate::context::handle_pool::HandlePool;
use crate::msg::Disposer;

static PLACES: HandlePool<Disposer> = HandlePool::none();

/// A disposer for a new context, not open yet.
pub fn take() -> &'static Disposer {
    PLACES.take(0, Disposer::default)
}

/// The context is gone.
pub fn give_back(disposer: &'static Disposer) {
    disposer.close();
    PLACES.give_back(disposer);
}
