//! Frames that travel in a layer: a WebSocket (RFC 45), encryption, or both.
//!
//! Part of a direction, under the `rx` or `tx` lock of the connection.
#![forbid(unsafe_code)]

use crate::error::{Errno, Result};
use crate::io::connection::partial::Partial;
use crate::io::connection::rx::Rx;
use crate::io::connection::tx::{seal_frame, subscription};
use crate::io::connection::unseal::Unsealing;
use crate::io::connection::{Cause, Connection, Framing};
use crate::proto::mechanism::{Opener, Sealer};
use crate::proto::ws::frame::{Control, Decoder, Encoder, Step};
use crate::proto::ws::layer::close_status;
use crate::queue::Incoming;

/// The layer that inbound frames come in.
pub enum Wrapping {
    None,
    /// They are encrypted.
    Sealed(Box<Unsealing>),
    Web(Box<Web>),
}

/// WebSocket frames, in which there may be encrypted ones.
pub struct Web {
    decoder: Decoder,
    unsealing: Option<Unsealing>,
}

impl Wrapping {
    pub fn new(opener: Option<Opener>, decoder: Option<Decoder>) -> Wrapping {
        let unsealing = opener.map(Unsealing::new);
        match (decoder, unsealing) {
            (Some(decoder), unsealing) => Wrapping::Web(Box::new(Web { decoder, unsealing })),
            (None, Some(unsealing)) => Wrapping::Sealed(Box::new(unsealing)),
            (None, None) => Wrapping::None,
        }
    }

    pub fn unsealing(&mut self) -> Option<&mut Unsealing> {
        match self {
            Wrapping::None => None,
            Wrapping::Sealed(unsealing) => Some(unsealing),
            Wrapping::Web(web) => web.unsealing.as_mut(),
        }
    }

    /// Unmasks bytes of a body that were read to their final place.
    pub fn pass(&mut self, bytes: &mut [u8]) {
        if let Wrapping::Web(web) = self {
            web.decoder.pass(bytes);
        }
    }
}

impl Web {
    /// Appends the frames that are in `bytes` to `frames`, and answers control frames. Frames
    /// before an error count.
    fn decode(
        &mut self,
        connection: &Connection,
        mut bytes: &[u8],
        frames: &mut Vec<u8>,
    ) -> core::result::Result<(), Cause> {
        while !bytes.is_empty() {
            let used = match self.decoder.step(bytes, frames) {
                Ok((used, Step::Partial | Step::Frame)) => used,
                Ok((used, Step::Control(control, payload))) => {
                    answer(connection, control, payload)?;
                    used
                }
                Err(error) => {
                    connection.send_command(&Control::Close.queued(&close_status(error)));
                    return Err(Cause::Protocol(error.errno()));
                }
            };
            bytes = bytes.get(used..).unwrap_or_default();
        }
        Ok(())
    }
}

/// Does what a control frame asks for. A peer that sends a close frame has gone.
fn answer(
    connection: &Connection,
    control: Control,
    payload: &[u8],
) -> core::result::Result<(), Cause> {
    connection.framed();
    match control {
        Control::Ping => connection.send_command(&Control::Pong.queued(payload)),
        Control::Pong => {}
        Control::Close => {
            connection.send_command(&Control::Close.queued(payload));
            return Err(Cause::Connection(Errno::EPIPE));
        }
    }
    Ok(())
}

impl Rx {
    /// Takes bytes of a WebSocket: hands over as many of their frames as it can and keeps the rest.
    pub(super) fn take_web(
        &mut self,
        connection: &Connection,
        bytes: &[u8],
    ) -> core::result::Result<(), Cause> {
        let Wrapping::Web(web) = &mut self.wrapping else { return Ok(()) };
        // New frames go behind the kept start of an unfinished one.
        let mut frames = match &mut web.unsealing {
            Some(unsealing) => unsealing.kept.take(),
            None => self.partial.take(),
        };
        // A ZMTP header may be longer than the WebSocket header: 9 bytes for 5, if the body is
        // long.
        let room = bytes.len() + bytes.len() / 32 + 16;
        frames.try_reserve(room).map_err(|_| Cause::Connection(Errno::ENOMEM))?;
        let decoded = web.decode(connection, bytes, &mut frames);
        if web.unsealing.is_some() {
            self.unseal(connection, &mut frames)?;
        } else {
            let consumed = self.decode(connection, &frames)?;
            let needed = self.needed(frames.get(consumed..).unwrap_or_default());
            self.partial = Partial::behind(frames, consumed, needed);
        }
        decoded
    }
}

/// Adds a frame as a WebSocket carries it, encrypted or not; subscriptions become messages.
pub fn append_frame(
    encoder: &mut Encoder,
    sealer: &mut Option<Sealer>,
    frame: &Incoming<'_>,
    out: &mut Vec<u8>,
) -> Result<()> {
    out.try_reserve(frame.data().len() + 64)?;
    if let Some(sealer) = sealer {
        let mut sealed = Vec::new();
        seal_frame(sealer, Framing::Ws, frame, &mut sealed)?;
        encoder.append_wire(&sealed, out);
    } else if !frame.is_command() {
        encoder.append(frame.flags, frame.data(), out);
    } else if let Some(message) = subscription(frame.data())? {
        encoder.append(0, &message, out);
    }
    Ok(())
}
