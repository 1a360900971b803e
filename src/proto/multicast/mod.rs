//! What multicast transports carry (`zmq_pgm`(7) "Wire format", and the form of NORM streams that is
//! in use): frames of messages for whoever listens, in a stream that listeners may join at any time
//! and of which they may lose some.
//!
//! Values. [`Packing`] is the sender's side; each source that a listener hears has an [`Unpacking`] of its
//! own, so what several say at once is not mixed.
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

/// Which of the two forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// PGM: datagrams of at most so many bytes.
    Datagrams { capacity: usize },
    /// NORM: a stream with marks between the frames.
    Stream,
}

/// Frames on their way out, as units: a datagram, or what stands between two marks of a stream.
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

    /// What is left of the unit that goes out next; nothing when there is none. From here on the unit
    /// stays as it is until all of it was [`sent`](Packing::sent).
    pub fn unit(&mut self) -> &[u8] {
        match self {
            Packing::Datagrams(datagrams) => datagrams.unit(),
            Packing::Stream(stream) => stream.unit(),
        }
    }

    /// So many bytes of the unit went out; whether that was the end of it.
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

/// What one source says.
#[derive(Debug)]
pub struct Unpacking {
    form: Form,
    assembly: Assembly,
    joined: bool,
}

impl Unpacking {
    /// A source that is heard from the middle. Frames above `maxmsgsize` bytes, if that is not negative,
    /// are no messages.
    pub fn new(form: Form, maxmsgsize: i64) -> Unpacking {
        Unpacking { form, assembly: Assembly::new(maxmsgsize), joined: false }
    }

    /// Takes a datagram, or any number of bytes of a stream, and adds the messages that are whole to `heard`.
    /// `false`: that was nonsense, and a stream has to be taken up again at a mark.
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

    /// Some of what the source said was lost: what was begun is dropped.
    pub fn lost(&mut self) {
        self.joined = false;
        self.assembly.clear();
    }
}

/// A frame as a message, or none for want of memory.
fn frame(more: bool, body: &[u8]) -> Option<Msg> {
    let mut msg = Msg::copy_of(body).ok()?;
    msg.set_more(more);
    Some(msg)
}

#[cfg(test)]
mod tests;
