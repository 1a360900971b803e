//! Threads for work that blocks for a time outside the library's control: name lookups, and
//! handshakes that ask a key server.
//!
//! They are started when there is work, at most [`MAX_WORKERS`] at a time, and gone when there is
//! none. Dropping the [`Workers`] forgets the queued work, and waits up to 100 ms for work under
//! way: mostly that leaves no thread behind. Longer work ends on its own, and its result is
//! dropped.
#![forbid(unsafe_code)]

use core::time::Duration;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Errno, Result};
use crate::sync::{Arc, AtomicBool, Condvar, Mutex, Ordering};
use crate::sys::thread::{self, Schedule, Thread};

/// One server that does not answer must not hold up the answers of another.
pub(super) const MAX_WORKERS: usize = 4;

/// How long work under way is waited for at the end.
const PATIENCE: Duration = Duration::from_millis(100);

/// Work that may block. Runs on a worker, under no lock.
pub type Work = Box<dyn FnOnce() -> After + Send>;

/// Reports the result; not called when the [`Workers`] are gone.
pub type After = Box<dyn FnOnce()>;

/// See the module's documentation. Any thread may call it.
pub struct Workers {
    /// The name of the threads.
    name: &'static str,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    closed: AtomicBool,
    state: Mutex<State>,
    /// The last worker has ended, except for its thread.
    idle: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Work>,
    /// Threads that will check `queue` again.
    workers: usize,
    /// The threads of the workers, and at the end those of workers that have just finished.
    threads: Vec<Thread>,
}

impl Workers {
    pub fn new(name: &'static str) -> Self {
        Workers { name, shared: Arc::default() }
    }

    /// Queues the work. If `Err` is returned (no thread could be started: `EAGAIN`), it is dropped
    /// without having been called.
    pub fn submit(&self, work: Work) -> Result<()> {
        let mut state = self.shared.state.lock();
        state.queue.push_back(work);
        if state.workers == MAX_WORKERS {
            return Ok(());
        }
        let shared = Arc::clone(&self.shared);
        match thread::spawn(self.name, Schedule::default(), move || run(&shared)) {
            Ok(thread) => {
                state.workers += 1;
                state.threads.push(thread);
                Ok(())
            }
            Err(_) if state.workers > 0 => Ok(()),
            Err(_) => {
                let refused = state.queue.pop_back();
                drop(state);
                drop(refused);
                Err(Errno::EAGAIN)
            }
        }
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.shared.closed.store(true, Ordering::Release);
        let mut state = self.shared.state.lock();
        let forgotten = std::mem::take(&mut state.queue);
        let mut state = self.shared.idle.wait_while(state, PATIENCE, |state| state.workers > 0);
        let (are_done, threads) = (state.workers == 0, std::mem::take(&mut state.threads));
        drop(state);
        drop(forgotten);
        for thread in threads {
            if are_done { thread.join() } else { thread.detach() }
        }
    }
}

fn run(shared: &Shared) {
    while let Some(work) = next(shared) {
        // A panic loses only the work it is in; other work goes on.
        let Ok(after) = catch_unwind(AssertUnwindSafe(work)) else { continue };
        if !shared.closed.load(Ordering::Acquire) {
            let _ = catch_unwind(AssertUnwindSafe(after));
        }
    }
}

/// The next work; `None` means that this worker is not counted any more and must end.
fn next(shared: &Shared) -> Option<Work> {
    let mut state = shared.state.lock();
    if shared.closed.load(Ordering::Acquire) {
        let forgotten = std::mem::take(&mut state.queue);
        state.workers -= 1;
        shared.idle.notify_all();
        drop(state);
        drop(forgotten);
        return None;
    }
    let work = state.queue.pop_front();
    if work.is_none() {
        state.workers -= 1;
        if let Some(at) = state.threads.iter().position(Thread::is_current) {
            state.threads.swap_remove(at).detach();
        }
    }
    work
}
