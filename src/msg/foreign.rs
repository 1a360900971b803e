//! Message content in the application's memory, which a function of the application frees.
//!
//! The application may hold locks of its own around any call, and its free function may take them
//! and may call the library. So the function runs at once only where the application itself
//! [ends](crate::msg::Msg::end) the last reference. That is in a C function that holds no lock
//! then. If the last reference is dropped anywhere else, an I/O thread or worker calls the
//! function. The reference carries the [`Disposer`] of the context in which it was sent.
//!
//! One of the modules that may use `unsafe`: a caller's own memory and function.

use core::ffi::c_void;

use crate::msg::disposer::Disposer;
use crate::sync::Arc;
use crate::sys::cancel::CancelGuard;

/// The caller's free function: data, hint (`zmq_free_fn`).
pub type FreeFn = unsafe extern "C" fn(*mut c_void, *mut c_void);

/// Memory of the application to which one message refers.
pub struct Foreign {
    data: *mut u8,
    len: usize,
    free: FreeFn,
    hint: *mut c_void,
    disposer: Option<&'static Disposer>,
}

// SAFETY: the bytes are written only by the sole owner, and a caller's free function may run on any
// thread (documented for `zmq_msg_init_data`).
unsafe impl Send for Foreign {}
// SAFETY: shared references only read.
unsafe impl Sync for Foreign {}

impl Foreign {
    /// Content in the caller's memory; `free(data, hint)` is called when the last reference goes.
    ///
    /// # Safety
    /// - `data` is valid for reads and writes of `len` bytes until `free` is called;
    /// - `free` may be called on any thread.
    pub unsafe fn new(data: *mut u8, len: usize, free: FreeFn, hint: *mut c_void) -> Foreign {
        Foreign { data, len, free, hint, disposer: None }
    }

    /// The address of the bytes; may be null when the length is 0.
    #[inline]
    pub(super) fn as_ptr(&self) -> *mut u8 {
        self.data
    }

    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Sets the disposer that gets the free function's call when this is dropped. Without one the
    /// dropping thread makes the call, and holds no lock of the library then.
    #[inline]
    pub(super) fn set_disposer(&mut self, disposer: Option<&'static Disposer>) {
        self.disposer = disposer;
    }

    /// The first reference of several.
    pub(super) fn share(self) -> SharedForeign {
        SharedForeign { disposer: self.disposer, memory: Some(Arc::new(self)) }
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        let call = FreeCall { free: self.free, data: self.data, hint: self.hint };
        match self.disposer {
            Some(disposer) => disposer.post(call),
            None => drop(call),
        }
    }
}

/// A counted reference to memory of the application. The last one decides where the free function
/// runs.
pub struct SharedForeign {
    /// Always there, except while it is dropped.
    memory: Option<Arc<Foreign>>,
    disposer: Option<&'static Disposer>,
}

impl SharedForeign {
    /// The address of the bytes; may be null when the length is 0.
    pub(super) fn as_ptr(&self) -> *mut u8 {
        self.memory.as_ref().map_or(core::ptr::null_mut(), |memory| memory.data)
    }

    pub(super) fn len(&self) -> usize {
        self.memory.as_ref().map_or(0, |memory| memory.len)
    }

    /// Whether another reference exists.
    pub(super) fn is_shared(&self) -> bool {
        self.memory.as_ref().is_some_and(|memory| Arc::strong_count(memory) > 1)
    }

    /// Does [`Foreign::set_disposer`], if this reference is the last one when it is dropped.
    pub(super) fn set_disposer(&mut self, disposer: Option<&'static Disposer>) {
        self.disposer = disposer;
    }

    /// Another reference.
    pub(super) fn share(&self) -> SharedForeign {
        SharedForeign { memory: self.memory.clone(), disposer: self.disposer }
    }
}

impl Drop for SharedForeign {
    fn drop(&mut self) {
        if let Some(mut last) = self.memory.take().and_then(Arc::into_inner) {
            last.set_disposer(self.disposer);
        }
    }
}

/// A free function that is due, because no reference to its memory is left. Dropping it makes the
/// call.
pub struct FreeCall {
    free: FreeFn,
    data: *mut u8,
    hint: *mut c_void,
}

// SAFETY: no thread uses the memory, and a caller's free function may run on any thread.
unsafe impl Send for FreeCall {}

impl Drop for FreeCall {
    fn drop(&mut self) {
        // The function may not unwind, so the thread does not end in it.
        let _guard = CancelGuard::new();
        // SAFETY: this was made of the last reference, so the function is called once, with the
        // caller's arguments.
        unsafe { (self.free)(self.data.cast(), self.hint) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::msg::Msg;
    use crate::msg::disposer::Runner;
    use crate::sync::{AtomicUsize, Ordering};
    use core::ptr::null_mut;

    unsafe extern "C" fn count(_data: *mut c_void, hint: *mut c_void) {
        // SAFETY: every test run has its own counter, which outlives its messages.
        unsafe { &*hint.cast::<AtomicUsize>() }.fetch_add(1, Ordering::SeqCst);
    }

    /// A runner that does nothing but count how often it was woken. The first wake-up fails.
    #[derive(Default)]
    struct Idle(AtomicUsize);

    impl Runner for Idle {
        fn wake(&self) -> bool {
            self.0.fetch_add(1, Ordering::SeqCst) > 0
        }
    }

    fn disposer() -> (&'static Disposer, Arc<Idle>) {
        let (disposer, idle) =
            (Box::leak(Box::new(Disposer::default())), Arc::new(Idle::default()));
        disposer.open([idle.clone() as Arc<dyn Runner>]);
        (disposer, idle)
    }

    fn lent(counter: &AtomicUsize) -> Msg {
        let hint = core::ptr::from_ref(counter).cast_mut().cast();
        // SAFETY: there is no memory, and the counter outlives the message.
        Msg::from_foreign(unsafe { Foreign::new(null_mut(), 0, count, hint) })
    }

    #[test]
    fn what_was_not_sent_is_freed_where_it_is_dropped() {
        let freed = AtomicUsize::new(0);
        drop(lent(&freed));
        assert_eq!(freed.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn what_was_sent_is_left_to_the_disposer() {
        let (disposer, idle) = disposer();
        let freed = AtomicUsize::new(0);
        for _ in 0..3 {
            let mut msg = lent(&freed);
            msg.leave_to(disposer);
            let copy = msg.share();
            drop(msg);
            assert!(copy.is_foreign() && !copy.is_shared());
            drop(copy);
        }
        assert_eq!(freed.load(Ordering::SeqCst), 0);
        // The first wake-up failed, the second is for all.
        assert_eq!((disposer.is_requested(), idle.0.load(Ordering::SeqCst)), (true, 2));
        disposer.run(0);
        assert_eq!(freed.load(Ordering::SeqCst), 3);
        assert!(!disposer.is_requested());
    }

    #[test]
    fn what_the_application_ends_is_freed_at_once() {
        let (disposer, idle) = disposer();
        let freed = AtomicUsize::new(0);
        let mut msg = lent(&freed);
        msg.leave_to(disposer);
        let copy = msg.share();
        msg.end();
        assert_eq!(freed.load(Ordering::SeqCst), 0);
        copy.end();
        assert_eq!((freed.load(Ordering::SeqCst), idle.0.load(Ordering::SeqCst)), (1, 0));
    }

    #[test]
    fn a_hand_takes_its_time_in_parts() {
        let (disposer, _) = disposer();
        let freed = AtomicUsize::new(0);
        for _ in 0..1000 {
            let mut msg = lent(&freed);
            msg.leave_to(disposer);
        }
        disposer.run(0);
        assert!((1..1000).contains(&freed.load(Ordering::SeqCst)));
        while disposer.is_requested() {
            disposer.run(0);
        }
        assert_eq!(freed.load(Ordering::SeqCst), 1000);
    }

    #[test]
    fn without_a_background_it_is_freed_all_the_same() {
        let (disposer, _) = disposer();
        let freed = AtomicUsize::new(0);
        let mut early = lent(&freed);
        early.leave_to(disposer);
        let late = early.share();
        let mut other = lent(&freed);
        other.leave_to(disposer);
        drop(other);
        drop(early);
        disposer.close();
        assert_eq!(freed.load(Ordering::SeqCst), 1);
        drop(late);
        assert_eq!(freed.load(Ordering::SeqCst), 2);
    }
}
