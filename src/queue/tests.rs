//! The queue's promises: order, atomic messages, marks, credit, restart.
#![forbid(unsafe_code)]

use super::*;
use crate::msg::{Metadata, Msg, frame};

fn write(writer: &mut Writer, flags: u8, bytes: &[u8]) -> Written {
    writer.write(flags, Body::Copy(bytes), 0).expect("memory")
}

fn read(reader: &mut Reader) -> Option<(Vec<u8>, bool)> {
    if !reader.ready() {
        return None;
    }
    reader.take().map(|frame| (frame.data().to_vec(), frame.more()))
}

#[test]
fn keeps_order_and_large_bodies() {
    let (mut writer, mut reader) = queue(0, false);
    let large = vec![7; 100_000];
    for body in [b"a".as_slice(), &large, b"", &large, b"end"] {
        let mut msg = Msg::copy_of(body).expect("memory");
        writer.write(0, Body::Own(&mut msg), 64).expect("memory");
    }
    for body in [b"a".as_slice(), &large, b"", &large, b"end"] {
        assert_eq!(read(&mut reader), Some((body.to_vec(), false)));
    }
    assert_eq!(read(&mut reader), None);
}

#[test]
fn a_message_shows_with_its_last_frame() {
    let (mut writer, mut reader) = queue(0, false);
    assert_eq!(write(&mut writer, frame::MORE, b"1"), Written::default());
    assert!(!reader.ready());
    assert!(write(&mut writer, 0, b"2").wake_reader);
    assert_eq!(read(&mut reader), Some((b"1".to_vec(), true)));
    assert_eq!(read(&mut reader), Some((b"2".to_vec(), false)));
    write(&mut writer, frame::MORE, b"3");
    writer.rollback();
    write(&mut writer, 0, b"4");
    assert_eq!(read(&mut reader), Some((b"4".to_vec(), false)));
}

#[test]
fn the_reader_is_woken_only_when_it_sleeps() {
    let (mut writer, mut reader) = queue(0, false);
    assert!(write(&mut writer, 0, b"1").wake_reader);
    assert!(!write(&mut writer, 0, b"2").wake_reader);
    read(&mut reader);
    read(&mut reader);
    assert!(!write(&mut writer, 0, b"3").wake_reader, "it has not looked again yet");
    read(&mut reader);
    assert_eq!(read(&mut reader), None);
    assert!(write(&mut writer, 0, b"4").wake_reader);
}

#[test]
fn who_looks_again_is_not_told() {
    let (mut writer, mut reader) = queue(0, false);
    write(&mut writer, 0, b"1");
    assert!(reader.has_come());
    read(&mut reader);
    assert!(!reader.has_come());
    assert!(!write(&mut writer, 0, b"2").wake_reader);
    assert!(reader.has_come() && reader.has_come());
    assert_eq!(read(&mut reader), Some((b"2".to_vec(), false)));
    assert_eq!(read(&mut reader), None);
    assert!(!reader.has_come());
    assert!(write(&mut writer, 0, b"3").wake_reader, "it had asked before");
}

#[test]
fn a_short_message_goes_behind_an_empty_frame_in_one_step() {
    let (mut writer, mut reader) = queue(0, false);
    for body in [b"".as_slice(), b"body", &[7; 255]] {
        assert!(writer.write_delimited(body).is_some());
        assert_eq!(read(&mut reader), Some((Vec::new(), true)));
        assert_eq!(read(&mut reader), Some((body.to_vec(), false)));
        assert_eq!(read(&mut reader), None);
    }
    assert!(writer.write_delimited(&[7; 256]).is_none());
    assert_eq!((read(&mut reader), writer.outstanding()), (None, 3));
}

#[test]
fn credit_comes_back_every_half_mark() {
    let (mut writer, mut reader) = queue(10, false);
    for _ in 0..10 {
        assert!(writer.has_room());
        write(&mut writer, 0, b"x");
    }
    assert!(!writer.has_room());
    for n in 1..=5 {
        assert!(!writer.has_room());
        read(&mut reader);
        assert_eq!(reader.take_credit_note(), n == 5);
    }
    assert_eq!(writer.room(), Some(5));
}

#[test]
fn a_nonblocking_call_sees_credit_at_the_next_look_only() {
    let (mut writer, mut reader) = queue(2, false);
    let nonblocking = |number| CreditEpoch { number, nonblocking: true };
    for _ in 0..2 {
        assert_eq!(writer.room_for(nonblocking(1)), Room::Some);
        write(&mut writer, 0, b"x");
    }
    assert_eq!(writer.room_for(nonblocking(1)), Room::None);
    read(&mut reader);
    assert!(reader.take_credit_note(), "it was told that there was none");
    assert_eq!(writer.room_for(nonblocking(1)), Room::Unseen);
    read(&mut reader);
    assert!(!reader.take_credit_note(), "it knows");
    assert_eq!(writer.room_for(nonblocking(2)), Room::Some);
    for _ in 0..2 {
        write(&mut writer, 0, b"x");
    }
    read(&mut reader);
    assert_eq!(writer.room_for(nonblocking(2)), Room::Unseen);
    assert_eq!(writer.room_for(CreditEpoch { number: 2, nonblocking: false }), Room::Some);
}

#[test]
fn conflation_keeps_the_last_frame() {
    let (mut writer, mut reader) = queue(1, true);
    for n in 0..20u8 {
        assert!(writer.has_room());
        write(&mut writer, frame::MORE, &[n]);
    }
    assert_eq!(read(&mut reader), Some((vec![19], false)));
    assert_eq!(read(&mut reader), None);
}

#[test]
fn conflation_replaces_what_was_looked_at() {
    let (mut writer, mut reader) = queue(0, true);
    assert!(!reader.newest_ready());
    let mut put = |flags, text: &[u8]| writer.write(flags, Body::Copy(text), 0).expect("memory");
    assert!(!put(frame::MORE, b"part").wake_reader, "more comes that takes its place");
    assert!(put(0, b"old").wake_reader);
    assert!(reader.newest_ready());
    put(0, b"new");
    assert!(reader.newest_ready());
    assert_eq!(read(&mut reader), Some((b"new".to_vec(), false)));
    assert!(!reader.newest_ready());
}

#[test]
fn conflation_drops_an_unfinished_message_at_the_end() {
    let (mut writer, mut reader) = queue(0, true);
    write(&mut writer, frame::MORE, b"part");
    writer.finish();
    assert!(reader.at_end() && !reader.newest_ready());
}

#[test]
fn conflation_keeps_the_properties() {
    let (mut writer, mut reader) = queue(0, true);
    let metadata = Some(Arc::new(Metadata::default()));
    writer.set_metadata(metadata.clone());
    for text in [b"old", b"new"] {
        write(&mut writer, 0, text);
        assert!(reader.newest_ready());
    }
    let frame = reader.take().expect("ready");
    assert_eq!((frame.data(), frame.metadata.is_some()), (b"new".as_slice(), true));
}

#[test]
fn properties_without_a_message_replace_each_other() {
    let (mut writer, mut reader) = queue(0, false);
    let all: Vec<_> = (0..100).map(|_| Arc::new(Metadata::default())).collect();
    for metadata in &all {
        writer.set_metadata(Some(metadata.clone()));
    }
    assert!(!reader.ready(), "no message yet");
    write(&mut writer, 0, b"last");
    let held = all.iter().filter(|metadata| Arc::strong_count(metadata) > 1).count();
    assert_eq!(held, 1, "those of connections that brought nothing are gone");
    assert!(reader.ready());
    let frame = reader.take().expect("ready");
    assert!(frame.metadata.is_some_and(|metadata| Arc::ptr_eq(metadata, &all[99])));
}

#[test]
fn a_lost_connection_costs_only_the_message_under_way() {
    let (mut writer, mut reader) = queue(0, false);
    write(&mut writer, 0, b"first");
    write(&mut writer, frame::MORE, b"second");
    write(&mut writer, 0, b"tail");
    write(&mut writer, 0, b"third");
    assert!(reader.ready());
    let (mut sent, mut gone) = (Sent::default(), Vec::new());
    assert_eq!(reader.front().advance(&mut sent, 7 + 8, &mut gone), 1);
    assert_eq!(reader.front().restart(&mut sent, &mut gone), 1);
    assert_eq!(read(&mut reader), Some((b"third".to_vec(), false)));
}

#[test]
fn slices_and_advance_agree_at_every_split() {
    let expected: Vec<u8> = {
        let mut wire = vec![0, 1, b'a', 1 | 2];
        wire.extend_from_slice(&300u64.to_be_bytes());
        wire.extend_from_slice(&[9; 300]);
        wire.extend_from_slice(&[0, 2, b'b', b'c']);
        wire
    };
    for step in 1..expected.len() {
        let (mut writer, mut reader) = queue(0, false);
        write(&mut writer, 0, b"a");
        let mut big = Msg::copy_of(&[9; 300]).expect("memory");
        writer.write(frame::MORE, Body::Own(&mut big), 10).expect("memory");
        write(&mut writer, 0, b"bc");
        assert!(reader.ready());
        let (mut sent, mut gone, mut out, mut messages) = (Sent::default(), vec![], vec![], 0);
        while !reader.front().is_empty() {
            let mut slices = [std::io::IoSlice::new(&[]); 4];
            let (waiting, limit) = (reader.front().unsent_bytes(&sent), step + 1);
            assert_eq!(waiting, expected.len() - out.len());
            let n = reader.front().io_slices(&sent, limit, &mut slices);
            let flat: Vec<u8> = slices[..n].iter().flat_map(|s| s.to_vec()).collect();
            assert_eq!(flat.len(), waiting.min(limit));
            let take = step.min(flat.len());
            out.extend_from_slice(&flat[..take]);
            messages += reader.front().advance(&mut sent, take, &mut gone);
        }
        assert_eq!(out, expected);
        assert_eq!((messages, gone.len()), (2, 1));
    }
}

#[test]
fn a_pause_ends_with_the_next_take() {
    let (mut writer, mut reader) = queue(0, false);
    assert!(!writer.pause(), "nothing waits");
    write(&mut writer, 0, b"1");
    write(&mut writer, 0, b"2");
    assert_eq!((writer.taken(), writer.backlog()), (0, 6));
    assert!(writer.pause());
    assert!(!reader.take_credit_note());
    assert!(read(&mut reader).is_some());
    assert!(reader.take_credit_note());
    assert_eq!((writer.taken(), writer.backlog()), (1, 0));
    assert!(read(&mut reader).is_some());
    assert!(!reader.take_credit_note() && !writer.pause());
}

#[test]
fn marks_do_not_count_commands() {
    let (mut writer, mut reader) = queue(2, false);
    for n in 0..10 {
        write(&mut writer, frame::COMMAND, &[n]);
    }
    write(&mut writer, 0, b"x");
    assert_eq!(writer.room(), Some(1));
    for n in 0..10 {
        assert_eq!(read(&mut reader), Some((vec![n], false)));
    }
    assert_eq!((reader.taken_messages(), reader.take_credit_note()), (0, false));
    assert_eq!(read(&mut reader), Some((b"x".to_vec(), false)));
    assert_eq!(writer.room(), Some(2));
}

#[test]
fn a_command_goes_before_a_message_that_is_not_complete() {
    let (mut writer, mut reader) = queue(0, false);
    write(&mut writer, frame::MORE, b"1");
    assert!(write(&mut writer, frame::COMMAND, b"c").wake_reader);
    write(&mut writer, 0, b"2");
    for expected in [(b"c", false), (b"1", true), (b"2", false)] {
        assert_eq!(read(&mut reader), Some((expected.0.to_vec(), expected.1)));
    }
}

#[test]
fn commands_on_the_wire_are_not_messages() {
    let (mut writer, mut reader) = queue(0, false);
    write(&mut writer, frame::COMMAND, b"c");
    write(&mut writer, 0, b"m");
    write(&mut writer, frame::COMMAND, b"d");
    assert!(reader.ready());
    let (mut sent, mut gone) = (Sent::default(), Vec::new());
    assert_eq!(reader.front().advance(&mut sent, 4, &mut gone), 0);
    assert_eq!(reader.front().advance(&mut sent, 3, &mut gone), 1);
    assert_eq!(reader.front().restart(&mut sent, &mut gone), 0, "only a command was on its way");
    assert!(reader.front().is_empty());
}

#[test]
fn commands_can_be_taken_back() {
    let (mut writer, mut reader) = queue(0, false);
    for body in [b"a".as_slice(), &[7; 9000]] {
        write(&mut writer, frame::COMMAND, b"c");
        write(&mut writer, frame::MORE, body);
        write(&mut writer, 0, b"end");
    }
    assert!(!writer.discard_commands().wake_reader, "it was told before");
    for body in [b"a".as_slice(), &[7; 9000]] {
        assert_eq!(read(&mut reader), Some((body.to_vec(), true)));
        assert_eq!(read(&mut reader), Some((b"end".to_vec(), false)));
    }
    assert_eq!(read(&mut reader), None);
    assert_eq!(writer.discard_commands(), Written::default());
}

/// Fills the queue and returns how many messages fit.
fn fill(writer: &mut Writer) -> u64 {
    let mut count = 0;
    while count < 5000 && writer.has_room() {
        write(writer, 0, b"x");
        count += 1;
    }
    count
}

#[test]
fn an_empty_queue_takes_as_many_as_its_new_mark() {
    for old in [0, 1, 10, 1000] {
        for passed in [0, 1, 7, 400, 499, 501] {
            for new in [1, 2, 7, 100, 1000, 3000] {
                for (by_writer, looks) in
                    [(true, true), (true, false), (false, true), (false, false)]
                {
                    let (mut writer, mut reader) = queue(old, false);
                    for _ in 0..passed {
                        write(&mut writer, 0, b"x");
                        assert!(read(&mut reader).is_some());
                    }
                    if looks {
                        assert!(read(&mut reader).is_none());
                    }
                    if by_writer {
                        writer.set_hwm(new);
                    } else {
                        reader.set_hwm(new);
                    }
                    let shown = (old, passed, new, by_writer);
                    assert!(writer.known_room().is_some(), "{shown:?}");
                    assert_eq!(fill(&mut writer), new as u64, "{shown:?}");
                    for _ in 0..new {
                        assert!(read(&mut reader).is_some());
                    }
                    assert!(writer.has_room(), "{shown:?}");
                }
            }
        }
    }
}

#[test]
fn a_mark_that_is_lowered_below_what_waits_opens_again() {
    let (mut writer, mut reader) = queue(1000, false);
    assert_eq!(fill(&mut writer), 1000);
    for _ in 0..400 {
        read(&mut reader);
    }
    writer.set_hwm(100);
    assert!(!writer.has_room());
    let mut told = 0;
    for _ in 0..600 {
        read(&mut reader);
        told += usize::from(reader.take_credit_note() && writer.has_room());
    }
    assert!(told > 0);
    assert_eq!(fill(&mut writer), 100);
}
