//! REQ: a request to one peer at a time, and its reply (RFC 28). Under the socket's lock.
//!
//! On the wire: the request's number (with `ZMQ_REQ_CORRELATE`), an empty frame, the message.
#![forbid(unsafe_code)]

use std::hash::{BuildHasher, Hasher, RandomState};

use crate::error::{Errno, Result};
use crate::msg::frame;
use crate::pattern::dealer::Dealer;
use crate::pattern::{Env, Outgoing, Pattern};
use crate::pipe::PipeId;
use crate::queue::{Body, Incoming};

pub struct Req {
    dealer: Dealer,
    /// The request was sent and its reply not read to the end.
    receiving: bool,
    /// No frame of the request has been sent, or none of the reply found.
    at_start: bool,
    /// The peer that got the request; replies from others do not count. `None` after that peer
    /// left.
    asked: Option<PipeId>,
    request: u32,
}

impl Req {
    pub fn new() -> Req {
        Req {
            dealer: Dealer::default(),
            receiving: false,
            at_start: true,
            asked: None,
            // A number that differs from socket to socket.
            request: RandomState::new().build_hasher().finish() as u32,
        }
    }

    /// Sends the frames that precede the caller's.
    fn begin(&mut self, env: &mut Env<'_>) -> Result<()> {
        let request = self.request.wrapping_add(1);
        if env.options.req_correlate {
            let number = request.to_ne_bytes();
            self.dealer.send(env, Outgoing { more: true, body: Body::Copy(&number) })?;
        }
        let delimiter = Outgoing { more: true, body: Body::Copy(b"") };
        self.asked = match self.dealer.out.send(env, delimiter) {
            Ok(pipe) => pipe,
            Err(error) => {
                self.dealer.out.rollback(env);
                return Err(error);
            }
        };
        self.request = request;
        self.at_start = false;
        Ok(())
    }

    /// Drops the messages received until now, which answer older requests, as far as the call may.
    /// `EAGAIN` if something is left.
    fn drop_older(&mut self, env: &mut Env<'_>) -> Result<()> {
        while self.dealer.inward.select(env).is_some() {
            if !self.dealer.inward.skip(env) {
                break;
            }
        }
        if env.work.goes_on() { Ok(()) } else { Err(Errno::EAGAIN) }
    }

    /// Sends a whole request in one step, if it is short; returns whether it did.
    fn send_at_once(&mut self, env: &mut Env<'_>, body: &Body<'_>) -> bool {
        let Some(id) = self.dealer.out.next(env) else { return false };
        let sent =
            env.pipes.get_mut(id).is_some_and(|pipe| pipe.write_delimited(body, env.flush_policy));
        if sent {
            self.dealer.out.wrote_whole();
            self.asked = Some(id);
            self.request = self.request.wrapping_add(1);
            self.receiving = true;
        }
        sent
    }

    /// Finds the reply, drops other messages, and takes its head. `EAGAIN` if it is not there.
    fn find_reply(&mut self, env: &mut Env<'_>) -> Result<()> {
        while self.at_start {
            let id = self.dealer.inward.select(env).ok_or(Errno::EAGAIN)?;
            if self.asked.is_none_or(|asked| asked == id) && self.take_head(env, id) {
                self.at_start = false;
            } else if !self.dealer.inward.skip(env) {
                return Err(Errno::EAGAIN);
            }
        }
        Ok(())
    }

    fn take_head(&mut self, env: &mut Env<'_>, id: PipeId) -> bool {
        let number = self.request.to_ne_bytes();
        (!env.options.req_correlate || self.take_exactly(env, id, &number))
            && self.take_exactly(env, id, b"")
    }

    /// Takes the next frame if it equals `expected` and is not the last of its message.
    fn take_exactly(&mut self, env: &mut Env<'_>, id: PipeId, expected: &[u8]) -> bool {
        let Some(pipe) = env.pipes.get_mut(id) else { return false };
        pipe.reader.peek_flags().is_some_and(|flags| flags & frame::MORE != 0)
            && pipe.reader.peek().is_some_and(|frame| {
                // An empty frame is not compared: that would take a call.
                frame.len() == expected.len() && (frame.is_empty() || frame == expected)
            })
            && self.dealer.inward.take(env, id).is_some()
    }

    fn forget(&mut self, id: PipeId) {
        if self.asked == Some(id) {
            self.asked = None;
        }
    }
}

impl Pattern for Req {
    fn attach(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.dealer.attach(env, pipe);
    }

    fn closed(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.dealer.closed(env, pipe);
    }

    fn detach(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        if self.receiving && self.dealer.inward.is_inside(pipe) {
            self.at_start = true;
        }
        self.forget(pipe);
        self.dealer.detach(env, pipe);
    }

    fn readable(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.dealer.readable(env, pipe);
    }

    fn writable(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.dealer.writable(env, pipe);
    }

    fn send(&mut self, env: &mut Env<'_>, frame: Outgoing<'_>) -> Result<()> {
        if self.receiving {
            if !env.options.req_relaxed {
                return Err(Errno::EFSM);
            }
            self.receiving = false;
            self.at_start = true;
        }
        if self.at_start {
            self.drop_older(env)?;
            if !frame.more && !env.options.req_correlate && self.send_at_once(env, &frame.body) {
                return Ok(());
            }
            self.begin(env)?;
        }
        let more = frame.more;
        self.dealer.send(env, frame)?;
        if !more {
            self.receiving = true;
            self.at_start = true;
        }
        Ok(())
    }

    fn recv<'p>(&'p mut self, env: &'p mut Env<'_>) -> Result<Incoming<'p>> {
        if !self.receiving {
            return Err(Errno::EFSM);
        }
        self.find_reply(env)?;
        let frame = self.dealer.inward.recv(env)?;
        if !frame.more() {
            self.receiving = false;
            self.at_start = true;
        }
        Ok(frame)
    }

    fn has_in(&mut self, env: &mut Env<'_>) -> bool {
        self.receiving && self.find_reply(env).is_ok()
    }

    fn has_out(&mut self, env: &mut Env<'_>) -> bool {
        (!self.receiving || env.options.req_relaxed) && self.dealer.has_out(env)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;
    use crate::error::Errno;
    use crate::options::SocketType;

    #[test]
    fn request_and_reply_take_turns() {
        let mut bench = Bench::new(SocketType::Req);
        let a = bench.attach(b"");
        assert_eq!(bench.recv(), Err(Errno::EFSM));
        bench.send(&[b"ask", b"more"]).expect("room");
        assert_eq!(bench.send(&[b"again"]), Err(Errno::EFSM));
        assert!(!bench.has_out() && !bench.has_in());
        assert_eq!(bench.peer_reads(a), Some(vec![vec![], b"ask".to_vec(), b"more".to_vec()]));
        bench.peer_sends(a, &[b"", b"answer", b"rest"]);
        assert!(bench.has_in());
        assert_eq!(bench.recv(), Ok(vec![b"answer".to_vec(), b"rest".to_vec()]));
        assert!(bench.has_out());
    }

    #[test]
    fn long_requests_and_relaxed_ones_go_out_too() {
        let mut bench = Bench::new(SocketType::Req);
        let a = bench.attach(b"");
        for ask in [vec![7; 256], vec![7; 100_000], Vec::new(), vec![7; 255]] {
            bench.send(&[&ask]).expect("room");
            assert_eq!(bench.peer_reads(a), Some(vec![vec![], ask]));
            bench.peer_sends(a, &[b"", b"answer"]);
            assert_eq!(bench.recv(), Ok(vec![b"answer".to_vec()]));
        }
        bench.options.req_relaxed = true;
        bench.send(&[b"1"]).expect("room");
        bench.peer_sends(a, &[b"", b"old"]);
        bench.send(&[b"2"]).expect("relaxed");
        assert_eq!(bench.recv(), Err(Errno::EAGAIN), "what came before answers another request");
        assert!(bench.peer_reads(a).is_some() && bench.peer_reads(a).is_some());
        bench.peer_sends(a, &[b"", b"new"]);
        assert_eq!(bench.recv(), Ok(vec![b"new".to_vec()]));
    }

    #[test]
    fn who_looks_again_finds_the_reply_untold() {
        let mut bench = Bench::new(SocketType::Req);
        let a = bench.attach(b"");
        bench.polls_again = true;
        for _ in 0..3 {
            bench.send(&[b"ask"]).expect("room");
            assert_eq!(bench.recv(), Err(Errno::EAGAIN));
            bench.peer_sends(a, &[b"", b"answer"]);
            assert_eq!(bench.recv(), Ok(vec![b"answer".to_vec()]));
        }
        bench.send(&[b"ask"]).expect("room");
        bench.polls_again = false;
        assert_eq!(bench.recv(), Err(Errno::EAGAIN));
        bench.peer_sends(a, &[b"", b"told"]);
        assert_eq!(bench.recv(), Ok(vec![b"told".to_vec()]));
    }

    #[test]
    fn a_full_peer_is_not_asked() {
        let mut bench = Bench::new(SocketType::Req);
        bench.options.req_relaxed = true;
        let a = bench.attach_hwm(1);
        bench.send(&[b"1"]).expect("room");
        assert_eq!(bench.send(&[b"2"]), Err(Errno::EAGAIN));
        assert!(bench.peer_reads(a).is_some() && bench.peer_reads(a).is_none());
        bench.send(&[b"3"]).expect("room");
    }

    #[test]
    fn only_the_asked_peer_is_heard() {
        let mut bench = Bench::new(SocketType::Req);
        let (a, b) = (bench.attach(b""), bench.attach(b""));
        bench.peer_sends(a, &[b"", b"early"]);
        bench.send(&[b"ask"]).expect("room");
        assert!(bench.peer_reads(a).is_some());
        bench.peer_sends(b, &[b"", b"not asked"]);
        bench.peer_sends(a, &[b"no delimiter"]);
        bench.peer_sends(a, &[b"no delimiter", b"either"]);
        assert!(!bench.has_in());
        bench.peer_sends(a, &[b"", b"answer"]);
        assert_eq!(bench.recv(), Ok(vec![b"answer".to_vec()]));
        bench.send(&[b"ask"]).expect("room");
        assert!(bench.peer_reads(b).is_some(), "the next request goes to the next peer");
    }

    #[test]
    fn correlated_replies_carry_the_number() {
        let mut bench = Bench::new(SocketType::Req);
        bench.options.req_correlate = true;
        bench.options.req_relaxed = true;
        let a = bench.attach(b"");
        bench.send(&[b"1"]).expect("room");
        bench.send(&[b"2"]).expect("relaxed");
        let first = bench.peer_reads(a).expect("request");
        let second = bench.peer_reads(a).expect("request");
        assert_eq!((first.len(), first[0].len(), first[1].len()), (3, 4, 0));
        assert_ne!(first[0], second[0]);
        bench.peer_sends(a, &[&first[0], b"", b"old"]);
        bench.peer_sends(a, &[b"", b"none"]);
        bench.peer_sends(a, &[&second[0], b"", b"new"]);
        assert_eq!(bench.recv(), Ok(vec![b"new".to_vec()]));
    }

    #[test]
    fn a_lost_peer_leaves_the_socket_waiting_for_anybody() {
        let mut bench = Bench::new(SocketType::Req);
        let (a, b) = (bench.attach(b""), bench.attach(b""));
        bench.send(&[b"ask"]).expect("room");
        bench.close(a);
        assert!(!bench.is_attached(a));
        assert_eq!(bench.send(&[b"again"]), Err(Errno::EFSM));
        bench.peer_sends(b, &[b"", b"anybody"]);
        assert_eq!(bench.recv(), Ok(vec![b"anybody".to_vec()]));
    }

    #[test]
    fn a_reply_cut_off_does_not_confuse_the_next() {
        let mut bench = Bench::new(SocketType::Req);
        let (a, b) = (bench.attach(b""), bench.attach(b""));
        bench.send(&[b"ask"]).expect("room");
        bench.peer_sends(a, &[b"", b"one", b"two"]);
        assert!(bench.recv_msg().expect("frame").more());
        bench.cut(a);
        bench.peer_sends(b, &[b"", b"whole"]);
        assert_eq!(bench.recv(), Ok(vec![b"whole".to_vec()]));
    }
}
