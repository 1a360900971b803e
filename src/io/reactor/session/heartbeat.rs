//! Heartbeats of a session's connection (RFC 37); with WebSockets, the PING and PONG of RFC 6455,
//! which have no time to live.
//!
//! I/O thread.
#![forbid(unsafe_code)]

use crate::error::Errno;
use crate::io::connection::{Cause, Traffic};
use crate::proto::ws::frame::Control;
use crate::proto::zmtp::command;
use crate::proto::zmtp::heartbeat::{Heartbeat, HeartbeatAction};
use crate::sys::{clock, epoll};

use super::super::event_loop::SessionCtx;
use super::super::timers::{Key, Purpose};
use super::{Session, Step};

/// Pause before the next look, in nanoseconds, after one that found another thread reading.
const RETRY: u64 = 10 * MILLISECOND;

/// Nanoseconds in a millisecond.
const MILLISECOND: u64 = 1_000_000;

/// The time of the heartbeat in milliseconds, rounded up so that it has reached the deadline of a
/// timer that has expired.
fn millis() -> u64 {
    clock::nanos().div_ceil(MILLISECOND)
}

/// The heartbeat of a connection, and its timer.
pub(super) struct Beat {
    heartbeat: Heartbeat,
    timer: Option<Key>,
}

impl Session {
    pub(super) fn start_heartbeat(&mut self, ctx: &mut SessionCtx<'_>) {
        if !self.modern && !self.web {
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
            .map(|at| ctx.timers.set(at * MILLISECOND, self.id, Purpose::Heartbeat));
        self.heartbeat = Some(beat);
    }

    pub(super) fn stop_heartbeat(&mut self, ctx: &mut SessionCtx<'_>) {
        if let Some(beat) = self.heartbeat.take() {
            ctx.timers.cancel(beat.timer);
        }
    }

    /// Notes input that is thrown away.
    pub(super) fn note_life(&mut self) {
        if let Some(beat) = &mut self.heartbeat {
            beat.heartbeat.on_traffic();
        }
    }

    /// Takes notice of the input that was read.
    fn hear(&mut self, now: u64) {
        let (Some(beat), Some(connection)) = (&mut self.heartbeat, &self.connection) else {
            return;
        };
        match connection.take_traffic() {
            Traffic::None => {}
            Traffic::Part => beat.heartbeat.on_part(now),
            Traffic::Frame => beat.heartbeat.on_traffic(),
        }
        if let Some(ttl) = connection.take_ping() {
            beat.heartbeat.on_ping(ttl, now);
        }
    }

    /// Reads input that may have come while the process stood still, or while no thread had time to
    /// look.
    fn look_late(&mut self, ctx: &mut SessionCtx<'_>) -> Step {
        if self.guard.is_some() {
            return self.drain_ready(ctx, epoll::READABLE);
        }
        if let Some(connection) = &self.connection {
            connection.resume();
        }
        Step::Stay
    }

    /// Called when the timer is due, or when a PING came that sets one.
    pub fn beat(&mut self, ctx: &mut SessionCtx<'_>) -> Step {
        let now = millis();
        self.hear(now);
        if self.heartbeat.as_ref().is_some_and(|beat| beat.heartbeat.is_overdue(now)) {
            if self.look_late(ctx) == Step::Remove {
                return Step::Remove;
            }
            self.hear(now);
        }
        let (Some(beat), Some(connection)) = (&mut self.heartbeat, &self.connection) else {
            return Step::Stay;
        };
        ctx.timers.cancel(beat.timer.take());
        if beat.heartbeat.is_overdue(now) && connection.is_being_read() {
            // Another thread holds input of the peer and may not be running. That proves nothing
            // about the peer.
            let at = clock::nanos() + RETRY;
            beat.timer = Some(ctx.timers.set(at, self.id, Purpose::Heartbeat));
            return Step::Stay;
        }
        match beat.heartbeat.on_timer(now) {
            HeartbeatAction::Nothing => {}
            HeartbeatAction::SendPing => {
                let ping = if self.web {
                    Control::Ping.queued(&[])
                } else {
                    command::ping_body(self.options.heartbeat_ttl, &[])
                };
                connection.send_command(&ping);
            }
            HeartbeatAction::TimedOut => {
                let epoch = connection.epoch();
                return self.lost(ctx, epoch, Cause::Connection(Errno::ETIMEDOUT));
            }
        }
        beat.timer = beat
            .heartbeat
            .next_deadline()
            .map(|at| ctx.timers.set(at * MILLISECOND, self.id, Purpose::Heartbeat));
        Step::Stay
    }
}
