//! The C interface: what `zmq.h` declares, and nothing else. See `docs/architecture.md`.

pub mod constants;
pub mod types;
