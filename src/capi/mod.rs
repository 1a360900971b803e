//! The C interface: what `zmq.h` and `zmqx.h` declare, and nothing else. See `docs/architecture.md`.
//!
//! Any application thread. A function checks what it was handed, calls the layer below inside
//! [`guard`] (or [`guard_cold`], or [`block`] if it may have to wait) and turns the answer into C's return value; errno is written last, after every local
//! has been dropped, so that no destructor can overwrite it.

mod banner;
mod boundary;
mod handle;
mod object;
mod thread;

pub mod constants;
pub mod context;
pub mod error;
pub mod extension;
pub mod legacy;
pub mod message;
pub mod poll;
pub mod proxy;
pub mod socket;
pub mod timers;
pub mod types;
pub mod util;

pub(crate) use boundary::{MUST_BLOCK, block, errno, guard, guard_cold, guard_first, set_errno};
