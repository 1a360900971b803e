//! A program in Rust on the static library, which brings a standard library of its own.

use std::ffi::{c_char, c_int, c_void};

#[link(name = "zmq", kind = "static", modifiers = "-bundle")]
unsafe extern "C" {
    fn zmq_ctx_new() -> *mut c_void;
    fn zmq_ctx_term(context: *mut c_void) -> c_int;
    fn zmq_socket(context: *mut c_void, socket_type: c_int) -> *mut c_void;
    fn zmq_close(socket: *mut c_void) -> c_int;
    fn zmq_bind(socket: *mut c_void, endpoint: *const c_char) -> c_int;
    fn zmq_connect(socket: *mut c_void, endpoint: *const c_char) -> c_int;
    fn zmq_send(socket: *mut c_void, data: *const c_void, size: usize, flags: c_int) -> c_int;
    fn zmq_recv(socket: *mut c_void, data: *mut c_void, size: usize, flags: c_int) -> c_int;
}

fn main() {
    let mut text = [0_u8; 5];
    // SAFETY: sockets of one thread, and buffers as long as said.
    unsafe {
        let context = zmq_ctx_new();
        let (one, two) = (zmq_socket(context, 0), zmq_socket(context, 0));
        assert_eq!(zmq_bind(one, c"inproc://x".as_ptr()), 0);
        assert_eq!(zmq_connect(two, c"inproc://x".as_ptr()), 0);
        assert_eq!(zmq_send(one, b"hello".as_ptr().cast(), 5, 0), 5);
        assert_eq!(zmq_recv(two, text.as_mut_ptr().cast(), 5, 0), 5);
        assert_eq!([zmq_close(one), zmq_close(two), zmq_ctx_term(context)], [0; 3]);
    }
    println!("{}", String::from_utf8_lossy(&text));
}
