//! Moving bytes: pollers, connections that any thread may drive, and the reactors in the
//! background.
//!
//! A connection belongs to no thread: the thread that holds one of its locks moves bytes in that
//! direction. A socket's established connections are registered in the poller of its
//! [`SocketShared`](shared::SocketShared), which a calling thread drives while it waits. While none
//! does, a [`reactor`] drives it.
#![forbid(unsafe_code)]

pub mod buffers;
pub mod connection;
mod idle;
#[cfg(test)]
mod model;
pub mod reactor;
mod registry;
mod rounds;
pub mod shared;
pub mod wait_queue;
#[cfg(test)]
mod wait_queue_model;

/// The atomics and system calls that `wait_queue.rs` uses; its model defines these names too.
mod primitives {
    pub use crate::error::Result;
    pub use crate::sync::{AtomicBool, AtomicU32, Ordering};
    pub use crate::sys::alarm::Alarm;
    pub use crate::sys::futex;
    pub use crate::sys::parker::Parker;
}
