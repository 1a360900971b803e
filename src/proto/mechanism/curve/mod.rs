//! CURVE (RFC 26): each side proves its long-term key, and everything after the handshake is
//! encrypted with keys that end with the connection.
//!
//! HELLO, WELCOME, INITIATE, READY, then MESSAGE for every frame. Long-term keys are called C and
//! S, short-term ones C' and S', the secret halves c, s, c', s'. The values here are part of a
//! connection's handshake or of one of its directions, under the lock of either. The caller hands
//! in the random bytes, so equal bytes make equal handshakes.
#![forbid(unsafe_code)]

mod client;
mod cookie;
mod message;
mod server;
#[cfg(test)]
mod tests;

pub use client::{ClientEntropy, ClientKeys, CurveClient};
pub use message::{OVERHEAD, Opener, Sealer, Sealing};
pub use server::{CurveServer, ServerEntropy};

use crate::crypto::{BoxKey, KEY_BYTES, NONCE_BYTES, Nonce, TAG_BYTES};
use crate::memory::{copy_of, joined};
use crate::proto::HandshakeError;

const HELLO: &[u8] = b"\x05HELLO";
const WELCOME: &[u8] = b"\x07WELCOME";
const INITIATE: &[u8] = b"\x08INITIATE";
const READY: &[u8] = b"\x05READY";

/// Version 1.0.
const VERSION: [u8; 2] = [1, 0];
/// Zeros that make a HELLO longer than its answer.
const PADDING_BYTES: usize = 72;
/// Zeros that a HELLO seals to show that its sender knows S.
const PROOF_BYTES: usize = 64;

/// Bytes of a nonce that travel when the other bytes are fixed.
const SHORT_NONCE_BYTES: usize = 8;
const LONG_NONCE_BYTES: usize = 16;

const HELLO_BYTES: usize =
    6 + 2 + PADDING_BYTES + KEY_BYTES + SHORT_NONCE_BYTES + TAG_BYTES + PROOF_BYTES;
const COOKIE_BYTES: usize = LONG_NONCE_BYTES + TAG_BYTES + 2 * KEY_BYTES;
const WELCOME_BYTES: usize = 8 + LONG_NONCE_BYTES + TAG_BYTES + KEY_BYTES + COOKIE_BYTES;
const VOUCH_BYTES: usize = TAG_BYTES + 2 * KEY_BYTES;
/// Bytes that an INITIATE seals before the properties.
const INITIATE_FIELDS: usize = KEY_BYTES + LONG_NONCE_BYTES + VOUCH_BYTES;
/// The shortest INITIATE, with no property.
const INITIATE_BYTES: usize = 9 + COOKIE_BYTES + SHORT_NONCE_BYTES + TAG_BYTES + INITIATE_FIELDS;
/// The shortest READY.
const READY_BYTES: usize = 6 + SHORT_NONCE_BYTES + TAG_BYTES;

const HELLO_PREFIX: &[u8; 16] = b"CurveZMQHELLO---";
const INITIATE_PREFIX: &[u8; 16] = b"CurveZMQINITIATE";
const READY_PREFIX: &[u8; 16] = b"CurveZMQREADY---";
const WELCOME_PREFIX: &[u8; 8] = b"WELCOME-";
const VOUCH_PREFIX: &[u8; 8] = b"VOUCH---";
const COOKIE_PREFIX: &[u8; 8] = b"COOKIE--";

/// The nonce of a command that is counted.
fn short_nonce(prefix: &[u8; 16], count: u64) -> Nonce {
    nonce_of(prefix, &count.to_be_bytes())
}

/// The nonce of a box whose nonce is random.
fn long_nonce(prefix: &[u8; 8], random: &[u8; LONG_NONCE_BYTES]) -> Nonce {
    nonce_of(prefix, random)
}

fn nonce_of(prefix: &[u8], suffix: &[u8]) -> Nonce {
    let mut nonce = [0; NONCE_BYTES];
    for (to, from) in nonce.iter_mut().zip(prefix.iter().chain(suffix)) {
        *to = *from;
    }
    nonce
}

/// The content of a box that was sealed with a counted nonce.
fn open_counted(
    key: &BoxKey,
    prefix: &[u8; 16],
    count: u64,
    sealed: &[u8],
) -> Result<Vec<u8>, HandshakeError> {
    let (tag, content) = sealed.split_first_chunk().ok_or(HandshakeError::CRYPTOGRAPHIC)?;
    let mut content = copy_of(content)?;
    let opened = key.open(&short_nonce(prefix, count), tag, &mut content);
    opened.map_err(|_| HandshakeError::CRYPTOGRAPHIC)?;
    Ok(content)
}

/// A command that ends with a box. `head` is the length of its fields before the box, and the tag
/// follows them. The content comes in parts, and is encrypted where it lies.
fn sealed<const N: usize>(
    key: &BoxKey,
    nonce: &Nonce,
    head: &[&[u8]; N],
    content: &[&[u8]],
) -> Result<Vec<u8>, HandshakeError> {
    let parts: Vec<&[u8]> =
        head.iter().copied().chain([&[0; TAG_BYTES][..]]).chain(content.iter().copied()).collect();
    let mut command = joined(&parts)?;
    let start = head.iter().map(|field| field.len()).sum::<usize>();
    let sealed = command.get_mut(start..).and_then(|rest| rest.split_first_chunk_mut());
    if let Some((tag, content)) = sealed {
        *tag = key.seal(nonce, content);
    }
    Ok(command)
}

/// The fields of a command one after the other.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    /// The next `N` bytes; `None` when the command is at its end.
    fn take<const N: usize>(&mut self) -> Option<&'a [u8; N]> {
        let (field, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(field)
    }

    fn count(&mut self) -> Option<u64> {
        self.take().map(|bytes| u64::from_be_bytes(*bytes))
    }
}
