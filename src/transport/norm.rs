//! NORM: a stream of each sender. Used by one thread at a time.
#![forbid(unsafe_code)]

use core::time::Duration;

use crate::endpoint::NormAddress;
use crate::error::Result;
use crate::options::SocketOptions;
use crate::sys::norm::{self, Session, Settings};
use crate::transport::multicast::{Carries, Channel, Heard, News, Sent, Waits};

struct Norm(Session);

/// Joins a group, or sends to one machine.
pub fn open(address: &[u8], options: &SocketOptions) -> Result<Box<dyn Channel>> {
    let address = NormAddress::parse(address)?;
    let sends = options.socket_type.publishes();
    let session = Session::open(&Settings {
        address: &address.host,
        port: address.port,
        interface: address.interface.as_deref(),
        node: address.node,
        sends,
        hops: u8::try_from(options.multicast_hops).unwrap_or(u8::MAX),
        tos: u8::try_from(options.tos).unwrap_or(0),
        buffer: u32::try_from(if sends { options.sndbuf } else { options.rcvbuf }).ok(),
    })?;
    Ok(Box::new(Norm(session)))
}

impl Channel for Norm {
    fn carries(&self) -> Carries {
        Carries::Stream
    }

    fn send(&mut self, bytes: &[u8]) -> Sent {
        match self.0.write(bytes) {
            0 => Sent::Later,
            written => Sent::Taken(written),
        }
    }

    fn end_unit(&mut self) {
        self.0.mark();
    }

    fn flush(&mut self) {
        self.0.flush();
    }

    fn is_drained(&self) -> bool {
        self.0.is_drained()
    }

    fn receive(&mut self, heard: &mut Heard<'_>) -> bool {
        self.0.receive(&mut |source, news| {
            let news = match news {
                norm::News::Data(bytes) => News::Data(bytes),
                norm::News::Lost => News::Lost,
                norm::News::Gone => News::Gone,
            };
            heard(source, news)
        })
    }

    fn waits(&self) -> Vec<Waits> {
        self.0.descriptor().map(|fd| Waits { fd, output: false }).into_iter().collect()
    }

    fn due(&self) -> Option<Duration> {
        None
    }
}
