//! Socket and context options: one table, one row an option.
#![forbid(unsafe_code)]

mod socket_type;
mod values;

pub use socket_type::SocketType;
pub use values::{AcceptFilter, MechanismKind, SocketOptions};
