//! A session that has reached a SOCKS5 proxy and asks it for the connection to its peer (RFC 1928).
//!
//! I/O thread. Until the proxy has connected, this is part of the attempt: a failure closes the
//! descriptor and leads to the next attempt. The monitor sees the proxy as the endpoint.
#![forbid(unsafe_code)]

use std::os::fd::{AsFd, AsRawFd, OwnedFd};

use zeroize::Zeroizing;

use crate::crypto::extend_wiping;
use crate::endpoint::{TcpConnectAddress, Unresolved};
use crate::error::{Errno, Result};
use crate::options::SocketOptions;
use crate::proto::socks5::{Dialogue, Host, Login, SocksError};
use crate::sys::{epoll, net};

use super::super::event_loop::SessionCtx;
use super::super::timers::Purpose;
use super::{Role, Session, State, Step};

/// A dialogue under way.
pub(super) struct Asking {
    pub(super) stream: OwnedFd,
    dialogue: Dialogue,
    /// Output that the kernel did not take yet.
    unsent: Zeroizing<Vec<u8>>,
}

impl Session {
    /// Begins the dialogue with the proxy. A running limit of the attempt goes on; without one the
    /// limit of handshakes holds, because the proxy may stay silent.
    pub(super) fn ask_proxy(&mut self, ctx: &mut SessionCtx<'_>, stream: OwnedFd) -> Step {
        let Role::Dialled(dialling) = &self.role else { return Step::Remove };
        let Some(peer) = &dialling.peer else { return Step::Remove };
        let dialogue = open(peer, &self.options);
        let fd = stream.as_raw_fd();
        self.state =
            State::Proxying(Box::new(Asking { stream, dialogue, unsent: Zeroizing::default() }));
        if let Err(error) = self.watch_stream(ctx, fd, epoll::READABLE) {
            return self.proxy_failed(ctx, error);
        }
        let limits = [self.options.connect_timeout, self.options.handshake_ivl];
        if self.timer.is_none()
            && let Some(limit) = limits.into_iter().find(|limit| *limit > 0)
        {
            self.set_timer(ctx, limit, Purpose::Deadline);
        }
        self.continue_asking(ctx)
    }

    /// Called when the stream is ready: reads, answers, and goes on to the peer when the proxy has
    /// connected.
    pub(super) fn proxy_ready(&mut self, ctx: &mut SessionCtx<'_>) -> Step {
        let State::Proxying(asking) = &mut self.state else { return Step::Stay };
        match asking.read(ctx.buffer) {
            Ok(()) | Err(Errno::EAGAIN) => self.continue_asking(ctx),
            Err(error) => self.proxy_failed(ctx, error),
        }
    }

    fn continue_asking(&mut self, ctx: &mut SessionCtx<'_>) -> Step {
        match core::mem::replace(&mut self.state, State::Waiting) {
            State::Proxying(asking) if asking.dialogue.is_done() => {
                ctx.unwatch(asking.stream.as_raw_fd());
                self.cancel_timer(ctx);
                self.peer_reached(ctx, asking.stream)
            }
            State::Proxying(mut asking) => {
                let written = asking.write();
                let writable = if asking.unsent.is_empty() { 0 } else { epoll::WRITABLE };
                let fd = asking.stream.as_raw_fd();
                self.state = State::Proxying(asking);
                let watched = written
                    .and_then(|()| ctx.rewatch_session(fd, epoll::READABLE | writable, self.id));
                match watched {
                    Ok(()) => Step::Stay,
                    Err(error) => self.proxy_failed(ctx, error),
                }
            }
            other => {
                self.state = other;
                Step::Stay
            }
        }
    }

    /// Ends an attempt: the proxy refused, fell silent, or is no proxy.
    pub(super) fn proxy_failed(&mut self, ctx: &mut SessionCtx<'_>, error: Errno) -> Step {
        self.cancel_timer(ctx);
        match core::mem::replace(&mut self.state, State::Waiting) {
            State::Proxying(asking) => {
                ctx.unwatch(asking.stream.as_raw_fd());
                self.close_attempt(ctx, asking.stream, error)
            }
            other => {
                self.state = other;
                Step::Stay
            }
        }
    }
}

impl Asking {
    /// Reads once, and no bytes behind the dialogue. If the dialogue has failed, the rest is read
    /// too, since closing before would reset the connection.
    fn read(&mut self, buffer: &mut [u8]) -> Result<()> {
        let most = self.dialogue.wanted();
        let answer = buffer.get_mut(..most).ok_or(Errno::EPROTO)?;
        let read = net::recv(self.stream.as_fd(), answer)?;
        if read == 0 {
            return Err(Errno::EPIPE);
        }
        self.dialogue.input(answer.get(..read).unwrap_or_default()).map_err(|error| {
            let _ = net::recv(self.stream.as_fd(), buffer);
            errno(error)
        })
    }

    fn write(&mut self) -> Result<()> {
        extend_wiping(&mut self.unsent, &Zeroizing::new(self.dialogue.take_output()))?;
        if self.unsent.is_empty() {
            return Ok(());
        }
        match net::send(self.stream.as_fd(), &self.unsent) {
            Ok(sent) => {
                let sent = sent.min(self.unsent.len());
                self.unsent.drain(..sent);
            }
            Err(Errno::EAGAIN) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}

/// The dialogue for a peer's address.
fn open(peer: &[u8], options: &SocketOptions) -> Dialogue {
    let Unresolved { ip, name, port } =
        TcpConnectAddress::unchecked(peer, options.ipv6).unresolved();
    let host = ip.map_or(Host::Name(name), Host::Ip);
    let login = (!options.socks_username.is_empty()).then(|| Login {
        username: options.socks_username.clone(),
        password: options.socks_password.clone(),
    });
    Dialogue::new(host, port, login)
}

/// The `errno` of a failed dialogue. A refusal by the proxy does not count as one by the peer:
/// `ZMQ_RECONNECT_STOP` ignores it.
fn errno(error: SocksError) -> Errno {
    match error {
        SocksError::Method | SocksError::Login => Errno(libc::EACCES),
        SocksError::Refused(_) => Errno(libc::EHOSTUNREACH),
        SocksError::Malformed | SocksError::Unspeakable => Errno::EPROTO,
    }
}
