//! TCP sockets: opened, tuned, filtered. Each carries one ZMTP stream (RFC 23).
#![forbid(unsafe_code)]

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::time::Duration;

use socket2::{Domain, Protocol, SockRef, Socket, TcpKeepalive, Type};

use crate::endpoint::{TcpBindAddress, TcpConnectAddress};
use crate::error::{Errno, Result};
use crate::options::SocketOptions;
use crate::transport::{AcceptError, accept_stream, adopt};

/// A listening socket. The address is ignored when `ZMQ_USE_FD` gives one.
pub(super) fn listen(address: &[u8], options: &SocketOptions) -> Result<OwnedFd> {
    if options.use_fd >= 0 {
        return adopt(options.use_fd);
    }
    listen_at(|ipv6| TcpBindAddress::resolve(address, ipv6), options)
}

/// A listening socket at the first of the addresses that works.
pub(super) fn listen_at(
    resolve: impl Fn(bool) -> Result<Vec<SocketAddr>>,
    options: &SocketOptions,
) -> Result<OwnedFd> {
    match listen_on(resolve(options.ipv6)?, options) {
        // A kernel without IPv6: the dual stack is then just the other half.
        Err(Errno::EAFNOSUPPORT) if options.ipv6 => listen_on(resolve(false)?, options),
        result => result,
    }
}

fn listen_on(addresses: Vec<SocketAddr>, options: &SocketOptions) -> Result<OwnedFd> {
    let mut last = Errno::ENODEV;
    for address in addresses {
        match try_listen(address, options) {
            Ok(fd) => return Ok(fd),
            Err(error) => last = error,
        }
    }
    Err(last)
}

fn try_listen(address: SocketAddr, options: &SocketOptions) -> Result<OwnedFd> {
    let socket = open(address, options)?;
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(options.listen_backlog())?;
    Ok(socket.into())
}

/// Takes one connection that passes the accept filters.
pub(super) fn accept(
    listener: BorrowedFd<'_>,
    options: &SocketOptions,
) -> core::result::Result<OwnedFd, AcceptError> {
    let (fd, peer) = accept_stream(listener)?;
    let peer = peer.as_socket().map(|address| address.ip());
    let filters = &options.accept_filters;
    let passes = |peer: IpAddr| filters.iter().any(|filter| filter.matches(peer));
    if !filters.is_empty() && !peer.is_some_and(passes) {
        return Err(AcceptError::Filtered);
    }
    tune(&SockRef::from(&fd), options);
    Ok(fd)
}

/// Starts to connect; the inner result is that of the system's `bind` and `connect`.
pub(super) fn connect(
    text: &[u8],
    address: Option<SocketAddr>,
    options: &SocketOptions,
) -> Result<(OwnedFd, Result<()>)> {
    let parsed = TcpConnectAddress::unchecked(text, options.ipv6);
    let address = match address {
        Some(address) => address,
        None if parsed.needs_lookup() => return Err(Errno::EINVAL),
        None => parsed.lookup()?.into_iter().next().ok_or(Errno::EINVAL)?,
    };
    let source = parsed.source()?;
    let (socket, address, source) = match open(address, options) {
        Ok(socket) => (socket, address, source),
        // A kernel without IPv6: mapped addresses still mean something.
        Err(Errno::EAFNOSUPPORT) if options.ipv6 => {
            let address = unmapped(address);
            (open(address, options)?, address, source.map(unmapped))
        }
        Err(error) => return Err(error),
    };
    tune(&SockRef::from(&socket), options);
    let connected = connect_from(&socket, source, address);
    Ok((socket.into(), connected))
}

fn connect_from(socket: &Socket, source: Option<SocketAddr>, address: SocketAddr) -> Result<()> {
    if let Some(source) = source {
        socket.set_reuse_address(true)?;
        socket.bind(&source.into())?;
    }
    Ok(socket.connect(&address.into())?)
}

/// The IPv4 address that is mapped into this IPv6 one, or the address as it is.
fn unmapped(address: SocketAddr) -> SocketAddr {
    SocketAddr::new(address.ip().to_canonical(), address.port())
}

/// A non-blocking socket of the address's family with the options that must be set before it is
/// bound.
fn open(address: SocketAddr, options: &SocketOptions) -> Result<Socket> {
    let kind = Type::STREAM.nonblocking().cloexec();
    let socket = Socket::new_raw(Domain::for_address(address), kind, Some(Protocol::TCP))?;
    if address.is_ipv6() {
        socket.set_only_v6(false)?;
    }
    if !options.bind_to_device.is_empty() {
        socket.bind_device(Some(&options.bind_to_device))?;
    }
    // Before the handshake: they decide the window scale. Accepted sockets inherit them.
    if let Ok(size) = usize::try_from(options.sndbuf) {
        best_effort(socket.set_send_buffer_size(size));
    }
    if let Ok(size) = usize::try_from(options.rcvbuf) {
        best_effort(socket.set_recv_buffer_size(size));
    }
    mark_packets(&SockRef::from(&socket), options);
    Ok(socket)
}

/// Sets the options of each connection, made or accepted.
pub(super) fn tune(socket: &SockRef<'_>, options: &SocketOptions) {
    best_effort(socket.set_tcp_nodelay(true));
    if options.tcp_keepalive >= 0 {
        set_keepalive(socket, options);
    }
    if let Some(limit) = positive(options.tcp_maxrt) {
        best_effort(socket.set_tcp_user_timeout(Some(Duration::from_millis(limit.into()))));
    }
    if let Some(time) = positive(options.busy_poll) {
        best_effort(socket.set_busy_poll(time));
    }
    mark_packets(socket, options);
}

fn set_keepalive(socket: &SockRef<'_>, options: &SocketOptions) {
    if options.tcp_keepalive == 0 {
        return best_effort(socket.set_keepalive(false));
    }
    let mut keepalive = TcpKeepalive::new();
    if let Some(seconds) = positive(options.tcp_keepalive_idle) {
        keepalive = keepalive.with_time(Duration::from_secs(seconds.into()));
    }
    if let Some(seconds) = positive(options.tcp_keepalive_intvl) {
        keepalive = keepalive.with_interval(Duration::from_secs(seconds.into()));
    }
    if let Some(count) = positive(options.tcp_keepalive_cnt) {
        keepalive = keepalive.with_retries(count);
    }
    best_effort(socket.set_tcp_keepalive(&keepalive));
}

/// Type of service (both families: a dual-stack socket speaks both) and queueing priority.
fn mark_packets(socket: &SockRef<'_>, options: &SocketOptions) {
    if let Some(tos) = positive(options.tos) {
        best_effort(socket.set_tos_v4(tos));
        best_effort(socket.set_tclass_v6(tos));
    }
    if let Some(priority) = positive(options.priority) {
        best_effort(socket.set_priority(priority));
    }
}

fn positive(value: i32) -> Option<u32> {
    u32::try_from(value).ok().filter(|value| *value > 0)
}

/// Ignores a request that the system may refuse (a privilege, a range, another family): the
/// connection is worth more than the request.
fn best_effort(_: io::Result<()>) {}

#[cfg(test)]
mod tests {
    use crate::options::AcceptFilter;

    fn passes(network: &str, prefix_bits: u8, peer: &str) -> bool {
        let filter = AcceptFilter { network: network.parse().unwrap(), prefix_bits };
        filter.matches(peer.parse().unwrap())
    }

    #[test]
    fn filters_compare_prefixes() {
        assert!(passes("127.0.0.1", 32, "127.0.0.1"));
        assert!(!passes("127.0.0.1", 32, "127.0.0.2"));
        assert!(passes("127.0.0.1", 24, "127.0.0.200"));
        assert!(!passes("127.0.0.1", 24, "127.0.1.1"));
        assert!(passes("0.0.0.0", 0, "200.1.1.1"));
        assert!(passes("10.128.0.0", 9, "10.200.0.1"));
        assert!(!passes("10.128.0.0", 9, "10.100.0.1"));
        assert!(passes("::1", 128, "::1"));
        assert!(passes("fe80::", 10, "fe80::1"));
        assert!(!passes("127.0.0.1", 0, "::1"));
        assert!(passes("::ffff:127.0.0.1", 120, "::ffff:127.0.0.9"));
    }
}
