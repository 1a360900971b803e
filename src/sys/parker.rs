//! Where a calling thread sleeps: the only place in a call that `pthread_cancel` may interrupt.
//!
//! A cancelled thread is unwound from the system call that it sleeps in. Rust lets that pass only
//! through frames that have nothing to drop (see [`cancel`](super::cancel)). So each function that
//! may have to wait is an `async fn`. It leaves a `ParkRequest` in a [`Parker`] and is pending.
//! The first frame of the call, which has nothing to drop, then sleeps ([`Parker::sleep`]) and
//! polls the future again. No waker is used: only that frame polls these futures. When the thread
//! is cancelled the future is dropped, and the values that it holds restore the shared state.
//!
//! Blocking calls have to return `EINTR` after a signal handler ran, even one installed with
//! `SA_RESTART`. The kernel restarts a futex wait without a time limit. It restarts neither one
//! with a limit, nor `epoll_wait` or `poll`; so every wait on a futex has a limit. (In a process
//! that was stopped and continued, only `epoll_wait` returns `EINTR`, without a handler.)

use core::cell::Cell;
use core::ffi::{c_int, c_long};
use core::future::{Future, poll_fn};
use core::pin::pin;
use core::task::{Context, Poll, Waker};
use core::time::Duration;
use std::os::fd::{AsRawFd, RawFd};

use smallvec::SmallVec;

use crate::error::{Errno, Result};
use crate::sync::AtomicU32;
use crate::sys::cancel;
use crate::sys::epoll::{Epoll, Event};
use crate::sys::poll::PollFd;

/// Events taken from a poller in one sleep: few, because every parker begins by setting all
/// of its own to none. A call that finds this many asks the poller for the others.
pub const EVENTS: usize = 16;

/// The longest sleep on a futex.
const LONG: Duration = Duration::from_secs(3600);

/// Descriptors to sleep on; up to 16 need no memory from the heap.
pub type PollFds = SmallVec<[PollFd; 16]>;

const PTHREAD_CANCEL_ASYNCHRONOUS: c_int = 1;

unsafe extern "C-unwind" {
    fn epoll_wait(fd: c_int, events: *mut libc::epoll_event, room: c_int, timeout: c_int) -> c_int;
    fn poll(fds: *mut libc::pollfd, count: libc::nfds_t, timeout: c_int) -> c_int;
    fn syscall(number: c_long, ...) -> c_long;
    fn pthread_setcanceltype(kind: c_int, old: *mut c_int) -> c_int;
}

/// The next thing to wait for. Plain data: a thread that sleeps holds nothing that has to be
/// dropped.
#[derive(Clone, Copy)]
enum ParkRequest {
    /// Do not sleep: go on.
    None,
    /// Do not sleep, but end the thread if it was cancelled.
    Pause,
    /// Sleep at a poller. Times are milliseconds, -1 is no limit; so below.
    Epoll {
        fd: RawFd,
        timeout: c_int,
    },
    Poll {
        timeout: c_int,
    },
    Futex {
        word: *mut u32,
        expected: u32,
        limit: Duration,
    },
}

/// See the module's documentation. It has no destructor that would have to run while its thread
/// sleeps.
pub struct Parker {
    request: Cell<ParkRequest>,
    outcome: Cell<Result<usize>>,
    /// All of them are [`Event::NONE`] when a sleep begins.
    events: [Cell<Event>; EVENTS],
    /// The first event that has not been taken.
    next: Cell<usize>,
    fds: Cell<PollFds>,
}

impl Parker {
    #[inline]
    #[expect(clippy::new_without_default, reason = "a place, not a value")]
    pub fn new() -> Parker {
        Parker {
            request: Cell::new(ParkRequest::None),
            outcome: Cell::new(Ok(0)),
            events: [const { Cell::new(Event::NONE) }; EVENTS],
            next: Cell::new(0),
            fds: Cell::default(),
        }
    }

    /// Sleeps until the poller has events, at most `timeout` milliseconds (-1: no limit). Returns
    /// how many there are; they are left for [`Parker::next_event`]. `EINTR` after a signal.
    pub async fn epoll(&self, epoll: &Epoll, timeout: i32) -> Result<usize> {
        while self.next_event().is_some() {}
        self.next.set(0);
        self.wait(ParkRequest::Epoll { fd: epoll.as_raw_fd(), timeout }).await
    }

    /// Takes an event of the last sleep, also of a cancelled one: the kernel does not report a
    /// change twice.
    pub fn next_event(&self) -> Option<Event> {
        let event = self.events.get(self.next.get())?.replace(Event::NONE);
        if event.flags() == 0 {
            return None;
        }
        self.next.set(self.next.get() + 1);
        Some(event)
    }

    /// Ends the thread if it was cancelled. For calls that may go on for long without a sleep.
    pub async fn pause(&self) {
        // A pause cannot fail.
        let _ = self.wait(ParkRequest::Pause).await;
    }

    /// Sleeps until something happened on one of `fds`, at most `timeout` (`None`: no limit).
    /// Returns how many have events. `EINTR` after a signal.
    pub async fn poll(&self, fds: &mut PollFds, timeout: Option<Duration>) -> Result<usize> {
        let timeout = milliseconds(timeout);
        self.fds.set(core::mem::take(fds));
        let outcome = self.wait(ParkRequest::Poll { timeout }).await;
        *fds = self.fds.take();
        outcome
    }

    /// Sleeps while `word` is `expected`, at most `timeout`. `Ok` when woken or when the word
    /// differs (sometimes also without a reason), `EINTR`, or `ETIMEDOUT`.
    pub async fn futex(
        &self,
        word: &AtomicU32,
        expected: u32,
        timeout: Option<Duration>,
    ) -> Result<()> {
        let limit = timeout.unwrap_or(LONG).min(LONG);
        match self.wait(ParkRequest::Futex { word: word.as_ptr(), expected, limit }).await {
            Err(Errno::EINTR) => Err(Errno::EINTR),
            Err(Errno::ETIMEDOUT) if timeout.is_some_and(|t| t <= LONG) => Err(Errno::ETIMEDOUT),
            _ => Ok(()),
        }
    }

    async fn wait(&self, request: ParkRequest) -> Result<usize> {
        self.request.set(request);
        poll_fn(|_| match self.request.get() {
            ParkRequest::None => Poll::Ready(()),
            _ => Poll::Pending,
        })
        .await;
        self.outcome.get()
    }

    /// Sleeps as the last request says. If the thread is cancelled this does not return.
    ///
    /// # Safety
    /// - From here up to the application's own frames there is nothing to drop and no frame
    ///   catches, unless the thread cannot be cancelled.
    #[inline(never)]
    pub unsafe fn sleep(&self) {
        // SAFETY: the places written to live as long as the parker, and nothing else refers to
        // them.
        let rc = unsafe {
            match self.request.get() {
                ParkRequest::None => return,
                ParkRequest::Pause => {
                    cancel::point();
                    0
                }
                ParkRequest::Epoll { fd, timeout } => {
                    let events = (&raw const self.events).cast_mut().cast::<libc::epoll_event>();
                    c_long::from(epoll_wait(fd, events, EVENTS as c_int, timeout))
                }
                ParkRequest::Poll { timeout } => {
                    let fds = &mut *self.fds.as_ptr();
                    c_long::from(poll(fds.as_mut_ptr(), fds.len() as libc::nfds_t, timeout))
                }
                ParkRequest::Futex { word, expected, limit } => sleep_on(word, expected, limit),
            }
        };
        self.outcome.set(usize::try_from(rc).map_err(|_| Errno::last()));
        self.request.set(ParkRequest::None);
    }

    /// Gives back the memory that a sleep used. To be called when a call has ended.
    pub fn clear(&self) {
        drop(self.fds.take());
    }
}

/// Waits on a futex, which is no cancellation point by itself. Meanwhile the thread may be
/// cancelled at any instruction, as in the C library's own blocking functions.
///
/// # Safety
/// - The contract of [`Parker::sleep`] holds.
#[inline(never)]
unsafe fn sleep_on(word: *mut u32, expected: u32, limit: Duration) -> c_long {
    let limit = libc::timespec {
        tv_sec: limit.as_secs() as libc::time_t,
        tv_nsec: limit.subsec_nanos() as _,
    };
    let mut before = 0;
    // SAFETY: the kernel reads the word, and fails if it is unmapped; the time lives through the
    // call.
    unsafe {
        pthread_setcanceltype(PTHREAD_CANCEL_ASYNCHRONOUS, &raw mut before);
        let rc = syscall(
            libc::SYS_futex,
            word,
            libc::FUTEX_WAIT | libc::FUTEX_PRIVATE_FLAG,
            expected,
            &raw const limit,
        );
        pthread_setcanceltype(before, &raw mut before);
        rc
    }
}

/// The time limit in the system's form: -1 is none. Rounded up, so that a wait is never shorter
/// than asked; a limit beyond what the system can count is cut.
pub fn milliseconds(timeout: Option<Duration>) -> i32 {
    match timeout {
        None => -1,
        Some(timeout) => i32::try_from(timeout.as_micros().div_ceil(1000)).unwrap_or(i32::MAX),
    }
}

/// Runs a call to its end on a thread that is never cancelled; the C functions have their own way.
pub fn block_on<T>(call: impl AsyncFnOnce(&Parker) -> T) -> T {
    let parker = Parker::new();
    let mut call = pin!(call(&parker));
    loop {
        if let Poll::Ready(answer) = call.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return answer;
        }
        // SAFETY: the caller was told that the thread must not be cancelled.
        unsafe { parker.sleep() };
    }
}
