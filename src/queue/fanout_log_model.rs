//! Model of `fanout_log.rs` and `piece.rs` themselves, run in many thousand orders of their steps.
//! Each cursor gets everything once and in order, and checks again only when it is woken.

// Includes these files a second time on purpose, on other locks and atomics.
#[allow(clippy::duplicate_mod, dead_code)]
#[path = "fanout_log.rs"]
mod fanout_log;
#[allow(clippy::duplicate_mod)]
#[path = "piece.rs"]
mod piece;

use shuttle::sync::atomic::{AtomicU32, Ordering};
use shuttle::thread;

use self::fanout_log::{Cursor, FanoutLog};
use self::primitives::Arc;
use crate::msg::Msg;
use crate::queue::{Batch, Taken};

mod primitives {
    pub use shuttle::sync::atomic::{AtomicU64, Ordering, fence};
    pub use std::sync::{Arc, OnceLock};

    /// Answers as the real `SegQueue` does.
    pub struct SegQueue<T>(shuttle::sync::Mutex<std::collections::VecDeque<T>>);

    impl<T> SegQueue<T> {
        pub fn new() -> Self {
            SegQueue(shuttle::sync::Mutex::new(std::collections::VecDeque::new()))
        }

        pub fn push(&self, value: T) {
            self.0.lock().unwrap().push_back(value);
        }

        pub fn pop(&self) -> Option<T> {
            self.0.lock().unwrap().pop_front()
        }

        pub fn len(&self) -> usize {
            self.0.lock().unwrap().len()
        }

        pub fn is_empty(&self) -> bool {
            self.len() == 0
        }
    }
}

const CURSORS: u32 = 2;

/// Enough messages for three pieces.
const MESSAGES: u8 = 6;
const BODY: usize = 255;
const REPEAT: usize = 50;

/// Reads what has come; the first byte of each body is its number.
fn read(cursor: &mut Cursor, sleeps: &mut bool, next: &mut usize) {
    let (mut batch, mut whole) = (Batch::default(), Msg::new());
    while cursor.pull(&mut batch, *sleeps) {
        *sleeps = false;
        while let Some((_, taken)) = batch.take(&mut whole) {
            let Taken::Arena(start, len) = taken else { panic!("in the arena") };
            let body = batch.arena(start, len);
            assert_eq!((body.len(), body[0]), (BODY, (*next / REPEAT) as u8));
            *next += 1;
        }
        batch.clear();
    }
    *sleeps = true;
}

#[test]
fn what_is_added_reaches_every_follower() {
    let scenario = || {
        let mut fanout_log = FanoutLog::new().unwrap();
        let told: Arc<Vec<AtomicU32>> = Arc::new((0..CURSORS).map(|_| AtomicU32::new(0)).collect());
        let mut readers = Vec::new();
        for who in 0..CURSORS {
            let (mut cursor, told) = (fanout_log.follow(who, false), told.clone());
            readers.push(thread::spawn(move || {
                let (mut heard, mut next, mut sleeps) = (0, 0, false);
                read(&mut cursor, &mut sleeps, &mut next);
                while next < usize::from(MESSAGES) * REPEAT {
                    let now = told[who as usize].load(Ordering::SeqCst);
                    if core::mem::replace(&mut heard, now) != now {
                        sleeps = false;
                        read(&mut cursor, &mut sleeps, &mut next);
                    } else {
                        thread::yield_now();
                    }
                }
            }));
        }
        for number in 0..MESSAGES {
            for _ in 0..REPEAT {
                let mut sleepers = Vec::new();
                assert!(fanout_log.add(&[number; BODY], &mut sleepers));
                for who in sleepers {
                    told[who as usize].fetch_add(1, Ordering::SeqCst);
                }
            }
        }
        readers.into_iter().for_each(|reader| reader.join().unwrap());
    };
    shuttle::check_random(scenario, 300);
    shuttle::check_pct(scenario, 300, 3);
}
