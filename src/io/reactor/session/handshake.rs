//! A session whose connection greets the peer and shakes hands (RFC 23, 3.3 and 3.4).
//!
//! Reactor's thread. The protocol itself is in `proto`; this reads, writes, and tells what became
//! of it.
#![forbid(unsafe_code)]

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use crate::error::{Errno, Result};
use crate::io::connection::Cause;
use crate::monitor::event;
use crate::proto::zmtp::handshake::{Handshake, HandshakeConfig};
use crate::proto::{ErrorKind, HandshakeError, HandshakeEvent};
use crate::sync::Arc;
use crate::sys::{epoll, net};

use super::super::engine::Tools;
use super::super::timers::Purpose;
use super::{Session, State, Step};

/// The `ZMQ_RECONNECT_STOP` bit of failed handshakes.
const STOP_HANDSHAKE_FAILED: i32 = 2;

pub(super) struct Greeting {
    pub(super) stream: Arc<OwnedFd>,
    pub(super) handshake: Handshake,
    /// What the kernel did not take yet.
    pub(super) unsent: Vec<u8>,
    pub(super) peer_address: Vec<u8>,
}

impl Session {
    pub(super) fn greet(&mut self, stream: Arc<OwnedFd>, peer_address: Vec<u8>) {
        let handshake = Handshake::new(HandshakeConfig {
            socket_type: self.options.socket_type,
            routing_id: self.options.routing_id.clone(),
            metadata: self.options.metadata.clone(),
            maxmsgsize: self.options.maxmsgsize,
        });
        let greeting = Greeting { stream, handshake, unsent: Vec::new(), peer_address };
        self.state = State::Handshaking(Box::new(greeting));
    }

    pub(super) fn start_handshake(&mut self, tools: &mut Tools<'_>) -> Step {
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
    pub(super) fn handshake_ready(&mut self, tools: &mut Tools<'_>) -> Step {
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
    pub(super) fn handshake_lost(&mut self, tools: &mut Tools<'_>, error: Errno) -> Step {
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
