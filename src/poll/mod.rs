//! Waiting on several sockets and descriptors at once: `zmq_poll`'s engine.
//!
//! Runs on the calling thread. No lock is held while it sleeps; a socket's lock is taken only to
//! ask for its events. One socket alone is waited for as a blocking receive does; otherwise the
//! thread sleeps in the system's poll on the sockets' pollers and then moves the bytes itself.
#![forbid(unsafe_code)]

use core::time::Duration;
use std::os::fd::RawFd;
use std::time::Instant;

use smallvec::SmallVec;

use crate::error::{Errno, Result};
use crate::io::port::{Port, Waiter};
use crate::io::wake::{Lead, Ticket};
use crate::options::numbers::{ZMQ_POLLERR, ZMQ_POLLIN, ZMQ_POLLOUT, ZMQ_POLLPRI};
use crate::socket::{Core, Slot};
use crate::sync::Arc;
use crate::sys;
use crate::sys::bed::{Bed, PollFds};
use crate::sys::poll::PollFd;

/// As many items need no memory from the heap.
pub const USUAL: usize = 16;

/// Something to wait for.
#[derive(Clone, Copy)]
pub enum Target<'a> {
    Socket(&'a Slot),
    /// A descriptor of the system; -1 is never ready.
    Descriptor(RawFd),
}

/// One thing to wait for, and the events found there. Events are `ZMQ_POLLIN` and so on.
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
pub async fn poll(bed: &Bed, items: &mut [Item<'_>], timeout: Option<Duration>) -> Result<usize> {
    match only_socket(items) {
        Some(slot) => poll_one(bed, slot, items, timeout).await,
        None => poll_many(bed, items, timeout).await,
    }
}

/// The socket that every item is about.
fn only_socket<'a>(items: &[Item<'a>]) -> Option<&'a Slot> {
    let Some(Item { target: Target::Socket(first), .. }) = items.first() else { return None };
    let is_first = |item: &Item<'_>| match item.target {
        Target::Socket(slot) => core::ptr::eq(slot, *first),
        Target::Descriptor(_) => false,
    };
    items.iter().skip(1).all(is_first).then_some(first)
}

async fn poll_one(
    bed: &Bed,
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
    let port = slot.with(|core| Ok(core.port().clone()))?;
    let deadline = Deadline::new(timeout);
    loop {
        let last = deadline.is_over();
        let (ready, ticket) = look_together(slot, items, !last)?;
        let Some(ticket) = ticket else { return Ok(ready) };
        let _waiter = Waiter(&port);
        match port.wait(bed, ticket, deadline.left()).await {
            // What came at the last moment still counts.
            Ok(()) | Err(Errno::EAGAIN) => {}
            Err(error) => return Err(error),
        }
    }
}

/// Looks at items that are all about `slot`, in one step. If nothing is ready and `waits`, the wait
/// is announced in the same step.
fn look_together(
    slot: &Slot,
    items: &mut [Item<'_>],
    waits: bool,
) -> Result<(usize, Option<Ticket>)> {
    slot.with(|core| {
        let wanted = items.iter().fold(0, |all, item| all | item.wanted);
        let mut events = core.known_events(wanted)?;
        if waits && events == 0 && wanted & ZMQ_POLLIN != 0 && core.glances() {
            events = core.known_events(wanted)?;
        }
        let mut ready = 0;
        for item in items {
            item.ready = events & item.wanted & (ZMQ_POLLIN | ZMQ_POLLOUT);
            ready += usize::from(item.ready != 0);
        }
        let ticket = (ready == 0 && waits).then(|| core.announce());
        Ok((ready, ticket))
    })
}

async fn poll_many(bed: &Bed, items: &mut [Item<'_>], timeout: Option<Duration>) -> Result<usize> {
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
            true => watch.sleep(bed, items, deadline.left()).await?,
            false => watch.glance()?,
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

/// What the system's poll watches: an entry for each item, in their order.
struct Watch {
    fds: PollFds,
    ports: SmallVec<[Option<Arc<Port>>; USUAL]>,
}

impl Watch {
    /// `sleeps`: every socket has to be able to end the wait; otherwise only those are watched that
    /// have something to ask the kernel about.
    fn new(items: &[Item<'_>], sleeps: bool) -> Result<Watch> {
        let mut watch = Watch { fds: SmallVec::new(), ports: SmallVec::new() };
        for item in items {
            let (fd, events, port) = match item.target {
                Target::Descriptor(fd) => (fd, requested(item.wanted), None),
                Target::Socket(slot) => {
                    let port = slot.with(|core| Ok(core.port().clone()))?;
                    let asked = sleeps || port.has_poller();
                    let fd = if asked { port.poll_fd()? } else { -1 };
                    (fd, libc::POLLIN, Some(port))
                }
            };
            watch.fds.push(PollFd { fd, events, revents: 0 });
            watch.ports.push(port);
        }
        Ok(watch)
    }

    /// Asks the kernel without waiting.
    fn glance(&mut self) -> Result<()> {
        sys::poll::glance(&mut self.fds).map(drop)
    }

    /// Waits in the kernel, at most for `limit`, unless there is something already. `EINTR`, and
    /// what asking for events may answer.
    async fn sleep(
        &mut self,
        bed: &Bed,
        items: &[Item<'_>],
        limit: Option<Duration>,
    ) -> Result<()> {
        let Watch { fds, ports } = self;
        let mut attended = Attended::default();
        if attended.look(items, ports)? || attended.is_busy() {
            return sys::poll::glance(fds).map(drop);
        }
        let limit = match attended.is_crowded {
            true => Some(limit.unwrap_or(SLICE).min(SLICE)),
            false => limit,
        };
        bed.poll(fds, limit).await.map(drop)
    }

    /// Moves the bytes of the sockets for which there is something to do.
    fn drive(&self) {
        for (fd, port) in self.fds.iter().zip(&self.ports) {
            if let Some(port) = port
                && (fd.revents != 0 || port.has_ready())
            {
                port.poll_as_caller();
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

/// How long to sleep while another thread waits in one of the sockets too, and may take signals away.
const SLICE: Duration = Duration::from_millis(10);

/// Ports whose sockets this thread looks after while it sleeps in the system's poll.
#[derive(Default)]
struct Attended<'a> {
    ports: SmallVec<[&'a Port; USUAL]>,
    leads: SmallVec<[Lead<'a>; USUAL]>,
    /// Another thread waits in one of the sockets.
    is_crowded: bool,
    /// Something came before the leads were taken, of which the kernel will not tell.
    is_late: bool,
}

impl<'a> Attended<'a> {
    /// Looks at each socket once more, announces the wait in the same step, and takes the lead.
    /// Whether something is ready.
    fn look(&mut self, items: &[Item<'_>], ports: &'a [Option<Arc<Port>>]) -> Result<bool> {
        let mut ready = false;
        for (item, port) in items.iter().zip(ports) {
            let (Target::Socket(slot), Some(port)) = (item.target, port) else { continue };
            let look = |core: &mut Core| Ok((core.known_events(item.wanted)?, core.announce()));
            let (events, ticket) = slot.with(look)?;
            self.ports.push(port);
            ready |= events != 0;
            match port.attend(ticket) {
                Some(lead) => {
                    self.is_late |= !lead.may_sleep_at_poller();
                    self.leads.push(lead);
                }
                // It may be an earlier item that leads.
                None => self.is_crowded |= !self.has_before(port),
            }
        }
        Ok(ready)
    }

    fn has_before(&self, port: &Port) -> bool {
        let count = self.ports.len().saturating_sub(1);
        self.ports.iter().take(count).any(|other| core::ptr::eq(*other, port))
    }

    /// Whether the kernel would not tell of what is there.
    fn is_busy(&self) -> bool {
        self.is_late || self.ports.iter().any(|port| port.is_pending() || port.has_ready())
    }
}

impl Drop for Attended<'_> {
    fn drop(&mut self) {
        self.leads.clear();
        let now = sys::clock::nanos();
        self.ports.iter().for_each(|port| port.retire(|| now));
    }
}

const TRANSLATION: [(i32, i16); 3] =
    [(ZMQ_POLLIN, libc::POLLIN), (ZMQ_POLLOUT, libc::POLLOUT), (ZMQ_POLLPRI, libc::POLLPRI)];

/// The system's events for those of `zmq.h`; errors are reported unasked.
fn requested(wanted: i32) -> i16 {
    TRANSLATION.iter().filter(|pair| wanted & pair.0 != 0).fold(0, |events, pair| events | pair.1)
}

/// The events of `zmq.h` for the system's: whatever is not input or room is an error.
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
    use crate::sys::bed::block_on;
    use std::io::Write;
    use std::os::fd::AsRawFd;
    use std::os::unix::net::UnixStream;

    fn poll(items: &mut [Item<'_>], timeout: Option<Duration>) -> Result<usize> {
        block_on(async |bed| super::poll(bed, items, timeout).await)
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
