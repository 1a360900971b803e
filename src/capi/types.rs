//! The types of `zmq.h`: what C programs lay out in their own memory, and the callbacks they hand
//! in. Plain data: no thread or lock owns it, each value belongs to the caller for the time of a
//! call.
#![forbid(unsafe_code)]
#![expect(non_camel_case_types, reason = "the names are those of zmq.h")]

use core::ffi::{c_int, c_short, c_void};

/// A descriptor of the operating system, as `zmq_pollitem_t` holds it.
pub type zmq_fd_t = c_int;

/// A message as C sees it: 64 opaque bytes. C aligns it to a pointer; 8 covers every 64-bit
/// platform and is what `zmq.h` declares there.
#[repr(C, align(8))]
pub struct zmq_msg_t {
    pub _opaque: [u8; 64],
}

/// One thing to watch with `zmq_poll`: a socket, or a descriptor when `socket` is null.
#[repr(C)]
pub struct zmq_pollitem_t {
    pub socket: *mut c_void,
    pub fd: zmq_fd_t,
    pub events: c_short,
    pub revents: c_short,
}

/// `zmq_free_fn *`: releases a buffer given to `zmq_msg_init_data`; called with the buffer and
/// the hint. Null means that the buffer is never released.
pub type FreeFn = Option<unsafe extern "C" fn(data_: *mut c_void, hint_: *mut c_void)>;

/// `zmq_timer_fn *`: called with the timer's number and the argument given to `zmq_timers_add`.
pub type TimerFn = Option<unsafe extern "C" fn(timer_id: c_int, arg: *mut c_void)>;

/// `zmq_thread_fn *`: the body of a thread made by `zmq_threadstart`.
pub type ThreadFn = Option<unsafe extern "C" fn(arg: *mut c_void)>;

const _: () = assert!(size_of::<zmq_msg_t>() == 64 && align_of::<zmq_msg_t>() == 8);
