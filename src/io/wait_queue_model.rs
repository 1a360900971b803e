//! `wait_queue.rs` itself, run in many thousand interleavings of its steps: every caller with
//! something to receive is woken. A lost wake-up leaves a thread asleep forever, which the model
//! reports.
//!
//! The atomics, the futex and the descriptor are the model's. A futex and a poller have no time
//! limit here, so that none can hide a missing wake-up. [`Model`] uses `wait_queue.rs` as
//! `SocketShared` does.
#![forbid(unsafe_code)]

// Includes the module's own file, on the atomics of the model.
#[allow(clippy::duplicate_mod)]
#[path = "wait_queue.rs"]
mod wait_queue;

use std::sync::OnceLock;

use shuttle::sync::{Arc, Mutex};
use shuttle::thread;

use super::model;
use crate::sys::parker::block_on;
use primitives::{Alarm, Parker};
use wait_queue::{Leader, WaitQueue, WaitToken, WakeFd};

mod primitives {
    use core::time::Duration;

    pub use crate::error::Result;
    pub use shuttle::sync::atomic::{AtomicBool, Ordering};
    use shuttle::sync::{Arc, Condvar, Mutex, atomic};

    /// A word on which a thread can sleep.
    pub struct AtomicU32 {
        word: atomic::AtomicU32,
        wakes: Mutex<u32>,
        woken: Condvar,
    }

    impl AtomicU32 {
        pub fn new(value: u32) -> Self {
            let word = atomic::AtomicU32::new(value);
            AtomicU32 { word, wakes: Mutex::new(0), woken: Condvar::new() }
        }

        pub fn load(&self, order: Ordering) -> u32 {
            self.word.load(order)
        }

        pub fn store(&self, value: u32, order: Ordering) {
            self.word.store(value, order);
        }

        pub fn fetch_add(&self, value: u32, order: Ordering) -> u32 {
            self.word.fetch_add(value, order)
        }

        pub fn fetch_sub(&self, value: u32, order: Ordering) -> u32 {
            self.word.fetch_sub(value, order)
        }

        pub fn compare_exchange(
            &self,
            old: u32,
            new: u32,
            success: Ordering,
            failure: Ordering,
        ) -> core::result::Result<u32, u32> {
            self.word.compare_exchange(old, new, success, failure)
        }
    }

    /// Sleeps where it is called; the real one sleeps in the first frame of the call.
    pub struct Parker;

    impl Parker {
        pub async fn futex(
            &self,
            word: &AtomicU32,
            expected: u32,
            _limit: Option<Duration>,
        ) -> Result<()> {
            let mut wakes = word.wakes.lock().unwrap();
            let before = *wakes;
            while word.load(Ordering::SeqCst) == expected && *wakes == before {
                wakes = word.woken.wait(wakes).unwrap();
            }
            Ok(())
        }
    }

    pub mod futex {
        use super::AtomicU32;

        pub fn wake(word: &AtomicU32) {
            *word.wakes.lock().unwrap() += 1;
            word.woken.notify_all();
        }
    }

    /// The readable things in a poller: its wake descriptor, and events of connections, each
    /// reported once.
    #[derive(Default)]
    pub struct Kernel {
        pub ready: Mutex<(bool, bool)>,
        pub changed: Condvar,
    }

    pub struct Alarm(pub Arc<Kernel>);

    impl Alarm {
        pub fn signal(&self) {
            self.0.ready.lock().unwrap().0 = true;
            self.0.changed.notify_all();
        }

        pub fn drain(&self) {
            self.0.ready.lock().unwrap().0 = false;
        }
    }
}

use primitives::Kernel;

/// A socket-shared state and its socket: messages in the mailbox, and messages that a call has
/// taken out of it. There are two kinds, because callers may wait for different things.
struct Model {
    waiters: WaitQueue,
    wake_fd: OnceLock<WakeFd>,
    kernel: Arc<Kernel>,
    mailbox: Mutex<[u32; 2]>,
    /// Under the socket's lock: the messages that can be received.
    socket: Mutex<[u32; 2]>,
}

impl Model {
    fn new(has_poller: bool) -> Arc<Model> {
        let model = Model {
            waiters: WaitQueue::default(),
            wake_fd: OnceLock::new(),
            kernel: Arc::new(Kernel::default()),
            mailbox: Mutex::default(),
            socket: Mutex::default(),
        };
        if has_poller {
            model.add_poller();
        }
        Arc::new(model)
    }

    fn add_poller(&self) {
        let _ = self.wake_fd.set(WakeFd::new(Alarm(self.kernel.clone())));
    }

    /// As `SocketShared::post`: one message for any receiver.
    fn post(&self, kind: usize) {
        let mut mailbox = self.mailbox.lock().unwrap();
        mailbox[kind] += 1;
        self.waiters.note_command();
        drop(mailbox);
        self.waiters.wake(self.wake_fd.get());
    }

    /// As `Core::process_commands`.
    fn process(&self, socket: &mut [u32; 2]) {
        if self.waiters.has_commands() {
            let mut mailbox = self.mailbox.lock().unwrap();
            self.waiters.clear_commands();
            let taken = core::mem::take(&mut *mailbox);
            drop(mailbox);
            (0..2).for_each(|kind| socket[kind] += taken[kind]);
            if taken != [0, 0] {
                self.waiters.wake_all(self.wake_fd.get());
            }
        }
    }

    /// A receiving call that does not wait.
    fn try_receive(&self, kind: usize) -> bool {
        let mut socket = self.socket.lock().unwrap();
        self.process(&mut socket);
        let some = socket[kind] > 0;
        socket[kind] -= u32::from(some);
        some
    }

    /// A receiving call; `false` when all waits are over.
    fn receive(&self, kind: usize) -> bool {
        loop {
            let mut socket = self.socket.lock().unwrap();
            if self.waiters.is_stopped() {
                return false;
            }
            self.process(&mut socket);
            if socket[kind] > 0 {
                socket[kind] -= 1;
                return true;
            }
            let token = self.waiters.prepare_wait();
            drop(socket);
            self.wait(token);
            self.waiters.finish_wait();
        }
    }

    /// As `SocketShared::wait`.
    fn wait(&self, token: WaitToken) {
        let Some(lead) = self.waiters.lead(Some(token)) else {
            return block_on(async |_| self.waiters.wait_for_lead(&Parker, token, None).await)
                .unwrap();
        };
        if self.wake_fd.get().is_none() {
            let has_poller = || self.wake_fd.get().is_some();
            block_on(async |_| lead.sleep(&Parker, has_poller, None).await).unwrap();
        } else if lead.may_sleep_at_poller() {
            self.poll(true, Some(&lead));
        }
    }

    /// As `SocketShared::poll_with_patience`: an event of a connection becomes a message in the
    /// mailbox.
    fn poll(&self, sleeps: bool, lead: Option<&Leader<'_>>) {
        let mut ready = self.kernel.ready.lock().unwrap();
        while sleeps && *ready == (false, false) {
            ready = self.kernel.changed.wait(ready).unwrap();
        }
        let (notified, news) = *ready;
        ready.1 = false;
        drop(ready);
        if let Some(lead) = lead {
            lead.get_up();
            if notified {
                self.wake_fd.get().unwrap().clear();
            }
        }
        if news {
            self.post(0);
        }
    }

    /// As `SocketShared::poll_as_caller`.
    fn visit(&self) {
        let lead = self.waiters.lead(None);
        self.poll(false, lead.as_ref());
    }

    /// Makes an event of the network, which becomes one message.
    fn news(&self) {
        self.kernel.ready.lock().unwrap().1 = true;
        self.kernel.changed.notify_all();
    }
}

/// Number of interleavings in which a scenario is run.
const RUNS: usize = 700;

fn check(scenario: impl Fn() + Send + Sync + Clone + 'static) {
    model::check(RUNS, scenario);
}

fn spawn(model: &Arc<Model>, run: impl FnOnce(&Model) + Send + 'static) -> thread::JoinHandle<()> {
    let model = model.clone();
    thread::spawn(move || run(&model))
}

fn join(threads: impl IntoIterator<Item = thread::JoinHandle<()>>) {
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}

#[test]
fn a_caller_gets_what_others_post() {
    for has_poller in [false, true] {
        check(move || {
            let model = Model::new(has_poller);
            let posters = [0; 2].map(|_| spawn(&model, |model| (0..2).for_each(|_| model.post(0))));
            (0..4).for_each(|_| assert!(model.receive(0)));
            join(posters);
        });
    }
}

#[test]
fn a_caller_gets_what_the_network_brings_whoever_moves_it() {
    check(|| {
        let model = Model::new(true);
        let network = spawn(&model, |model| {
            model.news();
            model.post(0);
        });
        let background = spawn(&model, |model| model.poll(false, None));
        (0..2).for_each(|_| assert!(model.receive(0)));
        join([network, background]);
    });
}

#[test]
fn a_caller_that_sleeps_without_the_poller_moves_to_it() {
    check(|| {
        let model = Model::new(false);
        let reactor = spawn(&model, |model| {
            model.add_poller();
            model.waiters.move_to_poller(model.wake_fd.get());
            model.news();
        });
        assert!(model.receive(0));
        join([reactor]);
    });
}

#[test]
fn none_of_several_callers_is_forgotten() {
    for has_poller in [false, true] {
        check(move || {
            let model = Model::new(has_poller);
            let receive = |model: &Model| assert!(model.receive(0));
            let callers = [0; 3].map(|_| spawn(&model, receive));
            model.post(0);
            model.post(0);
            if has_poller {
                model.news()
            } else {
                model.post(0)
            }
            join(callers);
        });
    }
}

#[test]
fn callers_may_wait_for_different_things() {
    for has_poller in [false, true] {
        check(move || {
            let model = Model::new(has_poller);
            let callers = [0, 1].map(|kind| {
                spawn(&model, move |model| {
                    assert!(model.receive(kind));
                })
            });
            let visitor = spawn(&model, |model| model.process(&mut model.socket.lock().unwrap()));
            let poster = spawn(&model, |model| model.post(1));
            join([poster, visitor]);
            model.post(0);
            join(callers);
        });
    }
}

#[test]
fn a_caller_sleeps_well_while_others_come_and_go() {
    for has_poller in [false, true] {
        check(move || {
            let model = Model::new(has_poller);
            let sleeper = spawn(&model, |model| assert!(model.receive(0)));
            // The thread carries out the command, but receives nothing.
            let visitor = spawn(&model, move |model| {
                for _ in 0..2 {
                    if has_poller {
                        model.visit();
                    }
                    model.process(&mut model.socket.lock().unwrap());
                }
            });
            let poster = spawn(&model, |model| model.post(0));
            join([sleeper, visitor, poster]);
        });
    }
}

/// A thread that is cancelled in its sleep takes nothing, and the message that woke it is for
/// others.
#[test]
fn a_caller_that_ends_in_its_sleep_leaves_the_news_to_the_others() {
    for has_poller in [false, true] {
        check(move || {
            let model = Model::new(has_poller);
            let cancelled = spawn(&model, |model| {
                let socket = model.socket.lock().unwrap();
                let token = model.waiters.prepare_wait();
                drop(socket);
                model.wait(token);
                model.waiters.tell_late(model.wake_fd.get());
                model.waiters.finish_wait();
            });
            let caller = spawn(&model, |model| assert!(model.receive(0)));
            model.post(0);
            if has_poller {
                model.news();
            }
            join([caller]);
            model.waiters.stop(model.wake_fd.get());
            join([cancelled]);
        });
    }
}

#[test]
fn one_that_takes_the_message_leaves_the_other_to_the_next() {
    check(|| {
        let model = Model::new(true);
        let sleeper = spawn(&model, |model| assert!(model.receive(0)));
        let visitor = spawn(&model, |model| {
            model.visit();
            if model.try_receive(0) {
                model.post(0);
            }
        });
        model.post(0);
        join([sleeper, visitor]);
    });
}

#[test]
fn the_end_reaches_everybody() {
    for has_poller in [false, true] {
        check(move || {
            let model = Model::new(has_poller);
            let callers = [0; 2].map(|_| spawn(&model, |model| while model.receive(0) {}));
            model.post(0);
            model.waiters.stop(model.wake_fd.get());
            join(callers);
        });
    }
}

/// A program that polls the socket's descriptor itself, and calls the socket when that is readable.
#[test]
fn an_exported_descriptor_tells_of_everything() {
    check(|| {
        let model = Model::new(true);
        let posters = [0; 2].map(|_| spawn(&model, |model| (0..2).for_each(|_| model.post(0))));
        model.waiters.export(model.wake_fd.get());
        let mut received = 0;
        loop {
            model.visit();
            while model.try_receive(0) {
                received += 1;
            }
            if received == 5 {
                break;
            }
            if received == 4 {
                model.news();
            }
            let mut ready = model.kernel.ready.lock().unwrap();
            while *ready == (false, false) {
                ready = model.kernel.changed.wait(ready).unwrap();
            }
        }
        join(posters);
    });
}

/// A wait that a signal ended does not look at the mailbox; the descriptor becomes readable
/// nevertheless.
#[test]
fn an_interrupted_call_leaves_the_descriptor_readable() {
    check(|| {
        let model = Model::new(true);
        model.waiters.export(model.wake_fd.get());
        let poster = spawn(&model, |model| model.post(0));
        let token = model.waiters.prepare_wait();
        if let Some(lead) = model.waiters.lead(Some(token)) {
            thread::yield_now();
            drop(lead);
            model.waiters.tell_late(model.wake_fd.get());
        }
        model.waiters.finish_wait();
        join([poster]);
        let wake_fd = model.wake_fd.get().unwrap();
        assert!(wake_fd.is_notified());
        assert!(model.kernel.ready.lock().unwrap().0);
    });
}
