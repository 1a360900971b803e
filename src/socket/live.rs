//! Options that only the socket itself can answer, and what `zmq_poll` asks of it.
#![forbid(unsafe_code)]

use crate::error::Result;
use crate::options::numbers::{ZMQ_POLLIN, ZMQ_POLLOUT};
use crate::options::{Live, SocketOptions};
use crate::socket::Core;
use crate::sys::clock;

impl Core {
    /// `ZMQ_EVENTS`: what can be done now. Asks the kernel at most once in a stream gap. `ETERM`.
    pub fn events(&mut self) -> Result<i32> {
        self.process_commands()?;
        let mut readable = self.with_pattern(|pattern, env| pattern.has_in(env));
        // A program that polls the descriptor is answered only when the descriptor is unreadable again. As long
        // as messages are at hand the program comes back for them.
        if !readable || self.shared.is_exported() && self.shared.may_look(clock::ticks()) {
            self.ask_kernel()?;
            readable = self.with_pattern(|pattern, env| pattern.has_in(env));
        }
        self.look();
        let writable = self.with_pattern(|pattern, env| pattern.has_out(env));
        Ok(if readable { ZMQ_POLLIN } else { 0 } | if writable { ZMQ_POLLOUT } else { 0 })
    }

    /// [`Core::events`] for who waits if there are none: the kernel need not be asked now if that is done in
    /// the wait. `ETERM`.
    pub fn events_before_wait(&mut self, wanted: i32) -> Result<i32> {
        if self.trusts_yielding() { self.known_events(wanted) } else { self.events() }
    }

    /// Which of the `wanted` events there are, without asking the kernel. `ETERM`.
    pub fn known_events(&mut self, wanted: i32) -> Result<i32> {
        self.process_commands()?;
        let asks = |event| wanted & event != 0;
        let readable = asks(ZMQ_POLLIN) && self.with_pattern(|pattern, env| pattern.has_in(env));
        self.look();
        let writable = asks(ZMQ_POLLOUT) && self.with_pattern(|pattern, env| pattern.has_out(env));
        Ok(if readable { ZMQ_POLLIN } else { 0 } | if writable { ZMQ_POLLOUT } else { 0 })
    }
}

impl Live for Core {
    fn values(&self) -> &SocketOptions {
        &self.options
    }

    fn rcvmore(&mut self) -> i32 {
        i32::from(self.rcvmore)
    }

    fn fd(&mut self) -> Result<i32> {
        self.shared.export_fd()
    }

    fn events(&mut self) -> Result<i32> {
        Core::events(self)
    }

    fn last_endpoint(&mut self) -> String {
        String::from_utf8_lossy(&self.last_endpoint).into_owned()
    }

    fn topics_count(&mut self) -> Result<i32> {
        self.process_commands()?;
        let count = self.pattern.topics_count()?;
        Ok(i32::try_from(count).unwrap_or(i32::MAX))
    }

    fn stream_routing_id(&mut self) -> Option<Vec<u8>> {
        self.pattern.newest_routing_id().map(<[u8]>::to_vec)
    }
}
