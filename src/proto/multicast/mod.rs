//! The content of multicast transports: frames of messages for any number of listeners
//! (`zmq_pgm`(7) "Wire format", and the form of NORM streams in use). Listeners may join the stream
//! at any time, and may lose some of it.
//!
//! Plain values. [`Packing`] is the sender's side. A listener has an [`Unpacking`] for each source
//! that it hears, so the frames of several sources are not mixed.
#![forbid(unsafe_code)]

mod assembly;
mod datagrams;
mod stream;

pub use assembly::Message;

use assembly::Assembly;
use datagrams::Datagrams;
use stream::Stream;

use std::collections::VecDeque;

use crate::msg::Msg;

/// Chooses between the two forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// PGM: datagrams of at most `capacity` bytes.
    Datagrams { capacity: usize },
    /// NORM: a stream with marks between the frames.
    Stream,
}

/// Frames on their way out, in units: a datagram, or the bytes between two marks of a stream.
#[derive(Debug)]
pub enum Packing {
    Datagrams(Datagrams),
    Stream(Stream),
}

impl Packing {
    pub fn new(form: Form) -> Packing {
        match form {
            Form::Datagrams { capacity } => Packing::Datagrams(Datagrams::new(capacity)),
            Form::Stream => Packing::Stream(Stream::default()),
        }
    }

    /// Whether another frame has room in the unit that is being made.
    pub fn has_room(&self) -> bool {
        match self {
            Packing::Datagrams(datagrams) => datagrams.has_room(),
            Packing::Stream(stream) => stream.has_room(),
        }
    }

    /// Adds a frame.
    pub fn add(&mut self, more: bool, body: &[u8]) {
        match self {
            Packing::Datagrams(datagrams) => datagrams.add(more, body),
            Packing::Stream(stream) => stream.add(more, body),
        }
    }

    /// The rest of the unit that goes out next; empty when there is none. From here on the unit
    /// does not change until all of it was [`sent`](Packing::sent).
    pub fn unit(&mut self) -> &[u8] {
        match self {
            Packing::Datagrams(datagrams) => datagrams.unit(),
            Packing::Stream(stream) => stream.unit(),
        }
    }

    /// Counts `bytes` of the unit as gone out; returns whether that was the end of it.
    pub fn sent(&mut self, bytes: usize) -> bool {
        match self {
            Packing::Datagrams(datagrams) => datagrams.sent(bytes),
            Packing::Stream(stream) => stream.sent(bytes),
        }
    }

    pub fn is_empty(&self) -> bool {
        match self {
            Packing::Datagrams(datagrams) => datagrams.is_empty(),
            Packing::Stream(stream) => stream.is_empty(),
        }
    }
}

/// The frames of one source.
#[derive(Debug)]
pub struct Unpacking {
    form: Form,
    assembly: Assembly,
    joined: bool,
}

impl Unpacking {
    /// A source that is heard from the middle. Frames above `maxmsgsize` bytes, if that is not
    /// negative, are no messages.
    pub fn new(form: Form, maxmsgsize: i64) -> Unpacking {
        Unpacking { form, assembly: Assembly::new(maxmsgsize), joined: false }
    }

    /// Takes a datagram, or any number of bytes of a stream, and adds the complete messages to
    /// `heard`. `false`: the bytes were malformed, and the caller has to rejoin a stream at a mark.
    pub fn input(&mut self, bytes: &[u8], heard: &mut VecDeque<Message>) -> bool {
        let understood = match self.form {
            Form::Datagrams { .. } => self.datagram(bytes, heard),
            Form::Stream => stream::input(&mut self.assembly, bytes, heard),
        };
        if !understood {
            self.lost();
        }
        understood
    }

    fn datagram(&mut self, bytes: &[u8], heard: &mut VecDeque<Message>) -> bool {
        let Some(mut frames) = datagrams::open(bytes, !self.joined) else { return false };
        if let Some(from_start) = frames.from_start.take() {
            self.joined = true;
            return self.assembly.input(from_start, assembly::Framing::V1, heard);
        }
        !self.joined || self.assembly.input(frames.all, assembly::Framing::V1, heard)
    }

    /// Some of the source's bytes were lost: drops the message that was begun.
    pub fn lost(&mut self) {
        self.joined = false;
        self.assembly.clear();
    }
}

/// A frame as a message, or `None` without memory.
fn frame(more: bool, body: &[u8]) -> Option<Msg> {
    let mut msg = Msg::copy_of(body).ok()?;
    msg.set_more(more);
    Some(msg)
}

#[cfg(test)]
mod tests;
