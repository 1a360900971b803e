//! MESSAGE of GSSAPI (RFC 38): how each frame travels when the handshake is done.
//!
//! A frame's body is `"\x07MESSAGE"`, a length of four bytes, and a token that holds one byte of
//! flags and the body proper. Each direction has its own half, under that direction's lock; both
//! halves share one context.
#![forbid(unsafe_code)]

use std::ops::Range;

use super::{MESSAGE, after_length, counted};
use crate::crypto::gssapi::{Buffer, Session};
use crate::error::{Errno, Result};
use crate::proto::HandshakeError;
use crate::proto::mechanism::split_command;
use crate::proto::zmtp::frame;

/// Bytes before the token.
const HEAD: usize = MESSAGE.len() + 4;

/// The flags inside the token.
const MORE: u8 = 1;
const COMMAND: u8 = 2;
/// A subscription that is no command: the topic follows. No peer has to send it.
const SUBSCRIBE: u8 = 4;
const CANCEL: u8 = 8;

/// The body of a MESSAGE that carries a frame with these flags and this body.
///
/// # Errors
/// `EACCES` when the context has ended, `ENOMEM`, `EMSGSIZE`.
pub(super) fn seal(session: &Session, flags: u8, body: &[u8]) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    content.try_reserve_exact(1 + body.len())?;
    content.push(inner_flags(flags));
    content.extend_from_slice(body);
    counted(MESSAGE, &session.wrap(&content)?)
}

fn inner_flags(flags: u8) -> u8 {
    let more = if flags & frame::MORE != 0 { MORE } else { 0 };
    let command = if flags & frame::COMMAND != 0 { COMMAND } else { 0 };
    more | command
}

/// The content of a MESSAGE: one byte of flags and the body.
///
/// # Errors
/// The body is no MESSAGE, was changed, or came before.
pub(super) fn open(session: &Session, body: &[u8]) -> std::result::Result<Buffer, HandshakeError> {
    let opened = session.unwrap(token(body)?).map_err(|_| HandshakeError::CRYPTOGRAPHIC)?;
    if opened.is_empty() { Err(HandshakeError::MALFORMED_MESSAGE) } else { Ok(opened) }
}

fn token(body: &[u8]) -> std::result::Result<&[u8], HandshakeError> {
    let Some(data) = body.strip_prefix(MESSAGE) else {
        return Err(split_command(body).err().unwrap_or(HandshakeError::UNEXPECTED_COMMAND));
    };
    after_length(data).ok_or(HandshakeError::MALFORMED_MESSAGE)
}

/// The outbound half.
#[derive(Debug)]
pub struct Sealer(Session);

impl Sealer {
    pub(super) fn new(session: Session) -> Self {
        Sealer(session)
    }

    /// Appends the frame that carries a frame with these `flags` ([`frame::MORE`] and
    /// [`frame::COMMAND`]) and this body.
    ///
    /// # Errors
    /// `EACCES` when the context has ended, `ENOMEM`, `EMSGSIZE`. Nothing was appended.
    pub fn append(&mut self, flags: u8, body: &[u8], out: &mut Vec<u8>) -> Result<()> {
        let message = seal(&self.0, flags, body)?;
        out.try_reserve(frame::MAX_HEADER + message.len())?;
        let (header, header_len) = crate::msg::frame::encode(0, message.len());
        out.extend_from_slice(header.get(..header_len).unwrap_or_default());
        out.extend_from_slice(&message);
        Ok(())
    }
}

/// The inbound half.
#[derive(Debug)]
pub struct Opener(Session);

impl Opener {
    pub(super) fn new(session: Session) -> Self {
        Opener(session)
    }

    /// Opens the body of a frame. Gives the flags ([`frame::MORE`] and [`frame::COMMAND`]) of the
    /// frame that it carries, and where in `body` that frame's body is now.
    ///
    /// # Errors
    /// The connection is over: the body is no MESSAGE, came before, or was changed.
    pub fn open(
        &mut self,
        body: &mut [u8],
    ) -> std::result::Result<(u8, Range<usize>), HandshakeError> {
        let opened = open(&self.0, body)?;
        let (flags, parts) = carried(&opened);
        let place = place(body, parts).ok_or(HandshakeError::MALFORMED_MESSAGE)?;
        Ok((flags, place))
    }
}

/// The frame in the content of a token: its flags, and its body in two parts.
fn carried(content: &[u8]) -> (u8, [&[u8]; 2]) {
    let (flags, body) = content.split_first().unwrap_or((&0, &[]));
    match *flags {
        flags if flags & SUBSCRIBE != 0 => (frame::COMMAND, [b"\x09SUBSCRIBE", body]),
        flags if flags & CANCEL != 0 => (frame::COMMAND, [b"\x06CANCEL", body]),
        flags => {
            let more = if flags & MORE != 0 { frame::MORE } else { 0 };
            let command = if flags & COMMAND != 0 { frame::COMMAND } else { 0 };
            (more | command, [&[], body])
        }
    }
}

/// Puts the parts where the token was. They fit, since a token is longer than its content by more
/// than the name of a command.
fn place(body: &mut [u8], parts: [&[u8]; 2]) -> Option<Range<usize>> {
    let end = HEAD + parts.iter().map(|part| part.len()).sum::<usize>();
    let mut space = body.get_mut(HEAD..end)?;
    for part in parts {
        let (taken, rest) = space.split_at_mut_checked(part.len())?;
        taken.copy_from_slice(part);
        space = rest;
    }
    Some(HEAD..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_have_exactly_their_length() {
        assert_eq!(token(b"\x07MESSAGE\0\0\0\x03abc"), Ok(b"abc".as_slice()));
        for bad in [b"\x07MESSAGE\0\0\0\x02abc".as_slice(), b"\x07MESSAGE\0\0\0\x04abc", MESSAGE] {
            assert_eq!(token(bad), Err(HandshakeError::MALFORMED_MESSAGE));
        }
        assert_eq!(token(b"\x05READY"), Err(HandshakeError::UNEXPECTED_COMMAND));
        for bad in [b"".as_slice(), b"\x09MESSAGE", b"\0"] {
            assert_eq!(token(bad), Err(HandshakeError::MALFORMED_COMMAND));
        }
    }

    #[test]
    fn what_the_flags_mean() {
        assert_eq!(carried(b"\x00body"), (0, [&b""[..], b"body"]));
        assert_eq!(carried(b"\x01body"), (frame::MORE, [&b""[..], b"body"]));
        assert_eq!(carried(b"\x02\x04PING"), (frame::COMMAND, [&b""[..], b"\x04PING"]));
        assert_eq!(carried(b"\x04top"), (frame::COMMAND, [&b"\x09SUBSCRIBE"[..], b"top"]));
        assert_eq!(carried(b"\x08top"), (frame::COMMAND, [&b"\x06CANCEL"[..], b"top"]));
        assert_eq!((inner_flags(frame::MORE), inner_flags(frame::COMMAND)), (MORE, COMMAND));
    }

    #[test]
    fn content_is_put_behind_the_head() {
        let mut body = *b"\x07MESSAGE\0\0\0\x0btokentokent";
        let place_of =
            |body: &mut [u8], parts| place(body, parts).map(|place| body[place].to_vec());
        assert_eq!(place_of(&mut body, [b"ab", b"cdef"]), Some(b"abcdef".to_vec()));
        assert_eq!(place_of(&mut body, [b"", b""]), Some(Vec::new()));
        assert_eq!(place_of(&mut body, [b"0123456", b"789ab"]), None);
    }
}
