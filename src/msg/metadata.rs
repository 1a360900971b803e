//! Properties of a received message (`zmq_msg_gets`): immutable, shared by all messages of a
//! connection.
#![forbid(unsafe_code)]

use core::ffi::CStr;
use std::ffi::CString;

/// Names and values; the first entry of a name wins.
#[derive(Debug, Default)]
pub struct Metadata {
    entries: Vec<(Vec<u8>, CString)>,
}

impl Metadata {
    /// Adds a property. A value is cut at its first NUL, as a C string has to be.
    pub fn insert(&mut self, name: &[u8], value: &[u8]) {
        let text: Vec<u8> = value.iter().copied().take_while(|byte| *byte != 0).collect();
        if let Ok(value) = CString::new(text) {
            self.entries.push((name.to_vec(), value));
        }
    }

    /// The value of the property with exactly this name.
    pub fn get(&self, name: &[u8]) -> Option<&CStr> {
        self.entries.iter().find(|entry| entry.0 == name).map(|entry| entry.1.as_c_str())
    }
}
