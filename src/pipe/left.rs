//! What threads have left to the background, in whatever socket of a context. A thread that finds nothing to
//! do in one socket may be waiting for what comes of what it left in another, so it writes that first.
//!
//! Any thread; the lock is a leaf.
#![forbid(unsafe_code)]

use std::collections::VecDeque;

use crate::pipe::Far;
use crate::sync::{Arc, AtomicBool, Mutex, Ordering, Weak};
use crate::sys::thread;

/// So many far ends are known at most; what is left in others waits for the background.
const MOST: usize = 64;

/// See the module's documentation.
#[derive(Default)]
pub struct Left {
    entries: Mutex<VecDeque<Entry>>,
    /// Whether there is one: looked at without the lock.
    any: AtomicBool,
}

/// Where a thread left something.
struct Entry {
    thread: usize,
    far: Weak<dyn Far>,
}

impl Left {
    /// The calling thread has left something there.
    pub fn note(&self, far: &Arc<dyn Far>) {
        let (thread, far) = (thread::number(), Arc::downgrade(far));
        let mut entries = self.entries.lock();
        if entries.iter().any(|entry| entry.thread == thread && entry.far.ptr_eq(&far)) {
            return;
        }
        if entries.len() == MOST {
            entries.pop_front();
        }
        entries.push_back(Entry { thread, far });
        self.any.store(true, Ordering::Relaxed);
    }

    /// The calling thread finds nothing to do: what it left goes out.
    #[inline]
    pub fn press(&self) {
        if self.any.load(Ordering::Relaxed) {
            self.press_own();
        }
    }

    #[cold]
    fn press_own(&self) {
        let thread = thread::number();
        let mut entries = self.entries.lock();
        let (own, others): (VecDeque<_>, VecDeque<_>) =
            entries.drain(..).partition(|entry| entry.thread == thread);
        self.any.store(!others.is_empty(), Ordering::Relaxed);
        *entries = others;
        drop(entries);
        own.iter().filter_map(|entry| entry.far.upgrade()).for_each(|far| far.pressed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipe::Flush;
    use crate::sync::AtomicU32;

    #[derive(Default)]
    struct Counts(AtomicU32);

    impl Far for Counts {
        fn readable(&self, _: Flush) {}
        fn pressed(&self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
        fn writable(&self) {}
        fn close(&self, _: i32) {}
    }

    #[test]
    fn a_thread_presses_what_it_left_itself() {
        let (left, mine, other) = (Left::default(), Arc::new(Counts::default()), Arc::default());
        let note = |far: &Arc<Counts>| left.note(&(far.clone() as Arc<dyn Far>));
        let counts = || [&mine, &other].map(|far: &Arc<Counts>| far.0.load(Ordering::SeqCst));
        note(&mine);
        note(&mine);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                note(&other);
                left.press();
                left.press();
            });
        });
        assert_eq!(counts(), [0, 1]);
        left.press();
        left.press();
        assert_eq!(counts(), [1, 1]);
    }

    #[test]
    fn what_is_gone_or_too_much_is_forgotten() {
        let left = Left::default();
        let all: Vec<Arc<Counts>> = (0..2 * MOST).map(|_| Arc::default()).collect();
        all.iter().for_each(|far| left.note(&(far.clone() as Arc<dyn Far>)));
        left.note(&(Arc::new(Counts::default()) as Arc<dyn Far>));
        assert_eq!(left.entries.lock().len(), MOST);
        left.press();
        let pressed = all.iter().filter(|far| far.0.load(Ordering::SeqCst) == 1).count();
        assert_eq!((pressed, left.entries.lock().len()), (MOST - 1, 0));
    }
}
