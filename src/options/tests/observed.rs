//! The values that libzmq 4.3.4 (all mechanisms built in) was observed to accept and to return on
//! fresh sockets of all stable types. Written down from a probe, not from the table under test.
//! 4.3.5 added `ZMQ_TOPICS_COUNT` (116), which is tested apart.
#![forbid(unsafe_code)]

use Accepts::*;
use Reads::*;

const MIN: i64 = i32::MIN as i64;
const MAX: i64 = i32::MAX as i64;

/// The values that `zmq_setsockopt` accepts.
#[derive(Clone, Copy, Debug)]
pub(super) enum Accepts {
    Nothing,
    /// 4 bytes, in this range.
    Int(i64, i64),
    EightBytes,
    FourBytesOrNull,
    /// Bytes within these lengths; whether NULL is accepted too.
    Length(i64, i64, bool),
    CurveKey,
    /// Text of `ZMQ_TCP_ACCEPT_FILTER`, or NULL.
    Filter,
    /// Text of `ZMQ_METADATA`.
    Property,
}

/// The answer of `zmq_getsockopt`.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reads {
    No,
    /// Exactly 4 bytes.
    IntIs(i32),
    /// Exactly 8 bytes.
    WideIs(i64),
    /// Exactly 4 bytes: the socket type.
    Type,
    /// 4 bytes in a buffer of at least 4.
    Live,
    /// Nothing but a NUL in a buffer of at least 1.
    Text,
    /// Nothing at all in any buffer.
    Blob,
    /// 32 or 41 bytes.
    Key,
}

const ALL: &[u8] = &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];

/// Option, socket types, accepted values, answer. Every other pair of option and type is unknown.
pub(super) const OBSERVED: &[(i32, &[u8], Accepts, Reads)] = &[
    (4, ALL, EightBytes, WideIs(0)),
    (5, ALL, Length(1, 255, false), Blob),
    (6, &[2], Length(0, MAX, true), No),
    (7, &[2], Length(0, MAX, true), No),
    (8, ALL, Int(1, MAX), IntIs(100)),
    (9, ALL, Int(0, MAX), IntIs(10000)),
    (11, ALL, Int(-1, MAX), IntIs(-1)),
    (12, ALL, Int(-1, MAX), IntIs(-1)),
    (13, ALL, Nothing, Live),
    (14, ALL, Nothing, Live),
    (15, ALL, Nothing, Live),
    (16, ALL, Nothing, Type),
    (17, &[0, 1, 3, 4, 5, 6, 7, 8, 9, 11], Int(-1, MAX), IntIs(-1)),
    (17, &[2, 10], Int(-1, MAX), IntIs(0)),
    (18, ALL, Int(-1, MAX), IntIs(100)),
    (19, ALL, Int(0, MAX), IntIs(100)),
    (21, ALL, Int(0, MAX), IntIs(0)),
    (22, ALL, EightBytes, WideIs(-1)),
    (23, ALL, Int(0, MAX), IntIs(1000)),
    (24, ALL, Int(0, MAX), IntIs(1000)),
    (25, ALL, Int(1, MAX), IntIs(1)),
    (27, ALL, Int(-1, MAX), IntIs(-1)),
    (28, ALL, Int(-1, MAX), IntIs(-1)),
    (31, ALL, Int(0, 1), IntIs(1)),
    (32, ALL, Nothing, Text),
    (33, &[4, 6], Int(0, MAX), No),
    (34, ALL, Int(-1, 1), IntIs(-1)),
    (35, ALL, Int(-1, MAX), IntIs(-1)),
    (36, ALL, Int(-1, MAX), IntIs(-1)),
    (37, ALL, Int(-1, MAX), IntIs(-1)),
    (38, ALL, Filter, No),
    (39, ALL, Int(0, 1), IntIs(0)),
    (40, &[1, 9], Int(0, MAX), No),
    (41, &[4, 6], Int(0, MAX), No),
    (42, ALL, Int(0, 1), IntIs(0)),
    (43, ALL, Nothing, IntIs(0)),
    (44, ALL, Int(0, 1), IntIs(0)),
    (45, ALL, Length(1, 255, true), Text),
    (46, ALL, Length(1, 255, true), Text),
    (47, ALL, Int(0, 1), IntIs(0)),
    (48, ALL, CurveKey, Key),
    (49, ALL, CurveKey, Key),
    (50, ALL, CurveKey, Key),
    (51, &[3, 4, 5, 6], Int(0, MAX), No),
    (52, &[3], Int(0, MAX), No),
    (53, &[3], Int(0, MAX), No),
    (54, ALL, Int(0, 1), IntIs(0)),
    (55, ALL, Length(1, 255, false), Text),
    (56, &[4, 6], Int(0, MAX), No),
    (57, ALL, Int(0, MAX), IntIs(0)),
    (58, ALL, FourBytesOrNull, No),
    (59, ALL, FourBytesOrNull, No),
    (60, ALL, FourBytesOrNull, No),
    (61, &[4, 6, 11], Length(1, MAX, false), No),
    (62, ALL, Int(0, 1), IntIs(0)),
    (63, ALL, Length(1, 255, false), Text),
    (64, ALL, Length(1, 255, false), Text),
    (65, ALL, Int(0, 1), IntIs(0)),
    (66, ALL, Int(0, MAX), IntIs(30000)),
    (68, ALL, Length(1, MAX, true), Text),
    (69, &[1, 9], Int(0, MAX), No),
    (71, &[1, 9], Int(0, MAX), No),
    (72, &[1, 9], Length(0, MAX, true), No),
    (73, &[11], Int(0, 1), No),
    (74, ALL, Int(MIN, MAX), IntIs(0)),
    (75, ALL, Int(0, MAX), IntIs(0)),
    (76, ALL, Int(-99, 6553599), IntIs(0)),
    (77, ALL, Int(0, MAX), IntIs(-1)),
    (78, &[1, 9], Int(0, MAX), No),
    (79, ALL, Int(0, MAX), IntIs(0)),
    (80, ALL, Int(0, MAX), IntIs(0)),
    (81, ALL, Nothing, Live),
    (84, ALL, Int(1, MAX), IntIs(1500)),
    (89, ALL, Int(-1, MAX), IntIs(-1)),
    (90, ALL, Int(0, 2), IntIs(0)),
    (91, ALL, Int(0, 2), IntIs(0)),
    (92, ALL, Length(1, 16, true), Text),
    (93, ALL, Int(MIN, MAX), IntIs(0)),
    (94, ALL, Int(MIN, MAX), IntIs(0)),
    (95, ALL, Property, No),
    (96, ALL, Int(MIN, MAX), IntIs(1)),
    (98, &[1, 9], Int(0, MAX), No),
    (99, ALL, Length(0, 255, true), Text),
    (100, ALL, Length(0, 255, true), Text),
    (108, &[1, 9, 10], Int(0, MAX), No),
    (109, ALL, Int(MIN, MAX), IntIs(0)),
];
