//! One connecting endpoint or one accepted connection: its state, and its next step.
//!
//! Only the I/O thread touches a session. It never deletes itself: every step returns whether the
//! session goes on. Reconnecting, giving up and the events follow libzmq's documented behaviour.
#![forbid(unsafe_code)]

mod authentication;
mod closing;
mod dial;
mod handshake;
mod heartbeat;
mod proxy;
mod running;

use std::net::SocketAddr;
use std::os::fd::{AsRawFd, OwnedFd, RawFd};

use crate::endpoint::Endpoint;
use crate::error::{Errno, Result};
use crate::io::connection::{Connection, Owner};
use crate::io::shared::SocketShared;
use crate::monitor::{EndpointPair, event};
use crate::options::{SocketOptions, SocketType};
use crate::sync::Arc;
use crate::sys::fd::Fd;
use crate::transport;

use super::backoff::Backoff;
use super::event_loop::SessionCtx;
use super::listen::SHORTAGE_PAUSE;
use super::timers::{Key, Purpose};
use super::{DrainGuard, ReservedWatch, from_now};

use handshake::HandshakeIo;
use heartbeat::Beat;
use proxy::Asking;

pub use running::COPY_MAX;

#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Stay,
    Remove,
}

/// See the module's documentation.
pub struct Session {
    pub id: u64,
    shared: Arc<SocketShared>,
    options: Arc<SocketOptions>,
    owner: Arc<dyn Owner>,
    role: Role,
    state: State,
    /// The far end of the pipe; an accepted or immediate session has one only while connected.
    connection: Option<Arc<Connection>>,
    /// The number of the last `Link` command of a connecting pipe.
    news: u64,
    endpoints: EndpointPair,
    /// For reconnecting, or for the deadline of an attempt or handshake.
    timer: Option<Key>,
    heartbeat: Option<Beat>,
    linger: Option<Key>,
    /// The socket has closed its end; the context waits for this.
    guard: Option<DrainGuard>,
    backoff: Backoff,
    /// The listener is closed: the connection ends when all queued messages have gone out.
    ending: bool,
    /// Whether the peer speaks ZMTP 3.x, for whose handshakes the monitor gets an event at the end.
    modern: bool,
    /// Whether the stream becomes a WebSocket.
    web: bool,
    /// The place in the reactor's poller that is kept for the first descriptor.
    reserved: Option<ReservedWatch>,
}

enum Role {
    Accepted { listener: u64 },
    Dialled(Dialling),
}

/// Where a connecting session connects to.
pub struct Dialling {
    /// The endpoint that is dialled: the proxy, if there is one.
    endpoint: Endpoint,
    /// The address that the proxy is asked for.
    peer: Option<Vec<u8>>,
    addresses: Vec<SocketAddr>,
    next: usize,
}

impl Dialling {
    pub fn new(endpoint: Endpoint, options: &SocketOptions) -> Dialling {
        let (endpoint, peer) = match endpoint {
            Endpoint::Tcp(peer) if !options.socks_proxy.is_empty() => {
                (Endpoint::Tcp(options.socks_proxy.clone()), Some(peer))
            }
            other => (other, None),
        };
        Dialling { endpoint, peer, addresses: Vec::new(), next: 0 }
    }

    /// Whether a refusal means that no peer listens; the absence of a proxy proves nothing about
    /// the peer.
    fn is_refused_for_good(&self) -> bool {
        matches!(self.endpoint, Endpoint::Tcp(_) | Endpoint::Vsock(_)) && self.peer.is_none()
    }
}

enum State {
    /// Nothing under way; a timer may be set.
    Waiting,
    Resolving,
    Connecting(OwnedFd),
    /// The proxy is reached, the peer not yet.
    Proxying(Box<Asking>),
    Handshaking(Box<HandshakeIo>),
    /// The connection is up, and any thread may drive it.
    Running(Arc<Fd>),
}

// Construction.
impl Session {
    /// A connection that a listener accepted.
    pub fn accepted(
        id: u64,
        owner: Arc<dyn Owner>,
        shared: Arc<SocketShared>,
        options: Arc<SocketOptions>,
        listener: u64,
        accepted: transport::Accepted,
        endpoints: EndpointPair,
    ) -> Session {
        let mut session =
            Session::new(id, owner, shared, options, Role::Accepted { listener }, endpoints);
        session.web = accepted.web;
        let stream = Arc::new(accepted.fd.into());
        if let Err(error) = session.greet(stream, accepted.peer_address) {
            // Without a handshake the first step ends the session.
            session.raise(event::HANDSHAKE_FAILED_NO_DETAIL, error.0 as u64);
        }
        session
    }

    /// A connecting endpoint; `connection` is the far end of its pipe, unless `ZMQ_IMMEDIATE` is
    /// set.
    pub fn dialled(
        id: u64,
        owner: Arc<dyn Owner>,
        shared: Arc<SocketShared>,
        options: Arc<SocketOptions>,
        dialling: Dialling,
        connection: Option<Arc<Connection>>,
    ) -> Session {
        let endpoints = EndpointPair::connected(b"", &dialling.endpoint.shown());
        let web = matches!(dialling.endpoint, Endpoint::Ws(_));
        let role = Role::Dialled(dialling);
        let mut session = Session::new(id, owner, shared, options, role, endpoints);
        session.connection = connection;
        session.web = web;
        session
    }

    fn new(
        id: u64,
        owner: Arc<dyn Owner>,
        shared: Arc<SocketShared>,
        options: Arc<SocketOptions>,
        role: Role,
        endpoints: EndpointPair,
    ) -> Session {
        Session {
            id,
            shared,
            options,
            owner,
            role,
            state: State::Waiting,
            connection: None,
            news: 0,
            endpoints,
            timer: None,
            heartbeat: None,
            linger: None,
            guard: None,
            backoff: Backoff::default(),
            ending: false,
            modern: false,
            web: false,
            reserved: None,
        }
    }

    /// Keeps this place for the session's first descriptor.
    pub(super) fn reserve_watch(&mut self, reserved: Option<ReservedWatch>) {
        self.reserved = reserved;
    }

    /// Has the reactor's poller watch a descriptor; the first one takes the place that was kept.
    fn watch_stream(&mut self, ctx: &SessionCtx<'_>, fd: RawFd, events: u32) -> Result<()> {
        self.reserved = None;
        ctx.watch_session(fd, events, self.id)
    }

    pub fn belongs_to(&self, shared: &Arc<SocketShared>) -> bool {
        Arc::ptr_eq(&self.shared, shared)
    }

    pub fn is_closing(&self) -> bool {
        self.guard.is_some()
    }

    pub fn was_accepted_by(&self, id: u64) -> bool {
        matches!(self.role, Role::Accepted { listener } if listener == id)
    }

    fn raise(&self, event: u64, value: u64) {
        self.shared.monitor.raise(event, value, &self.endpoints);
    }

    fn is_raw(&self) -> bool {
        let raw = self.options.socket_type == SocketType::Stream || self.options.router_raw;
        raw && !self.web
    }
}

// Events and timers.
impl Session {
    /// Called when the reactor's poller has an event for this session.
    pub fn ready(&mut self, ctx: &mut SessionCtx<'_>, flags: u32) -> Step {
        match &self.state {
            State::Connecting(_) => self.connect_ready(ctx),
            State::Proxying(_) => self.proxy_ready(ctx),
            State::Handshaking(_) => self.handshake_ready(ctx),
            State::Running(_) if self.guard.is_some() => self.drain_ready(ctx, flags),
            _ => Step::Stay,
        }
    }

    pub fn timer(&mut self, ctx: &mut SessionCtx<'_>, purpose: Purpose) -> Step {
        match purpose {
            Purpose::Reconnect => {
                self.timer = None;
                if self.options.immediate && self.shared.is_crowded() {
                    // Each connection of an immediate endpoint has a pipe of its own.
                    self.set_timer(ctx, SHORTAGE_PAUSE, Purpose::Reconnect);
                    return Step::Stay;
                }
                self.dial(ctx)
            }
            Purpose::Deadline => {
                self.timer = None;
                self.deadline(ctx)
            }
            Purpose::Heartbeat => self.beat(ctx),
            Purpose::Linger => {
                self.linger = None;
                if self.guard.is_none()
                    && let Some(connection) = &self.connection
                {
                    connection.finish();
                }
                Step::Remove
            }
            Purpose::Resume => {
                if self.guard.is_some() {
                    return self.check_drained();
                }
                if let Some(connection) = &self.connection {
                    connection.resume();
                }
                Step::Stay
            }
            Purpose::Accept | Purpose::MulticastSession | Purpose::MulticastLinger => Step::Stay,
        }
    }

    fn deadline(&mut self, ctx: &mut SessionCtx<'_>) -> Step {
        if self.ending {
            return self.unlistened(ctx, -1);
        }
        match core::mem::replace(&mut self.state, State::Waiting) {
            State::Connecting(fd) => {
                ctx.unwatch(fd.as_raw_fd());
                self.close_attempt(ctx, fd, Errno::ETIMEDOUT)
            }
            state @ State::Proxying(_) => {
                self.state = state;
                self.proxy_failed(ctx, Errno::ETIMEDOUT)
            }
            state @ State::Handshaking(_) => {
                self.state = state;
                self.handshake_lost(ctx, Errno::ETIMEDOUT)
            }
            state @ State::Running(_) => {
                self.state = state;
                self.watch_again(ctx)
            }
            other => {
                self.state = other;
                Step::Stay
            }
        }
    }

    /// Tries again to watch a connection, which failed before.
    fn watch_again(&mut self, ctx: &mut SessionCtx<'_>) -> Step {
        if self.guard.is_some() {
            return self.drain(ctx);
        }
        if let Some(connection) = self.connection.clone() {
            self.watch(ctx, &connection);
        }
        Step::Stay
    }

    fn set_timer(&mut self, ctx: &mut SessionCtx<'_>, milliseconds: i32, purpose: Purpose) {
        ctx.timers.cancel(self.timer.take());
        self.timer = Some(ctx.timers.set(from_now(milliseconds), self.id, purpose));
    }

    fn cancel_timer(&mut self, ctx: &mut SessionCtx<'_>) {
        ctx.timers.cancel(self.timer.take());
    }
}
