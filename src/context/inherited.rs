//! What the child of a fork has inherited and given up. It stays as it is: to drop it would touch what
//! the parent works with, and take locks that are held for ever here. It is not forgotten either, so that
//! a program that looks for lost memory in the child finds none.
//!
//! Any thread of a child. Nobody waits for the list.
#![forbid(unsafe_code)]

use core::any::Any;

use crate::sync::Mutex;

static KEPT: Mutex<Vec<Box<dyn Any + Send>>> = Mutex::new(Vec::new());

/// Keeps it for the rest of the process.
pub fn keep(value: impl Send + 'static) {
    match KEPT.try_lock() {
        Some(mut kept) => kept.push(Box::new(value)),
        // By another thread, or for ever in the child of a child.
        None => core::mem::forget(value),
    }
}
