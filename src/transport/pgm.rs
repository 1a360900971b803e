//! PGM, bare or in UDP datagrams. Used by one thread at a time.
#![forbid(unsafe_code)]

use core::time::Duration;

use crate::endpoint::PgmAddress;
use crate::error::{Errno, Result};
use crate::options::SocketOptions;
use crate::sys::pgm::{self, LEAST_PACKET, Received, Settings, Socket};
use crate::transport::multicast::{Carries, Channel, Heard, News, Sent, Waits};

/// The PGM library keeps a slot for each packet that can be repaired, for each source again; a
/// larger window would waste memory.
const LARGEST_WINDOW: i64 = 1 << 22;

/// The PGM library says 0 or nearly so when less than a millisecond is left.
const SHORTEST_WAIT: Duration = Duration::from_millis(1);

/// The pause after a failure that may pass.
const AFTER_FAILURE: Duration = Duration::from_millis(20);

struct Pgm {
    socket: Socket,
    sends: bool,
    /// Whether the last attempt to send left something to wait for.
    waits_for_output: bool,
    send_due: Option<Duration>,
    /// The result of the last attempt to receive.
    received: Received,
}

/// Joins a group; bare PGM needs `CAP_NET_RAW` (`EPERM`).
pub fn open(udp: bool, address: &[u8], options: &SocketOptions) -> Result<Box<dyn Channel>> {
    let address = PgmAddress::parse(address)?;
    let settings = settings(udp, address.port, options)?;
    let socket = Socket::open(&address.network, address.send.as_deref(), &settings)?;
    Ok(Box::new(Pgm {
        socket,
        sends: settings.sends,
        waits_for_output: false,
        send_due: None,
        received: Received::None,
    }))
}

/// `EINVAL`: packets that are too small or too large; for a sender also a rate of less than one
/// packet in a second.
fn settings(udp: bool, port: u16, options: &SocketOptions) -> Result<Settings> {
    let packet = u16::try_from(options.multicast_maxtpdu).map_err(|_| Errno::EINVAL)?;
    let sends = options.socket_type.publishes();
    // A kilobit in a second is 125 bytes.
    let rate = options.rate.saturating_mul(125);
    if packet < LEAST_PACKET || (sends && rate < i32::from(packet)) {
        return Err(Errno::EINVAL);
    }
    let kept = i64::from(options.recovery_ivl) * i64::from(options.rate) / 8;
    let window = (kept / i64::from(packet)).clamp(1, LARGEST_WINDOW);
    Ok(Settings {
        port,
        udp,
        sends,
        packet,
        rate,
        window: i32::try_from(window).unwrap_or(1),
        hops: options.multicast_hops,
        send_buffer: (options.sndbuf >= 0).then_some(options.sndbuf),
        receive_buffer: (options.rcvbuf >= 0).then_some(options.rcvbuf),
    })
}

impl Channel for Pgm {
    fn carries(&self) -> Carries {
        Carries::Datagrams { capacity: self.socket.capacity() }
    }

    fn send(&mut self, bytes: &[u8]) -> Sent {
        let sent = self.socket.send(bytes);
        self.waits_for_output = sent == pgm::Sent::Blocked;
        self.send_due = (sent == pgm::Sent::Limited).then(|| at_least(self.socket.rate_wait()));
        if sent == pgm::Sent::Done { Sent::Taken(bytes.len()) } else { Sent::Later }
    }

    fn receive(&mut self, heard: &mut Heard<'_>) -> bool {
        let received = self.socket.receive(&mut |source, news| {
            let news = match news {
                pgm::News::Data(bytes) => News::Data(bytes),
                pgm::News::Lost => News::Lost,
            };
            // The next datagram after a malformed one is read for itself.
            heard(source, news);
        });
        self.received = received;
        received == Received::Some
    }

    fn waits(&self) -> Vec<Waits> {
        let inputs = self.socket.inputs().map(|fd| Waits { fd, output: false });
        let output = self.socket.output().filter(|_| self.sends && self.waits_for_output);
        inputs.chain(output.map(|fd| Waits { fd, output: true })).collect()
    }

    fn due(&self) -> Option<Duration> {
        // Asked now, because messages sent meanwhile have to be announced earlier.
        let receive_due = match self.received {
            Received::Some | Received::None => None,
            Received::Timed => Some(at_least(self.socket.timer_wait())),
            Received::Limited => Some(at_least(self.socket.rate_wait())),
            Received::Failed => Some(AFTER_FAILURE),
        };
        [self.send_due, receive_due].into_iter().flatten().min()
    }
}

fn at_least(time: Duration) -> Duration {
    time.max(SHORTEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::SocketType;

    fn with(change: impl FnOnce(&mut SocketOptions)) -> Result<Settings> {
        let mut options = SocketOptions::new(SocketType::Pub);
        change(&mut options);
        settings(true, 5555, &options)
    }

    #[test]
    fn windows_hold_what_is_sent_during_the_recovery_interval() {
        let usual = with(|_| ()).expect("defaults");
        assert_eq!((usual.rate, usual.window, usual.packet), (12_500, 83, 1500));
        assert_eq!((usual.hops, usual.send_buffer, usual.receive_buffer), (1, None, None));
        assert_eq!(with(|o| o.recovery_ivl = 0).map(|s| s.window), Ok(1));
        let fast = with(|o| (o.rate, o.recovery_ivl) = (i32::MAX, i32::MAX)).expect("valid");
        assert_eq!((fast.rate, i64::from(fast.window)), (i32::MAX, LARGEST_WINDOW));
    }

    #[test]
    fn what_the_library_would_not_survive() {
        for tpdu in [1, 127, 65_536, i32::MAX] {
            assert_eq!(with(|o| o.multicast_maxtpdu = tpdu).err(), Some(Errno::EINVAL), "{tpdu}");
        }
        assert_eq!(with(|o| o.rate = 11).err(), Some(Errno::EINVAL));
        assert!(with(|o| o.rate = 12).is_ok());
        assert!(with(|o| (o.socket_type, o.rate) = (SocketType::Sub, 1)).is_ok());
    }
}
