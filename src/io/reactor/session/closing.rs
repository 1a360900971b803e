//! A session that ends: the socket, the endpoint or the listener was closed. Queued messages go out
//! first if lingering allows.
//!
//! I/O thread.
#![forbid(unsafe_code)]

use std::os::fd::{AsFd, AsRawFd};

use crate::adapt::drain_timer::DrainTimer;
use crate::error::Errno;
use crate::io::connection::{Cause, Connection};
use crate::sync::Arc;
use crate::sys::{epoll, net};

use super::super::event_loop::SessionCtx;
use super::super::listen::SHORTAGE_PAUSE;
use super::super::timers::Purpose;
use super::super::{DrainGuard, from_now};
use super::{Session, State, Step};

/// Reads in one turn whose bytes are thrown away.
const MOST_READS: usize = 16;

/// Interval between two checks whether an ending connection is idle, in milliseconds.
const IDLE_CHECK: i32 = 5;

impl Session {
    /// Called when the socket has closed its end: queued messages get `linger` milliseconds.
    pub fn close(
        &mut self,
        ctx: &mut SessionCtx<'_>,
        closed: &Arc<Connection>,
        linger: i32,
        guard: DrainGuard,
    ) -> Step {
        if !self.connection.as_ref().is_some_and(|own| Arc::ptr_eq(own, closed)) {
            // `closed` is an earlier connection of an endpoint that gets a new pipe with each.
            return Step::Stay;
        }
        self.guard = Some(guard);
        let drained = self.connection.as_ref().is_none_or(|connection| connection.is_drained());
        if linger == 0 || drained {
            return Step::Remove;
        }
        if linger > 0 {
            self.linger = Some(ctx.timers.set(from_now(linger), self.id, Purpose::Linger));
        }
        if matches!(self.state, State::Running(_)) {
            return self.drain(ctx);
        }
        // The session is not connected and will not be.
        let waiting = matches!(self.state, State::Waiting);
        if waiting && self.options.reconnect_ivl <= 0 && self.timer.is_none() {
            return Step::Remove;
        }
        Step::Stay
    }

    /// Called when the endpoint was disconnected: ends the session now, unless it has something to
    /// drain.
    pub fn cancel(&mut self, ctx: &mut SessionCtx<'_>, linger: i32) -> Step {
        if self.guard.is_some() { Step::Stay } else { self.unlistened(ctx, linger) }
    }

    /// Called when the listener or endpoint was closed and the pipe is still read: ends the
    /// connection when all queued messages have gone out.
    pub fn unlistened(&mut self, ctx: &mut SessionCtx<'_>, linger: i32) -> Step {
        let Some(connection) = self.connection.clone() else { return Step::Remove };
        connection.flush();
        if linger == 0 || connection.is_idle() {
            self.stop_heartbeat(ctx);
            connection.finish();
            return Step::Remove;
        }
        self.ending = true;
        self.watch_idle(ctx);
        if linger > 0 {
            self.linger = Some(ctx.timers.set(from_now(linger), self.id, Purpose::Linger));
        }
        Step::Stay
    }

    /// Checks again after [`IDLE_CHECK`] whether all queued messages have gone out.
    fn watch_idle(&mut self, ctx: &mut SessionCtx<'_>) {
        self.set_timer(ctx, IDLE_CHECK, Purpose::Deadline);
    }

    /// Goes on writing in the I/O thread; input is thrown away.
    pub(super) fn drain(&mut self, ctx: &mut SessionCtx<'_>) -> Step {
        let (State::Running(stream), Some(connection)) = (&self.state, &self.connection) else {
            return Step::Remove;
        };
        let (stream, connection) = (stream.clone(), connection.clone());
        connection.unregister();
        if !self.ending {
            // The timer of a connection which could not be watched.
            self.cancel_timer(ctx);
        }
        let events = epoll::READABLE | epoll::WRITABLE | epoll::EDGE;
        let watched = ctx.watch_session(stream.as_raw_fd(), events, self.id);
        connection.write_ready();
        connection.flush();
        if watched.is_err() {
            // No poller would report room, so this is tried again after [`SHORTAGE_PAUSE`].
            self.set_timer(ctx, SHORTAGE_PAUSE, Purpose::Deadline);
        }
        self.check_drained()
    }

    pub(super) fn check_drained(&self) -> Step {
        match &self.connection {
            Some(connection) if !connection.is_drained() => Step::Stay,
            _ => Step::Remove,
        }
    }

    pub(super) fn drain_ready(&mut self, ctx: &mut SessionCtx<'_>, flags: u32) -> Step {
        let Some(connection) = self.connection.clone() else { return Step::Remove };
        if flags & (epoll::WRITABLE | epoll::BROKEN) != 0 {
            connection.write_ready();
            if self.check_drained() == Step::Remove {
                return Step::Remove;
            }
        }
        if flags & (epoll::READABLE | epoll::BROKEN) != 0 {
            for _ in 0..MOST_READS {
                let State::Running(stream) = &self.state else { return Step::Stay };
                match net::recv(stream.as_fd(), ctx.buffer) {
                    Ok(0) => {
                        let cause = Cause::Connection(Errno::EPIPE);
                        return self.lost(ctx, connection.epoch(), cause);
                    }
                    Ok(_) => self.note_life(),
                    Err(Errno::EAGAIN) => return Step::Stay,
                    Err(error) => {
                        return self.lost(ctx, connection.epoch(), Cause::Connection(error));
                    }
                }
            }
            // The edge-triggered poller does not report this again: leave the rest to another turn.
            self.owner.unfinished(self.id);
        }
        Step::Stay
    }

    /// Goes on with bytes that exceeded one turn, to write or to throw away.
    pub fn write_on(&mut self, ctx: &mut SessionCtx<'_>) -> Step {
        let Some(connection) = self.connection.clone() else { return Step::Stay };
        connection.write_on();
        if self.guard.is_none() {
            return Step::Stay;
        }
        match self.check_drained() {
            Step::Stay => self.drain_ready(ctx, epoll::READABLE),
            Step::Remove => Step::Remove,
        }
    }

    /// Writes the deferred bytes of a streaming caller; sets `goes_on` if the drain timer goes on.
    pub fn drain_deferred(&self, visit: &mut DrainTimer, goes_on: &mut bool) -> Step {
        if let Some(connection) = &self.connection {
            *goes_on = connection.drain_deferred(|moved| visit.is_fast(moved));
            if self.guard.is_some() {
                return self.check_drained();
            }
        }
        Step::Stay
    }

    /// Gives everything up; the last call to a session.
    pub fn end(mut self, ctx: &mut SessionCtx<'_>) {
        self.cancel_timer(ctx);
        self.stop_heartbeat(ctx);
        ctx.timers.cancel(self.linger.take());
        match &self.state {
            State::Connecting(fd) => ctx.unwatch(fd.as_raw_fd()),
            State::Proxying(asking) => ctx.unwatch(asking.stream.as_raw_fd()),
            State::Handshaking(io) => ctx.unwatch(io.stream.as_raw_fd()),
            State::Running(stream) if self.guard.is_some() => ctx.unwatch(stream.as_raw_fd()),
            _ => {}
        }
        if let Some(connection) = &self.connection {
            connection.disconnect();
        }
    }
}
