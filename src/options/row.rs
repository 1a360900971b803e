//! One row of the option table, and the short constructors the table is written with.
#![forbid(unsafe_code)]

use crate::error::Result;
use crate::options::features::Feature;
use crate::options::{Live, SocketOptions, SocketType};

/// The C type of an option and the values that `zmq_setsockopt` accepts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `int`, exactly 4 bytes, in this range (both ends included).
    Int { min: i32, max: i32 },
    /// `int64_t`, exactly 8 bytes, any value.
    Int64,
    /// `uint64_t`, exactly 8 bytes, any value.
    Uint64,
    /// Bytes within these lengths; `null` says whether a NULL pointer with length 0 is accepted.
    Bytes { min: usize, max: usize, null: bool },
    /// A `pid_t`, `uid_t` or `gid_t` that is added to a list; NULL with length 0 clears the list.
    Id,
    /// A CURVE key: 32 bytes, or 40 characters of Z85 with or without a final NUL.
    Key,
    /// The option is known but this library has no code for it.
    Absent,
}

/// The answer of a fresh socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Initial {
    Number(i64),
    /// An empty string, list or key.
    Empty,
    /// The answer depends on the socket type or on the state of the socket.
    Varies,
}

/// When a value that was set begins to matter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acts {
    /// On the live socket.
    AtOnce,
    /// For binds and connects made afterwards: listeners and sessions copy the values.
    NextEndpoint,
    /// For pipes that are attached afterwards.
    NextPipe,
    /// For the next connect only, which uses it up.
    NextConnect,
    /// Read-only.
    Never,
}

/// How a valid value is stored.
#[derive(Clone, Copy)]
pub(super) enum Set {
    No,
    Int(fn(&mut SocketOptions, i32)),
    Int64(fn(&mut SocketOptions, i64)),
    Uint64(fn(&mut SocketOptions, u64)),
    Bytes(fn(&mut SocketOptions, Option<&[u8]>) -> Result<()>),
    Key(fn(&mut SocketOptions, &[u8; 32])),
    /// SUBSCRIBE and UNSUBSCRIBE: nothing is stored, the socket acts.
    Topic,
}

/// How the value is read.
#[derive(Clone, Copy)]
pub(super) enum Get {
    No,
    Int(fn(&SocketOptions) -> i32),
    Int64(fn(&SocketOptions) -> i64),
    Uint64(fn(&SocketOptions) -> u64),
    /// A text, given back with a NUL.
    Text(fn(&SocketOptions) -> &[u8]),
    Key(fn(&SocketOptions) -> &[u8; 32]),
    /// An `int` that only the socket knows; larger buffers are accepted.
    LiveInt(fn(&mut dyn Live) -> Result<i32>),
    RoutingId,
    LastEndpoint,
}

/// One option.
#[derive(Clone, Copy)]
pub struct Row {
    /// The number in `zmq.h`.
    pub number: i32,
    /// The name in `zmq.h`.
    pub name: &'static str,
    pub kind: Kind,
    pub default: Initial,
    pub acts: Acts,
    /// The types that know the option; empty means all.
    pub types: &'static [SocketType],
    /// Without this part of the library the option is refused.
    pub needs: Option<Feature>,
    /// Declared in the draft section of `zmq.h`.
    pub draft: bool,
    pub(super) set: Set,
    pub(super) get: Get,
}

impl Row {
    /// Whether `zmq_setsockopt` knows the option, in a build that has what it needs.
    pub fn writable(&self) -> bool {
        !matches!(self.set, Set::No)
    }

    /// Whether `zmq_getsockopt` knows the option, in a build that has what it needs.
    pub fn readable(&self) -> bool {
        !matches!(self.get, Get::No)
    }

    /// Whether the socket answers or acts itself, rather than the block of values.
    pub fn handled_by_socket(&self) -> bool {
        matches!(self.set, Set::Topic)
            || matches!(self.get, Get::LiveInt(_) | Get::RoutingId | Get::LastEndpoint)
    }

    /// Whether sockets of this type know the option.
    pub fn applies_to(&self, socket_type: SocketType) -> bool {
        self.types.is_empty() || self.types.contains(&socket_type)
    }

    const fn new(number: i32, name: &'static str, kind: Kind, default: Initial) -> Row {
        Row {
            number,
            name,
            kind,
            default,
            acts: Acts::NextEndpoint,
            types: &[],
            needs: None,
            draft: false,
            set: Set::No,
            get: Get::No,
        }
    }

    pub(super) const fn int(
        (number, name): (i32, &'static str),
        (min, max): (i32, i32),
        default: i32,
        get: fn(&SocketOptions) -> i32,
        set: fn(&mut SocketOptions, i32),
    ) -> Row {
        let row = Row::new(number, name, Kind::Int { min, max }, Initial::Number(default as i64));
        Row { set: Set::Int(set), get: Get::Int(get), ..row }
    }

    pub(super) const fn int64(
        (number, name): (i32, &'static str),
        default: i64,
        get: fn(&SocketOptions) -> i64,
        set: fn(&mut SocketOptions, i64),
    ) -> Row {
        let row = Row::new(number, name, Kind::Int64, Initial::Number(default));
        Row { set: Set::Int64(set), get: Get::Int64(get), ..row }
    }

    pub(super) const fn uint64(
        (number, name): (i32, &'static str),
        get: fn(&SocketOptions) -> u64,
        set: fn(&mut SocketOptions, u64),
    ) -> Row {
        let row = Row::new(number, name, Kind::Uint64, Initial::Number(0));
        Row { set: Set::Uint64(set), get: Get::Uint64(get), ..row }
    }

    pub(super) const fn text(
        (number, name): (i32, &'static str),
        (min, max, null): (usize, usize, bool),
        get: fn(&SocketOptions) -> &[u8],
        set: fn(&mut SocketOptions, Option<&[u8]>) -> Result<()>,
    ) -> Row {
        let row = Row::new(number, name, Kind::Bytes { min, max, null }, Initial::Empty);
        Row { set: Set::Bytes(set), get: Get::Text(get), ..row }
    }

    pub(super) const fn list(
        (number, name): (i32, &'static str),
        kind: Kind,
        set: fn(&mut SocketOptions, Option<&[u8]>) -> Result<()>,
    ) -> Row {
        Row { set: Set::Bytes(set), ..Row::new(number, name, kind, Initial::Empty) }
    }

    pub(super) const fn key(
        (number, name): (i32, &'static str),
        get: fn(&SocketOptions) -> &[u8; 32],
        set: fn(&mut SocketOptions, &[u8; 32]),
    ) -> Row {
        let row = Row::new(number, name, Kind::Key, Initial::Empty);
        Row { set: Set::Key(set), get: Get::Key(get), ..row }.needs(Feature::Curve)
    }

    pub(super) const fn topic((number, name): (i32, &'static str)) -> Row {
        let kind = Kind::Bytes { min: 0, max: usize::MAX, null: true };
        let row = Row::new(number, name, kind, Initial::Empty).acts(Acts::AtOnce);
        Row { set: Set::Topic, ..row }
    }

    pub(super) const fn live(
        (number, name): (i32, &'static str),
        default: Initial,
        get: fn(&mut dyn Live) -> Result<i32>,
    ) -> Row {
        let row = Row::new(number, name, Kind::Int { min: 0, max: i32::MAX }, default);
        Row { get: Get::LiveInt(get), ..row }.acts(Acts::Never)
    }

    pub(super) const fn last_endpoint((number, name): (i32, &'static str)) -> Row {
        let kind = Kind::Bytes { min: 0, max: usize::MAX, null: false };
        let row = Row::new(number, name, kind, Initial::Empty);
        Row { get: Get::LastEndpoint, ..row }.acts(Acts::Never)
    }

    pub(super) const fn absent((number, name): (i32, &'static str), needs: Feature) -> Row {
        Row::new(number, name, Kind::Absent, Initial::Empty).needs(needs)
    }

    pub(super) const fn acts(self, acts: Acts) -> Row {
        Row { acts, ..self }
    }

    pub(super) const fn only(self, types: &'static [SocketType]) -> Row {
        Row { types, ..self }
    }

    pub(super) const fn needs(self, feature: Feature) -> Row {
        Row { needs: Some(feature), ..self }
    }

    pub(super) const fn draft(self) -> Row {
        Row { draft: true, ..self }
    }

    pub(super) const fn write_only(self) -> Row {
        Row { get: Get::No, ..self }
    }

    pub(super) const fn read_only(self) -> Row {
        Row { set: Set::No, ..self }.acts(Acts::Never)
    }

    /// Marks the default as depending on the socket type.
    pub(super) const fn varies(self) -> Row {
        Row { default: Initial::Varies, ..self }
    }

    pub(super) const fn get(self, get: Get) -> Row {
        Row { get, ..self }
    }
}
