//! Pipes between two sockets of a context (`inproc://`): no descriptor, no thread, no copy of large
//! bodies.
//!
//! Each end posts its news to the mailbox of the other socket. An end whose other socket is not known yet
//! posts nothing: a socket looks at a new pipe when it gets it.
#![forbid(unsafe_code)]

use crate::context::{Binder, Connecter, Registry};
use crate::error::Result;
use crate::io::shared::SocketShared;
use crate::pipe::{Command, Flush, PeerMarks, PipeKey, PipeParts, PipePeer};
use crate::queue::queue;
use crate::socket::Core;
use crate::sync::{Arc, Mutex, OnceLock, Weak};

/// One end of an inproc pipe, as the other socket sees it.
#[derive(Default)]
struct InprocEnd {
    /// The mailbox of the other socket and the pipe's place in its table, once it has one. Nearly every message
    /// needs it, so there is no lock.
    peer_end: OnceLock<(Arc<SocketShared>, PipeKey)>,
    state: Mutex<State>,
    /// Where the end of the other socket waits until that socket takes it.
    waits: OnceLock<Waits>,
}

/// Where the end of a pipe waits for its socket: for one that leaves before, it is taken back from there.
enum Waits {
    /// In the mailbox of the socket, which reads what comes or does not.
    Posted { shared: Arc<SocketShared>, number: u64, reads: bool },
    /// With the names of the context, for whoever will bind this one.
    Named { names: Weak<Registry>, name: Box<[u8]>, number: u64 },
}

impl Waits {
    fn take_back(&self) {
        match self {
            Waits::Posted { shared, number, reads } => {
                shared.withdraw(*number, *reads);
            }
            Waits::Named { names, name, number } => {
                if let Some(names) = names.upgrade() {
                    names.give_up(name, *number);
                }
            }
        }
    }
}

/// The state of this end.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Open,
    Closed,
    /// Closed, and the queued messages are to be dropped.
    Dropped,
}

impl InprocEnd {
    fn set(&self, shared: Arc<SocketShared>, key: PipeKey) {
        let state = self.state.lock();
        let late = *state != State::Open;
        let _ = self.peer_end.set((shared, key));
        drop(state);
        if late {
            // This end closed before the other socket took the pipe.
            self.tell(Command::Closed);
        }
    }

    #[inline]
    fn tell(&self, command: impl FnOnce(PipeKey) -> Command) {
        if let Some((shared, key)) = self.peer_end.get() {
            shared.post(command(*key));
        }
    }

    fn state(&self) -> State {
        *self.state.lock()
    }

    /// The end of the other socket waits there. This end may have closed by now.
    fn set_waits(&self, waits: Waits) {
        let _ = self.waits.set(waits);
        if self.state() != State::Open {
            self.take_back();
        }
    }

    fn take_back(&self) {
        if let Some(waits) = self.waits.get() {
            waits.take_back();
        }
    }
}

impl PipePeer for InprocEnd {
    fn readable(&self, _flush: Flush) {
        self.tell(Command::Readable);
    }

    fn flush(&self) {}

    fn contends_for_room(&self) -> bool {
        self.peer_end.get().is_some_and(|(shared, key)| shared.contends_for_room(*key))
    }

    fn writable(&self) {
        self.tell(Command::Writable);
    }

    fn close(&self, linger: i32) {
        let mut state = self.state.lock();
        *state = if linger == 0 { State::Dropped } else { State::Closed };
        let known = self.peer_end.get().is_some();
        drop(state);
        if known {
            self.tell(Command::Closed);
        } else {
            self.take_back();
        }
    }
}

impl Core {
    fn marks(&self) -> PeerMarks {
        PeerMarks::Inproc { send: self.options.sndhwm, receive: self.options.rcvhwm }
    }

    /// Binds a name of the context; `EADDRINUSE`.
    pub(super) fn bind_inproc(&mut self, name: &[u8]) -> Result<()> {
        let binder = Binder {
            shared: self.shared.clone(),
            socket_type: self.options.socket_type,
            send_hwm: self.options.sndhwm,
            receive_hwm: self.options.rcvhwm,
            routing_id: self.options.routing_id.clone(),
        };
        let waiting = self.context.registry.bind(name, binder.clone())?;
        self.endpoints.add_inproc_bound(name);
        self.last_endpoint = name.to_vec();
        for connecter in waiting {
            if !connecter.is_given_up() {
                self.take_in(connecter, &binder);
            }
        }
        Ok(())
    }

    /// Attaches a peer that connected before this bind.
    fn take_in(&mut self, connecter: Connecter, binder: &Binder) {
        let Connecter { parts, assigned, bound, .. } = connecter;
        bound(binder);
        let id = self.admit(parts, assigned);
        let (send, receive) = (self.options.sndhwm, self.options.rcvhwm);
        if let Some(pipe) = self.pipes.get_mut(id) {
            pipe.set_marks(None, send, receive);
        }
    }

    /// Connects to a name of the context, bound or not.
    pub(super) fn connect_inproc(&mut self, name: &[u8]) -> Result<()> {
        let context = self.context.clone();
        let mut made = None;
        let number = context.registry.connect(name, |binder| match binder {
            Some(binder) => {
                let (near_end, command) = self.join(binder);
                made = Some((near_end, Some((command, binder.clone()))));
                None
            }
            None => {
                let (near_end, connecter) = self.wait_for_binder();
                made = Some((near_end, None));
                Some(connecter)
            }
        });
        match (made, number) {
            (Some((near_end, Some((command, binder)))), _) => {
                let number = binder.shared.post(command);
                binder.shared.call_attendant();
                let (shared, reads) = (binder.shared, binder.socket_type.receives());
                near_end.set_waits(Waits::Posted { shared, number, reads });
            }
            (Some((near_end, None)), Some(number)) => {
                let names = Arc::downgrade(&context.registry);
                near_end.set_waits(Waits::Named { names, name: name.into(), number });
            }
            _ => {}
        }
        // A PAIR that has a peer does not keep another one.
        if let Some(key) = self.newest_inproc
            && self.pipes.find(key).is_some()
        {
            self.endpoints.add_inproc_connected(name, key);
        }
        self.last_endpoint = name.to_vec();
        self.options.connect_routing_id.clear();
        Ok(())
    }

    /// Makes a pipe to a socket that has bound; returns this end and what to tell the other.
    fn join(&mut self, binder: &Binder) -> (Arc<InprocEnd>, Command) {
        let peer_end = PeerMarks::Inproc { send: binder.send_hwm, receive: binder.receive_hwm };
        let (near_end, far_parts, near_key) = self.link(peer_end, Some(binder));
        let near_port = self.shared.clone();
        let binder_port = binder.shared.clone();
        // The binder's end knows this socket from the start.
        far_parts.1.set(near_port, near_key);
        let placed = near_end.clone();
        let command = Command::Attach {
            parts: Box::new(far_parts.0),
            assigned: Box::new(move |key| placed.set(binder_port, key)),
        };
        (near_end, command)
    }

    /// Makes a pipe whose other end waits for a bind.
    fn wait_for_binder(&mut self) -> (Arc<InprocEnd>, Connecter) {
        let (near_end, (parts, far_end), near_key) =
            self.link(PeerMarks::Inproc { send: 0, receive: 0 }, None);
        let near_port = self.shared.clone();
        far_end.set(near_port.clone(), near_key);
        let binder_port: Arc<Mutex<Option<Arc<SocketShared>>>> = Arc::default();
        let port_of_binder = binder_port.clone();
        let (placed, own_end) = (near_end.clone(), near_end.clone());
        let connecter = Connecter {
            parts,
            assigned: Box::new(move |key| {
                if let Some(shared) = binder_port.lock().take() {
                    placed.set(shared, key);
                }
            }),
            bound: Box::new(move |binder| {
                *port_of_binder.lock() = Some(binder.shared.clone());
                let peer_end =
                    PeerMarks::Inproc { send: binder.send_hwm, receive: binder.receive_hwm };
                near_port.post(Command::Marks { pipe: near_key, peer_end });
                near_port.post_link(0, near_key, Some(binder.routing_id.as_slice().into()));
            }),
            left: Box::new(move || match own_end.state() {
                State::Open => None,
                state => Some(state == State::Dropped),
            }),
        };
        (near_end, connecter)
    }

    /// Two queues between this socket and another one; this socket's end is attached.
    fn link(
        &mut self,
        peer_end: PeerMarks,
        binder: Option<&Binder>,
    ) -> (Arc<InprocEnd>, (PipeParts, Arc<InprocEnd>), PipeKey) {
        let options = &self.options;
        let known = binder.is_some();
        let (out, inward) = match known {
            true => (peer_end.outbound(options.sndhwm), peer_end.inbound(options.rcvhwm)),
            false => (options.sndhwm, options.rcvhwm),
        };
        let (writer, peer_reader) = queue(out, options.conflates_outward());
        let (peer_writer, reader) = queue(inward, options.conflates_inward());
        let near_end = Arc::new(InprocEnd::default());
        let far_end = Arc::new(InprocEnd::default());
        let far_parts = PipeParts {
            reader: peer_reader,
            writer: peer_writer,
            peer_end: far_end.clone(),
            peer_routing_id: options.routing_id.clone(),
            identified: true,
            given_routing_id: Vec::new(),
            copy_max: 0,
            session: 0,
            listener: 0,
            peer_marks: self.marks(),
            takes_all: false,
        };
        let key = self.attach(PipeParts {
            reader,
            writer,
            peer_end: near_end.clone(),
            peer_routing_id: binder.map(|binder| binder.routing_id.clone()).unwrap_or_default(),
            identified: known,
            given_routing_id: self.options.connect_routing_id.clone(),
            copy_max: 0,
            session: 0,
            listener: 0,
            peer_marks: if known { peer_end } else { PeerMarks::None },
            takes_all: false,
        });
        self.newest_inproc = Some(key);
        (near_end, (far_parts, far_end), key)
    }
}
