//! Utilities of `zmq.h`: capabilities, Z85 text, atomic counters, stop watches and threads.
//!
//! Any thread. A handle that is null or of another kind sets `EFAULT` and does nothing.

use crate::capi::handle::Handle;
use crate::capi::types::ThreadFn;
use crate::capi::{guard, guard_cold, set_errno, thread};
use crate::crypto::{KeyPair, SecretKey, z85};
use crate::endpoint::scheme;
use crate::error::{Errno, Result};
use crate::sync::{AtomicU32, Ordering};
use crate::sys::cancel;
use core::ffi::{CStr, c_char, c_int, c_uint, c_ulong, c_void};
use core::ptr::null_mut;
use std::time::Instant;
use zeroize::Zeroizing;

/// The abilities of this build besides its transports, by the names that `zmq_has` takes.
const CAPABILITIES: &[&str] = &[
    "curve",
    #[cfg(feature = "gssapi")]
    "gssapi",
    "zincmq",
];

/// All names for which `zmq_has` answers 1.
pub(crate) fn capabilities() -> impl Iterator<Item = &'static str> {
    CAPABILITIES.iter().copied().chain(scheme::capabilities())
}

type Counter = Handle<0x7a6d_0001, AtomicU32>;
type Stopwatch = Handle<0x7a6d_0002, Instant>;
type Thread = Handle<0x7a6d_0003, libc::pthread_t>;

/// 1 if the library has the named capability, else 0.
///
/// # Safety
/// - `capability_` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_has(capability_: *const c_char) -> c_int {
    if capability_.is_null() {
        set_errno(Errno::EFAULT);
        return 0;
    }
    // SAFETY: not null, and the caller promises a C string.
    let name = unsafe { CStr::from_ptr(capability_) };
    let own = CAPABILITIES.iter().any(|known| known.as_bytes() == name.to_bytes());
    c_int::from(own || scheme::has(name.to_bytes()))
}

/// Writes size_ bytes (a multiple of 4) as Z85 text and a NUL to dest_, and answers dest_; null on failure.
///
/// # Safety
/// - `data_` is valid for reading `size_` bytes, or `size_` is 0.
/// - `dest_` is null or valid for writing `size_ / 4 * 5 + 1` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_z85_encode(
    dest_: *mut c_char,
    data_: *const u8,
    size_: usize,
) -> *mut c_char {
    if !size_.is_multiple_of(z85::BINARY_GROUP) {
        set_errno(Errno::EINVAL);
        return null_mut();
    }
    if dest_.is_null() || (data_.is_null() && size_ != 0) {
        set_errno(Errno::EFAULT);
        return null_mut();
    }
    let groups = size_ / z85::BINARY_GROUP;
    for group in 0..groups {
        // SAFETY: inside what the caller promises; bytes have no alignment. No slices, because
        // the two buffers may overlap in a caller that never minded.
        unsafe {
            let bytes = data_.add(group * z85::BINARY_GROUP).cast::<[u8; 4]>().read();
            let text = z85::encode_group(bytes);
            dest_.add(group * z85::TEXT_GROUP).cast::<[u8; 5]>().write(text);
        }
    }
    // SAFETY: the byte behind the text, which the caller promises as well.
    unsafe { dest_.add(groups * z85::TEXT_GROUP).write(0) }
    dest_
}

/// Writes what the Z85 text stands for to dest_, and answers dest_; null on failure.
///
/// # Safety
/// - `string_` is null or a C string.
/// - `dest_` is null or valid for writing 4 bytes for every 5 characters of the text.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_z85_decode(dest_: *mut u8, string_: *const c_char) -> *mut u8 {
    if dest_.is_null() || string_.is_null() {
        set_errno(Errno::EFAULT);
        return null_mut();
    }
    // SAFETY: not null, and the caller promises a C string.
    let length = unsafe { libc::strlen(string_) };
    if length == 0 || length % z85::TEXT_GROUP != 0 {
        set_errno(Errno::EINVAL);
        return null_mut();
    }
    for group in 0..length / z85::TEXT_GROUP {
        // SAFETY: inside the text; bytes have no alignment. No slices, because a caller may
        // decode in place.
        let text = unsafe { string_.add(group * z85::TEXT_GROUP).cast::<[u8; 5]>().read() };
        let Some(bytes) = z85::decode_group(text) else {
            set_errno(Errno::EINVAL);
            return null_mut();
        };
        // SAFETY: inside what the caller promises.
        unsafe { dest_.add(group * z85::BINARY_GROUP).cast::<[u8; 4]>().write(bytes) }
    }
    dest_
}

/// Makes a CURVE key pair in Z85 text.
///
/// # Safety
/// - Each pointer is null or valid for writing 41 bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_curve_keypair(
    z85_public_key_: *mut c_char,
    z85_secret_key_: *mut c_char,
) -> c_int {
    guard_cold(-1, || {
        if z85_public_key_.is_null() || z85_secret_key_.is_null() {
            return Err(Errno::EFAULT);
        }
        let pair = KeyPair::generate()?;
        // SAFETY: not null, and the caller promises room for a key's text.
        unsafe {
            write_key(z85_public_key_, &pair.public);
            write_key(z85_secret_key_, pair.secret.expose());
        }
        Ok(0)
    })
}

/// Derives the public key of a CURVE secret key; -1 with EINVAL for a text of another length than
/// 40 or that is no key.
///
/// # Safety
/// - `z85_public_key_` is null or valid for writing 41 bytes.
/// - `z85_secret_key_` is null or a C string.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_curve_public(
    z85_public_key_: *mut c_char,
    z85_secret_key_: *const c_char,
) -> c_int {
    guard(-1, || {
        if z85_public_key_.is_null() || z85_secret_key_.is_null() {
            return Err(Errno::EFAULT);
        }
        // SAFETY: not null, and the caller promises a C string.
        let text = unsafe { CStr::from_ptr(z85_secret_key_) };
        let mut secret = Zeroizing::new([0; z85::KEY_BYTES]);
        z85::decode_key(text.to_bytes(), &mut secret)?;
        let public = SecretKey::copy_of(&secret).public();
        // SAFETY: not null, and the caller promises room for a key's text.
        unsafe { write_key(z85_public_key_, &public) };
        Ok(0)
    })
}

/// Writes a key's text and a NUL.
///
/// # Safety
/// `to` is valid for writing 41 bytes.
unsafe fn write_key(to: *mut c_char, key: &[u8; z85::KEY_BYTES]) {
    let mut text = Zeroizing::new([0; z85::KEY_CHARS]);
    z85::encode_key(key, &mut text);
    // SAFETY: as the caller promises; bytes have no alignment.
    unsafe {
        to.copy_from_nonoverlapping(text.as_ptr().cast(), text.len());
        to.add(z85::KEY_CHARS).write(0);
    }
}

/// A new atomic counter of value 0.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_atomic_counter_new() -> *mut c_void {
    guard(null_mut(), || Ok(Counter::create(AtomicU32::new(0))))
}

/// Sets the counter.
///
/// # Safety
/// - `counter_` is null or readable memory, and no counter that was destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_set(counter_: *mut c_void, value_: c_int) {
    // SAFETY: what the caller promises is handed on.
    unsafe { on_counter(counter_, |counter| counter.store(value_ as u32, Ordering::SeqCst)) };
}

/// Adds 1 and answers the value before; -1 for a bad handle.
///
/// # Safety
/// - `counter_` is null or readable memory, and no counter that was destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_inc(counter_: *mut c_void) -> c_int {
    // SAFETY: what the caller promises is handed on.
    unsafe { on_counter(counter_, |counter| counter.fetch_add(1, Ordering::SeqCst) as c_int) }
        .unwrap_or(-1)
}

/// Subtracts 1 and answers 0 if that made it 0, else 1; -1 for a bad handle.
///
/// # Safety
/// - `counter_` is null or readable memory, and no counter that was destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_dec(counter_: *mut c_void) -> c_int {
    // SAFETY: what the caller promises is handed on.
    unsafe {
        on_counter(counter_, |counter| c_int::from(counter.fetch_sub(1, Ordering::SeqCst) != 1))
    }
    .unwrap_or(-1)
}

/// The value of the counter; -1 for a bad handle.
///
/// # Safety
/// - `counter_` is null or readable memory, and no counter that was destroyed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_value(counter_: *mut c_void) -> c_int {
    // SAFETY: what the caller promises is handed on.
    unsafe { on_counter(counter_, |counter| counter.load(Ordering::SeqCst) as c_int) }.unwrap_or(-1)
}

/// Frees the counter and sets the pointer to null.
///
/// # Safety
/// - `counter_p_` is null or points to a handle as the other functions take it; nobody else uses
///   the counter any more.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_atomic_counter_destroy(counter_p_: *mut *mut c_void) {
    guard((), || {
        if counter_p_.is_null() {
            return Err(Errno::EFAULT);
        }
        // SAFETY: not null; the caller promises the rest.
        unsafe {
            Counter::free(Counter::check(*counter_p_)?);
            *counter_p_ = null_mut();
        }
        Ok(())
    });
}

/// # Safety
/// - `counter` is null or readable memory, and no counter that was destroyed.
unsafe fn on_counter<R>(counter: *mut c_void, action: impl FnOnce(&AtomicU32) -> R) -> Option<R> {
    // SAFETY: the caller promises readable memory, and the tag tells a counter.
    match unsafe { Counter::check(counter).map(|object| action(&(*object).value)) } {
        Ok(answer) => Some(answer),
        Err(error) => {
            set_errno(error);
            None
        }
    }
}

/// Starts a stop watch.
#[unsafe(no_mangle)]
pub extern "C" fn zmq_stopwatch_start() -> *mut c_void {
    guard(null_mut(), || Ok(Stopwatch::create(Instant::now())))
}

/// Microseconds since the start of the watch, which keeps running; 0 for a bad handle.
///
/// # Safety
/// - `watch_` is null or readable memory, and no watch that was stopped.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_stopwatch_intermediate(watch_: *mut c_void) -> c_ulong {
    guard(0, || {
        // SAFETY: the caller promises readable memory, and the tag tells a watch.
        let start = unsafe { (*Stopwatch::check(watch_)?).value };
        Ok(microseconds_since(start))
    })
}

/// Microseconds since the start of the watch, which is freed; 0 for a bad handle.
///
/// # Safety
/// - `watch_` is null or readable memory, and no watch that was stopped.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_stopwatch_stop(watch_: *mut c_void) -> c_ulong {
    guard(0, || {
        // SAFETY: the caller promises readable memory, and the tag tells a watch.
        let start = unsafe { Stopwatch::free(Stopwatch::check(watch_)?) };
        Ok(microseconds_since(start))
    })
}

fn microseconds_since(start: Instant) -> c_ulong {
    c_ulong::try_from(start.elapsed().as_micros()).unwrap_or(c_ulong::MAX)
}

/// Sleeps for whole seconds, or until a signal was handled.
#[unsafe(no_mangle)]
pub extern "C-unwind" fn zmq_sleep(seconds_: c_int) {
    if let Ok(seconds) = c_uint::try_from(seconds_) {
        // SAFETY: nothing to drop here, and no panic to catch.
        unsafe { cancel::sleep_seconds(seconds) };
    }
}

/// Starts a thread that runs func_(arg_) with all signals blocked; null on failure.
///
/// # Safety
/// - `func_` may be called with `arg_` in another thread.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn zmq_threadstart(func_: ThreadFn, arg_: *mut c_void) -> *mut c_void {
    guard(null_mut(), || {
        let function = func_.ok_or(Errno::EFAULT)?;
        // SAFETY: the caller promises that the function may run there.
        unsafe { thread::start(function, arg_) }.map(Thread::create)
    })
}

/// Waits for the end of a thread and frees the handle.
///
/// # Safety
/// - `thread_` is null or readable memory, and no thread that was closed.
#[unsafe(no_mangle)]
pub unsafe extern "C-unwind" fn zmq_threadclose(thread_: *mut c_void) {
    // SAFETY: what the caller promises is handed on.
    match unsafe { take_thread(thread_) } {
        // SAFETY: a thread that was started joinable, and taken from its handle only once. Nothing to
        // drop here, and no panic to catch.
        Ok(thread) => unsafe { cancel::join(thread) },
        Err(error) => set_errno(error),
    }
}

/// # Safety
/// - `handle` is null or readable memory, and no thread that was closed.
unsafe fn take_thread(handle: *mut c_void) -> Result<libc::pthread_t> {
    // SAFETY: the caller promises readable memory, and the tag tells a thread.
    unsafe { Thread::check(handle).map(|object| Thread::free(object)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capi::errno;
    use std::sync::mpsc;

    #[test]
    fn capabilities_tell_the_truth() {
        let has = |name: &CStr| {
            // SAFETY: a C string.
            unsafe { zmq_has(name.as_ptr()) }
        };
        for name in [c"curve", c"ipc", c"tipc", c"vsock", c"WS", c"zincmq"] {
            assert_eq!(has(name), 1, "{name:?}");
        }
        for name in [c"CURVE", c"draft", c"WSS", c"ws", c"tcp", c"IPC", c"ipc ", c""] {
            assert_eq!(has(name), 0, "{name:?}");
        }
        // SAFETY: null is allowed.
        assert_eq!(unsafe { zmq_has(core::ptr::null()) }, 0);
    }

    #[test]
    fn z85_both_ways() {
        let binary = [0x86, 0x4F, 0xD2, 0x6F, 0xB5, 0x59, 0xF7, 0x5B];
        let (mut text, mut back) = ([1; 12], [1; 9]);
        // SAFETY: buffers of the right sizes.
        unsafe {
            assert_eq!(zmq_z85_encode(text.as_mut_ptr(), binary.as_ptr(), 8), text.as_mut_ptr());
            assert_eq!(CStr::from_ptr(text.as_ptr()), c"HelloWorld");
            assert_eq!(text[11], 1);
            assert_eq!(zmq_z85_decode(back.as_mut_ptr(), text.as_ptr()), back.as_mut_ptr());
            assert_eq!((&back[..8], back[8]), (&binary[..], 1));
            assert_eq!(zmq_z85_encode(text.as_mut_ptr(), core::ptr::null(), 0), text.as_mut_ptr());
            assert_eq!(text[0], 0);
        }
    }

    #[test]
    fn z85_failures() {
        let mut out = [7_u8; 16];
        let mut decode = |text: &CStr| {
            set_errno(Errno::EPIPE);
            // SAFETY: a buffer that is large enough.
            let answer = unsafe { zmq_z85_decode(out.as_mut_ptr(), text.as_ptr()) };
            (answer.is_null(), errno())
        };
        for text in [c"", c"1234", c"123456", c"HelloWor~d", c"%nSc1"] {
            assert_eq!(decode(text), (true, Errno::EINVAL.0), "{text:?}");
        }
        // Groups before the bad one have been written.
        assert_eq!(out[..4], [0x86, 0x4F, 0xD2, 0x6F]);
        let mut text = [0; 16];
        // SAFETY: null, or large enough.
        unsafe {
            assert!(zmq_z85_encode(text.as_mut_ptr(), out.as_ptr(), 3).is_null());
            assert_eq!(errno(), Errno::EINVAL.0);
            assert!(zmq_z85_encode(null_mut(), out.as_ptr(), 4).is_null());
            assert!(zmq_z85_decode(out.as_mut_ptr(), core::ptr::null()).is_null());
            assert_eq!(errno(), Errno::EFAULT.0);
        }
    }

    #[test]
    fn curve_keys() {
        let (mut public, mut secret, mut derived) = ([7; 42], [7; 42], [7; 42]);
        // SAFETY: null, or large enough.
        unsafe {
            assert_eq!(zmq_curve_keypair(public.as_mut_ptr(), secret.as_mut_ptr()), 0);
            assert_eq!(zmq_curve_public(derived.as_mut_ptr(), secret.as_ptr()), 0);
            assert_eq!((public, public[40], public[41], secret[40]), (derived, 0, 7, 0));
            for text in [c"", c"0000", c"00000", c"00000000000000000000000000000000000000000"] {
                assert_eq!(zmq_curve_public(derived.as_mut_ptr(), text.as_ptr()), -1);
                assert_eq!((errno(), derived), (Errno::EINVAL.0, public));
            }
            assert_eq!(zmq_curve_keypair(null_mut(), secret.as_mut_ptr()), -1);
            assert_eq!(zmq_curve_public(derived.as_mut_ptr(), core::ptr::null()), -1);
            assert_eq!(errno(), Errno::EFAULT.0);
        }
    }

    #[test]
    fn counter_counts() {
        let mut counter = zmq_atomic_counter_new();
        // SAFETY: a live counter.
        unsafe {
            assert_eq!(zmq_atomic_counter_inc(counter), 0);
            assert_eq!(zmq_atomic_counter_inc(counter), 1);
            assert_eq!(zmq_atomic_counter_dec(counter), 1);
            assert_eq!(zmq_atomic_counter_dec(counter), 0);
            assert_eq!(zmq_atomic_counter_dec(counter), 1);
            assert_eq!(zmq_atomic_counter_value(counter), -1);
            zmq_atomic_counter_set(counter, 9);
            assert_eq!(zmq_atomic_counter_value(counter), 9);
            zmq_atomic_counter_destroy(&raw mut counter);
        }
        assert!(counter.is_null());
    }

    #[test]
    fn wrong_handles_are_harmless() {
        let watch = zmq_stopwatch_start();
        let mut wrong = watch;
        // SAFETY: null, or a live object of another kind.
        unsafe {
            for handle in [null_mut(), watch] {
                set_errno(Errno::EPIPE);
                zmq_atomic_counter_set(handle, 1);
                assert_eq!(errno(), Errno::EFAULT.0);
                assert_eq!(zmq_atomic_counter_inc(handle), -1);
                assert_eq!(zmq_atomic_counter_dec(handle), -1);
                assert_eq!(zmq_atomic_counter_value(handle), -1);
                zmq_threadclose(handle);
            }
            zmq_atomic_counter_destroy(null_mut());
            zmq_atomic_counter_destroy(&raw mut wrong);
            assert_eq!(wrong, watch);
            assert_eq!(zmq_stopwatch_intermediate(null_mut()), 0);
            assert_eq!(zmq_stopwatch_stop(null_mut()), 0);
            assert!(zmq_threadstart(None, null_mut()).is_null());
            zmq_stopwatch_stop(watch);
        }
    }

    #[test]
    fn stopwatch_and_sleep() {
        let watch = zmq_stopwatch_start();
        zmq_sleep(-1);
        zmq_sleep(0);
        // SAFETY: a live watch.
        unsafe {
            let first = zmq_stopwatch_intermediate(watch);
            zmq_sleep(1);
            assert!(zmq_stopwatch_stop(watch) >= first + 900_000);
        }
    }

    /// The answers of a thread about itself: its name, and which of two signals are blocked.
    type Report = (String, [c_int; 2]);

    unsafe extern "C" fn report(sender: *mut c_void) {
        let mut name = [0; 16];
        // SAFETY: the sender the test handed in; a buffer of the size given; a set that is
        // written before it is read.
        unsafe {
            let sender = Box::from_raw(sender.cast::<mpsc::Sender<Report>>());
            libc::pthread_getname_np(libc::pthread_self(), name.as_mut_ptr(), name.len());
            let mut mask = core::mem::zeroed();
            libc::pthread_sigmask(libc::SIG_BLOCK, core::ptr::null(), &raw mut mask);
            let blocked =
                [libc::SIGINT, libc::SIGUSR1].map(|s| libc::sigismember(&raw const mask, s));
            let name = CStr::from_ptr(name.as_ptr()).to_string_lossy().into_owned();
            sender.send((name, blocked)).unwrap();
        }
    }

    #[test]
    fn threads_are_named_blocked_and_joined() {
        let (sender, receiver) = mpsc::channel::<Report>();
        let sender = Box::into_raw(Box::new(sender));
        // SAFETY: the function takes the sender over; a thread that is closed once.
        unsafe {
            let thread = zmq_threadstart(Some(report), sender.cast());
            assert!(!thread.is_null());
            zmq_threadclose(thread);
        }
        assert_eq!(receiver.try_recv().unwrap(), ("ZMQapp".to_owned(), [1, 1]));
    }

    #[test]
    fn a_thread_may_end_itself() {
        unsafe extern "C-unwind" {
            safe fn pthread_exit(value: *mut c_void) -> !;
        }
        unsafe extern "C-unwind" fn end(_: *mut c_void) {
            pthread_exit(null_mut());
        }
        // SAFETY: the types differ only in that one may unwind; a thread that is closed once.
        unsafe {
            let end = core::mem::transmute::<
                unsafe extern "C-unwind" fn(*mut c_void),
                unsafe extern "C" fn(*mut c_void),
            >(end);
            zmq_threadclose(zmq_threadstart(Some(end), null_mut()));
        }
    }
}
