//! Project commands that are more than one cargo call.
#![forbid(unsafe_code)]

fn main() {}
