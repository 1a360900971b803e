//! The few functions of the C interface that the run needs, with Rust's types. Any thread.

use core::ffi::c_void;
use std::ffi::CString;
use std::sync::Arc;

use zincmq::capi::{constants, context, socket};

use crate::fail;

pub struct Context(*mut c_void);

// SAFETY: a context may be used by any thread.
unsafe impl Send for Context {}
// SAFETY: a context may be used by any thread.
unsafe impl Sync for Context {}

impl Context {
    pub fn new() -> Arc<Context> {
        let context = Context(context::zmq_ctx_new());
        // SAFETY: the context was just made.
        unsafe { context::zmq_ctx_set(context.0, constants::ZMQ_IO_THREADS, 2) };
        Arc::new(context)
    }

    pub fn terminate(&self) {
        // SAFETY: the handle of a context.
        while unsafe { context::zmq_ctx_term(self.0) } != 0 {}
    }
}

pub struct Socket(*mut c_void);

// SAFETY: a socket may move to another thread.
unsafe impl Send for Socket {}

impl Socket {
    pub fn new(context: &Context, kind: i32) -> Socket {
        // SAFETY: the handle of a context.
        let socket = Socket(unsafe { socket::zmq_socket(context.0, kind) });
        if socket.0.is_null() {
            fail("no socket");
        }
        socket.set(constants::ZMQ_LINGER, 0);
        socket
    }

    pub fn set(&self, option: i32, value: i32) {
        self.set_bytes(option, &value.to_ne_bytes());
    }

    pub fn set_bytes(&self, option: i32, value: &[u8]) {
        // SAFETY: the handle of a socket, and readable bytes.
        let rc =
            unsafe { socket::zmq_setsockopt(self.0, option, value.as_ptr().cast(), value.len()) };
        if rc != 0 {
            fail(&format!("option {option} is refused"));
        }
    }

    /// Binds, and returns the endpoint.
    pub fn bind(&self, endpoint: &str) -> String {
        let text = CString::new(endpoint).unwrap_or_default();
        let mut buffer = [0_u8; 256];
        let mut size = buffer.len();
        // SAFETY: the handle of a socket, a text, and a buffer of the given size.
        let rc = unsafe {
            socket::zmq_bind(self.0, text.as_ptr())
                | socket::zmq_getsockopt(
                    self.0,
                    constants::ZMQ_LAST_ENDPOINT,
                    buffer.as_mut_ptr().cast(),
                    &raw mut size,
                )
        };
        if rc != 0 {
            fail(&format!("cannot bind to {endpoint}"));
        }
        String::from_utf8_lossy(&buffer[..size.saturating_sub(1)]).into_owned()
    }

    pub fn connect(&self, endpoint: &str) {
        let text = CString::new(endpoint).unwrap_or_default();
        // SAFETY: the handle of a socket, and a text.
        if unsafe { socket::zmq_connect(self.0, text.as_ptr()) } != 0 {
            fail(&format!("cannot connect to {endpoint}"));
        }
    }

    /// Whether the frame was taken.
    pub fn send(&self, bytes: &[u8], flags: i32) -> bool {
        // SAFETY: the handle of a socket, and readable bytes.
        unsafe { socket::zmq_send(self.0, bytes.as_ptr().cast(), bytes.len(), flags) >= 0 }
    }

    pub fn send_parts(&self, parts: &[&[u8]], flags: i32) -> bool {
        let last = parts.len() - 1;
        parts.iter().enumerate().all(|(number, part)| {
            let more = if number < last { constants::ZMQ_SNDMORE } else { 0 };
            self.send(part, flags | more)
        })
    }

    /// The next message: its first and its last frame, each cut to some length; `None` when none
    /// comes in time.
    pub fn receive(&self, flags: i32) -> Option<(Vec<u8>, Vec<u8>)> {
        let mut first = None;
        loop {
            let mut buffer = [0_u8; 512];
            // SAFETY: the handle of a socket, and writable bytes.
            let size = unsafe {
                socket::zmq_recv(self.0, buffer.as_mut_ptr().cast(), buffer.len(), flags)
            };
            let size = usize::try_from(size).ok()?;
            let frame = buffer[..size.min(buffer.len())].to_vec();
            let start = first.get_or_insert_with(|| frame.clone());
            if !self.has_more() {
                return Some((core::mem::take(start), frame));
            }
        }
    }

    fn has_more(&self) -> bool {
        let mut more = 0_i32;
        let mut size = size_of::<i32>();
        // SAFETY: the handle of a socket, and an int.
        unsafe {
            socket::zmq_getsockopt(
                self.0,
                constants::ZMQ_RCVMORE,
                (&raw mut more).cast(),
                &raw mut size,
            )
        };
        more != 0
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // SAFETY: the handle of a socket, used for the last time.
        unsafe { socket::zmq_close(self.0) };
    }
}
