//! One connecting endpoint or one accepted connection: its state, and what happens next.
//!
//! Only the reactor's thread touches a session. It never deletes itself: every step tells whether the
//! session goes on. Reconnecting, giving up and the events follow libzmq's documented behaviour.
#![forbid(unsafe_code)]

use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use crate::endpoint::{Endpoint, TcpConnectAddress};
use crate::error::{Errno, Result};
use crate::io::connection::{Cause, Connection, ConnectionEnd, Framing, Inbound, Owner, Start};
use crate::io::port::Port;
use crate::monitor::{EndpointPair, event};
use crate::msg::Metadata;
use crate::options::{SocketOptions, SocketType};
use crate::pipe::{Command, FarMarks, PipeParts};
use crate::proto::zmtp::handshake::{Established, Handshake, HandshakeConfig};
use crate::proto::zmtp::heartbeat::{Heartbeat, HeartbeatAction};
use crate::proto::zmtp::req_filter::ReqFilter;
use crate::proto::zmtp::{ZmtpVersion, command};
use crate::proto::{ErrorKind, HandshakeError, HandshakeEvent};
use crate::queue::queue;
use crate::sync::Arc;
use crate::sys::{clock, epoll, net};
use crate::transport::{self, Progress};

use super::engine::Tools;
use super::timers::{Key, Purpose};
use super::{DrainGuard, from_now};

/// Frames that a network pipe copies instead of referring to.
pub const COPY_MAX: usize = 4 * 1024;

/// `ZMQ_RECONNECT_STOP` bits.
const STOP_CONN_REFUSED: i32 = 1;
const STOP_HANDSHAKE_FAILED: i32 = 2;

/// How often to look whether an ending connection is idle, in milliseconds.
const IDLE_CHECK: i32 = 5;

/// Whether a session goes on after a step.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Stay,
    Remove,
}

/// See the module's documentation.
pub struct Session {
    pub id: u64,
    port: Arc<Port>,
    options: Arc<SocketOptions>,
    owner: Arc<dyn Owner>,
    role: Role,
    state: State,
    /// The far end of the pipe; an accepted or immediate session has one only while connected.
    connection: Option<Arc<Connection>>,
    endpoints: EndpointPair,
    /// For reconnecting, or for the deadline of an attempt or handshake.
    timer: Option<Key>,
    heartbeat: Option<Beat>,
    linger: Option<Key>,
    /// The socket has closed its end; the context waits for this.
    guard: Option<DrainGuard>,
    /// The interval of the last reconnect, for the exponential backoff.
    backoff: Option<i32>,
    /// The listener is closed: the connection ends when what is queued has gone out.
    ending: bool,
    /// Whether the peer speaks ZMTP 3.x, whose handshakes have an end that is told of.
    modern: bool,
}

enum Role {
    Accepted { listener: u64 },
    Dialled(Dialling),
}

/// Where a connecting session connects to.
pub struct Dialling {
    pub endpoint: Endpoint,
    addresses: Vec<SocketAddr>,
    next: usize,
}

impl Dialling {
    pub fn new(endpoint: Endpoint) -> Dialling {
        Dialling { endpoint, addresses: Vec::new(), next: 0 }
    }
}

enum State {
    /// Nothing under way; a timer may be set.
    Waiting,
    Resolving,
    Connecting(OwnedFd),
    Handshaking(Box<Greeting>),
    /// The connection is up and driven by whoever comes.
    Running(Arc<OwnedFd>),
}

struct Greeting {
    stream: Arc<OwnedFd>,
    handshake: Handshake,
    /// What the kernel did not take yet.
    unsent: Vec<u8>,
    peer_address: Vec<u8>,
}

struct Beat {
    heartbeat: Heartbeat,
    timer: Option<Key>,
}

// Construction.
impl Session {
    /// A connection that a listener accepted.
    pub fn accepted(
        id: u64,
        owner: Arc<dyn Owner>,
        port: Arc<Port>,
        options: Arc<SocketOptions>,
        listener: u64,
        accepted: transport::Accepted,
        endpoints: EndpointPair,
    ) -> Session {
        let mut session =
            Session::new(id, owner, port, options, Role::Accepted { listener }, endpoints);
        let stream = Arc::new(accepted.fd);
        session.greet(stream, accepted.peer_address);
        session
    }

    /// A connecting endpoint; `connection` is its pipe's far end unless `ZMQ_IMMEDIATE` is set.
    pub fn dialled(
        id: u64,
        owner: Arc<dyn Owner>,
        port: Arc<Port>,
        options: Arc<SocketOptions>,
        dialling: Dialling,
        connection: Option<Arc<Connection>>,
    ) -> Session {
        let endpoints = EndpointPair::connected(b"", &dialling.endpoint.text());
        let role = Role::Dialled(dialling);
        let mut session = Session::new(id, owner, port, options, role, endpoints);
        session.connection = connection;
        session
    }

    fn new(
        id: u64,
        owner: Arc<dyn Owner>,
        port: Arc<Port>,
        options: Arc<SocketOptions>,
        role: Role,
        endpoints: EndpointPair,
    ) -> Session {
        Session {
            id,
            port,
            options,
            owner,
            role,
            state: State::Waiting,
            connection: None,
            endpoints,
            timer: None,
            heartbeat: None,
            linger: None,
            guard: None,
            backoff: None,
            ending: false,
            modern: false,
        }
    }

    pub fn belongs_to(&self, port: &Arc<Port>) -> bool {
        Arc::ptr_eq(&self.port, port)
    }

    pub fn is_closing(&self) -> bool {
        self.guard.is_some()
    }

    pub fn was_accepted_by(&self, id: u64) -> bool {
        matches!(self.role, Role::Accepted { listener } if listener == id)
    }

    fn raise(&self, event: u64, value: u64) {
        self.port.monitor.raise(event, value, &self.endpoints);
    }

    fn is_raw(&self) -> bool {
        self.options.socket_type == SocketType::Stream || self.options.router_raw
    }
}

// Connecting.
impl Session {
    /// The session's first step in its reactor.
    pub fn begin(&mut self, tools: &mut Tools<'_>) -> Step {
        match &self.role {
            Role::Dialled(_) => self.dial(tools),
            Role::Accepted { .. } => self.start_handshake(tools),
        }
    }

    /// A new attempt: looks the name up if there is one.
    fn dial(&mut self, tools: &mut Tools<'_>) -> Step {
        let Role::Dialled(dialling) = &mut self.role else { return Step::Remove };
        dialling.addresses.clear();
        dialling.next = 0;
        if let Endpoint::Tcp(address) = &dialling.endpoint {
            match TcpConnectAddress::parse(address, self.options.ipv6) {
                Ok(address) if address.needs_lookup() => {
                    self.state = State::Resolving;
                    return match tools.resolve(self.id, address) {
                        Ok(()) => Step::Stay,
                        Err(error) => self.attempt_failed(tools, error),
                    };
                }
                Ok(_) => {}
                Err(error) => return self.attempt_failed(tools, error),
            }
        }
        self.dial_next(tools)
    }

    /// The name was looked up.
    pub fn resolved(&mut self, tools: &mut Tools<'_>, found: Result<Vec<SocketAddr>>) -> Step {
        if !matches!(self.state, State::Resolving) {
            return Step::Stay;
        }
        let Role::Dialled(dialling) = &mut self.role else { return Step::Remove };
        match found {
            Ok(addresses) if !addresses.is_empty() => {
                dialling.addresses = addresses;
                self.dial_next(tools)
            }
            Ok(_) => self.attempt_failed(tools, Errno::EADDRNOTAVAIL),
            Err(error) => self.attempt_failed(tools, error),
        }
    }

    fn dial_next(&mut self, tools: &mut Tools<'_>) -> Step {
        let Role::Dialled(dialling) = &mut self.role else { return Step::Remove };
        let address = dialling.addresses.get(dialling.next).copied();
        dialling.next += 1;
        match transport::dial(&dialling.endpoint, address, &self.options) {
            Ok((fd, Progress::Connected)) => self.connected(tools, fd),
            Ok((fd, Progress::InProgress)) => self.await_connect(tools, fd),
            Err(error) => {
                self.raise(event::CLOSED, u64::from(u32::MAX));
                self.attempt_failed(tools, error)
            }
        }
    }

    fn await_connect(&mut self, tools: &mut Tools<'_>, fd: OwnedFd) -> Step {
        self.raise(event::CONNECT_DELAYED, libc::EINPROGRESS as u64);
        if let Err(error) = tools.watch_session(fd.as_raw_fd(), epoll::WRITABLE, self.id) {
            self.raise(event::CLOSED, fd.as_raw_fd() as u64);
            return self.attempt_failed(tools, error);
        }
        if self.options.connect_timeout > 0 {
            self.set_timer(tools, self.options.connect_timeout, Purpose::Deadline);
        }
        self.state = State::Connecting(fd);
        Step::Stay
    }

    /// A connecting descriptor has news.
    fn connect_ready(&mut self, tools: &mut Tools<'_>) -> Step {
        match core::mem::replace(&mut self.state, State::Waiting) {
            State::Connecting(fd) => {
                self.cancel_timer(tools);
                tools.unwatch(fd.as_raw_fd());
                match transport::finish(fd.as_fd()) {
                    Ok(()) => self.connected(tools, fd),
                    Err(error) => self.close_attempt(tools, fd, error),
                }
            }
            other => {
                self.state = other;
                Step::Stay
            }
        }
    }

    fn close_attempt(&mut self, tools: &mut Tools<'_>, fd: OwnedFd, error: Errno) -> Step {
        let number = fd.as_raw_fd();
        drop(fd);
        self.raise(event::CLOSED, number as u64);
        self.attempt_failed(tools, error)
    }

    /// An attempt failed: the next address at once, or a new round after a pause.
    fn attempt_failed(&mut self, tools: &mut Tools<'_>, error: Errno) -> Step {
        self.state = State::Waiting;
        let Role::Dialled(dialling) = &self.role else { return Step::Remove };
        if dialling.next < dialling.addresses.len() {
            return self.dial_next(tools);
        }
        let stop = self.options.reconnect_stop & STOP_CONN_REFUSED != 0;
        if stop && error == Errno::ECONNREFUSED {
            return self.give_up();
        }
        self.retry_later(tools)
    }

    /// Sets the timer of the next attempt, if there is to be one.
    fn retry_later(&mut self, tools: &mut Tools<'_>) -> Step {
        self.state = State::Waiting;
        let interval = self.options.reconnect_ivl;
        if interval <= 0 {
            return Step::Stay;
        }
        let pause = self.next_pause(tools, interval);
        self.set_timer(tools, pause, Purpose::Reconnect);
        self.raise(event::CONNECT_RETRIED, pause as u64);
        Step::Stay
    }

    fn next_pause(&mut self, tools: &mut Tools<'_>, interval: i32) -> i32 {
        let most = self.options.reconnect_ivl_max;
        if most <= 0 {
            return interval.saturating_add(tools.random_below(interval));
        }
        let pause = match self.backoff {
            None => interval.min(most),
            Some(last) => last.saturating_mul(2).min(most),
        };
        self.backoff = Some(pause);
        pause
    }

    /// The endpoint is dead: the socket drops it.
    fn give_up(&mut self) -> Step {
        if let Some(connection) = &self.connection {
            connection.finish();
        }
        Step::Remove
    }

    fn connected(&mut self, tools: &mut Tools<'_>, fd: OwnedFd) -> Step {
        self.backoff = None;
        let local = transport::local_endpoint(fd.as_fd()).unwrap_or_default();
        self.endpoints.local = local;
        self.raise(event::CONNECTED, fd.as_raw_fd() as u64);
        let peer_address = transport::peer_address(fd.as_fd());
        self.greet(Arc::new(fd), peer_address);
        self.start_handshake(tools)
    }
}

// Handshake.
impl Session {
    fn greet(&mut self, stream: Arc<OwnedFd>, peer_address: Vec<u8>) {
        let handshake = Handshake::new(HandshakeConfig {
            socket_type: self.options.socket_type,
            routing_id: self.options.routing_id.clone(),
            metadata: self.options.metadata.clone(),
            maxmsgsize: self.options.maxmsgsize,
        });
        let greeting = Greeting { stream, handshake, unsent: Vec::new(), peer_address };
        self.state = State::Handshaking(Box::new(greeting));
    }

    fn start_handshake(&mut self, tools: &mut Tools<'_>) -> Step {
        let State::Handshaking(greeting) = &self.state else { return Step::Remove };
        let fd = greeting.stream.as_raw_fd();
        if self.is_raw() {
            return self.start_raw(tools);
        }
        if let Err(error) = tools.watch_session(fd, epoll::READABLE, self.id) {
            return self.handshake_lost(tools, error);
        }
        if self.options.handshake_ivl > 0 {
            self.set_timer(tools, self.options.handshake_ivl, Purpose::Deadline);
        }
        self.continue_handshake(tools, 0)
    }

    /// The handshaking stream is ready: reads, answers, and goes on when it is done.
    fn handshake_ready(&mut self, tools: &mut Tools<'_>) -> Step {
        let State::Handshaking(greeting) = &self.state else { return Step::Stay };
        match net::recv(greeting.stream.as_fd(), tools.buffer) {
            Ok(0) => self.handshake_lost(tools, Errno::EPIPE),
            Ok(read) => self.continue_handshake(tools, read),
            Err(Errno::EAGAIN) => self.continue_handshake(tools, 0),
            Err(error) => self.handshake_lost(tools, error),
        }
    }

    /// Works on the first `read` bytes of the reactor's buffer.
    fn continue_handshake(&mut self, tools: &mut Tools<'_>, read: usize) -> Step {
        let State::Handshaking(greeting) = &mut self.state else { return Step::Stay };
        let bytes = tools.buffer.get(..read).unwrap_or_default();
        let consumed = match greeting.handshake.input(bytes) {
            Ok(consumed) => consumed,
            Err(error) => {
                // A last word, such as why the peer is refused.
                greeting.unsent.extend(greeting.handshake.take_output());
                let _ = net::send(greeting.stream.as_fd(), &greeting.unsent);
                return self.handshake_broken(tools, error);
            }
        };
        greeting.unsent.extend(greeting.handshake.take_output());
        if let Err(error) = send_some(&greeting.stream, &mut greeting.unsent) {
            return self.handshake_lost(tools, error);
        }
        if let Some(established) = greeting.handshake.established() {
            let rest = bytes.get(consumed..).unwrap_or_default().to_vec();
            return self.establish(tools, established, &rest);
        }
        let writable = if greeting.unsent.is_empty() { 0 } else { epoll::WRITABLE };
        let fd = greeting.stream.as_raw_fd();
        match tools.rewatch_session(fd, epoll::READABLE | writable, self.id) {
            Ok(()) => Step::Stay,
            Err(error) => self.handshake_lost(tools, error),
        }
    }

    /// The network failed, or the time is up, before the handshake was done.
    fn handshake_lost(&mut self, tools: &mut Tools<'_>, error: Errno) -> Step {
        self.raise(event::HANDSHAKE_FAILED_NO_DETAIL, error.0 as u64);
        self.end_greeting(tools);
        if self.options.reconnect_stop & STOP_HANDSHAKE_FAILED != 0 {
            return self.give_up();
        }
        self.after_loss(tools, Cause::Connection(error))
    }

    /// The peer broke the protocol.
    fn handshake_broken(&mut self, tools: &mut Tools<'_>, error: HandshakeError) -> Step {
        match error.event {
            Some(HandshakeEvent::Protocol(code)) => {
                self.raise(event::HANDSHAKE_FAILED_PROTOCOL, u64::from(code));
            }
            Some(HandshakeEvent::Auth(status)) => {
                self.raise(event::HANDSHAKE_FAILED_AUTH, u64::from(status));
            }
            None => {}
        }
        self.end_greeting(tools);
        let cause = match error.kind {
            ErrorKind::Protocol => Cause::Protocol(Errno::EPROTO),
            ErrorKind::Connection => Cause::Connection(Errno::EPROTO),
        };
        self.after_loss(tools, cause)
    }

    fn end_greeting(&mut self, tools: &mut Tools<'_>) {
        self.cancel_timer(tools);
        if let State::Handshaking(greeting) = core::mem::replace(&mut self.state, State::Waiting) {
            let fd = greeting.stream.as_raw_fd();
            tools.unwatch(fd);
            drop(greeting);
            self.raise(event::DISCONNECTED, fd as u64);
        }
    }
}

// An established connection.
impl Session {
    fn start_raw(&mut self, tools: &mut Tools<'_>) -> Step {
        let established = Established {
            version: ZmtpVersion::V3_1,
            peer_identity: None,
            peer_socket_type: None,
            properties: Vec::new(),
            phantom_subscribe: false,
        };
        self.establish(tools, established, &[])
    }

    fn framing(&self, version: ZmtpVersion) -> Framing {
        match version {
            _ if self.is_raw() => Framing::Raw,
            ZmtpVersion::V1 => Framing::V1,
            // Only subscriptions look different.
            ZmtpVersion::V2 | ZmtpVersion::V3_0 if self.options.socket_type.subscribes() => {
                Framing::V2
            }
            _ => Framing::V3_1,
        }
    }

    fn metadata(&self, established: &Established, greeting: &Greeting) -> Option<Arc<Metadata>> {
        let raw = self.is_raw();
        if !self.modern && !raw {
            return None;
        }
        let mut metadata = Metadata::default();
        if !greeting.peer_address.is_empty() {
            metadata.insert(b"Peer-Address", &greeting.peer_address);
        }
        metadata.insert(b"__fd", greeting.stream.as_raw_fd().to_string().as_bytes());
        for (name, value) in &established.properties {
            metadata.insert(name, value);
        }
        Some(Arc::new(metadata))
    }

    fn establish(&mut self, tools: &mut Tools<'_>, established: Established, rest: &[u8]) -> Step {
        self.cancel_timer(tools);
        let State::Handshaking(greeting) = core::mem::replace(&mut self.state, State::Waiting)
        else {
            return Step::Stay;
        };
        let stream = greeting.stream.clone();
        if !self.is_raw() {
            tools.unwatch(stream.as_raw_fd());
        }
        self.modern =
            matches!(established.version, ZmtpVersion::V3_0 | ZmtpVersion::V3_1) && !self.is_raw();
        if self.modern {
            self.raise(event::HANDSHAKE_SUCCEEDED, 0);
        }
        let peer_routing_id = established.peer_identity.clone().unwrap_or_default();
        let start = Start {
            stream: stream.clone(),
            framing: self.framing(established.version),
            inbound: self.inbound(),
            metadata: self.metadata(&established, &greeting),
        };
        self.state = State::Running(stream);
        let connection = match &self.connection {
            Some(connection) => {
                let connection = connection.clone();
                connection.install(start);
                if let Some(pipe) = connection.key() {
                    self.port.post(Command::Connected { pipe, peer_routing_id });
                }
                connection
            }
            None => self.attach(start, peer_routing_id),
        };
        self.run(tools, &connection, &established, &greeting.unsent, rest)
    }

    fn inbound(&self) -> Inbound {
        let socket_type = self.options.socket_type;
        Inbound {
            max_size: self.options.maxmsgsize,
            takes_subscriptions: socket_type.publishes(),
            req_filter: (socket_type == SocketType::Req).then(ReqFilter::default),
        }
    }

    /// A new pipe for a connection that has none: accepted, or connected with `ZMQ_IMMEDIATE`.
    fn attach(&mut self, start: Start, peer_routing_id: Vec<u8>) -> Arc<Connection> {
        let conflate = self.options.conflate && self.options.socket_type.can_conflate();
        let (writer, far_reader) = queue(self.options.sndhwm, conflate);
        let (far_writer, reader) = queue(self.options.rcvhwm, conflate);
        let connection = Arc::new(Connection::new(
            self.id,
            self.port.clone(),
            self.owner.clone(),
            far_reader,
            far_writer,
        ));
        connection.install(start);
        self.connection = Some(connection.clone());
        let keyed = connection.clone();
        self.port.post(Command::Attach {
            parts: Box::new(PipeParts {
                reader,
                writer,
                far: Arc::new(ConnectionEnd(connection.clone())),
                peer_routing_id,
                identified: true,
                given_routing_id: self.options.connect_routing_id.clone(),
                copy_max: COPY_MAX,
                session: self.id,
                listener: match self.role {
                    Role::Accepted { listener } => listener,
                    Role::Dialled(_) => 0,
                },
                far_marks: FarMarks::None,
            }),
            assigned: Box::new(move |key| keyed.set_key(key)),
        });
        connection
    }

    fn run(
        &mut self,
        tools: &mut Tools<'_>,
        connection: &Arc<Connection>,
        established: &Established,
        unsent: &[u8],
        rest: &[u8],
    ) -> Step {
        if self.is_raw() && self.options.stream_notify {
            connection.notify_stream();
        }
        if !unsent.is_empty() {
            connection.send_control(unsent);
        }
        if established.phantom_subscribe {
            connection.push_message(&[1]);
        }
        connection.feed(rest);
        self.start_heartbeat(tools);
        if self.guard.is_some() {
            return self.drain(tools);
        }
        if let Err(error) = connection.register() {
            return self.lost(tools, connection.epoch(), Cause::Connection(error));
        }
        tools.watch_port(&self.port);
        connection.flush();
        Step::Stay
    }

    /// The connection ended; `epoch` tells which one it was.
    pub fn lost(&mut self, tools: &mut Tools<'_>, epoch: u64, cause: Cause) -> Step {
        let Some(connection) = self.connection.clone() else { return Step::Stay };
        if connection.epoch() != epoch {
            return Step::Stay;
        }
        let State::Running(stream) = core::mem::replace(&mut self.state, State::Waiting) else {
            return Step::Stay;
        };
        self.stop_heartbeat(tools);
        let fd = stream.as_raw_fd();
        if self.guard.is_some() {
            tools.unwatch(fd);
        }
        connection.disconnect();
        drop(stream);
        if !self.modern {
            self.raise(event::HANDSHAKE_FAILED_NO_DETAIL, libc::EPIPE as u64);
        }
        self.raise(event::DISCONNECTED, fd as u64);
        if self.is_raw() && self.options.stream_notify {
            connection.notify_stream();
        }
        self.after_loss(tools, cause)
    }

    /// What becomes of the session without its connection.
    fn after_loss(&mut self, tools: &mut Tools<'_>, cause: Cause) -> Step {
        let dialled = matches!(self.role, Role::Dialled(_));
        let again = matches!(cause, Cause::Connection(_)) && self.options.reconnect_ivl > 0;
        if !dialled || !again {
            return self.give_up();
        }
        if let Some(connection) = self.connection.clone() {
            if self.options.immediate && self.guard.is_none() {
                connection.finish();
                self.connection = None;
            } else if let Some(pipe) = connection.key() {
                self.port.post(Command::Disconnected(pipe));
            }
        }
        self.retry_later(tools)
    }
}

// Heartbeat (RFC 37).
impl Session {
    fn start_heartbeat(&mut self, tools: &mut Tools<'_>) {
        if !self.modern {
            return;
        }
        let options = &self.options;
        let timeout = match options.heartbeat_timeout {
            -1 => options.heartbeat_ivl,
            timeout => timeout,
        };
        let heartbeat =
            Heartbeat::new(options.heartbeat_ivl, options.heartbeat_ttl, timeout, millis());
        let mut beat = Beat { heartbeat, timer: None };
        beat.timer = beat
            .heartbeat
            .next_deadline()
            .map(|at| tools.timers.set(at * MILLISECOND, self.id, Purpose::Heartbeat));
        self.heartbeat = Some(beat);
    }

    fn stop_heartbeat(&mut self, tools: &mut Tools<'_>) {
        if let Some(beat) = self.heartbeat.take() {
            tools.timers.cancel(beat.timer);
        }
    }

    /// The timer is due, or a PING came that sets one.
    pub fn beat(&mut self, tools: &mut Tools<'_>) -> Step {
        let (Some(beat), Some(connection)) = (&mut self.heartbeat, &self.connection) else {
            return Step::Stay;
        };
        tools.timers.cancel(beat.timer.take());
        let now = millis();
        if connection.take_traffic() {
            beat.heartbeat.on_traffic();
        }
        if let Some(ttl) = connection.take_ping() {
            beat.heartbeat.on_ping(ttl, now);
        }
        match beat.heartbeat.on_timer(now) {
            HeartbeatAction::Nothing => {}
            HeartbeatAction::SendPing => {
                connection.send_command(&command::ping_body(self.options.heartbeat_ttl, &[]));
            }
            HeartbeatAction::TimedOut => {
                let epoch = connection.epoch();
                return self.lost(tools, epoch, Cause::Connection(Errno::ETIMEDOUT));
            }
        }
        beat.timer = beat
            .heartbeat
            .next_deadline()
            .map(|at| tools.timers.set(at * MILLISECOND, self.id, Purpose::Heartbeat));
        Step::Stay
    }
}

// Closing.
impl Session {
    /// The socket has closed its end: what is queued gets `linger` milliseconds.
    pub fn close(
        &mut self,
        tools: &mut Tools<'_>,
        closed: &Arc<Connection>,
        linger: i32,
        guard: DrainGuard,
    ) -> Step {
        if !self.connection.as_ref().is_some_and(|own| Arc::ptr_eq(own, closed)) {
            // An earlier connection of an endpoint that gets a new pipe with each.
            return Step::Stay;
        }
        self.guard = Some(guard);
        let drained = self.connection.as_ref().is_none_or(|connection| connection.is_drained());
        if linger == 0 || drained {
            return Step::Remove;
        }
        if linger > 0 {
            self.linger = Some(tools.timers.set(from_now(linger), self.id, Purpose::Linger));
        }
        if matches!(self.state, State::Running(_)) {
            return self.drain(tools);
        }
        // Not connected and not going to be.
        let waiting = matches!(self.state, State::Waiting);
        if waiting && self.options.reconnect_ivl <= 0 && self.timer.is_none() {
            return Step::Remove;
        }
        Step::Stay
    }

    /// The endpoint was disconnected: it ends now, unless it has something to drain.
    pub fn cancel(&self) -> Step {
        if self.guard.is_some() { Step::Stay } else { Step::Remove }
    }

    /// The listener was closed: ends the connection when what is queued has gone out.
    pub fn unlistened(&mut self, tools: &mut Tools<'_>, linger: i32) -> Step {
        let Some(connection) = self.connection.clone() else { return Step::Remove };
        connection.flush();
        if linger == 0 || connection.is_idle() {
            self.stop_heartbeat(tools);
            connection.finish();
            return Step::Remove;
        }
        self.ending = true;
        self.watch_idle(tools);
        if linger > 0 {
            self.linger = Some(tools.timers.set(from_now(linger), self.id, Purpose::Linger));
        }
        Step::Stay
    }

    /// Looks again soon whether what is queued has gone out.
    fn watch_idle(&mut self, tools: &mut Tools<'_>) {
        self.set_timer(tools, IDLE_CHECK, Purpose::Deadline);
    }

    /// Goes on writing in the background; what comes in is thrown away.
    fn drain(&mut self, tools: &mut Tools<'_>) -> Step {
        let (State::Running(stream), Some(connection)) = (&self.state, &self.connection) else {
            return Step::Remove;
        };
        connection.unregister();
        let events = epoll::READABLE | epoll::WRITABLE | epoll::EDGE;
        if tools.watch_session(stream.as_raw_fd(), events, self.id).is_err() {
            return Step::Remove;
        }
        connection.write_ready();
        connection.flush();
        self.check_drained()
    }

    fn check_drained(&self) -> Step {
        match &self.connection {
            Some(connection) if !connection.is_drained() => Step::Stay,
            _ => Step::Remove,
        }
    }

    fn drain_ready(&mut self, tools: &mut Tools<'_>, flags: u32) -> Step {
        let Some(connection) = self.connection.clone() else { return Step::Remove };
        if flags & (epoll::WRITABLE | epoll::BROKEN) != 0 {
            connection.write_ready();
            if self.check_drained() == Step::Remove {
                return Step::Remove;
            }
        }
        if flags & (epoll::READABLE | epoll::BROKEN) != 0 {
            loop {
                let State::Running(stream) = &self.state else { return Step::Stay };
                match net::recv(stream.as_fd(), tools.buffer) {
                    Ok(0) => {
                        let cause = Cause::Connection(Errno::EPIPE);
                        return self.lost(tools, connection.epoch(), cause);
                    }
                    Ok(_) => {}
                    Err(Errno::EAGAIN) => break,
                    Err(error) => {
                        return self.lost(tools, connection.epoch(), Cause::Connection(error));
                    }
                }
            }
        }
        Step::Stay
    }

    /// Writes what the socket's caller left to the background.
    pub fn flush(&self) -> Step {
        if let Some(connection) = &self.connection {
            connection.flush();
            if self.guard.is_some() {
                return self.check_drained();
            }
        }
        Step::Stay
    }

    /// Gives everything up; the last thing that happens to a session.
    pub fn end(mut self, tools: &mut Tools<'_>) {
        self.cancel_timer(tools);
        self.stop_heartbeat(tools);
        tools.timers.cancel(self.linger.take());
        match &self.state {
            State::Connecting(fd) => tools.unwatch(fd.as_raw_fd()),
            State::Handshaking(greeting) => tools.unwatch(greeting.stream.as_raw_fd()),
            State::Running(stream) if self.guard.is_some() => tools.unwatch(stream.as_raw_fd()),
            _ => {}
        }
        if let Some(connection) = &self.connection {
            connection.disconnect();
        }
    }
}

// Events and timers.
impl Session {
    /// The reactor's poller has something for this session.
    pub fn ready(&mut self, tools: &mut Tools<'_>, flags: u32) -> Step {
        match &self.state {
            State::Connecting(_) => self.connect_ready(tools),
            State::Handshaking(_) => self.handshake_ready(tools),
            State::Running(_) if self.guard.is_some() => self.drain_ready(tools, flags),
            _ => Step::Stay,
        }
    }

    pub fn timer(&mut self, tools: &mut Tools<'_>, purpose: Purpose) -> Step {
        match purpose {
            Purpose::Reconnect => {
                self.timer = None;
                self.dial(tools)
            }
            Purpose::Deadline => {
                self.timer = None;
                self.deadline(tools)
            }
            Purpose::Heartbeat => self.beat(tools),
            Purpose::Linger => {
                self.linger = None;
                if self.guard.is_none()
                    && let Some(connection) = &self.connection
                {
                    connection.finish();
                }
                Step::Remove
            }
            Purpose::Accept => Step::Stay,
        }
    }

    fn deadline(&mut self, tools: &mut Tools<'_>) -> Step {
        if self.ending {
            return self.unlistened(tools, -1);
        }
        match core::mem::replace(&mut self.state, State::Waiting) {
            State::Connecting(fd) => {
                tools.unwatch(fd.as_raw_fd());
                self.close_attempt(tools, fd, Errno::ETIMEDOUT)
            }
            state @ State::Handshaking(_) => {
                self.state = state;
                self.handshake_lost(tools, Errno::ETIMEDOUT)
            }
            other => {
                self.state = other;
                Step::Stay
            }
        }
    }

    fn set_timer(&mut self, tools: &mut Tools<'_>, milliseconds: i32, purpose: Purpose) {
        tools.timers.cancel(self.timer.take());
        self.timer = Some(tools.timers.set(from_now(milliseconds), self.id, purpose));
    }

    fn cancel_timer(&mut self, tools: &mut Tools<'_>) {
        tools.timers.cancel(self.timer.take());
    }
}

/// Nanoseconds.
const MILLISECOND: u64 = 1_000_000;

/// The time of the heartbeat: milliseconds, rounded up so that a timer that is due is due.
fn millis() -> u64 {
    clock::nanos().div_ceil(MILLISECOND)
}

/// Writes what the kernel takes.
fn send_some(stream: &OwnedFd, unsent: &mut Vec<u8>) -> Result<()> {
    if unsent.is_empty() {
        return Ok(());
    }
    match net::send(stream.as_fd(), unsent) {
        Ok(sent) => {
            unsent.drain(..sent.min(unsent.len()));
            Ok(())
        }
        Err(Errno::EAGAIN) => Ok(()),
        Err(error) => Err(error),
    }
}
