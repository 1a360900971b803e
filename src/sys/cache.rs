//! A hint to the processor's cache. Any thread; the only shared state is what the processor can do.

use crate::sync::{AtomicBool, Ordering};

/// Whether the processor knows the instruction; the oldest ones do not.
static KNOWN: AtomicBool = AtomicBool::new(false);

/// Finds out what the processor can do. To be called before the first hint; until then hints do
/// nothing.
pub fn prepare() {
    #[cfg(target_arch = "x86_64")]
    {
        use core::arch::x86_64::__cpuid;
        const LAST: u32 = 0x8000_0000;
        const FEATURES: u32 = 0x8000_0001;
        const PREFETCHW: u32 = 1 << 8;
        // Newer compilers know that the call is safe.
        #[allow(unused_unsafe)]
        // SAFETY: every x86-64 processor has the instruction.
        let ask = |leaf| unsafe { __cpuid(leaf) };
        let known = ask(LAST).eax >= FEATURES && ask(FEATURES).ecx & PREFETCHW != 0;
        KNOWN.store(known, Ordering::Relaxed);
    }
}

/// Announces that the caller is going to write to the memory at `place`, if there is any. The core
/// that holds the line gives it up before the write waits for it.
#[inline(always)]
pub fn expect_writes<T>(place: *const T) {
    #[cfg(target_arch = "x86_64")]
    if KNOWN.load(Ordering::Relaxed) {
        // SAFETY: a hint, which changes nothing, also where there is no memory.
        unsafe {
            core::arch::asm!("prefetchw [{}]", in(reg) place, options(nostack, preserves_flags, readonly));
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (place, &KNOWN);
}
