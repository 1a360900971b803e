//! A session whose connection is up (RFC 23, RFC 37): how it starts, and how the session goes on
//! after its end.
//!
//! I/O thread. While the connection is up, any thread may drive it.
#![forbid(unsafe_code)]

use std::os::fd::AsRawFd;

use crate::error::Result;
use crate::io::connection::{Cause, Connection, ConnectionEnd, Framing, Inbound, Start};
use crate::memory::copy_of;
use crate::monitor::event;
use crate::msg::Metadata;
use crate::options::SocketType;
use crate::pipe::{Command, PeerMarks, PipeParts};
use crate::proto::zmtp::ZmtpVersion;
use crate::proto::zmtp::handshake::Established;
use crate::proto::zmtp::req_filter::ReqFilter;
use crate::queue::queue;
use crate::sync::Arc;

use super::super::event_loop::SessionCtx;
use super::super::listen::SHORTAGE_PAUSE;
use super::super::timers::Purpose;
use super::handshake::HandshakeIo;
use super::{Role, Session, State, Step};

/// Frames up to this many bytes are copied into a network pipe instead of being referred to.
pub const COPY_MAX: usize = 4 * 1024;

impl Session {
    pub(super) fn start_raw(&mut self, ctx: &mut SessionCtx<'_>) -> Step {
        let established = Established {
            version: ZmtpVersion::V3_1,
            peer_identity: None,
            peer_socket_type: None,
            properties: Vec::new(),
            phantom_subscribe: false,
        };
        self.establish(ctx, established)
    }

    fn framing(&self, version: ZmtpVersion) -> Framing {
        match version {
            _ if self.web => Framing::Ws,
            _ if self.is_raw() => Framing::Raw,
            ZmtpVersion::V1 => Framing::V1,
            // Only subscriptions have another form.
            ZmtpVersion::V2 | ZmtpVersion::V3_0 if self.options.socket_type.subscribes() => {
                Framing::V2
            }
            _ => Framing::V3_1,
        }
    }

    fn metadata(
        &self,
        established: &Established,
        io: &HandshakeIo,
    ) -> Result<Option<Arc<Metadata>>> {
        let raw = self.is_raw();
        if !self.modern && !raw {
            return Ok(None);
        }
        let fd = io.stream.as_raw_fd().to_string();
        let address: (&[u8], &[u8]) = (b"Peer-Address", &io.peer_address);
        let own = [address, (b"__fd", fd.as_bytes())].into_iter();
        let told = io.granted.properties.iter().chain(&established.properties);
        let all = own
            .filter(|(_, value)| !value.is_empty())
            .chain(told.map(|(name, value)| (name.as_slice(), value.as_slice())));
        Ok(Some(Arc::new(Metadata::new(all)?)))
    }

    pub(super) fn establish(&mut self, ctx: &mut SessionCtx<'_>, established: Established) -> Step {
        self.cancel_timer(ctx);
        let version = established.version;
        self.modern = matches!(version, ZmtpVersion::V3_0 | ZmtpVersion::V3_1) && !self.is_raw();
        let State::Handshaking(io) = &self.state else { return Step::Stay };
        let kept = self.metadata(&established, io).and_then(|metadata| {
            // A copy, because the original may hold a password and is wiped.
            Ok((metadata, copy_of(&io.unsent)?))
        });
        let (metadata, unsent) = match kept {
            Ok(kept) => kept,
            Err(error) => return self.handshake_lost(ctx, error),
        };
        let State::Handshaking(mut io) = core::mem::replace(&mut self.state, State::Waiting) else {
            return Step::Stay;
        };
        self.backoff.established();
        let stream = io.stream.clone();
        if !self.is_raw() {
            ctx.unwatch(stream.as_raw_fd());
        }
        if self.modern {
            self.raise(event::HANDSHAKE_SUCCEEDED, 0);
        }
        let identity = io.granted.identity.as_ref().or(established.peer_identity.as_ref());
        let peer_routing_id = identity.cloned().unwrap_or_default();
        let start = Start {
            stream: stream.clone(),
            framing: self.framing(established.version),
            inbound: self.inbound(),
            metadata,
            sealing: io.handshake.sealing(),
            web: io.layer.take().map(|layer| layer.into_halves(self.options.maxmsgsize)),
            unsent,
        };
        self.state = State::Running(stream);
        let connection = match &self.connection {
            Some(connection) => {
                let connection = connection.clone();
                connection.install(start);
                if let Some(pipe) = connection.key() {
                    self.news =
                        self.shared.post_link(self.news, pipe, Some(peer_routing_id.into()));
                }
                connection
            }
            None => self.attach(start, peer_routing_id),
        };
        self.run(ctx, &connection, &established, &io.unread)
    }

    fn inbound(&self) -> Inbound {
        let socket_type = self.options.socket_type;
        Inbound {
            max_size: self.options.maxmsgsize,
            takes_subscriptions: socket_type.publishes(),
            may_pause: socket_type == SocketType::Pull,
            req_filter: (socket_type == SocketType::Req).then(ReqFilter::default),
        }
    }

    /// Makes a pipe for a connection that has none: accepted, or connected with `ZMQ_IMMEDIATE`.
    fn attach(&mut self, start: Start, peer_routing_id: Vec<u8>) -> Arc<Connection> {
        let (writer, peer_reader) = queue(self.options.sndhwm, self.options.conflates_outward());
        let (peer_writer, reader) = queue(self.options.rcvhwm, self.options.conflates_inward());
        let connection = Arc::new(Connection::new(
            self.id,
            self.shared.clone(),
            self.owner.clone(),
            peer_reader,
            peer_writer,
        ));
        connection.install(start);
        self.connection = Some(connection.clone());
        let keyed = connection.clone();
        let number = self.shared.post(Command::Attach {
            parts: Box::new(PipeParts {
                reader,
                writer,
                peer_end: Arc::new(ConnectionEnd(connection.clone())),
                peer_routing_id,
                identified: true,
                given_routing_id: self.options.connect_routing_id.clone(),
                copy_max: COPY_MAX,
                session: self.id,
                listener: match self.role {
                    Role::Accepted { listener } => listener,
                    Role::Dialled(_) => 0,
                },
                peer_marks: PeerMarks::None,
                takes_all: false,
            }),
            assigned: Box::new(move |key| keyed.set_key(key)),
        });
        connection.set_arrival(number, self.options.socket_type.receives());
        connection
    }

    fn run(
        &mut self,
        ctx: &mut SessionCtx<'_>,
        connection: &Arc<Connection>,
        established: &Established,
        unread: &[u8],
    ) -> Step {
        if self.is_raw() && self.options.stream_notify {
            connection.notify_stream();
        }
        if established.phantom_subscribe {
            connection.push_message(&[1]);
        }
        connection.feed(unread);
        self.start_heartbeat(ctx);
        if self.guard.is_some() {
            return self.drain(ctx);
        }
        self.watch(ctx, connection);
        connection.flush();
        Step::Stay
    }

    /// Puts the connection into the socket's poller, and that into a reactor's. If one fails it is
    /// tried again after [`SHORTAGE_PAUSE`]; until then no thread reads, and bytes from the peer
    /// wait.
    pub(super) fn watch(&mut self, ctx: &mut SessionCtx<'_>, connection: &Arc<Connection>) {
        self.reserved = None;
        let watched = connection.register().and_then(|()| ctx.watch_socket(&self.shared));
        if watched.is_err() {
            self.set_timer(ctx, SHORTAGE_PAUSE, Purpose::Deadline);
        }
    }

    /// Ends the connection of this `epoch`; does nothing if it is an earlier one.
    pub fn lost(&mut self, ctx: &mut SessionCtx<'_>, epoch: u64, cause: Cause) -> Step {
        let Some(connection) = self.connection.clone() else { return Step::Stay };
        if connection.epoch() != epoch {
            return Step::Stay;
        }
        let State::Running(stream) = core::mem::replace(&mut self.state, State::Waiting) else {
            return Step::Stay;
        };
        self.stop_heartbeat(ctx);
        let fd = stream.as_raw_fd();
        if self.guard.is_some() {
            ctx.unwatch(fd);
        }
        connection.disconnect();
        drop(stream);
        match cause {
            Cause::Violation(error) => self.raise_failure(error),
            // For monitors, a peer without a mechanism is in its handshake to the end.
            Cause::Connection(_) if !self.modern => {
                self.raise(event::HANDSHAKE_FAILED_NO_DETAIL, libc::EPIPE as u64);
            }
            _ => {}
        }
        self.raise(event::DISCONNECTED, fd as u64);
        if self.is_raw() && self.options.stream_notify {
            connection.notify_stream();
        }
        self.after_loss(ctx, cause)
    }

    /// Decides how the session goes on without its connection: a new attempt, or the end.
    pub(super) fn after_loss(&mut self, ctx: &mut SessionCtx<'_>, cause: Cause) -> Step {
        let dialled = matches!(self.role, Role::Dialled(_));
        let breached = !matches!(cause, Cause::Connection(_));
        // An application that has closed the endpoint cannot remove the cause of a breach, and may
        // wait for the end of the session.
        let closed = self.guard.is_some() || self.ending;
        let again = self.options.reconnect_ivl > 0 && !(breached && closed);
        if !dialled || !again {
            if dialled && !breached {
                self.shared.post(Command::EndpointGone(self.id));
            }
            return self.give_up();
        }
        if breached {
            self.backoff.breached();
        }
        if let Some(connection) = self.connection.clone() {
            if self.options.immediate && self.guard.is_none() {
                connection.finish();
                self.connection = None;
            } else if let Some(pipe) = connection.key() {
                self.news = self.shared.post_link(self.news, pipe, None);
            }
        }
        self.retry_later(ctx)
    }
}
