//! The library's threads: all signals blocked, named, scheduled as the context says.
//!
//! Not Rust's own, which leave a destructor behind in their thread-local memory. The data of a
//! thread lies where its handle refers to it, not on its stack. In the child of a fork the stack
//! belongs to the next thread.

use core::ffi::{c_int, c_void};
use core::mem::{MaybeUninit, forget};
use core::ptr::{null, null_mut};
use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Errno, Result};
use crate::sync::{Arc, Mutex};

/// How a thread is to run.
#[derive(Clone, Debug, Default)]
pub struct Schedule {
    /// `pthread_setschedparam` policy, if one was set.
    pub policy: Option<i32>,
    /// Its priority, if one was set.
    pub priority: Option<i32>,
    /// Processors the thread may use; empty means all.
    pub processors: Vec<i32>,
}

/// As large a stack as Rust's threads have.
const STACK: usize = 2 * 1024 * 1024;

/// A thread that was started.
#[must_use = "it is joined or detached"]
pub struct Thread {
    id: libc::pthread_t,
    /// The task, which the thread refers to as well.
    _task: Arc<Task>,
}

/// The work of a thread, which holds the lock until it has done it.
struct Task {
    name: [u8; 16],
    schedule: Schedule,
    body: Mutex<Option<Box<dyn FnMut() + Send>>>,
}

/// Starts a thread in which every signal is blocked; `EAGAIN` when the system refuses. The body is
/// called once.
pub fn spawn(
    name: &str,
    schedule: Schedule,
    body: impl FnMut() + Send + 'static,
) -> Result<Thread> {
    let body: Box<dyn FnMut() + Send> = Box::new(body);
    let task = Arc::new(Task { name: short(name), schedule, body: Mutex::new(Some(body)) });
    let before = block_all_signals();
    let started = create(&task);
    restore_signals(&before);
    started.map(|id| Thread { id, _task: task })
}

/// As much of the name as the system keeps, and a NUL.
fn short(name: &str) -> [u8; 16] {
    let mut short = [0; 16];
    for (to, from) in short.iter_mut().take(15).zip(name.bytes()) {
        *to = from;
    }
    short
}

impl Thread {
    /// Waits for the end of the thread.
    pub fn join(self) {
        // SAFETY: the thread was started, and neither joined nor detached before: both take the
        // handle.
        unsafe { libc::pthread_join(self.id, null_mut()) };
    }

    /// Whether the handle is that of the calling thread.
    pub fn is_current(&self) -> bool {
        // SAFETY: the call compares ids that the C library handed out.
        unsafe { libc::pthread_self() == self.id }
    }

    /// Lets the thread end on its own.
    pub fn detach(self) {
        // SAFETY: the thread was started, and neither joined nor detached before: both take the
        // handle.
        unsafe { libc::pthread_detach(self.id) };
    }
}

/// A number that no other living thread has.
pub fn number() -> usize {
    // SAFETY: the call only returns the C library's id of the thread.
    unsafe { libc::pthread_self() as usize }
}

fn create(task: &Arc<Task>) -> Result<libc::pthread_t> {
    let argument = Arc::into_raw(task.clone()).cast_mut().cast::<c_void>();
    let mut id = MaybeUninit::uninit();
    let mut attributes = MaybeUninit::uninit();
    // SAFETY: the attributes are written before they are read, and live through both calls. The
    // thread takes over a reference to the task; if none was started the caller takes it back.
    unsafe {
        libc::pthread_attr_init(attributes.as_mut_ptr());
        libc::pthread_attr_setstacksize(attributes.as_mut_ptr(), STACK);
        let mut failure = libc::pthread_create(id.as_mut_ptr(), attributes.as_ptr(), run, argument);
        if failure == libc::EINVAL {
            // For a program whose thread-local memory alone is larger.
            failure = libc::pthread_create(id.as_mut_ptr(), null(), run, argument);
        }
        libc::pthread_attr_destroy(attributes.as_mut_ptr());
        if failure != 0 {
            drop(Arc::from_raw(argument.cast_const().cast::<Task>()));
            return Err(Errno(failure));
        }
        Ok(id.assume_init())
    }
}

/// The first function of a thread.
extern "C" fn run(argument: *mut c_void) -> *mut c_void {
    // SAFETY: `create` made the pointer and handed it over to this thread.
    let task = unsafe { Arc::from_raw(argument.cast_const().cast::<Task>()) };
    let done = catch_unwind(AssertUnwindSafe(|| {
        task.apply();
        let mut body = task.body.lock();
        if let Some(body) = &mut *body {
            body();
        }
        *body = None;
    }));
    // Dropping a panic's payload could panic again.
    forget(done);
    null_mut()
}

/// Lets another ready thread run on this core. No cancellation point.
pub fn yield_now() {
    // SAFETY: the call concerns the calling thread only.
    unsafe { libc::syscall(libc::SYS_sched_yield) };
}

/// Signals by which the kernel reports a thread's own faults: they do not come while it sleeps.
const FAULTS: [c_int; 6] =
    [libc::SIGSEGV, libc::SIGBUS, libc::SIGFPE, libc::SIGILL, libc::SIGTRAP, libc::SIGSYS];

/// Whether the process has a handler for any signal that may come while a thread sleeps.
pub fn handles_signals() -> bool {
    (1..=libc::SIGRTMAX()).filter(|signal| !FAULTS.contains(signal)).any(|signal| {
        let mut now = MaybeUninit::<libc::sigaction>::uninit();
        // SAFETY: nothing is changed; the place is read only if the call has filled it.
        let handler = unsafe {
            match libc::sigaction(signal, null(), now.as_mut_ptr()) {
                0 => now.assume_init_ref().sa_sigaction,
                _ => libc::SIG_DFL,
            }
        };
        ![libc::SIG_DFL, libc::SIG_IGN].contains(&handler)
    })
}

fn block_all_signals() -> libc::sigset_t {
    // SAFETY: both sets are plain memory that the calls fill.
    unsafe {
        let mut all: libc::sigset_t = core::mem::zeroed();
        let mut before: libc::sigset_t = core::mem::zeroed();
        libc::sigfillset(&raw mut all);
        libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
        before
    }
}

fn restore_signals(before: &libc::sigset_t) {
    // SAFETY: `before` was filled by `pthread_sigmask`.
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before, null_mut()) };
}

/// The most by which a timer may wake the thread late, in nanoseconds. The system's own value is 50
/// us, as long as the shortest pause here.
const TIMER_SLACK: libc::c_ulong = 1000;

impl Task {
    /// Sets the name, which helps in a debugger only.
    fn apply(&self) {
        // SAFETY: the calls concern the calling thread; the name ends with a NUL.
        unsafe {
            libc::prctl(libc::PR_SET_NAME, self.name.as_ptr());
            libc::prctl(libc::PR_SET_TIMERSLACK, TIMER_SLACK);
        }
        apply(&self.schedule);
    }
}

/// Applies the schedule as far as possible: the privilege for it may be missing.
fn apply(schedule: &Schedule) {
    // SAFETY: all calls concern the calling thread and memory of this frame.
    unsafe {
        let this = libc::pthread_self();
        if schedule.policy.is_some() || schedule.priority.is_some() {
            let mut policy = 0;
            let mut param: libc::sched_param = core::mem::zeroed();
            if libc::pthread_getschedparam(this, &raw mut policy, &raw mut param) == 0 {
                let policy = schedule.policy.unwrap_or(policy);
                param.sched_priority = schedule.priority.unwrap_or(param.sched_priority);
                libc::pthread_setschedparam(this, policy, &raw const param);
            }
        }
        if !schedule.processors.is_empty() {
            let mut set: libc::cpu_set_t = core::mem::zeroed();
            for processor in &schedule.processors {
                if let Ok(processor) = usize::try_from(*processor)
                    && processor < libc::CPU_SETSIZE as usize
                {
                    libc::CPU_SET(processor, &mut set);
                }
            }
            libc::pthread_setaffinity_np(this, size_of::<libc::cpu_set_t>(), &raw const set);
        }
    }
}
