//! Routing ids and the pipes they stand for (RFC 28, ROUTER). Under the socket's lock.
#![forbid(unsafe_code)]

use hashbrown::HashMap;

use crate::pipe::PipeId;
use crate::sync::{Arc, AtomicU32, Ordering};

/// The first id, equal in every run; programs may have seen it from libzmq.
const FIRST: u32 = 0x6b8b_4567;

/// The distance between the first ids of a process's sockets: its multiples stay far apart.
const STRIDE: u32 = 0x9e37_79b9;

/// Routing ids for peers without one: a zero byte and a counter.
pub struct AutoId(u32);

impl Default for AutoId {
    fn default() -> Self {
        AutoId(FIRST)
    }
}

impl AutoId {
    /// Ids that differ from those of other sockets: some programs keep the ids of several in one
    /// table.
    pub fn apart() -> Self {
        static SOCKETS: AtomicU32 = AtomicU32::new(0);
        let socket = SOCKETS.fetch_add(1, Ordering::Relaxed);
        AutoId(FIRST.wrapping_add(socket.wrapping_mul(STRIDE)))
    }

    /// Whether a name has the form of these ids; peers may not choose one that begins so.
    pub fn is_one(name: &[u8]) -> bool {
        matches!(name, [0, _, _, _, _])
    }

    /// A new id.
    pub fn make(&mut self) -> [u8; 5] {
        let [a, b, c, d] = self.0.to_be_bytes();
        self.0 = self.0.wrapping_add(1);
        [0, a, b, c, d]
    }
}

/// Names of pipes, and back.
#[derive(Default)]
pub struct RoutingTable {
    pipes: HashMap<Arc<[u8]>, PipeId, foldhash::fast::RandomState>,
    names: Vec<Option<Arc<[u8]>>>,
}

impl RoutingTable {
    /// The pipe that answers to `name`.
    #[inline]
    pub fn find(&self, name: &[u8]) -> Option<PipeId> {
        self.pipes.get(name).copied()
    }

    /// The name of the pipe.
    #[inline]
    pub fn name(&self, id: PipeId) -> Option<&[u8]> {
        self.names.get(id as usize)?.as_deref()
    }

    /// Gives the pipe the name `name`. A pipe that had the name keeps it for messages read from it,
    /// but is not found any more.
    pub fn set(&mut self, id: PipeId, name: &[u8]) {
        self.remove(id);
        let at = id as usize;
        if at >= self.names.len() {
            self.names.resize(at + 1, None);
        }
        let name: Arc<[u8]> = name.into();
        if let Some(slot) = self.names.get_mut(at) {
            *slot = Some(name.clone());
        }
        // The key is replaced with the value, so that both sides share one allocation.
        self.pipes.remove(&name);
        self.pipes.insert(name, id);
    }

    /// Forgets the pipe.
    pub fn remove(&mut self, id: PipeId) {
        if let Some(name) = self.names.get_mut(id as usize).and_then(Option::take)
            && self.pipes.get(&name) == Some(&id)
        {
            self.pipes.remove(&name);
        }
    }

    /// The pipes that have a name.
    pub fn pipes(&self) -> impl Iterator<Item = PipeId> + '_ {
        self.pipes.values().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_found_until_taken_over_or_removed() {
        let mut table = RoutingTable::default();
        table.set(3, b"a");
        table.set(1, b"a");
        assert_eq!((table.find(b"a"), table.name(3)), (Some(1), Some(b"a".as_slice())));
        table.remove(3);
        assert_eq!((table.find(b"a"), table.name(3)), (Some(1), None));
        table.set(1, b"b");
        assert_eq!((table.find(b"a"), table.find(b"b")), (None, Some(1)));
        assert_eq!(table.pipes().collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn automatic_ids_count_up_from_the_known_start() {
        let mut auto = AutoId::default();
        assert_eq!(auto.make(), [0, 0x6b, 0x8b, 0x45, 0x67]);
        assert_eq!(auto.make(), [0, 0x6b, 0x8b, 0x45, 0x68]);
        assert_ne!(AutoId::apart().make(), AutoId::apart().make());
    }
}
