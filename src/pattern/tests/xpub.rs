//! XPUB: which subscriptions are shown, manual mode, upstream messages.
use super::super::testing::Bench;
use crate::error::Errno;
use crate::options::SocketType;

fn bench() -> Bench {
    Bench::new(SocketType::Xpub)
}

/// Everything there is to read, messages of one frame.
fn shown(bench: &mut Bench) -> Vec<Vec<u8>> {
    let mut all = Vec::new();
    while let Ok(mut frames) = bench.recv() {
        assert_eq!(frames.len(), 1);
        all.append(&mut frames);
    }
    all
}

#[test]
fn shows_first_and_last_of_a_topic() {
    let mut bench = bench();
    let (a, b) = (bench.attach(b""), bench.attach(b""));
    bench.peer_subscribes(a, b"A");
    assert!(bench.has_in());
    bench.peer_subscribes(a, b"A");
    bench.peer_sends(b, &[b"\x01A"]);
    assert_eq!(shown(&mut bench), [b"\x01A"]);
    bench.peer_cancels(a, b"A");
    assert_eq!(shown(&mut bench).len(), 0);
    bench.peer_sends(b, &[b"\x00A"]);
    bench.peer_sends(b, &[b"\x00A"]);
    assert_eq!(shown(&mut bench), [b"\x00A", b"\x00A"], "also one that nobody held");
}

#[test]
fn verbose_shows_every_subscription_and_verboser_every_end() {
    let mut bench = bench();
    bench.options.xpub_verbose = true;
    let (a, b) = (bench.attach(b""), bench.attach(b""));
    for id in [a, a, b] {
        bench.peer_subscribes(id, b"A");
    }
    assert_eq!(shown(&mut bench).len(), 3);
    bench.peer_cancels(a, b"A");
    assert_eq!(shown(&mut bench).len(), 0);
    bench.options.xpub_verbose_unsubscribe = true;
    bench.peer_subscribes(a, b"A");
    bench.peer_cancels(a, b"A");
    assert_eq!(shown(&mut bench).len(), 2);
    bench.peer_subscribes(a, b"A");
    bench.close(a);
    bench.close(b);
    assert_eq!(shown(&mut bench), [b"\x01A", b"\x00A", b"\x00A"]);
}

#[test]
fn a_leaving_subscriber_ends_its_last_topics() {
    let mut bench = bench();
    let (a, b) = (bench.attach(b""), bench.attach(b""));
    for topic in [b"A", b"B"] {
        bench.peer_subscribes(a, topic);
    }
    bench.peer_subscribes(b, b"A");
    bench.peer_cancels(b, b"B");
    shown(&mut bench);
    bench.close(a);
    assert!(!bench.is_attached(a));
    assert_eq!(shown(&mut bench), [b"\x00B"]);
    assert_eq!(bench.topics_count(), Ok(1));
}

#[test]
fn user_messages_come_upstream() {
    let mut bench = bench();
    let a = bench.attach(b"");
    bench.peer_sends(a, &[b""]);
    bench.peer_sends(a, &[b"\x02A", b"\x01B", b"tail"]);
    assert_eq!(bench.recv(), Ok(vec![vec![]]));
    assert!(bench.recv_msg().expect("frame").more());
    assert_eq!(bench.recv_msg().expect("frame").data(), b"\x01B");
    assert_eq!(bench.recv_msg().expect("frame").data(), b"tail");
    bench.send(&[b"B"]).expect("sent");
    assert!(bench.peer_reads(a).is_some(), "the middle frame subscribed");

    bench.options.only_first_subscribe = true;
    bench.peer_sends(a, &[b"\x02A", b"\x01C"]);
    assert_eq!(bench.recv(), Ok(vec![b"\x02A".to_vec(), b"\x01C".to_vec()]));
    bench.send(&[b"C"]).expect("dropped");
    assert_eq!(bench.peer_reads(a), None);
    assert_eq!(bench.recv(), Err(Errno::EAGAIN));
}

#[test]
fn manual_subscriptions_are_for_the_pipe_read_last() {
    let mut bench = bench();
    assert_eq!(bench.subscribe(b"", true), Err(Errno::EINVAL));
    bench.options.xpub_manual = true;
    let (a, b) = (bench.attach(b""), bench.attach(b""));
    bench.peer_subscribes(a, b"A");
    bench.peer_subscribes(b, b"B");
    bench.send(&[b"A"]).expect("dropped");
    assert_eq!(bench.recv(), Ok(vec![b"\x01A".to_vec()]));
    bench.subscribe(b"XA", true).expect("manual");
    assert_eq!(bench.recv(), Ok(vec![b"\x01B".to_vec()]));
    bench.subscribe(b"XB", true).expect("manual");
    for topic in [b"A", b"B"] {
        bench.send(&[topic]).expect("dropped");
    }
    bench.send(&[b"XA"]).expect("sent");
    bench.send(&[b"XB"]).expect("sent");
    assert_eq!(bench.peer_reads(a), Some(vec![b"XA".to_vec()]));
    assert_eq!(bench.peer_reads(b), Some(vec![b"XB".to_vec()]));
    assert_eq!((bench.peer_reads(a), bench.peer_reads(b)), (None, None));
    bench.peer_cancels(a, b"A");
    bench.close(a);
    bench.close(b);
    assert_eq!(bench.recv(), Ok(vec![b"\x00A".to_vec()]));
    bench.subscribe(b"XA", true).expect("the pipe is gone: nothing happens");
    assert_eq!(shown(&mut bench), [b"\x00B"]);
    assert_eq!(bench.topics_count(), Ok(0));
}

#[test]
fn last_value_goes_to_the_new_subscriber_only() {
    let mut bench = bench();
    bench.options.xpub_manual_last_value = true;
    let (a, b) = (bench.attach(b""), bench.attach(b""));
    for id in [a, b] {
        bench.peer_subscribes(id, b"A");
        bench.recv().expect("subscription");
        bench.subscribe(b"A", true).expect("manual");
        if id == a {
            bench.send(&[b"A1"]).expect("sent");
        }
    }
    bench.send(&[b"A2"]).expect("sent");
    bench.send(&[b"A3"]).expect("sent");
    for body in [b"A1", b"A3"] {
        assert_eq!(bench.peer_reads(a), Some(vec![body.to_vec()]));
    }
    for body in [b"A2", b"A3"] {
        assert_eq!(bench.peer_reads(b), Some(vec![body.to_vec()]));
    }
}

#[test]
fn what_nobody_receives_has_a_bound_and_subscriptions_hold() {
    let mut bench = bench();
    let (a, b) = (bench.attach_hwm(10), bench.attach(b""));
    for round in 0..20_000 {
        bench.peer_subscribes(a, b"A");
        bench.peer_sends(a, &[b"user", b"message"]);
        if round % 2 == 0 {
            bench.peer_cancels(a, b"A");
        }
        bench.peer_cancels(b, b"unknown");
    }
    // The rest of a message that is dropped subscribes.
    bench.peer_sends(a, &[b"part", b"\x01B", b"part"]);
    for topic in [b"A", b"B"] {
        bench.send(&[topic]).expect("sent");
        assert_eq!(bench.peer_reads(a), Some(vec![topic.to_vec()]));
    }
    let (mut messages, mut changes, mut is_subscribed) = (0, 0, false);
    while let Ok(frames) = bench.recv() {
        match frames[0].as_slice() {
            b"\x01A" => is_subscribed = true,
            b"\0A" => is_subscribed = false,
            _ => {}
        }
        changes += usize::from(frames.len() == 1);
        messages += usize::from(frames.len() > 1);
    }
    assert!(is_subscribed && changes <= 4097, "{changes}");
    assert_eq!(messages, 4096);
    // The mark has room again.
    bench.peer_sends(a, &[b"user"]);
    assert_eq!(bench.recv(), Ok(vec![b"user".to_vec()]));
}

#[test]
fn visitors_that_nobody_looks_at_take_each_others_news_back() {
    for (verbose, each, manual) in
        [(false, false, false), (true, false, false), (true, true, false), (false, false, true)]
    {
        let mut bench = bench();
        bench.options.xpub_verbose = verbose;
        bench.options.xpub_verbose_unsubscribe = each;
        bench.options.xpub_manual = manual;
        let stays = bench.attach(b"");
        bench.peer_subscribes(stays, b"A");
        for _ in 0..20_000 {
            let visitor = bench.attach(b"");
            bench.peer_subscribes(visitor, b"A");
            bench.peer_subscribes(visitor, b"B");
            bench.close(visitor);
        }
        let shown = shown(&mut bench);
        assert!(shown.len() <= 4097, "{}", shown.len());
        assert_eq!(shown[0], b"\x01A");
        let net = |topic: u8| {
            let of_topic = shown.iter().filter(|text| text[1] == topic);
            of_topic.map(|text| if text[0] == 1 { 1 } else { -1 }).sum::<i32>()
        };
        assert!(net(b'B') <= 0 || verbose && !each, "{verbose} {each} {manual}");
        if !verbose || each {
            assert_eq!((net(b'A'), net(b'B')), (1, 0), "{verbose} {each} {manual}");
        }
        bench.peer_subscribes(stays, b"B");
        assert_eq!(bench.recv(), Ok(vec![b"\x01B".to_vec()]));
    }
}
