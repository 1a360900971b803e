//! Wire formats and protocols as plain values: bytes and events in, bytes and events out.
//!
//! Nothing here knows a file descriptor, a thread, a lock or a clock. The thread that holds the
//! connection's lock drives these values. It passes in times as milliseconds of its monotonic
//! clock.
#![forbid(unsafe_code)]

mod error;
pub mod mechanism;
pub mod multicast;
pub mod socks5;
pub mod ws;
pub mod zap;
pub mod zmtp;

pub use error::{ErrorKind, HandshakeError, HandshakeEvent};
