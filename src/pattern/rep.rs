//! REP: answers one request at a time (RFC 28). Under the socket's lock.
//!
//! A request starts with an envelope, the frames up to the first empty one, which the reply
//! carries back.
#![forbid(unsafe_code)]

use crate::error::{Errno, Result};
use crate::msg::frame;
use crate::pattern::dealer::probe;
use crate::pattern::policy::FairQueue;
use crate::pattern::{Env, Outgoing, Pattern};
use crate::pipe::{FlushPolicy, Pipe, PipeId};
use crate::queue::{Body, Incoming};

#[derive(Default)]
pub struct Rep {
    inward: FairQueue,
    /// The request was read, the reply not sent to the end.
    replying: bool,
    /// The envelope was taken off, or written in front of the reply.
    begun: bool,
    /// The pipe that the request came from; `None` after that peer left: the reply is dropped.
    asker: Option<PipeId>,
    envelope: Envelope,
}

/// Frames kept one behind the other.
#[derive(Default)]
struct Envelope {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Envelope {
    fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    fn push(&mut self, frame: &[u8]) {
        self.bytes.extend_from_slice(frame);
        self.ends.push(self.bytes.len());
    }

    /// Whether it is the empty frame alone, as of requests that came straight from a REQ.
    fn is_delimiter(&self) -> bool {
        self.ends.len() == 1 && self.bytes.is_empty()
    }

    fn write(&self, pipe: &mut Pipe, flush_policy: &FlushPolicy) -> Result<()> {
        let mut start = 0;
        for &end in &self.ends {
            let bytes = self.bytes.get(start..end).unwrap_or_default();
            pipe.write(frame::MORE, Body::Copy(bytes), flush_policy)?;
            start = end;
        }
        Ok(())
    }
}

impl Rep {
    /// Finds a request and takes its envelope off. Messages without an empty frame are dropped, as
    /// many as the call may.
    fn find_request(&mut self, env: &mut Env<'_>) -> Result<()> {
        let work = env.work;
        while !self.begun {
            let id = self.inward.select(env).filter(|_| work.goes_on()).ok_or(Errno::EAGAIN)?;
            if !self.inward.inside_message() {
                self.envelope.clear();
            }
            let frame = self.inward.take(env, id).ok_or(Errno::EAGAIN)?;
            work.spend(frame.data().len());
            if frame.more() {
                self.envelope.push(frame.data());
                self.begun = frame.data().is_empty();
                self.asker = Some(id);
            }
        }
        Ok(())
    }

    /// Writes the envelope to the asker, or decides to drop the reply.
    fn begin_reply(&mut self, env: &mut Env<'_>) -> Result<()> {
        let flush_policy = env.flush_policy;
        let asker = self.asker.and_then(|id| env.pipes.get_mut(id)).filter(|p| p.can_write());
        match asker {
            Some(pipe) => self.envelope.write(pipe, flush_policy).inspect_err(|_| {
                pipe.writer.rollback();
            })?,
            None => self.asker = None,
        }
        self.begun = true;
        Ok(())
    }

    /// Sends a whole reply in one step, if it is short and its envelope is the delimiter; returns
    /// whether it did.
    fn reply_at_once(&mut self, env: &mut Env<'_>, body: &Body<'_>) -> bool {
        let flush_policy = env.flush_policy;
        self.envelope.is_delimiter()
            && self
                .asker
                .and_then(|id| env.pipes.get_mut(id))
                .is_some_and(|pipe| pipe.can_write() && pipe.write_delimited(body, flush_policy))
    }

    fn end_reply(&mut self) {
        self.replying = false;
        self.begun = false;
        self.asker = None;
    }

    /// The asker takes nothing more: forgets it.
    fn forget_asker(&mut self, env: &mut Env<'_>, id: PipeId) {
        if self.asker == Some(id) {
            self.asker = None;
            if let Some(pipe) = env.pipes.get_mut(id) {
                pipe.writer.rollback();
            }
        }
    }
}

impl Pattern for Rep {
    fn attach(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        probe(env, pipe);
        self.inward.add(pipe);
    }

    fn closed(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.forget_asker(env, pipe);
        self.inward.closed(env, pipe);
    }

    fn detach(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.forget_asker(env, pipe);
        if self.inward.is_inside(pipe) {
            self.begun = false;
        }
        self.inward.remove(pipe);
    }

    fn readable(&mut self, _env: &mut Env<'_>, pipe: PipeId) {
        self.inward.add(pipe);
    }

    fn writable(&mut self, _env: &mut Env<'_>, _pipe: PipeId) {}

    fn send(&mut self, env: &mut Env<'_>, frame: Outgoing<'_>) -> Result<()> {
        if !self.replying {
            return Err(Errno::EFSM);
        }
        if !self.begun {
            if !frame.more && self.reply_at_once(env, &frame.body) {
                self.end_reply();
                return Ok(());
            }
            self.begin_reply(env)?;
        }
        let more = frame.more;
        if let Some(pipe) = self.asker.and_then(|id| env.pipes.get_mut(id)) {
            pipe.write(frame.flags(), frame.body, env.flush_policy)?;
        }
        if !more {
            self.end_reply();
        }
        Ok(())
    }

    fn recv<'p>(&'p mut self, env: &'p mut Env<'_>) -> Result<Incoming<'p>> {
        if self.replying {
            return Err(Errno::EFSM);
        }
        self.find_request(env)?;
        let frame = self.inward.recv(env)?;
        if !frame.more() {
            self.replying = true;
            self.begun = false;
        }
        Ok(frame)
    }

    fn has_in(&mut self, env: &mut Env<'_>) -> bool {
        !self.replying && self.find_request(env).is_ok()
    }

    fn has_out(&mut self, _env: &mut Env<'_>) -> bool {
        self.replying
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;
    use crate::error::Errno;
    use crate::options::SocketType;

    #[test]
    fn the_reply_carries_the_envelope_back() {
        let mut bench = Bench::new(SocketType::Rep);
        let (a, b) = (bench.attach(b""), bench.attach(b""));
        assert_eq!(bench.send(&[b"x"]), Err(Errno::EFSM));
        bench.peer_sends(a, &[b"A", b"BB", b"", b"ask", b"more"]);
        bench.peer_sends(b, &[b"", b"next"]);
        assert_eq!(bench.recv(), Ok(vec![b"ask".to_vec(), b"more".to_vec()]));
        assert_eq!(bench.recv(), Err(Errno::EFSM));
        assert!(!bench.has_in() && bench.has_out());
        bench.send(&[b"yes", b"end"]).expect("room");
        let reply: Vec<&[u8]> = vec![b"A", b"BB", b"", b"yes", b"end"];
        assert_eq!(bench.peer_reads(a).expect("reply"), reply);
        assert!(bench.has_in() && !bench.has_out());
        assert_eq!(bench.recv(), Ok(vec![b"next".to_vec()]));
        bench.send(&[b"no"]).expect("room");
        assert_eq!(bench.peer_reads(b), Some(vec![vec![], b"no".to_vec()]));
    }

    #[test]
    fn messages_without_a_delimiter_are_skipped() {
        let mut bench = Bench::new(SocketType::Rep);
        let a = bench.attach(b"");
        bench.peer_sends(a, &[b"no", b"delimiter"]);
        bench.peer_sends(a, &[b""]);
        bench.peer_sends(a, &[b"id", b"", b""]);
        assert_eq!(bench.recv(), Ok(vec![vec![]]));
    }

    #[test]
    fn a_reply_to_nobody_is_dropped() {
        let mut bench = Bench::new(SocketType::Rep);
        let (a, b) = (bench.attach(b""), bench.attach(b""));
        bench.peer_sends(a, &[b"", b"ask"]);
        bench.recv().expect("request");
        bench.send_frame(b"half", true).expect("reply");
        bench.close(a);
        bench.send_frame(b"rest", false).expect("dropped");
        bench.peer_sends(b, &[b"", b"next"]);
        assert_eq!(bench.recv(), Ok(vec![b"next".to_vec()]));
        bench.close(b);
        bench.send(&[b"gone"]).expect("dropped");
        assert_eq!(bench.send(&[b"again"]), Err(Errno::EFSM));
    }

    #[test]
    fn a_reply_to_a_full_peer_is_dropped() {
        let mut bench = Bench::new(SocketType::Rep);
        let a = bench.attach_hwm(1);
        for _ in 0..2 {
            bench.peer_sends(a, &[b"", b"ask"]);
            bench.recv().expect("request");
            bench.send(&[b"answer"]).expect("sent or dropped");
        }
        assert!(bench.peer_reads(a).is_some());
        assert_eq!(bench.peer_reads(a), None);
    }

    #[test]
    fn a_request_cut_off_is_forgotten() {
        let mut bench = Bench::new(SocketType::Rep);
        let (a, b) = (bench.attach(b""), bench.attach(b""));
        bench.peer_sends(a, &[b"", b"one", b"two"]);
        bench.recv_msg().expect("frame");
        bench.cut(a);
        bench.peer_sends(b, &[b"", b"whole"]);
        assert_eq!(bench.recv(), Ok(vec![b"whole".to_vec()]));
    }
}
