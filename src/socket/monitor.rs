//! The socket behind a monitor: a PAIR inside the context that events are written to.
//!
//! Raising an event never blocks: what nobody reads waits in the pipe, and what is raised before a
//! reader has connected waits here. The lock of the monitor's socket is taken after that of the
//! monitored one, never before.
#![forbid(unsafe_code)]

use std::collections::VecDeque;

use crate::endpoint::Endpoint;
use crate::error::{Errno, Result};
use crate::monitor::{EndpointPair, Sink};
use crate::options::SocketType;
use crate::options::numbers::ZMQ_SNDMORE;
use crate::queue::Body;
use crate::socket::{Core, Slot};
use crate::sync::{Arc, Mutex};

/// Events that wait for a reader to connect; beyond this the oldest go.
const BACKLOG: usize = 65_536;

/// Events of version 1 have 16 bits.
const VERSION_1_EVENTS: u64 = 0xffff;

/// The socket that events are written to.
struct MonitorSocket {
    slot: &'static Slot,
    backlog: Mutex<VecDeque<[Vec<u8>; 2]>>,
}

impl Core {
    /// `zmq_socket_monitor`: sends events to a PAIR bound to `endpoint`, or stops with `None`.
    /// `ETERM`, `EINVAL`, `ENOCOMPATPROTO`, `EPROTONOSUPPORT`, `EADDRINUSE`, `EMFILE`.
    pub fn monitor(&mut self, endpoint: Option<&[u8]>, events: i32) -> Result<()> {
        self.process_commands_until_told()?;
        let events = u64::from(events as u32);
        if events & !VERSION_1_EVENTS != 0 {
            return Err(Errno::EINVAL);
        }
        let Some(endpoint) = endpoint else {
            self.shared.monitor.stop();
            return Ok(());
        };
        // An endpoint that the monitored socket could not use either is refused with that reason.
        let Endpoint::Inproc(_) = Endpoint::parse(endpoint, self.options.socket_type)? else {
            return Err(Errno::EPROTONOSUPPORT);
        };
        self.shared.monitor.stop();
        let sink = self.open_monitor(endpoint)?;
        self.shared.monitor.start(events, sink);
        Ok(())
    }

    fn open_monitor(&self, endpoint: &[u8]) -> Result<Arc<MonitorSocket>> {
        let mut core = Core::new(&self.context, SocketType::Pair)?;
        core.options.linger = 0;
        core.options.sndhwm = 0;
        if let Err(error) = core.bind(endpoint) {
            core.close();
            return Err(error);
        }
        let shared = core.shared.clone();
        let sink = Arc::new(MonitorSocket { slot: Slot::open(core), backlog: Mutex::default() });
        let attendant = Arc::downgrade(&sink);
        shared.set_attendant(Box::new(move || {
            if let Some(sink) = attendant.upgrade() {
                sink.deliver();
            }
        }));
        Ok(sink)
    }
}

impl MonitorSocket {
    /// Writes what waits, as long as somebody takes it.
    fn deliver(&self) {
        let mut backlog = self.backlog.lock();
        while let Some(frames) = backlog.front() {
            if self.slot.with(|core| core.emit(frames)).is_err() {
                return;
            }
            backlog.pop_front();
        }
    }
}

impl Core {
    /// Sends both frames of an event; `EAGAIN` when no reader has connected.
    fn emit(&mut self, [event, endpoint]: &[Vec<u8>; 2]) -> Result<()> {
        self.process_commands()?;
        self.try_send(&mut Body::Copy(event), ZMQ_SNDMORE)?;
        self.try_send(&mut Body::Copy(endpoint), 0)
    }
}

impl Sink for MonitorSocket {
    fn emit(&self, event: u64, value: u64, endpoints: &EndpointPair) {
        let mut first = Vec::with_capacity(6);
        first.extend_from_slice(&(event as u16).to_ne_bytes());
        first.extend_from_slice(&(value as u32).to_ne_bytes());
        let mut backlog = self.backlog.lock();
        if backlog.len() >= BACKLOG {
            backlog.pop_front();
        }
        backlog.push_back([first, endpoints.shown().to_vec()]);
        drop(backlog);
        self.deliver();
    }
}

impl Drop for MonitorSocket {
    fn drop(&mut self) {
        if let Ok(core) = self.slot.take() {
            core.close();
        }
    }
}
