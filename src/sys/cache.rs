//! A word to the processor's cache. Any thread; nothing is shared but what the processor can do.

use crate::sync::{AtomicBool, Ordering};

/// Whether the processor knows the instruction; the oldest ones do not.
static KNOWN: AtomicBool = AtomicBool::new(false);

/// Looks what the processor can do. To be called before it matters; nothing is fetched without.
pub fn prepare() {
    #[cfg(target_arch = "x86_64")]
    {
        use core::arch::x86_64::__cpuid;
        const LAST: u32 = 0x8000_0000;
        const FEATURES: u32 = 0x8000_0001;
        const PREFETCHW: u32 = 1 << 8;
        // Newer compilers know that it is safe.
        #[allow(unused_unsafe)]
        // SAFETY: every x86-64 processor has the instruction.
        let ask = |leaf| unsafe { __cpuid(leaf) };
        let known = ask(LAST).eax >= FEATURES && ask(FEATURES).ecx & PREFETCHW != 0;
        KNOWN.store(known, Ordering::Relaxed);
    }
}

/// Memory at `place`, if there is any, is going to be written: another core gives it up before it is
/// waited for.
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
