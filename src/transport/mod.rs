//! Stream transports: listening sockets, connecting sockets, and the texts that name their ends.
//! Groups that are spoken to as a whole are in [`multicast`].
//!
//! One file a scheme; [`Listener`] and [`dial`] are where they are told apart. Nothing here blocks
//! and nothing is shared: a listener belongs to the thread that drives it. Failures carry the
//! system's own error number.
#![forbid(unsafe_code)]

mod ipc;
pub mod multicast;
#[cfg(feature = "norm")]
mod norm;
#[cfg(feature = "pgm")]
mod pgm;
mod tcp;
mod tipc;
mod vsock;
mod ws;

pub use crate::endpoint::scheme as table;

use std::net::SocketAddr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, IntoRawFd, OwnedFd, RawFd};

use socket2::{SockAddr, SockRef};

use crate::endpoint::{
    Endpoint, TcpConnectAddress, TipcText, VsockAddress, WsConnectAddress, tcp_text, tipc_text,
};
use crate::error::{Errno, Result};
use crate::options::SocketOptions;
use crate::sys::tipc::TipcAddress;
use crate::sys::{net, resolve};

/// A listening socket. Dropping it closes it.
#[derive(Debug)]
pub struct Listener {
    fd: OwnedFd,
    kind: Kind,
    local_endpoint: Vec<u8>,
    shown: Vec<u8>,
}

#[derive(Debug)]
enum Kind {
    Tcp,
    /// No check of peers, and no file to remove.
    Plain,
    /// An ipc listener, with the file to remove at the end if the library chose its name.
    Ipc(Option<ipc::TemporaryFile>),
    /// WebSockets of this path.
    Ws(Vec<u8>),
}

/// A connection that a listener accepted: non-blocking, tuned as the options say.
#[derive(Debug)]
pub struct Accepted {
    pub fd: OwnedFd,
    /// This end, for the monitor.
    pub local_endpoint: Vec<u8>,
    /// The message property `Peer-Address`.
    pub peer_address: Vec<u8>,
    /// The peer's end, for the monitor.
    pub remote_endpoint: Vec<u8>,
    /// Whether the peer has to ask for a WebSocket first.
    pub web: bool,
}

/// The reason why there is no accepted connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AcceptError {
    /// No peer is waiting.
    Nothing,
    /// A peer was waiting, and an address or credential filter turned it away. More may wait.
    Filtered,
    /// The system's refusal. After `EMFILE`, `ENFILE`, `ENOBUFS` and `ENOMEM` the connection is
    /// still waiting and the descriptor still readable: wait a little before the next attempt.
    Failed(Errno),
}

impl From<Errno> for AcceptError {
    fn from(error: Errno) -> Self {
        if error == Errno::EAGAIN { AcceptError::Nothing } else { AcceptError::Failed(error) }
    }
}

impl Listener {
    /// Opens, binds and listens; or takes over the listening descriptor of `ZMQ_USE_FD`, of which
    /// the listener becomes the owner only if this succeeds.
    ///
    /// * `EPROTONOSUPPORT`: not a transport with a listener
    /// * `EINVAL`, `ENODEV`, `ENAMETOOLONG`: the address, see [`crate::endpoint`]
    /// * anything else: the system's error of the call that failed
    pub fn bind(endpoint: &Endpoint, options: &SocketOptions) -> Result<Listener> {
        let (fd, kind) = match endpoint {
            Endpoint::Tcp(address) => (tcp::listen(address, options)?, Kind::Tcp),
            Endpoint::Ipc(address) => {
                let (fd, file) = ipc::listen(address, options)?;
                (fd, Kind::Ipc(file))
            }
            Endpoint::Tipc(address) => {
                let (fd, shown) = tipc::listen(address, options)?;
                return Listener::named(fd, Kind::Plain, shown);
            }
            Endpoint::Vsock(address) => (vsock::listen(address, options)?, Kind::Plain),
            Endpoint::Ws(address) => {
                let (fd, path) = ws::listen(address, options)?;
                let shown = ws::endpoint_text(&SockRef::from(&fd).local_addr()?, &path)?;
                let local_endpoint = shown.clone();
                return Ok(Listener { fd, kind: Kind::Ws(path), local_endpoint, shown });
            }
            Endpoint::Inproc(_) | Endpoint::Multicast(..) => return Err(Errno::EPROTONOSUPPORT),
        };
        Listener::named(fd, kind, None)
    }

    fn named(fd: OwnedFd, kind: Kind, shown: Option<Vec<u8>>) -> Result<Listener> {
        let local_endpoint = local_endpoint(fd.as_fd())?;
        let shown = shown.unwrap_or_else(|| local_endpoint.clone());
        Ok(Listener { fd, kind, local_endpoint, shown })
    }

    /// The resolved text (`ZMQ_LAST_ENDPOINT`).
    pub fn local_endpoint(&self) -> &[u8] {
        &self.local_endpoint
    }

    /// The name that events show: the resolved text, or the published name of a TIPC service.
    pub fn shown(&self) -> &[u8] {
        &self.shown
    }

    /// The descriptor to poll for input.
    pub fn fd(&self) -> RawFd {
        self.fd.as_raw_fd()
    }

    /// Takes one waiting connection.
    pub fn accept(&self, options: &SocketOptions) -> core::result::Result<Accepted, AcceptError> {
        let fd = match &self.kind {
            Kind::Tcp => tcp::accept(self.fd.as_fd(), options)?,
            Kind::Ipc(_) => ipc::accept(self.fd.as_fd(), options)?,
            Kind::Plain => accept_stream(self.fd.as_fd())?.0,
            Kind::Ws(path) => return self.accept_web(path, options),
        };
        Ok(Accepted {
            local_endpoint: local_endpoint(fd.as_fd()).unwrap_or_else(|_| self.shown.clone()),
            peer_address: peer_address(fd.as_fd()),
            remote_endpoint: remote_endpoint(fd.as_fd()).unwrap_or_default(),
            web: false,
            fd,
        })
    }

    fn accept_web(
        &self,
        path: &[u8],
        options: &SocketOptions,
    ) -> core::result::Result<Accepted, AcceptError> {
        let fd = ws::accept(self.fd.as_fd(), options)?;
        let shown = |address: std::io::Result<SockAddr>, path: &[u8]| {
            address.ok().and_then(|address| ws::endpoint_text(&address, path).ok())
        };
        let socket = SockRef::from(&fd);
        Ok(Accepted {
            local_endpoint: shown(socket.local_addr(), path).unwrap_or_else(|| self.shown.clone()),
            peer_address: peer_address(fd.as_fd()),
            remote_endpoint: shown(socket.peer_addr(), b"").unwrap_or_default(),
            web: true,
            fd,
        })
    }

    /// Closes the socket, then removes the file if the library chose its name. The port or name is
    /// free on return. An error is that of the removal.
    pub fn close(self) -> Result<()> {
        drop(self.fd);
        match self.kind {
            Kind::Ipc(Some(file)) => file.remove(),
            Kind::Ipc(None) | Kind::Tcp | Kind::Plain | Kind::Ws(_) => Ok(()),
        }
    }
}

impl Listener {
    /// Ends a listener that its socket never had: a descriptor of `ZMQ_USE_FD` is the caller's
    /// again.
    pub fn undo(self, options: &SocketOptions) {
        if options.use_fd >= 0 {
            let _given_back = self.fd.into_raw_fd();
        } else {
            // An error in the removal of a file does not concern the bind.
            let _ = self.close();
        }
    }

    /// Closes the socket and leaves the file alone: it is the parent's, in the child of a fork.
    pub fn close_descriptor(self) {
        drop(self.fd);
        core::mem::forget(self.kind);
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Checks what `zmq_connect` can know of an endpoint before anything is tried. That is its form
/// only, except for ws, whose host is looked up, which may block.
///
/// * `EINVAL`: letters that no address has; for tipc and vsock, no address; for ws, an unknown host
/// * `ENAMETOOLONG`: an ipc name of 108 bytes or more
pub fn check_connect(endpoint: &Endpoint, options: &SocketOptions) -> Result<()> {
    match endpoint {
        Endpoint::Tcp(address) => TcpConnectAddress::parse(address, options.ipv6).map(drop),
        Endpoint::Ipc(address) => ipc::check(address),
        Endpoint::Tipc(address) => TipcText::parse_connected(address).map(drop),
        Endpoint::Vsock(address) => VsockAddress::parse_connected(address).map(drop),
        Endpoint::Ws(address) => ws::check(address, options),
        Endpoint::Inproc(_) | Endpoint::Multicast(..) => Ok(()),
    }
}

/// The state in which [`dial`] left the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// The connection stands. Ask [`finish`] in any case.
    Connected,
    /// The descriptor becomes writable when the result is known: then ask [`finish`].
    InProgress,
    /// The system's refusal; the descriptor is of no more use. `EAGAIN`: an ipc listener whose
    /// backlog is full.
    Failed(Errno),
}

/// Starts to connect, without blocking, from the source address if the text names one. `address` is
/// one that [`TcpConnectAddress::lookup`] found; without it (always for other transports) the text
/// must do.
///
/// * `EPROTONOSUPPORT`: not a transport that connects
/// * `EINVAL`: the text needs a lookup or can never be an address
/// * `ENODEV`: no such source address here
/// * anything else: the system's error of opening the socket
pub fn dial(
    endpoint: &Endpoint,
    address: Option<SocketAddr>,
    options: &SocketOptions,
) -> Result<(OwnedFd, Progress)> {
    let (fd, connected) = match endpoint {
        Endpoint::Tcp(text) => tcp::connect(text, address, options)?,
        Endpoint::Ipc(text) => ipc::connect(text)?,
        Endpoint::Tipc(text) => tipc::connect(text)?,
        Endpoint::Vsock(text) => vsock::connect(text)?,
        Endpoint::Ws(text) => {
            tcp::connect(&WsConnectAddress::parse(text)?.authority(), address, options)?
        }
        Endpoint::Inproc(_) | Endpoint::Multicast(..) => return Err(Errno::EPROTONOSUPPORT),
    };
    let progress = match connected {
        Ok(()) => Progress::Connected,
        Err(Errno::EINPROGRESS) => Progress::InProgress,
        Err(error) => Progress::Failed(error),
    };
    Ok((fd, progress))
}

/// Whether the connection that [`dial`] started stands. On error the descriptor is of no more use.
/// The error is the peer's refusal, or `ECONNREFUSED` when the socket met itself. TCP does so when
/// no process listens on a local port that the system then chooses as the source.
pub fn finish(fd: BorrowedFd<'_>) -> Result<()> {
    let socket = SockRef::from(&fd);
    if let Some(error) = socket.take_error()? {
        return Err(error.into());
    }
    let (local, peer) = (socket.local_addr()?, socket.peer_addr()?);
    match (local.as_socket(), peer.as_socket()) {
        (Some(local), Some(peer)) if local == peer => Err(Errno::ECONNREFUSED),
        _ => Ok(()),
    }
}

/// The message property `Peer-Address`: the numeric address of a TCP peer without its port;
/// `localhost:uid:gid:pid` of an ipc peer. Empty for other transports, and when the peer is gone
/// already.
pub fn peer_address(fd: BorrowedFd<'_>) -> Vec<u8> {
    let Ok(peer) = SockRef::from(&fd).peer_addr() else { return Vec::new() };
    let text = match peer.as_socket() {
        Some(address) => resolve::numeric_host(&address),
        None if peer.is_unix() => ipc::peer_text(fd),
        None => return Vec::new(),
    };
    text.map(String::into_bytes).unwrap_or_default()
}

/// The text of this end of the connection.
pub fn local_endpoint(fd: BorrowedFd<'_>) -> Result<Vec<u8>> {
    endpoint_text(&SockRef::from(&fd).local_addr()?)
}

/// The text of the other end of the connection.
pub fn remote_endpoint(fd: BorrowedFd<'_>) -> Result<Vec<u8>> {
    endpoint_text(&SockRef::from(&fd).peer_addr()?)
}

fn endpoint_text(address: &SockAddr) -> Result<Vec<u8>> {
    if let Some(address) = address.as_socket() {
        return tcp_text(&address);
    }
    if let Some((cid, port)) = address.as_vsock_address() {
        return Ok(VsockAddress { cid, port }.endpoint_text());
    }
    match TipcAddress::from_system(address) {
        Some(address) => Ok(tipc_text(address)),
        None => ipc::endpoint_text(address),
    }
}

/// Takes over the descriptor of `ZMQ_USE_FD`, if it is a socket with a name that listens; else it
/// stays the caller's. `EINVAL` when it does not listen, as accepting says.
fn adopt(number: RawFd) -> Result<OwnedFd> {
    let fd = net::own_socket(number)?;
    let usable = |socket: SockRef<'_>| -> Result<()> {
        local_endpoint(fd.as_fd())?;
        if !socket.is_listener()? {
            return Err(Errno::EINVAL);
        }
        Ok(socket.set_nonblocking(true)?)
    };
    match usable(SockRef::from(&fd)) {
        Ok(()) => Ok(fd),
        Err(error) => {
            let _given_back = fd.into_raw_fd();
            Err(error)
        }
    }
}

/// Accepts one connection, closed on exec and non-blocking.
fn accept_stream(fd: BorrowedFd<'_>) -> Result<(OwnedFd, SockAddr)> {
    let flags = libc::SOCK_CLOEXEC | libc::SOCK_NONBLOCK;
    loop {
        match SockRef::from(&fd).accept4(flags).map_err(Errno::from) {
            Ok((socket, peer)) => return Ok((OwnedFd::from(socket), peer)),
            Err(Errno::EINTR) => {}
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests;
