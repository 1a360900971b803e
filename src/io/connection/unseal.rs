//! Encrypted frames (RFC 26) on their way in: they are opened in the read buffer and moved
//! together there, so that what follows sees frames as a peer without encryption sends them.
//!
//! Part of the inbound direction, under the connection's `rx` lock.
#![forbid(unsafe_code)]

use crate::error::Errno;
use crate::io::connection::Cause;
use crate::proto::mechanism::curve::{OVERHEAD, Opener};
use crate::proto::zmtp::frame::{self, Header};

/// What opens frames, and the start of one that has not come as a whole.
pub struct Unsealing {
    opener: Box<Opener>,
    pub kept: Vec<u8>,
}

/// What became of a piece of the stream.
pub struct Opened {
    /// Bytes of opened frames, from the start of the piece.
    pub plain: usize,
    /// Bytes of the piece that these came from.
    pub used: usize,
    /// The header of an incomplete frame behind them, when it is there.
    pub next: Option<Header>,
    /// Why the frame behind them does not open.
    pub failure: Option<Cause>,
}

impl Unsealing {
    pub fn new(opener: Box<Opener>) -> Self {
        Unsealing { opener, kept: Vec::new() }
    }

    /// Opens the whole frames in `bytes`; `max` is the largest body, as it travels.
    pub fn open(&mut self, bytes: &mut [u8], max: i64) -> Opened {
        let mut opened = Opened { plain: 0, used: 0, next: None, failure: None };
        opened.failure = self.open_each(bytes, max, &mut opened).err();
        opened
    }

    fn open_each(&mut self, bytes: &mut [u8], max: i64, at: &mut Opened) -> Result<(), Cause> {
        loop {
            let rest = bytes.get(at.used..).unwrap_or_default();
            let header = frame::parse_header(rest, max);
            let header = header.map_err(|error| Cause::Protocol(error.errno()))?;
            let Some(header) = header else { return Ok(()) };
            let start = at.used + header.header_len;
            let end = start + header.body_len;
            let Some(body) = bytes.get_mut(start..end) else {
                at.next = Some(header);
                return Ok(());
            };
            let flags = self.opener.open(body).map_err(Cause::Violation)?;
            at.plain += move_frame(bytes, at.plain, flags, start + OVERHEAD, end);
            at.used = end;
        }
    }

    /// Opens a frame whose body came on its own: gives the bytes of the plain frame.
    pub fn open_body<'a>(&mut self, body: &'a mut [u8]) -> Result<&'a [u8], Cause> {
        let flags = self.opener.open(body).map_err(Cause::Violation)?;
        let end = body.len();
        let len = move_frame(body, 0, flags, OVERHEAD, end);
        Ok(body.get(..len).unwrap_or_default())
    }

    /// Keeps the start of a frame for the next piece.
    pub fn keep(&mut self, rest: &[u8]) -> Result<(), Cause> {
        self.kept.clear();
        if rest.is_empty() {
            self.kept = Vec::new();
            return Ok(());
        }
        self.kept.try_reserve_exact(rest.len()).map_err(|_| Cause::Connection(Errno::ENOMEM))?;
        self.kept.extend_from_slice(rest);
        Ok(())
    }
}

/// Writes a header at `to` and moves the body that lies in `start..end` behind it. There is room,
/// because an encrypted frame is longer than a plain one. Returns the frame's length.
fn move_frame(bytes: &mut [u8], to: usize, flags: u8, start: usize, end: usize) -> usize {
    let len = end.saturating_sub(start);
    let (header, header_len) = crate::msg::frame::encode(flags, len);
    if let (Some(space), Some(header)) =
        (bytes.get_mut(to..to + header_len), header.get(..header_len))
    {
        space.copy_from_slice(header);
    }
    bytes.copy_within(start..end, to + header_len);
    header_len + len
}
