//! Binding and connecting, and undoing both: the table of a socket's endpoints.
#![forbid(unsafe_code)]

use crate::endpoint::{Endpoint, numeric_form};
use crate::error::{Errno, Result};
use crate::io::connection::{Connection, ConnectionEnd};
use crate::io::reactor::{COPY_MAX, Dialling, Session, SessionSlot, SharedListener};
use crate::pipe::{PeerMarks, Pipe, PipeId, PipeKey, PipeParts};
use crate::queue::queue;
use crate::socket::Core;
use crate::sync::Arc;
use crate::transport;

/// The endpoints that the application bound and connected, by the texts that undo it.
#[derive(Default)]
pub struct Endpoints {
    entries: Vec<(Names, Entry)>,
}

/// The texts that an endpoint goes by.
struct Names {
    text: Vec<u8>,
    /// The text that the application gave to `zmq_bind`, if the system had to resolve it.
    given: Option<Vec<u8>>,
}

impl Names {
    fn include(&self, text: &[u8]) -> bool {
        self.text == text || self.given.as_deref() == Some(text)
    }
}

/// One endpoint.
enum Entry {
    Listener(Arc<SharedListener>),
    /// A connecting session; with `immediate` its pipes come and go. One that gave up after a
    /// breach of the protocol stays until it is disconnected.
    Dialled {
        session: u64,
        immediate: bool,
    },
    InprocBound,
    InprocConnected(PipeKey),
}

impl Endpoints {
    fn add(&mut self, key: &[u8], entry: Entry) {
        self.entries.push((Names { text: key.to_vec(), given: None }, entry));
    }

    /// A listener, which goes by its resolved text and, if there is one, by the text that was given.
    fn add_listener(&mut self, text: &[u8], given: Option<&[u8]>, listener: Arc<SharedListener>) {
        let names = Names { text: text.to_vec(), given: given.map(<[u8]>::to_vec) };
        self.entries.push((names, Entry::Listener(listener)));
    }

    pub fn add_group(&mut self, key: &[u8], session: u64) {
        self.add(key, Entry::Dialled { session, immediate: false });
    }

    pub fn add_inproc_bound(&mut self, key: &[u8]) {
        self.add(key, Entry::InprocBound);
    }

    pub fn add_inproc_connected(&mut self, key: &[u8], pipe: PipeKey) {
        self.add(key, Entry::InprocConnected(pipe));
    }

    fn is_dialled(&self, key: &[u8]) -> bool {
        self.entries
            .iter()
            .any(|(names, entry)| names.include(key) && matches!(entry, Entry::Dialled { .. }))
    }

    /// Takes all endpoints of this text out. An inproc name that the socket has bound goes first,
    /// without what the socket connected to it.
    fn take(&mut self, key: &[u8]) -> Vec<Entry> {
        let bound = |(names, entry): &(Names, Entry)| {
            names.include(key) && matches!(entry, Entry::InprocBound)
        };
        if let Some(place) = self.entries.iter().position(bound) {
            return vec![self.entries.remove(place).1];
        }
        let (found, rest): (Vec<_>, Vec<_>) = core::mem::take(&mut self.entries)
            .into_iter()
            .partition(|(names, _)| names.include(key));
        self.entries = rest;
        found.into_iter().map(|(_, entry)| entry).collect()
    }

    /// A connection inside the context lasts as long as its pipe.
    pub fn pipe_gone(&mut self, pipe: &Pipe) {
        self.entries.retain(|(_, entry)| match entry {
            Entry::InprocConnected(key) => *key != pipe.key,
            _ => true,
        });
    }

    /// The session gave its endpoint up.
    pub fn session_gone(&mut self, gone: u64) {
        self.entries.retain(|(_, entry)| match entry {
            Entry::Dialled { session, .. } => *session != gone,
            _ => true,
        });
    }

    /// Takes all listeners out.
    pub fn take_listeners(&mut self) -> Vec<Arc<SharedListener>> {
        core::mem::take(&mut self.entries)
            .into_iter()
            .filter_map(|(_, entry)| match entry {
                Entry::Listener(listener) => Some(listener),
                _ => None,
            })
            .collect()
    }
}

impl Core {
    /// `zmq_bind`: `ETERM`, `EINVAL`, `EPROTONOSUPPORT`, `ENOCOMPATPROTO`, `EMTHREAD`, and the
    /// system's own errors of opening, binding, listening and polling.
    pub fn bind(&mut self, text: &[u8]) -> Result<()> {
        self.process_commands()?;
        let endpoint = Endpoint::parse(text, self.options.socket_type)?;
        if let Endpoint::Inproc(_) = &endpoint {
            return self.bind_inproc(text);
        }
        let pool = self.context.pool()?;
        pool.check_affinity(self.options.affinity)?;
        if let Endpoint::Multicast(..) = &endpoint {
            self.join_group(text, &endpoint)?;
            self.shared.wake_all();
            return Ok(());
        }
        let mut options = self.options.clone();
        // That is for the next connection that is made, and not for one that is accepted.
        options.connect_routing_id.clear();
        let options = Arc::new(options);
        let listener = pool.listen(&endpoint, options, &self.shared)?;
        self.last_endpoint = listener.endpoint().to_vec();
        // The system's name of a TIPC service does not tell one publication from another.
        let key = match &endpoint {
            Endpoint::Tipc(_) => text.to_vec(),
            _ => self.last_endpoint.clone(),
        };
        // A shared or name that the system chose makes the text one of many endpoints.
        let named = endpoint.names_one_listener() && self.options.use_fd < 0;
        self.endpoints.add_listener(&key, named.then_some(text), listener);
        Ok(())
    }

    /// `zmq_connect`: `ETERM`, `EINVAL`, `EPROTONOSUPPORT`, `ENOCOMPATPROTO`, `EMTHREAD`,
    /// `ENAMETOOLONG`; `ENOSPC` and `ENOMEM` when the kernel watches no more descriptors. Names are looked up
    /// later.
    pub fn connect(&mut self, text: &[u8]) -> Result<()> {
        self.process_commands()?;
        self.connect_now(text)?;
        // Others may have waited for a peer to send to.
        self.shared.wake_all();
        Ok(())
    }

    fn connect_now(&mut self, text: &[u8]) -> Result<()> {
        let endpoint = Endpoint::parse(text, self.options.socket_type)?;
        if let Endpoint::Inproc(_) = &endpoint {
            return self.connect_inproc(text);
        }
        if self.options.socket_type.ignores_duplicate_connect() && self.endpoints.is_dialled(text) {
            return Ok(());
        }
        self.context.pool()?.check_affinity(self.options.affinity)?;
        if let Endpoint::Multicast(..) = &endpoint {
            return self.join_group(text, &endpoint);
        }
        transport::check_connect(&endpoint, &self.options)?;
        let slot = self.context.pool()?.reserve(self.options.affinity, &self.shared)?;
        self.last_endpoint = endpoint.shown();
        self.dial(text, endpoint, slot);
        self.options.connect_routing_id.clear();
        Ok(())
    }

    /// Starts a connecting session; its pipe exists at once, unless `ZMQ_IMMEDIATE` is set.
    fn dial(&mut self, text: &[u8], endpoint: Endpoint, slot: SessionSlot) {
        let immediate = self.options.immediate;
        let options = Arc::new(self.options.clone());
        let dialling = Dialling::new(endpoint, &options);
        let entry = Entry::Dialled { session: slot.id, immediate };
        self.endpoints.add(text, entry);
        let connection = if immediate { None } else { Some(self.make_pipe(&slot)) };
        let session = Session::dialled(
            slot.id,
            slot.owner(),
            self.shared.clone(),
            options,
            dialling,
            connection,
        );
        slot.adopt(session);
    }

    fn make_pipe(&mut self, slot: &SessionSlot) -> Arc<Connection> {
        let options = &self.options;
        let (writer, peer_reader) = queue(options.sndhwm, options.conflates_outward());
        let (peer_writer, reader) = queue(options.rcvhwm, options.conflates_inward());
        let shared = self.shared.clone();
        let connection =
            Arc::new(Connection::new(slot.id, shared, slot.owner(), peer_reader, peer_writer));
        let key = self.attach(PipeParts {
            reader,
            writer,
            peer_end: Arc::new(ConnectionEnd(connection.clone())),
            peer_routing_id: Vec::new(),
            identified: false,
            given_routing_id: self.options.connect_routing_id.clone(),
            copy_max: COPY_MAX,
            session: slot.id,
            listener: 0,
            peer_marks: PeerMarks::None,
            takes_all: false,
        });
        connection.set_key(key);
        connection
    }

    /// `zmq_unbind` and `zmq_disconnect`: `ETERM`, `EINVAL`, `EPROTONOSUPPORT`, `ENOCOMPATPROTO`;
    /// `ENOENT` when nothing of that name is bound or connected; what the look-up of a name answers
    /// when the system is short of descriptors or memory.
    pub fn disconnect(&mut self, text: &[u8]) -> Result<()> {
        self.process_commands()?;
        let endpoint = Endpoint::parse(text, self.options.socket_type)?;
        let mut entries = self.endpoints.take(text);
        if let (true, Endpoint::Tcp(address)) = (entries.is_empty(), &endpoint) {
            entries = self.endpoints.take(&numeric_form(address, self.options.ipv6)?);
        }
        if entries.is_empty() {
            return Err(Errno::ENOENT);
        }
        self.shared.note_disconnect();
        for entry in entries {
            self.end_entry(text, entry);
        }
        Ok(())
    }

    fn end_entry(&mut self, text: &[u8], entry: Entry) {
        let linger = self.options.linger;
        match entry {
            Entry::Listener(listener) => {
                listener.close(&self.shared);
                let ids: Vec<PipeId> = self.pipes.ids().collect();
                for id in ids {
                    if let Some(pipe) = self.pipes.get(id).filter(|p| p.listener == listener.id()) {
                        pipe.peer_end().hang_up();
                    }
                }
                if let Ok(pool) = self.context.pool() {
                    pool.unlisten(&listener, linger);
                }
            }
            Entry::Dialled { session, immediate } => {
                let of_session =
                    |id: &PipeId| self.pipes.get(*id).is_some_and(|pipe| pipe.session == session);
                let ids: Vec<PipeId> = self.pipes.ids().filter(of_session).collect();
                for id in ids {
                    if immediate {
                        // As with libzmq, what has come in can still be read.
                        self.far_closed(id);
                    } else {
                        self.remove_pipe(id, linger);
                    }
                }
                if immediate && let Ok(pool) = self.context.pool() {
                    pool.cancel(session, linger);
                }
            }
            Entry::InprocBound => {
                self.context.registry.unbind(text, &self.shared);
            }
            Entry::InprocConnected(key) => {
                if let Some(id) = self.pipes.find(key) {
                    self.remove_pipe(id, linger);
                }
            }
        }
    }
}
