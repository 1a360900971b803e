//! Joins pieces of any size to frames and messages. A plain value; the session that receives owns
//! it.
#![forbid(unsafe_code)]

use std::collections::VecDeque;

use crate::msg::Msg;
use crate::proto::zmtp::frame::{self, FrameError};
use crate::proto::zmtp::v1;

use super::{frame as message, stream};

/// A whole message: its frames, of which all but the last say that more follow.
pub type Message = Vec<Msg>;

/// Bytes of buffer that an idle source keeps.
const KEEP: usize = 16 * 1024;

/// The form of the frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// ZMTP 1.0 (RFC 13).
    V1,
    /// A byte that says whether a message begins, and a frame of ZMTP 2.0 (RFC 15).
    Marked,
}

/// See the module's documentation.
#[derive(Debug)]
pub struct Assembly {
    maxmsgsize: i64,
    /// Bytes of a frame that is not whole.
    begun: Vec<u8>,
    /// How many bytes that frame has, as soon as that is known.
    need: usize,
    /// Frames of a message that is not whole.
    frames: Message,
    /// The rest of a message whose beginning was not heard is dropped.
    skips: bool,
}

/// A frame in wire form: its size and its content.
struct Parsed {
    size: usize,
    body: usize,
    flags: u8,
    begins: bool,
}

impl Assembly {
    pub fn new(maxmsgsize: i64) -> Assembly {
        Assembly { maxmsgsize, begun: Vec::new(), need: 0, frames: Vec::new(), skips: false }
    }

    pub fn clear(&mut self) {
        self.begun = Vec::new();
        self.need = 0;
        self.frames.clear();
        self.skips = false;
    }

    /// Adds bytes, and adds complete messages to `heard`. `false`: these bytes are no frames.
    pub fn input(
        &mut self,
        mut bytes: &[u8],
        framing: Framing,
        heard: &mut VecDeque<Message>,
    ) -> bool {
        if !self.begun.is_empty() {
            if self.begun.try_reserve(bytes.len()).is_err() {
                return false;
            }
            self.begun.extend_from_slice(bytes);
            if self.begun.len() < self.need {
                return true;
            }
            let begun = core::mem::take(&mut self.begun);
            let understood = self.take_frames(&mut &begun[..], framing, heard);
            if self.begun.is_empty() && begun.capacity() <= KEEP {
                self.begun = begun;
                self.begun.clear();
            }
            return understood;
        }
        self.take_frames(&mut bytes, framing, heard)
    }

    /// Takes the complete frames, and keeps the rest.
    fn take_frames(
        &mut self,
        bytes: &mut &[u8],
        framing: Framing,
        heard: &mut VecDeque<Message>,
    ) -> bool {
        loop {
            let parsed = match parse(bytes, framing, self.maxmsgsize) {
                Ok(parsed) => parsed,
                Err(_) => return false,
            };
            self.need = parsed.as_ref().map_or(0, |parsed| parsed.size);
            let whole =
                parsed.and_then(|parsed| Some((bytes.split_at_checked(self.need)?, parsed)));
            let Some(((frame, rest), parsed)) = whole else {
                if self.begun.try_reserve(bytes.len()).is_err() {
                    return false;
                }
                self.begun.extend_from_slice(bytes);
                return true;
            };
            let body = frame.get(parsed.body..).unwrap_or_default();
            if !self.take_frame(&parsed, body, framing, heard) {
                return false;
            }
            *bytes = rest;
        }
    }

    fn take_frame(
        &mut self,
        parsed: &Parsed,
        body: &[u8],
        framing: Framing,
        heard: &mut VecDeque<Message>,
    ) -> bool {
        if framing == Framing::Marked {
            if parsed.begins {
                // A message begins, so the one before has lost its end.
                self.frames.clear();
                self.skips = false;
            } else if self.frames.is_empty() {
                self.skips = true;
            }
        }
        // A listener cannot answer commands, so they are dropped.
        if self.skips || parsed.flags & frame::COMMAND != 0 {
            return true;
        }
        let more = parsed.flags & frame::MORE != 0;
        let Some(msg) = message(more, body) else { return false };
        self.frames.push(msg);
        if !more {
            heard.push_back(core::mem::take(&mut self.frames));
        }
        true
    }
}

/// The frame at the start of `bytes`, whose header at least is complete.
fn parse(bytes: &[u8], framing: Framing, maxmsgsize: i64) -> Result<Option<Parsed>, FrameError> {
    let (mark, begins, header) = match framing {
        Framing::V1 => (0, false, v1::parse_header(bytes, maxmsgsize)?),
        Framing::Marked => {
            let Some((mark, rest)) = bytes.split_first() else { return Ok(None) };
            let begins = match *mark {
                stream::BEGINS => true,
                stream::CONTINUES => false,
                _ => return Err(FrameError::Malformed),
            };
            (1, begins, frame::parse_header(rest, maxmsgsize)?)
        }
    };
    Ok(header.map(|header| Parsed {
        size: mark + header.header_len + header.body_len,
        body: mark + header.header_len,
        flags: header.flags,
        begins,
    }))
}
