//! DEALER: gives messages to the peers in turn and takes theirs in turn (RFC 28). Under the
//! socket's lock.
#![forbid(unsafe_code)]

use crate::error::Result;
use crate::options::SocketOptions;
use crate::pattern::policy::{FairQueue, LoadBalance};
use crate::pattern::{Env, Outgoing, Pattern};
use crate::pipe::PipeId;
use crate::queue::Incoming;

/// The DEALER pattern; REQ is built on it.
#[derive(Default)]
pub struct Dealer {
    pub out: LoadBalance,
    pub inward: FairQueue,
}

/// `ZMQ_PROBE_ROUTER`: sends a new peer an empty message.
pub fn probe(env: &mut Env<'_>, id: PipeId) {
    if env.options.probe_router
        && let Some(pipe) = env.pipes.get_mut(id)
    {
        // Without memory for two bytes the peer learns of this socket with the first message.
        let _ = pipe.write_own(0, b"");
    }
}

impl Pattern for Dealer {
    fn attach(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        probe(env, pipe);
        self.out.add(pipe);
        self.inward.add(pipe);
    }

    fn closed(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.out.remove(env, pipe);
        self.inward.closed(env, pipe);
    }

    fn detach(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.out.remove(env, pipe);
        self.inward.remove(pipe);
    }

    fn readable(&mut self, _env: &mut Env<'_>, pipe: PipeId) {
        self.inward.add(pipe);
    }

    fn writable(&mut self, _env: &mut Env<'_>, pipe: PipeId) {
        self.out.add(pipe);
    }

    #[inline]
    fn send(&mut self, env: &mut Env<'_>, frame: Outgoing<'_>) -> Result<()> {
        self.out.send(env, frame).map(drop)
    }

    #[inline]
    fn recv<'p>(&'p mut self, env: &'p mut Env<'_>) -> Result<Incoming<'p>> {
        self.inward.recv(env)
    }

    fn has_in(&mut self, env: &mut Env<'_>) -> bool {
        self.inward.select(env).is_some()
    }

    fn has_out(&mut self, env: &mut Env<'_>) -> bool {
        self.out.has_out(env)
    }

    fn fast_path_out(&self, _options: &SocketOptions) -> Option<PipeId> {
        self.out.fast_path()
    }

    fn fast_path_in(&self, _options: &SocketOptions) -> Option<PipeId> {
        self.inward.fast_path()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;
    use crate::options::SocketType;

    #[test]
    fn sends_and_receives_in_turn() {
        let mut bench = Bench::new(SocketType::Dealer);
        let (a, b) = (bench.attach(b""), bench.attach(b""));
        bench.send(&[b"1"]).expect("room");
        bench.send(&[b"2"]).expect("room");
        assert_eq!(bench.peer_reads(a), Some(vec![b"1".to_vec()]));
        assert_eq!(bench.peer_reads(b), Some(vec![b"2".to_vec()]));
        bench.peer_sends(b, &[b"b"]);
        bench.peer_sends(a, &[b"a"]);
        let mut got = [bench.recv().expect("message"), bench.recv().expect("message")];
        got.sort();
        assert_eq!(got, [[b"a".to_vec()], [b"b".to_vec()]]);
    }

    #[test]
    fn probes_new_peers() {
        let mut bench = Bench::new(SocketType::Dealer);
        bench.options.probe_router = true;
        let a = bench.attach(b"");
        assert_eq!(bench.peer_reads(a), Some(vec![vec![]]));
    }

    #[test]
    fn large_bodies_are_handed_over() {
        let mut bench = Bench::new(SocketType::Dealer);
        let a = bench.attach(b"");
        bench.send(&[&[5; 100_000]]).expect("room");
        assert_eq!(bench.peer_reads(a), Some(vec![vec![5; 100_000]]));
    }
}
