//! Whether a message goes out at once or with later ones. Under the socket's lock.
//!
//! A caller that will probably wait for an answer flushes at once, in its own thread. A caller
//! streams if it sends message behind message with pauses shorter than a write takes. It flushes
//! larger batches and leaves the rest to the I/O thread. So does a caller that answers while more
//! requests wait. The clock is read only when it matters: when the peer's reader slept and must be
//! woken.
#![forbid(unsafe_code)]

use core::cell::Cell;

use crate::adapt::tuning::STREAM_GAP;
use crate::pipe::{DeferredFlushes, Flush, PipeId, PipePeer};
use crate::sync::{Arc, AtomicU64, Ordering};
use crate::sys::clock;

/// The longest pause within a stream, in ticks of the processor's clock.
const LONGEST_PAUSE: u64 = 50 * STREAM_GAP;

/// At most so many messages share the time since the last wake when their pauses are estimated:
/// older messages say nothing about the present.
const MOST_MESSAGES: u64 = 64;

/// How long a caller adds to a stalled backlog before it waits for it again, in nanoseconds.
const STUCK_NANOS: u64 = 200_000_000;

/// The streams of all sockets of a context.
#[derive(Default)]
pub struct StreamActivity {
    /// When a socket last streamed, in clock ticks. A thread that takes turns with many sockets
    /// streams, although each of them has its pauses.
    streamed: AtomicU64,
    pub left: DeferredFlushes,
}

/// See the module's documentation.
#[derive(Default)]
pub struct FlushPolicy {
    activity: Arc<StreamActivity>,
    /// When the pipe peer was last woken, or when the call that woke it had written; in clock
    /// ticks.
    told: Cell<u64>,
    /// Messages sent since then.
    messages: Cell<u64>,
    /// How long the last call took that flushed in its own thread, in clock ticks.
    took: Cell<u64>,
    /// Nothing was received or polled for since the last message was sent.
    one_way: Cell<bool>,
    /// The decision of the call under way.
    decided: Cell<Option<Flush>>,
    /// More was received than the caller has taken.
    input_waits: Cell<bool>,
    /// The caller flushes everything at the end of its work.
    held: Cell<bool>,
    /// The pipes with deferred flushes, or with messages that are held.
    left: Cell<Vec<PipeId>>,
    /// The state of the backlog in the pipes to a network.
    backlog_state: Cell<BacklogState>,
}

/// Whether more bytes wait than memory should hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum BacklogState {
    #[default]
    Low,
    Full,
    /// The backlog is too large and did not shrink when the caller waited; since when, in
    /// nanoseconds.
    Stalled(u64),
}

impl FlushPolicy {
    /// The flush policy of a socket in a context with this activity.
    pub fn new(activity: Arc<StreamActivity>) -> FlushPolicy {
        FlushPolicy { activity, ..FlushPolicy::default() }
    }

    /// When the pipe peer was last woken, or when the call that woke it had written, in clock
    /// ticks.
    #[inline]
    pub fn written(&self) -> u64 {
        self.told.get()
    }

    /// Begins a sending call.
    #[inline]
    pub fn begin(&self) {
        self.decided.set(None);
    }

    /// Notes that something was received or polled for: the next message may be an answer.
    #[inline]
    pub fn turn(&self) {
        self.one_way.set(false);
    }

    /// Decides whether the message of this call is flushed.
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

    /// Defers the flush of this call: no peer waits for an answer to it.
    pub fn leave_to_background(&self) {
        self.decided.set(Some(Flush::Later));
    }

    /// From now on, or no longer, the caller says when its messages are flushed.
    pub fn hold(&self, on: bool) {
        self.held.set(on);
    }

    /// Records a deferred flush in this pipe.
    pub(super) fn leave(&self, id: PipeId) {
        let mut left = self.left.take();
        left.push(id);
        self.left.set(left);
    }

    /// Records a deferred flush for a caller that finds nothing to do in another socket.
    pub(super) fn note_deferred(&self, peer_end: &Arc<dyn PipePeer>) {
        self.activity.left.note(peer_end);
    }

    /// Flushes what the calling thread deferred in any socket, because it finds nothing to do.
    #[inline]
    pub fn flush_thread(&self) {
        self.activity.left.flush();
    }

    /// The pipes of [`FlushPolicy::leave`] since the last call: a caller that is about to wait
    /// flushes them first.
    #[inline]
    pub fn take_deferred(&self) -> Vec<PipeId> {
        self.left.take()
    }

    /// Takes the list of [`FlushPolicy::take_deferred`] back, empty, to use it again.
    #[inline]
    pub fn give_back(&self, empty: Vec<PipeId>) {
        self.left.set(empty);
    }

    /// Forgets a pipe that is gone.
    pub fn forget(&self, id: PipeId) {
        let mut left = self.left.take();
        left.retain(|other| *other != id);
        self.left.set(left);
    }

    /// Notes that a frame was taken, and whether another waits behind it.
    #[inline]
    pub fn took_input(&self, more_waits: bool) {
        self.input_waits.set(more_waits);
    }

    /// Notes that so much waits in a pipe that a caller who may wait should let it drain.
    pub fn backlog_grew(&self) {
        let again = match self.backlog_state.get() {
            BacklogState::Stalled(since) => clock::nanos().saturating_sub(since) > STUCK_NANOS,
            _ => true,
        };
        if again {
            self.backlog_state.set(BacklogState::Full);
        }
    }

    /// Whether the backlog grew that far.
    #[inline]
    pub fn is_backlogged(&self) -> bool {
        self.backlog_state.get() == BacklogState::Full
    }

    /// Notes that waiting did not help: no caller waits for a while, unless the backlog shrinks.
    pub fn backlog_stalled(&self) {
        self.backlog_state.set(BacklogState::Stalled(clock::nanos()));
    }

    /// Notes that the backlog is small again.
    pub fn backlog_drained(&self) {
        self.backlog_state.set(BacklogState::Low);
    }

    /// Notes a message of one frame for which no peer had to be woken.
    #[inline(always)]
    pub fn sent_quietly(&self) {
        self.messages.set(self.messages.get().wrapping_add(1));
        self.one_way.set(true);
    }

    /// Notes a frame; `more` says that other frames of its message follow.
    #[inline]
    pub fn sent(&self, more: bool) {
        if self.decided.get() == Some(Flush::Now) {
            // The time of the write itself does not count as a pause.
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
        // The first message starts no stream, and the time it took is not a pause.
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
