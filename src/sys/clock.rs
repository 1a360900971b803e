//! Time: a monotonic clock in nanoseconds, and a much cheaper counter to tell "a moment ago" from
//! "a while ago". Any thread.

/// Monotonic nanoseconds from an arbitrary start.
pub fn nanos() -> u64 {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is writable; this clock cannot fail.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    now.tv_sec as u64 * 1_000_000_000 + now.tv_nsec as u64
}

/// About how many ticks a microsecond has: some processors have half as many, some twice.
#[cfg(target_arch = "x86_64")]
pub const TICKS_A_MICROSECOND: u64 = 2_500;
/// How many ticks a microsecond has.
#[cfg(not(target_arch = "x86_64"))]
pub const TICKS_A_MICROSECOND: u64 = 1_000;

/// A counter that rises by 0.5 to 5 ticks each nanosecond.
#[inline]
pub fn ticks() -> u64 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 processor has the instruction.
    return unsafe { core::arch::x86_64::_rdtsc() };
    #[cfg(not(target_arch = "x86_64"))]
    return nanos();
}

/// The number of this process; a child of a fork has another.
pub fn process_id() -> u32 {
    std::process::id()
}
