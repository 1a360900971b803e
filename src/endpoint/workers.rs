//! Threads for what blocks for as long as others like: name look-ups, and handshakes that ask a key
//! server.
//!
//! They are started when there is work, at most [`MAX_WORKERS`] at a time, and gone when there is none.
//! Dropping the [`Workers`] forgets what is still queued, and waits a moment for what is under way: mostly that
//! leaves no thread behind. What takes longer ends on its own and nobody is told.
#![forbid(unsafe_code)]

use core::time::Duration;
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Errno, Result};
use crate::sync::{Arc, AtomicBool, Condvar, Mutex, Ordering};
use crate::sys::thread::{self, Schedule, Thread};

/// One server that does not answer must not hold up what another one knows.
pub(super) const MAX_WORKERS: usize = 4;

/// How long what is under way is waited for in the end.
const PATIENCE: Duration = Duration::from_millis(100);

/// What may block. Runs on a worker, under no lock.
pub type Work = Box<dyn FnOnce() -> After + Send>;

/// What tells of the result; not called when the [`Workers`] are gone.
pub type After = Box<dyn FnOnce()>;

/// See the module's documentation. Any thread may call it.
pub struct Workers {
    /// Of the threads.
    name: &'static str,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    closed: AtomicBool,
    state: Mutex<State>,
    /// The last worker has ended, but for its thread.
    idle: Condvar,
}

#[derive(Default)]
struct State {
    queue: VecDeque<Work>,
    /// Threads that will look at `queue` again.
    workers: usize,
    /// Theirs, and in the end those of workers that have just finished.
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
        // A panic is the loss of whose work it is; that of the others goes on.
        let Ok(after) = catch_unwind(AssertUnwindSafe(work)) else { continue };
        if !shared.closed.load(Ordering::Acquire) {
            let _ = catch_unwind(AssertUnwindSafe(after));
        }
    }
}

/// The next work; none means that this worker is not counted any more and must end.
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
