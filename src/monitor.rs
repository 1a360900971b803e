//! Socket monitoring: the events, their numbers, and where they go. Any thread.
//!
//! A thread that notices an event raises it on the socket's [`Monitor`]; the sink behind it is a
//! socket of the layer above. Raising costs one atomic load when no monitor listens.
#![forbid(unsafe_code)]

use crate::sync::{Arc, AtomicU64, Mutex, Ordering};

/// Event numbers of `zmq.h`.
pub mod event {
    pub const CONNECTED: u64 = 0x0001;
    pub const CONNECT_DELAYED: u64 = 0x0002;
    pub const CONNECT_RETRIED: u64 = 0x0004;
    pub const LISTENING: u64 = 0x0008;
    pub const BIND_FAILED: u64 = 0x0010;
    pub const ACCEPTED: u64 = 0x0020;
    pub const ACCEPT_FAILED: u64 = 0x0040;
    pub const CLOSED: u64 = 0x0080;
    pub const CLOSE_FAILED: u64 = 0x0100;
    pub const DISCONNECTED: u64 = 0x0200;
    pub const MONITOR_STOPPED: u64 = 0x0400;
    pub const HANDSHAKE_FAILED_NO_DETAIL: u64 = 0x0800;
    pub const HANDSHAKE_SUCCEEDED: u64 = 0x1000;
    pub const HANDSHAKE_FAILED_PROTOCOL: u64 = 0x2000;
    pub const HANDSHAKE_FAILED_AUTH: u64 = 0x4000;
}

/// The two ends of a connection that an event concerns; version 1 events show `shown` only.
#[derive(Clone, Debug, Default)]
pub struct EndpointPair {
    pub local: Vec<u8>,
    pub remote: Vec<u8>,
    pub shown: Shown,
}

/// Which end is the socket's own endpoint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shown {
    #[default]
    Local,
    Remote,
}

impl EndpointPair {
    /// Bind-side events.
    pub fn bound(local: &[u8], remote: &[u8]) -> EndpointPair {
        EndpointPair { local: local.into(), remote: remote.into(), shown: Shown::Local }
    }

    /// Connect-side events.
    pub fn connected(local: &[u8], remote: &[u8]) -> EndpointPair {
        EndpointPair { local: local.into(), remote: remote.into(), shown: Shown::Remote }
    }

    /// The text of a version 1 event.
    pub fn shown(&self) -> &[u8] {
        match self.shown {
            Shown::Local => &self.local,
            Shown::Remote => &self.remote,
        }
    }
}

/// The receiver of events. Never blocks; called on any thread, also under the socket's lock.
pub trait Sink: Send + Sync {
    fn emit(&self, event: u64, value: u64, endpoints: &EndpointPair);
}

/// A socket's monitor: the wanted events and their sink.
#[derive(Default)]
pub struct Monitor {
    wanted: AtomicU64,
    sink: Mutex<Option<Arc<dyn Sink>>>,
}

impl Monitor {
    /// Raises an event. `value` is what `zmq_socket_monitor` documents for it.
    pub fn raise(&self, event: u64, value: u64, endpoints: &EndpointPair) {
        if self.wanted.load(Ordering::Acquire) & event == 0 {
            return;
        }
        let sink = self.sink.lock().clone();
        if let Some(sink) = sink {
            sink.emit(event, value, endpoints);
        }
    }

    /// Sends `wanted` events to `sink` from now on.
    pub fn start(&self, wanted: u64, sink: Arc<dyn Sink>) {
        *self.sink.lock() = Some(sink);
        self.wanted.store(wanted, Ordering::Release);
    }

    /// Ends monitoring with the last event; the sink is returned.
    pub fn stop(&self) -> Option<Arc<dyn Sink>> {
        self.raise(event::MONITOR_STOPPED, 0, &EndpointPair::default());
        self.wanted.store(0, Ordering::Release);
        self.sink.lock().take()
    }
}
