//! Custody: whether a socket's caller or an I/O thread moves the bytes of its connections.
//!
//! A caller that looked at *all* connections of its socket is expected to look again within 1 ms.
//! Until then the I/O thread leaves them alone (the lease). Nothing else defers the I/O thread: not
//! a message taken, not credit given to one peer.
#![forbid(unsafe_code)]

/// How long after its last look a caller is expected to look again, in nanoseconds.
pub const LEASE_NANOS: u64 = 1_000_000;

/// How long ticks go on after the last activity, in nanoseconds. So a program that calls at short
/// intervals need not wake the I/O thread for each message.
const GRACE_NANOS: u64 = 20_000_000;

/// The choice of an I/O thread for a socket that has something to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Custody {
    /// The caller does the work. `active`: it looked recently, so the I/O thread comes again soon.
    Caller { active: bool },
    /// The I/O thread does the work now.
    IoThread,
}

/// Decides. `attended`: a caller sleeps at the socket's poller. `unread`: connections wait for a
/// turn, of which the kernel no longer reports. `away`: nanoseconds since a caller looked.
pub fn decide(attended: bool, unread: bool, away: u64) -> Custody {
    if away < LEASE_NANOS {
        return Custody::Caller { active: true };
    }
    if attended && !unread {
        return Custody::Caller { active: away < GRACE_NANOS };
    }
    Custody::IoThread
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_that_looked_a_moment_ago_is_left_alone() {
        assert_eq!(decide(false, true, 0), Custody::Caller { active: true });
        assert_eq!(decide(true, true, LEASE_NANOS - 1), Custody::Caller { active: true });
    }

    #[test]
    fn the_io_thread_takes_over_from_a_caller_that_stays_away() {
        assert_eq!(decide(false, false, LEASE_NANOS), Custody::IoThread);
        assert_eq!(decide(false, true, u64::MAX), Custody::IoThread);
    }

    #[test]
    fn a_sleeping_caller_is_woken_by_the_kernel_but_not_for_what_it_told_before() {
        assert_eq!(decide(true, false, LEASE_NANOS), Custody::Caller { active: true });
        assert_eq!(decide(true, false, GRACE_NANOS), Custody::Caller { active: false });
        assert_eq!(decide(true, true, GRACE_NANOS), Custody::IoThread);
    }
}
