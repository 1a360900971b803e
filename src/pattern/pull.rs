//! PULL: takes messages from the peers in turn (RFC 30). Under the socket's lock.
#![forbid(unsafe_code)]

use crate::error::{Errno, Result};
use crate::options::SocketOptions;
use crate::pattern::policy::FairQueue;
use crate::pattern::{Env, Outgoing, Pattern};
use crate::pipe::PipeId;
use crate::queue::Incoming;

#[derive(Default)]
pub struct Pull {
    inward: FairQueue,
}

impl Pattern for Pull {
    fn attach(&mut self, _env: &mut Env<'_>, pipe: PipeId) {
        self.inward.add(pipe);
    }

    fn closed(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.inward.closed(env, pipe);
    }

    fn detach(&mut self, _env: &mut Env<'_>, pipe: PipeId) {
        self.inward.remove(pipe);
    }

    fn readable(&mut self, _env: &mut Env<'_>, pipe: PipeId) {
        self.inward.add(pipe);
    }

    fn writable(&mut self, _env: &mut Env<'_>, _pipe: PipeId) {}

    fn send(&mut self, _env: &mut Env<'_>, _frame: Outgoing<'_>) -> Result<()> {
        Err(Errno::ENOTSUP)
    }

    #[inline]
    fn recv<'p>(&'p mut self, env: &'p mut Env<'_>) -> Result<Incoming<'p>> {
        self.inward.recv(env)
    }

    fn has_in(&mut self, env: &mut Env<'_>) -> bool {
        self.inward.select(env).is_some()
    }

    fn has_out(&mut self, _env: &mut Env<'_>) -> bool {
        false
    }

    fn fast_path_in(&self, _options: &SocketOptions) -> Option<PipeId> {
        self.inward.fast_path()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;
    use crate::error::Errno;
    use crate::options::SocketType;

    #[test]
    fn reads_whole_messages_in_turn() {
        let mut bench = Bench::new(SocketType::Pull);
        let ids = [bench.attach(b""), bench.attach(b""), bench.attach(b"")];
        for round in 0..2u8 {
            for id in ids {
                bench.peer_sends(id, &[&[id as u8], &[round]]);
            }
        }
        assert!(bench.has_in());
        for round in 0..2u8 {
            for id in ids {
                assert_eq!(bench.recv(), Ok(vec![vec![id as u8], vec![round]]));
            }
        }
        assert_eq!(bench.recv(), Err(Errno::EAGAIN));
        bench.peer_sends(ids[2], &[b"woken"]);
        assert_eq!(bench.recv(), Ok(vec![b"woken".to_vec()]));
        assert_eq!(bench.send(&[b"x"]), Err(Errno::ENOTSUP));
    }

    #[test]
    fn a_closed_pipe_is_read_to_its_end() {
        let mut bench = Bench::new(SocketType::Pull);
        let (a, b) = (bench.attach(b""), bench.attach(b""));
        bench.peer_sends(a, &[b"1"]);
        bench.peer_sends(a, &[b"2"]);
        bench.close(a);
        bench.close(b);
        assert_eq!((bench.is_attached(a), bench.is_attached(b)), (true, false));
        assert_eq!(bench.recv(), Ok(vec![b"1".to_vec()]));
        assert_eq!(bench.recv(), Ok(vec![b"2".to_vec()]));
        assert!(!bench.has_in());
        assert!(!bench.is_attached(a));
    }

    #[test]
    fn credit_is_told_at_once() {
        let mut bench = Bench::new(SocketType::Pull);
        let a = bench.attach_hwm(2);
        bench.peer_sends(a, &[b"1"]);
        bench.peer_sends(a, &[b"2"]);
        assert!(!bench.peer_has_room(a));
        bench.recv().expect("message");
        assert_eq!(bench.writable_calls(a), 1);
        assert!(bench.peer_has_room(a));
    }
}
