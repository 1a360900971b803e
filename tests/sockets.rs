//! Sockets through the object layer: a message goes over each transport and comes back.
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use zmq::context::Context;
use zmq::error::{Errno, Result};
use zmq::monitor::{EndpointPair, Sink, event};
use zmq::options::SocketType;
use zmq::queue::{Body, Incoming};
use zmq::socket::{Core, Slot};
use zmq::sys::parker::block_on;

const RCVTIMEO: i32 = 27;
const LAST_ENDPOINT: i32 = 32;

fn send(slot: &Slot, body: Body<'_>, flags: i32) -> Result<()> {
    block_on(async |parker| zmq::socket::send(parker, slot, body, flags).await)
}

fn receive<R>(slot: &Slot, flags: i32, take: impl FnMut(Incoming<'_>) -> R) -> Result<R> {
    block_on(async |parker| zmq::socket::receive(parker, slot, flags, take).await)
}

fn socket(context: &Arc<Context>, socket_type: SocketType) -> &'static Slot {
    let slot = Slot::open(Core::new(context, socket_type).expect("socket"));
    let timeout = 5000i32.to_ne_bytes();
    slot.with(|core| core.set_option(RCVTIMEO, Some(&timeout))).expect("option");
    slot
}

fn bind(slot: &Slot, endpoint: &str) -> Vec<u8> {
    slot.with(|core| core.bind(endpoint.as_bytes())).expect("bind");
    let mut out = [0; 256];
    let len = slot.with(|core| core.get_option(LAST_ENDPOINT, &mut out)).expect("endpoint");
    out[..len - 1].to_vec()
}

fn put(slot: &Slot, bytes: &[u8]) {
    send(slot, Body::Copy(bytes), 0).expect("send");
}

fn get(slot: &Slot) -> Result<Vec<u8>> {
    receive(slot, 0, |frame| frame.data().to_vec())
}

fn close(slot: &'static Slot) {
    slot.take().expect("open").close();
}

fn echo(endpoint: &str) {
    let context = Arc::new(Context::default());
    let server = socket(&context, SocketType::Rep);
    let client = socket(&context, SocketType::Req);
    let endpoint = bind(server, endpoint);
    client.with(|core| core.connect(&endpoint)).expect("connect");
    for size in [0, 1, 40, 41, 255, 256, 5000, 70_000, 1_000_000] {
        let body = vec![size as u8; size];
        put(client, &body);
        assert_eq!(get(server), Ok(body.clone()));
        put(server, &body);
        assert_eq!(get(client), Ok(body));
    }
    close(client);
    close(server);
    block_on(async |parker| context.terminate(parker).await).expect("end");
}

#[test]
fn inproc() {
    echo("inproc://echo");
}

#[test]
fn tcp() {
    echo("tcp://127.0.0.1:*");
}

#[test]
fn ipc() {
    echo("ipc://*");
}

#[test]
fn ws() {
    echo("ws://127.0.0.1:*/echo");
}

#[test]
fn a_stream_of_messages_arrives_in_order() {
    let context = Arc::new(Context::default());
    let pull = socket(&context, SocketType::Pull);
    let push = socket(&context, SocketType::Push);
    let endpoint = bind(pull, "tcp://127.0.0.1:*");
    push.with(|core| core.connect(&endpoint)).expect("connect");
    let sender = std::thread::spawn(move || {
        for n in 0..200_000u32 {
            put(push, &n.to_be_bytes());
        }
        close(push);
    });
    for n in 0..200_000u32 {
        assert_eq!(get(pull), Ok(n.to_be_bytes().to_vec()));
    }
    sender.join().expect("sender");
    close(pull);
    block_on(async |parker| context.terminate(parker).await).expect("end");
}

#[test]
fn who_looks_in_vain_sends_what_it_left_in_another_socket() {
    const FD: i32 = 14;
    const DONTWAIT: i32 = 1;
    const ROUNDS: usize = 200;
    let context = Arc::new(Context::default());
    let (push, pull) = (socket(&context, SocketType::Push), socket(&context, SocketType::Pull));
    let endpoint = bind(pull, "ipc://*");
    push.with(|core| core.connect(&endpoint)).expect("connect");
    put(push, b"up");
    assert_eq!(get(pull), Ok(b"up".to_vec()));
    // A program that polls the descriptor is answered by the kernel each time.
    pull.with(|core| core.get_option(FD, &mut [0; 4])).expect("descriptor");
    let stream = |_: &usize| {
        (0..10).for_each(|n| put(push, &[n]));
        let at_once = (0..10).filter(|_| receive(pull, DONTWAIT, |_| ()).is_ok()).count();
        (at_once..10).for_each(|_| drop(get(pull).expect("message")));
        at_once == 10
    };
    // The background may be at it in this moment.
    let complete = (0..ROUNDS).filter(stream).count();
    assert!(complete > ROUNDS / 2, "{complete}");
    close(push);
    close(pull);
}

#[test]
fn a_publisher_reaches_its_subscribers() {
    let context = Arc::new(Context::default());
    let publisher = socket(&context, SocketType::Xpub);
    let endpoint = bind(publisher, "tcp://127.0.0.1:*");
    let subscribers: Vec<&Slot> = (0..3)
        .map(|_| {
            let subscriber = socket(&context, SocketType::Sub);
            subscriber.with(|core| core.set_option(6, Some(b"a"))).expect("subscribe");
            subscriber.with(|core| core.connect(&endpoint)).expect("connect");
            subscriber
        })
        .collect();
    publisher.with(|core| core.set_option(40, Some(&1i32.to_ne_bytes()))).expect("verbose");
    for _ in 0..3 {
        assert_eq!(get(publisher), Ok(b"\x01a".to_vec()));
    }
    put(publisher, b"b not for anyone");
    put(publisher, b"a message");
    for subscriber in subscribers {
        assert_eq!(get(subscriber), Ok(b"a message".to_vec()));
        close(subscriber);
    }
    close(publisher);
    assert_eq!(block_on(async |parker| context.terminate(parker).await), Ok(()));
    assert!(matches!(Core::new(&context, SocketType::Pair), Err(Errno::ETERM)));
}

/// Panics at the second of the events that it gets.
#[derive(Default)]
struct Clumsy(AtomicUsize);

impl Sink for Clumsy {
    fn emit(&self, _event: u64, _value: u64, _endpoints: &EndpointPair) {
        assert_ne!(self.0.fetch_add(1, Ordering::SeqCst), 1, "a panic on purpose");
    }
}

#[test]
fn a_panic_costs_one_connection() {
    let context = Arc::new(Context::default());
    let publisher = socket(&context, SocketType::Xpub);
    let clumsy = Arc::new(Clumsy::default());
    publisher
        .with(|core| {
            core.shared().monitor.start(event::HANDSHAKE_SUCCEEDED, clumsy.clone());
            core.set_option(40, Some(&1i32.to_ne_bytes()))
        })
        .expect("monitored and verbose");
    let endpoint = bind(publisher, "tcp://127.0.0.1:*");
    // The second is lost in its handshake, and comes back; the first does not notice.
    let subscribers = [1, 3].map(|events| {
        let subscriber = socket(&context, SocketType::Sub);
        subscriber.with(|core| core.set_option(6, Some(b"a"))).expect("subscribe");
        subscriber.with(|core| core.connect(&endpoint)).expect("connect");
        let reading = std::thread::spawn(move || (get(subscriber), close(subscriber)).0);
        assert_eq!(get(publisher), Ok(b"\x01a".to_vec()));
        assert_eq!(clumsy.0.load(Ordering::SeqCst), events);
        reading
    });
    put(publisher, b"a message");
    for reading in subscribers {
        assert_eq!(reading.join().expect("subscriber"), Ok(b"a message".to_vec()));
    }
    close(publisher);
    assert_eq!(block_on(async |parker| context.terminate(parker).await), Ok(()));
}
