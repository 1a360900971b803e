//! OpenPGM, the system's library for PGM (RFC 3208), bare or in UDP datagrams: sockets that send to
//! a multicast group or receive from one.
//!
//! The library is loaded when a caller first asks for it. It is initialised while any [`Socket`] is
//! open, and not beyond. One thread at a time uses a socket, but different threads may; no call on
//! it blocks. Opening one may look names up, for as long as the system's resolver takes.

use core::ffi::{CStr, c_char, c_int, c_void};
use core::mem::{MaybeUninit, size_of};
use core::ptr::{self, NonNull};
use core::time::Duration;
use std::os::fd::RawFd;

use crate::error::{Errno, Result};
use crate::sync::{Mutex, OnceLock};
use crate::sys::loaded::{Loaded, functions};
use crate::sys::random;

const NAME: &CStr = c"libpgm-5.3.so.0";

// Constants of the library's headers.
const IPPROTO_PGM: c_int = 113;
const PGM_SEND_SOCK: c_int = 0x2000;
const PGM_RECV_SOCK: c_int = 0x2001;
const PGM_REPAIR_SOCK: c_int = 0x2002;
const PGM_PENDING_SOCK: c_int = 0x2003;
const PGM_TIME_REMAIN: c_int = 0x2005;
const PGM_RATE_REMAIN: c_int = 0x2006;
const PGM_MTU: c_int = 0x2008;
const PGM_MSS: c_int = 0x200a;
const PGM_MULTICAST_LOOP: c_int = 0x200c;
const PGM_MULTICAST_HOPS: c_int = 0x200d;
const PGM_TOS: c_int = 0x200e;
const PGM_AMBIENT_SPM: c_int = 0x200f;
const PGM_HEARTBEAT_SPM: c_int = 0x2010;
const PGM_TXW_SQNS: c_int = 0x2012;
const PGM_PEER_EXPIRY: c_int = 0x2015;
const PGM_SPMR_EXPIRY: c_int = 0x2016;
const PGM_RXW_SQNS: c_int = 0x2018;
const PGM_NAK_BO_IVL: c_int = 0x201b;
const PGM_NAK_RPT_IVL: c_int = 0x201c;
const PGM_NAK_RDATA_IVL: c_int = 0x201d;
const PGM_NAK_DATA_RETRIES: c_int = 0x201e;
const PGM_NAK_NCF_RETRIES: c_int = 0x201f;
const PGM_SEND_ONLY: c_int = 0x2023;
const PGM_RECV_ONLY: c_int = 0x2024;
const PGM_NOBLOCK: c_int = 0x2027;
const PGM_SEND_GROUP: c_int = 0x2028;
const PGM_JOIN_GROUP: c_int = 0x2029;
const PGM_UDP_ENCAP_UCAST_PORT: c_int = 0x2030;
const PGM_UDP_ENCAP_MCAST_PORT: c_int = 0x2031;
const PGM_ODATA_MAX_RTE: c_int = 0x2034;

const STATUS_NORMAL: c_int = 1;
const STATUS_RESET: c_int = 2;
const STATUS_WOULD_BLOCK: c_int = 5;
const STATUS_RATE_LIMITED: c_int = 6;
const STATUS_TIMER_PENDING: c_int = 7;

/// Times of the protocol, in microseconds, and counts: those that every program of ZeroMQ uses.
mod tuning {
    use core::ffi::c_int;

    const SECOND: c_int = 1_000_000;
    pub const AMBIENT: c_int = 30 * SECOND;
    /// The pauses, in microseconds, between the announcements after a datagram.
    pub const HEARTBEATS: [c_int; 9] = [
        SECOND / 10,
        SECOND / 10,
        SECOND / 10,
        SECOND / 10,
        13 * SECOND / 10,
        7 * SECOND,
        16 * SECOND,
        25 * SECOND,
        30 * SECOND,
    ];
    pub const PEER_EXPIRY: c_int = 300 * SECOND;
    pub const SPMR_EXPIRY: c_int = 25_000;
    pub const NAK_BACKOFF: c_int = 50_000;
    pub const NAK_REPEAT: c_int = 200_000;
    pub const NAK_DATA: c_int = 200_000;
    pub const RETRIES: c_int = 50;
    /// Expedited forwarding.
    pub const TOS: c_int = 0xb8;
}

/// How long a source may be silent before the library forgets it.
pub const PEER_EXPIRY: Duration = Duration::from_micros(tuning::PEER_EXPIRY as u64);

/// Datagrams that one call takes from the library.
const BATCH: usize = 8;

/// The parts that a datagram may have.
const FRAGMENTS: usize = 16;

#[repr(C)]
struct RawError {
    domain: c_int,
    code: c_int,
    message: *mut c_char,
}

/// The identity of a sender: a random number for the process, and one for the session.
#[repr(C)]
#[derive(Clone, Copy)]
struct Tsi {
    gsi: [u8; 6],
    sport: u16,
}

#[repr(C)]
struct Address {
    port: u16,
    tsi: Tsi,
}

#[repr(C)]
struct Interface {
    index: u32,
    scope_id: u32,
    address: libc::sockaddr_storage,
}

/// The library's group request, also a `struct group_req` of RFC 3678, which ends behind the group.
#[repr(C)]
struct Group {
    interface: u32,
    group: libc::sockaddr_storage,
    source: libc::sockaddr_storage,
    address: libc::sockaddr_storage,
}

/// Bytes of a [`Group`] that the options take.
const GROUP_REQ: usize = core::mem::offset_of!(Group, source);

#[repr(C)]
struct Addresses {
    family: u16,
    receive_count: u32,
    receive: *const Group,
    send_count: u32,
    send: *const Group,
}

/// A part of a datagram, as far as this file reads it.
#[repr(C)]
struct Part {
    link: [*mut c_void; 3],
    socket: *mut c_void,
    time: u64,
    tsi: Tsi,
    sequence: u32,
    padding: u32,
    control: [u64; 6],
    len: u16,
    flags: u32,
    headers: [*mut c_void; 4],
    head: *mut c_void,
    data: *const u8,
}

#[repr(C)]
#[derive(Clone, Copy)]
struct Datagram {
    count: u32,
    parts: [*mut Part; FRAGMENTS],
}

const EMPTY: Datagram = Datagram { count: 0, parts: [ptr::null_mut(); FRAGMENTS] };

type Raw = *mut c_void;
type ErrorOut = *mut *mut RawError;

functions! {
    pgm_init: fn(ErrorOut) -> bool;
    pgm_shutdown: fn() -> bool;
    pgm_error_free: fn(*mut RawError);
    pgm_getaddrinfo: fn(*const c_char, *const Addresses, *mut *mut Addresses, ErrorOut) -> bool;
    pgm_freeaddrinfo: fn(*mut Addresses);
    pgm_socket: fn(*mut Raw, libc::sa_family_t, c_int, c_int, ErrorOut) -> bool;
    pgm_setsockopt: fn(Raw, c_int, c_int, *const c_void, libc::socklen_t) -> bool;
    pgm_getsockopt: fn(Raw, c_int, c_int, *mut c_void, *mut libc::socklen_t) -> bool;
    pgm_bind3: fn(
        Raw,
        *const Address,
        libc::socklen_t,
        *const Interface,
        libc::socklen_t,
        *const Interface,
        libc::socklen_t,
        ErrorOut
    ) -> bool;
    pgm_connect: fn(Raw, ErrorOut) -> bool;
    pgm_close: fn(Raw, bool) -> bool;
    pgm_send: fn(Raw, *const c_void, usize, *mut usize) -> c_int;
    pgm_recvmsgv: fn(Raw, *mut Datagram, usize, c_int, *mut usize, ErrorOut) -> c_int;
    pgm_free: fn(*mut c_void);
}

fn library() -> Option<&'static Functions> {
    static LIBRARY: OnceLock<Option<Functions>> = OnceLock::new();
    LIBRARY.get_or_init(|| Functions::load(&Loaded::open(NAME)?)).as_ref()
}

/// Whether the system has the library.
pub fn is_present() -> bool {
    library().is_some()
}

/// Held while the library starts or ends: it counts its users, but not safely from two threads.
static ENGINE: Mutex<()> = Mutex::new(());

/// Keeps the library initialised as long as it lives.
struct Engine(&'static Functions);

impl Engine {
    fn start() -> Result<Engine> {
        let functions = library().ok_or(Errno::EPROTONOSUPPORT)?;
        let _alone = ENGINE.lock();
        // SAFETY: the lock keeps other threads of this library from starting or ending it now.
        attempt(functions, |error| unsafe { (functions.pgm_init)(error) })?;
        Ok(Engine(functions))
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let _alone = ENGINE.lock();
        // SAFETY: goes with the `pgm_init` of `start`; the socket that needed it is closed.
        unsafe { (self.0.pgm_shutdown)() };
    }
}

/// Makes a call that may leave an error, and returns that error's number; `EINVAL` for errors that
/// have none.
fn attempt(functions: &Functions, call: impl FnOnce(ErrorOut) -> bool) -> Result<()> {
    let mut error: *mut RawError = ptr::null_mut();
    if call(&mut error) {
        return Ok(());
    }
    let Some(error) = NonNull::new(error) else { return Err(Errno::EINVAL) };
    // SAFETY: the library made the error, and it is freed here, once.
    let code = unsafe {
        let code = error.as_ref().code;
        (functions.pgm_error_free)(error.as_ptr());
        code
    };
    Err(errno_of(code))
}

/// The number for a code of `enum` in `pgm/error.h`.
fn errno_of(code: c_int) -> Errno {
    match code {
        1 => Errno::EAFNOSUPPORT,
        13 => Errno::EMFILE,
        14 => Errno(libc::ENFILE),
        15 => Errno(libc::ENOBUFS),
        17 | 25 => Errno::ENODEV,
        19 => Errno::ENOMEM,
        26 => Errno(libc::EPERM),
        _ => Errno::EINVAL,
    }
}

/// Held during look-ups: only one thread may read the system's list of networks through the
/// library.
static LOOK_UP: Mutex<()> = Mutex::new(());

/// The groups that a text names.
struct Network {
    functions: &'static Functions,
    found: NonNull<Addresses>,
}

impl Network {
    fn find(functions: &'static Functions, text: &CStr) -> Result<Network> {
        let mut found: *mut Addresses = ptr::null_mut();
        let _alone = LOOK_UP.lock();
        // `EINVAL` for any failure: a name that does not exist is no address.
        attempt(functions, |error| {
            // SAFETY: the text is a C string; no hints; both places are writable.
            unsafe { (functions.pgm_getaddrinfo)(text.as_ptr(), ptr::null(), &mut found, error) }
        })
        .map_err(|_| Errno::EINVAL)?;
        NonNull::new(found).map(|found| Network { functions, found }).ok_or(Errno::EINVAL)
    }

    fn receive(&self) -> &[Group] {
        // SAFETY: the list lives as long as `self`.
        let found = unsafe { self.found.as_ref() };
        groups(found.receive, found.receive_count)
    }

    fn send(&self) -> &[Group] {
        // SAFETY: the list lives as long as `self`.
        let found = unsafe { self.found.as_ref() };
        groups(found.send, found.send_count)
    }
}

fn groups<'a>(first: *const Group, count: u32) -> &'a [Group] {
    if first.is_null() {
        return &[];
    }
    // SAFETY: the library has made as many as it says; they live as long as the list, to which both
    // callers bind them.
    unsafe { core::slice::from_raw_parts(first, count as usize) }
}

impl Drop for Network {
    fn drop(&mut self) {
        // SAFETY: the library made the list, and it is freed only here.
        unsafe { (self.functions.pgm_freeaddrinfo)(self.found.as_ptr()) };
    }
}

/// Checks a text before a socket is made: `EINVAL`; `EPROTONOSUPPORT` without the library.
pub fn check(network: &CStr) -> Result<()> {
    let engine = Engine::start()?;
    Network::find(engine.0, network).map(drop)
}

/// How a socket is to be opened. All sizes and counts are above zero.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub port: u16,
    /// Whether packets go in UDP datagrams; bare PGM needs `CAP_NET_RAW`.
    pub udp: bool,
    /// Whether the socket sends; else it receives.
    pub sends: bool,
    /// The largest packet in bytes, all headers included; not below [`LEAST_PACKET`].
    pub packet: u16,
    /// The most bytes a second; not below `packet`.
    pub rate: i32,
    /// Packets that can be repaired.
    pub window: i32,
    pub hops: i32,
    /// Sizes of the kernel's buffers in bytes, if not the system's.
    pub send_buffer: Option<i32>,
    pub receive_buffer: Option<i32>,
}

/// The headers of a packet take up to 72 bytes; the library does not check that any bytes are left.
pub const LEAST_PACKET: u16 = 128;

/// A socket of the library.
pub struct Socket {
    functions: &'static Functions,
    raw: NonNull<c_void>,
    sends: bool,
    capacity: usize,
    /// Dropped after the socket is closed.
    _engine: Engine,
}

// SAFETY: the library's sockets do not belong to a thread.
unsafe impl Send for Socket {}

/// The result of sending a datagram.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sent {
    Done,
    /// Send this datagram again when [`Socket::rate_wait`] has passed.
    Limited,
    /// Send this datagram again when the socket is writable.
    Blocked,
}

/// The result of an attempt to receive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Received {
    /// Something was received; there may be more.
    Some,
    /// Nothing for now. The library wants to be called when [`Socket::timer_wait`] has passed.
    Timed,
    /// Nothing for now. The library wants to be called when [`Socket::rate_wait`] has passed.
    Limited,
    /// Nothing for now.
    None,
    /// A failure that may pass.
    Failed,
}

/// News of one source.
#[derive(Debug)]
pub enum News<'a> {
    Data(&'a [u8]),
    /// Data that cannot be repaired was lost.
    Lost,
}

impl Socket {
    /// Opens a socket for the groups of `network`, which is `interface;group,...` as the library's
    /// manual says. It sends to the first group of `send`, or of `network` if there is none.
    /// `EPERM` without the right to bare PGM; `EINVAL`; the system's errors of opening sockets.
    pub fn open(network: &CStr, send: Option<&CStr>, settings: &Settings) -> Result<Socket> {
        let engine = Engine::start()?;
        let functions = engine.0;
        let network = Network::find(functions, network)?;
        let other = send.map(|text| Network::find(functions, text)).transpose()?;
        let first = network.receive().first().ok_or(Errno::EINVAL)?;
        let mut raw: Raw = ptr::null_mut();
        let protocol = if settings.udp { libc::IPPROTO_UDP } else { IPPROTO_PGM };
        attempt(functions, |error| {
            let family = first.group.ss_family;
            // SAFETY: both places are writable.
            unsafe {
                (functions.pgm_socket)(&mut raw, family, libc::SOCK_SEQPACKET, protocol, error)
            }
        })?;
        let raw = NonNull::new(raw).ok_or(Errno::EINVAL)?;
        let mut socket =
            Socket { functions, raw, sends: settings.sends, capacity: 0, _engine: engine };
        socket.configure(settings)?;
        socket.bind(settings.port, first)?;
        for group in network.receive() {
            socket.join(PGM_JOIN_GROUP, group)?;
        }
        let send = other.as_ref().unwrap_or(&network).send();
        socket.join(PGM_SEND_GROUP, send.first().ok_or(Errno::EINVAL)?)?;
        socket.set(PGM_MULTICAST_LOOP, 0)?;
        socket.set(PGM_MULTICAST_HOPS, settings.hops)?;
        // Some systems refuse a type of service; then the socket does without one.
        let _ = socket.set(PGM_TOS, tuning::TOS);
        socket.set(PGM_NOBLOCK, 1)?;
        // SAFETY: the socket is open.
        attempt(functions, |error| unsafe { (functions.pgm_connect)(raw.as_ptr(), error) })?;
        let capacity: c_int = socket.get(PGM_MSS).ok_or(Errno::EINVAL)?;
        socket.capacity = usize::try_from(capacity).map_err(|_| Errno::EINVAL)?;
        Ok(socket)
    }

    fn configure(&self, settings: &Settings) -> Result<()> {
        let buffers =
            [(libc::SO_RCVBUF, settings.receive_buffer), (libc::SO_SNDBUF, settings.send_buffer)];
        for (option, size) in buffers {
            if let Some(size) = size {
                self.set_at(libc::SOL_SOCKET, option, &size, size_of::<c_int>())?;
            }
        }
        if settings.udp {
            self.set(PGM_UDP_ENCAP_UCAST_PORT, settings.port.into())?;
            self.set(PGM_UDP_ENCAP_MCAST_PORT, settings.port.into())?;
        }
        self.set(PGM_MTU, settings.packet.into())?;
        if settings.sends {
            self.configure_sender(settings)
        } else {
            self.configure_receiver(settings)
        }
    }

    fn configure_sender(&self, settings: &Settings) -> Result<()> {
        self.set(PGM_SEND_ONLY, 1)?;
        self.set(PGM_ODATA_MAX_RTE, settings.rate)?;
        self.set(PGM_TXW_SQNS, settings.window)?;
        self.set(PGM_AMBIENT_SPM, tuning::AMBIENT)?;
        let pauses = tuning::HEARTBEATS;
        self.set_at(IPPROTO_PGM, PGM_HEARTBEAT_SPM, &pauses, size_of_val(&pauses))
    }

    fn configure_receiver(&self, settings: &Settings) -> Result<()> {
        for (option, value) in [
            (PGM_RECV_ONLY, 1),
            (PGM_RXW_SQNS, settings.window),
            (PGM_PEER_EXPIRY, tuning::PEER_EXPIRY),
            (PGM_SPMR_EXPIRY, tuning::SPMR_EXPIRY),
            (PGM_NAK_BO_IVL, tuning::NAK_BACKOFF),
            (PGM_NAK_RPT_IVL, tuning::NAK_REPEAT),
            (PGM_NAK_RDATA_IVL, tuning::NAK_DATA),
            (PGM_NAK_DATA_RETRIES, tuning::RETRIES),
            (PGM_NAK_NCF_RETRIES, tuning::RETRIES),
        ] {
            self.set(option, value)?;
        }
        Ok(())
    }

    fn bind(&self, port: u16, group: &Group) -> Result<()> {
        let mut gsi = [0; 6];
        random::fill(&mut gsi)?;
        // For a source port of 0 the library draws one.
        let address = Address { port, tsi: Tsi { gsi, sport: 0 } };
        // SAFETY: plain numbers, which may all be zero.
        let mut interface: Interface = unsafe { MaybeUninit::zeroed().assume_init() };
        interface.index = group.interface;
        let size = size_of::<Interface>() as libc::socklen_t;
        attempt(self.functions, |error| {
            // SAFETY: the socket is open, and the structures have the sizes that are told.
            unsafe {
                (self.functions.pgm_bind3)(
                    self.raw.as_ptr(),
                    &address,
                    size_of::<Address>() as libc::socklen_t,
                    &interface,
                    size,
                    &interface,
                    size,
                    error,
                )
            }
        })
    }

    fn join(&self, option: c_int, group: &Group) -> Result<()> {
        self.set_at(IPPROTO_PGM, option, group, GROUP_REQ)
    }

    fn set(&self, option: c_int, value: c_int) -> Result<()> {
        self.set_at(IPPROTO_PGM, option, &value, size_of::<c_int>())
    }

    /// Sets an option to the first `size` bytes of `value`. `EINVAL` for a value that the library
    /// refuses.
    fn set_at<T>(&self, level: c_int, option: c_int, value: &T, size: usize) -> Result<()> {
        let size = size.min(size_of::<T>()) as libc::socklen_t;
        // SAFETY: the socket is open; `value` has as many bytes.
        let set = unsafe {
            let value = ptr::from_ref(value).cast();
            (self.functions.pgm_setsockopt)(self.raw.as_ptr(), level, option, value, size)
        };
        if set { Ok(()) } else { Err(Errno::EINVAL) }
    }

    /// Reads an option that is a plain number or a time.
    fn get<T: Plain>(&self, option: c_int) -> Option<T> {
        let mut value = T::ZERO;
        let mut size = size_of::<T>() as libc::socklen_t;
        // SAFETY: the socket is open; `value` has `size` bytes, and any bytes are a value of its
        // type.
        let got = unsafe {
            let value = (&raw mut value).cast();
            (self.functions.pgm_getsockopt)(
                self.raw.as_ptr(),
                IPPROTO_PGM,
                option,
                value,
                &mut size,
            )
        };
        got.then_some(value)
    }

    fn wait(&self, option: c_int) -> Duration {
        let time: Option<libc::timeval> = self.get(option);
        let micros = time
            .map_or(0, |time| time.tv_sec.saturating_mul(1_000_000).saturating_add(time.tv_usec));
        Duration::from_micros(u64::try_from(micros).unwrap_or(0))
    }

    /// The most bytes that a datagram may have.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// The descriptors that are readable when it is time to [`receive`](Socket::receive). Senders
    /// wait for them too, since receiving answers listeners that miss something.
    pub fn inputs(&self) -> impl Iterator<Item = RawFd> + '_ {
        let third = if self.sends { Some(PGM_REPAIR_SOCK) } else { None };
        let options = [Some(PGM_RECV_SOCK), Some(PGM_PENDING_SOCK), third];
        options.into_iter().flatten().filter_map(|option| self.get(option)).filter(|fd| *fd >= 0)
    }

    /// The descriptor that becomes writable after [`Sent::Blocked`].
    pub fn output(&self) -> Option<RawFd> {
        self.get(PGM_SEND_SOCK).filter(|fd| *fd >= 0)
    }

    pub fn timer_wait(&self) -> Duration {
        self.wait(PGM_TIME_REMAIN)
    }

    pub fn rate_wait(&self) -> Duration {
        self.wait(PGM_RATE_REMAIN)
    }

    /// Sends a datagram of at most [`capacity`](Socket::capacity) bytes.
    pub fn send(&mut self, datagram: &[u8]) -> Sent {
        let bytes = datagram.get(..self.capacity).unwrap_or(datagram);
        let mut sent = 0;
        // SAFETY: the socket is open, and only this call uses it now; `bytes` outlives the call.
        let status = unsafe {
            let data = bytes.as_ptr().cast();
            (self.functions.pgm_send)(self.raw.as_ptr(), data, bytes.len(), &mut sent)
        };
        match status {
            STATUS_NORMAL => Sent::Done,
            STATUS_RATE_LIMITED => Sent::Limited,
            _ => Sent::Blocked,
        }
    }

    /// Takes the datagrams that have come, and does what is due. Calls `heard` with each source and
    /// its news.
    pub fn receive(&mut self, heard: &mut dyn FnMut(u64, News<'_>)) -> Received {
        let mut datagrams = [EMPTY; BATCH];
        let mut size = 0;
        let mut error: *mut RawError = ptr::null_mut();
        // SAFETY: the socket is open, and only this call uses it now; there are as many places as
        // told.
        let status = unsafe {
            (self.functions.pgm_recvmsgv)(
                self.raw.as_ptr(),
                datagrams.as_mut_ptr(),
                BATCH,
                libc::MSG_ERRQUEUE,
                &mut size,
                &mut error,
            )
        };
        if !error.is_null() {
            // SAFETY: the library made the error and has handed it over.
            unsafe { (self.functions.pgm_error_free)(error) };
        }
        match status {
            STATUS_NORMAL => {
                datagrams.iter().for_each(|datagram| hear(datagram, heard));
                Received::Some
            }
            STATUS_RESET => {
                self.hear_loss(&datagrams[0], heard);
                Received::Some
            }
            STATUS_RATE_LIMITED => Received::Limited,
            STATUS_TIMER_PENDING => Received::Timed,
            STATUS_WOULD_BLOCK => Received::None,
            _ => Received::Failed,
        }
    }

    /// Passes on a loss, which the library told of with a datagram that this call has to free.
    fn hear_loss(&self, datagram: &Datagram, heard: &mut dyn FnMut(u64, News<'_>)) {
        for part in datagram.parts.iter().take(datagram.count as usize) {
            let Some(part) = NonNull::new(*part) else { continue };
            // SAFETY: the library made the datagram and has handed it over.
            let source = unsafe {
                let source = part.as_ref().tsi.number();
                (self.functions.pgm_free)(part.as_ptr().cast());
                source
            };
            heard(source, News::Lost);
        }
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // SAFETY: the socket is open, and this is its last use. The library tells the listeners.
        unsafe { (self.functions.pgm_close)(self.raw.as_ptr(), true) };
    }
}

impl Tsi {
    fn number(self) -> u64 {
        let [a, b, c, d, e, f] = self.gsi;
        let [g, h] = self.sport.to_ne_bytes();
        u64::from_ne_bytes([a, b, c, d, e, f, g, h])
    }
}

/// Shows a datagram to `heard`. Joins the parts of one from a program that sends larger datagrams.
fn hear(datagram: &Datagram, heard: &mut dyn FnMut(u64, News<'_>)) {
    let mut source = None;
    let mut joined = Vec::new();
    let count = (datagram.count as usize).min(FRAGMENTS);
    for part in datagram.parts.iter().take(count) {
        // SAFETY: the library keeps the parts that it handed out until the next call on the socket.
        let Some(part) = (unsafe { part.as_ref() }) else { continue };
        if part.data.is_null() {
            continue;
        }
        // SAFETY: `data` and `len` are the part's content.
        let bytes = unsafe { core::slice::from_raw_parts(part.data, part.len.into()) };
        if count == 1 {
            return heard(part.tsi.number(), News::Data(bytes));
        }
        source = source.or(Some(part.tsi.number()));
        joined.extend_from_slice(bytes);
    }
    if let Some(source) = source {
        heard(source, News::Data(&joined));
    }
}

/// Types for which any bytes are a value.
trait Plain {
    const ZERO: Self;
}

impl Plain for c_int {
    const ZERO: c_int = 0;
}

impl Plain for libc::timeval {
    const ZERO: libc::timeval = libc::timeval { tv_sec: 0, tv_usec: 0 };
}

#[cfg(test)]
mod tests {
    use super::*;
    use core::mem::offset_of;

    /// The layout that the headers of 5.3.128 have.
    #[cfg(target_pointer_width = "64")]
    #[test]
    fn structures_are_laid_out_as_in_the_headers() {
        assert_eq!((size_of::<Address>(), offset_of!(Address, tsi)), (10, 2));
        assert_eq!((size_of::<Interface>(), offset_of!(Interface, address)), (136, 8));
        assert_eq!((size_of::<Group>(), GROUP_REQ, offset_of!(Group, address)), (392, 136, 264));
        assert_eq!((size_of::<Addresses>(), offset_of!(Addresses, receive)), (32, 8));
        assert_eq!((offset_of!(Addresses, send_count), offset_of!(Addresses, send)), (16, 24));
        assert_eq!((size_of::<Datagram>(), offset_of!(Datagram, parts)), (136, 8));
        assert_eq!((offset_of!(Part, tsi), offset_of!(Part, sequence)), (40, 48));
        assert_eq!((offset_of!(Part, len), offset_of!(Part, data)), (104, 152));
        assert_eq!(size_of::<RawError>(), 16);
    }

    #[test]
    fn texts_that_name_no_group() {
        if !is_present() {
            return;
        }
        for text in [c"x", c"127.0.0.1;10.1.1.1", c"no-such-0;239.1.1.1"] {
            assert_eq!(check(text), Err(Errno::EINVAL), "{text:?}");
        }
    }
}
