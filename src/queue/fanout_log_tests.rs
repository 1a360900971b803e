//! Tests of the fan-out log. Each cursor gets every message added while it followed, once and in
//! order. It is woken when it slept, and holds no memory behind its place.
#![forbid(unsafe_code)]

use std::sync::mpsc;
use std::time::Duration;

use proptest::prelude::*;

use super::FanoutLog;
use crate::queue::{Body, Reader, Writer, queue};
use crate::sync::Arc;

fn body(number: u64, len: usize) -> Vec<u8> {
    let mut body = number.to_le_bytes().to_vec();
    body.resize(len.max(8), 7);
    body
}

fn read(reader: &mut Reader) -> Option<u64> {
    if !reader.ready() {
        return None;
    }
    let frame = reader.take().expect("it is ready");
    Some(u64::from_le_bytes(*frame.data().first_chunk().expect("a number")))
}

/// A queue that follows, and the messages it must hold.
struct Following {
    writer: Writer,
    reader: Reader,
    follows: bool,
    expected: std::collections::VecDeque<u64>,
}

#[derive(Clone, Debug)]
enum Step {
    Add(usize),
    Own(usize),
    Read(usize, usize),
    Toggle(usize),
    Abandon(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        10 => (8..255usize).prop_map(Step::Add),
        1 => (0..4usize).prop_map(Step::Own),
        4 => (0..4usize, 0..400usize).prop_map(|(who, count)| Step::Read(who, count)),
        1 => (0..4usize).prop_map(Step::Toggle),
        1 => (0..40usize).prop_map(Step::Abandon),
    ]
}

proptest! {
    #[test]
    fn everybody_gets_what_was_added_meanwhile(
        steps in proptest::collection::vec(step(), 1..200),
        repeat in 1..40usize,
    ) {
        let mut fanout_log = FanoutLog::new().expect("memory");
        let mut number = 0;
        let mut all: Vec<Following> = (0..4)
            .map(|_| {
                let (writer, reader) = queue(0, false);
                Following { writer, reader, follows: false, expected: Default::default() }
            })
            .collect();
        for step in steps {
            match step {
                Step::Add(len) => for _ in 0..repeat {
                    let mut sleepers = Vec::new();
                    assert!(fanout_log.add(&body(number, len), &mut sleepers));
                    for who in sleepers {
                        all[who as usize].writer.wake();
                    }
                    all.iter_mut().filter(|one| one.follows).for_each(|one| {
                        one.writer.followed(1);
                        one.expected.push_back(number);
                    });
                    number += 1;
                },
                Step::Own(who) => {
                    let one = &mut all[who];
                    one.writer.unfollow();
                    one.writer.write(0, Body::Copy(&body(number, 0)), 0).expect("memory");
                    one.expected.push_back(number);
                    number += 1;
                    if one.follows {
                        one.writer.follow(&fanout_log, who as u32);
                    }
                }
                Step::Read(who, count) => for _ in 0..count {
                    let one = &mut all[who];
                    prop_assert_eq!(read(&mut one.reader), one.expected.pop_front());
                },
                Step::Toggle(who) => {
                    let one = &mut all[who];
                    one.follows = !one.follows;
                    if one.follows {
                        one.writer.follow(&fanout_log, who as u32);
                    } else {
                        one.writer.unfollow();
                    }
                }
                Step::Abandon(who) => if let Some(one) = all.get_mut(who) {
                    one.reader.abandon();
                    let (writer, reader) = queue(0, false);
                    *one = Following { writer, reader, follows: false, expected: Default::default() };
                },
            }
        }
        for one in &mut all {
            while let Some(number) = one.expected.pop_front() {
                prop_assert_eq!(read(&mut one.reader), Some(number));
            }
            prop_assert_eq!(read(&mut one.reader), None);
            one.writer.finish();
            prop_assert!(one.reader.at_end());
        }
        all.clear();
        prop_assert_eq!(Arc::strong_count(&fanout_log.piece()), 2);
    }
}

#[test]
fn a_reader_that_sleeps_is_told() {
    const MESSAGES: u64 = 20_000;
    let mut fanout_log = FanoutLog::new().expect("memory");
    let mut readers = Vec::new();
    let mut writers = Vec::new();
    for who in 0..3 {
        let (mut writer, mut reader) = queue(0, false);
        writer.follow(&fanout_log, who);
        let (wake, woken) = mpsc::channel();
        writers.push((writer, wake));
        readers.push(std::thread::spawn(move || {
            for expected in 0..MESSAGES {
                let number = loop {
                    if let Some(number) = read(&mut reader) {
                        break number;
                    }
                    woken.recv_timeout(Duration::from_secs(20)).expect("it is told");
                };
                assert_eq!(number, expected);
            }
        }));
    }
    for number in 0..MESSAGES {
        let mut sleepers = Vec::new();
        assert!(fanout_log.add(&body(number, 8), &mut sleepers));
        for who in sleepers {
            let (writer, wake) = &mut writers[who as usize];
            if writer.wake() {
                // A piece is freed once its one cursor has passed it.
                let _ = wake.send(());
            }
        }
    }
    readers.into_iter().for_each(|reader| reader.join().expect("all of them came"));
}

#[test]
fn a_sleeper_is_listed_once() {
    let mut fanout_log = FanoutLog::new().expect("memory");
    let (mut writer, mut reader) = queue(0, false);
    writer.follow(&fanout_log, 5);
    (0..10).for_each(|_| assert!(!reader.ready()));
    let mut sleepers = Vec::new();
    assert!(fanout_log.add(b"1", &mut sleepers));
    assert_eq!(sleepers, [5]);
    assert!(writer.wake() && !writer.wake());
}

#[test]
fn what_all_have_passed_is_gone() {
    let mut fanout_log = FanoutLog::new().expect("memory");
    let first = Arc::downgrade(&fanout_log.piece());
    let (mut writer, mut reader) = queue(0, false);
    writer.follow(&fanout_log, 0);
    let mut number = 0;
    while first.ptr_eq(&Arc::downgrade(&fanout_log.piece())) {
        assert!(fanout_log.add(&body(number, 100), &mut Vec::new()));
        number += 1;
    }
    assert!(first.upgrade().is_some(), "it is still to be read");
    for expected in 0..number {
        assert_eq!(read(&mut reader), Some(expected));
    }
    assert!(first.upgrade().is_none());
}

#[test]
fn a_long_log_goes_without_taking_the_stack() {
    const MESSAGES: u32 = 500_000;
    let run = || {
        let mut fanout_log = FanoutLog::new().expect("memory");
        let cursor = fanout_log.follow(0, false);
        for _ in 0..MESSAGES {
            assert!(fanout_log.add(&[0; 255], &mut Vec::new()));
        }
        drop(fanout_log);
        drop(cursor);
    };
    let small_stack = std::thread::Builder::new().stack_size(64 * 1024).spawn(run);
    small_stack.expect("a thread").join().expect("it is all freed");
}
