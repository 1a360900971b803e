//! The commands of pipe peers, carried out inside the socket's own calls.
#![forbid(unsafe_code)]

use crate::pipe::{Assigned, Command, PipeId, PipeKey, PipeParts};
use crate::socket::Core;
use crate::sys::cancel::CancelGuard;

impl Core {
    pub(super) fn command(&mut self, command: Command) {
        // The way of a message needs none, and most commands belong to that.
        let is_usual = matches!(command, Command::Readable(_) | Command::Writable(_));
        let _guard = (!is_usual).then(CancelGuard::new);
        match command {
            Command::Attach { parts, assigned } => {
                self.admit(*parts, assigned);
            }
            Command::Readable(key) => {
                if let Some(id) = self.pipes.find(key) {
                    self.with_pattern(|pattern, env| pattern.readable(env, id));
                }
            }
            Command::Writable(key) => {
                if let Some(id) = self.pipes.find(key) {
                    self.with_pattern(|pattern, env| pattern.writable(env, id));
                }
            }
            Command::Link { pipe, link } => {
                if link.lost_before {
                    self.disconnected(pipe);
                }
                if let Some(peer_routing_id) = link.up {
                    self.connected(pipe, peer_routing_id.into());
                }
                if link.lost_after {
                    self.disconnected(pipe);
                }
            }
            Command::Marks { pipe, peer_end } => {
                let (send, receive) = (self.options.sndhwm, self.options.rcvhwm);
                let id = self.pipes.find(pipe);
                if let Some(pipe) = id.and_then(|id| self.pipes.get_mut(id)) {
                    pipe.set_marks(Some(peer_end), send, receive);
                }
            }
            Command::Closed(key) => {
                if let Some(id) = self.pipes.find(key) {
                    self.far_closed(id);
                }
            }
            Command::EndpointGone(session) => self.endpoints.session_gone(session),
        }
    }

    /// Takes in a pipe that somebody else has made.
    pub(super) fn admit(&mut self, parts: PipeParts, assigned: Assigned) -> PipeId {
        let key = self.attach(parts);
        assigned(key);
        self.look_at_new(key.id);
        key.id
    }

    /// Puts a new pipe into the table and shows it to the pattern.
    pub(super) fn attach(&mut self, parts: PipeParts) -> PipeKey {
        let key = self.pipes.insert(parts);
        self.looks.hurry();
        self.with_pattern(|pattern, env| pattern.attach(env, key.id));
        key
    }

    /// Looks at a new pipe: its peer could not post commands before the pipe had a place.
    fn look_at_new(&mut self, id: PipeId) {
        let Some(pipe) = self.pipes.get(id) else { return };
        let gone = pipe.writer.is_abandoned();
        self.with_pattern(|pattern, env| pattern.readable(env, id));
        if gone {
            self.far_closed(id);
        }
    }

    fn connected(&mut self, key: PipeKey, peer_routing_id: Vec<u8>) {
        let Some(id) = self.pipes.find(key) else { return };
        if let Some(pipe) = self.pipes.get_mut(id) {
            pipe.peer_routing_id = peer_routing_id;
            pipe.identified = true;
        }
        self.with_pattern(|pattern, env| pattern.connected(env, id));
    }

    fn disconnected(&mut self, key: PipeKey) {
        if let Some(id) = self.pipes.find(key) {
            self.with_pattern(|pattern, env| pattern.disconnected(env, id));
        }
    }

    /// Ends the way to the peer. The messages that came from it can still be read.
    pub(super) fn far_closed(&mut self, id: PipeId) {
        match self.pipes.get_mut(id) {
            Some(pipe) if pipe.write_open => pipe.write_open = false,
            _ => return,
        }
        self.shared.pipe_departed();
        self.with_pattern(|pattern, env| pattern.closed(env, id));
    }
}
