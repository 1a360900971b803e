//! A pause that doubles each time, up to a limit, until it is the shortest again.
//!
//! A value, owned by the I/O thread.
#![forbid(unsafe_code)]

use core::time::Duration;

/// Of `SHORTEST` nanoseconds at first, doubled at most `DOUBLINGS` times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pause<const SHORTEST: u64, const DOUBLINGS: u32> {
    doublings: u32,
}

impl<const SHORTEST: u64, const DOUBLINGS: u32> Pause<SHORTEST, DOUBLINGS> {
    pub fn nanos(self) -> u64 {
        SHORTEST << self.doublings
    }

    pub fn double(&mut self) {
        self.doublings = (self.doublings + 1).min(DOUBLINGS);
    }

    pub fn shorten(&mut self) {
        self.doublings = 0;
    }
}

impl<const SHORTEST: u64, const DOUBLINGS: u32> From<Pause<SHORTEST, DOUBLINGS>> for Duration {
    fn from(pause: Pause<SHORTEST, DOUBLINGS>) -> Duration {
        Duration::from_nanos(pause.nanos())
    }
}
