//! Topics one behind the other in one block of memory, each with a number.
//!
//! A value, under its socket's lock. A record is the number (4 bytes), the length with two flags (2
//! bytes, or 6 for long topics) and the topic. Records are appended; a record that is removed is
//! only marked, and [`Arena::compact`] closes the gaps. The position of a record stays valid until
//! then.
#![forbid(unsafe_code)]

/// The offset at which a record starts.
pub(super) type Position = u32;

const HEADER: usize = 6;
const DEAD: u16 = 1 << 15;
const SHARED: u16 = 1 << 14;
/// Stands in place of the length, which follows in four bytes.
const LONG: u16 = SHARED - 1;

/// A topic and the number kept with it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Record<'a> {
    pub topic: &'a [u8],
    pub value: u32,
    /// A flag beside the value; its meaning is up to the owner.
    pub shared: bool,
    live: bool,
    end: usize,
}

/// See the module.
#[derive(Default)]
pub(super) struct Arena {
    bytes: Vec<u8>,
    /// Bytes of records that are marked as removed.
    dead: usize,
    /// Records that are not.
    live: usize,
}

impl Arena {
    /// Number of topics.
    pub fn len(&self) -> usize {
        self.live
    }

    /// Appends a record; `None` when 4 GiB are full.
    pub fn push(&mut self, topic: &[u8], value: u32) -> Option<Position> {
        let position = Position::try_from(self.bytes.len()).ok()?;
        let long = u32::try_from(topic.len()).ok()?;
        let short = u16::try_from(topic.len()).ok().filter(|short| *short < LONG);
        let end = self.bytes.len() + HEADER + size_of::<u32>() + topic.len();
        Position::try_from(end).ok()?;
        self.bytes.extend_from_slice(&value.to_le_bytes());
        self.bytes.extend_from_slice(&short.unwrap_or(LONG).to_le_bytes());
        if short.is_none() {
            self.bytes.extend_from_slice(&long.to_le_bytes());
        }
        self.bytes.extend_from_slice(topic);
        self.live += 1;
        Some(position)
    }

    /// The record at `position`; `None` if it was removed.
    #[inline]
    pub fn get(&self, position: Position) -> Option<Record<'_>> {
        self.read(position as usize).filter(|record| record.live)
    }

    /// Changes value and flag of a record.
    pub fn set(&mut self, position: Position, value: u32, shared: bool) {
        let at = position as usize;
        if let Some(head) = self.bytes.get_mut(at..).and_then(<[u8]>::first_chunk_mut::<HEADER>) {
            let [.., low, high] = *head;
            let meta = u16::from_le_bytes([low, high]) & !SHARED | if shared { SHARED } else { 0 };
            let ([a, b, c, d], [low, high]) = (value.to_le_bytes(), meta.to_le_bytes());
            *head = [a, b, c, d, low, high];
        }
    }

    /// Marks a record as removed.
    pub fn remove(&mut self, position: Position) {
        let at = position as usize;
        let Some(size) = self.get(position).map(|record| record.end - at) else { return };
        if let Some(high) = self.bytes.get_mut(at + HEADER - 1) {
            *high |= DEAD.to_le_bytes()[1];
            self.dead += size;
            self.live -= 1;
        }
        if self.live == 0 {
            *self = Arena::default();
        }
    }

    /// The first record at or behind `from` with its position, and the offset to go on from.
    pub fn next(&self, from: usize) -> Option<(Position, Record<'_>, usize)> {
        let mut at = from;
        loop {
            let record = self.read(at)?;
            if record.live {
                return Some((Position::try_from(at).ok()?, record, record.end));
            }
            at = record.end;
        }
    }

    /// All records in the order they were added.
    pub fn iter(&self) -> impl Iterator<Item = (Position, Record<'_>)> {
        let mut from = 0;
        core::iter::from_fn(move || {
            let (position, record, next) = self.next(from)?;
            from = next;
            Some((position, record))
        })
    }

    /// Whether gaps take more than half of the memory.
    pub fn wasteful(&self) -> bool {
        self.dead > self.bytes.len() / 2 + 256
    }

    /// Closes the gaps: every position changes.
    pub fn compact(&mut self) {
        let (mut to, mut from) = (0, 0);
        while let Some((position, record, next)) = self.next(from) {
            let (start, end) = (position as usize, record.end);
            from = next;
            self.bytes.copy_within(start..end, to);
            to += end - start;
        }
        self.bytes.truncate(to);
        self.bytes.shrink_to_fit();
        self.dead = 0;
    }

    #[inline]
    fn read(&self, at: usize) -> Option<Record<'_>> {
        let (head, rest) = self.bytes.get(at..)?.split_first_chunk::<HEADER>()?;
        let [a, b, c, d, low, high] = *head;
        let meta = u16::from_le_bytes([low, high]);
        let (length, header, rest) = if meta & LONG == LONG {
            let (length, rest) = rest.split_first_chunk()?;
            (u32::from_le_bytes(*length) as usize, HEADER + size_of::<u32>(), rest)
        } else {
            (usize::from(meta & LONG), HEADER, rest)
        };
        Some(Record {
            topic: rest.get(..length)?,
            value: u32::from_le_bytes([a, b, c, d]),
            shared: meta & SHARED != 0,
            live: meta & DEAD == 0,
            end: at + header + length,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_of_all_lengths() {
        let mut arena = Arena::default();
        let topics: Vec<Vec<u8>> =
            [0, 1, 5, usize::from(LONG) - 1, usize::from(LONG), 70_000].map(|n| vec![7; n]).into();
        let positions: Vec<Position> =
            topics.iter().enumerate().map(|(i, t)| arena.push(t, i as u32).unwrap()).collect();
        for (i, position) in positions.iter().enumerate() {
            assert_eq!(arena.get(*position).unwrap().topic, topics[i]);
            arena.set(*position, u32::MAX - i as u32, true);
        }
        assert!(arena.iter().map(|(_, r)| r.topic).eq(topics.iter().map(Vec::as_slice)));
        assert!(arena.iter().all(|(_, r)| r.shared && r.value > 1000));
        arena.set(positions[4], 4, false);
        for removed in [0, 3, 5] {
            arena.remove(positions[removed]);
            assert!(arena.get(positions[removed]).is_none());
            arena.remove(positions[removed]);
        }
        assert!(arena.wasteful());
        arena.compact();
        assert!(!arena.wasteful());
        assert_eq!(arena.len(), 3);
        let left: Vec<_> = arena.iter().map(|(_, r)| (r.topic.len(), r.value, r.shared)).collect();
        assert_eq!(
            left,
            [(1, u32::MAX - 1, true), (5, u32::MAX - 2, true), (usize::from(LONG), 4, false)]
        );
    }
}
