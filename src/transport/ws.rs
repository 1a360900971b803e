//! WebSockets (RFC 45), carried by TCP sockets. The texts and a few options differ: the filters of
//! `ZMQ_TCP_ACCEPT_FILTER` and the proxy of `ZMQ_SOCKS_PROXY` are for `tcp` only.
#![forbid(unsafe_code)]

use std::os::fd::{BorrowedFd, OwnedFd};

use socket2::{SockAddr, SockRef};

use crate::endpoint::{TcpConnectAddress, WsBindAddress, WsConnectAddress, numeric_text};
use crate::error::{Errno, Result};
use crate::options::SocketOptions;
use crate::transport::{AcceptError, accept_stream, adopt, tcp};

/// A listening socket and its path. The address is ignored when `ZMQ_USE_FD` gives the socket, and
/// then there is no path either.
pub(super) fn listen(address: &[u8], options: &SocketOptions) -> Result<(OwnedFd, Vec<u8>)> {
    if options.use_fd >= 0 {
        return Ok((adopt(options.use_fd)?, Vec::new()));
    }
    let address = WsBindAddress::new(address);
    let fd = tcp::listen_at(|ipv6| address.resolve(ipv6), options)?;
    Ok((fd, address.path))
}

/// Takes one connection.
pub(super) fn accept(
    listener: BorrowedFd<'_>,
    options: &SocketOptions,
) -> core::result::Result<OwnedFd, AcceptError> {
    let (fd, _) = accept_stream(listener)?;
    tcp::tune(&SockRef::from(&fd), options);
    Ok(fd)
}

/// Checks the text of an endpoint to connect to, and looks its host up, which may block: `EINVAL`
/// when there is none.
pub(super) fn check(address: &[u8], options: &SocketOptions) -> Result<()> {
    let address = WsConnectAddress::parse(address)?;
    let found = TcpConnectAddress::parse(&address.authority(), options.ipv6)?.lookup();
    found.map(drop).map_err(|error| error.or_unless_short(Errno::EINVAL))
}

/// `ws://a.b.c.d:port/path` or `ws://[v6]:port/path`, numeric. A socket of `ZMQ_USE_FD` may be of
/// another family, and then shows so.
pub(super) fn endpoint_text(address: &SockAddr, path: &[u8]) -> Result<Vec<u8>> {
    match address.as_socket() {
        Some(address) => Ok([&numeric_text("ws", &address)?, path].concat()),
        None => super::endpoint_text(address),
    }
}
