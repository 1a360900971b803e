//! Objects that the child of a fork has inherited and given up. They stay as they are. Dropping
//! them would touch objects that the parent works with, and take locks that are held for ever here.
//! They are not forgotten either, so that a leak checker in the child finds none lost.
//!
//! Any thread of a child. No thread waits for the list.
#![forbid(unsafe_code)]

use core::any::Any;

use crate::sync::Mutex;

static KEPT: Mutex<Vec<Box<dyn Any + Send>>> = Mutex::new(Vec::new());

/// Keeps a value for the rest of the process.
pub fn keep(value: impl Send + 'static) {
    match KEPT.try_lock() {
        Some(mut kept) => kept.push(Box::new(value)),
        // Another thread holds the lock, or it is held for ever in the child of a child.
        None => core::mem::forget(value),
    }
}
