//! Decisions that adapt to what happens: plain values, with the time passed in.
//!
//! No lock, no clock, no descriptor. Whoever owns a value guards it; a simulation drives all of them
//! together with simulated connections on a simulated clock.
//!
//! | decision | who asks | what it weighs |
//! |---|---|---|
//! | [`turns`] | every thread that moves the bytes of a socket's connections | which connection is next, how much it may move, when the round is over |
//! | [`looks`] | a caller that receives | when to look at the other connections although messages are at hand |
//! | [`custody`] | an I/O thread | whether a socket's caller does the work, or the I/O thread takes over |
//! | [`contention`] | a sender that waits for room in this context | whether others wait for the same, and so none of them polls |
//! | [`credit_poll`] | a sender that does not wait | when to look for credit |
//! | [`subscription_poll`] | a publisher | when to look for subscriptions |
//! | [`work`] | a call on a socket | how many frames the call drops or applies before it answers |
#![forbid(unsafe_code)]

pub mod contention;
pub mod credit_poll;
pub mod custody;
pub mod looks;
#[cfg(test)]
mod simulation;
pub mod subscription_poll;
pub mod tuning;
pub mod turns;
pub mod work;
