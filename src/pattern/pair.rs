//! PAIR: one peer at a time (RFC 31). Under the socket's lock.
//!
//! A peer that comes over the network while there is one stays connected. Its messages are dropped
//! and it never gets any, also when the first one has left. A peer in this context is sent away.
//! libzmq behaves like this.
#![forbid(unsafe_code)]

use crate::error::Result;
use crate::options::SocketOptions;
use crate::pattern::policy::{FairQueue, LoadBalance};
use crate::pattern::{Env, Outgoing, Pattern};
use crate::pipe::PipeId;
use crate::queue::Incoming;

/// The policies hold the one peer. After it has left, its messages are still read, side by side
/// with those of its successor.
#[derive(Default)]
pub struct Pair {
    peer: Option<PipeId>,
    out: LoadBalance,
    inward: FairQueue,
    /// Peers that came too late.
    refused: Vec<PipeId>,
}

impl Pair {
    fn refuse(&mut self, env: &mut Env<'_>, id: PipeId) {
        if env.pipes.get(id).is_none_or(|pipe| pipe.session == 0) {
            return env.finish(id);
        }
        self.refused.push(id);
        Pair::swallow(env, id);
    }

    /// Drops the messages of a refused peer, as far as the call may work.
    fn swallow(env: &mut Env<'_>, id: PipeId) {
        let work = env.work;
        let Some(pipe) = env.pipes.get_mut(id) else { return };
        while pipe.reader.ready() && work.goes_on() {
            let Some(frame) = pipe.take() else { return };
            work.spend(frame.data().len());
            frame.discard();
        }
    }
}

impl Pattern for Pair {
    fn attach(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        if self.peer.is_some() {
            return self.refuse(env, pipe);
        }
        self.peer = Some(pipe);
        self.out.add(pipe);
        self.inward.add(pipe);
    }

    fn closed(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        if self.refused.contains(&pipe) {
            return env.finish(pipe);
        }
        if self.peer == Some(pipe) {
            self.peer = None;
        }
        self.out.remove(env, pipe);
        self.inward.closed(env, pipe);
    }

    fn detach(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.refused.retain(|refused| *refused != pipe);
        if self.peer == Some(pipe) {
            self.peer = None;
        }
        self.out.remove(env, pipe);
        self.inward.remove(pipe);
    }

    fn go_on(&mut self, env: &mut Env<'_>) {
        self.refused.iter().for_each(|id| Pair::swallow(env, *id));
    }

    fn readable(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        if self.refused.contains(&pipe) {
            Pair::swallow(env, pipe);
        } else {
            self.inward.add(pipe);
        }
    }

    fn writable(&mut self, _env: &mut Env<'_>, pipe: PipeId) {
        if self.peer == Some(pipe) {
            self.out.add(pipe);
        }
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
    use crate::error::Errno;
    use crate::options::SocketType;

    #[test]
    fn the_second_peer_is_swallowed_and_never_promoted() {
        let mut bench = Bench::new(SocketType::Pair);
        let (a, b) = (bench.attach(b""), bench.attach(b""));
        bench.peer_sends(b, &[b"lost", b"too"]);
        bench.peer_sends(a, &[b"heard"]);
        assert_eq!(bench.recv(), Ok(vec![b"heard".to_vec()]));
        assert_eq!(bench.recv(), Err(Errno::EAGAIN));
        bench.send(&[b"1"]).expect("room");
        bench.send(&[b"2"]).expect("room");
        assert_eq!(bench.peer_reads(a), Some(vec![b"1".to_vec()]));
        assert_eq!(bench.peer_reads(a), Some(vec![b"2".to_vec()]));
        bench.close(a);
        assert!(!bench.is_attached(a));
        assert_eq!(bench.send(&[b"nobody"]), Err(Errno::EAGAIN));
        let c = bench.attach(b"");
        bench.send(&[b"3"]).expect("room");
        assert_eq!(bench.peer_reads(c), Some(vec![b"3".to_vec()]));
        assert_eq!(bench.peer_reads(b), None);
        bench.close(b);
        assert!(!bench.is_attached(b));
    }

    #[test]
    fn a_second_peer_in_this_context_is_sent_away() {
        let mut bench = Bench::new(SocketType::Pair);
        let a = bench.attach_with(0, |parts| parts.session = 0);
        let b = bench.attach_with(0, |parts| parts.session = 0);
        assert_eq!((bench.is_attached(a), bench.is_attached(b)), (true, false));
    }

    #[test]
    fn the_last_words_of_a_peer_are_read_after_its_successor_came() {
        let mut bench = Bench::new(SocketType::Pair);
        let a = bench.attach(b"");
        bench.peer_sends(a, &[b"bye"]);
        bench.close(a);
        let b = bench.attach(b"");
        bench.send(&[b"hello"]).expect("room");
        assert_eq!(bench.peer_reads(b), Some(vec![b"hello".to_vec()]));
        assert_eq!(bench.recv(), Ok(vec![b"bye".to_vec()]));
        assert!(!bench.has_in());
        assert!(!bench.is_attached(a));
    }
}
