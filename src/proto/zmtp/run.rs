//! A run of frames in a buffer (RFC 23, "Traffic"): complete messages one behind the other, and
//! frames of an unfinished one behind them. A run is handed to the pipe in one step.
//!
//! A plain value; the thread that reads the connection owns it.
#![forbid(unsafe_code)]

use super::frame::Header;

/// See the module's documentation. Positions are offsets in the buffer.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Run {
    pub start: usize,
    /// The end of the last complete message.
    pub end: usize,
    pub position: usize,
    pub messages: u64,
    /// How many messages the pipe still takes; `None` is no limit.
    pub room: Option<u64>,
}

impl Run {
    /// Whether a new message comes next, and there is no room for it. `begins_inside`: the run
    /// begins in the middle of a message, which is taken to its end.
    pub fn is_full(&self, begins_inside: bool) -> bool {
        let at_message = self.end == self.position && !(begins_inside && self.messages == 0);
        at_message && self.room.is_some_and(|room| self.messages >= room)
    }

    /// Adds the next messages of one short frame each, as far as there is room for them. The quick
    /// way for most messages.
    pub fn add_short(&mut self, bytes: &[u8]) {
        if self.end != self.position {
            return;
        }
        let room = self.room.unwrap_or(u64::MAX);
        while self.messages < room
            && let Some(&[0, len]) = bytes.get(self.position..).and_then(<[u8]>::first_chunk)
            && bytes.len() - self.position - 2 >= usize::from(len)
        {
            self.position += 2 + usize::from(len);
            self.messages += 1;
        }
        self.end = self.position;
    }

    /// Adds the frame that comes next, whose body lies in the buffer.
    pub fn add(&mut self, header: &Header, body_len: usize) {
        self.position += header.header_len + body_len;
        if !header.more() {
            self.end = self.position;
            self.messages += 1;
        }
    }

    /// Starts a new run at `position`: everything before it has been handed over.
    pub fn restart(&mut self, position: usize) {
        self.room = self.room.map(|room| room.saturating_sub(self.messages));
        self.start = position;
        self.end = position;
        self.position = position;
        self.messages = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::proto::zmtp::frame::parse_header;

    /// Frames of these flags and lengths, one behind the other.
    fn frames(list: &[(u8, u8)]) -> Vec<u8> {
        let frame =
            |&(flags, len): &(u8, u8)| [vec![flags, len], vec![7; usize::from(len)]].concat();
        list.iter().flat_map(frame).collect()
    }

    fn add_next(run: &mut Run, bytes: &[u8]) {
        let header = parse_header(&bytes[run.position..], -1).unwrap().expect("a header");
        run.add(&header, header.body_len);
    }

    #[test]
    fn short_messages_are_added_up_to_one_that_is_not() {
        let bytes = frames(&[(0, 3), (0, 0), (1, 5), (0, 2)]);
        let mut run = Run::default();
        run.add_short(&bytes);
        assert_eq!((run.position, run.end, run.messages), (7, 7, 2));
        add_next(&mut run, &bytes);
        assert_eq!((run.position, run.end, run.messages), (14, 7, 2), "inside a message");
        run.add_short(&bytes);
        assert_eq!(run.position, 14, "the last frame of a message is no message of its own");
        add_next(&mut run, &bytes);
        assert_eq!((run.position, run.end, run.messages), (18, 18, 3));
    }

    #[test]
    fn a_frame_in_part_stays() {
        let bytes = frames(&[(0, 3), (0, 9)]);
        for len in 5..bytes.len() {
            let mut run = Run::default();
            run.add_short(&bytes[..len]);
            assert_eq!((run.position, run.messages), (5, 1));
        }
    }

    #[test]
    fn room_ends_a_run_between_messages() {
        let bytes = frames(&[(0, 1); 5]);
        let mut run = Run { room: Some(2), ..Run::default() };
        assert!(!run.is_full(false));
        run.add_short(&bytes);
        assert!(run.is_full(false) && run.messages == 2);
        run.restart(run.position);
        assert!(run.is_full(false) && !run.is_full(true));
        assert_eq!(run, Run { start: 6, end: 6, position: 6, messages: 0, room: Some(0) });
    }
}
