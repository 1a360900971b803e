//! `src/msg/disposer.rs` itself, run in many thousand interleavings of its steps: every free
//! function runs once, and none waits for a runner that no thread wakes.
#![forbid(unsafe_code)]

// Includes the module's own file, on the atomics of the model.
#[allow(clippy::duplicate_mod)]
#[path = "../../msg/disposer.rs"]
mod disposer;

use shuttle::sync::{Arc, Condvar, Mutex};
use shuttle::thread;

use crate::io::model;
use disposer::{Disposer, Runner};

mod primitives {
    use std::collections::VecDeque;

    pub use super::FreeCall;
    pub use shuttle::sync::atomic::{AtomicBool, Ordering};
    pub use shuttle::sync::{Arc, MutexGuard};

    /// A lock with the return types of [`crate::sync::Mutex`].
    #[derive(Default)]
    pub struct Mutex<T>(shuttle::sync::Mutex<T>);

    impl<T> Mutex<T> {
        pub fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap()
        }
    }

    /// A queue with the return types of the crate's queue.
    pub struct SegQueue<T>(Mutex<VecDeque<T>>);

    impl<T> SegQueue<T> {
        pub fn new() -> Self {
            SegQueue(Mutex(shuttle::sync::Mutex::new(VecDeque::new())))
        }

        pub fn push(&self, one: T) {
            self.0.lock().push_back(one);
        }

        pub fn pop(&self) -> Option<T> {
            self.0.lock().pop_front()
        }

        pub fn len(&self) -> usize {
            self.0.lock().len()
        }

        pub fn is_empty(&self) -> bool {
            self.0.lock().is_empty()
        }
    }
}

/// Number of interleavings in which a scenario is run.
const RUNS: usize = 1_000;

#[derive(Default)]
struct Counts {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    freed: u32,
    stuck: u32,
    is_open: bool,
}

impl Counts {
    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.state.lock().unwrap());
        self.changed.notify_all();
    }

    /// A free function that is never called is a deadlock, which the model finds.
    fn wait_until(&self, holds: impl Fn(&State) -> bool) {
        let mut state = self.state.lock().unwrap();
        while !holds(&state) {
            state = self.changed.wait(state).unwrap();
        }
    }
}

/// A free function that counts, and may first wait for others.
pub struct FreeCall {
    counts: Arc<Counts>,
    waits: bool,
}

impl Drop for FreeCall {
    fn drop(&mut self) {
        if self.waits {
            self.counts.change(|state| state.stuck += 1);
            self.counts.wait_until(|state| state.is_open);
        }
        self.counts.change(|state| state.freed += 1);
    }
}

/// A reactor's poller, with its wake descriptor.
#[derive(Default)]
struct Poller {
    signalled: Mutex<bool>,
    woken: Condvar,
}

impl Runner for Poller {
    fn wake(&self) -> bool {
        *self.signalled.lock().unwrap() = true;
        self.woken.notify_all();
        true
    }
}

impl Poller {
    fn sleep(&self) {
        let mut signalled = self.signalled.lock().unwrap();
        while !*signalled {
            signalled = self.woken.wait(signalled).unwrap();
        }
        *signalled = false;
    }
}

struct Model {
    counts: Arc<Counts>,
    disposer: Arc<Disposer>,
    pollers: Vec<Arc<Poller>>,
    stop: Arc<Mutex<bool>>,
    runners: Vec<thread::JoinHandle<()>>,
}

impl Model {
    fn start(runners: usize) -> Model {
        let pollers: Vec<Arc<Poller>> = (0..runners).map(|_| Arc::default()).collect();
        let disposer = Arc::new(Disposer::default());
        disposer.open(pollers.iter().map(|poller| poller.clone() as Arc<dyn Runner>));
        let stop = Arc::new(Mutex::new(false));
        let runners = pollers.iter().enumerate().map(|(number, poller)| {
            let (poller, disposer, stop) = (poller.clone(), disposer.clone(), stop.clone());
            thread::spawn(move || {
                while !*stop.lock().unwrap() {
                    if !disposer.is_requested() {
                        poller.sleep();
                    }
                    disposer.run(number);
                }
            })
        });
        let runners = runners.collect();
        Model { counts: Arc::default(), disposer, pollers, stop, runners }
    }

    fn post(&self, waits: bool) {
        self.disposer.post(FreeCall { counts: self.counts.clone(), waits });
    }

    /// Several threads post; nothing else wakes the runners.
    fn post_at_once(&self, threads: u32, each: u32) {
        let posting: Vec<_> = (0..threads)
            .map(|_| {
                let (disposer, counts) = (self.disposer.clone(), self.counts.clone());
                thread::spawn(move || {
                    (0..each).for_each(|_| {
                        disposer.post(FreeCall { counts: counts.clone(), waits: false });
                    });
                })
            })
            .collect();
        posting.into_iter().for_each(|thread| thread.join().unwrap());
    }

    fn stop_runners(&mut self) {
        *self.stop.lock().unwrap() = true;
        self.pollers.iter().for_each(|poller| assert!(poller.wake()));
        self.runners.drain(..).for_each(|runner| runner.join().unwrap());
    }

    fn end(mut self, posted: u32) {
        self.stop_runners();
        self.disposer.close();
        assert_eq!(self.counts.state.lock().unwrap().freed, posted);
    }
}

#[test]
fn what_is_posted_is_freed_without_another_post() {
    for runners in [1, 2] {
        model::check(RUNS, move || {
            let model = Model::start(runners);
            model.post_at_once(2, 2);
            model.counts.wait_until(|state| state.freed == 4);
            model.end(4);
        });
    }
}

#[test]
fn one_that_waits_holds_up_none_that_come_later() {
    model::check(RUNS, || {
        let model = Model::start(2);
        model.post(true);
        model.counts.wait_until(|state| state.stuck == 1);
        model.post_at_once(2, 1);
        model.counts.wait_until(|state| state.freed == 2);
        model.counts.change(|state| state.is_open = true);
        model.counts.wait_until(|state| state.freed == 3);
        model.end(3);
    });
}

#[test]
fn what_waits_for_the_only_hand_is_not_forgotten() {
    model::check(RUNS, || {
        let model = Model::start(1);
        model.post(true);
        model.counts.wait_until(|state| state.stuck == 1);
        model.post_at_once(2, 1);
        model.counts.change(|state| state.is_open = true);
        model.counts.wait_until(|state| state.freed == 3);
        model.end(3);
    });
}

#[test]
fn nothing_is_left_at_the_end() {
    model::check(RUNS, || {
        let mut model = Model::start(1);
        let (disposer, counts) = (model.disposer.clone(), model.counts.clone());
        let late = thread::spawn(move || {
            (0..2).for_each(|_| disposer.post(FreeCall { counts: counts.clone(), waits: false }));
        });
        model.stop_runners();
        model.disposer.close();
        late.join().unwrap();
        model.end(2);
    });
}
