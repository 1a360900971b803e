//! Socket and context options: one table, one row an option.
#![forbid(unsafe_code)]

mod accept_filter;
mod context;
mod features;
mod get;
mod key;
mod lists;
pub mod numbers;
mod row;
mod security;
mod set;
mod socket_type;
mod table;
mod values;

#[cfg(test)]
mod tests;

pub use context::{ContextOptions, MSG_T_SIZE, SOCKET_LIMIT};
pub use features::{AVAILABLE, Feature, Features};
pub use get::{Live, get};
pub use row::{Acts, Initial, Kind, Row};
pub use set::{Effect, set};
pub use socket_type::SocketType;
pub use table::{TABLE, row};
pub use values::{AcceptFilter, MechanismKind, SocketOptions};
