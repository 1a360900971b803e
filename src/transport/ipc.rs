//! `AF_UNIX` stream sockets: files, abstract names (`@name`), and files in a temporary directory
//! (`*`).
//!
//! A bind removes a file that has its name, whichever process made it, and a close leaves the file
//! alone. So the late close of one listener cannot take away the file of the next. Only the file of
//! `*` goes with its listener: no other listener can have that name.
#![forbid(unsafe_code)]

use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use socket2::{Domain, SockAddr, Socket, Type};

use crate::error::{Errno, Result};
use crate::options::SocketOptions;
use crate::sys::net::{PeerCredentials, peer_credentials};
use crate::sys::{files, users};
use crate::transport::{AcceptError, accept_stream, adopt};

/// Size of `sun_path`, of which one byte is for the NUL at the end or of an abstract name.
const PATH_CAPACITY: usize = 108;

/// The socket file of a `*` bind and its directory. Removed when dropped.
#[derive(Debug)]
pub(super) struct TemporaryFile {
    /// Empty when removed.
    directory: PathBuf,
}

impl TemporaryFile {
    fn create() -> Result<TemporaryFile> {
        let parent = temporary_parent(|name| std::env::var_os(name));
        Ok(TemporaryFile { directory: files::make_temporary_directory(&parent)? })
    }

    fn path(&self) -> PathBuf {
        self.directory.join("socket")
    }

    /// Removes file and directory; the first error counts, a missing file does not.
    pub(super) fn remove(mut self) -> Result<()> {
        self.remove_now()
    }

    fn remove_now(&mut self) -> Result<()> {
        let file = fs::remove_file(self.path()).map_err(Errno::from);
        let directory = fs::remove_dir(&self.directory).map_err(Errno::from);
        self.directory = PathBuf::new();
        file.or_else(|error| if error == Errno::ENOENT { Ok(()) } else { Err(error) })?;
        directory
    }
}

impl Drop for TemporaryFile {
    fn drop(&mut self) {
        if !self.directory.as_os_str().is_empty() {
            // No caller is left to get the error.
            let _ = self.remove_now();
        }
    }
}

/// The first of the usual variables that names a directory, or else the current directory.
fn temporary_parent(variable: impl Fn(&str) -> Option<OsString>) -> PathBuf {
    ["TMPDIR", "TEMPDIR", "TMP"]
        .into_iter()
        .filter_map(variable)
        .map(PathBuf::from)
        .find(|path| path.is_dir())
        .unwrap_or_default()
}

/// A listening socket, with its file if the library chose the name. `ZMQ_USE_FD` gives the socket,
/// and then no file is touched.
pub(super) fn listen(
    address: &[u8],
    options: &SocketOptions,
) -> Result<(OwnedFd, Option<TemporaryFile>)> {
    if options.use_fd >= 0 {
        return Ok((adopt(options.use_fd)?, None));
    }
    if !address.starts_with(b"*") {
        return Ok((listen_at(address, options)?, None));
    }
    let file = TemporaryFile::create()?;
    let fd = listen_at(file.path().as_os_str().as_bytes(), options)?;
    Ok((fd, Some(file)))
}

fn listen_at(address: &[u8], options: &SocketOptions) -> Result<OwnedFd> {
    let name = socket_name(address)?;
    if !address.starts_with(b"@") {
        // Ignored: it matters only whether the bind succeeds.
        let _ = fs::remove_file(path_of(address));
    }
    let socket = open()?;
    socket.bind(&name)?;
    socket.listen(options.listen_backlog())?;
    Ok(socket.into())
}

/// Starts to connect; the inner result is that of the system's `connect`.
pub(super) fn connect(address: &[u8]) -> Result<(OwnedFd, Result<()>)> {
    let name = socket_name(address)?;
    let socket = open()?;
    let connected = socket.connect(&name).map_err(Errno::from);
    Ok((socket.into(), connected))
}

/// Checks the text of an endpoint to connect to: `EINVAL` for an abstract name without letters,
/// `ENAMETOOLONG` from 108 bytes on.
pub(super) fn check(address: &[u8]) -> Result<()> {
    socket_name(address).map(drop)
}

fn open() -> Result<Socket> {
    Ok(Socket::new_raw(Domain::UNIX, Type::STREAM.nonblocking().cloexec(), None)?)
}

fn socket_name(address: &[u8]) -> Result<SockAddr> {
    if address.len() >= PATH_CAPACITY {
        return Err(Errno::ENAMETOOLONG);
    }
    match address {
        [] | [b'@'] => Err(Errno::EINVAL),
        [b'@', name @ ..] => Ok(SockAddr::unix(path_of(&[b"\0", name].concat()))?),
        path => Ok(SockAddr::unix(path_of(path))?),
    }
}

fn path_of(bytes: &[u8]) -> &Path {
    Path::new(OsStr::from_bytes(bytes))
}

/// Takes one connection that passes the credential filters.
pub(super) fn accept(
    listener: BorrowedFd<'_>,
    options: &SocketOptions,
) -> core::result::Result<OwnedFd, AcceptError> {
    let (fd, _) = accept_stream(listener)?;
    if has_filters(options) && !passes(peer_credentials(fd.as_fd())?, options) {
        return Err(AcceptError::Filtered);
    }
    Ok(fd)
}

fn has_filters(options: &SocketOptions) -> bool {
    !(options.ipc_filter_uid.is_empty()
        && options.ipc_filter_gid.is_empty()
        && options.ipc_filter_pid.is_empty())
}

/// Whether the peer passes: any match of any list suffices. Groups count also if the peer's user is
/// a member of them.
fn passes(peer: PeerCredentials, options: &SocketOptions) -> bool {
    options.ipc_filter_uid.contains(&peer.uid)
        || options.ipc_filter_gid.contains(&peer.gid)
        || options.ipc_filter_pid.contains(&peer.pid)
        || (!options.ipc_filter_gid.is_empty()
            && users::groups_of(peer.uid, peer.gid)
                .iter()
                .any(|gid| options.ipc_filter_gid.contains(gid)))
}

/// `ipc://path` or `ipc://@name`; just `ipc://` for the end of a connecting socket.
pub(super) fn endpoint_text(address: &SockAddr) -> Result<Vec<u8>> {
    if !address.is_unix() {
        return Err(Errno::EAFNOSUPPORT);
    }
    let mut text = b"ipc://".to_vec();
    if let Some(path) = address.as_pathname() {
        text.extend_from_slice(path.as_os_str().as_bytes());
    } else if let Some(name) = address.as_abstract_namespace() {
        text.push(b'@');
        text.extend_from_slice(name);
    }
    Ok(text)
}

/// The text in an ipc peer's messages that says where they came from.
pub(super) fn peer_text(fd: BorrowedFd<'_>) -> Result<String> {
    let PeerCredentials { pid, uid, gid } = peer_credentials(fd)?;
    Ok(format!("localhost:{uid}:{gid}:{pid}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::SocketType;

    #[test]
    fn names_are_checked() {
        let of = |length: usize| [b"/".as_slice(), &vec![b'x'; length - 1]].concat();
        assert!(socket_name(&of(107)).is_ok());
        assert_eq!(socket_name(&of(108)).err(), Some(Errno::ENAMETOOLONG));
        let abstract_of = |length: usize| [b"@".as_slice(), &vec![b'x'; length - 1]].concat();
        assert!(socket_name(&abstract_of(107)).is_ok());
        assert_eq!(socket_name(&abstract_of(108)).err(), Some(Errno::ENAMETOOLONG));
        assert_eq!(socket_name(b"@").err(), Some(Errno::EINVAL));
        assert!(socket_name(b"*").is_ok());
        assert!(socket_name(b"@\xff").is_ok());
    }

    #[test]
    fn texts_come_back() {
        for text in [&b"/a/b"[..], b"rel", b"@name", b"@\xff"] {
            let endpoint = endpoint_text(&socket_name(text).unwrap()).unwrap();
            assert_eq!(endpoint, [b"ipc://", text].concat());
        }
    }

    #[test]
    fn the_temporary_parent_is_the_first_directory() {
        let with = |pairs: &[(&str, &str)]| {
            temporary_parent(|name| {
                pairs.iter().find(|pair| pair.0 == name).map(|pair| OsString::from(pair.1))
            })
        };
        assert_eq!(with(&[]), Path::new(""));
        assert_eq!(
            with(&[("TMPDIR", "/no-such"), ("TEMPDIR", "/"), ("TMP", "/dev")]),
            Path::new("/")
        );
        assert_eq!(with(&[("TMPDIR", "")]), Path::new(""));
    }

    #[test]
    fn any_filter_suffices() {
        let peer = PeerCredentials { pid: 7, uid: u32::MAX - 9, gid: 12345 };
        let mut options = SocketOptions::new(SocketType::Pair);
        options.ipc_filter_uid = vec![1];
        options.ipc_filter_gid = vec![2];
        assert!(!passes(peer, &options));
        options.ipc_filter_pid = vec![8, 7];
        assert!(passes(peer, &options));
        options.ipc_filter_pid.clear();
        options.ipc_filter_gid.push(12345);
        assert!(passes(peer, &options));
    }
}
