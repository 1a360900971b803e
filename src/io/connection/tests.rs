//! Tests of what happens to a connection while one of its locks is held for something else.

use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;

use super::*;
use crate::proto::zmtp::command::ping_body;
use crate::proto::zmtp::frame::append;
use crate::queue::queue;
use crate::sync::OnceLock;

/// An owner that does something when a PING comes, which is inside [`Connection::feed`].
#[derive(Default)]
struct Interrupting(OnceLock<Box<dyn Fn() + Send + Sync>>);

impl Owner for Interrupting {
    fn lost(&self, _: u64, _: u64, cause: Cause) {
        panic!("{cause:?}");
    }

    fn pinged(&self, _: u64) {
        if let Some(act) = self.0.get() {
            act();
        }
    }

    fn answered(&self, _: u64) {}

    fn streams(&self, _: u64, _: u64) {}

    fn paused(&self, _: u64) {}

    fn close(&self, _: Arc<Connection>, _: i32) {}
}

fn start(stream: UnixStream) -> Start {
    stream.set_nonblocking(true).unwrap();
    let inbound =
        Inbound { max_size: -1, takes_subscriptions: false, may_pause: false, req_filter: None };
    Start {
        stream: Arc::new(Fd::from(OwnedFd::from(stream))),
        framing: Framing::V3_1,
        inbound,
        metadata: None,
        sealing: None,
        web: None,
        unsent: Vec::new(),
    }
}

#[test]
fn what_comes_while_the_handshake_hands_over_is_read() {
    let (ours, peer) = UnixStream::pair().unwrap();
    let (_writer, far_reader) = queue(0, false);
    let (far_writer, mut reader) = queue(0, false);
    let owner = Arc::new(Interrupting::default());
    let port = Arc::new(Port::default());
    let connection = Connection::new(1, port, owner.clone(), far_reader, far_writer);
    let connection = Arc::new(connection);
    connection.install(start(ours));
    let end = ConnectionEnd(connection.clone());
    let comes = move || {
        (&peer).write_all(&[0, 1, b'x']).unwrap();
        end.writable();
    };
    assert!(owner.0.set(Box::new(comes)).is_ok());
    let mut ping = Vec::new();
    append(crate::msg::frame::COMMAND, &ping_body(1, b""), &mut ping);
    connection.feed(&ping);
    assert!(reader.ready());
}
