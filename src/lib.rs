//! zincmq: a ZeroMQ engine with the C interface of libzmq.
//!
//! The modules are listed in layer order: a module imports only from those above it. See
//! `docs/architecture.md` for the map, the life of a message and the life of a connection.

// Base.
pub mod error;
pub mod memory;
pub mod sync;
pub mod sys;

// Adaptive decisions, as values.
pub mod adapt;

// Keys and boxes.
pub mod crypto;

// Data.
pub mod msg;
pub mod options;
pub mod queue;

// Names.
pub mod endpoint;

// Protocol: pure, no descriptor, no thread, no clock.
pub mod proto;

// Flow.
pub mod monitor;
pub mod pipe;

// Patterns.
pub mod pattern;

// Transports.
pub mod transport;

// Input and output.
pub mod io;

// Objects.
pub mod context;
pub mod socket;
pub mod timers;

// Several sockets at once.
pub mod poll;
pub mod proxy;

// The C boundary.
pub mod capi;
