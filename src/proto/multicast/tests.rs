//! Packed messages come out again, with any losses on the way and at any time of joining.
#![forbid(unsafe_code)]

use std::collections::VecDeque;

use proptest::prelude::*;

use super::{Form, Message, Packing, Unpacking};

const SMALL: Form = Form::Datagrams { capacity: 16 };

type Frames = Vec<Vec<u8>>;

fn frames(message: &Message) -> Frames {
    let last = message.len() - 1;
    for (at, msg) in message.iter().enumerate() {
        assert_eq!(msg.more(), at != last);
    }
    message.iter().map(|msg| msg.data().to_vec()).collect()
}

/// The units of these messages; several share one where the form allows it.
fn pack(form: Form, messages: &[Frames]) -> Vec<Vec<u8>> {
    let mut packing = Packing::new(form);
    let mut units = Vec::new();
    let mut frames = messages.iter().flat_map(|message| {
        message.iter().enumerate().map(|(at, body)| (at + 1 < message.len(), body))
    });
    loop {
        while packing.has_room()
            && let Some((more, body)) = frames.next()
        {
            packing.add(more, body);
        }
        let unit = packing.unit().to_vec();
        if unit.is_empty() {
            assert!(packing.is_empty());
            return units;
        }
        assert!(packing.sent(unit.len()));
        units.push(unit);
    }
}

fn unpack<'a>(form: Form, units: impl IntoIterator<Item = &'a [u8]>) -> Vec<Frames> {
    let mut unpacking = Unpacking::new(form, -1);
    let mut heard = VecDeque::new();
    for unit in units {
        assert!(unpacking.input(unit, &mut heard));
    }
    heard.iter().map(frames).collect()
}

fn texts(messages: &[&[&str]]) -> Vec<Frames> {
    let frames = |message: &&[&str]| message.iter().map(|text| text.as_bytes().to_vec()).collect();
    messages.iter().map(frames).collect()
}

#[test]
fn datagrams_as_they_are_on_the_wire() {
    let units = pack(SMALL, &texts(&[&["0", "abc"], &["1"], &["the longest of them", "2"]]));
    let expected: [&[u8]; 4] = [
        b"\x00\x00\x02\x010\x04\x00abc\x02\x001\x14\x01t",
        b"\xff\xffhe longest of ",
        b"\xff\xffthem\x02\x002",
        b"",
    ];
    assert_eq!(units, expected.map(<[u8]>::to_vec)[..3]);
}

#[test]
fn streams_as_they_are_on_the_wire() {
    let units = pack(Form::Stream, &texts(&[&["0", "abc"], &["1"]]));
    assert_eq!(units, [&b"\x00\x01\x010"[..], b"\xff\x00\x03abc", b"\x00\x00\x011"]);
}

#[test]
fn who_joins_late_begins_with_a_message() {
    let messages = texts(&[&["a", "the longest of them"], &["b"], &["c"]]);
    let units = pack(SMALL, &messages);
    assert_eq!(unpack(SMALL, units.iter().skip(1).map(Vec::as_slice)), messages[1..]);
    let units = pack(Form::Stream, &messages);
    assert_eq!(unpack(Form::Stream, units.iter().skip(1).map(Vec::as_slice)), messages[1..]);
}

#[test]
fn a_loss_costs_what_was_begun() {
    let messages = texts(&[&["one", "the longest of them"], &["two", "x"], &["three"]]);
    let units = pack(SMALL, &messages);
    let mut unpacking = Unpacking::new(SMALL, -1);
    let mut heard = VecDeque::new();
    assert!(unpacking.input(&units[0], &mut heard));
    unpacking.lost();
    for unit in &units[1..] {
        assert!(unpacking.input(unit, &mut heard));
    }
    let heard: Vec<_> = heard.iter().map(frames).collect();
    assert_eq!(heard, messages[1..]);
}

#[test]
fn nonsense_is_dropped_and_what_follows_is_heard() {
    let good = pack(SMALL, &texts(&[&["good"]]));
    for bad in [
        &b""[..],
        b"\x00",
        b"\x00\x03ab",
        b"\x00\x00\x00",
        b"\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff",
    ] {
        let mut unpacking = Unpacking::new(SMALL, -1);
        let mut heard = VecDeque::new();
        assert!(!unpacking.input(bad, &mut heard), "{bad:?}");
        assert!(unpacking.input(&good[0], &mut heard));
        assert_eq!(heard.iter().map(frames).collect::<Vec<_>>(), texts(&[&["good"]]));
    }
    for bad in [&b"\x01"[..], b"\x00\x02\xff\xff\xff\xff\xff\xff\xff\xff"] {
        let mut unpacking = Unpacking::new(Form::Stream, -1);
        assert!(!unpacking.input(bad, &mut VecDeque::new()), "{bad:?}");
    }
}

#[test]
fn maxmsgsize_holds() {
    let mut unpacking = Unpacking::new(SMALL, 3);
    let mut heard = VecDeque::new();
    let units = pack(SMALL, &texts(&[&["four"]]));
    assert!(!unpacking.input(&units[0], &mut heard));
    let units = pack(SMALL, &texts(&[&["yes"]]));
    assert!(unpacking.input(&units[0], &mut heard));
    assert_eq!(heard.len(), 1);
}

#[test]
fn a_frame_that_begins_a_message_ends_the_one_before() {
    let units = pack(Form::Stream, &texts(&[&["a", "b"], &["c"]]));
    assert_eq!(unpack(Form::Stream, [&units[0][..], &units[2]]), texts(&[&["c"]]));
}

#[test]
fn commands_are_skipped() {
    assert_eq!(unpack(Form::Stream, [&b"\x00\x04\x01x\x00\x00\x01y"[..]]), texts(&[&["y"]]));
}

fn any_messages() -> impl Strategy<Value = Vec<Frames>> {
    let frame = prop::collection::vec(any::<u8>(), 0..600);
    prop::collection::vec(prop::collection::vec(frame, 1..4), 0..12)
}

proptest! {
    #[test]
    fn messages_round_trip(messages in any_messages(), capacity in 3usize..900) {
        let form = Form::Datagrams { capacity };
        let units = pack(form, &messages);
        prop_assert!(units.iter().all(|unit| unit.len() <= capacity));
        prop_assert_eq!(&unpack(form, units.iter().map(Vec::as_slice)), &messages);
        let units = pack(Form::Stream, &messages);
        prop_assert_eq!(&unpack(Form::Stream, units.iter().map(Vec::as_slice)), &messages);
    }

    #[test]
    fn streams_may_be_cut_anywhere(messages in any_messages(), piece in 1usize..50) {
        let stream = pack(Form::Stream, &messages).concat();
        prop_assert_eq!(&unpack(Form::Stream, stream.chunks(piece)), &messages);
    }

    #[test]
    fn whoever_joins_hears_a_tail(messages in any_messages(), skip in 0usize..20) {
        let units = pack(SMALL, &messages);
        let heard = unpack(SMALL, units.iter().skip(skip).map(Vec::as_slice));
        prop_assert!(messages.ends_with(&heard));
    }

    #[test]
    fn no_bytes_make_it_panic(inputs in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..9)) {
        for form in [SMALL, Form::Stream] {
            let mut unpacking = Unpacking::new(form, 1000);
            let mut heard = VecDeque::new();
            for input in &inputs {
                unpacking.input(input, &mut heard);
            }
        }
    }
}
