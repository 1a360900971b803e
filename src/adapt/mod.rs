//! Decisions that adapt to what happens: plain values, with the time passed in.
//!
//! No lock, no clock, no descriptor. The owner of a value guards it; a simulation drives all of
//! them together with simulated connections on a simulated clock.
//!
//! | decision | caller | result |
//! |---|---|---|
//! | [`turns`] | any thread that moves bytes | the next connection, its bytes, the round's end |
//! | [`looks`] | a receiving caller | when to look at all connections while messages are at hand |
//! | [`custody`] | an I/O thread | whether the caller or the I/O thread moves a socket's bytes |
//! | [`contention`] | a sender that waits for room | whether others wait too, so that none polls |
//! | [`credit_poll`] | a nonblocking sender | when to poll for credit |
//! | [`subscription_poll`] | a publisher | when to poll for subscriptions |
//! | [`spin`] | the leader of a socket | whether and how long to poll before it sleeps |
//! | [`yield_policy`] | a caller about to wait | whether to give its core away for a moment |
//! | [`drain_timer`] | an I/O thread | when to flush the deferred bytes of a stream |
//! | [`work`] | a call on a socket | how many frames it drops or applies before it answers |
#![forbid(unsafe_code)]

pub mod contention;
pub mod credit_poll;
pub mod custody;
pub mod drain_timer;
pub mod looks;
pub mod pause;
#[cfg(test)]
mod simulation;
pub mod spin;
pub mod subscription_poll;
pub mod tuning;
pub mod turns;
pub mod work;
pub mod yield_policy;
