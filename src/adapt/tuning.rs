//! Constants that several decisions share. Times are in ticks of the processor's clock.
#![forbid(unsafe_code)]

/// A pause between two calls below this one (10 to 60 us) is always that of a stream.
pub const STREAM_GAP: u64 = 50_000;
