//! Wire formats and mechanisms as values: no descriptor, no clock, no lock, no unsafe code.
#![forbid(unsafe_code)]

pub mod z85;
