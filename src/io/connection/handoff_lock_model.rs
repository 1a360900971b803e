//! `handoff_lock.rs` itself, run in many thousand interleavings of its steps. Every request is
//! carried out in the end, whichever thread held the lock when it was made.
#![forbid(unsafe_code)]

// Includes the module's own file, on the atomics of the model.
#[allow(clippy::duplicate_mod)]
#[path = "handoff_lock.rs"]
mod handoff_lock;

use shuttle::sync::Arc;
use shuttle::sync::atomic::{AtomicU32, Ordering};
use shuttle::thread;

use crate::io::model;
use handoff_lock::HandoffLock;

mod primitives {
    pub use shuttle::sync::MutexGuard;
    pub use shuttle::sync::atomic::{AtomicBool, Ordering, fence};

    /// A lock with the return types of [`crate::sync::Mutex`].
    pub struct Mutex<T>(shuttle::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub fn new(value: T) -> Self {
            Mutex(shuttle::sync::Mutex::new(value))
        }

        pub fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap()
        }

        pub fn try_lock(&self) -> Option<MutexGuard<'_, T>> {
            self.0.try_lock().ok()
        }
    }
}

/// Number of interleavings in which a scenario is run.
const RUNS: usize = 3_000;

/// Like a connection: waiting items are moved under the lock.
struct Model {
    waits: AtomicU32,
    /// Changes that were not made yet.
    unmade: Arc<AtomicU32>,
    direction: HandoffLock<u32>,
}

impl Model {
    fn new() -> Arc<Model> {
        Arc::new(Model {
            waits: AtomicU32::new(0),
            unmade: Arc::new(AtomicU32::new(0)),
            direction: HandoffLock::new(0),
        })
    }

    fn bring(&self) {
        self.waits.fetch_add(1, Ordering::SeqCst);
        self.move_on();
    }

    fn move_on(&self) {
        self.direction.request();
        while self.direction.is_requested() {
            let Some(mut moved) = self.direction.try_enter() else { return };
            *moved += self.waits.swap(0, Ordering::SeqCst);
        }
    }

    fn change(&self) {
        self.unmade.fetch_add(1, Ordering::SeqCst);
        let unmade = self.unmade.clone();
        let change = move |_: &mut u32| {
            unmade.fetch_sub(1, Ordering::SeqCst);
        };
        self.direction.change(change, || self.move_on());
    }

    fn try_to_look(&self) {
        let _ = self.direction.try_with(|_| (), || self.move_on());
    }
}

fn run(threads: &'static [fn(&Model)]) {
    let all = move || {
        let model = Model::new();
        let running: Vec<_> = threads
            .iter()
            .map(|&act| {
                let model = model.clone();
                thread::spawn(move || act(&model))
            })
            .collect();
        running.into_iter().for_each(|thread| thread.join().unwrap());
        assert_eq!(model.waits.load(Ordering::SeqCst), 0);
        assert_eq!(model.unmade.load(Ordering::SeqCst), 0);
    };
    model::check(RUNS, all);
}

#[test]
fn what_several_bring_is_moved() {
    run(&[Model::bring, Model::bring, Model::bring]);
}

#[test]
fn a_holder_moves_what_was_brought_meanwhile() {
    run(&[Model::bring, Model::try_to_look, Model::bring]);
}

#[test]
fn a_change_that_finds_the_lock_held_is_made() {
    run(&[Model::change, Model::bring, Model::try_to_look]);
    run(&[Model::change, Model::change, Model::bring]);
    run(&[Model::change, Model::change, Model::change]);
}
