//! TCP addresses: `host:port`, `[v6%zone]:port`, `interface:port`, `*:*` and
//! `source:port;destination:port`.
//!
//! A bind address is resolved at the call and never asks a name service. A connect address is only
//! checked for its letters at the call. Everything else is found out at each attempt, silently, so
//! that names and interfaces may appear later.
#![forbid(unsafe_code)]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::endpoint::port;
use crate::error::{Errno, Result};
use crate::sys::interfaces;
use crate::sys::resolve::{self, Query};

/// The kinds of host that a text may stand for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// An address of this machine: `*`, an interface, a numeric address.
    Local,
    /// A peer by number; the caller may not wait for a name service now.
    NumericPeer,
    /// A peer by number or name; resolving may block.
    Peer,
}

/// The address part of a `tcp` endpoint that is bound.
pub struct TcpBindAddress;

impl TcpBindAddress {
    /// The addresses to bind; the first that works counts. Does not block.
    ///
    /// * `EINVAL`: no port or a bad one, an empty or unknown zone
    /// * `ENODEV`: neither `*` nor an interface nor a numeric address of the right family
    pub fn resolve(text: &[u8], ipv6: bool) -> Result<Vec<SocketAddr>> {
        let (source, host) = split_source(text);
        // The source part has no meaning here, but a bad one has always been an error.
        if let Some(source) = source {
            host_and_port(source, ipv6, Role::Local)?;
        }
        host_and_port(host, ipv6, Role::Local)
    }
}

/// The address part of a `tcp` endpoint that is connected to.
#[derive(Clone, Debug)]
pub struct TcpConnectAddress {
    text: Vec<u8>,
    ipv6: bool,
}

impl TcpConnectAddress {
    /// Checks the letters of the text: `EINVAL`. Whether it has a meaning shows only later.
    pub fn parse(text: &[u8], ipv6: bool) -> Result<TcpConnectAddress> {
        if !has_connect_syntax(text) {
            return Err(Errno::EINVAL);
        }
        Ok(TcpConnectAddress::unchecked(text, ipv6))
    }

    /// A text that was checked before, or a proxy's, whose letters are not checked.
    pub fn unchecked(text: &[u8], ipv6: bool) -> TcpConnectAddress {
        TcpConnectAddress { text: text.to_vec(), ipv6 }
    }

    /// Whether [`lookup`](Self::lookup) may block on a name service.
    pub fn needs_lookup(&self) -> bool {
        self.destination(Role::NumericPeer) == Err(Errno::ENODEV)
    }

    /// The addresses of the peer in the system's order of preference, never empty. Blocks if
    /// [`needs_lookup`](Self::needs_lookup). `EINVAL` when there are none.
    pub fn lookup(&self) -> Result<Vec<SocketAddr>> {
        self.destination(Role::Peer)
    }

    /// The address to connect from, if the text names one: `EINVAL` or `ENODEV` when it is none of
    /// this machine. Does not block.
    pub fn source(&self) -> Result<Option<SocketAddr>> {
        let Some(source) = split_source(&self.text).0 else { return Ok(None) };
        Ok(host_and_port(source, self.ipv6, Role::Local)?.into_iter().next())
    }

    /// The address that a proxy is to connect to. Does not block: the proxy looks names up.
    pub fn unresolved(&self) -> Unresolved {
        let (host, port) = split_at_last(&self.text, b':').unwrap_or((&self.text, b""));
        let host = without_brackets(host);
        // The zone of an address is known on this machine only. IPv4 addresses have none.
        let zoned = split_at_last(host, b'%').filter(|(address, _)| address.contains(&b':'));
        let address = zoned.map_or(host, |(address, _)| address);
        let query = Query { ipv6: address.contains(&b':'), numeric: true };
        let found = resolve::lookup(address, 0, query).unwrap_or_default();
        let ip = found.first().map(SocketAddr::ip);
        Unresolved { ip, name: host.to_vec(), port: port::parse(port).unwrap_or(0) }
    }

    fn destination(&self, role: Role) -> Result<Vec<SocketAddr>> {
        let text = split_source(&self.text).1;
        if text.ends_with(b":*") {
            return Err(Errno::EINVAL);
        }
        host_and_port(text, self.ipv6, role)
    }
}

/// A peer whose name, if it has one, was not looked up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unresolved {
    /// The address, when it is given by number.
    pub ip: Option<IpAddr>,
    /// The host as it was given, without brackets.
    pub name: Vec<u8>,
    /// The port; 0 cannot be connected to.
    pub port: u16,
}

/// The numeric endpoint text that the address may be known by, after it was not found as given;
/// `zmq_unbind` and `zmq_disconnect` look for it. An interface name or `*` has none: such an
/// endpoint goes by its resolved text, or as it was given. May block on a name service.
///
/// * `ENOENT`: there is none
/// * `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`: it cannot be known now
pub fn numeric_form(address: &[u8], ipv6: bool) -> Result<Vec<u8>> {
    let find = || {
        let (source, host) = split_source(address);
        if let Some(source) = source {
            host_and_port(source, ipv6, Role::Local)?;
        }
        let found = host_and_port(host, ipv6, Role::Peer)?;
        endpoint_text(found.first().ok_or(Errno::ENOENT)?)
    };
    find().map_err(|error| error.or_unless_short(Errno::ENOENT))
}

/// Whether the text of a bound endpoint gives the port, rather than leaving it to the system.
pub(super) fn has_own_port(address: &[u8]) -> bool {
    let port = split_at_last(address, b':').and_then(|(_, port)| port::parse(port).ok());
    port.is_some_and(|port| port != 0)
}

/// `tcp://a.b.c.d:port` or `tcp://[v6]:port`, numeric.
pub(crate) fn endpoint_text(address: &SocketAddr) -> Result<Vec<u8>> {
    numeric_text("tcp", address)
}

/// `scheme://a.b.c.d:port` or `scheme://[v6]:port`, for any scheme whose addresses are those of
/// TCP.
pub(crate) fn numeric_text(scheme: &str, address: &SocketAddr) -> Result<Vec<u8>> {
    let host = resolve::numeric_host(address)?;
    let port = address.port();
    Ok(match address {
        SocketAddr::V4(_) => format!("{scheme}://{host}:{port}"),
        SocketAddr::V6(_) => format!("{scheme}://[{host}]:{port}"),
    }
    .into_bytes())
}

/// The addresses of this machine that `host:port` stands for. Does not block.
pub(super) fn local_addresses(text: &[u8], ipv6: bool) -> Result<Vec<SocketAddr>> {
    host_and_port(text, ipv6, Role::Local)
}

fn has_connect_syntax(text: &[u8]) -> bool {
    let good_start = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'[' | b':');
    let good = |byte: &u8| byte.is_ascii_alphanumeric() || b".-:%;[]_*".contains(byte);
    let after_last_colon = text.iter().rposition(|byte| *byte == b':').map(|at| at + 1);
    text.first().is_some_and(good_start)
        && text.iter().all(good)
        && after_last_colon.and_then(|at| text.get(at)).is_some_and(u8::is_ascii_digit)
}

fn split_source(text: &[u8]) -> (Option<&[u8]>, &[u8]) {
    match split_at_last(text, b';') {
        Some((source, destination)) => (Some(source), destination),
        None => (None, text),
    }
}

fn split_at_last(text: &[u8], separator: u8) -> Option<(&[u8], &[u8])> {
    let at = text.iter().rposition(|byte| *byte == separator)?;
    let (before, after) = text.split_at(at);
    Some((before, after.get(1..)?))
}

fn host_and_port(text: &[u8], ipv6: bool, role: Role) -> Result<Vec<SocketAddr>> {
    let (host, port) = split_at_last(text, b':').ok_or(Errno::EINVAL)?;
    let port = port::parse(port)?;
    let host = without_brackets(host);
    let (host, zone) = match split_at_last(host, b'%') {
        Some((host, zone)) => (host, Some(zone_index(zone)?)),
        None => (host, None),
    };
    let mut addresses = host_addresses(host, ipv6, role)?;
    for address in &mut addresses {
        address.set_port(port);
        if let (SocketAddr::V6(v6), Some(zone)) = (address, zone) {
            v6.set_scope_id(zone);
        }
    }
    Ok(addresses)
}

fn without_brackets(host: &[u8]) -> &[u8] {
    host.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]")).unwrap_or(host)
}

/// A zone is the name or the number of an interface.
fn zone_index(zone: &[u8]) -> Result<u32> {
    match resolve::interface_index(zone)?.unwrap_or(port::leading_number(zone) as u32) {
        0 => Err(Errno::EINVAL),
        index => Ok(index),
    }
}

fn host_addresses(host: &[u8], ipv6: bool, role: Role) -> Result<Vec<SocketAddr>> {
    if host == b"*" {
        return if role == Role::Local { Ok(vec![any_address(ipv6)]) } else { Err(Errno::EINVAL) };
    }
    let mut unknown = Errno::ENODEV;
    if role == Role::Local {
        match interfaces::first_address(host, ipv6) {
            Ok(address) => return Ok(vec![address]),
            // Without descriptors it cannot be known whether there is such an interface.
            Err(error) => unknown = error,
        }
    }
    let numeric = role != Role::Peer;
    let found = resolve::lookup(host, 0, Query { ipv6, numeric });
    if numeric { found.map_err(|error| error.or_unless_short(unknown)) } else { found }
}

fn any_address(ipv6: bool) -> SocketAddr {
    if ipv6 {
        SocketAddr::from((Ipv6Addr::UNSPECIFIED, 0))
    } else {
        SocketAddr::from((Ipv4Addr::UNSPECIFIED, 0))
    }
}

#[cfg(test)]
mod tests;
