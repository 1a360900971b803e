//! Values for options: mostly of the right type, at the edges of what is allowed.
//!
//! Left out are values that make a script depend on time or chance (short intervals, small kernel
//! buffers) or that end the original's process.
#![forbid(unsafe_code)]

use fastrand::Rng;

const EDGES: &[i64] = &[
    -2147483648,
    -100,
    -2,
    -1,
    0,
    0,
    1,
    1,
    1,
    2,
    3,
    5,
    99,
    100,
    255,
    256,
    1000,
    65535,
    65536,
    2147483647,
];

/// The kind of values that an option may be given here.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Int,
    Wide,
    Text,
    /// Only these integers, of which nothing depends on time.
    Only(&'static [i64]),
    Address,
    Key,
}

const LONG: &[i64] = &[-2147483648, -2, -1, 0, 100_000, 2147483647];

/// Number and kind of the options that are set; other numbers are tried sometimes.
const SETTABLE: &[(i32, Kind)] = &[
    (4, Kind::Wide),
    (5, Kind::Text),
    (6, Kind::Text),
    (7, Kind::Text),
    (8, Kind::Int),
    (9, Kind::Int),
    (11, Kind::Only(&[-2, -1, 1 << 20])),
    (12, Kind::Only(&[-2, -1, 1 << 20])),
    (13, Kind::Int),
    (14, Kind::Int),
    (15, Kind::Int),
    (16, Kind::Int),
    (17, Kind::Int),
    (19, Kind::Int),
    (21, Kind::Int),
    (22, Kind::Wide),
    (23, Kind::Int),
    (24, Kind::Int),
    (25, Kind::Int),
    (27, Kind::Only(&[-2, 0, 1, 10])),
    (28, Kind::Only(&[-2, 0, 1, 10])),
    (31, Kind::Int),
    (33, Kind::Int),
    (34, Kind::Int),
    (35, Kind::Int),
    (36, Kind::Int),
    (37, Kind::Int),
    (38, Kind::Address),
    (39, Kind::Int),
    (40, Kind::Int),
    (42, Kind::Int),
    (43, Kind::Int),
    (44, Kind::Int),
    (45, Kind::Text),
    (46, Kind::Text),
    (47, Kind::Int),
    (48, Kind::Key),
    (49, Kind::Key),
    (50, Kind::Key),
    (51, Kind::Int),
    (52, Kind::Int),
    (53, Kind::Int),
    (54, Kind::Int),
    (55, Kind::Text),
    (56, Kind::Int),
    (57, Kind::Int),
    (58, Kind::Int),
    (59, Kind::Int),
    (60, Kind::Int),
    (66, Kind::Only(LONG)),
    (69, Kind::Int),
    (70, Kind::Int),
    (71, Kind::Int),
    (72, Kind::Text),
    (73, Kind::Int),
    (74, Kind::Int),
    (75, Kind::Only(LONG)),
    (76, Kind::Int),
    (77, Kind::Only(LONG)),
    (78, Kind::Int),
    (79, Kind::Only(LONG)),
    (80, Kind::Only(LONG)),
    (81, Kind::Int),
    (84, Kind::Int),
    (89, Kind::Only(&[-3, -2, -1])),
    (96, Kind::Int),
    (99, Kind::Text),
    (100, Kind::Text),
    (108, Kind::Int),
];

/// Options that are read; most of these sizes are wrong for most of them.
const SIZES: &[usize] = &[4, 4, 4, 8, 0, 1, 3, 5, 32, 40, 41, 64, 255, 256, 257, 512];

/// Numbers that are never set by chance.
const LEFT_ALONE: &[i32] = &[
    18, 41, 61, 62, 63, 64, 65, 68, 90, 91, 92, 93, 95, 97, 98, 101, 102, 103, 104, 105, 106, 107,
    109, 110, 111, 112, 113, 114, 115,
];

fn pick<T: Copy>(rng: &mut Rng, list: &[T]) -> T {
    list[rng.usize(..list.len())]
}

fn text(rng: &mut Rng) -> String {
    match rng.u32(..8) {
        0 => "n".into(),
        1 => "d:".into(),
        2 => format!("d:.{}", pick(rng, &[254, 255, 256, 257])),
        3 => format!("d:00.{}.3", pick(rng, &[1, 2, 6])),
        4 => format!("d:{:02x}{:02x}", rng.u32(97..100), rng.u32(97..100)),
        _ => format!("d:{:02x}", rng.u32(97..100)),
    }
}

fn key(rng: &mut Rng) -> String {
    match rng.u32(..6) {
        0 => "n".into(),
        1 => format!("d:.{}.4", pick(rng, &[31, 33, 39, 40, 41, 42])),
        // 40 letters that are a key
        2 | 3 => format!("d:{}", "6d".repeat(40)),
        _ => format!("d:.32.{}", rng.u32(1..4)),
    }
}

fn address(rng: &mut Rng) -> String {
    let plain =
        ["127.0.0.1", "10.0.0.0/8", "127.0.0.0/8", "127.0.0.1/33", "x", "127.0.0.1/", "::1", "/8"];
    match rng.u32(..4) {
        0 => "n".into(),
        1 => "d:".into(),
        _ => {
            let hex: String = pick(rng, &plain).bytes().map(|byte| format!("{byte:02x}")).collect();
            format!("d:{hex}")
        }
    }
}

fn value(rng: &mut Rng, kind: Kind) -> String {
    match kind {
        _ if rng.u32(..10) == 0 => match rng.u32(..3) {
            0 => "n".into(),
            1 => format!("d:.{}.1", pick(rng, &[1, 2, 3, 5, 7, 9])),
            _ if kind == Kind::Wide => "i:1".into(),
            _ => "l:1".into(),
        },
        Kind::Int => format!("i:{}", pick(rng, EDGES)),
        Kind::Wide => {
            format!("l:{}", pick(rng, &[-2, -1, 0, 1, 2, 3, 29, 255, 4096, i64::MAX, i64::MIN]))
        }
        Kind::Only(list) => format!("i:{}", pick(rng, list)),
        Kind::Text => text(rng),
        Kind::Address => address(rng),
        Kind::Key => key(rng),
    }
}

/// Number and value of an option to set.
pub fn setting(rng: &mut Rng) -> (i32, String) {
    if rng.u32(..12) == 0 {
        let option = rng.i32(-1..130);
        if !LEFT_ALONE.contains(&option) && !SETTABLE.iter().any(|(known, _)| *known == option) {
            let kind = pick(rng, &[Kind::Int, Kind::Wide, Kind::Text]);
            return (option, value(rng, kind));
        }
    }
    let (option, kind) = pick(rng, SETTABLE);
    (option, value(rng, kind))
}

/// Number and size of an option to read.
pub fn reading(rng: &mut Rng) -> (i32, usize) {
    let option = match rng.u32(..4) {
        0 => pick(rng, &[13, 15, 16, 32, 5, 17, 23, 24]),
        _ => rng.i32(0..118),
    };
    (option, pick(rng, SIZES))
}

/// Number and value of a context option; `started` says that its threads run.
pub fn context(rng: &mut Rng, started: bool) -> (i32, i64) {
    match rng.u32(..10) {
        0..3 => (1, pick(rng, &[-1, 1, 1, 2, 3])),
        3 => (2, pick(rng, &[-1, 0, 20, 1023, 2147483647])),
        4 => (42, pick(rng, &[-1, 0, 1, 2])),
        5 => (70, pick(rng, &[-1, 0, 1, 2])),
        6 => (5, pick(rng, EDGES)),
        7 => (10, pick(rng, &[-1, 0, 1, 2])),
        8 if started => (pick(rng, &[3, 4, 7, 8, 9]), pick(rng, &[-2, -1, 0])),
        _ => (pick(rng, &[0, 6, 11, 12, 43, 71]), pick(rng, EDGES)),
    }
}

/// Whether handshakes may fail for this option, which either end may notice first.
pub fn is_security(option: i32) -> bool {
    matches!(option, 44..=50 | 55)
}
