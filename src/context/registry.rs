//! Names bound inside a context (`inproc://`), and connects that came before their bind.
//!
//! One lock. A connecting socket holds its own while it takes this one, and makes its pipe under
//! it. So a bind sees either the connect that waits or none. The only locks below are those of the
//! ends of inproc pipes. Sockets are woken after the lock is released.
#![forbid(unsafe_code)]

use std::collections::BTreeMap;

use crate::error::{Errno, Result};
use crate::io::reactor::{Bound, Directory};
use crate::io::shared::SocketShared;
use crate::options::SocketType;
use crate::pipe::{Assigned, PipeParts};
use crate::sync::{Arc, Mutex};

/// A socket that bound a name.
#[derive(Clone)]
pub struct Binder {
    pub shared: Arc<SocketShared>,
    pub socket_type: SocketType,
    pub send_hwm: i32,
    pub receive_hwm: i32,
    pub routing_id: Vec<u8>,
}

/// A connect that waits for its bind: the binder's end of the pipe.
pub struct Connecter {
    pub parts: PipeParts,
    pub assigned: Assigned,
    /// Gives the connecting socket its binder.
    pub bound: Box<dyn FnOnce(&Binder) + Send>,
    /// Whether the connecting socket has gone; if so, whether its messages must be dropped.
    pub left: Box<dyn Fn() -> Option<bool> + Send>,
}

impl Connecter {
    /// Whether no socket needs the bind any more: the connecting socket has gone and left nothing
    /// to deliver.
    pub fn is_given_up(&self) -> bool {
        (self.left)().is_some_and(|dropped| dropped || !self.parts.reader.has_frames())
    }
}

/// See the module's documentation.
#[derive(Default)]
pub struct Registry(Mutex<Names>);

#[derive(Default)]
struct Names {
    bound: BTreeMap<Vec<u8>, Binder>,
    /// Connects that wait for each name, by number, in the order in which they came.
    pending: BTreeMap<Vec<u8>, BTreeMap<u64, Connecter>>,
    /// The number of the last connect.
    last: u64,
}

impl Directory for Registry {
    fn find(&self, name: &[u8]) -> Option<Bound> {
        let names = self.0.lock();
        let binder = names.bound.get(name)?;
        Some(Bound { shared: binder.shared.clone(), socket_type: binder.socket_type })
    }
}

impl Registry {
    /// Binds a name; returns the connects that waited for it. `EADDRINUSE`.
    pub fn bind(&self, name: &[u8], binder: Binder) -> Result<Vec<Connecter>> {
        let mut names = self.0.lock();
        if names.bound.contains_key(name) {
            return Err(Errno::EADDRINUSE);
        }
        names.bound.insert(name.to_vec(), binder);
        Ok(names.pending.remove(name).unwrap_or_default().into_values().collect())
    }

    /// Gives a name free if this socket holds it; returns whether it did.
    pub fn unbind(&self, name: &[u8], shared: &Arc<SocketShared>) -> bool {
        let mut names = self.0.lock();
        let own = names.bound.get(name).is_some_and(|binder| Arc::ptr_eq(&binder.shared, shared));
        let gone = if own { names.bound.remove(name) } else { None };
        drop(names);
        drop(gone);
        own
    }

    /// Gives all names of a socket free.
    pub fn unbind_all(&self, shared: &Arc<SocketShared>) {
        let mut names = self.0.lock();
        let is_own = |entry: &(&Vec<u8>, &Binder)| Arc::ptr_eq(&entry.1.shared, shared);
        let own: Vec<_> = names.bound.iter().filter(is_own).map(|(name, _)| name.clone()).collect();
        // The memory of the names is given back after the lock.
        let gone: Vec<_> = own.iter().map(|name| names.bound.remove_entry(name)).collect();
        drop(names);
        drop(gone);
    }

    /// Finds the binder of the name, or keeps what `make` returns for a later one. `make` gets the
    /// binder; if it must wait, it returns the binder's end. Then the result is the number it waits
    /// by.
    pub fn connect(
        &self,
        name: &[u8],
        make: impl FnOnce(Option<&Binder>) -> Option<Connecter>,
    ) -> Option<u64> {
        let mut names = self.0.lock();
        let binder = names.bound.get(name).cloned();
        let connecter = make(binder.as_ref())?;
        names.last += 1;
        let number = names.last;
        names.pending.entry(name.to_vec()).or_default().insert(number, connecter);
        Some(number)
    }

    /// Ends the wait of a connecting socket that has gone, unless it left something to deliver.
    pub fn give_up(&self, name: &[u8], number: u64) {
        let mut names = self.0.lock();
        let Some(waiting) = names.pending.get_mut(name) else { return };
        let given_up = waiting.get(&number).is_some_and(Connecter::is_given_up);
        let gone = if given_up { waiting.remove(&number) } else { None };
        if waiting.is_empty() {
            names.pending.remove(name);
        }
        drop(names);
        drop(gone);
    }

    /// Ends all waits: the context ends, and no socket will bind any more.
    pub fn end_pending(&self) {
        let pending = core::mem::take(&mut self.0.lock().pending);
        for connecter in pending.into_values().flat_map(BTreeMap::into_values) {
            connecter.parts.peer_end.close(0);
        }
    }
}
