//! Datagrams of PGM (`zmq_pgm`(7) "Wire format"). Each has 16 bits for the place where its first
//! message begins, or `FFFF` if none does. A piece of a stream of ZMTP 1.0 frames follows. A plain
//! value.
#![forbid(unsafe_code)]

use std::collections::VecDeque;

use crate::proto::zmtp::v1;

/// No message begins in the datagram.
const NONE: u16 = u16::MAX;

/// Bytes of the offset.
const HEAD: usize = 2;

/// Bytes that went out and are kept, so that the bytes behind them are not moved each time.
const SPENT: usize = 64 * 1024;

/// The sender's side.
#[derive(Debug)]
pub struct Datagrams {
    /// Bytes of frames in a datagram.
    piece: usize,
    stream: Vec<u8>,
    /// How many bytes of the stream went out.
    spent: usize,
    /// Where messages begin in the stream.
    starts: VecDeque<usize>,
    /// Whether the last frame was not the last of its message.
    inside: bool,
    /// The datagram that is on its way.
    unit: Vec<u8>,
}

impl Datagrams {
    /// Makes datagrams of at most `capacity` bytes; of three, if that is less.
    pub fn new(capacity: usize) -> Datagrams {
        let piece = capacity.saturating_sub(HEAD).clamp(1, usize::from(NONE) - 1);
        Datagrams {
            piece,
            stream: Vec::new(),
            spent: 0,
            starts: VecDeque::new(),
            inside: false,
            unit: Vec::new(),
        }
    }

    pub fn has_room(&self) -> bool {
        self.stream.len() - self.spent < self.piece
    }

    pub fn add(&mut self, more: bool, body: &[u8]) {
        if !core::mem::replace(&mut self.inside, more) {
            self.starts.push_back(self.stream.len());
        }
        v1::append(more, body, &mut self.stream);
    }

    pub fn unit(&mut self) -> &[u8] {
        if self.unit.is_empty() {
            self.fill();
        }
        &self.unit
    }

    fn fill(&mut self) {
        let waiting = self.stream.get(self.spent..).unwrap_or_default();
        let piece = waiting.get(..self.piece).unwrap_or(waiting);
        if piece.is_empty() {
            return;
        }
        let end = self.spent + piece.len();
        let start = self.starts.front().filter(|start| **start < end);
        let offset = start.and_then(|start| u16::try_from(start - self.spent).ok()).unwrap_or(NONE);
        self.unit.extend_from_slice(&offset.to_be_bytes());
        self.unit.extend_from_slice(piece);
        while self.starts.front().is_some_and(|start| *start < end) {
            self.starts.pop_front();
        }
        self.spent = end;
        self.forget();
    }

    fn forget(&mut self) {
        if self.spent == self.stream.len() {
            self.stream.clear();
            self.stream.shrink_to(SPENT);
        } else if self.spent > SPENT && self.spent > self.stream.len() / 2 {
            self.stream.drain(..self.spent);
            self.starts.iter_mut().for_each(|start| *start -= self.spent);
        } else {
            return;
        }
        self.spent = 0;
    }

    /// Ends the datagram, which goes out as a whole.
    pub fn sent(&mut self, _bytes: usize) -> bool {
        self.unit.clear();
        true
    }

    pub fn is_empty(&self) -> bool {
        self.unit.is_empty() && self.stream.is_empty()
    }
}

/// The content of a datagram.
pub struct Opened<'a> {
    pub all: &'a [u8],
    /// The bytes from the first message's beginning on, if the caller asked for them and one
    /// begins.
    pub from_start: Option<&'a [u8]>,
}

/// Takes a datagram apart; `None` if it is malformed.
pub fn open(bytes: &[u8], from_start: bool) -> Option<Opened<'_>> {
    let (offset, all) = bytes.split_first_chunk()?;
    let offset = u16::from_be_bytes(*offset);
    if !from_start || offset == NONE {
        return Some(Opened { all, from_start: None });
    }
    Some(Opened { all, from_start: Some(all.get(usize::from(offset)..)?) })
}
