//! Turns: the ready connections of one socket move bytes one after the other, a bounded amount
//! each. Under the lock of the owner.
//!
//! A connection that may have more to move after its turn goes behind all that wait. So each of `n`
//! ready connections has a turn in any `n` turns, however much its peer sends. A round ends when
//! every connection that waited at its begin has had a turn. It also ends when it has moved enough
//! for one call.
#![forbid(unsafe_code)]

use std::collections::VecDeque;

/// Bytes that a full read takes from a connection.
pub const READ_BYTES: usize = 64 * 1024;

/// Full reads in the turn of a connection that is ready alone: no other waits behind it.
const READS_ALONE: usize = 4;

/// Full reads in a turn while other connections wait.
const READS_AMONG_OTHERS: usize = 1;

/// Bytes that a round moves in a call of the application; about 100 us.
pub const CALLER_ROUND: usize = 256 * 1024;

/// Bytes that a round moves in an I/O thread before other sockets have their turn; about 400 us.
pub const BACKGROUND_ROUND: usize = 1024 * 1024;

/// Bytes that a turn counts for by itself: its system call takes as long as moving them.
const TURN_COST: usize = 4 * 1024;

/// Bytes that a message counts for by itself: its header is read and its place kept.
pub const MESSAGE_COST: usize = 64;

/// Connections that wait for their turn, first come, first served. The owner makes sure that none
/// waits twice.
#[derive(Debug)]
pub struct TurnQueue<C>(VecDeque<C>);

impl<C> Default for TurnQueue<C> {
    fn default() -> Self {
        TurnQueue(VecDeque::new())
    }
}

impl<C> TurnQueue<C> {
    pub fn push(&mut self, connection: C) {
        self.0.push_back(connection);
    }

    pub fn pop(&mut self) -> Option<C> {
        self.0.pop_front()
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// The budget of one round.
#[derive(Debug)]
pub struct Round {
    turns: usize,
    alone: bool,
    bytes: usize,
}

impl Round {
    /// A round of `waiting` connections that moves about `bytes`: at least one turn, and at most
    /// one turn more than that.
    pub fn new(waiting: usize, bytes: usize) -> Round {
        Round { turns: waiting, alone: waiting == 1, bytes }
    }

    /// Whether the next connection has its turn in this round.
    pub fn goes_on(&self) -> bool {
        self.turns > 0 && self.bytes > 0
    }

    /// Begins a turn; returns how many full reads it may take.
    pub fn begin_turn(&mut self) -> usize {
        self.turns = self.turns.saturating_sub(1);
        if self.alone { READS_ALONE } else { READS_AMONG_OTHERS }
    }

    /// Ends a turn that moved so many bytes.
    pub fn end_turn(&mut self, bytes: usize) {
        self.bytes = self.bytes.saturating_sub(bytes.saturating_add(TURN_COST));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_round_gives_each_one_turn() {
        let mut round = Round::new(3, CALLER_ROUND);
        let mut turns = 0;
        while round.goes_on() {
            assert_eq!(round.begin_turn(), READS_AMONG_OTHERS);
            round.end_turn(10);
            turns += 1;
        }
        assert_eq!(turns, 3);
    }

    #[test]
    fn a_round_moves_a_bounded_amount() {
        for (bytes, most) in [(0, 64), (READ_BYTES, 4), (usize::MAX, 1)] {
            let mut round = Round::new(10_000, CALLER_ROUND);
            let mut turns = 0;
            while round.goes_on() {
                round.begin_turn();
                round.end_turn(bytes);
                turns += 1;
            }
            assert_eq!(turns, most, "{bytes} bytes a turn");
        }
    }

    #[test]
    fn a_connection_that_is_ready_alone_may_read_more() {
        let mut round = Round::new(1, CALLER_ROUND);
        assert!(round.goes_on());
        assert_eq!(round.begin_turn(), READS_ALONE);
        assert!(!round.goes_on());
    }
}
