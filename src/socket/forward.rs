//! Frames that go from one socket straight to another, for a proxy: under both sockets' locks, without
//! a message in between, and written together at the end.
#![forbid(unsafe_code)]

use crate::error::{Errno, Result};
use crate::msg::Msg;
use crate::options::numbers::ZMQ_SNDMORE;
use crate::queue::{Body, InBody, Incoming};
use crate::socket::{Core, Slot};

/// The frames and bytes that a call forwarded.
#[derive(Default)]
pub struct Forwarded {
    pub frames: u64,
    pub bytes: u64,
    /// A frame that was taken and could not be sent at once.
    pub left: Option<Msg>,
    /// More frames of the last message have to come.
    pub inside: bool,
}

/// Forwards at most about `most` frames that are there, in whole messages and without waiting. Nothing
/// when another call is at work in one of the sockets, or both are one.
pub fn forward(from: &Slot, to: &Slot, most: u64) -> Result<Forwarded> {
    let mut done = Forwarded::default();
    from.with_if_free(|source| {
        to.with_if_free(|target| {
            target.flush_policy.hold(true);
            let passed = pass_all(source, target, most, &mut done);
            target.flush_policy.hold(false);
            target.flush_deferred();
            passed
        })
    })?;
    Ok(done)
}

fn pass_all(source: &mut Core, target: &mut Core, most: u64, done: &mut Forwarded) -> Result<()> {
    while done.left.is_none() && (done.inside || done.frames < most) {
        // A proxy asks by itself whether its thread was cancelled.
        let _ = source.look_at_times();
        source.process_commands()?;
        target.process_commands()?;
        target.poll_subscriptions_if_due()?;
        match pass(source, target, done) {
            Err(Errno::EAGAIN) => return Ok(()),
            passed => passed?,
        }
    }
    Ok(())
}

/// Takes a frame and sends it; `EAGAIN` when there is none.
fn pass(source: &mut Core, target: &mut Core, done: &mut Forwarded) -> Result<()> {
    source.try_receive(&mut |mut frame: Incoming<'_>| {
        let (size, more) = (frame.data().len() as u64, frame.more());
        let mut body = match &mut frame.body {
            InBody::Slice(bytes) => Body::Copy(bytes),
            InBody::Whole(msg) => Body::Own(msg),
        };
        match target.try_send(&mut body, if more { ZMQ_SNDMORE } else { 0 }) {
            Ok(()) => {
                done.frames += 1;
                done.bytes += size;
            }
            Err(Errno::EAGAIN) => done.left = Some(frame.into_msg()?),
            Err(error) => return Err(error),
        }
        done.inside = more;
        Ok(())
    })?
}
