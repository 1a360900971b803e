//! Pending calls of the application's free functions, on their way to the threads that make them.
//! These are the I/O threads and workers of the context, under no lock.
//!
//! A thread that drops the last reference to memory of the application may hold locks, of the
//! library or of the application. It posts the call here. A disposer is never freed, so messages
//! refer to it without a count. Any thread posts; the lock is a leaf.
//!
//! The module's names for locks and atomics come from its parent, because
//! `src/io/reactor/runners_model.rs` runs this very file in all kinds of orders.
#![forbid(unsafe_code)]

use super::primitives::{Arc, AtomicBool, FreeCall, Mutex, Ordering, SegQueue};

/// Free functions that a runner calls in one go, before it returns to its other work.
const AT_ONCE: usize = 64;

/// A thread of the library that makes calls ([`Disposer::run`]) when it is woken.
pub trait Runner: Send + Sync {
    /// Wakes the thread; returns whether it will come. The calling thread may hold any lock but the
    /// disposer's.
    fn wake(&self) -> bool;
}

/// See the module's documentation.
pub struct Disposer {
    calls: SegQueue<FreeCall>,
    /// A call was posted since a runner last began to take calls.
    requested: AtomicBool,
    /// There are no runners any more: the posting thread makes the call.
    closed: AtomicBool,
    runners: Mutex<Runners>,
}

#[derive(Default)]
struct Runners {
    list: Vec<Entry>,
    /// The index of the runner that was woken last.
    last: usize,
}

struct Entry {
    runner: Arc<dyn Runner>,
    /// The runner is in free functions, which may take as long as they like.
    busy: bool,
}

impl Default for Disposer {
    /// A disposer without runners, to be opened.
    fn default() -> Self {
        Disposer {
            calls: SegQueue::new(),
            requested: AtomicBool::new(false),
            closed: AtomicBool::new(true),
            runners: Mutex::default(),
        }
    }
}

impl Disposer {
    /// Begins to wake these runners. Their numbers count from 0, in this order.
    pub fn open(&self, runners: impl IntoIterator<Item = Arc<dyn Runner>>) {
        let list = runners.into_iter().map(|runner| Entry { runner, busy: false }).collect();
        *self.runners.lock() = Runners { list, last: 0 };
        self.requested.store(false, Ordering::SeqCst);
        self.closed.store(false, Ordering::SeqCst);
    }

    /// Makes the calls that are left. The runners have ended; the calling thread holds no lock.
    pub fn close(&self) {
        self.closed.store(true, Ordering::SeqCst);
        let ended = core::mem::take(&mut *self.runners.lock());
        drop(ended);
        self.run_all();
    }

    /// Leaves the call to a runner. The calling thread may hold any lock but the disposer's.
    pub fn post(&self, call: FreeCall) {
        self.calls.push(call);
        // Either this thread sees that the disposer is closed, or the closing thread sees the call.
        if self.closed.load(Ordering::SeqCst) {
            self.run_all();
        } else if !self.is_requested() && !self.requested.swap(true, Ordering::SeqCst) {
            self.wake_a_runner();
        }
    }

    /// Wakes the next runner in turn that is not busy. If all are busy, each checks the request
    /// before it sleeps.
    fn wake_a_runner(&self) {
        let idle = self.runners.lock().next_idle();
        if idle.is_some_and(|runner| !runner.wake()) {
            // The next post tries again.
            self.requested.store(false, Ordering::SeqCst);
        }
    }

    /// Whether calls wait for a runner. A runner does not sleep while they do.
    #[inline]
    pub fn is_requested(&self) -> bool {
        self.requested.load(Ordering::SeqCst)
    }

    /// Makes some of the calls that wait, in the thread of the runner with this number, which holds
    /// no lock. There are more if they are still [requested](Disposer::is_requested) afterwards.
    #[inline]
    pub fn run(&self, runner: usize) {
        if self.is_requested() {
            self.run_some(runner);
        }
    }

    fn run_some(&self, runner: usize) {
        self.runners.lock().set_busy(runner, true);
        self.requested.store(false, Ordering::SeqCst);
        for _ in 0..self.calls.len().min(AT_ONCE) {
            let Some(call) = self.calls.pop() else { break };
            drop(call);
        }
        self.runners.lock().set_busy(runner, false);
        // More than `AT_ONCE` calls wait, and no thread posts the rest again.
        if !self.calls.is_empty() {
            self.requested.store(true, Ordering::SeqCst);
        }
    }

    fn run_all(&self) {
        while let Some(call) = self.calls.pop() {
            drop(call);
        }
    }
}

impl Runners {
    fn next_idle(&mut self) -> Option<Arc<dyn Runner>> {
        let count = self.list.len();
        let mut in_turn =
            (1..=count).filter_map(|step| self.last.checked_add(step)?.checked_rem(count));
        let index = in_turn.find(|index| self.list.get(*index).is_some_and(|entry| !entry.busy))?;
        self.last = index;
        self.list.get(index).map(|entry| entry.runner.clone())
    }

    fn set_busy(&mut self, runner: usize, busy: bool) {
        if let Some(entry) = self.list.get_mut(runner) {
            entry.busy = busy;
        }
    }
}
