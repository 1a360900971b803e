//! `zmq_getsockopt`: from the block of values, or from the socket through [`Live`]. Runs under the
//! socket's lock.
#![forbid(unsafe_code)]

use crate::error::{Errno, Result};
use crate::options::features::{AVAILABLE, Features};
use crate::options::row::Get;
use crate::options::{SocketOptions, SocketType, key, row};

/// The answers that only the socket itself can give.
pub trait Live {
    /// The block of values.
    fn values(&self) -> &SocketOptions;

    /// `ZMQ_RCVMORE`: 1 if the last frame received has more frames after it, else 0.
    fn rcvmore(&mut self) -> i32;

    /// `ZMQ_FD`: the descriptor to poll for.
    fn fd(&mut self) -> Result<i32>;

    /// `ZMQ_EVENTS`: `ZMQ_POLLIN` and `ZMQ_POLLOUT`, after pending commands were processed.
    fn events(&mut self) -> Result<i32>;

    /// `ZMQ_LAST_ENDPOINT`, without a NUL.
    fn last_endpoint(&mut self) -> String;

    /// `ZMQ_TOPICS_COUNT`; asked of PUB, XPUB, SUB and XSUB only.
    fn topics_count(&mut self) -> Result<i32>;

    /// `ZMQ_ROUTING_ID` of a STREAM: the id of the connection attached last, if there was one.
    fn stream_routing_id(&mut self) -> Option<Vec<u8>>;
}

/// Reads an option into `out` and returns the new length.
///
/// Numbers of the value block want exactly their size. Texts, the routing id and the answers of the
/// socket want at least it; the rest of `out` is then filled with zeros. Texts end with a NUL that
/// counts.
///
/// `EINVAL`: unknown or write-only option, wrong size, not for this socket type, or part of
/// something this build does not have. Otherwise the error of [`Live`].
pub fn get(live: &mut dyn Live, number: i32, out: &mut [u8]) -> Result<usize> {
    get_with(AVAILABLE, live, number, out)
}

/// [`get`] for a build that has `features`.
pub(super) fn get_with(
    features: Features,
    live: &mut dyn Live,
    number: i32,
    out: &mut [u8],
) -> Result<usize> {
    let options = live.values();
    let row = row(number).ok_or(Errno::EINVAL)?;
    let hidden = row.needs.is_some_and(|f| f.hides_value() && !features.has(f));
    if hidden || !row.applies_to(options.socket_type) {
        return Err(Errno::EINVAL);
    }
    match row.get {
        Get::No => Err(Errno::EINVAL),
        Get::Int(get) => exact(out, &get(options).to_ne_bytes()),
        Get::Int64(get) => exact(out, &get(options).to_ne_bytes()),
        Get::Uint64(get) => exact(out, &get(options).to_ne_bytes()),
        Get::Text(get) => text(out, get(options)),
        Get::Key(get) => curve_key(out, get(options)),
        // The size comes first: reading ZMQ_EVENTS processes commands and may fail otherwise.
        Get::LiveInt(_) if out.len() < size_of::<i32>() => Err(Errno::EINVAL),
        Get::LiveInt(get) => padded(out, &get(live)?.to_ne_bytes()),
        Get::RoutingId => routing_id(live, out),
        Get::LastEndpoint => text(out, live.last_endpoint().as_bytes()),
    }
}

/// The buffer must have exactly the value's size.
fn exact(out: &mut [u8], value: &[u8]) -> Result<usize> {
    if out.len() != value.len() {
        return Err(Errno::EINVAL);
    }
    out.copy_from_slice(value);
    Ok(value.len())
}

/// The buffer must have at least the value's size; the rest becomes zero.
fn padded(out: &mut [u8], value: &[u8]) -> Result<usize> {
    let (head, rest) = out.split_at_mut_checked(value.len()).ok_or(Errno::EINVAL)?;
    head.copy_from_slice(value);
    rest.fill(0);
    Ok(value.len())
}

/// Pads as [`padded`] does, with a NUL after the value.
fn text(out: &mut [u8], value: &[u8]) -> Result<usize> {
    let length = value.len().saturating_add(1);
    if out.len() < length {
        return Err(Errno::EINVAL);
    }
    padded(out, value)?;
    Ok(length)
}

fn routing_id(live: &mut dyn Live, out: &mut [u8]) -> Result<usize> {
    let attached = match live.values().socket_type {
        SocketType::Stream => live.stream_routing_id(),
        _ => None,
    };
    padded(out, attached.as_deref().unwrap_or(&live.values().routing_id))
}

/// 32 bytes are the key itself, 41 its text.
fn curve_key(out: &mut [u8], value: &[u8; 32]) -> Result<usize> {
    match out.len() {
        key::TEXT_LENGTH => exact(out, &key::to_text(value)[..]),
        _ => exact(out, value),
    }
}
