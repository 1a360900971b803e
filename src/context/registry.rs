//! Names bound inside a context (`inproc://`), and connects that came before their bind.
//!
//! One lock. A connecting socket holds its own while it takes this one, and makes its pipe under it, so
//! that a bind sees either the connect that waits or none. The only locks below are those of the ends of
//! inproc pipes; whoever is to be told is told when the lock is gone.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use crate::error::{Errno, Result};
use crate::io::port::Port;
use crate::io::reactor::{Bound, Directory};
use crate::options::SocketType;
use crate::pipe::{Assigned, PipeParts};
use crate::sync::{Arc, Mutex};

/// A socket that bound a name.
#[derive(Clone)]
pub struct Binder {
    pub port: Arc<Port>,
    pub socket_type: SocketType,
    pub send_hwm: i32,
    pub receive_hwm: i32,
    pub routing_id: Vec<u8>,
}

/// A connect that waits for its bind: the binder's end of the pipe.
pub struct Connecter {
    pub parts: PipeParts,
    pub assigned: Assigned,
    /// Tells the connecting socket who the binder is.
    pub bound: Box<dyn FnOnce(&Binder) + Send>,
    /// Whether the connecting socket has given up.
    pub cancelled: Box<dyn Fn() -> bool + Send>,
}

/// See the module's documentation.
#[derive(Default)]
pub struct Registry(Mutex<Names>);

#[derive(Default)]
struct Names {
    bound: BTreeMap<Vec<u8>, Binder>,
    pending: Vec<(Vec<u8>, Connecter)>,
}

impl Directory for Registry {
    fn find(&self, name: &[u8]) -> Option<Bound> {
        let names = self.0.lock();
        let binder = names.bound.get(name)?;
        Some(Bound { port: binder.port.clone(), socket_type: binder.socket_type })
    }
}

impl Registry {
    /// Binds a name; returns who waited for it. `EADDRINUSE`.
    pub fn bind(&self, name: &[u8], binder: Binder) -> Result<Vec<Connecter>> {
        let mut names = self.0.lock();
        if names.bound.contains_key(name) {
            return Err(Errno::EADDRINUSE);
        }
        names.bound.insert(name.to_vec(), binder);
        let (found, rest): (Vec<_>, Vec<_>) =
            core::mem::take(&mut names.pending).into_iter().partition(|(other, _)| other == name);
        names.pending = rest;
        Ok(found.into_iter().map(|(_, connecter)| connecter).collect())
    }

    /// Gives a name free if this port holds it; whether it did.
    pub fn unbind(&self, name: &[u8], port: &Arc<Port>) -> bool {
        let mut names = self.0.lock();
        let own = names.bound.get(name).is_some_and(|binder| Arc::ptr_eq(&binder.port, port));
        if own {
            names.bound.remove(name);
        }
        own
    }

    /// Gives all names of a port free.
    pub fn unbind_all(&self, port: &Arc<Port>) {
        self.0.lock().bound.retain(|_, binder| !Arc::ptr_eq(&binder.port, port));
    }

    /// Finds who bound the name, or keeps what `make` gives for whoever will. `make` is told the
    /// binder, and answers with the binder's end if it must wait.
    pub fn connect(&self, name: &[u8], make: impl FnOnce(Option<&Binder>) -> Option<Connecter>) {
        let mut names = self.0.lock();
        names.pending.retain(|(_, connecter)| !(connecter.cancelled)());
        let binder = names.bound.get(name).cloned();
        if let Some(connecter) = make(binder.as_ref()) {
            names.pending.push((name.to_vec(), connecter));
        }
    }

    /// The context ends: nobody will bind any more.
    pub fn end_pending(&self) {
        let pending = core::mem::take(&mut self.0.lock().pending);
        for (_, connecter) in pending {
            connecter.parts.far.close(0);
        }
    }
}
