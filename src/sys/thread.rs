//! The library's threads: all signals blocked, named, scheduled as the context says.

use std::thread::JoinHandle;

use crate::error::{Errno, Result};

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

/// Starts a thread in which every signal is blocked; `EAGAIN` when the system refuses.
pub fn spawn(
    name: &str,
    schedule: Schedule,
    body: impl FnOnce() + Send + 'static,
) -> Result<JoinHandle<()>> {
    let name: String = name.chars().take(15).collect();
    let before = block_all_signals();
    let started = std::thread::Builder::new().name(name).spawn(move || {
        apply(&schedule);
        body();
    });
    restore_signals(&before);
    started.map_err(Errno::from)
}

/// Lets whoever is ready run on this core. No cancellation point.
pub fn give_way() {
    // SAFETY: it concerns the calling thread only.
    unsafe { libc::syscall(libc::SYS_sched_yield) };
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
    unsafe { libc::pthread_sigmask(libc::SIG_SETMASK, before, core::ptr::null_mut()) };
}

/// How much later than asked for the thread may be woken by a timer, in nanoseconds; the system's
/// own idea is 50 us, which is as long as the shortest pause here.
const TIMER_SLACK: libc::c_ulong = 1000;

/// Scheduling is best effort, as the privilege for it may be missing.
fn apply(schedule: &Schedule) {
    // SAFETY: all calls concern the calling thread and memory of this frame.
    unsafe {
        libc::prctl(libc::PR_SET_TIMERSLACK, TIMER_SLACK);
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
