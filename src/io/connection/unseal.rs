//! Encrypted frames (RFC 26, RFC 38) on their way in: they are opened in the read buffer and moved
//! together there. So later steps see frames as a peer without encryption sends them.
//!
//! Part of the inbound direction, under the connection's `rx` lock.
#![forbid(unsafe_code)]

use std::ops::Range;

use crate::io::connection::Cause;
use crate::io::connection::partial::Partial;
use crate::proto::mechanism::Opener;
use crate::proto::zmtp::frame::{self, COMMAND, Header, SMALL_COMMAND};

/// Opens frames, and keeps the start of one that has not come as a whole.
pub struct Unsealing {
    opener: Opener,
    pub kept: Partial,
}

/// The outcome of opening a piece of the stream.
pub struct Opened {
    /// Bytes of opened frames, from the start of the piece.
    pub plain: usize,
    /// Bytes of the piece that these came from.
    pub used: usize,
    /// The header of an incomplete frame behind them, if it has come.
    pub next: Option<Header>,
    /// Why the frame behind them does not open.
    pub failure: Option<Cause>,
}

impl Unsealing {
    pub fn new(opener: Opener) -> Self {
        Unsealing { opener, kept: Partial::default() }
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
            let header = frame::parse_header(rest, with_commands(max));
            let header = header.map_err(|error| Cause::Protocol(error.errno()))?;
            let Some(header) = header else { return Ok(()) };
            let start = at.used + header.header_len;
            let end = start + header.body_len;
            let Some(body) = bytes.get_mut(start..end) else {
                at.next = Some(header);
                return Ok(());
            };
            let (flags, inner) = self.opener.open(body).map_err(Cause::Violation)?;
            if flags & COMMAND == 0 {
                frame::checked_len(header.body_len as u64, max)
                    .map_err(|error| Cause::Protocol(error.errno()))?;
            }
            let inner = start + inner.start..start + inner.end;
            at.plain += move_frame(bytes, at.plain, flags, inner);
            at.used = end;
        }
    }

    /// Opens a frame whose body came on its own; returns the bytes of the plain frame.
    pub fn open_body<'a>(&mut self, body: &'a mut [u8]) -> Result<&'a [u8], Cause> {
        let (flags, inner) = self.opener.open(body).map_err(Cause::Violation)?;
        let len = move_frame(body, 0, flags, inner);
        Ok(body.get(..len).unwrap_or_default())
    }
}

/// The size limit before a frame is opened: whether it is a message is known only afterwards.
fn with_commands(max: i64) -> i64 {
    if max < 0 { max } else { max.max(SMALL_COMMAND as i64) }
}

/// Writes a header at `to` and moves the body that lies at `from` behind it. There is room,
/// because an encrypted frame is longer than a plain one. Returns the frame's length.
fn move_frame(bytes: &mut [u8], to: usize, flags: u8, from: Range<usize>) -> usize {
    let len = from.len();
    let (header, header_len) = crate::msg::frame::encode(flags, len);
    if let (Some(space), Some(header)) =
        (bytes.get_mut(to..to + header_len), header.get(..header_len))
    {
        space.copy_from_slice(header);
    }
    bytes.copy_within(from, to + header_len);
    header_len + len
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::{BoxKey, SecretKey};
    use crate::error::Errno;
    use crate::proto::HandshakeError;
    use crate::proto::mechanism::curve::{Sealer, Sealing};
    use crate::proto::zmtp::frame::MORE;

    fn both() -> (Box<Sealer>, Unsealing) {
        let key = BoxKey::own(&SecretKey::new([5; 32]));
        let (there, here) = (Sealing::new(&key, false, 2, 1), Sealing::new(&key, true, 1, 2));
        (there.outgoing, Unsealing::new(Opener::Curve(here.incoming)))
    }

    /// Frames as a peer without encryption sends them, and their encrypted form.
    fn frames(sealer: &mut Sealer) -> (Vec<u8>, Vec<u8>) {
        let (mut plain, mut sealed) = (Vec::new(), Vec::new());
        for (at, len) in [0, 1, 40, 222, 223, 255, 256, 3000, 9].into_iter().enumerate() {
            let flags = if len == 9 { COMMAND } else { [0, MORE][at % 2] };
            let body = vec![at as u8; len];
            frame::append(flags, &body, &mut plain);
            sealer.append(flags, &body, &mut sealed).unwrap();
        }
        (plain, sealed)
    }

    #[test]
    fn pieces_of_any_size_give_the_plain_frames() {
        for size in [1, 2, 7, 33, 34, 100, 5000] {
            let (mut sealer, mut unsealing) = both();
            let (plain, sealed) = frames(&mut sealer);
            let mut out = Vec::new();
            for piece in sealed.chunks(size) {
                if unsealing.kept.lacks(piece.len()) {
                    unsealing.kept.append(piece).unwrap();
                    continue;
                }
                let mut buffer = [unsealing.kept.rest(), piece].concat();
                let opened = unsealing.open(&mut buffer, -1);
                assert!(opened.failure.is_none());
                out.extend_from_slice(&buffer[..opened.plain]);
                let needed = opened.next.map_or(0, |next| next.header_len + next.body_len);
                unsealing.kept.keep(&buffer[opened.used..], needed).unwrap();
            }
            assert_eq!(out, plain, "{size}");
            assert_eq!(unsealing.kept.len(), 0);
        }
    }

    #[test]
    fn what_comes_before_a_bad_frame_counts() {
        let (mut sealer, mut unsealing) = both();
        let (plain, mut sealed) = frames(&mut sealer);
        let good = sealed.len();
        sealer.append(0, b"last", &mut sealed).unwrap();
        *sealed.last_mut().unwrap() ^= 1;
        let opened = unsealing.open(&mut sealed, -1);
        assert_eq!(sealed[..opened.plain], plain);
        assert_eq!(opened.used, good);
        assert_eq!(opened.failure, Some(Cause::Violation(HandshakeError::CRYPTOGRAPHIC)));
    }

    #[test]
    fn flags_that_nobody_sealed_do_not_count() {
        let (mut sealer, mut unsealing) = both();
        let mut sealed = Vec::new();
        sealer.append(0, b"body", &mut sealed).unwrap();
        sealed[0] = MORE | COMMAND;
        let opened = unsealing.open(&mut sealed, -1);
        assert_eq!(sealed[..opened.plain], *b"\0\x04body");
    }

    #[test]
    fn the_limit_is_for_what_travels() {
        let (mut sealer, mut unsealing) = both();
        let mut sealed = Vec::new();
        sealer.append(0, &[7; 100], &mut sealed).unwrap();
        sealer.append(0, &[7; 101], &mut sealed).unwrap();
        let opened = unsealing.open(&mut sealed, 133);
        assert_eq!(opened.plain, 102);
        assert_eq!(opened.failure, Some(Cause::Protocol(Errno::EMSGSIZE)));
    }

    #[test]
    fn the_limit_is_not_for_commands() {
        let (mut sealer, mut unsealing) = both();
        let mut sealed = Vec::new();
        sealer.append(COMMAND, &[7; 100], &mut sealed).unwrap();
        sealer.append(0, b"", &mut sealed).unwrap();
        let opened = unsealing.open(&mut sealed, 1);
        assert_eq!(sealed[..opened.plain].len(), 102);
        assert_eq!(opened.failure, Some(Cause::Protocol(Errno::EMSGSIZE)));
    }

    #[test]
    fn a_long_frame_on_its_own() {
        let (mut sealer, mut unsealing) = both();
        let mut sealed = Vec::new();
        sealer.append(MORE, &[7; 9000], &mut sealed).unwrap();
        let opened = unsealing.open(&mut sealed.clone()[..5000], -1);
        let header = opened.next.unwrap();
        assert_eq!((opened.used, header.body_len), (0, 9033));
        let mut expected = Vec::new();
        frame::append(MORE, &[7; 9000], &mut expected);
        let mut body = sealed.split_off(header.header_len);
        assert_eq!(unsealing.open_body(&mut body).unwrap(), expected);
        assert!(unsealing.open_body(&mut body).is_err());
    }
}
