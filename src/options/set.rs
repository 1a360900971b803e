//! `zmq_setsockopt` on the block of values. Runs under the socket's lock.
#![forbid(unsafe_code)]

use zeroize::Zeroizing;

use crate::error::{Errno, Result};
use crate::options::features::{AVAILABLE, Features};
use crate::options::numbers::{ZMQ_RCVHWM, ZMQ_SNDHWM, ZMQ_SUBSCRIBE};
use crate::options::row::{Kind, Row, Set};
use crate::options::{SocketOptions, SocketType, key, row};

/// The work that the socket still has to do after a successful [`set`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Nothing: the value is stored.
    Stored,
    /// Subscribe to the value. On PUB and XPUB: for the pipe of the last message read.
    Subscribe,
    /// Unsubscribe from the value.
    Unsubscribe,
    /// Give the existing pipes their new high-water mark.
    HwmChanged,
}

/// Sets an option. `value` None is a NULL pointer with length 0 (a NULL pointer with another length
/// is `EINVAL` and never comes here).
///
/// `EINVAL`: unknown or read-only option, wrong size, out of range, not for this socket type, or
/// part of something this build does not have. Nothing is changed then.
pub fn set(options: &mut SocketOptions, number: i32, value: Option<&[u8]>) -> Result<Effect> {
    set_with(AVAILABLE, options, number, value)
}

/// [`set`] for a build that has `features`.
pub(super) fn set_with(
    features: Features,
    options: &mut SocketOptions,
    number: i32,
    value: Option<&[u8]>,
) -> Result<Effect> {
    let row = row(number).ok_or(Errno::EINVAL)?;
    let available = row.needs.is_none_or(|feature| features.has(feature));
    if !available || !row.applies_to(options.socket_type) {
        return Err(Errno::EINVAL);
    }
    store(row, options, value)?;
    Ok(effect(row))
}

fn store(row: &Row, options: &mut SocketOptions, value: Option<&[u8]>) -> Result<()> {
    check_length(row.kind, value)?;
    match row.set {
        Set::No => return Err(Errno::EINVAL),
        Set::Int(set) => set(options, int_in_range(row.kind, value)?),
        Set::Int64(set) => set(options, i64::from_ne_bytes(exactly(value)?)),
        Set::Uint64(set) => set(options, u64::from_ne_bytes(exactly(value)?)),
        Set::Bytes(set) => set(options, value)?,
        Set::Key(set) => {
            let mut key = Zeroizing::new([0; 32]);
            key::parse(value.ok_or(Errno::EINVAL)?, &mut key)?;
            set(options, &key);
        }
        Set::Topic if takes_topics(options) => {}
        Set::Topic => return Err(Errno::EINVAL),
    }
    Ok(())
}

fn effect(row: &Row) -> Effect {
    match row.set {
        Set::Topic if row.number == ZMQ_SUBSCRIBE => Effect::Subscribe,
        Set::Topic => Effect::Unsubscribe,
        _ if [ZMQ_SNDHWM, ZMQ_RCVHWM].contains(&row.number) => Effect::HwmChanged,
        _ => Effect::Stored,
    }
}

/// A publisher takes topics only while its subscriptions are managed by hand.
fn takes_topics(options: &SocketOptions) -> bool {
    options.socket_type == SocketType::Sub || options.xpub_manual
}

fn check_length(kind: Kind, value: Option<&[u8]>) -> Result<()> {
    let fits = match (kind, value) {
        (Kind::Bytes { null, .. }, None) => null,
        (Kind::Bytes { min, max, .. }, Some(bytes)) => (min..=max).contains(&bytes.len()),
        _ => true,
    };
    if fits { Ok(()) } else { Err(Errno::EINVAL) }
}

/// The bytes of a number that must have exactly this size.
fn exactly<const N: usize>(value: Option<&[u8]>) -> Result<[u8; N]> {
    value.and_then(|bytes| bytes.try_into().ok()).ok_or(Errno::EINVAL)
}

fn int_in_range(kind: Kind, value: Option<&[u8]>) -> Result<i32> {
    let number = i32::from_ne_bytes(exactly(value)?);
    match kind {
        Kind::Int { min, max } if (min..=max).contains(&number) => Ok(number),
        _ => Err(Errno::EINVAL),
    }
}
