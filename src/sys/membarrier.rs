//! A memory barrier in all running threads of the process at once (`membarrier(2)`, Linux 4.14).
//! One side of a handshake between two threads pays for both. The other side, which is on the
//! message path, needs no barrier.
//!
//! The kernel wants the process to register first, which takes some 15 ms. So a calling thread that
//! could use the service asks for it ([`request`]), and an I/O thread registers ([`register`]).

use crate::sync::{AtomicBool, Ordering};

const PRIVATE_EXPEDITED: libc::c_int = 1 << 3;
const REGISTER_PRIVATE_EXPEDITED: libc::c_int = 1 << 4;

static REGISTERED: AtomicBool = AtomicBool::new(false);
static REQUESTED: AtomicBool = AtomicBool::new(false);

fn membarrier(command: libc::c_int) -> bool {
    // SAFETY: no pointers are passed.
    unsafe { libc::syscall(libc::SYS_membarrier, command, 0, 0) == 0 }
}

/// Asks for the service, which would be of use from here on.
pub fn request() {
    if !is_registered() {
        REQUESTED.store(true, Ordering::Relaxed);
    }
}

/// Whether an I/O thread is to [`register`]; `true` once for each request.
pub fn is_requested() -> bool {
    REQUESTED.load(Ordering::Relaxed)
        && REQUESTED.swap(false, Ordering::Relaxed)
        && !is_registered()
}

/// Registers with the kernel, once in a process. On a kernel without the service nothing changes.
pub fn register() {
    if !is_registered() && membarrier(REGISTER_PRIVATE_EXPEDITED) {
        REGISTERED.store(true, Ordering::SeqCst);
    }
}

/// Whether [`in_all_threads`] may work.
pub fn is_registered() -> bool {
    REGISTERED.load(Ordering::SeqCst)
}

/// Returns `true` when every other thread of the process has executed a full memory barrier since
/// the call began, if only by not running. `false`: the kernel does not do it, or the process has
/// not registered yet.
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
