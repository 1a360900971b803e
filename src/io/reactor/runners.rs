//! The threads that call the application's free functions: the reactors, or a worker in a context
//! without I/O threads. The worker lives as long as there are calls to make. Any thread may wake
//! them; there is no lock here.
#![forbid(unsafe_code)]

use super::{Pool, Reactor};
use crate::endpoint::After;
use crate::msg::Disposer;
use crate::msg::disposer::Runner;
use crate::sync::{Arc, Weak};

/// The runners of a pool. A reactor is the runner of its own number.
pub fn of(pool: &Arc<Pool>, disposer: &'static Disposer) -> Vec<Arc<dyn Runner>> {
    if pool.reactors.is_empty() {
        return vec![Arc::new(WorkerRunner { pool: Arc::downgrade(pool), disposer })];
    }
    pool.reactors.iter().map(|handle| -> Arc<dyn Runner> { handle.reactor.clone() }).collect()
}

impl Runner for Reactor {
    fn wake(&self) -> bool {
        self.wake_up();
        true
    }
}

/// Starts a worker in a context without I/O threads.
struct WorkerRunner {
    pool: Weak<Pool>,
    disposer: &'static Disposer,
}

impl Runner for WorkerRunner {
    fn wake(&self) -> bool {
        let Some(pool) = self.pool.upgrade() else { return false };
        let disposer = self.disposer;
        // Keeps `zmq_ctx_term` waiting until the calls are made.
        let guard = pool.drains.guard();
        let work = move || -> After {
            while disposer.is_requested() {
                disposer.run(0);
            }
            drop(guard);
            Box::new(|| {})
        };
        pool.workers.submit(Box::new(work)).is_ok()
    }
}
