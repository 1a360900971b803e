//! PUSH: gives messages to the peers in turn (RFC 30). Under the socket's lock.
#![forbid(unsafe_code)]

use crate::error::{Errno, Result};
use crate::options::SocketOptions;
use crate::pattern::policy::LoadBalance;
use crate::pattern::{Env, Outgoing, Pattern};
use crate::pipe::PipeId;
use crate::queue::Incoming;

#[derive(Default)]
pub struct Push {
    out: LoadBalance,
}

impl Pattern for Push {
    fn attach(&mut self, _env: &mut Env<'_>, pipe: PipeId) {
        self.out.add(pipe);
    }

    fn closed(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.out.remove(env, pipe);
        env.finish(pipe);
    }

    fn detach(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.out.remove(env, pipe);
    }

    fn readable(&mut self, _env: &mut Env<'_>, _pipe: PipeId) {}

    fn writable(&mut self, _env: &mut Env<'_>, pipe: PipeId) {
        self.out.add(pipe);
    }

    #[inline]
    fn send(&mut self, env: &mut Env<'_>, frame: Outgoing<'_>) -> Result<()> {
        self.out.send(env, frame).map(drop)
    }

    fn recv<'p>(&'p mut self, _env: &'p mut Env<'_>) -> Result<Incoming<'p>> {
        Err(Errno::ENOTSUP)
    }

    fn has_in(&mut self, _env: &mut Env<'_>) -> bool {
        false
    }

    fn has_out(&mut self, env: &mut Env<'_>) -> bool {
        self.out.has_out(env)
    }

    fn fast_path_out(&self, _options: &SocketOptions) -> Option<PipeId> {
        self.out.fast_path()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;
    use crate::error::Errno;
    use crate::options::SocketType;

    #[test]
    fn takes_turns_by_whole_messages_and_skips_full_pipes() {
        let mut bench = Bench::new(SocketType::Push);
        assert!(!bench.has_out());
        assert_eq!(bench.send(&[b"nobody"]), Err(Errno::EAGAIN));
        let (a, b) = (bench.attach_hwm(2), bench.attach_hwm(0));
        for n in 0..6u8 {
            bench.send(&[&[n], b"tail"]).expect("room");
        }
        for n in [0, 2] {
            assert_eq!(bench.peer_reads(a), Some(vec![vec![n], b"tail".to_vec()]));
        }
        assert_eq!(bench.peer_reads(a), None);
        for n in [1, 3, 4, 5] {
            assert_eq!(bench.peer_reads(b), Some(vec![vec![n], b"tail".to_vec()]));
        }
        // The credit of the first pipe came back with its reads.
        bench.send(&[b"x"]).expect("room");
        bench.send(&[b"y"]).expect("room");
        assert!(bench.peer_reads(a).is_some() && bench.peer_reads(b).is_some());
    }

    #[test]
    fn the_rest_of_a_message_is_dropped_with_its_pipe() {
        let mut bench = Bench::new(SocketType::Push);
        let a = bench.attach(b"");
        bench.send_frame(b"1", true).expect("room");
        bench.close(a);
        let b = bench.attach(b"");
        bench.send_frame(b"2", true).expect("dropped");
        bench.send_frame(b"3", false).expect("dropped");
        bench.send(&[b"next"]).expect("room");
        assert_eq!(bench.peer_reads(b), Some(vec![b"next".to_vec()]));
        assert_eq!(bench.peer_reads(b), None);
        assert_eq!(bench.recv(), Err(Errno::ENOTSUP));
    }

    #[test]
    fn a_full_socket_reopens_with_credit() {
        let mut bench = Bench::new(SocketType::Push);
        let a = bench.attach_hwm(2);
        bench.send(&[b"1"]).expect("room");
        bench.send(&[b"2"]).expect("room");
        assert_eq!(bench.send(&[b"3"]), Err(Errno::EAGAIN));
        assert!(!bench.has_out());
        bench.peer_reads(a);
        assert!(bench.has_out());
        bench.send(&[b"3"]).expect("room");
    }
}
