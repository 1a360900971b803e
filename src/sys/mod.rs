//! System calls that are not on a socket of the standard library: one thin file each. Besides the C
//! boundary, only these files speak to the kernel directly.
//!
//! Code on the message path makes its calls by number: those are no cancellation points (see
//! [`cancel`]).

pub mod alarm;
pub mod cache;
pub mod cancel;
pub mod clock;
pub mod epoll;
pub mod eventfd;
pub mod fd;
pub mod files;
pub mod futex;
#[cfg(feature = "gssapi")]
pub mod gssapi;
pub mod interfaces;
pub mod library;
#[cfg(any(feature = "norm", feature = "pgm"))]
pub mod loaded;
pub mod membarrier;
pub mod net;
#[cfg(feature = "norm")]
pub mod norm;
pub mod parker;
#[cfg(feature = "pgm")]
pub mod pgm;
pub mod poll;
pub mod random;
pub mod resolve;
pub mod spin_lock;
pub mod thread;
pub mod tipc;
pub mod users;
