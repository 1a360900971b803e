//! SUB: takes the messages it subscribed to from the publishers in turn (RFC 29). An XSUB that
//! filters and sends nothing else. Under the socket's lock.
#![forbid(unsafe_code)]

use crate::error::{Errno, Result};
use crate::options::SocketOptions;
use crate::pattern::xsub::Xsub;
use crate::pattern::{Env, Outgoing, Pattern};
use crate::pipe::PipeId;
use crate::queue::Incoming;

#[derive(Default)]
pub struct Sub {
    xsub: Xsub,
}

impl Sub {
    /// The pipe that the next wanted frame comes from. Messages that are not wanted are dropped, as
    /// many as the call may. Publishers filter too, but not all can, and they learn of a change
    /// later.
    fn select(&mut self, env: &mut Env<'_>) -> Option<PipeId> {
        if let Some(id) = self.xsub.inward.promised() {
            return Some(id);
        }
        loop {
            let id = self.xsub.inward.select(env)?;
            if self.xsub.inward.inside_message() {
                return Some(id);
            }
            let first = env.pipes.get_mut(id)?.reader.peek()?;
            if self.xsub.filter.matches(first) != env.options.invert_matching {
                return Some(id);
            }
            if !self.xsub.inward.skip(env) {
                return None;
            }
        }
    }
}

impl Pattern for Sub {
    fn attach(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.xsub.attach(env, pipe);
    }

    fn connected(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.xsub.connected(env, pipe);
    }

    fn disconnected(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.xsub.disconnected(env, pipe);
    }

    fn closed(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.xsub.closed(env, pipe);
    }

    fn detach(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.xsub.detach(env, pipe);
    }

    fn readable(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.xsub.readable(env, pipe);
    }

    fn writable(&mut self, _env: &mut Env<'_>, _pipe: PipeId) {}

    fn send(&mut self, _env: &mut Env<'_>, _frame: Outgoing<'_>) -> Result<()> {
        Err(Errno::ENOTSUP)
    }

    fn recv<'p>(&'p mut self, env: &'p mut Env<'_>) -> Result<Incoming<'p>> {
        let id = self.select(env).ok_or(Errno::EAGAIN)?;
        self.xsub.inward.take(env, id).ok_or(Errno::EAGAIN)
    }

    fn has_in(&mut self, env: &mut Env<'_>) -> bool {
        self.select(env).is_some() && self.xsub.inward.promise(env)
    }

    fn has_out(&mut self, _env: &mut Env<'_>) -> bool {
        false
    }

    fn fast_path_in(&self, options: &SocketOptions) -> Option<PipeId> {
        let unfiltered = self.xsub.filter.wants_everything() && !options.invert_matching;
        if unfiltered { self.xsub.inward.fast_path() } else { None }
    }

    fn subscribe(&mut self, env: &mut Env<'_>, topic: &[u8], on: bool) -> Result<()> {
        self.xsub.change(env, on, topic);
        Ok(())
    }

    fn topics_count(&self) -> Result<usize> {
        self.xsub.topics_count()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;
    use crate::error::Errno;
    use crate::options::SocketType;

    #[test]
    fn filters_on_the_first_frame() {
        let mut bench = Bench::new(SocketType::Sub);
        let a = bench.attach(b"");
        bench.peer_sends(a, &[b"nothing yet"]);
        assert!(!bench.has_in());
        bench.subscribe(b"A", true).expect("subscribed");
        assert_eq!(bench.peer_reads(a), Some(vec![b"\x09SUBSCRIBEA".to_vec()]));
        bench.peer_sends(a, &[b"B", b"A"]);
        bench.peer_sends(a, &[b"A1", b"x"]);
        bench.peer_sends(a, &[b"B"]);
        assert!(bench.has_in());
        assert_eq!(bench.recv(), Ok(vec![b"A1".to_vec(), b"x".to_vec()]));
        assert_eq!(bench.recv(), Err(Errno::EAGAIN));
        assert_eq!(bench.send(&[b"x"]), Err(Errno::ENOTSUP));
        assert!(!bench.has_out());
    }

    #[test]
    fn subscriptions_are_counted() {
        let mut bench = Bench::new(SocketType::Sub);
        let a = bench.attach(b"");
        for on in [true, true, false, false, false] {
            bench.subscribe(b"A", on).expect("counted");
        }
        for command in [b"\x09SUBSCRIBEA".as_slice(), b"\x09SUBSCRIBEA", b"\x06CANCELA"] {
            assert_eq!(bench.peer_reads(a), Some(vec![command.to_vec()]));
        }
        assert_eq!(bench.peer_reads(a), None);
        assert_eq!(bench.topics_count(), Ok(0));
    }

    #[test]
    fn inverted_matching() {
        let mut bench = Bench::new(SocketType::Sub);
        bench.options.invert_matching = true;
        let a = bench.attach(b"");
        bench.subscribe(b"A", true).expect("subscribed");
        bench.peer_sends(a, &[b"A"]);
        bench.peer_sends(a, &[b"B"]);
        assert_eq!(bench.recv(), Ok(vec![b"B".to_vec()]));
        assert!(!bench.has_in());
    }

    #[test]
    fn no_mark_counts_subscriptions() {
        let mut bench = Bench::new(SocketType::Sub);
        let early = bench.attach_hwm(1);
        for topic in [b"A", b"B", b"C"] {
            bench.subscribe(topic, true).expect("sent");
        }
        bench.subscribe(b"B", false).expect("sent");
        for command in
            [b"\x09SUBSCRIBEA".as_slice(), b"\x09SUBSCRIBEB", b"\x09SUBSCRIBEC", b"\x06CANCELB"]
        {
            assert_eq!(bench.peer_reads(early), Some(vec![command.to_vec()]));
        }
        assert_eq!(bench.peer_reads(early), None);
        // A publisher that comes later gets all subscriptions that hold.
        let late = bench.attach_hwm(1);
        for command in [b"\x09SUBSCRIBEA", b"\x09SUBSCRIBEC"] {
            assert_eq!(bench.peer_reads(late), Some(vec![command.to_vec()]));
        }
        assert_eq!(bench.peer_reads(late), None);
    }

    #[test]
    fn conflation_keeps_all_subscriptions() {
        let mut bench = Bench::new(SocketType::Sub);
        bench.options.conflate = true;
        let a = bench.attach(b"");
        bench.subscribe(b"A", true).expect("sent");
        bench.subscribe(b"B", true).expect("sent");
        for command in [b"\x09SUBSCRIBEA", b"\x09SUBSCRIBEB"] {
            assert_eq!(bench.peer_reads(a), Some(vec![command.to_vec()]));
        }
        bench.peer_sends(a, &[b"A1"]);
        bench.peer_sends(a, &[b"A2"]);
        assert_eq!(bench.recv(), Ok(vec![b"A2".to_vec()]));
        assert!(!bench.has_in());
    }
}
