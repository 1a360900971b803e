//! `zmq_poll`. Any thread, for sockets that no other thread uses meanwhile.

use core::ffi::{c_int, c_long, c_short};
use core::time::Duration;

use smallvec::SmallVec;

use crate::capi::types::zmq_pollitem_t;
use crate::capi::{block, object};
use crate::error::{Errno, Result};
use crate::poll::{Item, USUAL, poll};

/// Waits up to timeout_ milliseconds for events; the number of items that have some.
///
/// A negative timeout is no limit. `EFAULT`, `EINVAL`, `ENOTSOCK`, `ETERM`, `EINTR`.
///
/// # Safety
/// - `items_` is null or valid for reading and writing `nitems_` items, of which each `socket` is
///   null or readable memory.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_poll(
    items_: *mut zmq_pollitem_t,
    nitems_: c_int,
    timeout_: c_long,
) -> c_int {
    // SAFETY: this is all that the function does.
    unsafe {
        block(-1, async move |parker| {
            let count = usize::try_from(nitems_).map_err(|_| Errno::EINVAL)?;
            let timeout = u64::try_from(timeout_).ok().map(Duration::from_millis);
            if count == 0 {
                return poll(parker, &mut [], timeout).await.map(|_| 0);
            }
            if items_.is_null() {
                return Err(Errno::EFAULT);
            }
            // SAFETY: not null, and the caller promises as many items.
            let given = core::slice::from_raw_parts_mut(items_, count);
            // Built in place: most calls are over before a copy would be.
            let mut items = SmallVec::<[_; USUAL]>::new();
            for given in &*given {
                // SAFETY: what the caller promises is handed on.
                items.push(item(given)?);
            }
            let ready = poll(parker, &mut items, timeout).await;
            // Also after a failure: some programs look at the events without asking how it went.
            for (given, item) in given.iter_mut().zip(&items) {
                // Events are small numbers.
                given.revents = item.ready as c_short;
            }
            ready.map(object::size)
        })
    }
}

/// # Safety
/// - The socket is null or readable memory.
unsafe fn item(given: &zmq_pollitem_t) -> Result<Item<'static>> {
    let wanted = c_int::from(given.events);
    if given.socket.is_null() {
        return Ok(Item::descriptor(given.fd, wanted));
    }
    // SAFETY: what the caller promises is handed on.
    Ok(Item::socket(unsafe { object::socket(given.socket) }?, wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::constants::ZMQ_POLLOUT;
    use crate::capi::errno;
    use core::ptr::null_mut;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    #[test]
    fn bad_arguments() {
        let mut words = [0_u64; 2];
        let socket = words.as_mut_ptr().cast();
        let mut item = zmq_pollitem_t { socket, fd: -1, events: 1, revents: 0 };
        // SAFETY: null, or one item with readable memory.
        unsafe {
            assert_eq!(zmq_poll(null_mut(), 1, 0), -1);
            assert_eq!(errno(), Errno::EFAULT.0);
            assert_eq!(zmq_poll(null_mut(), -1, 0), -1);
            assert_eq!(errno(), Errno::EINVAL.0);
            assert_eq!(zmq_poll(&raw mut item, 1, 0), -1);
            assert_eq!(errno(), Errno::ENOTSOCK.0);
            assert_eq!(zmq_poll(null_mut(), 0, 1), 0);
        }
    }

    #[test]
    fn more_items_than_usual() {
        let (one, _other) = UnixStream::pair().unwrap();
        let fd = one.as_raw_fd();
        let make = |n: i32| zmq_pollitem_t {
            socket: null_mut(),
            fd: if n % 2 == 0 { fd } else { -1 },
            events: ZMQ_POLLOUT as c_short,
            revents: 7,
        };
        let mut items: Vec<_> = (0..40).map(make).collect();
        // SAFETY: as many items.
        assert_eq!(unsafe { zmq_poll(items.as_mut_ptr(), 40, -1) }, 20);
        for (n, item) in items.iter().enumerate() {
            assert_eq!(c_int::from(item.revents), if n % 2 == 0 { ZMQ_POLLOUT } else { 0 });
        }
    }
}
