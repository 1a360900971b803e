//! Constants of the calls on a socket and of several decisions. Times are in ticks of the processor's clock.
#![forbid(unsafe_code)]

use crate::sys::clock::TICKS_A_MICROSECOND;

/// A pause between two calls below this one (10 to 60 us) is always that of a stream.
pub const STREAM_GAP: u64 = 50_000;

/// For this time a caller need not ask the kernel about its only connection, known to be ready. In
/// clock ticks (0.25 to 1 ms).
pub const UNASKED: u64 = 500 * TICKS_A_MICROSECOND;

/// The most that a look counts for, in clock ticks (0.5 to 2 ms): a round takes no longer on a
/// thread that runs.
pub const LONGEST_LOOK: u64 = 1_000 * TICKS_A_MICROSECOND;

/// About how long a peer's message waits at most for a caller that finds others at hand, in clock ticks
/// (20 to 100 us).
pub const LOOK_INTERVAL: u64 = 50 * TICKS_A_MICROSECOND;
