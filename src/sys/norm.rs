//! NORM, the system's library for NACK-oriented reliable multicast (RFC 5740): a session sends a
//! stream to an address, or hears the streams of others.
//!
//! The library is loaded when a caller first asks for it. Each [`Session`] has its own instance of
//! the library, with a thread that moves the packets. The instance's events wait in a queue with a
//! descriptor. One thread at a time uses a session, but different threads may. No call waits for
//! the network. But opening a session looks names up, and its end waits for the library's thread.
// The functions have the names of the library's header.
#![allow(non_snake_case)]

use core::ffi::{CStr, c_char, c_int, c_uint, c_void};
use core::ptr::{self, NonNull};
use std::collections::HashMap;
use std::os::fd::RawFd;

use crate::error::{Errno, Result};
use crate::sync::{Mutex, OnceLock};
use crate::sys::clock;
use crate::sys::loaded::{Loaded, functions};

const NAME: &CStr = c"libnorm.so.1";

// Constants of the library's header.
const NORM_NODE_ANY: u32 = u32::MAX;
const NORM_OBJECT_STREAM: c_int = 3;
const NORM_FLUSH_ACTIVE: c_int = 2;
const NORM_SYNC_STREAM: c_int = 1;
const NORM_TX_QUEUE_EMPTY: c_int = 2;
const NORM_REMOTE_SENDER_INACTIVE: c_int = 14;
const NORM_RX_OBJECT_NEW: c_int = 17;
const NORM_RX_OBJECT_UPDATED: c_int = 19;
const NORM_RX_OBJECT_COMPLETED: c_int = 20;
const NORM_RX_OBJECT_ABORTED: c_int = 21;

/// Settings that every program of ZeroMQ uses.
mod tuning {
    pub const BUFFER: u32 = 2 * 1024 * 1024;
    /// Bytes of a packet.
    pub const SEGMENT: u16 = 1400;
    /// Packets of a block, and how many repair packets may be added.
    pub const BLOCK: u16 = 16;
    pub const PARITY: u16 = 4;
}

/// Bytes that are read from a stream at once.
const PIECE: usize = 8 * 1024;

/// Events, and pieces of streams, that one call takes.
const TURNS: usize = 64;

type Handle = *const c_void;

#[repr(C)]
struct Event {
    kind: c_int,
    session: Handle,
    sender: Handle,
    object: Handle,
}

functions! {
    NormCreateInstance: fn(bool) -> Handle;
    NormStopInstance: fn(Handle);
    NormRestartInstance: fn(Handle) -> bool;
    NormSuspendInstance: fn(Handle) -> bool;
    NormResumeInstance: fn(Handle);
    NormGetDescriptor: fn(Handle) -> c_int;
    NormGetNextEvent: fn(Handle, *mut Event, bool) -> bool;
    NormCreateSession: fn(Handle, *const c_char, u16, u32) -> Handle;
    NormDestroySession: fn(Handle);
    NormIsUnicastAddress: fn(*const c_char) -> bool;
    NormSetTTL: fn(Handle, u8) -> bool;
    NormSetTOS: fn(Handle, u8) -> bool;
    NormSetLoopback: fn(Handle, bool) -> bool;
    NormSetRxPortReuse: fn(Handle, bool, *const c_char, *const c_char, u16);
    NormSetMulticastInterface: fn(Handle, *const c_char) -> bool;
    NormSetRxSocketBuffer: fn(Handle, c_uint) -> bool;
    NormSetTxSocketBuffer: fn(Handle, c_uint) -> bool;
    NormSetDefaultUnicastNack: fn(Handle, bool);
    NormSetDefaultSyncPolicy: fn(Handle, c_int);
    NormSetCongestionControl: fn(Handle, bool, bool);
    NormGetRandomSessionId: fn() -> u16;
    NormStartSender: fn(Handle, u16, u32, u16, u16, u16, u8) -> bool;
    NormStopSender: fn(Handle);
    NormStartReceiver: fn(Handle, u32) -> bool;
    NormStopReceiver: fn(Handle);
    NormStreamOpen: fn(Handle, u32, *const c_char, c_uint) -> Handle;
    NormStreamWrite: fn(Handle, *const c_char, c_uint) -> c_uint;
    NormStreamMarkEom: fn(Handle);
    NormStreamFlush: fn(Handle, bool, c_int);
    NormStreamSeekMsgStart: fn(Handle) -> bool;
    NormStreamRead: fn(Handle, *mut c_char, *mut c_uint) -> bool;
    NormObjectGetType: fn(Handle) -> c_int;
    NormObjectRetain: fn(Handle);
    NormObjectRelease: fn(Handle);
    NormNodeDelete: fn(Handle);
}

fn library() -> Option<&'static Functions> {
    static LIBRARY: OnceLock<Option<Functions>> = OnceLock::new();
    LIBRARY.get_or_init(|| Functions::load(&Loaded::open(NAME)?)).as_ref()
}

/// Whether the system has the library.
pub fn is_present() -> bool {
    library().is_some()
}

/// An instance of the library's state: queue, descriptors and, while it is not idle, a thread.
struct Instance {
    functions: &'static Functions,
    handle: NonNull<c_void>,
}

// SAFETY: the library's handles do not belong to a thread.
unsafe impl Send for Instance {}

/// Instances without a thread, and the process that they belong to. The library forgets to close a
/// descriptor of each instance that it destroys, so they are used again instead.
static IDLE: Mutex<(u32, Vec<Instance>)> = Mutex::new((0, Vec::new()));

impl Instance {
    fn start() -> Result<Instance> {
        let functions = library().ok_or(Errno::EPROTONOSUPPORT)?;
        if let Some(idle) = Instance::idle() {
            // SAFETY: the instance was stopped.
            let restarted = unsafe { (functions.NormRestartInstance)(idle.handle.as_ptr()) };
            return if restarted { Ok(idle) } else { Err(Errno::EMFILE) };
        }
        // SAFETY: no pointers are passed. The thread that starts is the library's own.
        let handle = unsafe { (functions.NormCreateInstance)(false) };
        let handle = NonNull::new(handle.cast_mut()).ok_or(Errno::EMFILE)?;
        Ok(Instance { functions, handle })
    }

    /// An instance of this process: those of a parent share its descriptors.
    fn idle() -> Option<Instance> {
        let mut idle = IDLE.lock();
        if idle.0 != clock::process_id() {
            core::mem::forget(core::mem::take(&mut idle.1));
        }
        idle.1.pop()
    }

    fn get(&self) -> Handle {
        self.handle.as_ptr()
    }

    /// Ends the thread. Nothing of the instance is in use any more.
    fn stop(self) {
        // SAFETY: the instance runs.
        unsafe { (self.functions.NormStopInstance)(self.get()) };
        let mut idle = IDLE.lock();
        idle.0 = clock::process_id();
        idle.1.push(self);
    }
}

/// How a session is to be opened.
#[derive(Clone, Debug)]
pub struct Settings<'a> {
    /// The address of a group, or of one machine.
    pub address: &'a CStr,
    pub port: u16,
    pub interface: Option<&'a CStr>,
    /// This side's number in the session, if not one that follows from the machine's address.
    pub node: Option<u32>,
    /// Whether the session sends; else it listens.
    pub sends: bool,
    pub hops: u8,
    /// Type of service, if not the usual one.
    pub tos: u8,
    /// The size of the kernel's buffer in bytes, if not the system's.
    pub buffer: Option<u32>,
}

/// News of one source.
#[derive(Debug)]
pub enum News<'a> {
    Data(&'a [u8]),
    /// The stream goes on somewhere else, at a mark of the stream.
    Lost,
    Gone,
}

/// A stream that another program sends.
struct Stream {
    sender: Handle,
    number: u64,
    /// Whether the stream is being read, from a mark on.
    joined: bool,
    /// Whether there may be bytes to read.
    ready: bool,
}

/// A session of the library.
pub struct Session {
    functions: &'static Functions,
    /// The instance; only the end of the session takes it away.
    instance: Option<Instance>,
    session: Handle,
    /// The stream that is sent; null for a listener.
    stream: Handle,
    streams: HashMap<Handle, Stream>,
    numbers: u64,
    /// Whether bytes that were written have not all gone out.
    outstanding: bool,
    /// Whether bytes were written since the last flush.
    unflushed: bool,
}

// SAFETY: the library's handles do not belong to a thread.
unsafe impl Send for Session {}

impl Session {
    /// Opens a session. `EINVAL`: no address; `ENODEV`: no such interface, or one that cannot be
    /// used; `EADDRNOTAVAIL`: no socket can be had; `EMFILE`.
    pub fn open(settings: &Settings<'_>) -> Result<Session> {
        let instance = Instance::start()?;
        let (functions, handle) = (instance.functions, instance.get());
        let mut session = Session {
            functions,
            instance: Some(instance),
            session: ptr::null(),
            stream: ptr::null(),
            streams: HashMap::new(),
            numbers: 0,
            outstanding: false,
            unflushed: false,
        };
        let node = settings.node.unwrap_or(NORM_NODE_ANY);
        // SAFETY: the instance was just made; the address is a C string.
        session.session = unsafe {
            let address = settings.address.as_ptr();
            (functions.NormCreateSession)(handle, address, settings.port, node)
        };
        if session.session.is_null() {
            return Err(Errno::EINVAL);
        }
        session.configure(settings)?;
        let started =
            if settings.sends { session.start_sender() } else { session.start_receiver() };
        session.set_buffer(settings);
        match (started, settings.interface) {
            (true, _) => Ok(session),
            (false, Some(_)) => Err(Errno::ENODEV),
            (false, None) => Err(Errno::EADDRNOTAVAIL),
        }
    }

    fn configure(&self, settings: &Settings<'_>) -> Result<()> {
        let (functions, session) = (self.functions, self.session);
        // SAFETY: the session is open; all texts are C strings that outlive the calls.
        unsafe {
            if settings.tos != 0 {
                (functions.NormSetTOS)(session, settings.tos);
            }
            if (functions.NormIsUnicastAddress)(settings.address.as_ptr()) {
                (functions.NormSetDefaultUnicastNack)(session, true);
                return Ok(());
            }
            (functions.NormSetTTL)(session, settings.hops);
            // Several programs of a machine may listen, and hear each other.
            (functions.NormSetRxPortReuse)(session, true, ptr::null(), ptr::null(), 0);
            (functions.NormSetLoopback)(session, true);
            match settings.interface {
                Some(name) if !(functions.NormSetMulticastInterface)(session, name.as_ptr()) => {
                    Err(Errno::ENODEV)
                }
                _ => Ok(()),
            }
        }
    }

    fn start_sender(&mut self) -> bool {
        let (functions, session) = (self.functions, self.session);
        // SAFETY: the session is open; no information goes with the stream.
        unsafe {
            let id = (functions.NormGetRandomSessionId)();
            let (segment, block, parity) = (tuning::SEGMENT, tuning::BLOCK, tuning::PARITY);
            if !(functions.NormStartSender)(session, id, tuning::BUFFER, segment, block, parity, 0)
            {
                return false;
            }
            (functions.NormSetCongestionControl)(session, true, true);
            self.stream = (functions.NormStreamOpen)(session, tuning::BUFFER, ptr::null(), 0);
        }
        !self.stream.is_null()
    }

    fn start_receiver(&mut self) -> bool {
        // SAFETY: the session is open.
        unsafe {
            (self.functions.NormSetDefaultSyncPolicy)(self.session, NORM_SYNC_STREAM);
            (self.functions.NormStartReceiver)(self.session, tuning::BUFFER)
        }
    }

    /// Sets the size of the kernel's buffer. The system may refuse it; then its own size stays.
    fn set_buffer(&self, settings: &Settings<'_>) {
        let set = match settings.sends {
            true => self.functions.NormSetTxSocketBuffer,
            false => self.functions.NormSetRxSocketBuffer,
        };
        if let Some(size) = settings.buffer {
            // SAFETY: the session is open.
            unsafe { set(self.session, size) };
        }
    }

    /// The descriptor that is readable when there is news to [`receive`](Session::receive), also
    /// for a sender.
    pub fn descriptor(&self) -> Option<RawFd> {
        // SAFETY: the instance runs.
        let fd = unsafe { (self.functions.NormGetDescriptor)(self.instance()) };
        Some(fd).filter(|fd| *fd >= 0)
    }

    fn instance(&self) -> Handle {
        self.instance.as_ref().map_or(ptr::null(), Instance::get)
    }

    /// Whether all written bytes have gone out once.
    pub fn is_drained(&self) -> bool {
        !self.outstanding
    }
}

// Sending.
impl Session {
    /// Writes to the stream as many bytes as have room. If some are left, news comes when there is
    /// more room.
    pub fn write(&mut self, bytes: &[u8]) -> usize {
        let len = c_uint::try_from(bytes.len()).unwrap_or(c_uint::MAX);
        // SAFETY: the session's own stream; `bytes` outlives the call and has at least `len` bytes.
        let written = unsafe {
            // Suspended, so that no news comes between taking the events and writing.
            let suspended = (self.functions.NormSuspendInstance)(self.instance());
            self.take_events(&mut |_, _| true);
            let written = (self.functions.NormStreamWrite)(self.stream, bytes.as_ptr().cast(), len);
            self.outstanding |= written > 0;
            if suspended {
                (self.functions.NormResumeInstance)(self.instance());
            }
            written as usize
        };
        self.unflushed |= written > 0;
        written.min(bytes.len())
    }

    /// Marks a place in the stream: a listener that joins may begin here.
    pub fn mark(&mut self) {
        // SAFETY: the session's own stream.
        unsafe { (self.functions.NormStreamMarkEom)(self.stream) };
    }

    /// Sends the bytes that do not fill a packet.
    pub fn flush(&mut self) {
        if core::mem::take(&mut self.unflushed) {
            // SAFETY: the session's own stream.
            unsafe { (self.functions.NormStreamFlush)(self.stream, true, NORM_FLUSH_ACTIVE) };
        }
    }
}

// Receiving.
impl Session {
    /// Takes the library's events. Calls `heard` with each source's number and its news; `heard`
    /// returns whether that made sense. Returns whether there may be more.
    pub fn receive(&mut self, heard: &mut dyn FnMut(u64, News<'_>) -> bool) -> bool {
        let more_events = self.take_events(heard);
        let mut left = TURNS;
        let ready: Vec<Handle> = self
            .streams
            .iter()
            .filter(|(_, stream)| stream.ready)
            .map(|(object, _)| *object)
            .collect();
        for object in ready {
            self.read(object, &mut left, heard);
        }
        more_events || left == 0
    }

    /// Returns whether there may be more events.
    fn take_events(&mut self, heard: &mut dyn FnMut(u64, News<'_>) -> bool) -> bool {
        for _ in 0..TURNS {
            let (session, sender, object) = (ptr::null(), ptr::null(), ptr::null());
            let mut event = Event { kind: 0, session, sender, object };
            // SAFETY: the instance runs; `event` is writable. The call does not wait.
            let got =
                unsafe { (self.functions.NormGetNextEvent)(self.instance(), &mut event, false) };
            if !got {
                return false;
            }
            self.take_event(&event, heard);
        }
        true
    }

    fn take_event(&mut self, event: &Event, heard: &mut dyn FnMut(u64, News<'_>) -> bool) {
        match event.kind {
            NORM_TX_QUEUE_EMPTY => self.outstanding = false,
            NORM_RX_OBJECT_NEW | NORM_RX_OBJECT_UPDATED => self.found(event),
            NORM_RX_OBJECT_COMPLETED | NORM_RX_OBJECT_ABORTED => {
                // Bytes of the stream that can still be read go first.
                self.read(event.object, &mut TURNS.clone(), heard);
                self.forget(event.object, heard);
            }
            NORM_REMOTE_SENDER_INACTIVE => self.gone(event.sender, heard),
            // Any other event, also that there is room again: after news the caller tries to write.
            _ => {}
        }
    }

    fn found(&mut self, event: &Event) {
        if let Some(stream) = self.streams.get_mut(&event.object) {
            stream.ready = true;
            return;
        }
        // SAFETY: the event's object lives until the next event is taken, or longer if retained.
        unsafe {
            if (self.functions.NormObjectGetType)(event.object) != NORM_OBJECT_STREAM {
                return;
            }
            (self.functions.NormObjectRetain)(event.object);
        }
        self.numbers += 1;
        let stream =
            Stream { sender: event.sender, number: self.numbers, joined: false, ready: true };
        self.streams.insert(event.object, stream);
    }

    /// Reads a stream until nothing is left or `left` pieces were read.
    fn read(
        &mut self,
        object: Handle,
        left: &mut usize,
        heard: &mut dyn FnMut(u64, News<'_>) -> bool,
    ) {
        let functions = self.functions;
        let Some(stream) = self.streams.get_mut(&object) else { return };
        let mut piece = [0u8; PIECE];
        while *left > 0 {
            *left -= 1;
            if !stream.joined {
                // SAFETY: the object is retained as long as it is in the table.
                stream.joined = unsafe { (functions.NormStreamSeekMsgStart)(object) };
                if !stream.joined {
                    stream.ready = false;
                    return;
                }
                heard(stream.number, News::Lost);
            }
            let mut len = PIECE as c_uint;
            // SAFETY: the object is retained; `piece` has as many bytes as `len` says.
            let intact =
                unsafe { (functions.NormStreamRead)(object, piece.as_mut_ptr().cast(), &mut len) };
            let bytes = piece.get(..len as usize).unwrap_or_default();
            if !intact {
                stream.joined = false;
            } else if bytes.is_empty() {
                stream.ready = false;
                return;
            } else {
                stream.joined = heard(stream.number, News::Data(bytes));
            }
        }
    }

    fn forget(&mut self, object: Handle, heard: &mut dyn FnMut(u64, News<'_>) -> bool) {
        if let Some(stream) = self.streams.remove(&object) {
            // SAFETY: the object was retained once, when it came into the table.
            unsafe { (self.functions.NormObjectRelease)(object) };
            heard(stream.number, News::Gone);
        }
    }

    /// Forgets a sender that has been silent for long: should it come back, it is another one.
    fn gone(&mut self, sender: Handle, heard: &mut dyn FnMut(u64, News<'_>) -> bool) {
        let of_sender =
            |(object, stream): (&Handle, &Stream)| (stream.sender == sender).then_some(*object);
        let objects: Vec<Handle> = self.streams.iter().filter_map(of_sender).collect();
        for object in objects {
            self.read(object, &mut TURNS.clone(), heard);
            self.forget(object, heard);
        }
        // SAFETY: the event's node lives until the next event is taken.
        unsafe { (self.functions.NormNodeDelete)(sender) };
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let functions = self.functions;
        // SAFETY: each is ended once, in this order, and is not used any more; retained streams
        // were released before the session that they belong to.
        unsafe {
            for object in self.streams.keys() {
                (functions.NormObjectRelease)(*object);
            }
            if !self.session.is_null() {
                match self.stream.is_null() {
                    true => (functions.NormStopReceiver)(self.session),
                    false => (functions.NormStopSender)(self.session),
                }
                (functions.NormDestroySession)(self.session);
            }
        }
        if let Some(instance) = self.instance.take() {
            // The next session of this instance is not told of this one's events.
            self.skip_events(instance.get());
            instance.stop();
        }
    }
}

impl Session {
    fn skip_events(&self, instance: Handle) {
        let (session, sender, object) = (ptr::null(), ptr::null(), ptr::null());
        let mut event = Event { kind: 0, session, sender, object };
        // SAFETY: the instance runs; `event` is writable.
        while unsafe { (self.functions.NormGetNextEvent)(instance, &mut event, false) } {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Settings with a port of their own, because tests run side by side.
    fn settings(address: &CStr) -> Settings<'_> {
        let free = std::net::UdpSocket::bind("127.0.0.1:0").and_then(|socket| socket.local_addr());
        let (interface, node) = (None, None);
        Settings {
            address,
            port: free.expect("a port").port(),
            interface,
            node,
            sends: false,
            hops: 1,
            tos: 0,
            buffer: None,
        }
    }

    #[test]
    fn instances_are_used_again() {
        if !is_present() {
            return;
        }
        for _ in 0..20 {
            assert_eq!(Session::open(&settings(c"127.0.0.1")).err(), None);
        }
        // Other tests may hold some meanwhile.
        assert!((1..10).contains(&IDLE.lock().1.len()));
    }

    #[test]
    fn what_the_original_does_not_survive() {
        if !is_present() {
            return;
        }
        let open = |settings: &Settings<'_>| Session::open(settings).err();
        assert_eq!(open(&settings(c"*")), Some(Errno::EINVAL));
        assert_eq!(open(&settings(c"")), Some(Errno::EINVAL));
        for sends in [false, true] {
            let interface = Some(c"no-such-0");
            let settings = Settings { interface, sends, ..settings(c"239.192.1.1") };
            assert_eq!(open(&settings), Some(Errno::ENODEV));
        }
    }
}
