//! Policies that the socket types share: the next pipe to read from, the next to write to,
//! subscriptions, routing ids. Each policy is a value under its socket's lock and knows pipe
//! numbers only, never pipes.
#![forbid(unsafe_code)]

mod arena;
mod distribute;
mod fair_queue;
mod fanout;
pub mod filter;
mod gapped;
pub mod inbox;
mod index;
mod load_balance;
mod prefix_hash;
mod ring;
mod routing_table;
pub mod subscriptions;
mod topics;

pub use distribute::Distribute;
pub use fair_queue::FairQueue;
pub use filter::{Filter, RemoveResult};
pub use inbox::Inbox;
pub use load_balance::LoadBalance;
pub use ring::Ring;
pub use routing_table::{AutoId, RoutingTable};
pub use subscriptions::Subscriptions;
