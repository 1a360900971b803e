//! Listeners and dials on the loopback interface and in temporary directories.
//!
//! Each test that relies on a port after giving it back has its own loopback address. So no other
//! test is given that port meanwhile.
#![forbid(unsafe_code)]

use std::os::fd::IntoRawFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::Duration;

use super::*;
use crate::endpoint::TcpConnectAddress;
use crate::options::{AcceptFilter, SocketType};
use crate::sys::net::{recv, send};

fn options() -> SocketOptions {
    SocketOptions::new(SocketType::Pair)
}

fn endpoint(text: &[u8]) -> Endpoint {
    Endpoint::parse(text, SocketType::Pair).unwrap()
}

fn bind(text: &str, options: &SocketOptions) -> Listener {
    Listener::bind(&endpoint(text.as_bytes()), options).unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn wait(fd: RawFd, events: libc::c_short) {
    assert!(crate::sys::net::wait_one(fd, events, 10_000), "nothing happened in ten seconds");
}

fn accept(listener: &Listener, options: &SocketOptions) -> Result<Accepted> {
    wait(listener.fd(), libc::POLLIN);
    listener.accept(options).map_err(|error| match error {
        AcceptError::Failed(error) => error,
        AcceptError::Nothing => Errno::EAGAIN,
        AcceptError::Filtered => Errno::EACCES,
    })
}

fn connect(text: &[u8], options: &SocketOptions) -> Result<OwnedFd> {
    let (fd, progress) = dial(&endpoint(text), None, options)?;
    match progress {
        Progress::Failed(error) => return Err(error),
        Progress::InProgress => wait(fd.as_raw_fd(), libc::POLLOUT),
        Progress::Connected => {}
    }
    finish(fd.as_fd()).map(|()| fd)
}

fn round_trip(bound: &str, options: &SocketOptions) -> (Listener, OwnedFd, Accepted) {
    let listener = bind(bound, options);
    assert_eq!(listener.accept(options).err(), Some(AcceptError::Nothing));
    let client = connect(listener.local_endpoint(), options).unwrap();
    let server = accept(&listener, options).unwrap();
    assert_eq!(send(client.as_fd(), b"hello"), Ok(5));
    wait(server.fd.as_raw_fd(), libc::POLLIN);
    let mut buffer = [0; 8];
    assert_eq!(recv(server.fd.as_fd(), &mut buffer), Ok(5));
    assert_eq!(&buffer[..5], b"hello");
    (listener, client, server)
}

#[test]
fn tcp_round_trip() {
    let (listener, client, server) = round_trip("tcp://127.0.0.1:*", &options());
    assert!(listener.local_endpoint().starts_with(b"tcp://127.0.0.1:"));
    assert_eq!(server.peer_address, b"127.0.0.1");
    assert_eq!(server.remote_endpoint, local_endpoint(client.as_fd()).unwrap());
    assert_eq!(local_endpoint(server.fd.as_fd()).unwrap(), listener.local_endpoint());
    assert_eq!(remote_endpoint(client.as_fd()).unwrap(), listener.local_endpoint());
    assert_eq!(peer_address(client.as_fd()), b"127.0.0.1");
}

#[test]
fn wildcard_texts() {
    assert!(bind("tcp://*:*", &options()).local_endpoint().starts_with(b"tcp://0.0.0.0:"));
    let ipv6 = SocketOptions { ipv6: true, ..options() };
    if crate::sys::interfaces::first_address(b"lo", true).is_err() {
        return;
    }
    let listener = bind("tcp://*:*", &ipv6);
    let bound = text(listener.local_endpoint());
    let port = bound.strip_prefix("tcp://[::]:").unwrap();
    connect(format!("tcp://127.0.0.1:{port}").as_bytes(), &options()).unwrap();
    assert_eq!(accept(&listener, &ipv6).unwrap().peer_address, b"::ffff:127.0.0.1");
    connect(format!("tcp://[::1]:{port}").as_bytes(), &ipv6).unwrap();
    let accepted = accept(&listener, &ipv6).unwrap();
    assert_eq!(accepted.peer_address, b"::1");
    assert!(accepted.remote_endpoint.starts_with(b"tcp://[::1]:"));
}

#[test]
fn the_port_is_free_on_return() {
    let listener = bind("tcp://127.77.0.1:*", &options());
    let bound = text(listener.local_endpoint());
    let taken = Listener::bind(&endpoint(bound.as_bytes()), &options());
    assert_eq!(taken.err(), Some(Errno::EADDRINUSE));
    let client = connect(bound.as_bytes(), &options()).unwrap();
    let server = accept(&listener, &options()).unwrap();
    listener.close().unwrap();
    let again = bind(&bound, &options());
    assert_eq!(text(again.local_endpoint()), bound);
    drop((client, server));
}

#[test]
fn bind_errors_are_the_system_ones() {
    let errno = |text: &[u8]| Listener::bind(&endpoint(text), &options()).err();
    assert_eq!(errno(b"tcp://nope0:*"), Some(Errno::ENODEV));
    assert_eq!(errno(b"tcp://127.0.0.1"), Some(Errno::EINVAL));
    assert_eq!(errno(b"tcp://8.8.8.8:*"), Some(Errno::EADDRNOTAVAIL));
    assert_eq!(errno(b"ipc:///no-such/x"), Some(Errno::ENOENT));
    assert_eq!(errno(b"ipc:///proc"), Some(Errno::EADDRINUSE));
    assert_eq!(errno(b"ipc://@"), Some(Errno::EINVAL));
    assert_eq!(errno(b"inproc://x"), Some(Errno::EPROTONOSUPPORT));
}

#[test]
fn sockets_are_tuned() {
    let options = SocketOptions {
        tcp_keepalive: 1,
        tcp_keepalive_cnt: 5,
        tcp_keepalive_idle: 6,
        tcp_keepalive_intvl: 7,
        tcp_maxrt: 1234,
        tos: 0x28,
        priority: 3,
        sndbuf: 50_000,
        rcvbuf: 50_000,
        ..options()
    };
    let (_listener, client, server) = round_trip("tcp://127.0.0.1:*", &options);
    for fd in [client.as_fd(), server.fd.as_fd()] {
        let socket = SockRef::from(&fd);
        assert!(socket.tcp_nodelay().unwrap());
        assert!(socket.keepalive().unwrap());
        assert_eq!(socket.tcp_keepalive_retries().unwrap(), 5);
        assert_eq!(socket.tcp_keepalive_time().unwrap(), Duration::from_secs(6));
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), Duration::from_secs(7));
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(Duration::from_millis(1234)));
        assert_eq!(socket.tos_v4().unwrap(), 0x28);
        assert_eq!(socket.priority().unwrap(), 3);
        assert!(socket.send_buffer_size().unwrap() >= 50_000);
        assert!(socket.nonblocking().unwrap());
    }
}

#[test]
fn accept_filters() {
    let filter = |network: &str, prefix_bits| SocketOptions {
        accept_filters: vec![AcceptFilter { network: network.parse().unwrap(), prefix_bits }],
        ..options()
    };
    let listener = bind("tcp://127.0.0.1:*", &options());
    let mut clients = Vec::new();
    for (options, passes) in [
        (filter("127.0.0.1", 32), true),
        (filter("10.0.0.0", 8), false),
        (filter("127.0.0.1", 24), true),
    ] {
        clients.push(connect(listener.local_endpoint(), &options).unwrap());
        wait(listener.fd(), libc::POLLIN);
        match listener.accept(&options) {
            Ok(_) => assert!(passes),
            Err(error) => assert!(!passes && error == AcceptError::Filtered),
        }
    }
}

#[test]
fn a_source_address_is_used() {
    let listener = bind("tcp://127.0.0.1:*", &options());
    let port = text(listener.local_endpoint()).rsplit(':').next().unwrap().to_owned();
    for source in ["127.0.0.1:0", "127.0.0.2:*", "lo:0", "[*]:0"] {
        let _client =
            connect(format!("tcp://{source};127.0.0.1:{port}").as_bytes(), &options()).unwrap();
        let peer = accept(&listener, &options()).unwrap().peer_address;
        let expected = if source == "127.0.0.2:*" { "127.0.0.2" } else { "127.0.0.1" };
        assert_eq!(text(&peer), expected);
    }
    let bad = |text: &[u8]| dial(&endpoint(text), None, &options()).err();
    assert_eq!(bad(b"tcp://localhost:0;127.0.0.1:1"), Some(Errno::ENODEV));
    assert_eq!(bad(b"tcp://127.0.0.1;127.0.0.1:1"), Some(Errno::EINVAL));
    assert_eq!(bad(b"tcp://localhost:1"), Some(Errno::EINVAL));
}

#[test]
fn a_looked_up_address_is_dialled() {
    let listener = bind("tcp://127.0.0.1:*", &options());
    let port = text(listener.local_endpoint()).rsplit(':').next().unwrap().to_owned();
    let named = format!("localhost:{port}").into_bytes();
    let found = TcpConnectAddress::parse(&named, false).unwrap().lookup().unwrap();
    let (fd, _) = dial(&Endpoint::Tcp(named), found.first().copied(), &options()).unwrap();
    wait(fd.as_raw_fd(), libc::POLLOUT);
    assert_eq!(finish(fd.as_fd()), Ok(()));
    accept(&listener, &options()).unwrap();
}

#[test]
fn connect_texts_are_checked_before_anything_is_tried() {
    let check = |text: &[u8]| check_connect(&endpoint(text), &options());
    assert_eq!(check(b"tcp://nope.invalid:1"), Ok(()));
    assert_eq!(check(b"tcp://*:1"), Err(Errno::EINVAL));
    assert_eq!(check(b"ipc:///no-such/x"), Ok(()));
    assert_eq!(check(b"ipc://*"), Ok(()));
    assert_eq!(check(b"ipc://@"), Err(Errno::EINVAL));
    assert_eq!(check(&[&b"ipc://"[..], &[b'x'; 108]].concat()), Err(Errno::ENAMETOOLONG));
    assert_eq!(check(b"inproc://a"), Ok(()));
}

#[test]
fn a_refusal_is_told() {
    let listener = bind("tcp://127.77.0.2:*", &options());
    let bound = listener.local_endpoint().to_vec();
    listener.close().unwrap();
    assert_eq!(connect(&bound, &options()).err(), Some(Errno::ECONNREFUSED));
    assert_eq!(connect(b"ipc:///no-such/x", &options()).err(), Some(Errno::ENOENT));
}

#[test]
fn a_socket_that_met_itself_is_refused() {
    let listener = bind("tcp://127.77.0.3:*", &options());
    let port = text(listener.local_endpoint()).rsplit(':').next().unwrap().to_owned();
    listener.close().unwrap();
    let own = format!("tcp://127.77.0.3:{port};127.77.0.3:{port}");
    assert_eq!(connect(own.as_bytes(), &options()).err(), Some(Errno::ECONNREFUSED));
}

#[test]
fn abstract_round_trip() {
    let name = format!("ipc://@zincmq-test-{}", std::process::id());
    let (listener, client, server) = round_trip(&name, &options());
    assert_eq!(text(listener.local_endpoint()), name);
    assert_eq!(text(&remote_endpoint(client.as_fd()).unwrap()), name);
    assert_eq!(server.remote_endpoint, b"ipc://");
    let ids = text(&server.peer_address);
    assert!(ids.starts_with("localhost:") && ids.ends_with(&format!(":{}", std::process::id())));
    let taken = Listener::bind(&endpoint(name.as_bytes()), &options());
    assert_eq!(taken.err(), Some(Errno::EADDRINUSE));
    listener.close().unwrap();
    bind(&name, &options());
}

fn file_of(listener: &Listener) -> std::path::PathBuf {
    text(listener.local_endpoint()).strip_prefix("ipc://").unwrap().into()
}

#[test]
fn wildcard_files_go_with_their_listener() {
    let (listener, ..) = round_trip("ipc://*", &options());
    let file = file_of(&listener);
    assert!(file.exists());
    listener.close().unwrap();
    assert!(!file.parent().unwrap().exists());

    let dropped = bind("ipc://*", &options());
    let file = file_of(&dropped);
    drop(dropped);
    assert!(!file.parent().unwrap().exists());

    let disturbed = bind("ipc://*", &options());
    let directory = file_of(&disturbed).parent().unwrap().to_owned();
    std::fs::write(directory.join("other"), "").unwrap();
    assert_eq!(disturbed.close(), Err(Errno(libc::ENOTEMPTY)));
    std::fs::remove_dir_all(directory).unwrap();
}

fn scratch_directory() -> std::path::PathBuf {
    crate::sys::files::make_temporary_directory(&std::env::temp_dir()).unwrap()
}

#[test]
fn a_named_file_is_taken_over_and_left_behind() {
    let directory = scratch_directory();
    let name = format!("ipc://{}/s", directory.display());
    let first = bind(&name, &options());
    let second = bind(&name, &options());
    first.close().unwrap();
    let _client = connect(name.as_bytes(), &options()).unwrap();
    accept(&second, &options()).unwrap();
    let file = file_of(&second);
    second.close().unwrap();
    assert!(file.exists());
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn credential_filters() {
    let listener = bind("ipc://*", &options());
    let pid = std::process::id() as i32;
    for (filter, passes) in [(pid, true), (pid + 1, false)] {
        let options = SocketOptions { ipc_filter_pid: vec![filter], ..options() };
        let _client = connect(listener.local_endpoint(), &options).unwrap();
        match listener.accept(&options) {
            Ok(_) => assert!(passes),
            Err(error) => assert!(!passes && error == AcceptError::Filtered),
        }
    }
}

#[test]
fn a_given_descriptor_is_used() {
    let given = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = given.local_addr().unwrap();
    let with = SocketOptions { use_fd: given.into_raw_fd(), ..options() };
    let (listener, ..) = round_trip("tcp://no address:at all", &with);
    assert_eq!(text(listener.local_endpoint()), format!("tcp://{address}"));

    let directory = scratch_directory();
    let path = directory.join("given");
    let given = UnixListener::bind(&path).unwrap();
    let with = SocketOptions { use_fd: given.into_raw_fd(), ..options() };
    let (listener, ..) = round_trip("ipc://*", &with);
    assert_eq!(file_of(&listener), path);
    listener.close().unwrap();
    assert!(path.exists());
    std::fs::remove_dir_all(directory).unwrap();
}

#[test]
fn a_given_descriptor_that_cannot_accept_stays_the_callers() {
    let file = std::fs::File::open("/dev/null").unwrap();
    let with = SocketOptions { use_fd: file.as_raw_fd(), ..options() };
    let refused = Listener::bind(&endpoint(b"tcp://127.0.0.1:*"), &with);
    assert_eq!(refused.err(), Some(Errno::ENOTSOCK));
    assert!(file.metadata().is_ok());
    let deaf = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
    let with = SocketOptions { use_fd: deaf.as_raw_fd(), ..options() };
    let refused = Listener::bind(&endpoint(b"tcp://127.0.0.1:*"), &with);
    assert_eq!(refused.err(), Some(Errno::EINVAL));
    assert!(deaf.local_addr().is_ok());
    let none = SocketOptions { use_fd: i32::MAX, ..options() };
    let refused = Listener::bind(&endpoint(b"ipc://x"), &none);
    assert_eq!(refused.err(), Some(Errno::EBADF));
}

#[test]
fn a_foreign_family_has_no_text() {
    let (a, _b) = UnixStream::pair().unwrap();
    assert_eq!(local_endpoint(a.as_fd()).unwrap(), b"ipc://");
}
