//! Moving bytes: pollers, connections that any thread may drive, and the reactors in the background.
//!
//! A connection belongs to no thread: whoever holds one of its locks moves bytes in that direction.
//! A socket's established connections are registered in the poller of its [`SocketShared`](shared::SocketShared), which
//! the socket's caller drives while it waits, and a [`reactor`] while the caller is away.
#![forbid(unsafe_code)]

pub mod buffers;
pub mod connection;
#[cfg(test)]
mod model;
pub mod reactor;
mod registry;
mod rounds;
pub mod shared;
mod spin;
pub mod wait_queue;
#[cfg(test)]
mod wait_queue_model;
mod yield_policy;

/// What `wait_queue.rs` is made of; its model has the same names.
mod primitives {
    pub use crate::error::Result;
    pub use crate::sync::{AtomicBool, AtomicU32, Ordering};
    pub use crate::sys::alarm::Alarm;
    pub use crate::sys::futex;
    pub use crate::sys::parker::Parker;
}
