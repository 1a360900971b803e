//! XPUB: publishes, and shows the subscriptions that come in (RFC 29). PUB is built on it. Under
//! the socket's lock.
//!
//! Subscriptions are applied when the calling thread calls in, so that a program which has seen one
//! knows that it holds.
#![forbid(unsafe_code)]

use crate::error::{Errno, Result};
use crate::msg::{Metadata, Msg, frame};
use crate::options::SocketOptions;
use crate::pattern::policy::inbox::{Change, Received, Shows};
use crate::pattern::policy::{Distribute, Inbox, Ring, Subscriptions};
use crate::pattern::{Env, Outgoing, Pattern, subscription};
use crate::pipe::PipeId;
use crate::queue::{InBody, Incoming};
use crate::sync::Arc;

/// Messages read from one subscriber before the next one has its turn.
const MESSAGES_A_TURN: usize = 64;

#[derive(Default)]
pub struct Xpub {
    /// The subscriptions that choose the receivers of a message.
    subscriptions: Subscriptions,
    /// The subscriptions that peers asked for while `ZMQ_XPUB_MANUAL` was set.
    asked: Subscriptions,
    out: Distribute,
    /// Whether a message is under way.
    inside: bool,
    /// The frames to be received.
    inbox: Inbox,
    /// The frame that was read last, and its properties.
    shown: Msg,
    metadata: Option<Arc<Metadata>>,
    /// Pipes with something to read, which take turns.
    unread: Ring,
    /// The message begun on the pipe whose turn it is, if it is not complete.
    inside_of: Option<Begun>,
    /// The pipe whose subscription was read last: manual changes are for it.
    last: Option<PipeId>,
    /// PUB shows nothing.
    silent: bool,
}

/// A message that is being read.
#[derive(Clone, Copy)]
struct Begun {
    /// Its frames may hold subscriptions.
    examine: bool,
    /// Its other frames are shown.
    keep: bool,
    /// One of its frames has been shown.
    is_shown: bool,
}

impl Xpub {
    /// The XPUB that PUB uses: nothing to read, no manual mode.
    pub fn silent() -> Xpub {
        Xpub { silent: true, ..Xpub::default() }
    }

    fn is_manual(&self, options: &SocketOptions) -> bool {
        !self.silent && (options.xpub_manual || options.xpub_manual_last_value)
    }

    /// Reads the messages of a subscriber, and of those that wait for their turn.
    fn drain(&mut self, env: &mut Env<'_>, id: PipeId) {
        self.unread.add(id);
        self.drain_all(env);
    }

    /// Reads the messages of the subscribers, some of each in turn, as far as the call may work.
    fn drain_all(&mut self, env: &mut Env<'_>) {
        if self.unread.is_empty() {
            return;
        }
        self.out.settle(env);
        while let Some(id) = self.unread.current() {
            if !env.work.goes_on() {
                return;
            }
            if self.drain_turn(env, id) {
                // A message is read to its end before another subscriber has its turn.
                if self.inside_of.is_none() {
                    self.unread.advance();
                }
            } else {
                self.forget_unread(id);
                if env.pipes.get(id).is_some_and(|pipe| !pipe.write_open) {
                    env.finish(id);
                }
            }
        }
    }

    /// Gives a subscriber its turn; returns whether more may be there.
    fn drain_turn(&mut self, env: &mut Env<'_>, id: PipeId) -> bool {
        let (options, work) = (env.options, env.work);
        let mut messages = 0;
        let Some(pipe) = env.pipes.get_mut(id) else { return false };
        while messages < MESSAGES_A_TURN && work.goes_on() {
            if !pipe.reader.ready() {
                return false;
            }
            let Some(frame) = pipe.take() else { return false };
            let more = frame.more();
            work.spend(frame.data().len());
            let examine = self.inside_of.is_none_or(|begun| begun.examine);
            let change = if examine { subscription::parse(&frame) } else { None };
            let mut begun = self.inside_of.unwrap_or_else(|| Begun {
                examine: change.is_some() || !options.only_first_subscribe,
                keep: !self.silent && self.inbox.has_room(id, options.rcvhwm),
                is_shown: false,
            });
            match change {
                Some((on, topic)) => self.apply(options, id, on, topic, frame.metadata),
                None if frame.is_command() || !begun.keep => {
                    frame.discard();
                }
                None => {
                    // Without memory the frame is lost, like one that met a full queue.
                    if let Ok(msg) = frame.into_msg() {
                        self.inbox.add_frame(id, msg, !begun.is_shown);
                        begun.is_shown = true;
                    }
                }
            }
            self.inside_of = more.then_some(begun);
            messages += usize::from(!more);
        }
        true
    }

    /// Notes that nothing is to be read from the pipe.
    fn forget_unread(&mut self, id: PipeId) {
        if self.unread.current() == Some(id) {
            self.inside_of = None;
        }
        self.unread.remove(id);
    }

    /// Carries out a subscription (`on`) or its end, and shows it if it has to be shown.
    fn apply(
        &mut self,
        options: &SocketOptions,
        id: PipeId,
        on: bool,
        topic: &[u8],
        metadata: Option<&Arc<Metadata>>,
    ) {
        let shows = self.shows(options);
        let each = shows == Shows::Subscribers;
        let mut change = Change { who: id, on, before: on, after: on, is_known: true, shows };
        let show = match (self.is_manual(options), on) {
            (true, true) => {
                change.before = !self.asked.add(topic, id).new_for_subscriber;
                true
            }
            (true, false) => {
                let removed = self.asked.remove(topic, id);
                (change.before, change.is_known) = (removed.known, removed.known);
                true
            }
            (false, true) => {
                let added = self.subscriptions.add(topic, id);
                change.before =
                    if each { !added.new_for_subscriber } else { !added.first_for_topic };
                added.first_for_topic || options.xpub_verbose
            }
            (false, false) => {
                let removed = self.subscriptions.remove(topic, id);
                (change.before, change.is_known) = (removed.known, removed.known);
                change.after = !each && !removed.last_for_topic;
                !removed.known || removed.last_for_topic || options.xpub_verbose_unsubscribe
            }
        };
        if show && !self.silent {
            show_change(&mut self.inbox, change, topic, metadata);
        }
    }

    /// Says which changes are shown.
    fn shows(&self, options: &SocketOptions) -> Shows {
        match (options.xpub_verbose, options.xpub_verbose_unsubscribe) {
            _ if self.is_manual(options) => Shows::Subscribers,
            (true, true) => Shows::Subscribers,
            (true, false) => Shows::Repeats,
            (false, _) => Shows::Topics,
        }
    }

    /// Sends a whole short message, if each subscriber wants every message, so that no pipe has to
    /// be chosen.
    fn send_to_everybody(&mut self, env: &mut Env<'_>, frame: &Outgoing<'_>) -> Option<Result<()>> {
        let options = env.options;
        if self.inside || frame.more || options.invert_matching || self.is_manual(options) {
            return None;
        }
        frame.body.short(usize::MAX)?;
        let all = self.subscriptions.only_everything()?;
        Some(self.out.send_short(env, all, &frame.body, options.xpub_nodrop))
    }

    /// Chooses the receivers of the message that begins with `data`; `EAGAIN` if one of them would
    /// miss it and must not.
    fn choose(&mut self, env: &mut Env<'_>, data: &[u8]) -> Result<()> {
        let only = self.last.filter(|_| env.options.xpub_manual_last_value);
        let out = &mut self.out;
        out.begin(env);
        self.subscriptions.matches(data, |id| {
            if only.is_none_or(|only| only == id) {
                out.choose(id);
            }
        });
        if env.options.invert_matching {
            out.invert();
        }
        if !env.options.xpub_nodrop {
            out.drop_full(env);
        } else if !out.all_have_room(env) {
            return Err(Errno::EAGAIN);
        }
        if only.is_some() {
            self.last = None;
        }
        Ok(())
    }
}

/// Queues the message that announces a subscription or its end.
fn show_change(inbox: &mut Inbox, change: Change, topic: &[u8], metadata: Option<&Arc<Metadata>>) {
    // Without memory the frame is lost; the subscription holds.
    let Ok(mut msg) = Msg::with_size(topic.len() + 1) else { return };
    if let Some((first, rest)) = msg.data_mut().and_then(<[u8]>::split_first_mut) {
        *first = u8::from(change.on);
        rest.copy_from_slice(topic);
    }
    msg.set_metadata(metadata.cloned());
    inbox.add_change(msg, change);
}

impl Pattern for Xpub {
    fn attach(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.out.settle(env);
        self.out.add(pipe);
        let welcome = env.options.xpub_welcome_msg.as_slice();
        if !welcome.is_empty()
            && let Some(pipe) = env.pipes.get_mut(pipe)
        {
            // Without memory the subscriber gets no welcome message.
            let _ = pipe.write_own(0, welcome);
        }
        if env.pipes.get(pipe).is_some_and(|pipe| pipe.takes_all) {
            self.subscriptions.add(b"", pipe);
        }
        self.drain(env, pipe);
    }

    fn closed(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.out.settle(env);
        self.out.remove(pipe);
        if self.silent {
            // The peer's subscriptions end with it, also those that were not read.
            return env.finish(pipe);
        }
        // The pipe is done with when all of it was read.
        self.drain(env, pipe);
    }

    fn detach(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.out.settle(env);
        self.out.remove(pipe);
        self.forget_unread(pipe);
        self.last.take_if(|id| *id == pipe);
        let manual = self.is_manual(env.options);
        let all = env.options.xpub_verbose_unsubscribe;
        let shows = self.shows(env.options);
        let mut ended = Vec::new();
        let silent = self.silent;
        let mut end = |topic: &[u8], last: bool| {
            if !silent {
                ended.push((topic.to_vec(), !last && shows != Shows::Subscribers));
            }
        };
        self.asked.remove_subscriber(pipe, |topic, _| end(topic, true));
        self.subscriptions.remove_subscriber(pipe, |topic, last| {
            if !manual && (last || all) {
                end(topic, last);
            }
        });
        // Sorted, so that the order is that of libzmq each time.
        ended.sort_unstable();
        for (topic, after) in ended {
            let change =
                Change { who: pipe, on: false, before: true, after, is_known: true, shows };
            show_change(&mut self.inbox, change, &topic, None);
        }
        self.inbox.leave(pipe);
    }

    fn readable(&mut self, env: &mut Env<'_>, pipe: PipeId) {
        self.drain(env, pipe);
    }

    fn go_on(&mut self, env: &mut Env<'_>) {
        self.drain_all(env);
    }

    fn writable(&mut self, _env: &mut Env<'_>, _pipe: PipeId) {
        self.out.forget_room();
    }

    fn send(&mut self, env: &mut Env<'_>, frame: Outgoing<'_>) -> Result<()> {
        if let Some(sent) = self.send_to_everybody(env, &frame) {
            return sent;
        }
        if !self.inside {
            self.choose(env, frame.body.data())?;
        }
        self.inside = frame.more;
        self.out.send(env, frame);
        Ok(())
    }

    fn recv<'p>(&'p mut self, _env: &'p mut Env<'_>) -> Result<Incoming<'p>> {
        let (msg, received) = self.inbox.receive().ok_or(Errno::EAGAIN)?;
        if let Received::Change(who) = received {
            self.last = who;
        }
        self.metadata = msg.metadata().cloned();
        let flags = if msg.more() { frame::MORE } else { 0 };
        self.shown = msg;
        Ok(Incoming {
            flags,
            body: InBody::Whole(&mut self.shown),
            metadata: self.metadata.as_ref(),
        })
    }

    fn has_in(&mut self, _env: &mut Env<'_>) -> bool {
        !self.inbox.is_empty()
    }

    fn has_out(&mut self, _env: &mut Env<'_>) -> bool {
        true
    }

    fn fast_path_out(&self, options: &SocketOptions) -> Option<PipeId> {
        let only = self.out.only()?;
        let everything = self.subscriptions.only_everything() == Some(&[only][..]);
        let usual = !options.invert_matching && !options.xpub_manual_last_value;
        (everything && usual && !self.inside).then_some(only)
    }

    /// With `ZMQ_XPUB_MANUAL`: for the pipe whose subscription was read last.
    fn subscribe(&mut self, env: &mut Env<'_>, topic: &[u8], on: bool) -> Result<()> {
        if !self.is_manual(env.options) {
            return Err(Errno::EINVAL);
        }
        self.out.settle(env);
        match (self.last, on) {
            (Some(pipe), true) => {
                self.subscriptions.add(topic, pipe);
            }
            (Some(pipe), false) => {
                self.subscriptions.remove(topic, pipe);
            }
            (None, _) => {}
        }
        Ok(())
    }

    fn topics_count(&self) -> Result<usize> {
        Ok(self.subscriptions.topics())
    }
}

#[cfg(test)]
#[path = "tests/xpub.rs"]
mod tests;
