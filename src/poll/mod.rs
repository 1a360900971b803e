//! Waiting on several sockets and descriptors at once: `zmq_poll`'s engine.
//!
//! Runs on the calling thread. No lock is held while it sleeps; a socket's lock is taken only to
//! ask for its events. One socket alone is waited for as a blocking receive does. Otherwise the
//! thread sleeps in the system's poll on the sockets' pollers and then moves the bytes itself.
#![forbid(unsafe_code)]

use core::time::Duration;
use std::os::fd::RawFd;
use std::time::Instant;

use smallvec::SmallVec;

use crate::error::{Errno, Result};
use crate::io::shared::{SocketShared, Waiter};
use crate::io::wait_queue::{Leader, WaitToken};
use crate::options::numbers::{ZMQ_POLLERR, ZMQ_POLLIN, ZMQ_POLLOUT, ZMQ_POLLPRI};
use crate::socket::{Core, Slot};
use crate::sync::Arc;
use crate::sys;
use crate::sys::parker::{Parker, PollFds};
use crate::sys::poll::PollFd;

/// Up to so many items need no memory from the heap.
pub const USUAL: usize = 16;

/// A socket or descriptor to wait for.
#[derive(Clone, Copy)]
pub enum Target<'a> {
    Socket(&'a Slot),
    /// A descriptor of the system; -1 is never ready.
    Descriptor(RawFd),
}

/// One socket or descriptor to wait for, and the events found there. Events are `ZMQ_POLLIN` and so
/// on.
pub struct Item<'a> {
    pub target: Target<'a>,
    pub wanted: i32,
    pub ready: i32,
}

impl<'a> Item<'a> {
    pub fn socket(slot: &'a Slot, wanted: i32) -> Item<'a> {
        Item { target: Target::Socket(slot), wanted, ready: 0 }
    }

    pub fn descriptor(fd: RawFd, wanted: i32) -> Item<'a> {
        Item { target: Target::Descriptor(fd), wanted, ready: 0 }
    }
}

/// Waits until an item is ready, at most for `timeout` (`None`: no limit), and sets `ready` of
/// every item. Returns how many are ready. `ENOTSOCK`, `ETERM`, `EINTR`, `EMFILE`.
pub async fn poll(
    parker: &Parker,
    items: &mut [Item<'_>],
    timeout: Option<Duration>,
) -> Result<usize> {
    match only_socket(items) {
        Some(slot) => poll_one(parker, slot, items, timeout).await,
        None => poll_many(parker, items, timeout).await,
    }
}

/// The socket, if every item is about it.
fn only_socket<'a>(items: &[Item<'a>]) -> Option<&'a Slot> {
    let Some(Item { target: Target::Socket(first), .. }) = items.first() else { return None };
    let is_first = |item: &Item<'_>| match item.target {
        Target::Socket(slot) => core::ptr::eq(slot, *first),
        Target::Descriptor(_) => false,
    };
    items.iter().skip(1).all(is_first).then_some(first)
}

async fn poll_one(
    parker: &Parker,
    slot: &Slot,
    items: &mut [Item<'_>],
    timeout: Option<Duration>,
) -> Result<usize> {
    let ready = match timeout {
        Some(Duration::ZERO) => return look(items, |core, _| core.events()),
        _ => look(items, Core::events_before_wait)?,
    };
    if ready > 0 {
        return Ok(ready);
    }
    let shared = slot.with(|core| Ok(core.shared().clone()))?;
    let deadline = Deadline::new(timeout);
    loop {
        let last = deadline.is_over();
        let (ready, token) = look_together(slot, items, !last)?;
        let Some(token) = token else { return Ok(ready) };
        let _waiter = Waiter(&shared);
        match shared.wait(parker, token, deadline.left()).await {
            // Input that came at the last moment still counts.
            Ok(()) | Err(Errno::EAGAIN) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Asks for the events of items that are all about `slot`, in one step. If nothing is ready and
/// `waits`, the wait is announced in that step.
fn look_together(
    slot: &Slot,
    items: &mut [Item<'_>],
    waits: bool,
) -> Result<(usize, Option<WaitToken>)> {
    slot.with(|core| {
        let wanted = items.iter().fold(0, |all, item| all | item.wanted);
        let mut events = core.known_events(wanted)?;
        if waits && events == 0 && wanted & ZMQ_POLLIN != 0 && core.yields() {
            events = core.known_events(wanted)?;
        }
        let mut ready = 0;
        for item in items {
            item.ready = events & item.wanted & (ZMQ_POLLIN | ZMQ_POLLOUT);
            ready += usize::from(item.ready != 0);
        }
        let token = (ready == 0 && waits).then(|| core.prepare_wait());
        Ok((ready, token))
    })
}

async fn poll_many(
    parker: &Parker,
    items: &mut [Item<'_>],
    timeout: Option<Duration>,
) -> Result<usize> {
    let ready = look(items, Core::known_events)?;
    let all_sockets = items.iter().all(|item| matches!(item.target, Target::Socket(_)));
    if ready > 0 && all_sockets {
        return Ok(ready);
    }
    let timeout = if ready > 0 { Some(Duration::ZERO) } else { timeout };
    let sleeps = timeout != Some(Duration::ZERO);
    let mut watch = Watch::new(items, sleeps)?;
    let deadline = Deadline::new(timeout);
    loop {
        match sleeps {
            true => watch.sleep(parker, items, deadline.left()).await?,
            false => watch.yield_to_peer()?,
        }
        watch.drive();
        let ready = look(items, Core::known_events)? + watch.show_descriptors(items);
        if ready > 0 || deadline.is_over() {
            return Ok(ready);
        }
    }
}

/// Asks each socket for its events; returns how many have some that are wanted.
fn look(items: &mut [Item<'_>], events: fn(&mut Core, i32) -> Result<i32>) -> Result<usize> {
    let mut ready = 0;
    for item in items {
        if let Target::Socket(slot) = item.target {
            let events = slot.with(|core| events(core, item.wanted))?;
            item.ready = events & item.wanted & (ZMQ_POLLIN | ZMQ_POLLOUT);
            ready += usize::from(item.ready != 0);
        }
    }
    Ok(ready)
}

/// The end of a wait; `None` is never.
struct Deadline(Option<Instant>);

impl Deadline {
    fn new(timeout: Option<Duration>) -> Deadline {
        Deadline(timeout.and_then(|timeout| Instant::now().checked_add(timeout)))
    }

    fn left(&self) -> Option<Duration> {
        self.0.map(|end| end.saturating_duration_since(Instant::now()))
    }

    fn is_over(&self) -> bool {
        self.left() == Some(Duration::ZERO)
    }
}

/// The entries for the system's poll: one for each item, in their order.
struct Watch {
    fds: PollFds,
    sockets: SmallVec<[Option<Arc<SocketShared>>; USUAL]>,
}

impl Watch {
    /// `sleeps`: every socket must be able to end the wait. Otherwise only those are watched that
    /// need to ask the kernel.
    fn new(items: &[Item<'_>], sleeps: bool) -> Result<Watch> {
        let mut watch = Watch { fds: SmallVec::new(), sockets: SmallVec::new() };
        for item in items {
            let (fd, events, shared) = match item.target {
                Target::Descriptor(fd) => (fd, requested(item.wanted), None),
                Target::Socket(slot) => {
                    let shared = slot.with(|core| Ok(core.shared().clone()))?;
                    let asked = sleeps || shared.has_poller();
                    let fd = if asked { shared.poll_fd()? } else { -1 };
                    (fd, libc::POLLIN, Some(shared))
                }
            };
            watch.fds.push(PollFd { fd, events, revents: 0 });
            watch.sockets.push(shared);
        }
        Ok(watch)
    }

    /// Asks the kernel without waiting.
    fn yield_to_peer(&mut self) -> Result<()> {
        sys::poll::poll_now(&mut self.fds).map(drop)
    }

    /// Waits in the kernel, at most for `limit`, unless there is something already. `EINTR`, and
    /// the errors of asking for events.
    async fn sleep(
        &mut self,
        parker: &Parker,
        items: &[Item<'_>],
        limit: Option<Duration>,
    ) -> Result<()> {
        let Watch { fds, sockets } = self;
        let mut attended = Attended::default();
        if attended.look(items, sockets)? || attended.is_busy() {
            return sys::poll::poll_now(fds).map(drop);
        }
        let limit = match attended.is_crowded {
            true => Some(limit.unwrap_or(SLICE).min(SLICE)),
            false => limit,
        };
        parker.poll(fds, limit).await.map(drop)
    }

    /// Moves the bytes of the sockets that have some to move.
    fn drive(&self) {
        for (fd, shared) in self.fds.iter().zip(&self.sockets) {
            if let Some(shared) = shared
                && (fd.revents != 0 || shared.has_ready())
            {
                shared.poll_as_caller();
            }
        }
    }

    /// Writes the events of descriptors to their items; returns how many have some.
    fn show_descriptors(&self, items: &mut [Item<'_>]) -> usize {
        let mut ready = 0;
        for (item, fd) in items.iter_mut().zip(&self.fds) {
            if let Target::Descriptor(_) = item.target {
                item.ready = shown(fd.revents);
                ready += usize::from(item.ready != 0);
            }
        }
        ready
    }
}

/// How long to sleep while another thread waits in one of the sockets too, and may take signals
/// away.
const SLICE: Duration = Duration::from_millis(10);

/// Sockets that this thread looks after while it sleeps in the system's poll.
#[derive(Default)]
struct Attended<'a> {
    sockets: SmallVec<[&'a SocketShared; USUAL]>,
    leaders: SmallVec<[Leader<'a>; USUAL]>,
    /// Another thread waits in one of the sockets.
    is_crowded: bool,
    /// Input came before the lead was taken, of which the kernel will not report.
    is_late: bool,
}

impl<'a> Attended<'a> {
    /// Asks each socket once more, announces the wait in that step, and takes the lead. Returns
    /// whether something is ready.
    fn look(
        &mut self,
        items: &[Item<'_>],
        sockets: &'a [Option<Arc<SocketShared>>],
    ) -> Result<bool> {
        let mut ready = false;
        for (item, shared) in items.iter().zip(sockets) {
            let (Target::Socket(slot), Some(shared)) = (item.target, shared) else { continue };
            let look = |core: &mut Core| Ok((core.known_events(item.wanted)?, core.prepare_wait()));
            let (events, token) = slot.with(look)?;
            self.sockets.push(shared);
            ready |= events != 0;
            match shared.attend(token) {
                Some(lead) => {
                    self.is_late |= !lead.may_sleep_at_poller();
                    self.leaders.push(lead);
                }
                // An earlier item may be the one that has the lead.
                None => self.is_crowded |= !self.has_before(shared),
            }
        }
        Ok(ready)
    }

    fn has_before(&self, shared: &SocketShared) -> bool {
        let count = self.sockets.len().saturating_sub(1);
        self.sockets.iter().take(count).any(|other| core::ptr::eq(*other, shared))
    }

    /// Whether there is something of which the kernel would not report.
    fn is_busy(&self) -> bool {
        self.is_late || self.sockets.iter().any(|shared| shared.is_pending() || shared.has_ready())
    }
}

impl Drop for Attended<'_> {
    fn drop(&mut self) {
        self.leaders.clear();
        let now = sys::clock::nanos();
        self.sockets.iter().for_each(|shared| shared.finish_wait(|| now));
    }
}

const TRANSLATION: [(i32, i16); 3] =
    [(ZMQ_POLLIN, libc::POLLIN), (ZMQ_POLLOUT, libc::POLLOUT), (ZMQ_POLLPRI, libc::POLLPRI)];

/// The system's events for those of `zmq.h`; errors are reported unasked.
fn requested(wanted: i32) -> i16 {
    TRANSLATION.iter().filter(|pair| wanted & pair.0 != 0).fold(0, |events, pair| events | pair.1)
}

/// The events of `zmq.h` for the system's: any event that is not input or room is an error.
fn shown(revents: i16) -> i32 {
    let known = TRANSLATION
        .iter()
        .filter(|pair| revents & pair.1 != 0)
        .fold(0, |events, pair| events | pair.0);
    let rest = revents & !(libc::POLLIN | libc::POLLOUT | libc::POLLPRI);
    known | if rest != 0 { ZMQ_POLLERR } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sys::parker::block_on;
    use std::io::Write;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    fn poll(items: &mut [Item<'_>], timeout: Option<Duration>) -> Result<usize> {
        block_on(async |parker| super::poll(parker, items, timeout).await)
    }

    const SHORT: Option<Duration> = Some(Duration::from_millis(20));

    fn ready(fd: RawFd, wanted: i32, timeout: Option<Duration>) -> (usize, i32) {
        let mut items = [Item::descriptor(fd, wanted)];
        let count = poll(&mut items, timeout).unwrap();
        (count, items[0].ready)
    }

    #[test]
    fn no_items_sleep() {
        assert_eq!(poll(&mut [], Some(Duration::ZERO)), Ok(0));
        let started = Instant::now();
        assert_eq!(poll(&mut [], SHORT), Ok(0));
        assert!(started.elapsed() >= SHORT.unwrap());
    }

    #[test]
    fn events_of_descriptors() {
        let (one, mut other) = UnixStream::pair().unwrap();
        let fd = one.as_raw_fd();
        assert_eq!(ready(fd, ZMQ_POLLIN, SHORT), (0, 0));
        assert_eq!(ready(fd, ZMQ_POLLIN | ZMQ_POLLOUT, None), (1, ZMQ_POLLOUT));
        other.write_all(b"x").unwrap();
        assert_eq!(ready(fd, ZMQ_POLLIN, None), (1, ZMQ_POLLIN));
        assert_eq!(ready(fd, 0, Some(Duration::ZERO)), (0, 0));
        drop(other);
        assert_eq!(ready(fd, 0, None), (1, ZMQ_POLLERR));
    }

    #[test]
    fn no_descriptor_is_never_ready_and_a_bad_one_is_an_error() {
        assert_eq!(ready(-1, ZMQ_POLLIN, SHORT), (0, 0));
        assert_eq!(ready(1 << 30, ZMQ_POLLIN, None), (1, ZMQ_POLLERR));
    }
}
