//! A context: its options, its reactors, the names bound inside it, and its end.
//!
//! Shared by all its sockets. The reactors start with the first socket; nothing runs before. Locks:
//! `options` is taken under `started` when the reactors start, and otherwise alone; `sockets` is
//! taken alone. For the registry see there.
#![forbid(unsafe_code)]

mod disposers;
pub mod handle_pool;
pub mod inherited;
mod registry;
mod slot;

pub use registry::{Binder, Connecter, Registry};
pub use slot::ContextSlot;

use std::collections::BTreeMap;

use crate::error::{Errno, Result};
use crate::io::buffers::Buffers;
use crate::io::reactor::{Drains, Pool};
use crate::io::shared::SocketShared;
use crate::msg::Disposer;
use crate::options::{ContextOptions, SocketOptions, SocketType};
use crate::pipe::StreamActivity;
use crate::sync::{Arc, AtomicBool, AtomicU32, Mutex, Ordering};
use crate::sys::alarm::AlwaysReadable;
use crate::sys::cancel::CancelGuard;
use crate::sys::parker::Parker;
use crate::sys::thread::Schedule;
use crate::sys::{clock, futex};

/// See the module's documentation.
pub struct Context {
    options: Mutex<ContextOptions>,
    started: Mutex<Option<Started>>,
    terminating: AtomicBool,
    /// Sockets that are open.
    open: AtomicU32,
    /// Open sockets by their address in memory: there may be very many.
    sockets: Mutex<BTreeMap<usize, Arc<SocketShared>>>,
    pub registry: Arc<Registry>,
    drains: Arc<Drains>,
    activity: Arc<StreamActivity>,
    buffers: Arc<Buffers>,
    /// The descriptor that wakes the pollers of its sockets.
    readable: Arc<AlwaysReadable>,
    disposer: &'static Disposer,
    /// The process that made it; a child after fork must leave the threads alone.
    process: u32,
}

#[derive(Clone)]
struct Started {
    pool: Arc<Pool>,
    /// `ZMQ_MAX_SOCKETS` as it was when the first socket was made.
    max_sockets: u32,
}

impl Default for Context {
    fn default() -> Self {
        Context {
            options: Mutex::default(),
            started: Mutex::new(None),
            terminating: AtomicBool::new(false),
            open: AtomicU32::new(0),
            sockets: Mutex::default(),
            registry: Arc::default(),
            drains: Arc::default(),
            activity: Arc::default(),
            buffers: Arc::default(),
            readable: Arc::default(),
            disposer: disposers::take(),
            process: clock::process_id(),
        }
    }
}

impl Context {
    /// `zmq_ctx_set`: `EINVAL`.
    pub fn set(&self, option: i32, value: i32) -> Result<()> {
        self.options.lock().set(option, value)
    }

    /// `zmq_ctx_get`: `EINVAL`.
    pub fn get(&self, option: i32) -> Result<i32> {
        self.options.lock().get(option)
    }

    /// The streams of its sockets, which share them.
    pub fn activity(&self) -> &Arc<StreamActivity> {
        &self.activity
    }

    /// The disposer that takes the calls of free functions whose messages were sent in this
    /// context.
    #[inline]
    pub fn disposer(&self) -> &'static Disposer {
        self.disposer
    }

    /// Whether this process made the context, and not the parent of a fork.
    pub fn is_own(&self) -> bool {
        self.process == clock::process_id()
    }

    pub fn is_terminating(&self) -> bool {
        self.terminating.load(Ordering::SeqCst)
    }

    /// Whether another socket may be made: `ETERM`; `EMFILE` when there are as many as allowed.
    /// Checked before the wanted socket type, as in libzmq.
    pub fn check_room(&self) -> Result<()> {
        let max = self.start()?.max_sockets;
        if self.open.load(Ordering::SeqCst) >= max { Err(Errno::EMFILE) } else { Ok(()) }
    }

    /// Counts a new socket and returns its shared state and first options. `ETERM`; `EMFILE` when
    /// there are as many as allowed.
    pub fn open_socket(
        &self,
        socket_type: SocketType,
    ) -> Result<(Arc<SocketShared>, SocketOptions)> {
        let max = self.start()?.max_sockets;
        let mut sockets = self.sockets.lock();
        if self.is_terminating() {
            return Err(Errno::ETERM);
        }
        if self.open.load(Ordering::SeqCst) >= max {
            return Err(Errno::EMFILE);
        }
        let shared = Arc::new(SocketShared::new(self.buffers.clone(), self.readable.clone()));
        sockets.insert(place_of(&shared), shared.clone());
        self.open.fetch_add(1, Ordering::SeqCst);
        drop(sockets);
        let mut options = SocketOptions::new(socket_type);
        self.options.lock().apply_defaults(&mut options);
        Ok((shared, options))
    }

    /// Forgets the socket with this shared state: it is closed.
    pub fn close_socket(&self, shared: &Arc<SocketShared>) {
        self.sockets.lock().remove(&place_of(shared));
        self.open.fetch_sub(1, Ordering::SeqCst);
        futex::wake(&self.open);
    }

    /// The reactors; `ETERM` before the first socket and after the end.
    pub fn pool(&self) -> Result<Arc<Pool>> {
        let started = self.started.lock();
        started.as_ref().map(|started| started.pool.clone()).ok_or(Errno::ETERM)
    }

    fn start(&self) -> Result<Started> {
        let mut started = self.started.lock();
        if let Some(started) = &*started {
            return Ok(started.clone());
        }
        if self.is_terminating() {
            return Err(Errno::ETERM);
        }
        let options = self.options.lock().clone();
        let schedule = Schedule {
            policy: (options.thread_sched_policy >= 0).then_some(options.thread_sched_policy),
            priority: (options.thread_priority >= 0).then_some(options.thread_priority),
            processors: options.thread_affinity.iter().copied().collect(),
        };
        let prefix = options.thread_name_prefix.clone();
        let name = move |number: usize| match prefix.is_empty() {
            true => format!("ZMQbg/IO/{number}"),
            false => format!("{prefix}/ZMQbg/IO/{number}"),
        };
        let count = usize::try_from(options.io_threads).unwrap_or(0);
        let (drains, names) = (self.drains.clone(), self.registry.clone());
        let pool = Pool::start(count, &schedule, drains, names, self.disposer, name)?;
        let max_sockets = u32::try_from(options.max_sockets).unwrap_or(0);
        Ok(started.insert(Started { pool, max_sockets }).clone())
    }

    /// `zmq_ctx_shutdown`: every call on its sockets but closing answers `ETERM` from now on.
    pub fn shut_down(&self) {
        let sockets = self.sockets.lock().clone();
        self.terminating.store(true, Ordering::SeqCst);
        let late = self.sockets.lock().clone();
        for shared in sockets.values().chain(late.values()) {
            shared.stop();
        }
    }

    /// `zmq_ctx_term`: waits until every socket is closed and all lingering bytes have gone out,
    /// then ends the threads. `EINTR`: call again.
    pub async fn terminate(&self, parker: &Parker) -> Result<()> {
        self.begin_end();
        loop {
            match self.open.load(Ordering::SeqCst) {
                0 => break,
                open => parker.futex(&self.open, open, None).await?,
            }
        }
        self.drains.wait(parker).await?;
        self.end_threads();
        Ok(())
    }

    fn begin_end(&self) {
        let _guard = CancelGuard::new();
        self.registry.end_pending();
        self.shut_down();
    }

    fn end_threads(&self) {
        let _guard = CancelGuard::new();
        let started = self.started.lock().take();
        if let Some(started) = started {
            started.pool.stop();
        }
        self.disposer.close();
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        disposers::give_back(self.disposer);
    }
}

/// A number that differs between any two open sockets.
fn place_of(shared: &Arc<SocketShared>) -> usize {
    Arc::as_ptr(shared).addr()
}
