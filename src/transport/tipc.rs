//! Sockets of the cluster protocol TIPC (`AF_TIPC`), where the kernel has it; `EAFNOSUPPORT` where
//! it has not.
//!
//! A bound service has two names: the text that publishes it, which events show, and the socket
//! address that the system gave, which is `ZMQ_LAST_ENDPOINT`.
#![forbid(unsafe_code)]

use std::os::fd::OwnedFd;

use socket2::{Socket, Type};

use crate::endpoint::{TipcText, tipc_text};
use crate::error::{Errno, Result};
use crate::options::SocketOptions;
use crate::sys::tipc;

/// A listening socket, and the text that events show if it is not the socket's own.
pub(super) fn listen(
    address: &[u8],
    options: &SocketOptions,
) -> Result<(OwnedFd, Option<Vec<u8>>)> {
    let text = TipcText::parse_bound(address)?;
    let socket = open()?;
    let shown = match text {
        TipcText::AnySocket => None,
        TipcText::Address(address) => {
            socket.bind(&address.to_system())?;
            Some(tipc_text(address))
        }
    };
    socket.listen(options.listen_backlog())?;
    Ok((socket.into(), shown))
}

/// Starts to connect; the inner result is that of the system's `connect`.
pub(super) fn connect(address: &[u8]) -> Result<(OwnedFd, Result<()>)> {
    let address = TipcText::parse_connected(address)?;
    let socket = open()?;
    let connected = socket.connect(&address.to_system()).map_err(Errno::from);
    Ok((socket.into(), connected))
}

fn open() -> Result<Socket> {
    Ok(Socket::new_raw(tipc::family(), Type::STREAM.nonblocking().cloexec(), None)?)
}
