//! Heartbeats (RFC 37, "Connection Heartbeating"; `ZMQ_HEARTBEAT_*`) as a value: times are passed
//! in, deadlines come out.
//!
//! Part of a running connection, under the connection's lock. All times are milliseconds of the
//! caller's monotonic clock. Every connection needs one, also with `ZMQ_HEARTBEAT_IVL` 0, because
//! the peer's PINGs may ask to be watched.
#![forbid(unsafe_code)]

/// The next action of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HeartbeatAction {
    /// Send a PING with [`Heartbeat::ttl_ds`].
    SendPing,
    /// The peer has been silent for too long: close, and dial again if this side connects.
    TimedOut,
    Nothing,
}

/// The three timers of a connection.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    ivl: u64,
    ttl_ds: u16,
    /// The time in ms in which a PING of this side's must be answered; 0: no limit.
    timeout: u64,
    next_ping: Option<u64>,
    /// Set by a PING of this side's that no frame has followed yet.
    answer_due: Option<u64>,
    /// Set by a PING of the peer's that no frame has followed yet.
    ttl_end: Option<u64>,
    /// The time to live in that PING.
    ttl: u64,
}

impl Heartbeat {
    /// Starts at the end of the handshake. `ivl_ms` 0 sends no PINGs; `ttl_ds` is tenths of a
    /// second; `timeout_ms` negative means `ivl_ms` and 0 means never.
    pub fn new(ivl_ms: i32, ttl_ds: u16, timeout_ms: i32, now: u64) -> Self {
        let ivl = u64::try_from(ivl_ms).unwrap_or(0);
        let timeout = u64::try_from(timeout_ms).unwrap_or(ivl);
        let next_ping = (ivl > 0).then(|| now.saturating_add(ivl));
        Heartbeat { ivl, ttl_ds, timeout, next_ping, answer_due: None, ttl_end: None, ttl: 0 }
    }

    /// The TTL to send in a PING, in tenths of a second.
    pub fn ttl_ds(&self) -> u16 {
        self.ttl_ds
    }

    /// A complete frame of any kind has come. Call it before [`Heartbeat::on_ping`].
    #[inline]
    pub fn on_traffic(&mut self) {
        self.answer_due = None;
        self.ttl_end = None;
    }

    /// A part of a frame has come: the peer lives, and gets its full time again for the rest.
    pub fn on_part(&mut self, now: u64) {
        self.answer_due = self.answer_due.map(|_| now.saturating_add(self.timeout));
        self.ttl_end = self.ttl_end.map(|_| now.saturating_add(self.ttl));
    }

    /// The frame was a PING.
    pub fn on_ping(&mut self, ttl_ds: u16, now: u64) {
        if ttl_ds > 0 {
            self.ttl = u64::from(ttl_ds) * 100;
            self.ttl_end = Some(now.saturating_add(self.ttl));
        }
    }

    /// When [`Heartbeat::on_timer`] wants to be called.
    pub fn next_deadline(&self) -> Option<u64> {
        let never = u64::MAX;
        let deadlines = [self.next_ping, self.answer_due, self.ttl_end];
        let next = deadlines.map(|at| at.unwrap_or(never)).into_iter().fold(never, u64::min);
        (next != never).then_some(next)
    }

    /// Whether the peer has been silent for too long, unless bytes of its were not read.
    pub fn is_overdue(&self, now: u64) -> bool {
        [self.answer_due, self.ttl_end].into_iter().flatten().any(|at| at <= now)
    }

    /// Call it at the deadline, after reading the bytes that the peer has sent by then; earlier
    /// does no harm.
    pub fn on_timer(&mut self, now: u64) -> HeartbeatAction {
        if self.is_overdue(now) {
            return HeartbeatAction::TimedOut;
        }
        if self.next_ping.is_none_or(|at| at > now) {
            return HeartbeatAction::Nothing;
        }
        self.next_ping = Some(now.saturating_add(self.ivl));
        if self.timeout > 0 && self.answer_due.is_none() {
            self.answer_due = Some(now.saturating_add(self.timeout));
        }
        HeartbeatAction::SendPing
    }
}

#[cfg(test)]
mod tests {
    use super::HeartbeatAction::*;
    use super::*;

    #[test]
    fn off_by_default() {
        let mut heartbeat = Heartbeat::new(0, 0, -1, 100);
        assert_eq!(heartbeat.next_deadline(), None);
        assert_eq!(heartbeat.on_timer(u64::MAX), Nothing);
    }

    #[test]
    fn a_silent_peer_times_out_one_interval_after_the_first_ping() {
        let mut heartbeat = Heartbeat::new(50, 3, -1, 1000);
        assert_eq!(heartbeat.ttl_ds(), 3);
        assert_eq!(heartbeat.next_deadline(), Some(1050));
        assert_eq!(heartbeat.on_timer(1049), Nothing);
        assert_eq!(heartbeat.on_timer(1050), SendPing);
        assert_eq!(heartbeat.next_deadline(), Some(1100));
        assert_eq!(heartbeat.on_timer(1100), TimedOut);
    }

    #[test]
    fn pings_go_on_while_a_longer_timeout_runs() {
        let mut heartbeat = Heartbeat::new(50, 0, 200, 0);
        let mut pings = 0;
        let end = loop {
            let now = heartbeat.next_deadline().unwrap();
            match heartbeat.on_timer(now) {
                SendPing => pings += 1,
                action => break (now, action),
            }
        };
        assert_eq!((end, pings), ((250, TimedOut), 4));
    }

    #[test]
    fn any_traffic_stops_the_timeout() {
        let mut heartbeat = Heartbeat::new(50, 0, -1, 0);
        for now in (50..1000).step_by(50) {
            assert_eq!(heartbeat.on_timer(now), SendPing);
            heartbeat.on_traffic();
        }
    }

    #[test]
    fn a_part_of_a_frame_is_no_sign_of_life_for_ever() {
        let mut heartbeat = Heartbeat::new(0, 0, -1, 0);
        heartbeat.on_part(10);
        assert_eq!(heartbeat.next_deadline(), None);
        heartbeat.on_ping(3, 10);
        heartbeat.on_part(310);
        assert_eq!(heartbeat.next_deadline(), Some(610));
        assert_eq!(heartbeat.on_timer(610), TimedOut);
        let mut heartbeat = Heartbeat::new(50, 0, 20, 0);
        assert_eq!(heartbeat.on_timer(50), SendPing);
        heartbeat.on_part(70);
        assert_eq!(heartbeat.next_deadline(), Some(90));
        assert_eq!(heartbeat.on_timer(90), TimedOut);
    }

    #[test]
    fn timeout_zero_is_never() {
        let mut heartbeat = Heartbeat::new(50, 0, 0, 0);
        for now in (50..1000).step_by(50) {
            assert_eq!(heartbeat.on_timer(now), SendPing);
        }
    }

    #[test]
    fn the_peers_ttl_counts_without_an_interval() {
        let mut heartbeat = Heartbeat::new(0, 0, -1, 0);
        heartbeat.on_traffic();
        heartbeat.on_ping(3, 10);
        assert_eq!(heartbeat.next_deadline(), Some(310));
        heartbeat.on_traffic();
        assert_eq!(heartbeat.next_deadline(), None);
        heartbeat.on_ping(u16::MAX, 10);
        assert_eq!(heartbeat.on_timer(6_553_509), Nothing);
        assert_eq!(heartbeat.on_timer(6_553_510), TimedOut);
        heartbeat.on_traffic();
        heartbeat.on_ping(0, 10);
        assert_eq!(heartbeat.next_deadline(), None);
    }
}
