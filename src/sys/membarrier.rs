//! A memory barrier in all running threads of the process at once (`membarrier(2)`, Linux 4.14): one side of
//! a handshake pays for both, so that the other side, which is on the message path, needs none.
//!
//! The kernel wants the process to register first, which takes it some 15 ms. So a thread that could use the
//! service asks for it ([`want`]), and a thread of the background registers ([`register`]).

use crate::sync::{AtomicBool, Ordering};

const PRIVATE_EXPEDITED: libc::c_int = 1 << 3;
const REGISTER_PRIVATE_EXPEDITED: libc::c_int = 1 << 4;

static REGISTERED: AtomicBool = AtomicBool::new(false);
static REQUESTED: AtomicBool = AtomicBool::new(false);

fn membarrier(command: libc::c_int) -> bool {
    // SAFETY: no pointers are passed.
    unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
}

/// The service would be of use from here on.
pub fn request() {
    if !is_registered() {
        REQUESTED.store(true, Ordering::Relaxed);
    }
}

/// Whether somebody is to [`register`]; `true` once for each time that it was asked for.
pub fn is_requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
        && REQUESTED.swap(false, Ordering::Relaxed)
        && !is_registered()
}

/// Asks the kernel for the service, once in a process. Where there is none nothing changes.
pub fn register() {
    if !is_registered() && membarrier(REGISTER_PRIVATE_EXPEDITED) {
        REGISTERED.store(true, Ordering::SeqCst);
    }
}

/// Whether [`in_all_threads`] may work.
pub fn is_registered() -> bool {
    REGISTERED.load(Ordering::SeqCst)
}

/// When this returns `true`, every other thread of the process has executed a full memory barrier since the
/// call began, if only by not running. `false`: the kernel does not do it, or nobody has registered yet.
pub fn in_all_threads() -> bool {
    is_registered() && membarrier(PRIVATE_EXPEDITED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn works_once_registered_or_not_at_all() {
        register();
        assert_eq!(in_all_threads(), is_registered());
    }
}
