//! The deferred flushes of the calling threads, in all sockets of a context. A thread that finds
//! nothing to do in one socket may depend on bytes it deferred in another. It flushes those first.
//!
//! Any thread; the lock is a leaf.
#![forbid(unsafe_code)]

use std::collections::VecDeque;

use crate::pipe::PipePeer;
use crate::sync::{Arc, AtomicBool, Mutex, Ordering, Weak};
use crate::sys::thread;

/// At most so many pipe peers are remembered; deferred flushes of others wait for the I/O thread.
const MOST: usize = 64;

/// See the module's documentation.
#[derive(Default)]
pub struct DeferredFlushes {
    entries: Mutex<VecDeque<Entry>>,
    /// Whether there is a deferred flush; read without the lock.
    any: AtomicBool,
}

/// A pipe peer to which a thread deferred a flush.
struct Entry {
    thread: usize,
    peer_end: Weak<dyn PipePeer>,
}

impl DeferredFlushes {
    /// Records that the calling thread deferred a flush to this pipe peer.
    pub fn note(&self, peer_end: &Arc<dyn PipePeer>) {
        let (thread, peer_end) = (thread::number(), Arc::downgrade(peer_end));
        let mut entries = self.entries.lock();
        if entries.iter().any(|entry| entry.thread == thread && entry.peer_end.ptr_eq(&peer_end)) {
            return;
        }
        if entries.len() == MOST {
            entries.pop_front();
        }
        entries.push_back(Entry { thread, peer_end });
        self.any.store(true, Ordering::Relaxed);
    }

    /// Flushes what the calling thread deferred, because it finds nothing to do.
    #[inline]
    pub fn flush(&self) {
        if self.any.load(Ordering::Relaxed) {
            self.flush_own();
        }
    }

    #[cold]
    fn flush_own(&self) {
        let thread = thread::number();
        let mut entries = self.entries.lock();
        let (own, others): (VecDeque<_>, VecDeque<_>) =
            entries.drain(..).partition(|entry| entry.thread == thread);
        self.any.store(!others.is_empty(), Ordering::Relaxed);
        *entries = others;
        drop(entries);
        own.iter()
            .filter_map(|entry| entry.peer_end.upgrade())
            .for_each(|peer_end| peer_end.flush());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipe::Flush;
    use crate::sync::AtomicU32;

    #[derive(Default)]
    struct Counts(AtomicU32);

    impl PipePeer for Counts {
        fn readable(&self, _: Flush) {}
        fn flush(&self) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
        fn writable(&self) {}
        fn close(&self, _: i32) {}
    }

    #[test]
    fn a_thread_presses_what_it_left_itself() {
        let (left, mine, other) =
            (DeferredFlushes::default(), Arc::new(Counts::default()), Arc::default());
        let note = |peer_end: &Arc<Counts>| left.note(&(peer_end.clone() as Arc<dyn PipePeer>));
        let counts =
            || [&mine, &other].map(|peer_end: &Arc<Counts>| peer_end.0.load(Ordering::SeqCst));
        note(&mine);
        note(&mine);
        std::thread::scope(|scope| {
            scope.spawn(|| {
                note(&other);
                left.flush();
                left.flush();
            });
        });
        assert_eq!(counts(), [0, 1]);
        left.flush();
        left.flush();
        assert_eq!(counts(), [1, 1]);
    }

    #[test]
    fn what_is_gone_or_too_much_is_forgotten() {
        let left = DeferredFlushes::default();
        let all: Vec<Arc<Counts>> = (0..2 * MOST).map(|_| Arc::default()).collect();
        all.iter().for_each(|peer_end| left.note(&(peer_end.clone() as Arc<dyn PipePeer>)));
        left.note(&(Arc::new(Counts::default()) as Arc<dyn PipePeer>));
        assert_eq!(left.entries.lock().len(), MOST);
        left.flush();
        let flush = all.iter().filter(|peer_end| peer_end.0.load(Ordering::SeqCst) == 1).count();
        assert_eq!((flush, left.entries.lock().len()), (MOST - 1, 0));
    }
}
