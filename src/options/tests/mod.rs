//! Tests of the option table against the observed behaviour of libzmq, and against itself.
#![forbid(unsafe_code)]

mod observed;

use super::features::{Feature, Features};
use super::get::get_with;
use super::numbers::*;
use super::set::set_with;
use super::*;
use crate::error::{Errno, Result};
use observed::{Accepts, OBSERVED, Reads};

/// Every part that the observed libzmq was built with.
const FULL: Features =
    Features::of(&[Feature::Plain, Feature::Curve, Feature::Gssapi, Feature::Zap, Feature::Socks]);
const WITH_DRAFT: Features = Features::of(&[Feature::Draft]);

const FILL: u8 = 0xAA;

struct Socket {
    values: SocketOptions,
    asked: u32,
}

impl Live for Socket {
    fn values(&self) -> &SocketOptions {
        &self.values
    }
    fn rcvmore(&mut self) -> i32 {
        1
    }
    fn fd(&mut self) -> Result<i32> {
        Ok(42)
    }
    fn events(&mut self) -> Result<i32> {
        self.asked += 1;
        Err(Errno::ETERM)
    }
    fn last_endpoint(&mut self) -> String {
        "tcp://127.0.0.1:5555".into()
    }
    fn topics_count(&mut self) -> Result<i32> {
        Ok(3)
    }
    fn stream_routing_id(&mut self) -> Option<Vec<u8>> {
        Some(b"\0abcd".to_vec())
    }
}

/// A socket in its first state.
struct Fresh<'a>(&'a SocketOptions);

impl Live for Fresh<'_> {
    fn values(&self) -> &SocketOptions {
        self.0
    }
    fn rcvmore(&mut self) -> i32 {
        0
    }
    fn fd(&mut self) -> Result<i32> {
        Ok(0)
    }
    fn events(&mut self) -> Result<i32> {
        Ok(0)
    }
    fn last_endpoint(&mut self) -> String {
        String::new()
    }
    fn topics_count(&mut self) -> Result<i32> {
        Ok(0)
    }
    fn stream_routing_id(&mut self) -> Option<Vec<u8>> {
        None
    }
}

fn fresh(socket_type: SocketType) -> SocketOptions {
    SocketOptions::new(socket_type)
}

/// The result of a read: the length, and the whole buffer.
fn read(features: Features, options: &SocketOptions, number: i32, size: usize) -> Read {
    let mut out = vec![FILL; size];
    get_with(features, &mut Fresh(options), number, &mut out).map(|length| (length, out))
}

type Read = Result<(usize, Vec<u8>)>;

fn int(value: i32) -> [u8; 4] {
    value.to_ne_bytes()
}

fn get_int(options: &SocketOptions, number: i32) -> Result<i32> {
    let mut out = [0; 4];
    get_with(FULL, &mut Fresh(options), number, &mut out)?;
    Ok(i32::from_ne_bytes(out))
}

/// Sets in a full build.
fn put(options: &mut SocketOptions, number: i32, value: &[u8]) -> Result<Effect> {
    set_with(FULL, options, number, Some(value))
}

fn observed(number: i32, socket_type: SocketType) -> (Accepts, Reads) {
    OBSERVED
        .iter()
        .find(|(n, types, ..)| *n == number && types.contains(&(socket_type as u8)))
        .map_or((Accepts::Nothing, Reads::No), |(.., accepts, reads)| (*accepts, *reads))
}

fn expect_accepted(accepts: Accepts, value: Option<&[u8]>) -> bool {
    let length = value.map(|bytes| bytes.len() as i64);
    match (accepts, length) {
        (Accepts::Nothing, _) => false,
        (Accepts::Int(min, max), Some(4)) => {
            let number = i32::from_ne_bytes(value.unwrap().try_into().unwrap());
            (min..=max).contains(&i64::from(number))
        }
        (Accepts::EightBytes, length) => length == Some(8),
        (Accepts::FourBytesOrNull, length) => length.is_none_or(|l| l == 4),
        (Accepts::Length(_, _, null), None) => null,
        (Accepts::Length(min, max, _), Some(length)) => (min..=max).contains(&length),
        // 41 bytes would have to end with a NUL.
        (Accepts::CurveKey, Some(length)) => length == 32 || length == 40,
        (Accepts::Filter, length) => length.is_none(),
        _ => false,
    }
}

fn probes() -> Vec<Option<Vec<u8>>> {
    let ints = [
        i32::MIN,
        -101,
        -100,
        -99,
        -2,
        -1,
        0,
        1,
        2,
        3,
        255,
        256,
        65_535,
        6_553_599,
        6_553_600,
        i32::MAX,
    ];
    let texts = (0..60).chain([123, 254, 255, 256, 257, 500]).map(|n| Some(vec![b'a'; n]));
    let numbers = ints.iter().map(|n| Some(int(*n).to_vec()));
    std::iter::once(None).chain(texts).chain(numbers).collect()
}

#[test]
fn accepts_what_the_original_accepts() {
    let probes = probes();
    for socket_type in SocketType::ALL {
        for number in (-2..200).chain([i32::MIN, i32::MAX]) {
            let (accepts, _) = observed(number, socket_type);
            for value in &probes {
                let mut options = fresh(socket_type);
                let result = set_with(FULL, &mut options, number, value.as_deref());
                let expected = expect_accepted(accepts, value.as_deref());
                assert_eq!(result.is_ok(), expected, "{socket_type:?} {number} {value:?}");
                if !expected {
                    assert_eq!(result, Err(Errno::EINVAL));
                    assert_eq!(options, fresh(socket_type), "{number} {value:?}");
                }
            }
        }
    }
}

#[test]
fn answers_what_the_original_answers() {
    for socket_type in SocketType::ALL {
        for number in (-2..200).filter(|n| *n != ZMQ_TOPICS_COUNT) {
            let (_, reads) = observed(number, socket_type);
            for size in [0, 1, 3, 4, 5, 7, 8, 9, 31, 32, 33, 40, 41, 42, 512] {
                let result = read(FULL, &fresh(socket_type), number, size);
                check_read(reads, socket_type, result, size);
            }
        }
    }
}

fn check_read(reads: Reads, socket_type: SocketType, result: Read, size: usize) {
    let exact = |value: &[u8]| (size == value.len()).then(|| (size, value.to_vec()));
    let zeros = |length: usize| (size >= length).then(|| (length, vec![0; size]));
    let expected = match reads {
        Reads::No => None,
        Reads::IntIs(value) => exact(&int(value)),
        Reads::WideIs(value) => exact(&value.to_ne_bytes()),
        Reads::Type => exact(&int(socket_type as i32)),
        Reads::Live => zeros(4),
        Reads::Text => zeros(1),
        Reads::Blob => zeros(0),
        Reads::Key if size == 41 => exact(&key::to_text(&[0; 32])[..]),
        Reads::Key => exact(&[0; 32]),
    };
    assert_eq!(result, expected.ok_or(Errno::EINVAL), "{socket_type:?} {reads:?} {size}");
}

#[test]
fn stored_numbers_read_back() {
    for row in TABLE.iter().filter(|row| row.readable() && row.writable()) {
        let Kind::Int { min, max } = row.kind else { continue };
        if row.needs == Some(Feature::Draft) {
            continue;
        }
        for value in [min, max, 0.clamp(min, max), 1.clamp(min, max)] {
            let mut options = fresh(SocketType::Dealer);
            put(&mut options, row.number, &int(value)).unwrap();
            let stored = match row.number {
                ZMQ_HEARTBEAT_TTL => value / 100 * 100,
                _ if is_truth_value(row) => (value != 0).into(),
                _ => value,
            };
            assert_eq!(get_int(&options, row.number), Ok(stored), "{}", row.name);
        }
    }
}

/// Options that take any `int` and return 0 or 1.
fn is_truth_value(row: &Row) -> bool {
    [ZMQ_INVERT_MATCHING, ZMQ_ZAP_ENFORCE_DOMAIN, ZMQ_LOOPBACK_FASTPATH, ZMQ_MULTICAST_LOOP]
        .contains(&row.number)
}

#[test]
fn stored_texts_read_back_with_a_nul() {
    for row in TABLE.iter().filter(|row| row.readable() && row.writable()) {
        let Kind::Bytes { min, max, null } = row.kind else { continue };
        if row.number == ZMQ_ROUTING_ID {
            continue;
        }
        for length in [min.max(1), max.min(300)] {
            let mut options = fresh(SocketType::Dealer);
            put(&mut options, row.number, &vec![b'x'; length]).unwrap();
            let (size, out) = read(FULL, &options, row.number, length + 5).unwrap();
            assert_eq!((size, &out[length..]), (length + 1, &[0; 5][..]), "{}", row.name);
            assert_eq!(read(FULL, &options, row.number, length), Err(Errno::EINVAL));
            assert_eq!(set_with(FULL, &mut options, row.number, None).is_ok(), null);
        }
    }
}

#[test]
fn a_trailing_nul_is_part_of_the_text() {
    let mut options = fresh(SocketType::Pair);
    put(&mut options, ZMQ_BINDTODEVICE, b"lo\0").unwrap();
    assert_eq!(read(FULL, &options, ZMQ_BINDTODEVICE, 6), Ok((4, b"lo\0\0\0\0".to_vec())));
}

#[test]
fn the_default_column_is_true() {
    for row in TABLE.iter().filter(|row| row.readable() && row.needs != Some(Feature::Draft)) {
        for socket_type in SocketType::ALL.into_iter().filter(|t| row.applies_to(*t)) {
            let options = fresh(socket_type);
            let wide = matches!(row.kind, Kind::Int64 | Kind::Uint64);
            match row.default {
                Initial::Number(value) if wide => {
                    let expected = (8, value.to_ne_bytes().to_vec());
                    assert_eq!(read(FULL, &options, row.number, 8), Ok(expected), "{}", row.name);
                }
                Initial::Number(value) => {
                    assert_eq!(get_int(&options, row.number).map(i64::from), Ok(value));
                }
                Initial::Empty if row.kind == Kind::Key => {
                    assert_eq!(read(FULL, &options, row.number, 32), Ok((32, vec![0; 32])));
                }
                Initial::Empty => {
                    let nul = usize::from(row.number != ZMQ_ROUTING_ID);
                    assert_eq!(read(FULL, &options, row.number, 9), Ok((nul, vec![0; 9])));
                }
                Initial::Varies => {}
            }
        }
    }
}

#[test]
fn the_table_is_in_order_and_complete() {
    for pair in TABLE.windows(2) {
        assert!(pair[0].number < pair[1].number, "{}", pair[1].name);
    }
    for number in -3..200 {
        let unknown = [1, 2, 3, 10, 20, 26, 29, 30, 67, 70, 82, 83].contains(&number);
        assert_eq!(row(number).is_some(), (4..=124).contains(&number) && !unknown, "{number}");
        assert!(row(number).is_none_or(|row| row.number == number));
    }
    for row in TABLE {
        let known = row.readable() || row.writable();
        assert_eq!(known, row.kind != Kind::Absent, "{}", row.name);
        assert_eq!(row.writable() || !known, row.acts != Acts::Never, "{}", row.name);
        assert_eq!(row.draft, (93..=124).contains(&row.number), "{}", row.name);
    }
}

#[test]
fn missing_parts_refuse_and_answer_defaults() {
    for row in TABLE {
        let Some(feature) = row.needs.filter(|feature| !AVAILABLE.has(*feature)) else { continue };
        for value in probes() {
            let mut options = fresh(SocketType::Router);
            let result = set(&mut options, row.number, value.as_deref());
            assert_eq!(result, Err(Errno::EINVAL), "{}", row.name);
            assert_eq!(options, fresh(SocketType::Router));
        }
        let options = fresh(SocketType::Router);
        let answers = [4, 32, 41, 100].map(|size| read(AVAILABLE, &options, row.number, size));
        assert_eq!(answers.iter().any(|a| a.is_ok()), !feature.hides_value(), "{}", row.name);
    }
}

#[test]
fn draft_numbers_wait_for_a_draft_build() {
    let mut options = fresh(SocketType::Pair);
    for number in [ZMQ_IN_BATCH_SIZE, ZMQ_OUT_BATCH_SIZE, ZMQ_PRIORITY, ZMQ_BUSY_POLL] {
        assert_eq!(set_with(FULL, &mut options, number, Some(&int(1))), Err(Errno::EINVAL));
        assert!(set_with(WITH_DRAFT, &mut options, number, Some(&int(1))).is_ok());
    }
    assert_eq!(read(WITH_DRAFT, &options, ZMQ_PRIORITY, 4), Ok((4, int(1).to_vec())));
    assert_eq!(read(WITH_DRAFT, &options, ZMQ_BUSY_POLL, 4), Err(Errno::EINVAL));
    assert_eq!(read(FULL, &options, ZMQ_PRIORITY, 4), Err(Errno::EINVAL));
}

#[test]
fn topics_count_of_the_publish_subscribe_types_only() {
    for socket_type in SocketType::ALL {
        let mut out = [FILL; 8];
        let mut socket = Socket { values: fresh(socket_type), asked: 0 };
        let result = get(&mut socket, ZMQ_TOPICS_COUNT, &mut out);
        let expected = socket_type.publishes() || socket_type.subscribes();
        assert_eq!(result, if expected { Ok(4) } else { Err(Errno::EINVAL) }, "{socket_type:?}");
        assert!(!expected || out == [int(3), [0; 4]].concat()[..]);
    }
}

#[test]
fn the_socket_answers_what_only_it_knows() {
    let mut socket = Socket { values: fresh(SocketType::Stream), asked: 0 };
    let mut out = [FILL; 24];
    assert_eq!(get(&mut socket, ZMQ_RCVMORE, &mut out[..8]), Ok(4));
    assert_eq!(out[..8], [int(1), [0; 4]].concat());
    assert_eq!(get(&mut socket, ZMQ_FD, &mut out[..4]), Ok(4));
    assert_eq!(out[..4], int(42));
    assert_eq!(get(&mut socket, ZMQ_LAST_ENDPOINT, &mut out[..20]), Err(Errno::EINVAL));
    assert_eq!(get(&mut socket, ZMQ_LAST_ENDPOINT, &mut out), Ok(21));
    assert_eq!(&out, b"tcp://127.0.0.1:5555\0\0\0\0");
    assert_eq!(get(&mut socket, ZMQ_ROUTING_ID, &mut out[..4]), Err(Errno::EINVAL));
    assert_eq!(get(&mut socket, ZMQ_ROUTING_ID, &mut out[..6]), Ok(5));
    assert_eq!(&out[..6], b"\0abcd\0");
    assert_eq!(get(&mut socket, ZMQ_EVENTS, &mut out[..3]), Err(Errno::EINVAL));
    assert_eq!(socket.asked, 0);
    assert_eq!(get(&mut socket, ZMQ_EVENTS, &mut out), Err(Errno::ETERM));
}

#[test]
fn topics_are_for_the_socket() {
    let mut sub = fresh(SocketType::Sub);
    assert_eq!(set(&mut sub, ZMQ_SUBSCRIBE, None), Ok(Effect::Subscribe));
    assert_eq!(set(&mut sub, ZMQ_UNSUBSCRIBE, Some(b"a")), Ok(Effect::Unsubscribe));
    assert_eq!(set(&mut fresh(SocketType::Xsub), ZMQ_SUBSCRIBE, None), Err(Errno::EINVAL));
    for manual in [ZMQ_XPUB_MANUAL, ZMQ_XPUB_MANUAL_LAST_VALUE] {
        for socket_type in [SocketType::Xpub, SocketType::Pub] {
            let mut options = fresh(socket_type);
            assert_eq!(set(&mut options, ZMQ_SUBSCRIBE, Some(b"")), Err(Errno::EINVAL));
            assert_eq!(set(&mut options, manual, Some(&int(1))), Ok(Effect::Stored));
            assert_eq!(set(&mut options, ZMQ_SUBSCRIBE, Some(b"")), Ok(Effect::Subscribe));
            assert_eq!(set(&mut options, manual, Some(&int(0))), Ok(Effect::Stored));
            assert_eq!(set(&mut options, ZMQ_UNSUBSCRIBE, Some(b"")), Err(Errno::EINVAL));
        }
    }
}

#[test]
fn high_water_marks_reach_the_pipes() {
    let mut options = fresh(SocketType::Push);
    assert_eq!(set(&mut options, ZMQ_SNDHWM, Some(&int(0))), Ok(Effect::HwmChanged));
    assert_eq!(set(&mut options, ZMQ_RCVHWM, Some(&int(5))), Ok(Effect::HwmChanged));
    assert_eq!((options.sndhwm, options.rcvhwm), (0, 5));
    assert_eq!(set(&mut options, ZMQ_LINGER, Some(&int(0))), Ok(Effect::Stored));
}

#[test]
fn ipv4only_is_the_inverse_of_ipv6() {
    let mut options = fresh(SocketType::Pair);
    put(&mut options, ZMQ_IPV4ONLY, &int(0)).unwrap();
    assert_eq!((options.ipv6, get_int(&options, ZMQ_IPV6)), (true, Ok(1)));
    put(&mut options, ZMQ_IPV6, &int(0)).unwrap();
    assert_eq!(get_int(&options, ZMQ_IPV4ONLY), Ok(1));
}

#[test]
fn accept_filters_follow_the_ipv6_option() {
    let mut options = fresh(SocketType::Pair);
    assert_eq!(put(&mut options, ZMQ_TCP_ACCEPT_FILTER, b"::1"), Err(Errno::EINVAL));
    put(&mut options, ZMQ_TCP_ACCEPT_FILTER, b"127.0.0.1/8").unwrap();
    put(&mut options, ZMQ_IPV6, &int(1)).unwrap();
    put(&mut options, ZMQ_TCP_ACCEPT_FILTER, b"::1").unwrap();
    assert_eq!(options.accept_filters.len(), 2);
    assert_eq!(put(&mut options, ZMQ_TCP_ACCEPT_FILTER, b""), Err(Errno::EINVAL));
    assert_eq!(put(&mut options, ZMQ_TCP_ACCEPT_FILTER, &[b'1'; 256]), Err(Errno::EINVAL));
    set(&mut options, ZMQ_TCP_ACCEPT_FILTER, None).unwrap();
    assert!(options.accept_filters.is_empty());
}

/// Every option, with every length and content: refused calls change nothing, nothing panics.
#[test]
fn random_calls_never_panic() {
    let mut random = fastrand::Rng::with_seed(1);
    let features = [AVAILABLE, FULL, WITH_DRAFT];
    for _ in 0..400 {
        let socket_type = SocketType::ALL[random.usize(..12)];
        let features = features[random.usize(..3)];
        let mut options = fresh(socket_type);
        for _ in 0..100 {
            let number = if random.u8(..) < 8 { random.i32(..) } else { random.i32(-2..130) };
            let value = random_value(&mut random);
            let before = options.clone();
            let result = set_with(features, &mut options, number, value.as_deref());
            assert!(result.is_ok() || options == before, "{number} {value:?}");
            let mut out = vec![FILL; random.usize(..64)];
            let length = get_with(features, &mut Fresh(&options), number, &mut out);
            assert!(length.is_err() || length.is_ok_and(|l| l <= out.len()));
        }
    }
}

fn random_value(random: &mut fastrand::Rng) -> Option<Vec<u8>> {
    let texts: [&[u8]; 6] = [b"X-", b"10.0.0.0/", b"::1/", b"fe80::%", b"[", b":"];
    let tail = |random: &mut fastrand::Rng, length| (0..length).map(|_| random.u8(..)).collect();
    match random.u8(..6) {
        0 => None,
        1 => Some(int(random.i32(-3..4)).to_vec()),
        2 => Some(int(random.i32(..)).to_vec()),
        3 => {
            let length = random.usize(..300);
            Some(tail(random, length))
        }
        4 => {
            let length = [8, 32, 40, 41][random.usize(..4)];
            Some(tail(random, length))
        }
        _ => {
            let mut text = texts[random.usize(..6)].to_vec();
            text.extend((0..random.usize(..12)).map(|_| random.u8(b'!'..b'{')));
            Some(text)
        }
    }
}
