//! STREAM: raw bytes to and from peers that do not speak ZMTP, each with a routing id. Under the
//! socket's lock.
//!
//! A message is two frames: the id and a chunk. The connection queues chunks as single frames, and
//! an empty one when it comes up or goes down (`ZMQ_STREAM_NOTIFY`).
#![forbid(unsafe_code)]

use crate::error::{Errno, Result};
use crate::msg::frame;
use crate::pattern::policy::{AutoId, FairQueue, RoutingTable};
use crate::pattern::{Env, Outgoing, Pattern};
use crate::pipe::PipeId;
use crate::queue::{InBody, Incoming};

#[derive(Default)]
pub struct Stream {
    table: RoutingTable,
    auto: AutoId,
    inward: FairQueue,
    /// The pipe whose id the application has received and whose chunk comes next.
    chunk_from: Option<PipeId>,
    /// Whether the id was sent and the chunk comes next.
    addressed: bool,
    /// The pipe that the chunk goes to; `None` drops it.
    out: Option<PipeId>,
    /// The id that was made last (`ZMQ_ROUTING_ID`).
    newest: Option<[u8; 5]>,
}

impl Stream {
    pub fn new() -> Stream {
        Stream { auto: AutoId::apart(), ..Stream::default() }
    }

    fn auto_name(&mut self) -> [u8; 5] {
        loop {
            let name = self.auto.make();
            if self.table.find(&name).is_none() {
                self.newest = Some(name);
                return name;
            }
        }
    }

    /// Takes the id in front of a chunk.
    fn address(&mut self, env: &mut Env<'_>, frame: &Outgoing<'_>) -> Result<()> {
        if frame.more {
            let id = self.table.find(frame.body.data()).ok_or(Errno::EHOSTUNREACH)?;
            let pipe = env.pipes.get(id).filter(|pipe| pipe.write_open);
            pipe.ok_or(Errno::EHOSTUNREACH)?;
            if !env.has_room(id) {
                return Err(Errno::EAGAIN);
            }
            self.out = Some(id);
        }
        self.addressed = true;
        Ok(())
    }
}

impl Pattern for Stream {
    fn attach(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        let given = env.pipes.get(pipe).map(|pipe| pipe.given_routing_id.as_slice());
        match given {
            Some(name) if !name.is_empty() && self.table.find(name).is_none() => {
                self.table.set(pipe, name);
            }
            _ => {
                let name = self.auto_name();
                self.table.set(pipe, &name);
            }
        }
        self.inward.add(pipe);
    }

    fn closed(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.out.take_if(|id| *id == pipe);
        self.inward.closed(env, pipe);
    }

    fn detach(&mut self, _env: &mut Env<'_>, pipe: PipeId) {
        self.out.take_if(|id| *id == pipe);
        self.chunk_from.take_if(|id| *id == pipe);
        self.inward.remove(pipe);
        self.table.remove(pipe);
    }

    fn readable(&mut self, _env: &mut Env<'_>, pipe: PipeId) {
        self.inward.add(pipe);
    }

    fn writable(&mut self, _env: &mut Env<'_>, _pipe: PipeId) {}

    fn send(&mut self, env: &mut Env<'_>, frame: Outgoing<'_>) -> Result<()> {
        if !self.addressed {
            return self.address(env, &frame);
        }
        if let Some(id) = self.out {
            if frame.body.data().is_empty() {
                env.finish(id);
            } else if let Some(pipe) = env.pipes.get_mut(id) {
                pipe.write(0, frame.body, env.flush_policy)?;
            }
        }
        self.addressed = false;
        self.out = None;
        Ok(())
    }

    fn recv<'p>(&'p mut self, env: &'p mut Env<'_>) -> Result<Incoming<'p>> {
        if let Some(id) = self.chunk_from.take() {
            return self.inward.take(env, id).ok_or(Errno::EAGAIN);
        }
        let id = self.inward.select(env).ok_or(Errno::EAGAIN)?;
        self.chunk_from = Some(id);
        let metadata = env.pipes.get_mut(id).and_then(|pipe| pipe.reader.peek_metadata());
        let name = self.table.name(id).unwrap_or_default();
        Ok(Incoming { flags: frame::MORE, body: InBody::Slice(name), metadata })
    }

    fn has_in(&mut self, env: &mut Env<'_>) -> bool {
        self.chunk_from.is_some() || self.inward.promise(env)
    }

    fn has_out(&mut self, _env: &mut Env<'_>) -> bool {
        true
    }

    fn newest_routing_id(&self) -> Option<&[u8]> {
        self.newest.as_ref().map(<[u8; 5]>::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;
    use crate::error::Errno;
    use crate::options::SocketType;

    #[test]
    fn chunks_go_by_id() {
        let mut bench = Bench::new(SocketType::Stream);
        assert_eq!(bench.newest_routing_id(), None);
        let a = bench.attach(b"");
        let id = bench.newest_routing_id().expect("made up");
        assert!(matches!(id[..], [0, _, _, _, _]));
        bench.peer_sends(a, &[b""]);
        bench.peer_sends(a, &[b"bytes"]);
        assert_eq!(bench.recv(), Ok(vec![id.clone(), vec![]]));
        assert_eq!(bench.recv(), Ok(vec![id.clone(), b"bytes".to_vec()]));
        bench.send_frame(&id, true).expect("known");
        bench.send_frame(b"reply", true).expect("more is ignored");
        assert_eq!(bench.peer_reads(a), Some(vec![b"reply".to_vec()]));
        assert_eq!(bench.send(&[b"who", b"x"]), Err(Errno::EHOSTUNREACH));
        bench.send(&[&id, b"again"]).expect("sent");
        bench.send(&[&id, b""]).expect("closed");
        assert!(!bench.is_attached(a));
        assert_eq!(bench.send(&[&id, b"x"]), Err(Errno::EHOSTUNREACH));
    }

    #[test]
    fn a_bare_id_swallows_the_next_frame() {
        let mut bench = Bench::new(SocketType::Stream);
        let a = bench.attach_with(1, |parts| parts.given_routing_id = b"named".to_vec());
        bench.send_frame(b"named", false).expect("swallowed");
        bench.send_frame(b"this too", false).expect("swallowed");
        bench.send(&[b"named", b"1"]).expect("sent");
        assert_eq!(bench.send(&[b"named", b"2"]), Err(Errno::EAGAIN));
        assert_eq!(bench.peer_reads(a), Some(vec![b"1".to_vec()]));
        assert_eq!(bench.newest_routing_id(), None);
    }

    #[test]
    fn the_last_chunks_of_a_closed_connection_are_read() {
        let mut bench = Bench::new(SocketType::Stream);
        let a = bench.attach(b"");
        bench.peer_sends(a, &[b"last"]);
        bench.peer_sends(a, &[b""]);
        bench.close(a);
        assert_eq!(bench.recv().expect("chunk").pop(), Some(b"last".to_vec()));
        assert_eq!(bench.recv().expect("note").pop(), Some(vec![]));
        assert!(!bench.has_in() && !bench.is_attached(a));
    }
}
