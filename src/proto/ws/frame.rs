//! Frames of WebSockets (RFC 6455 section 5, RFC 45 "Framing"). They are taken apart into frames as
//! ZMTP 2.0 and 3.x have them, and made from those.
//!
//! Each half is under the lock of its direction. Messages are never fragmented. A peer that
//! fragments, sends text, or masks where it must not breaks the protocol.
#![forbid(unsafe_code)]

use crate::msg::frame as wire;
use crate::proto::zmtp::frame::{FrameError, checked_len};

const FIN: u8 = 0x80;
const BINARY: u8 = 2;
const MASKED: u8 = 0x80;

/// Flag of a ZWS frame, before its body: more frames of the message follow.
const MORE: u8 = 1;
/// Flag of a ZWS frame: a command, not a message.
const COMMAND: u8 = 2;

/// The longest payload of a control frame.
pub const MAX_CONTROL: usize = 125;

/// Two bytes, eight of length, four of mask, and the flags.
pub(super) const LONGEST_HEADER: usize = 15;

/// The kind of a control frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Control {
    Close = 8,
    Ping = 9,
    Pong = 10,
}

impl Control {
    fn from_opcode(opcode: u8) -> Option<Control> {
        [Control::Close, Control::Ping, Control::Pong].into_iter().find(|c| *c as u8 == opcode)
    }

    /// The control frame with this payload in the form in which a connection queues it: its kind
    /// and its payload. A payload above [`MAX_CONTROL`] bytes is cut.
    pub fn queued(self, payload: &[u8]) -> Vec<u8> {
        [&[self as u8], payload.get(..MAX_CONTROL).unwrap_or(payload)].concat()
    }
}

/// Statuses of Close (RFC 6455 section 7.4).
pub const CLOSE_PROTOCOL_ERROR: [u8; 2] = 1002u16.to_be_bytes();
pub const CLOSE_TOO_BIG: [u8; 2] = 1009u16.to_be_bytes();

/// A mask, turned so that it begins with the byte for the next byte of the body.
type Mask = [u8; 4];

/// Masks or unmasks a run of bytes and moves the mask on.
fn apply(mask: &mut Mask, bytes: &mut [u8]) {
    if *mask == [0; 4] {
        return;
    }
    let [a, b, c, d] = *mask;
    let wide = u64::from_ne_bytes([a, b, c, d, a, b, c, d]);
    let (chunks, rest) = bytes.as_chunks_mut::<8>();
    for chunk in chunks {
        *chunk = (u64::from_ne_bytes(*chunk) ^ wide).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(mask.iter().cycle()) {
        *byte ^= mask;
    }
    mask.rotate_left(bytes.len() % 4);
}

/// The outbound half: a client masks, a server does not.
#[derive(Debug)]
pub struct Encoder {
    masks: Option<fastrand::Rng>,
}

impl Encoder {
    pub fn server() -> Encoder {
        Encoder { masks: None }
    }

    /// Masks differ with the seed, which a stranger should not be able to guess.
    pub fn client(seed: u64) -> Encoder {
        Encoder { masks: Some(fastrand::Rng::with_seed(seed)) }
    }

    /// Appends the frame that carries a frame of ZMTP with these flags (its MORE and COMMAND) and
    /// this body.
    pub fn append(&mut self, flags: u8, body: &[u8], out: &mut Vec<u8>) {
        let more = if flags & wire::MORE != 0 { MORE } else { 0 };
        let command = if flags & wire::COMMAND != 0 { COMMAND } else { 0 };
        self.put(BINARY, &[more | command], body, out);
    }

    /// Appends frames that are in wire form, one behind the other.
    pub fn append_wire(&mut self, mut frames: &[u8], out: &mut Vec<u8>) {
        while let Some((flags, body, rest)) = split(frames) {
            self.append(flags, body, out);
            frames = rest;
        }
    }

    /// Appends control frames that were [queued](Control::queued) as the bodies of commands.
    pub fn append_queued(&mut self, mut commands: &[u8], out: &mut Vec<u8>) {
        while let Some((_, queued, rest)) = split(commands) {
            if let Some((opcode, payload)) = queued.split_first()
                && let Some(control) = Control::from_opcode(*opcode)
            {
                self.append_control(control, payload, out);
            }
            commands = rest;
        }
    }

    /// Appends a control frame with at most [`MAX_CONTROL`] bytes of payload.
    pub fn append_control(&mut self, control: Control, payload: &[u8], out: &mut Vec<u8>) {
        self.put(control as u8, payload.get(..MAX_CONTROL).unwrap_or(payload), &[], out);
    }

    fn put(&mut self, opcode: u8, first: &[u8], second: &[u8], out: &mut Vec<u8>) {
        let len = first.len() + second.len();
        let masked = if self.masks.is_some() { MASKED } else { 0 };
        out.reserve(LONGEST_HEADER + len);
        out.push(FIN | opcode);
        match (u8::try_from(len), u16::try_from(len)) {
            (Ok(len @ ..=125), _) => out.push(masked | len),
            (_, Ok(len)) => {
                out.push(masked | 126);
                out.extend_from_slice(&len.to_be_bytes());
            }
            _ => {
                out.push(masked | 127);
                out.extend_from_slice(&(len as u64).to_be_bytes());
            }
        }
        let mut mask = [0; 4];
        if let Some(masks) = &mut self.masks {
            mask = masks.u32(..).to_ne_bytes();
            out.extend_from_slice(&mask);
        }
        let start = out.len();
        out.extend_from_slice(first);
        out.extend_from_slice(second);
        apply(&mut mask, out.get_mut(start..).unwrap_or_default());
    }
}

/// Splits frames in wire form: flags and body of the first, and the frames behind it.
fn split(frames: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let header = wire::parse(frames)?;
    let (_, rest) = frames.split_at_checked(header.header_len)?;
    let (body, rest) = rest.split_at_checked(usize::try_from(header.body_len).ok()?)?;
    Some((header.flags, body, rest))
}

/// The result of reading a piece of the stream.
#[derive(Debug, PartialEq, Eq)]
pub enum Step<'a> {
    /// The piece was used up, and a frame is not complete.
    Partial,
    /// A frame is complete.
    Frame,
    /// A control frame came, with this payload.
    Control(Control, &'a [u8]),
}

#[derive(Debug)]
enum State {
    /// The start of a header.
    Header,
    /// `left` bytes of a body are to come.
    Body { left: usize, mask: Mask },
    /// `left` bytes of a control frame's payload are to come; the payload is gathered.
    Control { control: Control, left: usize, mask: Mask },
}

/// The inbound half.
#[derive(Debug)]
pub struct Decoder {
    /// Whether the peer has to mask: it is the client.
    masked: bool,
    /// The longest body; negative is no limit.
    max: i64,
    state: State,
    /// Bytes of a header that is not complete.
    held: Vec<u8>,
    /// The bytes of the last control frame's payload that have come.
    payload: Vec<u8>,
}

struct Header {
    len: usize,
    mask: Mask,
    rest: Rest,
}

enum Rest {
    /// Flags, as ZMTP has them, and length of the body.
    Body(u8, usize),
    Control(Control, usize),
}

impl Decoder {
    /// Reads the frames of a client.
    pub fn server(max: i64) -> Decoder {
        Decoder::new(true, max)
    }

    /// Reads the frames of a server.
    pub fn client(max: i64) -> Decoder {
        Decoder::new(false, max)
    }

    fn new(masked: bool, max: i64) -> Decoder {
        Decoder { masked, max, state: State::Header, held: Vec::new(), payload: Vec::new() }
    }

    /// This decoder with another limit, from the next frame on.
    pub fn with_limit(self, max: i64) -> Decoder {
        Decoder { max, ..self }
    }

    /// Takes the bytes of the current frame from the start of `input`. Returns how many they were
    /// and what they led to. Appends the frame's bytes to `out` in wire form, the header as soon as
    /// it is known.
    ///
    /// # Errors
    /// The connection is over: [`FrameError::TooLarge`] before any of the body is read.
    #[inline]
    pub fn step<'a>(
        &'a mut self,
        input: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(usize, Step<'a>), FrameError> {
        match self.state {
            State::Header => self.header(input, out),
            State::Body { left, mask } => Ok(self.body(left, mask, input, out)),
            State::Control { control, left, mask } => Ok(self.control(control, left, mask, input)),
        }
    }

    /// Whether the last frame is complete.
    pub fn is_at_frame(&self) -> bool {
        matches!(self.state, State::Header) && self.held.is_empty()
    }

    /// Unmasks bytes of a body that were read past [`Decoder::step`], where they lie.
    pub fn pass(&mut self, bytes: &mut [u8]) {
        if let State::Body { left, mask } = &mut self.state {
            apply(mask, bytes);
            *left = left.saturating_sub(bytes.len());
            if *left == 0 {
                self.state = State::Header;
            }
        }
    }

    #[inline]
    fn header<'a>(
        &'a mut self,
        input: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(usize, Step<'a>), FrameError> {
        if !self.held.is_empty() {
            return self.held_header(input, out);
        }
        match self.parse(input)? {
            Some(header) => Ok(self.begin(header, input, out)),
            None => {
                self.held.extend_from_slice(input);
                Ok((input.len(), Step::Partial))
            }
        }
    }

    /// Reads a header that comes in pieces.
    #[cold]
    fn held_header<'a>(
        &'a mut self,
        input: &[u8],
        out: &mut Vec<u8>,
    ) -> Result<(usize, Step<'a>), FrameError> {
        let held = self.held.len();
        let more = input.get(..LONGEST_HEADER.saturating_sub(held)).unwrap_or(input);
        self.held.extend_from_slice(more);
        let Some(header) = self.parse(&self.held)? else { return Ok((more.len(), Step::Partial)) };
        self.held.clear();
        // The held bytes of the header were counted before.
        let header_len = header.len.saturating_sub(held);
        Ok(self.begin(Header { len: header_len, ..header }, input, out))
    }

    /// The header at the start of `bytes`, `None` until it is complete.
    fn parse(&self, bytes: &[u8]) -> Result<Option<Header>, FrameError> {
        let Some((first, rest)) = bytes.split_first() else { return Ok(None) };
        let control = Control::from_opcode(first & !FIN);
        if *first != FIN | BINARY && (first & FIN == 0 || control.is_none()) {
            return Err(FrameError::Malformed);
        }
        let Some((second, rest)) = rest.split_first() else { return Ok(None) };
        if (second & MASKED != 0) != self.masked {
            return Err(FrameError::Malformed);
        }
        let (len, rest) = match (second & !MASKED, control) {
            (126.., Some(_)) => return Err(FrameError::Malformed),
            (126, None) => match rest.split_first_chunk() {
                Some((len, rest)) => (u64::from(u16::from_be_bytes(*len)), rest),
                None => return Ok(None),
            },
            (127, None) => match rest.split_first_chunk() {
                Some((len, rest)) => (u64::from_be_bytes(*len), rest),
                None => return Ok(None),
            },
            (len, _) => (u64::from(len), rest),
        };
        let body_len = match control {
            Some(_) => len as usize,
            None => checked_len(len.checked_sub(1).ok_or(FrameError::Malformed)?, self.max)?,
        };
        let (mask, rest) = match (self.masked, rest.split_first_chunk()) {
            (true, Some((mask, rest))) => (*mask, rest),
            (true, None) => return Ok(None),
            (false, _) => ([0; 4], rest),
        };
        let before = bytes.len() - rest.len();
        if let Some(control) = control {
            return Ok(Some(Header { len: before, mask, rest: Rest::Control(control, body_len) }));
        }
        let Some(flags) = rest.first() else { return Ok(None) };
        let mut flags = [*flags];
        let mut mask = mask;
        apply(&mut mask, &mut flags);
        let more = if flags[0] & MORE != 0 { wire::MORE } else { 0 };
        let command = if flags[0] & COMMAND != 0 { wire::COMMAND } else { 0 };
        Ok(Some(Header { len: before + 1, mask, rest: Rest::Body(more | command, body_len) }))
    }

    /// Goes on behind a complete header.
    #[inline]
    fn begin<'a>(
        &'a mut self,
        header: Header,
        input: &[u8],
        out: &mut Vec<u8>,
    ) -> (usize, Step<'a>) {
        let Header { len: header_len, mask, rest } = header;
        let input = input.get(header_len..).unwrap_or_default();
        let (used, step) = match rest {
            Rest::Body(flags, left) => {
                let (header, header_len) = wire::encode(flags, left);
                out.extend_from_slice(header.get(..header_len).unwrap_or_default());
                self.body(left, mask, input, out)
            }
            Rest::Control(control, left) => {
                self.payload.clear();
                self.control(control, left, mask, input)
            }
        };
        (header_len + used, step)
    }

    #[inline]
    fn body<'a>(
        &'a mut self,
        left: usize,
        mut mask: Mask,
        input: &[u8],
        out: &mut Vec<u8>,
    ) -> (usize, Step<'a>) {
        let taken = input.get(..left).unwrap_or(input);
        let start = out.len();
        out.extend_from_slice(taken);
        apply(&mut mask, out.get_mut(start..).unwrap_or_default());
        if taken.len() == left {
            self.state = State::Header;
            return (taken.len(), Step::Frame);
        }
        self.state = State::Body { left: left - taken.len(), mask };
        (taken.len(), Step::Partial)
    }

    #[cold]
    fn control<'a>(
        &'a mut self,
        control: Control,
        left: usize,
        mut mask: Mask,
        input: &[u8],
    ) -> (usize, Step<'a>) {
        let taken = input.get(..left).unwrap_or(input);
        let start = self.payload.len();
        self.payload.extend_from_slice(taken);
        apply(&mut mask, self.payload.get_mut(start..).unwrap_or_default());
        if taken.len() < left {
            self.state = State::Control { control, left: left - taken.len(), mask };
            return (taken.len(), Step::Partial);
        }
        self.state = State::Header;
        (taken.len(), Step::Control(control, &self.payload))
    }
}
