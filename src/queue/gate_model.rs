//! Model of `gate.rs` itself, run in many thousand orders of its steps. Messages that the writer
//! adds reach the reader, which checks again only when it is woken.
#![forbid(unsafe_code)]

// Includes this file a second time on purpose, on other locks and atomics.
#[allow(clippy::duplicate_mod)]
#[path = "gate.rs"]
mod gate;

use shuttle::sync::Arc;
use shuttle::sync::atomic::{AtomicU32, Ordering};
use shuttle::thread;

use gate::Gate;

mod primitives {
    pub use core::sync::atomic::compiler_fence;
    pub use shuttle::sync::MutexGuard as SpinLockGuard;
    pub use shuttle::sync::atomic::{AtomicBool, Ordering, fence};

    /// Answers as [`crate::sys::spin_lock::SpinLock`] does.
    pub struct SpinLock<T>(shuttle::sync::Mutex<T>);

    impl<T> SpinLock<T> {
        pub fn new(value: T) -> Self {
            SpinLock(shuttle::sync::Mutex::new(value))
        }

        pub fn lock(&self) -> SpinLockGuard<'_, T> {
            self.0.lock().unwrap()
        }

        pub fn try_lock(&self) -> Option<SpinLockGuard<'_, T>> {
            self.0.try_lock().ok()
        }
    }

    /// Empty: all threads see every step of a model at once.
    pub mod membarrier {
        pub fn request() {}

        pub fn in_all_threads() -> bool {
            true
        }
    }
}

/// Messages that wait, and whether the reader sleeps.
#[derive(Default)]
struct State {
    waiting: u32,
    reader_sleeps: bool,
}

struct Model {
    gate: Gate<State>,
    /// How often the reader was woken.
    told: AtomicU32,
    read: AtomicU32,
}

impl Model {
    /// Adds messages, or only takes the lock; then wakes the reader as a writer does.
    fn write(&self, messages: u32) {
        let mut state = self.gate.write();
        state.waiting += messages;
        let slept = messages > 0 && core::mem::take(&mut state.reader_sleeps);
        drop(state);
        if self.gate.was_asked() | slept {
            self.told.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Reads what is there; then the reader sleeps.
    fn read(&self) {
        while let Some(mut state) = self.gate.read() {
            if state.waiting == 0 {
                state.reader_sleeps = true;
                return;
            }
            self.read.fetch_add(core::mem::take(&mut state.waiting), Ordering::SeqCst);
        }
    }
}

#[test]
fn what_is_added_reaches_a_reader_that_does_not_wait() {
    const MESSAGES: u32 = 3;
    let scenario = || {
        let state = State { reader_sleeps: true, ..State::default() };
        let model = Arc::new(Model {
            gate: Gate::new(state),
            told: AtomicU32::new(0),
            read: AtomicU32::new(0),
        });
        let writing = model.clone();
        let writer = thread::spawn(move || {
            for messages in [1, 0, 1, 0, 1, 0] {
                writing.write(messages);
            }
        });
        let mut heard = 0;
        // Checks twice by itself, once without setting the flag; then only when it is woken.
        if let Some(mut state) = model.gate.read_if_free() {
            model.read.fetch_add(core::mem::take(&mut state.waiting), Ordering::SeqCst);
        }
        model.read();
        loop {
            let told = model.told.load(Ordering::SeqCst);
            if core::mem::replace(&mut heard, told) != told {
                model.read();
            }
            if model.read.load(Ordering::SeqCst) == MESSAGES {
                break;
            }
            thread::yield_now();
        }
        writer.join().unwrap();
    };
    shuttle::check_random(scenario, 3_000);
    shuttle::check_pct(scenario, 3_000, 3);
}
