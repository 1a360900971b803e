//! Listening: a descriptor that the socket may close at any time, and the accepting of connections.
//!
//! The descriptor is behind a leaf lock: `zmq_unbind` and `zmq_close` free the address before they
//! return, although the I/O thread may be about to accept.
#![forbid(unsafe_code)]

use std::os::fd::RawFd;

use crate::endpoint::Endpoint;
use crate::error::{Errno, Result};
use crate::io::shared::SocketShared;
use crate::monitor::{EndpointPair, event};
use crate::options::SocketOptions;
use crate::sync::{Arc, Mutex};
use crate::transport::{AcceptError, Accepted, Listener};

/// Connections accepted in one turn.
const ACCEPTS_A_TURN: usize = 64;

/// The pause after the system was short of descriptors or memory, in milliseconds.
pub const SHORTAGE_PAUSE: i32 = 100;

/// A listener that its socket and a reactor share.
pub struct SharedListener {
    id: u64,
    options: Arc<SocketOptions>,
    endpoint: Vec<u8>,
    /// The endpoint's name in events of the monitor.
    shown: Vec<u8>,
    inner: Mutex<Option<Listener>>,
}

/// Why a turn of accepting ended.
#[derive(PartialEq, Eq)]
pub enum Accepting {
    /// Wait for the descriptor.
    Idle,
    /// The system is short of something, or the socket does not read: wait a little.
    Short,
    /// The listener was closed.
    Closed,
}

impl SharedListener {
    pub fn new(id: u64, listener: Listener, options: Arc<SocketOptions>) -> SharedListener {
        let endpoint = listener.local_endpoint().to_vec();
        let shown = listener.shown().to_vec();
        SharedListener { id, options, endpoint, shown, inner: Mutex::new(Some(listener)) }
    }

    pub fn id(&self) -> u64 {
        self.id
    }

    pub fn options(&self) -> &Arc<SocketOptions> {
        &self.options
    }

    /// The resolved endpoint.
    pub fn endpoint(&self) -> &[u8] {
        &self.endpoint
    }

    pub fn fd(&self) -> Option<RawFd> {
        self.inner.lock().as_ref().map(Listener::fd)
    }

    /// Closes the descriptor; the address is free on return.
    pub fn close(&self, shared: &SocketShared) {
        let Some(listener) = self.inner.lock().take() else { return };
        let fd = listener.fd();
        let endpoints = EndpointPair::bound(&self.shown, b"");
        match listener.close() {
            Ok(()) => shared.monitor.raise(event::CLOSED, fd as u64, &endpoints),
            Err(error) => shared.monitor.raise(event::CLOSE_FAILED, error.0 as u64, &endpoints),
        }
    }

    /// Closes the descriptor without an event, in the child of a fork.
    pub fn abandon(&self) {
        // A thread of the parent may have held the lock at the fork; then the descriptor stays.
        if let Some(listener) = self.inner.try_lock().and_then(|mut inner| inner.take()) {
            listener.close_descriptor();
        }
    }

    /// Accepts waiting connections and gives them to `take`.
    pub fn accept(&self, shared: &SocketShared, mut take: impl FnMut(Accepted)) -> Accepting {
        for _ in 0..ACCEPTS_A_TURN {
            if shared.is_crowded() {
                return Accepting::Short;
            }
            match self.accept_one() {
                Some(Ok(accepted)) => take(accepted),
                Some(Err(AcceptError::Nothing)) => return Accepting::Idle,
                Some(Err(AcceptError::Filtered)) => self.raise_failed(shared, Errno(libc::EPERM)),
                Some(Err(AcceptError::Failed(error))) => {
                    self.raise_failed(shared, error);
                    if error.is_shortage() {
                        return Accepting::Short;
                    }
                }
                None => return Accepting::Closed,
            }
        }
        Accepting::Idle
    }

    fn accept_one(&self) -> Option<core::result::Result<Accepted, AcceptError>> {
        self.inner.lock().as_ref().map(|listener| listener.accept(&self.options))
    }

    fn raise_failed(&self, shared: &SocketShared, error: Errno) {
        let endpoints = EndpointPair::bound(&self.shown, b"");
        shared.monitor.raise(event::ACCEPT_FAILED, error.0 as u64, &endpoints);
    }
}

/// Binds and listens, and has the descriptor watched by `watch`; raises the events of success and
/// failure. A failure leaves nothing behind.
pub fn bind(
    id: u64,
    endpoint: &Endpoint,
    options: Arc<SocketOptions>,
    shared: &SocketShared,
    watch: impl FnOnce(RawFd) -> Result<()>,
) -> Result<Arc<SharedListener>> {
    let bound =
        Listener::bind(endpoint, &options).and_then(|listener| match watch(listener.fd()) {
            Ok(()) => Ok(listener),
            Err(error) => {
                listener.undo(&options);
                Err(error)
            }
        });
    match bound {
        Ok(listener) => {
            let fd = listener.fd();
            let listener = SharedListener::new(id, listener, options);
            let endpoints = EndpointPair::bound(&listener.shown, b"");
            shared.monitor.raise(event::LISTENING, fd as u64, &endpoints);
            Ok(Arc::new(listener))
        }
        Err(error) => {
            let endpoints = EndpointPair::bound(endpoint.address(), b"");
            shared.monitor.raise(event::BIND_FAILED, error.0 as u64, &endpoints);
            Err(error)
        }
    }
}
