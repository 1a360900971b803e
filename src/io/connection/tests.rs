//! Tests of a connection one of whose locks is held for another purpose meanwhile.

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

    fn unfinished(&self, _: u64) {}

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

/// A connection in a socket-shared state, its peer's stream, and the socket's ends of the pipe.
struct Fixture {
    owner: Arc<Interrupting>,
    shared: Arc<SocketShared>,
    connection: Arc<Connection>,
    peer: UnixStream,
    reader: Reader,
    _writer: Writer,
}

impl Fixture {
    fn new(shared: Arc<SocketShared>) -> Fixture {
        Fixture::with(shared, |_| ())
    }

    fn with(shared: Arc<SocketShared>, change: impl FnOnce(&mut Inbound)) -> Fixture {
        let (ours, peer) = UnixStream::pair().unwrap();
        let (_writer, peer_reader) = queue(0, false);
        let (peer_writer, reader) = queue(0, false);
        let owner = Arc::new(Interrupting::default());
        let connection =
            Connection::new(1, shared.clone(), owner.clone(), peer_reader, peer_writer);
        let connection = Arc::new(connection);
        let mut start = start(ours);
        change(&mut start.inbound);
        connection.install(start);
        Fixture { owner, shared, connection, peer, reader, _writer }
    }
}

#[test]
fn what_comes_while_the_handshake_hands_over_is_read() {
    let Fixture { owner, connection, peer, mut reader, _writer, .. } =
        Fixture::new(Arc::new(SocketShared::default()));
    let reading = connection.clone();
    let comes = move || {
        (&peer).write_all(&[0, 1, b'x']).unwrap();
        reading.resume();
    };
    assert!(owner.0.set(Box::new(comes)).is_ok());
    let mut ping = Vec::new();
    append(crate::msg::frame::COMMAND, &ping_body(1, b""), &mut ping);
    connection.feed(&ping);
    assert!(reader.ready());
}

#[test]
fn yielding_reads_the_input_of_one_connection_and_of_several() {
    let mut one = Fixture::new(Arc::new(SocketShared::default()));
    one.connection.register().unwrap();
    one.connection.set_key(PipeKey { id: 0, generation: 0 });
    let comes = |from: &mut Fixture| {
        assert!(!from.reader.ready() && !from.shared.yield_to_peer(None));
        from.peer.write_all(&[0, 1, b'x']).unwrap();
        assert!(from.shared.yield_to_peer(None));
        assert!(from.reader.ready() && from.reader.take().is_some());
        from.shared.take_commands(Vec::new());
    };
    comes(&mut one);
    let mut other = Fixture::new(one.shared.clone());
    other.connection.register().unwrap();
    other.connection.set_key(PipeKey { id: 0, generation: 0 });
    comes(&mut one);
    comes(&mut other);
    // One is left, in the first place or the second.
    one.connection.disconnect();
    comes(&mut other);
}

#[test]
fn credit_gives_the_connection_a_turn_in_the_next_call() {
    let mut one = Fixture::new(Arc::new(SocketShared::default()));
    one.connection.register().unwrap();
    one.peer.write_all(&[0, 1, b'x']).unwrap();
    ConnectionEnd(one.connection.clone()).writable();
    assert!(one.shared.is_pending() && one.shared.has_ready() && !one.reader.ready());
    one.shared.move_ready();
    assert!(!one.shared.has_ready() && one.reader.ready());
}

#[test]
fn nobody_waits_for_a_thread_that_moves_bytes() {
    let one = Fixture::new(Arc::new(SocketShared::default()));
    let (connection, shared) = (one.connection.clone(), one.shared.clone());
    connection.register().unwrap();
    let inside = connection.clone();
    // The thread that reads stops in the middle; the I/O thread ends the connection meanwhile.
    let stops = move || {
        std::thread::scope(|scope| {
            let ended = scope.spawn(|| {
                shared.poll_in_background();
                inside.disconnect();
                inside.finish();
                inside.is_idle()
            });
            assert!(ended.join().unwrap());
        });
        assert!(inside.stream().is_none());
    };
    assert!(one.owner.0.set(Box::new(stops)).is_ok());
    let mut ping = Vec::new();
    append(crate::msg::frame::COMMAND, &ping_body(1, b""), &mut ping);
    connection.feed(&ping);
    // The changes left while the lock was held were made when it was unlocked.
    assert!(one.reader.at_end());
}

#[test]
fn subscriptions_wait_in_the_stream_until_they_are_looked_at() {
    const MANY: usize = 400_000;
    let Fixture { connection, mut peer, mut reader, _writer, .. } =
        Fixture::with(Arc::new(SocketShared::default()), |inbound| {
            inbound.takes_subscriptions = true
        });
    let mut bytes = Vec::new();
    for n in 0..MANY {
        append(crate::msg::frame::COMMAND, format!("\x09SUBSCRIBE{n}").as_bytes(), &mut bytes);
    }
    peer.set_nonblocking(true).unwrap();
    let (mut sent, mut read) = (0, 0);
    let mut send = || {
        // As far as the connection reads.
        loop {
            let written = peer.write(&bytes[sent..]).unwrap_or(0);
            sent += written;
            connection.resume();
            if written == 0 {
                return sent;
            }
        }
    };
    let first = send();
    assert!(first > 1 << 20 && first < 4 << 20, "{first} of {} bytes", bytes.len());
    while read < MANY {
        while reader.ready() {
            let frame = reader.take().unwrap();
            assert_eq!(frame.data(), format!("\x09SUBSCRIBE{read}").as_bytes());
            read += 1;
            if reader.take_credit_note() {
                connection.resume();
            }
        }
        send();
    }
    assert!(!reader.ready());
}
