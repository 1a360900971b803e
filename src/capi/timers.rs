//! Timers of `zmq.h`.
//!
//! An object of timers has no lock: one thread at once. Handlers run in `zmq_timers_execute` and
//! may call every function here for the object they run in; nothing of it is borrowed meanwhile.

use crate::capi::guard;
use crate::capi::handle::Handle;
use crate::capi::types::TimerFn;
use crate::error::{Errno, Result};
use crate::timers::{Run, Timers};
use core::ffi::{c_int, c_long, c_void};
use core::mem::transmute;
use core::ptr::null_mut;
use std::time::Instant;

/// The function to call when a timer is due. The function may throw: that passes through this library.
#[derive(Clone, Copy)]
struct Handler {
    function: unsafe extern "C-unwind" fn(c_int, *mut c_void),
    argument: *mut c_void,
}

struct Object {
    timers: Timers<Handler>,
    /// Zero of the clock.
    origin: Instant,
    /// Calls of `zmq_timers_execute` under way: the last to end frees a destroyed object.
    passes: usize,
}

type TimersHandle = Handle<0x7a6d_0004, Object>;

impl Object {
    fn now(&self) -> u64 {
        u64::try_from(self.origin.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

/// A new, empty set of timers.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_timers_new() -> *mut c_void {
    guard(null_mut(), || {
        Ok(TimersHandle::create(Object {
            timers: Timers::new(),
            origin: Instant::now(),
            passes: 0,
        }))
    })
}

/// Frees a set of timers and sets the pointer to null.
///
/// # Safety
/// - `timers_p` is null or points to a handle as the other functions take it.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_destroy(timers_p: *mut *mut c_void) -> c_int {
    guard(-1, || {
        if timers_p.is_null() {
            return Err(Errno::EFAULT);
        }
        // SAFETY: not null; the caller promises a handle, whose tag is checked.
        unsafe {
            let object = TimersHandle::check(*timers_p)?;
            if (*object).value.passes == 0 {
                drop(TimersHandle::free(object));
            } else {
                TimersHandle::invalidate(object);
            }
            *timers_p = null_mut();
        }
        Ok(0)
    })
}

/// Adds a timer that calls handler(id, arg) every interval milliseconds, and answers its id.
///
/// # Safety
/// - `timers` is null or readable memory, and no object that was destroyed.
/// - `handler` may be called with `arg` until the timer is cancelled.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_add(
    timers: *mut c_void,
    interval: usize,
    handler: TimerFn,
    arg: *mut c_void,
) -> c_int {
    guard(-1, || {
        // SAFETY: what the caller promises is handed on.
        unsafe {
            on_timers(timers, |object| {
                let function = handler.ok_or(Errno::EFAULT)?;
                // The two function types differ only in that the second may unwind.
                let function = transmute::<
                    unsafe extern "C" fn(c_int, *mut c_void),
                    unsafe extern "C-unwind" fn(c_int, *mut c_void),
                >(function);
                let handler = Handler { function, argument: arg };
                object.timers.add(object.now(), interval as u64, handler)
            })
        }
    })
}

/// Cancels a timer.
///
/// # Safety
/// - `timers` is null or readable memory, and no object that was destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_cancel(timers: *mut c_void, timer_id: c_int) -> c_int {
    // SAFETY: what the caller promises is handed on.
    guard(-1, || unsafe { on_timers(timers, |object| object.timers.cancel(timer_id).map(|()| 0)) })
}

/// Changes the interval of a timer and starts it again.
///
/// # Safety
/// - `timers` is null or readable memory, and no object that was destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_set_interval(
    timers: *mut c_void,
    timer_id: c_int,
    interval: usize,
) -> c_int {
    guard(-1, || {
        // SAFETY: what the caller promises is handed on.
        unsafe {
            on_timers(timers, |object| {
                object.timers.set_interval(object.now(), timer_id, interval as u64).map(|()| 0)
            })
        }
    })
}

/// Starts a timer again.
///
/// # Safety
/// - `timers` is null or readable memory, and no object that was destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_reset(timers: *mut c_void, timer_id: c_int) -> c_int {
    guard(-1, || {
        // SAFETY: what the caller promises is handed on.
        unsafe {
            on_timers(timers, |object| object.timers.reset(object.now(), timer_id).map(|()| 0))
        }
    })
}

/// Milliseconds until the next timer is due, 0 if one is overdue, -1 if there is none.
///
/// # Safety
/// - `timers` is null or readable memory, and no object that was destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_timers_timeout(timers: *mut c_void) -> c_long {
    guard(-1, || {
        // SAFETY: what the caller promises is handed on.
        unsafe {
            on_timers(timers, |object| {
                Ok(object.timers.timeout(object.now()).map_or(-1, |milliseconds| {
                    c_long::try_from(milliseconds).unwrap_or(c_long::MAX)
                }))
            })
        }
    })
}

/// Calls the handlers of all timers that are due, in order of expiry, each once.
///
/// # Safety
/// - `timers` is null or readable memory, and no object that was destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_timers_execute(timers: *mut c_void) -> c_int {
    // SAFETY: what the caller promises is handed on; each step borrows the object for itself only.
    // Nothing is dropped if a handler unwinds: the object then merely outlives its destruction.
    unsafe {
        let Some((object, run)) = guard(None, || enter(timers).map(Some)) else {
            return -1;
        };
        while let Some((id, handler)) = guard(None, || Ok(next_due(object, run))) {
            (handler.function)(id, handler.argument);
        }
        guard(-1, || Ok(leave(object)))
    }
}

/// # Safety
/// - `timers` is null or readable memory, and no object that was destroyed.
unsafe fn enter(timers: *mut c_void) -> Result<(*mut TimersHandle, Run)> {
    // SAFETY: the caller promises readable memory, and the tag tells timers.
    unsafe {
        let object = TimersHandle::check(timers)?;
        let value = &mut (*object).value;
        value.passes += 1;
        Ok((object, value.timers.begin(value.now())))
    }
}

/// # Safety
/// - `object` has been entered and not left.
unsafe fn next_due(object: *mut TimersHandle, run: Run) -> Option<(c_int, Handler)> {
    // SAFETY: an object that was entered is in memory, even when a handler has destroyed it.
    unsafe {
        TimersHandle::check(object.cast()).ok()?;
        (*object).value.timers.next_due(run)
    }
}

/// # Safety
/// - `object` has been entered and not left.
unsafe fn leave(object: *mut TimersHandle) -> c_int {
    // SAFETY: an object that was entered is in memory, even when a handler has destroyed it.
    unsafe {
        (*object).value.passes -= 1;
        if (*object).value.passes == 0 && TimersHandle::check(object.cast()).is_err() {
            drop(TimersHandle::free(object));
        }
    }
    0
}

/// # Safety
/// - `timers` is null or readable memory, and no object that was destroyed.
unsafe fn on_timers<R>(
    timers: *mut c_void,
    action: impl FnOnce(&mut Object) -> Result<R>,
) -> Result<R> {
    // SAFETY: the caller promises readable memory, and the tag tells timers. No action calls back
    // into the application, so this is the only reference.
    unsafe { action(&mut (*TimersHandle::check(timers)?).value) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::errno;
    use std::cell::{Cell, RefCell};
    use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

    /// The action of a handler on the object it runs in.
    type Action = fn(&Probe, c_int);

    struct Probe {
        object: Cell<*mut c_void>,
        calls: RefCell<Vec<c_int>>,
        action: Cell<Option<Action>>,
    }

    unsafe extern "C" fn record(id: c_int, probe: *mut c_void) {
        // SAFETY: every test hands in its own probe, which outlives the timers.
        let probe = unsafe { &*probe.cast::<Probe>() };
        probe.calls.borrow_mut().push(id);
        if let Some(action) = probe.action.get() {
            action(probe, id);
        }
    }

    fn probe(action: Option<Action>) -> Probe {
        Probe {
            object: Cell::new(zmq_timers_new()),
            calls: RefCell::default(),
            action: Cell::new(action),
        }
    }

    impl Probe {
        fn add(&self, interval: usize) -> c_int {
            let argument = (&raw const *self).cast_mut().cast();
            // SAFETY: a live object, and a probe that outlives it.
            unsafe { zmq_timers_add(self.object.get(), interval, Some(record), argument) }
        }

        fn cancel(&self, id: c_int) -> c_int {
            // SAFETY: a live object.
            unsafe { zmq_timers_cancel(self.object.get(), id) }
        }

        fn reset(&self, id: c_int) -> c_int {
            // SAFETY: a live object.
            unsafe { zmq_timers_reset(self.object.get(), id) }
        }

        fn set_interval(&self, id: c_int, interval: usize) -> c_int {
            // SAFETY: a live object.
            unsafe { zmq_timers_set_interval(self.object.get(), id, interval) }
        }

        fn execute(&self) -> Vec<c_int> {
            // SAFETY: a live object.
            assert_eq!(unsafe { zmq_timers_execute(self.object.get()) }, 0);
            self.calls.take()
        }

        fn timeout(&self) -> c_long {
            // SAFETY: a live object.
            unsafe { zmq_timers_timeout(self.object.get()) }
        }

        fn destroy(&self) {
            // SAFETY: a live object.
            assert_eq!(unsafe { zmq_timers_destroy(self.object.as_ptr()) }, 0);
            assert!(self.object.get().is_null());
        }
    }

    #[test]
    fn bad_objects_are_efault() {
        let mut no_timers: *mut c_void = null_mut();
        let bad: *mut c_void = (&raw mut no_timers).cast();
        for object in [null_mut(), bad] {
            // SAFETY: null, or readable memory.
            let answers = unsafe {
                [
                    c_long::from(zmq_timers_add(object, 1, Some(record), null_mut())),
                    c_long::from(zmq_timers_cancel(object, 1)),
                    c_long::from(zmq_timers_set_interval(object, 1, 1)),
                    c_long::from(zmq_timers_reset(object, 1)),
                    zmq_timers_timeout(object),
                    c_long::from(zmq_timers_execute(object)),
                ]
            };
            assert_eq!(answers, [-1; 6]);
            assert_eq!(errno(), Errno::EFAULT.0);
        }
        // SAFETY: null, or a pointer to null.
        unsafe {
            assert_eq!(zmq_timers_destroy(null_mut()), -1);
            assert_eq!(zmq_timers_destroy(&raw mut no_timers), -1);
        }
    }

    #[test]
    fn unknown_ids_and_null_handlers() {
        let probe = probe(None);
        assert_eq!(probe.timeout(), -1);
        // SAFETY: a live object.
        assert_eq!(unsafe { zmq_timers_add(probe.object.get(), 1, None, null_mut()) }, -1);
        assert_eq!(errno(), Errno::EFAULT.0);
        assert_eq!(probe.cancel(1), -1);
        assert_eq!(errno(), Errno::EINVAL.0);
        assert_eq!(probe.add(usize::MAX), 1);
        assert!(probe.timeout() > 1_000_000);
        assert_eq!(probe.cancel(1), 0);
        assert_eq!([probe.cancel(1), probe.reset(1), probe.set_interval(1, 1)], [-1; 3]);
        probe.destroy();
    }

    #[test]
    fn interval_zero_runs_once_and_others_wait() {
        let probe = probe(None);
        assert_eq!((probe.add(0), probe.add(1_000_000)), (1, 2));
        assert_eq!(probe.timeout(), 0);
        assert_eq!(probe.execute(), [1]);
        assert_eq!(probe.execute(), [1]);
        assert_eq!(probe.cancel(1), 0);
        assert!((1..=1_000_000).contains(&probe.timeout()));
        assert_eq!(probe.execute(), []);
        assert_eq!((probe.set_interval(2, 0), probe.reset(2)), (0, 0));
        assert_eq!(probe.execute(), [2]);
        probe.destroy();
    }

    #[test]
    fn handlers_may_change_their_object() {
        let probe = probe(Some(|probe, id| match id {
            1 => assert_eq!(probe.reset(1), 0),
            2 => {
                assert_eq!(probe.cancel(2), 0);
                probe.add(0);
            }
            3 => assert_eq!(probe.cancel(4), 0),
            _ => {}
        }));
        assert_eq!([(); 4].map(|()| probe.add(0)), [1, 2, 3, 4]);
        assert_eq!(probe.execute(), [1, 2, 3]);
        let mut again = {
            probe.action.set(None);
            probe.execute()
        };
        // The clock may or may not have moved since the timers were armed.
        again.sort_unstable();
        assert_eq!(again, [1, 3, 5]);
        probe.destroy();
    }

    #[test]
    fn a_handler_may_execute_its_object() {
        let probe = probe(Some(|probe, _| {
            probe.action.set(None);
            // SAFETY: the object whose handler runs.
            assert_eq!(unsafe { zmq_timers_execute(probe.object.get()) }, 0);
        }));
        assert_eq!((probe.add(0), probe.add(0)), (1, 2));
        let calls = probe.execute();
        assert_eq!(calls.iter().filter(|id| **id == 1).count(), 2);
        assert_eq!(calls.iter().filter(|id| **id == 2).count(), 1);
        probe.destroy();
    }

    #[test]
    fn a_handler_may_destroy_its_object() {
        let probe = probe(Some(|probe, _| probe.destroy()));
        assert_eq!((probe.add(0), probe.add(0)), (1, 2));
        assert_eq!(probe.execute(), [1]);
        assert!(probe.object.get().is_null());
    }

    #[test]
    fn what_a_handler_throws_passes_through() {
        unsafe extern "C-unwind" fn throw(_: c_int, _: *mut c_void) {
            resume_unwind(Box::new(7));
        }
        let probe = probe(None);
        // SAFETY: the two function types differ only in that the first may unwind.
        let throw = unsafe {
            transmute::<
                unsafe extern "C-unwind" fn(c_int, *mut c_void),
                unsafe extern "C" fn(c_int, *mut c_void),
            >(throw)
        };
        // SAFETY: a live object.
        unsafe { assert_eq!(zmq_timers_add(probe.object.get(), 0, Some(throw), null_mut()), 1) }
        let thrown = catch_unwind(AssertUnwindSafe(|| probe.execute()));
        assert_eq!(thrown.unwrap_err().downcast_ref(), Some(&7));
        assert_eq!(probe.cancel(1), 0);
        probe.add(0);
        assert_eq!(probe.execute(), [2]);
        probe.destroy();
    }
}
