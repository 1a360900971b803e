//! ROUTER: messages with a routing id in front, to and from the peer of that name (RFC 28). Under
//! the socket's lock.
//!
//! A peer without a name is not read from. Its handshake is not done, or its name was taken when it
//! came, or it had to leave its name to another. Over a network such a peer stays connected: if it
//! were sent away it would come again, and take the name back.
#![forbid(unsafe_code)]

use core::ffi::CStr;

use crate::error::{Errno, Result};
use crate::msg::{Metadata, frame};
use crate::pattern::dealer::probe;
use crate::pattern::policy::{AutoId, FairQueue, RoutingTable};
use crate::pattern::{Env, Outgoing, Pattern};
use crate::pipe::{Pipe, PipeId};
use crate::queue::{InBody, Incoming};
use crate::sync::Arc;

#[derive(Default)]
pub struct Router {
    table: RoutingTable,
    auto: AutoId,
    inward: FairQueue,
    /// The pipe whose name the application has received and whose message comes next.
    body_from: Option<PipeId>,
    /// The pipe of the message that polling found: it is the next to be read in any case.
    found: Option<PipeId>,
    /// A peer that had to leave its name, and is not read from after its current message; and its
    /// name.
    leaving: Option<(PipeId, Vec<u8>)>,
    /// Peers that came back under another name, with the old one: the messages under it are not all
    /// read. At most one for each pipe.
    former: Vec<(PipeId, Vec<u8>)>,
    /// Whether the name was sent and frames of the message come next.
    addressed: bool,
    /// The pipe that the message under way goes to; `None` drops it.
    out: Option<PipeId>,
}

impl Router {
    pub fn new() -> Router {
        Router { auto: AutoId::apart(), ..Router::default() }
    }

    /// Names the pipe if that is possible now.
    fn identify(&mut self, env: &mut Env<'_>, id: PipeId) {
        if self.table.name(id).is_some() {
            return;
        }
        let Some(pipe) = env.pipes.get(id) else { return };
        let name = match own_name(pipe, env.options.router_raw) {
            Name::Unknown => return,
            Name::Auto => self.auto_name(),
            Name::Is(name) => name.to_vec(),
        };
        if let Some(holder) = self.table.find(&name)
            && !self.gives_way(env, holder)
        {
            return;
        }
        self.table.set(id, &name);
        self.inward.add(id);
    }

    /// Takes the old name from a peer that came back under another one. Messages to it that wait in
    /// the pipe still go to the peer that is there now.
    fn forget_other(&mut self, env: &mut Env<'_>, id: PipeId) -> Option<Vec<u8>> {
        let old = self.table.name(id)?;
        let pipe = env.pipes.get(id)?;
        let stays = match own_name(pipe, env.options.router_raw) {
            Name::Unknown => true,
            Name::Auto => AutoId::is_one(old),
            Name::Is(name) => name == old,
        };
        if stays || matches!(self.leaving, Some((leaving, _)) if leaving == id) {
            return None;
        }
        let old = old.to_vec();
        self.stop_sending(env, id);
        self.table.remove(id);
        Some(old)
    }

    /// Keeps the old name for the messages that came under it; they are not read at all if the new
    /// name is taken.
    fn keep_former(&mut self, env: &mut Env<'_>, id: PipeId, old: Vec<u8>) {
        if self.table.name(id).is_none() {
            if self.body_from.or(self.found) == Some(id) {
                self.leaving = Some((id, old));
            } else {
                self.inward.remove(id);
            }
        } else if env.pipes.get_mut(id).is_some_and(|pipe| pipe.reader.ready())
            && !self.former.iter().any(|(pipe, _)| *pipe == id)
        {
            self.former.push((id, old));
        }
    }

    fn auto_name(&mut self) -> Vec<u8> {
        loop {
            let name = self.auto.make();
            if self.table.find(&name).is_none() {
                return name.to_vec();
            }
        }
    }

    /// Whether the holder of a name leaves it to a new peer: a closed one does, and with
    /// `ZMQ_ROUTER_HANDOVER` any other.
    fn gives_way(&mut self, env: &mut Env<'_>, holder: PipeId) -> bool {
        if env.pipes.get(holder).is_none_or(|pipe| !pipe.write_open) {
            return true;
        }
        if !env.options.router_handover {
            return false;
        }
        self.stop_sending(env, holder);
        let old = self.table.name(holder).unwrap_or_default().to_vec();
        let name = self.auto_name();
        self.table.set(holder, &name);
        if self.body_from.or(self.found) == Some(holder) {
            self.leaving = Some((holder, old));
        } else {
            self.dismiss(env, holder);
        }
        true
    }

    /// Stops reading from the peer.
    fn dismiss(&mut self, env: &mut Env<'_>, id: PipeId) {
        self.inward.remove(id);
        if env.pipes.get(id).is_none_or(|pipe| pipe.session == 0) {
            return env.finish(id);
        }
        self.table.remove(id);
    }

    /// Stops reading from the peer that had to leave its name, once its message has been read.
    fn settle(&mut self, env: &mut Env<'_>) {
        if self.body_from.or(self.found).is_none()
            && let Some((id, _)) = self.leaving.take()
        {
            self.dismiss(env, id);
        }
    }

    /// The pipe takes nothing more: drops the rest of a message that was begun on it.
    fn stop_sending(&mut self, env: &mut Env<'_>, id: PipeId) {
        if self.out == Some(id) {
            self.out = None;
            if let Some(pipe) = env.pipes.get_mut(id) {
                pipe.writer.rollback();
            }
        }
    }

    /// Takes the name in front of a message.
    fn address(&mut self, env: &mut Env<'_>, frame: &Outgoing<'_>) -> Result<()> {
        if !frame.more {
            return Ok(());
        }
        let found = self.table.find(frame.body.data());
        let open = found.filter(|id| env.pipes.get(*id).is_some_and(|pipe| pipe.write_open));
        let mandatory = env.options.router_mandatory;
        self.out = open.filter(|id| match mandatory {
            true => env.has_room(*id),
            false => env.pipes.get(*id).is_some_and(Pipe::can_write),
        });
        if self.out.is_none() && mandatory {
            return Err(if open.is_some() { Errno::EAGAIN } else { Errno::EHOSTUNREACH });
        }
        self.addressed = true;
        Ok(())
    }
}

/// The name under which the pipe's next message came, which has these properties. From the first
/// message under the new name on, that is the new one.
#[cold]
fn old_or_new<'a>(
    former: &'a mut Vec<(PipeId, Vec<u8>)>,
    table: &'a RoutingTable,
    id: PipeId,
    metadata: Option<&Arc<Metadata>>,
) -> &'a [u8] {
    let said = metadata.and_then(|metadata| metadata.get(b"Identity")).map(CStr::to_bytes);
    let is_old = |old: &[u8]| match said {
        Some(b"") => AutoId::is_one(old),
        said => said == Some(old),
    };
    former.retain(|(pipe, old)| *pipe != id || is_old(old));
    let old = former.iter().find(|(pipe, _)| *pipe == id).map(|(_, old)| old.as_slice());
    old.or_else(|| table.name(id)).unwrap_or_default()
}

/// The name that a pipe gets.
enum Name<'a> {
    Unknown,
    Auto,
    Is(&'a [u8]),
}

fn own_name(pipe: &Pipe, raw: bool) -> Name<'_> {
    if !pipe.given_routing_id.is_empty() {
        Name::Is(&pipe.given_routing_id)
    } else if raw {
        Name::Auto
    } else if !pipe.identified {
        Name::Unknown
    } else if pipe.peer_routing_id.is_empty() {
        Name::Auto
    } else {
        Name::Is(&pipe.peer_routing_id)
    }
}

impl Pattern for Router {
    fn attach(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        probe(env, pipe);
        self.identify(env, pipe);
    }

    fn connected(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        let former = self.forget_other(env, pipe);
        self.identify(env, pipe);
        if let Some(old) = former {
            self.keep_former(env, pipe, old);
        }
    }

    fn closed(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.stop_sending(env, pipe);
        if self.table.name(pipe).is_some() {
            self.inward.closed(env, pipe);
        } else {
            env.finish(pipe);
        }
    }

    fn detach(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.stop_sending(env, pipe);
        self.body_from.take_if(|id| *id == pipe);
        self.found.take_if(|id| *id == pipe);
        self.leaving.take_if(|(id, _)| *id == pipe);
        self.former.retain(|(id, _)| *id != pipe);
        self.inward.remove(pipe);
        self.table.remove(pipe);
    }

    fn readable(&mut self, _env: &mut Env<'_>, pipe: PipeId) {
        if self.table.name(pipe).is_some() {
            self.inward.add(pipe);
        }
    }

    fn writable(&mut self, _env: &mut Env<'_>, _pipe: PipeId) {}

    fn send(&mut self, env: &mut Env<'_>, frame: Outgoing<'_>) -> Result<()> {
        if !self.addressed {
            return self.address(env, &frame);
        }
        let raw = env.options.router_raw;
        let more = frame.more && !raw;
        if raw && frame.body.data().is_empty() {
            if let Some(id) = self.out {
                env.finish(id);
            }
        } else if let Some(pipe) = self.out.and_then(|id| env.pipes.get_mut(id)) {
            pipe.write(if more { frame::MORE } else { 0 }, frame.body, env.flush_policy)?;
        }
        self.addressed = more;
        if !more {
            self.out = None;
        }
        Ok(())
    }

    fn recv<'p>(&'p mut self, env: &'p mut Env<'_>) -> Result<Incoming<'p>> {
        if let Some(id) = self.body_from {
            let frame = self.inward.take(env, id);
            if frame.as_ref().is_none_or(|frame| !frame.more()) {
                self.body_from = None;
            }
            return frame.ok_or(Errno::EAGAIN);
        }
        self.settle(env);
        let id = self.inward.select(env).ok_or(Errno::EAGAIN)?;
        self.found = None;
        self.body_from = Some(id);
        let metadata = env.pipes.get_mut(id).and_then(|pipe| pipe.reader.peek_metadata());
        let name = match &self.leaving {
            Some((leaving, old)) if *leaving == id => old,
            _ if !self.former.is_empty() => old_or_new(&mut self.former, &self.table, id, metadata),
            _ => self.table.name(id).unwrap_or_default(),
        };
        Ok(Incoming { flags: frame::MORE, body: InBody::Slice(name), metadata })
    }

    fn has_in(&mut self, env: &mut Env<'_>) -> bool {
        self.settle(env);
        if self.body_from.is_some() {
            return true;
        }
        self.found = if self.inward.promise(env) { self.inward.select(env) } else { None };
        self.found.is_some()
    }

    fn has_out(&mut self, env: &mut Env<'_>) -> bool {
        let has_room = |id| env.pipes.get(id).is_some_and(Pipe::can_write);
        !env.options.router_mandatory || self.addressed || self.table.pipes().any(has_room)
    }
}

#[cfg(test)]
#[path = "tests/router.rs"]
mod tests;
