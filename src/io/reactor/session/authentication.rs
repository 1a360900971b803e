//! A session that asks the context's authenticator about its peer (RFC 27, ZAP).
//!
//! I/O thread. The question travels on a pipe of its own to the socket that is bound to the
//! well-known name. No thread waits: the answer comes as a job of the reactor. Meanwhile the time
//! limit of the handshake runs on; an authenticator that has gone never answers.
#![forbid(unsafe_code)]

use zeroize::Zeroizing;

use crate::error::Result;
use crate::io::connection::Owner;
use crate::io::shared::SocketShared;
use crate::memory::copy_of;
use crate::msg::frame;
use crate::options::SocketType;
use crate::pipe::{Command, Flush, PeerMarks, PipeKey, PipeParts, PipePeer};
use crate::proto::mechanism::{AuthRequest, Verdict};
use crate::proto::zap::{self, Asking};
use crate::queue::{Body, Reader, Writer, queue};
use crate::sync::{Arc, Mutex};

use super::super::event_loop::SessionCtx;
use super::{Session, State, Step};

/// The outcome of a question.
pub(super) enum Asked {
    /// The answer will come.
    Waiting,
    /// There is no authenticator, and none is needed.
    Granted,
    /// There is no authenticator that could grant it.
    Refused,
}

/// Facts about the peer in the authenticator's positive answer.
#[derive(Default)]
pub(super) struct Granted {
    pub(super) properties: Vec<(Vec<u8>, Vec<u8>)>,
    pub(super) identity: Option<Vec<u8>>,
}

impl Session {
    /// Asks the authenticator, or answers the question if none is needed.
    pub(super) fn ask(&mut self, ctx: &mut SessionCtx<'_>, question: AuthRequest) -> Asked {
        let State::Handshaking(io) = &mut self.state else { return Asked::Refused };
        let options = &self.options;
        let domain = &options.zap_domain;
        let asking = Asking::of(question.mechanism, domain, options.zap_enforce_domain);
        let found = match asking {
            Asking::Never => None,
            _ => ctx.find_bound(zap::ENDPOINT),
        };
        match found {
            Some(found) if matches!(found.socket_type, SocketType::Rep | SocketType::Router) => {
                let address = &io.peer_address;
                // There may be a password among them.
                let frames =
                    Zeroizing::new(zap::request(question, domain, address, &options.routing_id));
                io.inquiry = Inquiry::new(self.id, &self.owner, found.shared, &frames);
                if io.inquiry.is_some() { Asked::Waiting } else { Asked::Refused }
            }
            None if asking != Asking::Always => {
                // The mechanism has just asked, and a granted request has no error.
                match io.handshake.authenticated(Verdict::Granted) {
                    Ok(()) => Asked::Granted,
                    Err(_) => Asked::Refused,
                }
            }
            _ => Asked::Refused,
        }
    }

    /// Called when the authenticator has answered.
    pub fn answered(&mut self, ctx: &mut SessionCtx<'_>) -> Step {
        let State::Handshaking(io) = &mut self.state else { return Step::Stay };
        let frames = match io.inquiry.as_mut().map(Inquiry::answer) {
            Some(Ok(Some(frames))) => frames,
            Some(Err(error)) => return self.handshake_lost(ctx, error),
            Some(Ok(None)) | None => return Step::Stay,
        };
        io.inquiry = None;
        let reply = match zap::Reply::parse(&frames, self.options.socket_type) {
            Ok(reply) => reply,
            Err(error) => return self.handshake_broken(ctx, error),
        };
        io.granted = Granted { properties: reply.properties, identity: reply.identity };
        match io.handshake.authenticated(reply.verdict) {
            Ok(()) => self.continue_handshake(ctx, 0),
            Err(error) => self.handshake_broken(ctx, error.by_ourselves()),
        }
    }
}

/// A question on its way: this end of the pipe to the authenticator. Dropping it ends the question.
pub(super) struct Inquiry {
    reader: Reader,
    writer: Writer,
    end: Arc<InquiryEnd>,
    /// The number of the command by which the authenticator learns of the pipe.
    number: u64,
}

impl Inquiry {
    /// Sends the question; `None` if memory is short.
    fn new(
        session: u64,
        owner: &Arc<dyn Owner>,
        authenticator: Arc<SocketShared>,
        frames: &[Vec<u8>],
    ) -> Option<Inquiry> {
        let (mut writer, peer_reader) = queue(0, false);
        let (peer_writer, mut reader) = queue(0, false);
        writer.keep_secret();
        let (last, others) = frames.split_last()?;
        for frame in others {
            writer.write(frame::MORE, Body::Copy(frame), 0).ok()?;
        }
        writer.write(0, Body::Copy(last), 0).ok()?;
        // Nothing has come; this asks the writer to wake the reader when something does.
        reader.ready();
        let end = Arc::new(InquiryEnd {
            session,
            owner: owner.clone(),
            shared: authenticator.clone(),
            place: Mutex::new(Place::Unknown),
        });
        let placed = end.clone();
        let number = authenticator.post(Command::Attach {
            parts: Box::new(PipeParts {
                reader: peer_reader,
                writer: peer_writer,
                peer_end: end.clone(),
                peer_routing_id: Vec::new(),
                identified: true,
                given_routing_id: Vec::new(),
                copy_max: 0,
                session: 0,
                listener: 0,
                peer_marks: PeerMarks::Inproc { send: 0, receive: 0 },
                takes_all: false,
            }),
            assigned: Box::new(move |key| placed.set(key)),
        });
        Some(Inquiry { reader, writer, end, number })
    }

    /// The frames of the answer, once it is complete. A too long answer is cut, but kept one frame
    /// too long. `ENOMEM`.
    fn answer(&mut self) -> Result<Option<Vec<Vec<u8>>>> {
        let mut frames = Vec::new();
        while self.reader.ready() {
            let Some(frame) = self.reader.take() else { break };
            let more = frame.more();
            if frames.len() <= zap::REPLY_FRAMES {
                frames.push(copy_of(frame.data())?);
            }
            if !more {
                return Ok(Some(frames));
            }
        }
        Ok(None)
    }
}

impl Drop for Inquiry {
    fn drop(&mut self) {
        self.writer.finish();
        self.reader.abandon();
        // An unread question needs no answer any more, so it is withdrawn.
        if !self.end.shared.withdraw(self.number, false) {
            self.end.leave();
        }
    }
}

/// The session as the authenticator's socket sees it.
struct InquiryEnd {
    session: u64,
    owner: Arc<dyn Owner>,
    /// The socket-shared state of the authenticator.
    shared: Arc<SocketShared>,
    place: Mutex<Place>,
}

/// Where the pipe is in the authenticator's socket.
enum Place {
    /// The authenticator's socket has not taken the pipe yet.
    Unknown,
    Known(PipeKey),
    /// The session needs the pipe no more.
    Left,
}

impl InquiryEnd {
    fn set(&self, key: PipeKey) {
        let mut place = self.place.lock();
        let left = matches!(*place, Place::Left);
        if !left {
            *place = Place::Known(key);
        }
        drop(place);
        if left {
            self.shared.post(Command::Closed(key));
        }
    }

    fn leave(&self) {
        let place = core::mem::replace(&mut *self.place.lock(), Place::Left);
        if let Place::Known(key) = place {
            self.shared.post(Command::Closed(key));
        }
    }
}

impl PipePeer for InquiryEnd {
    fn readable(&self, _flush: Flush) {
        self.owner.answered(self.session);
    }

    fn flush(&self) {}

    fn writable(&self) {}

    fn close(&self, _linger: i32) {}
}
