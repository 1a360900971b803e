//! Whether what a socket sends goes out at once or in larger pieces. Under the socket's lock.
//!
//! A caller that will probably wait for an answer writes at once, in its own thread. One that
//! streams, sending message behind message with pauses that are shorter than a write takes, writes
//! larger pieces and leaves the rest to the background; so does one that answers while more questions
//! wait. The clock is read only when it matters: when the peer_end reader slept and has to be told.
#![forbid(unsafe_code)]

use core::cell::Cell;

use crate::pipe::{DeferredFlushes, Flush, PipeId, PipePeer};
use crate::sync::{Arc, AtomicU64, Ordering};
use crate::sys::clock;

/// Clock ticks (10 to 60 us): pauses below it are always those of a stream.
pub const STREAM_GAP: u64 = 50_000;

/// The longest pause in what still counts as a stream, in ticks of the processor's clock.
const LONGEST_PAUSE: u64 = 50 * STREAM_GAP;

/// So many messages at most share the time since the peer_end end was told, when their pauses are
/// guessed: what was sent long ago says nothing.
const MOST_MESSAGES: u64 = 64;

/// How long a caller adds to what stands still without another try, in nanoseconds.
const STUCK_NANOS: u64 = 200_000_000;

/// What the sockets of a context know of each other's streams.
#[derive(Default)]
pub struct StreamActivity {
    /// When somebody last streamed, in clock ticks. A thread that takes turns with many sockets streams,
    /// although each of them has its pauses.
    streamed: AtomicU64,
    pub left: DeferredFlushes,
}

/// See the module's documentation.
#[derive(Default)]
pub struct FlushPolicy {
    activity: Arc<StreamActivity>,
    /// When the peer_end end was told last, or when that call had written.
    told: Cell<u64>,
    /// Messages sent since then.
    messages: Cell<u64>,
    /// How long the last call took that wrote itself.
    took: Cell<u64>,
    /// Nothing was received, or looked for, since the last message was sent.
    one_way: Cell<bool>,
    /// What was decided in the call under way.
    decided: Cell<Option<Flush>>,
    /// More was received than the caller has taken.
    input_waits: Cell<bool>,
    /// The caller writes all at the end of what it does.
    held: Cell<bool>,
    /// The pipes in which something was left to the background, or held.
    left: Cell<Vec<PipeId>>,
    /// How much waits in the pipes to a network.
    backlog_state: Cell<BacklogState>,
}

/// Whether more waits than it is good to have in memory.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum BacklogState {
    #[default]
    Low,
    Full,
    /// So it does, and giving it time did not help; since when.
    Stalled(u64),
}

impl FlushPolicy {
    /// That of a socket in a context with this activity.
    pub fn new(activity: Arc<StreamActivity>) -> FlushPolicy {
        FlushPolicy { activity, ..FlushPolicy::default() }
    }

    /// When the peer_end end was told last, in clock ticks, or when the call that did so had written.
    #[inline]
    pub fn written(&self) -> u64 {
        self.told.get()
    }

    /// A call begins to send.
    #[inline]
    pub fn begin(&self) {
        self.decided.set(None);
    }

    /// Something was received, or looked for: what is sent next may be an answer.
    #[inline]
    pub fn turn(&self) {
        self.one_way.set(false);
    }

    /// What to do with what the call sends.
    pub fn flush(&self) -> Flush {
        if self.held.get() {
            return Flush::Held;
        }
        self.decided.get().unwrap_or_else(|| self.decide())
    }

    fn decide(&self) -> Flush {
        let now = clock::ticks();
        let messages = self.messages.get().min(MOST_MESSAGES) + 1;
        let pause = now.wrapping_sub(self.told.get()) / messages;
        let short = self.took.get().clamp(STREAM_GAP, LONGEST_PAUSE);
        let streams = match self.one_way.get() {
            true => {
                pause < short
                    || now.wrapping_sub(self.activity.streamed.load(Ordering::Relaxed)) < STREAM_GAP
            }
            false => self.input_waits.get(),
        };
        if self.one_way.get() {
            self.activity.streamed.store(now, Ordering::Relaxed);
        }
        self.told.set(now);
        self.messages.set(0);
        let flush = if streams { Flush::Later } else { Flush::Now };
        self.decided.set(Some(flush));
        flush
    }

    /// Nobody waits for an answer to what the call sends.
    pub fn leave_to_background(&self) {
        self.decided.set(Some(Flush::Later));
    }

    /// From now on, or no longer, the caller says when what it sends goes out.
    pub fn hold(&self, on: bool) {
        self.held.set(on);
    }

    /// Something was left to the background in this pipe.
    pub(super) fn leave(&self, id: PipeId) {
        let mut left = self.left.take();
        left.push(id);
        self.left.set(left);
    }

    /// The same, for who looks in vain elsewhere.
    pub(super) fn note_deferred(&self, peer_end: &Arc<dyn PipePeer>) {
        self.activity.left.note(peer_end);
    }

    /// The calling thread finds nothing to do: what it left goes out, in whatever socket.
    #[inline]
    pub fn flush_thread(&self) {
        self.activity.left.flush();
    }

    /// The pipes of [`FlushPolicy::leave`] since the last time: a caller that waits now should not wait for
    /// what is in them.
    #[inline]
    pub fn take_deferred(&self) -> Vec<PipeId> {
        self.left.take()
    }

    /// The list of [`FlushPolicy::take_deferred`], empty, to be used again.
    #[inline]
    pub fn give_back(&self, empty: Vec<PipeId>) {
        self.left.set(empty);
    }

    /// The pipe is gone.
    pub fn forget(&self, id: PipeId) {
        let mut left = self.left.take();
        left.retain(|other| *other != id);
        self.left.set(left);
    }

    /// A frame was taken, and whether another waits behind it.
    #[inline]
    pub fn took_input(&self, more_waits: bool) {
        self.input_waits.set(more_waits);
    }

    /// So much waits in a pipe that a caller who may wait should give it a moment.
    pub fn backlog_grew(&self) {
        let again = match self.backlog_state.get() {
            BacklogState::Stalled(since) => clock::nanos().saturating_sub(since) > STUCK_NANOS,
            _ => true,
        };
        if again {
            self.backlog_state.set(BacklogState::Full);
        }
    }

    /// Whether that happened.
    #[inline]
    pub fn is_backlogged(&self) -> bool {
        self.backlog_state.get() == BacklogState::Full
    }

    /// Giving it a moment did not help: nobody does so again for a while, unless it moves.
    pub fn backlog_stalled(&self) {
        self.backlog_state.set(BacklogState::Stalled(clock::nanos()));
    }

    /// Little is left.
    pub fn backlog_drained(&self) {
        self.backlog_state.set(BacklogState::Low);
    }

    /// A message of one frame was sent that nobody had to be told of.
    #[inline(always)]
    pub fn sent_quietly(&self) {
        self.messages.set(self.messages.get().wrapping_add(1));
        self.one_way.set(true);
    }

    /// A frame was sent; `more` of its message will come.
    #[inline]
    pub fn sent(&self, more: bool) {
        if self.decided.get() == Some(Flush::Now) {
            // Writing took its time, which does not count as a pause.
            let now = clock::ticks();
            self.took.set(now.wrapping_sub(self.told.get()));
            self.told.set(now);
        }
        if !more {
            self.sent_quietly();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(flush_policy: &FlushPolicy) -> Flush {
        flush_policy.begin();
        let flush = flush_policy.flush();
        flush_policy.sent(false);
        flush
    }

    #[test]
    fn an_answer_goes_out_at_once() {
        let flush_policy = FlushPolicy::default();
        for _ in 0..3 {
            flush_policy.turn();
            assert_eq!(send(&flush_policy), Flush::Now);
        }
    }

    #[test]
    fn a_message_behind_another_is_left_to_the_background() {
        let flush_policy = FlushPolicy::default();
        // The first is the start of nothing, and the time it took is not a pause.
        assert_eq!(send(&flush_policy), Flush::Now);
        let streamed = (0..100).filter(|_| send(&flush_policy) == Flush::Later).count();
        assert!(streamed > 50, "{streamed}");
    }

    #[test]
    fn a_pause_ends_the_stream() {
        let flush_policy = FlushPolicy::default();
        send(&flush_policy);
        send(&flush_policy);
        std::thread::sleep(core::time::Duration::from_millis(20));
        assert_eq!(send(&flush_policy), Flush::Now);
    }

    #[test]
    fn turns_with_several_sockets_are_a_stream() {
        let activity = Arc::new(StreamActivity::default());
        let policies: Vec<_> = (0..50).map(|_| FlushPolicy::new(activity.clone())).collect();
        policies.iter().for_each(|flush_policy| {
            send(flush_policy);
        });
        let later =
            |_| policies.iter().filter(|flush_policy| send(flush_policy) == Flush::Later).count();
        let streamed: usize = (0..20).map(later).sum();
        assert!(streamed > 500, "{streamed}");
    }

    #[test]
    fn an_answer_waits_for_the_next_if_its_question_is_there() {
        let flush_policy = FlushPolicy::default();
        for more_waits in [true, false] {
            flush_policy.turn();
            flush_policy.took_input(more_waits);
            let expected = if more_waits { Flush::Later } else { Flush::Now };
            assert_eq!(send(&flush_policy), expected);
        }
    }

    #[test]
    fn one_call_decides_once() {
        let flush_policy = FlushPolicy::default();
        flush_policy.begin();
        flush_policy.leave_to_background();
        assert_eq!(flush_policy.flush(), Flush::Later);
        flush_policy.begin();
        assert_eq!([flush_policy.flush(), flush_policy.flush()], [Flush::Now; 2]);
    }
}
