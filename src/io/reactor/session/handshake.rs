//! A session whose connection greets the peer and shakes hands (RFC 23, 3.3 and 3.4).
//!
//! I/O thread. The protocol itself is in `proto`; this module reads, writes, and reports the
//! outcome.
#![forbid(unsafe_code)]

use std::os::fd::{AsFd, AsRawFd};

use zeroize::{Zeroize, Zeroizing};

use crate::crypto::extend_wiping;
use crate::endpoint::WsConnectAddress;
use crate::error::{Errno, Result};
use crate::io::connection::Cause;
use crate::monitor::event;
use crate::proto::mechanism;
use crate::proto::ws::layer::{Client, Layer};
use crate::proto::ws::upgrade::KEY_BYTES;
use crate::proto::zmtp::handshake::{Handshake, HandshakeConfig};
use crate::proto::{ErrorKind, HandshakeError, HandshakeEvent};
use crate::sync::Arc;
use crate::sys::fd::Fd;
use crate::sys::{epoll, net, random};

use super::super::event_loop::SessionCtx;
use super::super::timers::Purpose;
use super::authentication::{Asked, Granted, Inquiry};
use super::{Role, Session, State, Step};

/// The `ZMQ_RECONNECT_STOP` bit of failed handshakes.
const STOP_HANDSHAKE_FAILED: i32 = 2;

/// A connection before its first message.
pub(super) struct HandshakeIo {
    pub(super) stream: Arc<Fd>,
    pub(super) handshake: Handshake,
    /// The WebSocket layer that carries the handshake, if there is one.
    pub(super) layer: Option<Box<Layer>>,
    /// Input that the handshake did not take yet.
    pub(super) unread: Zeroizing<Vec<u8>>,
    /// Output that the kernel did not take yet.
    pub(super) unsent: Zeroizing<Vec<u8>>,
    /// The error for which the kernel takes no more.
    stuck: Option<Errno>,
    pub(super) peer_address: Vec<u8>,
    /// The question to the authenticator that is not answered yet.
    pub(super) inquiry: Option<Inquiry>,
    pub(super) granted: Granted,
}

impl Session {
    /// Makes the handshake; fails only if the system has no random bytes.
    pub(super) fn greet(&mut self, stream: Arc<Fd>, peer_address: Vec<u8>) -> Result<()> {
        let mechanism = mechanism::for_options(&self.options)?;
        let config = HandshakeConfig {
            socket_type: self.options.socket_type,
            routing_id: &self.options.routing_id,
            metadata: &self.options.metadata,
        };
        let (handshake, layer) = if self.web {
            let handshake = Handshake::carried(config, mechanism);
            let layer = Box::new(self.layer(&handshake)?);
            (handshake, Some(layer))
        } else {
            (Handshake::with_mechanism(config, mechanism), None)
        };
        self.state = State::Handshaking(Box::new(HandshakeIo {
            stream,
            handshake,
            layer,
            unread: Zeroizing::default(),
            unsent: Zeroizing::default(),
            stuck: None,
            peer_address,
            inquiry: None,
            granted: Granted::default(),
        }));
        Ok(())
    }

    /// Makes the WebSocket layer of this side.
    fn layer(&self, handshake: &Handshake) -> Result<Layer> {
        let Role::Dialled(dialling) = &self.role else {
            return Ok(Layer::server(handshake));
        };
        let WsConnectAddress { host, path, .. } =
            WsConnectAddress::parse(dialling.endpoint.address())?;
        let (mut key, mut seed) = ([0; KEY_BYTES], [0; 8]);
        random::fill(&mut key)?;
        random::fill(&mut seed)?;
        let client = Client { host, path, key, seed: u64::from_ne_bytes(seed) };
        Ok(Layer::client(handshake, &client))
    }

    pub(super) fn start_handshake(&mut self, ctx: &mut SessionCtx<'_>) -> Step {
        let State::Handshaking(io) = &self.state else { return Step::Remove };
        let fd = io.stream.as_raw_fd();
        if self.is_raw() {
            return self.start_raw(ctx);
        }
        if let Err(error) = self.watch_stream(ctx, fd, epoll::READABLE) {
            return self.handshake_lost(ctx, error);
        }
        if self.options.handshake_ivl > 0 {
            self.set_timer(ctx, self.options.handshake_ivl, Purpose::Deadline);
        }
        self.continue_handshake(ctx, 0)
    }

    /// Called when the handshaking stream is ready: reads, answers, and goes on when the handshake
    /// is done.
    pub(super) fn handshake_ready(&mut self, ctx: &mut SessionCtx<'_>) -> Step {
        let State::Handshaking(io) = &self.state else { return Step::Stay };
        match net::recv(io.stream.as_fd(), ctx.buffer) {
            Ok(0) => {
                let error = io.stuck.unwrap_or(Errno::EPIPE);
                self.handshake_lost(ctx, error)
            }
            Ok(read) => self.continue_handshake(ctx, read),
            Err(Errno::EAGAIN) => self.continue_handshake(ctx, 0),
            Err(error) => self.handshake_lost(ctx, error),
        }
    }

    /// Works on the bytes left over and on the first `read` bytes of the reactor's buffer.
    pub(super) fn continue_handshake(&mut self, ctx: &mut SessionCtx<'_>, read: usize) -> Step {
        let State::Handshaking(io) = &mut self.state else { return Step::Stay };
        let read = ctx.buffer.get_mut(..read).unwrap_or_default();
        let kept = extend_wiping(&mut io.unread, read);
        // All sessions use the buffer, and the input may be a password.
        read.zeroize();
        if kept.is_err() {
            return self.handshake_lost(ctx, Errno::ENOMEM);
        }
        loop {
            let State::Handshaking(io) = &mut self.state else { return Step::Stay };
            let read = io.read_on();
            if io.layer.as_mut().is_some_and(|layer| layer.take_upgraded()) {
                self.raise(event::HANDSHAKE_SUCCEEDED, 0);
            }
            match read {
                Ok(()) => {}
                Err(HandshakeError::CONNECTION) if self.web => return self.peer_left(ctx),
                Err(error) => return self.handshake_broken(ctx, error),
            }
            let State::Handshaking(io) = &mut self.state else { return Step::Stay };
            if let Some(work) = io.handshake.work() {
                if let Err(error) = ctx.work(self.id, work) {
                    return self.handshake_lost(ctx, error);
                }
                break;
            }
            let Some(question) = io.handshake.auth_request() else { break };
            match self.ask(ctx, question) {
                Asked::Waiting => break,
                Asked::Granted => {}
                Asked::Refused => return self.unasked(ctx),
            }
        }
        self.write_handshake(ctx)
    }

    /// Goes on when a worker has done the work of the handshake.
    pub fn worked(&mut self, ctx: &mut SessionCtx<'_>) -> Step {
        let State::Handshaking(io) = &mut self.state else { return Step::Stay };
        match io.handshake.resume() {
            Ok(()) => self.continue_handshake(ctx, 0),
            // This side has no credentials, or none vouch for the peer. That may change, so this is
            // no breach of the protocol.
            Err(HandshakeError::CONNECTION) => self.handshake_lost(ctx, Errno::EACCES),
            Err(error) => self.handshake_broken(ctx, error),
        }
    }

    /// Ends the handshake after the peer's close frame.
    fn peer_left(&mut self, ctx: &mut SessionCtx<'_>) -> Step {
        if let State::Handshaking(io) = &mut self.state {
            io.part(ctx.buffer);
        }
        self.handshake_lost(ctx, Errno::EPIPE)
    }

    /// Refuses the peer, because no authenticator can be asked about it.
    fn unasked(&mut self, ctx: &mut SessionCtx<'_>) -> Step {
        if let State::Handshaking(io) = &mut self.state {
            io.part(ctx.buffer);
        }
        self.handshake_lost(ctx, Errno::EFAULT)
    }

    /// Sends the output of the handshake, and goes on when the handshake is done.
    fn write_handshake(&mut self, ctx: &mut SessionCtx<'_>) -> Step {
        let State::Handshaking(io) = &mut self.state else { return Step::Stay };
        if let Err(error) = io.write_on() {
            return self.handshake_lost(ctx, error);
        }
        if let Some(established) = io.handshake.established() {
            return self.establish(ctx, established);
        }
        let fd = io.stream.as_raw_fd();
        match ctx.rewatch_session(fd, io.events(), self.id) {
            Ok(()) => Step::Stay,
            Err(error) => self.handshake_lost(ctx, error),
        }
    }

    /// Ends a handshake that the network or the time limit ended.
    pub(super) fn handshake_lost(&mut self, ctx: &mut SessionCtx<'_>, error: Errno) -> Step {
        self.raise(event::HANDSHAKE_FAILED_NO_DETAIL, error.0 as u64);
        self.end_handshake(ctx);
        self.after_handshake(ctx, Cause::Connection(error))
    }

    /// Ends a handshake in which the peer broke the protocol, or is refused.
    pub(super) fn handshake_broken(
        &mut self,
        ctx: &mut SessionCtx<'_>,
        error: HandshakeError,
    ) -> Step {
        if error.kind == ErrorKind::Memory {
            return self.handshake_lost(ctx, Errno::ENOMEM);
        }
        if let State::Handshaking(io) = &mut self.state {
            io.part(ctx.buffer);
        }
        self.raise_failure(error);
        self.end_handshake(ctx);
        let cause = match error.kind {
            ErrorKind::Protocol => Cause::Protocol(Errno::EPROTO),
            ErrorKind::Connection | ErrorKind::Memory => Cause::Connection(Errno::EPROTO),
        };
        self.after_handshake(ctx, cause)
    }

    /// Decides how the session goes on after a failed handshake.
    fn after_handshake(&mut self, ctx: &mut SessionCtx<'_>, cause: Cause) -> Step {
        if self.options.reconnect_stop & STOP_HANDSHAKE_FAILED != 0 {
            return self.give_up();
        }
        self.after_loss(ctx, cause)
    }

    pub(super) fn raise_failure(&self, error: HandshakeError) {
        match error.event {
            Some(HandshakeEvent::Protocol(code)) => {
                self.raise(event::HANDSHAKE_FAILED_PROTOCOL, u64::from(code));
            }
            Some(HandshakeEvent::Auth(status)) => {
                self.raise(event::HANDSHAKE_FAILED_AUTH, u64::from(status));
            }
            None => {}
        }
    }

    fn end_handshake(&mut self, ctx: &mut SessionCtx<'_>) {
        self.cancel_timer(ctx);
        if let State::Handshaking(io) = core::mem::replace(&mut self.state, State::Waiting) {
            let fd = io.stream.as_raw_fd();
            ctx.unwatch(fd);
            drop(io);
            self.raise(event::DISCONNECTED, fd as u64);
        }
    }
}

impl HandshakeIo {
    /// Gives the handshake the input, and keeps the bytes that it does not take yet.
    fn read_on(&mut self) -> core::result::Result<(), HandshakeError> {
        let taken = match &mut self.layer {
            None => self.handshake.input(&self.unread)?,
            Some(layer) => layer.input(&mut self.handshake, &self.unread)?,
        };
        let taken = taken.min(self.unread.len());
        self.unread.drain(..taken);
        Ok(())
    }

    /// Writes as much as the kernel takes. After an error the peer may have left a last frame, such
    /// as why it refuses this side: reading finds it, and the end. `ENOMEM`: the rest is lost.
    fn write_on(&mut self) -> Result<()> {
        let output = Zeroizing::new(match &mut self.layer {
            None => self.handshake.take_output(),
            Some(layer) => layer.take_output(&mut self.handshake).map_err(|_| Errno::ENOMEM)?,
        });
        extend_wiping(&mut self.unsent, &output)?;
        if self.unsent.is_empty() {
            return Ok(());
        }
        match net::send(self.stream.as_fd(), &self.unsent) {
            Ok(sent) => {
                let sent = sent.min(self.unsent.len());
                self.unsent.drain(..sent);
            }
            Err(Errno::EAGAIN) => {}
            Err(error) => {
                self.unsent.clear();
                self.stuck = self.stuck.or(Some(error));
            }
        }
        Ok(())
    }

    /// The events to wait for. A peer that is ahead of the handshake is not read further.
    fn events(&self) -> u32 {
        let readable = if self.unread.is_empty() { epoll::READABLE } else { 0 };
        let writable = if self.unsent.is_empty() { 0 } else { epoll::WRITABLE };
        readable | writable
    }

    /// Sends a last frame, such as why the peer is refused. Input that the peer sent meanwhile is
    /// read, since closing before would reset the connection, and the peer might lose the frame.
    fn part(&mut self, buffer: &mut [u8]) {
        let _ = self.write_on();
        let _ = net::recv(self.stream.as_fd(), buffer);
    }
}
