//! XSUB: subscribes with messages, and takes the publishers' messages in turn (RFC 29). SUB is
//! built on it. Under the socket's lock.
#![forbid(unsafe_code)]

use crate::error::Result;
use crate::msg::frame;
use crate::options::SocketOptions;
use crate::pattern::policy::{Distribute, FairQueue, Filter, RemoveResult};
use crate::pattern::{Env, Outgoing, Pattern, subscription};
use crate::pipe::PipeId;
use crate::queue::Incoming;

#[derive(Default)]
pub struct Xsub {
    pub filter: Filter,
    pub inward: FairQueue,
    out: Distribute,
    /// Whether the program is inside a message.
    inside: bool,
    /// Whether a message upstream is under way: not while its frames are all swallowed.
    started: bool,
    /// Whether further frames of that message are examined.
    examine: bool,
}

impl Xsub {
    /// Sends a publisher all subscriptions.
    fn replay(&self, env: &mut Env<'_>, id: PipeId) {
        let Some(pipe) = env.pipes.get_mut(id) else { return };
        let mut topics: Vec<&[u8]> = self.filter.iter().collect();
        // Sorted, so that the order is that of libzmq each time.
        topics.sort_unstable();
        for topic in topics {
            if !pipe.write_open {
                return;
            }
            let command = subscription::command(true, topic);
            if pipe.write_own(frame::COMMAND, &command).is_err() {
                return;
            }
        }
    }

    /// Records a subscription or its end; returns whether the publishers must get it.
    fn remember(&mut self, on: bool, topic: &[u8]) -> bool {
        if on {
            // Sent also when it is not the first: an XPUB upstream may want to see them all.
            self.filter.add(topic);
            return true;
        }
        self.filter.remove(topic) == RemoveResult::Gone
    }

    /// Subscribes or ends a subscription at all publishers.
    pub fn change(&mut self, env: &mut Env<'_>, on: bool, topic: &[u8]) {
        if self.remember(on, topic) {
            self.out.send_command(env, &subscription::command(on, topic));
        }
    }

    /// Sends a frame upstream to all publishers that have room. If the message begins with a
    /// subscription (`must_reach`), the others get it too.
    fn upstream(&mut self, env: &mut Env<'_>, frame: Outgoing<'_>, must_reach: bool) {
        if !self.started {
            self.out.choose_all(env);
            if must_reach {
                self.out.drop_closed(env);
            } else {
                self.out.drop_full(env);
            }
        }
        self.started = frame.more;
        self.out.send(env, frame);
    }
}

impl Pattern for Xsub {
    fn attach(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.inward.add(pipe);
        self.out.add(pipe);
        self.replay(env, pipe);
    }

    fn disconnected(&mut self, env: &mut Env<'_>, id: PipeId) {
        // The next connection gets all subscriptions that hold, and only those. They wait for it in
        // the pipe, so that it need not wait for another call of the program. A publisher that
        // comes and goes without reading does not make them pile up.
        if let Some(pipe) = env.pipes.get_mut(id) {
            pipe.discard_commands();
        }
        self.replay(env, id);
    }

    fn closed(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.out.remove(pipe);
        self.inward.closed(env, pipe);
    }

    fn detach(&mut self, _env: &mut Env<'_>, pipe: PipeId) {
        self.out.remove(pipe);
        self.inward.remove(pipe);
    }

    fn readable(&mut self, _env: &mut Env<'_>, pipe: PipeId) {
        self.inward.add(pipe);
    }

    fn writable(&mut self, _env: &mut Env<'_>, _pipe: PipeId) {}

    fn send(&mut self, env: &mut Env<'_>, frame: Outgoing<'_>) -> Result<()> {
        let first = !self.inside;
        let change = if first || self.examine {
            subscription::parse_message(frame.body.data())
        } else {
            None
        };
        if first {
            self.examine = change.is_some() || !env.options.only_first_subscribe;
        }
        self.inside = frame.more;
        match change {
            // A command has no further frames, so inside a message the older form stays.
            Some((on, topic)) if first && !frame.more && !self.started => {
                self.change(env, on, topic);
            }
            Some((on, topic)) if !self.remember(on, topic) => {}
            Some(_) => self.upstream(env, frame, true),
            None => self.upstream(env, frame, false),
        }
        Ok(())
    }

    #[inline]
    fn recv<'p>(&'p mut self, env: &'p mut Env<'_>) -> Result<Incoming<'p>> {
        self.inward.recv(env)
    }

    fn has_in(&mut self, env: &mut Env<'_>) -> bool {
        self.inward.promise(env)
    }

    fn has_out(&mut self, _env: &mut Env<'_>) -> bool {
        true
    }

    fn fast_path_in(&self, _options: &SocketOptions) -> Option<PipeId> {
        self.inward.fast_path()
    }

    fn topics_count(&self) -> Result<usize> {
        Ok(self.filter.len())
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;
    use crate::msg::frame::{COMMAND, MORE};
    use crate::options::SocketType;

    #[test]
    fn subscribes_with_messages() {
        let mut bench = Bench::new(SocketType::Xsub);
        let a = bench.attach(b"");
        bench.send(&[b"\x01A"]).expect("sent");
        bench.send(&[b"\x01A"]).expect("sent again");
        bench.send(&[b"\x00A"]).expect("still held");
        bench.send(&[b"\x00A"]).expect("sent");
        bench.send(&[b"\x00A"]).expect("unknown");
        for command in [b"\x09SUBSCRIBEA".as_slice(), b"\x09SUBSCRIBEA", b"\x06CANCELA"] {
            assert_eq!(bench.peer_reads_frames(a), Some(vec![(COMMAND, command.to_vec())]));
        }
        assert_eq!(bench.peer_reads(a), None);
        assert!(bench.has_out());
    }

    #[test]
    fn user_messages_go_upstream_whole() {
        let mut bench = Bench::new(SocketType::Xsub);
        let (a, b) = (bench.attach(b""), bench.attach(b""));
        bench.send(&[b"\x02u", b"\x01T", b"\x00X", b""]).expect("sent");
        for id in [a, b] {
            let expected = vec![(MORE, b"\x02u".to_vec()), (MORE, b"\x01T".to_vec()), (0, vec![])];
            assert_eq!(bench.peer_reads_frames(id), Some(expected));
        }
        assert_eq!(bench.topics_count(), Ok(1));
        bench.options.only_first_subscribe = true;
        bench.send(&[b"u", b"\x01U"]).expect("sent");
        assert_eq!(bench.topics_count(), Ok(1));
    }

    #[test]
    fn frames_after_swallowed_ones_go_upstream() {
        let mut bench = Bench::new(SocketType::Xsub);
        let a = bench.attach(b"");
        bench.send(&[b"\x00unknown", b"\x00too", b"\x01T"]).expect("sent");
        assert_eq!(bench.peer_reads_frames(a), Some(vec![(0, b"\x01T".to_vec())]));
        bench.send(&[b"\x00unknown", b"u", b"\x00unknown", b"v"]).expect("sent");
        assert_eq!(bench.peer_reads(a), Some(vec![b"u".to_vec(), b"v".to_vec()]));
    }

    #[test]
    fn does_not_filter() {
        let mut bench = Bench::new(SocketType::Xsub);
        let a = bench.attach(b"");
        bench.peer_sends(a, &[b"anything"]);
        assert_eq!(bench.recv(), Ok(vec![b"anything".to_vec()]));
    }

    #[test]
    fn replays_to_new_pipes_and_after_a_loss_only() {
        let mut bench = Bench::new(SocketType::Xsub);
        bench.send(&[b"\x01A"]).expect("kept");
        let a = bench.attach_with(0, |parts| parts.identified = false);
        bench.connected(a, b"");
        assert_eq!(bench.peer_reads(a), Some(vec![b"\x09SUBSCRIBEA".to_vec()]));
        assert_eq!(bench.peer_reads(a), None);
        bench.disconnected(a);
        bench.connected(a, b"");
        assert_eq!(bench.peer_reads(a), Some(vec![b"\x09SUBSCRIBEA".to_vec()]));
        bench.connected(a, b"");
        assert_eq!(bench.peer_reads(a), None);
    }

    #[test]
    fn no_mark_loses_subscriptions() {
        let mut bench = Bench::new(SocketType::Xsub);
        let a = bench.attach_hwm(1);
        bench.send(&[b"user"]).expect("fills the pipe");
        bench.send(&[b"user"]).expect("dropped");
        bench.send(&[b"\x01A"]).expect("a command");
        bench.send(&[b"\x01B", b"\x01C"]).expect("a message");
        let mut read = Vec::new();
        while let Some(frames) = bench.peer_reads(a) {
            read.push(frames);
        }
        let expected: [&[&[u8]]; 3] = [&[b"user"], &[b"\x09SUBSCRIBEA"], &[b"\x01B", b"\x01C"]];
        assert_eq!(read, expected);
    }

    #[test]
    fn subscriptions_do_not_pile_up_where_connections_are_lost() {
        let mut bench = Bench::new(SocketType::Xsub);
        let a = bench.attach(b"");
        bench.send(&[b"user"]).expect("kept");
        bench.send(&[b"\x01A"]).expect("kept");
        for _ in 0..3 {
            bench.disconnected(a);
            bench.connected(a, b"");
        }
        assert_eq!(bench.peer_reads(a), Some(vec![b"user".to_vec()]));
        assert_eq!(bench.peer_reads(a), Some(vec![b"\x09SUBSCRIBEA".to_vec()]));
        assert_eq!(bench.peer_reads(a), None);
    }
}
