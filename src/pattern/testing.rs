//! A bench for patterns: a socket type with pipes whose far ends the test drives.
#![forbid(unsafe_code)]

use std::collections::HashMap;

use crate::adapt::work::Work;
use crate::error::Result;
use crate::msg::{Metadata, Msg, frame};
use crate::options::{SocketOptions, SocketType};
use crate::pattern::{Env, Outgoing, Pattern, new};
use crate::pipe::{Flush, FlushPolicy, PeerMarks, PipeId, PipeParts, PipePeer, Pipes};
use crate::queue::{Body, CreditEpoch, Reader, Writer, queue};
use crate::sync::{Arc, AtomicUsize, Ordering};

/// Counts the calls that a socket makes to the pipe peer.
#[derive(Default)]
struct Counter {
    writable: AtomicUsize,
}

impl PipePeer for Counter {
    fn readable(&self, _flush: Flush) {}
    fn flush(&self) {}
    fn writable(&self) {
        self.writable.fetch_add(1, Ordering::Relaxed);
    }
    fn close(&self, _linger: i32) {}
}

/// The far end of a pipe.
struct Peer {
    reader: Reader,
    writer: Writer,
    peer_end: Arc<Counter>,
}

/// A frame as a peer read it: flags and body.
pub type Frame = (u8, Vec<u8>);

pub struct Bench {
    pattern: Box<dyn Pattern>,
    pipes: Pipes,
    peers: HashMap<PipeId, Peer>,
    pub options: SocketOptions,
    /// The calls poll again soon.
    pub polls_again: bool,
}

/// Calls the pattern and then does the socket's work after each call.
macro_rules! call {
    ($bench:expr, |$pattern:ident, $env:ident| $call:expr) => {{
        let mut done = Vec::new();
        let result = {
            let $pattern = &mut *$bench.pattern;
            let mut env = Env {
                pipes: &mut $bench.pipes,
                options: &$bench.options,
                flush_policy: &FlushPolicy::default(),
                look: CreditEpoch::default(),
                polls_again: $bench.polls_again,
                work: &Work::default(),
                done: &mut done,
            };
            let $env = &mut env;
            $call
        };
        $bench.sweep(done);
        result
    }};
}

impl Bench {
    pub fn new(socket_type: SocketType) -> Bench {
        Bench {
            pattern: new(socket_type),
            pipes: Pipes::default(),
            peers: HashMap::new(),
            options: SocketOptions::new(socket_type),
            polls_again: false,
        }
    }

    /// A pipe of an identified peer.
    pub fn attach(&mut self, routing_id: &[u8]) -> PipeId {
        self.attach_with(0, |parts| parts.peer_routing_id = routing_id.to_vec())
    }

    pub fn attach_hwm(&mut self, hwm: i32) -> PipeId {
        self.attach_with(hwm, |_| {})
    }

    pub fn attach_with(&mut self, hwm: i32, change: impl FnOnce(&mut PipeParts)) -> PipeId {
        let peer_end = Arc::new(Counter::default());
        let (writer, peer_reader) = queue(hwm, self.options.conflates_outward());
        let (peer_writer, reader) = queue(hwm, self.options.conflates_inward());
        let mut parts = PipeParts {
            reader,
            writer,
            peer_end: peer_end.clone(),
            peer_routing_id: Vec::new(),
            identified: true,
            given_routing_id: Vec::new(),
            copy_max: 64,
            session: 1,
            listener: 0,
            peer_marks: PeerMarks::None,
            takes_all: false,
        };
        change(&mut parts);
        let id = self.pipes.insert(parts).id;
        self.peers.insert(id, Peer { reader: peer_reader, writer: peer_writer, peer_end });
        call!(self, |pattern, env| pattern.attach(env, id));
        id
    }

    pub fn connected(&mut self, id: PipeId, routing_id: &[u8]) {
        if let Some(pipe) = self.pipes.get_mut(id) {
            pipe.peer_routing_id = routing_id.to_vec();
            pipe.identified = true;
        }
        call!(self, |pattern, env| pattern.connected(env, id));
    }

    pub fn disconnected(&mut self, id: PipeId) {
        call!(self, |pattern, env| pattern.disconnected(env, id));
    }

    /// The peer leaves.
    pub fn close(&mut self, id: PipeId) {
        self.peers.get_mut(&id).expect("peer").writer.finish();
        self.pipes.get_mut(id).expect("pipe").write_open = false;
        call!(self, |pattern, env| pattern.closed(env, id));
    }

    /// The socket takes the pipe away, as `zmq_disconnect` does.
    pub fn cut(&mut self, id: PipeId) {
        self.sweep(vec![id]);
    }

    fn sweep(&mut self, done: Vec<PipeId>) {
        for id in done {
            self.pipes.remove(id).expect("done once").close(0);
            let mut none = Vec::new();
            let mut env = Env {
                pipes: &mut self.pipes,
                options: &self.options,
                flush_policy: &FlushPolicy::default(),
                look: CreditEpoch::default(),
                polls_again: false,
                work: &Work::default(),
                done: &mut none,
            };
            self.pattern.detach(&mut env, id);
            assert!(none.is_empty());
        }
    }

    pub fn is_attached(&self, id: PipeId) -> bool {
        self.pipes.get(id).is_some()
    }

    pub fn peer_sends(&mut self, id: PipeId, frames: &[&[u8]]) {
        for (n, bytes) in frames.iter().enumerate() {
            let more = if n + 1 < frames.len() { frame::MORE } else { 0 };
            self.peer_writes(id, more, bytes);
        }
    }

    /// Messages that the peer sends from here on have this property.
    pub fn peer_sets(&mut self, id: PipeId, name: &[u8], value: &[u8]) {
        let metadata = Metadata::new([(name, value)]).expect("memory");
        let peer = self.peers.get_mut(&id).expect("peer");
        peer.writer.set_metadata(Some(Arc::new(metadata)));
    }

    pub fn peer_subscribes(&mut self, id: PipeId, topic: &[u8]) {
        self.peer_writes(id, frame::COMMAND, &[b"\x09SUBSCRIBE", topic].concat());
    }

    pub fn peer_cancels(&mut self, id: PipeId, topic: &[u8]) {
        self.peer_writes(id, frame::COMMAND, &[b"\x06CANCEL", topic].concat());
    }

    fn peer_writes(&mut self, id: PipeId, flags: u8, bytes: &[u8]) {
        let peer = self.peers.get_mut(&id).expect("peer");
        if peer.writer.write(flags, Body::Copy(bytes), 0).expect("memory").wake_reader {
            call!(self, |pattern, env| pattern.readable(env, id));
        }
    }

    pub fn peer_has_room(&self, id: PipeId) -> bool {
        self.peers[&id].writer.has_room()
    }

    /// How often the peer was woken for credit.
    pub fn writable_calls(&self, id: PipeId) -> usize {
        self.peers[&id].peer_end.writable.load(Ordering::Relaxed)
    }

    /// The next message that the peer gets; gives credit back for it.
    pub fn peer_reads_frames(&mut self, id: PipeId) -> Option<Vec<Frame>> {
        let peer = self.peers.get_mut(&id).expect("peer");
        let mut frames = Vec::new();
        loop {
            if !peer.reader.ready() {
                assert!(frames.is_empty(), "half a message");
                return None;
            }
            let frame = peer.reader.take().expect("ready");
            frames.push((frame.flags, frame.data().to_vec()));
            if !frame.more() {
                break;
            }
        }
        if peer.reader.take_credit_note() {
            call!(self, |pattern, env| pattern.writable(env, id));
        }
        Some(frames)
    }

    pub fn peer_reads(&mut self, id: PipeId) -> Option<Vec<Vec<u8>>> {
        let frames = self.peer_reads_frames(id)?;
        Some(frames.into_iter().map(|(_, body)| body).collect())
    }

    pub fn send_frame(&mut self, bytes: &[u8], more: bool) -> Result<()> {
        let mut msg = Msg::copy_of(bytes)?;
        let body = Body::Own(&mut msg);
        call!(self, |pattern, env| pattern.send(env, Outgoing { more, body }))
    }

    /// Sends a message as `zmq_send` does, frame by frame.
    pub fn send(&mut self, frames: &[&[u8]]) -> Result<()> {
        for (n, bytes) in frames.iter().enumerate() {
            let frame = Outgoing { more: n + 1 < frames.len(), body: Body::Copy(bytes) };
            call!(self, |pattern, env| pattern.send(env, frame))?;
        }
        Ok(())
    }

    pub fn recv_msg(&mut self) -> Result<Msg> {
        call!(self, |pattern, env| pattern.recv(env).and_then(|frame| frame.into_msg()))
    }

    /// The next message.
    pub fn recv(&mut self) -> Result<Vec<Vec<u8>>> {
        let mut frames = Vec::new();
        loop {
            let msg = self.recv_msg()?;
            frames.push(msg.data().to_vec());
            if !msg.more() {
                return Ok(frames);
            }
        }
    }

    pub fn has_in(&mut self) -> bool {
        call!(self, |pattern, env| pattern.has_in(env))
    }

    pub fn has_out(&mut self) -> bool {
        call!(self, |pattern, env| pattern.has_out(env))
    }

    pub fn subscribe(&mut self, topic: &[u8], on: bool) -> Result<()> {
        call!(self, |pattern, env| pattern.subscribe(env, topic, on))
    }

    pub fn topics_count(&self) -> Result<usize> {
        self.pattern.topics_count()
    }

    pub fn newest_routing_id(&self) -> Option<Vec<u8>> {
        self.pattern.newest_routing_id().map(<[u8]>::to_vec)
    }
}
