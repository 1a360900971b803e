//! Sockets between virtual machines and their host (`AF_VSOCK`), where the kernel has them;
//! `EAFNOSUPPORT` where it has not.
#![forbid(unsafe_code)]

use std::os::fd::OwnedFd;

use socket2::{Domain, SockAddr, Socket, Type};

use crate::endpoint::VsockAddress;
use crate::error::{Errno, Result};
use crate::options::SocketOptions;

/// A listening socket.
pub(super) fn listen(address: &[u8], options: &SocketOptions) -> Result<OwnedFd> {
    let address = VsockAddress::parse(address)?;
    let socket = open()?;
    socket.bind(&SockAddr::vsock(address.cid, address.port))?;
    socket.listen(options.listen_backlog())?;
    Ok(socket.into())
}

/// Starts to connect; the inner result is that of the system's `connect`.
pub(super) fn connect(address: &[u8]) -> Result<(OwnedFd, Result<()>)> {
    let address = VsockAddress::parse_connected(address)?;
    let socket = open()?;
    let connected = socket.connect(&SockAddr::vsock(address.cid, address.port));
    Ok((socket.into(), connected.map_err(Errno::from)))
}

fn open() -> Result<Socket> {
    Ok(Socket::new_raw(Domain::VSOCK, Type::STREAM.nonblocking().cloexec(), None)?)
}
