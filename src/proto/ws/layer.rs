//! The layer between the stream and the handshake of ZMTP (RFC 45): the opening in HTTP, then
//! frames in and out of WebSocket frames.
//!
//! Part of a connection's handshake, under the connection's lock.
#![forbid(unsafe_code)]

use super::frame::{
    CLOSE_PROTOCOL_ERROR, CLOSE_TOO_BIG, Control, Decoder, Encoder, LONGEST_HEADER, Step,
};
use super::upgrade::{self, Head, KEY_BYTES, Protocol, Protocols};
use zeroize::Zeroizing;

use crate::crypto::reserve_wiping;
use crate::proto::HandshakeError;
use crate::proto::zmtp::MAX_HANDSHAKE_FRAME;
use crate::proto::zmtp::frame::FrameError;
use crate::proto::zmtp::handshake::Handshake;

/// A client's part of the opening: the address that it asks for, and its random bytes.
#[derive(Clone, Debug)]
pub struct Client {
    pub host: Vec<u8>,
    pub path: Vec<u8>,
    pub key: [u8; KEY_BYTES],
    pub seed: u64,
}

/// See the module's documentation.
#[derive(Debug)]
pub struct Layer {
    is_client: bool,
    protocols: Protocols,
    /// The peer's request or response in HTTP; `None` once it is complete.
    head: Option<Head>,
    decoder: Decoder,
    encoder: Encoder,
    output: Vec<u8>,
    /// The bytes that have come of a frame, in the form that the handshake takes.
    frame: Vec<u8>,
    /// Whether it became a WebSocket and [`Layer::take_upgraded`] has not said so yet.
    upgraded: bool,
}

impl Layer {
    /// The layer of an accepted connection.
    pub fn server(handshake: &Handshake) -> Layer {
        let (decoder, encoder) = (Decoder::server(MAX_HANDSHAKE_FRAME), Encoder::server());
        Layer::new(false, handshake, upgrade::REQUEST, decoder, encoder)
    }

    /// The layer of a connection that this side made; the request is at once ready to be sent.
    pub fn client(handshake: &Handshake, client: &Client) -> Layer {
        let decoder = Decoder::client(MAX_HANDSHAKE_FRAME);
        let encoder = Encoder::client(client.seed);
        let mut layer = Layer::new(true, handshake, upgrade::RESPONSE, decoder, encoder);
        layer.output = upgrade::request(&client.host, &client.path, &client.key, &layer.protocols);
        layer
    }

    fn new(
        is_client: bool,
        handshake: &Handshake,
        start: &'static [u8],
        decoder: Decoder,
        encoder: Encoder,
    ) -> Layer {
        Layer {
            is_client,
            protocols: Protocols::new(handshake.mechanism(), handshake.accepts_old_peers()),
            head: Some(Head::new(start)),
            decoder,
            encoder,
            output: Vec::new(),
            frame: Vec::new(),
            upgraded: false,
        }
    }

    /// Takes bytes from the peer and gives the handshake their content. Returns how many belonged
    /// to the handshake, as [`Handshake::input`] does.
    ///
    /// # Errors
    /// The errors of [`Handshake::input`]; `WS_UNSPECIFIED` for a peer that asks for no protocol
    /// that this side has; [`HandshakeError::CONNECTION`] for a Close.
    pub fn input(
        &mut self,
        handshake: &mut Handshake,
        bytes: &[u8],
    ) -> Result<usize, HandshakeError> {
        let mut rest = bytes;
        while !rest.is_empty() {
            let used = match &mut self.head {
                Some(head) => {
                    head.reserve(rest.len())?;
                    let used = head.feed(rest).map_err(|_| HandshakeError::WS_UNSPECIFIED)?;
                    if head.is_complete() {
                        self.upgrade(handshake)?;
                    }
                    used
                }
                // Bytes behind the handshake stay where they are.
                None if self.decoder.is_at_frame() && !handshake.wants_input() => break,
                None => self.step(handshake, rest)?,
            };
            rest = rest.get(used..).unwrap_or_default();
        }
        Ok(bytes.len() - rest.len())
    }

    /// The bytes to send now, the handshake's output among them.
    ///
    /// # Errors
    /// [`HandshakeError::MEMORY`]: the connection is over.
    pub fn take_output(&mut self, handshake: &mut Handshake) -> Result<Vec<u8>, HandshakeError> {
        self.gather(handshake)?;
        Ok(core::mem::take(&mut self.output))
    }

    /// Moves the handshake's output into frames, before anything else is sent.
    fn gather(&mut self, handshake: &mut Handshake) -> Result<(), HandshakeError> {
        let output = Zeroizing::new(handshake.take_output());
        // Each frame gets a header, of a few bytes more than the one it had.
        reserve_wiping(&mut self.output, output.len() + 64)?;
        self.encoder.append_wire(&output, &mut self.output);
        Ok(())
    }

    /// Whether it has become a WebSocket since the last call.
    pub fn take_upgraded(&mut self) -> bool {
        core::mem::take(&mut self.upgraded)
    }

    /// The two halves for the connection after the handshake; `max` is `ZMQ_MAXMSGSIZE`.
    pub fn into_halves(self, max: i64) -> (Encoder, Decoder) {
        (self.encoder, self.decoder.with_limit(max))
    }

    fn upgrade(&mut self, handshake: &mut Handshake) -> Result<(), HandshakeError> {
        let Some(head) = self.head.take() else { return Ok(()) };
        let chosen = if self.is_client {
            upgrade::chosen(head.bytes(), &self.protocols)
        } else {
            upgrade::answer(head.bytes(), &self.protocols).map(|(chosen, response)| {
                self.output.extend(response);
                chosen
            })
        };
        let chosen = chosen.map_err(|_| HandshakeError::WS_UNSPECIFIED)?;
        self.upgraded = true;
        handshake.begin_carried(chosen == Protocol::Secure)
    }

    /// Takes the bytes of one frame.
    fn step(&mut self, handshake: &mut Handshake, bytes: &[u8]) -> Result<usize, HandshakeError> {
        self.gather(handshake)?;
        // ZMTP's header may be longer than the WebSocket's was.
        self.frame.try_reserve(bytes.len().saturating_add(LONGEST_HEADER))?;
        let used = match self.decoder.step(bytes, &mut self.frame) {
            Ok((used, Step::Partial | Step::Frame)) => used,
            Ok((used, Step::Control(control, payload))) => {
                let answer = match control {
                    Control::Ping => Control::Pong,
                    Control::Pong => return Ok(used),
                    Control::Close => Control::Close,
                };
                self.encoder.append_control(answer, payload, &mut self.output);
                if control == Control::Close {
                    return Err(HandshakeError::CONNECTION);
                }
                used
            }
            Err(error) => {
                let status = close_status(error);
                self.encoder.append_control(Control::Close, &status, &mut self.output);
                return Err(HandshakeError::from(error));
            }
        };
        // Handed on piece by piece, so that the handshake sees at once if a frame is too long for
        // it.
        let taken = handshake.input(&self.frame)?;
        self.frame.drain(..taken.min(self.frame.len()));
        Ok(used)
    }
}

/// The status of the Close that answers a violation.
pub fn close_status(error: FrameError) -> [u8; 2] {
    match error {
        FrameError::TooLarge => CLOSE_TOO_BIG,
        FrameError::Malformed => CLOSE_PROTOCOL_ERROR,
    }
}
