//! The disposers of the contexts. They are never freed: messages refer to them, and the application
//! may keep messages longer than the context.
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

/// Takes back the disposer of a context that is gone.
pub fn give_back(disposer: &'static Disposer) {
    disposer.close();
    PLACES.give_back(disposer);
}
