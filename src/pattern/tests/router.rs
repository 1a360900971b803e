//! ROUTER: names, duplicates, undeliverable messages.
use super::super::testing::Bench;
use crate::error::Errno;
use crate::options::SocketType;

fn bench() -> Bench {
    Bench::new(SocketType::Router)
}

/// A message from a peer without a name: the name that it was given, and the rest.
fn from_anonymous(bench: &mut Bench) -> (Vec<u8>, Vec<Vec<u8>>) {
    let mut frames = bench.recv().expect("a message");
    let name = frames.remove(0);
    assert!(matches!(name[..], [0, _, _, _, _]));
    (name, frames)
}

#[test]
fn routes_by_name_and_prepends_it() {
    let mut bench = bench();
    let (a, b) = (bench.attach(b"a"), bench.attach(b""));
    bench.peer_sends(a, &[b"1", b"2"]);
    bench.peer_sends(b, &[b"3"]);
    assert_eq!(bench.recv(), Ok(vec![b"a".to_vec(), b"1".to_vec(), b"2".to_vec()]));
    let (anonymous, rest) = from_anonymous(&mut bench);
    assert_eq!(rest, [b"3"]);
    assert_eq!(bench.recv(), Err(Errno::EAGAIN));
    bench.send(&[&anonymous, b"x", b"y"]).expect("sent");
    bench.send(&[b"a", b"z"]).expect("sent");
    assert_eq!(bench.peer_reads(b), Some(vec![b"x".to_vec(), b"y".to_vec()]));
    assert_eq!(bench.peer_reads(a), Some(vec![b"z".to_vec()]));
}

#[test]
fn undeliverable_messages_vanish_whole() {
    let mut bench = bench();
    let a = bench.attach_with(1, |parts| parts.peer_routing_id = b"a".to_vec());
    bench.send(&[b"who", b"1", b"2"]).expect("dropped");
    bench.send(&[b"a"]).expect("a bare name is swallowed");
    bench.send(&[b"a", b"1"]).expect("sent");
    bench.send(&[b"a", b"full", b"2"]).expect("dropped");
    assert_eq!(bench.peer_reads(a), Some(vec![b"1".to_vec()]));
    assert_eq!(bench.peer_reads(a), None);
}

#[test]
fn mandatory_tells_at_the_name() {
    let mut bench = bench();
    bench.options.router_mandatory = true;
    assert!(!bench.has_out());
    let a = bench.attach_with(1, |parts| parts.peer_routing_id = b"a".to_vec());
    assert!(bench.has_out());
    assert_eq!(bench.send(&[b"who", b"1"]), Err(Errno::EHOSTUNREACH));
    bench.send(&[b"a", b"1"]).expect("sent");
    assert_eq!(bench.send(&[b"a", b"2"]), Err(Errno::EAGAIN));
    assert!(!bench.has_out());
    bench.peer_reads(a);
    assert!(bench.has_out());
    bench.send(&[b"a", b"2"]).expect("sent");
    bench.close(a);
    assert_eq!(bench.send(&[b"a", b"3"]), Err(Errno::EHOSTUNREACH));
}

#[test]
fn a_peer_is_anonymous_until_it_is_identified() {
    let mut bench = bench();
    bench.options.router_mandatory = true;
    let a = bench.attach_with(0, |parts| parts.identified = false);
    bench.peer_sends(a, &[b"x"]);
    assert!(!bench.has_in());
    assert_eq!(bench.send(&[b"a", b"1"]), Err(Errno::EHOSTUNREACH));
    bench.connected(a, b"a");
    assert_eq!(bench.recv(), Ok(vec![b"a".to_vec(), b"x".to_vec()]));
    bench.send(&[b"a", b"1"]).expect("sent");
    let b = bench.attach_with(0, |parts| {
        parts.identified = false;
        parts.given_routing_id = b"given".to_vec();
    });
    bench.send(&[b"given", b"at once"]).expect("sent");
    assert_eq!(bench.peer_reads(b), Some(vec![b"at once".to_vec()]));
}

#[test]
fn a_second_peer_of_a_name_is_mute() {
    let mut bench = bench();
    let (a, b) = (bench.attach(b"x"), bench.attach(b"x"));
    bench.peer_sends(b, &[b"never"]);
    bench.peer_sends(a, &[b"heard"]);
    assert_eq!(bench.recv(), Ok(vec![b"x".to_vec(), b"heard".to_vec()]));
    assert!(!bench.has_in());
    bench.send(&[b"x", b"1"]).expect("sent");
    assert!(bench.peer_reads(a).is_some());
    assert_eq!(bench.peer_reads(b), None);
    bench.close(b);
    assert!(!bench.is_attached(b));
}

#[test]
fn handover_replaces_the_first_after_its_message() {
    let mut bench = bench();
    bench.options.router_handover = true;
    let a = bench.attach(b"x");
    bench.peer_sends(a, &[b"1", b"2"]);
    bench.peer_sends(a, &[b"dropped"]);
    assert_eq!(bench.recv_msg().expect("name").data(), b"x");
    bench.send_frame(b"x", true).expect("sent");
    bench.send_frame(b"half", true).expect("sent");
    let b = bench.attach(b"x");
    bench.send_frame(b"rest", false).expect("dropped");
    assert!(bench.is_attached(a));
    assert_eq!(bench.recv(), Ok(vec![b"1".to_vec(), b"2".to_vec()]));
    bench.peer_sends(a, &[b"mute"]);
    assert!(!bench.has_in());
    bench.send(&[b"x", b"new"]).expect("sent");
    assert_eq!(bench.peer_reads(b), Some(vec![b"new".to_vec()]));
    // A peer over a network stays connected, and does not come again.
    bench.attach(b"x");
    assert!(bench.is_attached(a) && bench.is_attached(b));
    bench.close(a);
    assert!(!bench.is_attached(a));
}

#[test]
fn handover_leaves_the_message_that_polling_found() {
    for frames in [&[b"1".as_slice()][..], &[b"1", b"2"]] {
        let mut bench = bench();
        bench.options.router_handover = true;
        let a = bench.attach(b"x");
        bench.peer_sends(a, frames);
        bench.peer_sends(a, &[b"dropped"]);
        assert!(bench.has_in());
        let b = bench.attach(b"x");
        bench.peer_sends(b, &[b"new"]);
        let found = [&[b"x".as_slice()], frames].concat();
        assert_eq!(bench.recv(), Ok(found.iter().map(|frame| frame.to_vec()).collect()));
        assert_eq!(bench.recv(), Ok(vec![b"x".to_vec(), b"new".to_vec()]));
        assert!(!bench.has_in());
    }
}

#[test]
fn handover_sends_away_who_is_in_this_context() {
    let mut bench = bench();
    bench.options.router_handover = true;
    let a = bench.attach_with(1, |parts| {
        parts.session = 0;
        parts.peer_routing_id = b"x".to_vec();
    });
    let b = bench.attach(b"x");
    assert!(!bench.is_attached(a) && bench.is_attached(b));
}

#[test]
fn a_returning_peer_gets_its_name_while_its_last_words_wait() {
    let mut bench = bench();
    let a = bench.attach(b"x");
    bench.peer_sends(a, &[b"bye"]);
    bench.close(a);
    let b = bench.attach(b"x");
    bench.peer_sends(b, &[b"hello"]);
    assert_eq!(bench.recv(), Ok(vec![b"x".to_vec(), b"bye".to_vec()]));
    assert_eq!(bench.recv(), Ok(vec![b"x".to_vec(), b"hello".to_vec()]));
    assert!(!bench.has_in() && !bench.is_attached(a));
    bench.send(&[b"x", b"1"]).expect("sent");
    assert!(bench.peer_reads(b).is_some());
}

#[test]
fn the_rest_of_a_message_is_dropped_with_its_pipe() {
    let mut bench = bench();
    let a = bench.attach(b"a");
    let b = bench.attach(b"b");
    bench.send_frame(b"a", true).expect("sent");
    bench.send_frame(b"1", true).expect("sent");
    bench.close(a);
    bench.send_frame(b"2", false).expect("dropped");
    bench.send(&[b"b", b"3"]).expect("sent");
    assert_eq!(bench.peer_reads(b), Some(vec![b"3".to_vec()]));
}

#[test]
fn raw_peers_are_named_at_once_and_closed_by_an_empty_frame() {
    let mut bench = bench();
    bench.options.router_raw = true;
    let a = bench.attach_with(0, |parts| parts.identified = false);
    bench.peer_sends(a, &[b"GET /"]);
    let (peer, rest) = from_anonymous(&mut bench);
    assert_eq!(rest, [b"GET /"]);
    bench.send(&[&peer, b"200"]).expect("sent");
    assert_eq!(bench.peer_reads(a), Some(vec![b"200".to_vec()]));
    bench.send(&[&peer, b""]).expect("closed");
    assert!(!bench.is_attached(a));
}

#[test]
fn probes_new_peers() {
    let mut bench = bench();
    bench.options.probe_router = true;
    let a = bench.attach(b"a");
    assert_eq!(bench.peer_reads(a), Some(vec![vec![]]));
}

#[test]
fn all_frames_have_the_properties_of_their_own_message() {
    let mut bench = bench();
    let (a, b) = (bench.attach(b"a"), bench.attach(b"b"));
    bench.peer_sets(a, b"User-Id", b"A");
    bench.peer_sends(a, &[b"1", b"2"]);
    bench.peer_sets(a, b"User-Id", b"B");
    bench.peer_sends(a, &[b"3"]);
    bench.peer_sends(b, &[b"none"]);
    assert!(bench.has_in());
    let user = |bench: &mut Bench| {
        let msg = bench.recv_msg().expect("frame");
        msg.metadata().and_then(|m| Some(m.get(b"User-Id")?.to_bytes().to_vec()))
    };
    let (first, second) = (Some(b"A".to_vec()), Some(b"B".to_vec()));
    let seen: Vec<_> = (0..7).map(|_| user(&mut bench)).collect();
    assert_eq!(seen[..3], [first.clone(), first.clone(), first]);
    assert_eq!(seen[3..], [None, None, second.clone(), second]);
}

/// A connecting pipe whose peer says this name.
fn dialled(bench: &mut Bench, name: &[u8]) -> u32 {
    let pipe = bench.attach_with(0, |parts| parts.identified = false);
    comes_as(bench, pipe, name);
    pipe
}

/// The peer of a connecting pipe is there (again).
fn comes_as(bench: &mut Bench, pipe: u32, name: &[u8]) {
    bench.disconnected(pipe);
    bench.peer_sets(pipe, b"Identity", name);
    bench.connected(pipe, name);
}

#[test]
fn a_peer_that_comes_back_under_another_name_is_called_so() {
    let mut bench = bench();
    bench.options.router_mandatory = true;
    let a = dialled(&mut bench, b"a");
    bench.peer_sends(a, &[b"1"]);
    assert_eq!(bench.recv(), Ok(vec![b"a".to_vec(), b"1".to_vec()]));
    // Half of a message to the peer, and two unread messages from it.
    bench.send_frame(b"a", true).expect("sent");
    bench.send_frame(b"half", true).expect("sent");
    bench.peer_sends(a, &[b"2", b"3"]);
    bench.peer_sends(a, &[b"4"]);
    comes_as(&mut bench, a, b"b");
    bench.send_frame(b"rest", false).expect("dropped");
    assert_eq!(bench.send(&[b"a", b"x"]), Err(Errno::EHOSTUNREACH));
    bench.send(&[b"b", b"y"]).expect("sent");
    assert_eq!(bench.peer_reads(a), Some(vec![b"y".to_vec()]));
    bench.peer_sends(a, &[b"5"]);
    assert!(bench.has_in());
    assert_eq!(bench.recv(), Ok(vec![b"a".to_vec(), b"2".to_vec(), b"3".to_vec()]));
    assert_eq!(bench.recv(), Ok(vec![b"a".to_vec(), b"4".to_vec()]));
    assert_eq!(bench.recv(), Ok(vec![b"b".to_vec(), b"5".to_vec()]));
    comes_as(&mut bench, a, b"b");
    bench.peer_sends(a, &[b"6"]);
    assert_eq!(bench.recv(), Ok(vec![b"b".to_vec(), b"6".to_vec()]));
    // The name is free for another.
    let other = bench.attach(b"a");
    bench.send(&[b"a", b"z"]).expect("sent");
    assert_eq!(bench.peer_reads(other), Some(vec![b"z".to_vec()]));
}

#[test]
fn a_peer_without_a_name_keeps_the_one_it_was_given() {
    let mut bench = bench();
    let a = dialled(&mut bench, b"");
    bench.peer_sends(a, &[b"1"]);
    let (first, _) = from_anonymous(&mut bench);
    comes_as(&mut bench, a, b"");
    bench.peer_sends(a, &[b"2"]);
    assert_eq!(from_anonymous(&mut bench).0, first);
    bench.peer_sends(a, &[b"3"]);
    comes_as(&mut bench, a, b"named");
    bench.peer_sends(a, &[b"4"]);
    assert_eq!(from_anonymous(&mut bench).0, first);
    assert_eq!(bench.recv(), Ok(vec![b"named".to_vec(), b"4".to_vec()]));
    comes_as(&mut bench, a, b"");
    bench.peer_sends(a, &[b"5"]);
    assert_ne!(from_anonymous(&mut bench).0, first);
}

#[test]
fn a_peer_that_comes_back_under_a_taken_name_is_mute() {
    let mut bench = bench();
    let (a, b) = (dialled(&mut bench, b"a"), bench.attach(b"b"));
    bench.peer_sends(a, &[b"1", b"2"]);
    bench.peer_sends(a, &[b"never"]);
    assert_eq!(bench.recv_msg().expect("name").data(), b"a");
    comes_as(&mut bench, a, b"b");
    assert_eq!(bench.recv(), Ok(vec![b"1".to_vec(), b"2".to_vec()]));
    assert!(!bench.has_in());
    bench.send(&[b"b", b"3"]).expect("sent");
    assert!(bench.peer_reads(b).is_some());
    // The peer comes back once more, and is read from again.
    comes_as(&mut bench, a, b"a");
    bench.peer_sends(a, &[b"4"]);
    assert_eq!(bench.recv(), Ok(vec![b"a".to_vec(), b"never".to_vec()]));
    assert_eq!(bench.recv(), Ok(vec![b"a".to_vec(), b"4".to_vec()]));
    bench.options.router_handover = true;
    comes_as(&mut bench, a, b"b");
    bench.send(&[b"b", b"5"]).expect("sent");
    assert_eq!(bench.peer_reads(a), Some(vec![b"5".to_vec()]));
}

#[test]
fn a_name_that_the_program_gave_stays() {
    let mut bench = bench();
    let a = bench.attach_with(0, |parts| {
        parts.identified = false;
        parts.given_routing_id = b"given".to_vec();
    });
    for name in [b"x", b"y"] {
        comes_as(&mut bench, a, name);
        bench.peer_sends(a, &[name]);
        assert_eq!(bench.recv(), Ok(vec![b"given".to_vec(), name.to_vec()]));
    }
}
