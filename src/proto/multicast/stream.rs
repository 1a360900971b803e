//! Streams of NORM. Each frame is one of ZMTP 2.0 (RFC 15) behind a byte that says whether a
//! message begins with it. It ends at a mark of the stream. A plain value.
#![forbid(unsafe_code)]

use std::collections::VecDeque;

use crate::msg::frame;

use super::assembly::{Assembly, Framing, Message};

/// The byte before the first frame of a message.
pub const BEGINS: u8 = 0;
/// The byte before a further frame of a message.
pub const CONTINUES: u8 = 0xff;

/// Bytes of a frame's buffer that are kept for the next.
const KEEP: usize = 64 * 1024;

/// The sender's side: one frame at a time.
#[derive(Debug, Default)]
pub struct Stream {
    unit: Vec<u8>,
    /// How many bytes of the frame went out.
    spent: usize,
    /// Whether the last frame was not the last of its message.
    inside: bool,
}

impl Stream {
    pub fn has_room(&self) -> bool {
        self.unit.is_empty()
    }

    pub fn add(&mut self, more: bool, body: &[u8]) {
        let inside = core::mem::replace(&mut self.inside, more);
        self.unit.push(if inside { CONTINUES } else { BEGINS });
        let (header, header_len) = frame::encode(if more { frame::MORE } else { 0 }, body.len());
        self.unit.extend_from_slice(header.get(..header_len).unwrap_or_default());
        self.unit.extend_from_slice(body);
    }

    pub fn unit(&self) -> &[u8] {
        self.unit.get(self.spent..).unwrap_or_default()
    }

    pub fn sent(&mut self, bytes: usize) -> bool {
        self.spent += bytes;
        if self.spent < self.unit.len() {
            return false;
        }
        self.unit.clear();
        self.unit.shrink_to(KEEP);
        self.spent = 0;
        true
    }

    pub fn is_empty(&self) -> bool {
        self.unit.is_empty()
    }
}

/// Takes bytes that follow the last ones, or a mark.
pub fn input(assembly: &mut Assembly, bytes: &[u8], heard: &mut VecDeque<Message>) -> bool {
    assembly.input(bytes, Framing::Marked, heard)
}
