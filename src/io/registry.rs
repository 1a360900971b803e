//! The connections in a socket's poller. A token is a place and the generation of that place, so
//! that a late event of a connection that is gone finds nothing.
//!
//! Under a lock of the socket-shared state that owns it, which is a leaf.
#![forbid(unsafe_code)]

use crate::io::connection::Connection;
use crate::sync::Arc;

/// See the module's documentation.
#[derive(Default)]
pub struct Registry {
    slots: Vec<(u32, Option<Arc<Connection>>)>,
    free: Vec<u32>,
}

impl Registry {
    pub fn insert(&mut self, connection: Arc<Connection>) -> u64 {
        let index = self.free.pop().unwrap_or_else(|| {
            self.slots.push((0, None));
            (self.slots.len() - 1) as u32
        });
        let generation = match self.slots.get_mut(index as usize) {
            Some(slot) => {
                slot.1 = Some(connection);
                slot.0
            }
            None => 0,
        };
        u64::from(generation) << 32 | u64::from(index)
    }

    pub fn get(&self, token: u64) -> Option<&Arc<Connection>> {
        let (generation, connection) = self.slots.get(token as u32 as usize)?;
        connection.as_ref().filter(|_| u64::from(*generation) == token >> 32)
    }

    /// The only connection, if there is just one place and it is taken.
    pub fn lone(&self) -> Option<Arc<Connection>> {
        match self.slots.as_slice() {
            [(_, connection)] => connection.clone(),
            _ => None,
        }
    }

    pub fn remove(&mut self, token: u64) -> Option<Arc<Connection>> {
        self.get(token)?;
        let slot = self.slots.get_mut(token as u32 as usize)?;
        // One bit of the token stays clear, so that no token equals that of the wake descriptor.
        slot.0 = slot.0.wrapping_add(1) & 0x7fff_ffff;
        self.free.push(token as u32);
        slot.1.take()
    }
}
