//! PUB: publishes to the peers that subscribed (RFC 29). An XPUB that shows nothing. Under the
//! socket's lock.
#![forbid(unsafe_code)]

use crate::error::{Errno, Result};
use crate::options::SocketOptions;
use crate::pattern::xpub::Xpub;
use crate::pattern::{Env, Outgoing, Pattern};
use crate::pipe::PipeId;
use crate::queue::Incoming;

pub struct Pub {
    xpub: Xpub,
}

impl Default for Pub {
    fn default() -> Self {
        Pub { xpub: Xpub::silent() }
    }
}

impl Pattern for Pub {
    fn attach(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.xpub.attach(env, pipe);
    }

    fn closed(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.xpub.closed(env, pipe);
    }

    fn detach(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.xpub.detach(env, pipe);
    }

    fn readable(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.xpub.readable(env, pipe);
    }

    fn go_on(&mut self, env: &mut Env<'_>) {
        self.xpub.go_on(env);
    }

    fn writable(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.xpub.writable(env, pipe);
    }

    #[inline]
    fn send(&mut self, env: &mut Env<'_>, frame: Outgoing<'_>) -> Result<()> {
        self.xpub.send(env, frame)
    }

    fn recv<'p>(&'p mut self, _env: &'p mut Env<'_>) -> Result<Incoming<'p>> {
        Err(Errno::ENOTSUP)
    }

    fn has_in(&mut self, _env: &mut Env<'_>) -> bool {
        false
    }

    fn has_out(&mut self, _env: &mut Env<'_>) -> bool {
        true
    }

    fn fast_path_out(&self, options: &SocketOptions) -> Option<PipeId> {
        self.xpub.fast_path_out(options)
    }

    fn topics_count(&self) -> Result<usize> {
        self.xpub.topics_count()
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::Bench;
    use crate::error::Errno;
    use crate::options::SocketType;

    #[test]
    fn gives_each_subscriber_what_it_wants_once() {
        let mut bench = Bench::new(SocketType::Pub);
        let (a, b) = (bench.attach(b""), bench.attach(b""));
        bench.send(&[b"nobody"]).expect("dropped");
        bench.peer_subscribes(a, b"x");
        bench.peer_subscribes(a, b"xy");
        bench.peer_sends(b, &[b"\x01xyz"]);
        assert_eq!(bench.topics_count(), Ok(3));
        bench.send(&[b"xyz", b"body"]).expect("sent");
        bench.send(&[b"xq", b"body"]).expect("sent");
        for topic in [b"xyz".to_vec(), b"xq".to_vec()] {
            assert_eq!(bench.peer_reads(a), Some(vec![topic, b"body".to_vec()]));
        }
        assert_eq!(bench.peer_reads(b), Some(vec![b"xyz".to_vec(), b"body".to_vec()]));
        assert_eq!((bench.peer_reads(a), bench.peer_reads(b)), (None, None));
        bench.peer_cancels(a, b"x");
        bench.send(&[b"xq"]).expect("dropped");
        assert_eq!(bench.peer_reads(a), None);
    }

    #[test]
    fn cannot_be_read() {
        let mut bench = Bench::new(SocketType::Pub);
        let a = bench.attach(b"");
        bench.peer_sends(a, &[b"upstream"]);
        assert!(!bench.has_in() && bench.has_out());
        assert_eq!(bench.recv(), Err(Errno::ENOTSUP));
        assert_eq!(bench.subscribe(b"", true), Err(Errno::EINVAL));
    }

    #[test]
    fn a_full_subscriber_misses_whole_messages() {
        let mut bench = Bench::new(SocketType::Pub);
        let (a, b) = (bench.attach_hwm(2), bench.attach_hwm(0));
        bench.peer_subscribes(a, b"");
        bench.peer_subscribes(b, b"");
        for n in 0..4u8 {
            bench.send(&[&[n], b"tail"]).expect("sent");
        }
        assert_eq!(bench.peer_reads(a), Some(vec![vec![0], b"tail".to_vec()]));
        bench.send_frame(&[4], true).expect("sent");
        bench.peer_reads(a);
        bench.send_frame(b"tail", false).expect("sent");
        assert_eq!(bench.peer_reads(a), Some(vec![vec![4], b"tail".to_vec()]));
        for n in 0..5u8 {
            assert_eq!(bench.peer_reads(b), Some(vec![vec![n], b"tail".to_vec()]));
        }
    }

    #[test]
    fn nobody_gets_what_one_would_miss_without_drop() {
        let mut bench = Bench::new(SocketType::Pub);
        bench.options.xpub_nodrop = true;
        let (a, b) = (bench.attach_hwm(1), bench.attach_hwm(0));
        bench.peer_subscribes(a, b"");
        bench.peer_subscribes(b, b"");
        bench.send(&[b"1"]).expect("room");
        assert_eq!(bench.send(&[b"2"]), Err(Errno::EAGAIN));
        assert!(bench.peer_reads(a).is_some());
        bench.send(&[b"3"]).expect("room");
        assert_eq!(bench.peer_reads(b), Some(vec![b"1".to_vec()]));
        assert_eq!(bench.peer_reads(b), Some(vec![b"3".to_vec()]));
    }

    #[test]
    fn marks_hold_also_where_everybody_gets_everything() {
        for nodrop in [false, true] {
            let mut bench = Bench::new(SocketType::Pub);
            bench.options.xpub_nodrop = nodrop;
            let peers = [bench.attach_hwm(4), bench.attach_hwm(6), bench.attach_hwm(0)];
            peers.iter().for_each(|peer| bench.peer_subscribes(*peer, b""));
            let sent = (0..9u8).filter(|n| bench.send(&[&[*n]]).is_ok()).count();
            assert_eq!(sent, if nodrop { 4 } else { 9 });
            let read =
                peers.map(|peer| (0..).take_while(|_| bench.peer_reads(peer).is_some()).count());
            assert_eq!(read, if nodrop { [4, 4, 4] } else { [4, 6, 9] });
            // Reading makes room, and longer messages count too.
            bench.send(&[b"1"]).expect("room");
            bench.send(&[b"2", b"tail"]).expect("room");
            bench.send(&[&[3; 300]]).expect("room");
            bench.send(&[b"4"]).expect("room");
            assert_eq!(bench.send(&[b"full"]), if nodrop { Err(Errno::EAGAIN) } else { Ok(()) });
            bench.close(peers[0]);
            bench.send(&[b"5"]).expect("room");
            assert_eq!(bench.peer_reads(peers[1]), Some(vec![b"1".to_vec()]));
            assert_eq!(bench.peer_reads(peers[2]), Some(vec![b"1".to_vec()]));
        }
    }

    #[test]
    fn what_is_kept_once_for_many_comes_in_order_and_to_all() {
        let mut bench = Bench::new(SocketType::Pub);
        let mut ids: Vec<_> = (0..8).map(|_| bench.attach(b"")).collect();
        ids.iter().for_each(|id| bench.peer_subscribes(*id, b""));
        let row = |bench: &mut Bench, ids: &[u32], expected: &mut Vec<Vec<u8>>| {
            for n in 0..100u8 {
                bench.send(&[&[n]]).expect("sent");
                expected.push(vec![n]);
                // Two peers read from time to time, the others at the end.
                if n % 30 == 29 {
                    for id in &ids[..2] {
                        expected.iter().for_each(|body| {
                            assert_eq!(bench.peer_reads(*id), Some(vec![body.clone()]));
                        });
                        assert_eq!(bench.peer_reads(*id), None);
                    }
                    for id in &ids[2..] {
                        expected.iter().for_each(|body| {
                            assert_eq!(bench.peer_reads(*id), Some(vec![body.clone()]));
                        });
                    }
                    expected.clear();
                }
            }
        };
        let mut expected = Vec::new();
        row(&mut bench, &ids, &mut expected);
        // A message that is longer, or has parts, goes behind those in the fan-out log.
        bench.send(&[&[7; 300]]).expect("sent");
        expected.push(vec![7; 300]);
        row(&mut bench, &ids, &mut expected);
        // One peer leaves, one comes, one wants less.
        bench.close(ids.remove(4));
        bench.cut(ids.remove(3));
        let newcomer = bench.attach(b"");
        bench.peer_subscribes(newcomer, b"");
        row(&mut bench, &ids, &mut expected);
        bench.peer_cancels(newcomer, b"");
        bench.peer_subscribes(newcomer, b"\x01");
        row(&mut bench, &ids, &mut expected);
        for id in ids {
            for body in &expected {
                assert_eq!(bench.peer_reads(id), Some(vec![body.clone()]));
            }
            assert_eq!(bench.peer_reads(id), None);
        }
        let read: Vec<_> = std::iter::from_fn(|| bench.peer_reads(newcomer)).collect();
        assert_eq!(read.len(), 101);
        assert_eq!(read.last(), Some(&vec![vec![1]]));
    }

    #[test]
    fn marks_hold_also_for_what_is_kept_once() {
        for nodrop in [false, true] {
            let mut bench = Bench::new(SocketType::Pub);
            bench.options.xpub_nodrop = nodrop;
            let marks = [100, 100, 150, 0, 0, 0];
            let peers = marks.map(|mark| bench.attach_hwm(mark));
            peers.iter().for_each(|peer| bench.peer_subscribes(*peer, b""));
            for _ in 0..3 {
                let sent = (0..200u8).filter(|n| bench.send(&[&[*n]]).is_ok()).count();
                assert_eq!(sent, if nodrop { 100 } else { 200 });
                let most = if nodrop { 100 } else { 200 };
                for (peer, mark) in peers.iter().zip(marks) {
                    let read = (0..).take_while(|_| bench.peer_reads(*peer).is_some()).count();
                    assert_eq!(read, if mark == 0 { most } else { most.min(mark as usize) });
                }
            }
        }
    }

    #[test]
    fn shares_large_bodies_with_many() {
        let mut bench = Bench::new(SocketType::Pub);
        let ids: Vec<_> = (0..10).map(|_| bench.attach(b"")).collect();
        ids.iter().for_each(|id| bench.peer_subscribes(*id, b""));
        let body = vec![9; 20_000];
        bench.send_frame(&body, true).expect("sent");
        bench.send(&[&body]).expect("sent");
        for id in ids {
            assert_eq!(bench.peer_reads(id), Some(vec![body.clone(), body.clone()]));
        }
    }

    #[test]
    fn a_newcomer_gets_nothing_of_the_message_under_way() {
        let mut bench = Bench::new(SocketType::Pub);
        let a = bench.attach(b"");
        bench.peer_subscribes(a, b"");
        bench.send_frame(b"1", true).expect("sent");
        let b = bench.attach(b"");
        bench.peer_subscribes(b, b"");
        bench.send_frame(b"2", true).expect("sent");
        bench.close(a);
        assert!(!bench.is_attached(a));
        bench.send_frame(b"3", false).expect("sent");
        assert_eq!(bench.peer_reads(b), None);
        bench.send(&[b"4"]).expect("sent");
        assert_eq!(bench.peer_reads(b), Some(vec![b"4".to_vec()]));
    }

    #[test]
    fn inverted_matching_and_welcome() {
        let mut bench = Bench::new(SocketType::Pub);
        bench.options.invert_matching = true;
        bench.options.xpub_welcome_msg = b"W".to_vec();
        let a = bench.attach(b"");
        assert_eq!(bench.peer_reads(a), Some(vec![b"W".to_vec()]));
        bench.peer_subscribes(a, b"x");
        bench.send(&[b"x"]).expect("dropped");
        bench.send(&[b"y"]).expect("sent");
        assert_eq!(bench.peer_reads(a), Some(vec![b"y".to_vec()]));
    }

    #[test]
    fn conflation_keeps_the_last_frame() {
        let mut bench = Bench::new(SocketType::Pub);
        bench.options.conflate = true;
        let a = bench.attach_hwm(1);
        bench.peer_subscribes(a, b"");
        for n in 0..3u8 {
            bench.send(&[&[n], b"last"]).expect("sent");
        }
        assert_eq!(bench.peer_reads(a), Some(vec![b"last".to_vec()]));
        assert_eq!(bench.peer_reads(a), None);
    }
}
