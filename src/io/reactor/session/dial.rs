//! A session that connects: names, attempts, and the pauses between them.
//!
//! I/O thread.
#![forbid(unsafe_code)]

use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use crate::endpoint::{Endpoint, TcpConnectAddress};
use crate::error::{Errno, Result};
use crate::io::connection::Cause;
use crate::monitor::event;
use crate::pipe::Command;
use crate::sync::Arc;
use crate::sys::epoll;
use crate::transport::{self, Progress};

use super::super::event_loop::SessionCtx;
use super::super::timers::Purpose;
use super::{Role, Session, State, Step};

/// The `ZMQ_RECONNECT_STOP` bit of refused connections.
const STOP_CONN_REFUSED: i32 = 1;

/// The bit for a socket that has given up an endpoint: ends its attempts over ipc if no peer
/// listens.
const STOP_AFTER_DISCONNECT: i32 = 4;

impl Session {
    /// Makes the session's first step in its reactor.
    pub fn begin(&mut self, ctx: &mut SessionCtx<'_>) -> Step {
        match &self.role {
            Role::Dialled(_) => self.dial(ctx),
            Role::Accepted { .. } => self.start_handshake(ctx),
        }
    }

    /// Begins a new attempt: looks the name up if there is one.
    pub(super) fn dial(&mut self, ctx: &mut SessionCtx<'_>) -> Step {
        let Role::Dialled(dialling) = &mut self.role else { return Step::Remove };
        dialling.addresses.clear();
        dialling.next = 0;
        if let Some(address) = dialling.endpoint.over_tcp() {
            let address = TcpConnectAddress::unchecked(&address, self.options.ipv6);
            if address.needs_lookup() {
                self.state = State::Resolving;
                return match ctx.resolve(self.id, address) {
                    Ok(()) => Step::Stay,
                    Err(error) => self.attempt_failed(ctx, error),
                };
            }
        }
        self.dial_next(ctx)
    }

    /// Goes on when the name was looked up.
    pub fn resolved(&mut self, ctx: &mut SessionCtx<'_>, found: Result<Vec<SocketAddr>>) -> Step {
        if !matches!(self.state, State::Resolving) {
            return Step::Stay;
        }
        let Role::Dialled(dialling) = &mut self.role else { return Step::Remove };
        match found {
            Ok(addresses) if !addresses.is_empty() => {
                dialling.addresses = addresses;
                self.dial_next(ctx)
            }
            Ok(_) => self.attempt_failed(ctx, Errno::EADDRNOTAVAIL),
            Err(error) => self.attempt_failed(ctx, error),
        }
    }

    fn dial_next(&mut self, ctx: &mut SessionCtx<'_>) -> Step {
        let Role::Dialled(dialling) = &mut self.role else { return Step::Remove };
        let address = dialling.addresses.get(dialling.next).copied();
        dialling.next += 1;
        match transport::dial(&dialling.endpoint, address, &self.options) {
            Ok((fd, Progress::Connected)) => self.connected(ctx, fd),
            Ok((fd, Progress::InProgress)) => self.await_connect(ctx, fd),
            Ok((fd, Progress::Failed(error))) => self.close_attempt(ctx, fd, error),
            Err(error) => self.attempt_failed(ctx, error),
        }
    }

    fn await_connect(&mut self, ctx: &mut SessionCtx<'_>, fd: OwnedFd) -> Step {
        self.raise(event::CONNECT_DELAYED, libc::EINPROGRESS as u64);
        if let Err(error) = self.watch_stream(ctx, fd.as_raw_fd(), epoll::WRITABLE) {
            self.raise(event::CLOSED, fd.as_raw_fd() as u64);
            return self.attempt_failed(ctx, error);
        }
        if self.options.connect_timeout > 0 {
            self.set_timer(ctx, self.options.connect_timeout, Purpose::Deadline);
        }
        self.state = State::Connecting(fd);
        Step::Stay
    }

    /// Called when a connecting descriptor has an event.
    pub(super) fn connect_ready(&mut self, ctx: &mut SessionCtx<'_>) -> Step {
        match core::mem::replace(&mut self.state, State::Waiting) {
            State::Connecting(fd) => {
                ctx.unwatch(fd.as_raw_fd());
                match transport::finish(fd.as_fd()) {
                    Ok(()) => self.connected(ctx, fd),
                    Err(error) => {
                        self.cancel_timer(ctx);
                        self.close_attempt(ctx, fd, error)
                    }
                }
            }
            other => {
                self.state = other;
                Step::Stay
            }
        }
    }

    pub(super) fn close_attempt(
        &mut self,
        ctx: &mut SessionCtx<'_>,
        fd: OwnedFd,
        error: Errno,
    ) -> Step {
        let number = fd.as_raw_fd();
        drop(fd);
        self.raise(event::CLOSED, number as u64);
        self.attempt_failed(ctx, error)
    }

    /// Goes on after a failed attempt: with the next address at once, or with a new attempt after a
    /// pause.
    fn attempt_failed(&mut self, ctx: &mut SessionCtx<'_>, error: Errno) -> Step {
        self.state = State::Waiting;
        // The next attempt may come much later, so the kept place is given up.
        self.reserved = None;
        let Role::Dialled(dialling) = &self.role else { return Step::Remove };
        if dialling.next < dialling.addresses.len() {
            return self.dial_next(ctx);
        }
        let stop = self.options.reconnect_stop & STOP_CONN_REFUSED != 0;
        if stop && error == Errno::ECONNREFUSED && dialling.is_refused_for_good() {
            self.shared.post(Command::EndpointGone(self.id));
            return self.give_up();
        }
        let stop = self.options.reconnect_stop & STOP_AFTER_DISCONNECT != 0;
        let ipc = matches!(dialling.endpoint, Endpoint::Ipc(_));
        if stop && ipc && error == Errno::ECONNREFUSED && self.shared.has_disconnected() {
            return Step::Stay;
        }
        self.retry_later(ctx)
    }

    /// Sets the timer of the next attempt, if there is to be one.
    pub(super) fn retry_later(&mut self, ctx: &mut SessionCtx<'_>) -> Step {
        self.state = State::Waiting;
        let interval = self.options.reconnect_ivl;
        if interval <= 0 {
            return Step::Stay;
        }
        let most = self.options.reconnect_ivl_max;
        let pause = self.backoff.next(interval, most, |below| ctx.random_below(below));
        self.set_timer(ctx, pause, Purpose::Reconnect);
        self.raise(event::CONNECT_RETRIED, pause as u64);
        Step::Stay
    }

    /// Ends the session without a further attempt: the pipe ends.
    pub(super) fn give_up(&mut self) -> Step {
        if let Some(connection) = &self.connection {
            connection.finish();
        }
        Step::Remove
    }

    fn connected(&mut self, ctx: &mut SessionCtx<'_>, fd: OwnedFd) -> Step {
        if matches!(&self.role, Role::Dialled(dialling) if dialling.peer.is_some()) {
            return self.ask_proxy(ctx, fd);
        }
        self.cancel_timer(ctx);
        self.peer_reached(ctx, fd)
    }

    /// Begins the handshake on a stream that leads to the peer, perhaps through a proxy.
    pub(super) fn peer_reached(&mut self, ctx: &mut SessionCtx<'_>, fd: OwnedFd) -> Step {
        let local = transport::local_endpoint(fd.as_fd()).unwrap_or_default();
        self.endpoints.local = local;
        let number = fd.as_raw_fd() as u64;
        self.raise(event::CONNECTED, number);
        let peer_address = transport::peer_address(fd.as_fd());
        match self.greet(Arc::new(fd.into()), peer_address) {
            Ok(()) => self.start_handshake(ctx),
            Err(error) => {
                self.raise(event::HANDSHAKE_FAILED_NO_DETAIL, error.0 as u64);
                self.raise(event::DISCONNECTED, number);
                self.after_loss(ctx, Cause::Connection(error))
            }
        }
    }
}
