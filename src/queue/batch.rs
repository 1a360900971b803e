//! A batch: frames in wire form that one side of a pipe hands to the other in one step.
//!
//! Small bodies are copied into one contiguous arena behind their ZMTP 2.0/3.x headers (RFC 15, RFC
//! 23). Large ones are referred to by an attachment at the place where they belong. Owned by the
//! thread that fills or empties it.
#![forbid(unsafe_code)]

use std::collections::VecDeque;

use zeroize::Zeroize;

use crate::crypto::move_wiping;
use crate::error::{Errno, Result};
use crate::msg::append::append;
use crate::msg::{Metadata, Msg, frame};
use crate::sync::Arc;

/// A batch with more bytes in its arena takes no more frames. Twice what goes out in one system
/// call, and less than the allocator asks the system for each time. Only one long message may take
/// more.
pub const FULL: usize = 126 * 1024;

/// A batch with more bodies that are referred to takes no more frames.
pub const FULL_ATTACHMENTS: usize = 1024;

/// A body or a change of properties at a place of the arena.
#[derive(Debug)]
enum Attachment {
    /// The body of the frame whose header ends here.
    Body(Msg),
    /// From the frame that starts here on, messages carry these properties.
    Metadata(Option<Arc<Metadata>>),
}

impl core::fmt::Debug for Msg {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "Msg({} bytes)", self.len())
    }
}

/// Frames in the order they were added.
#[derive(Debug, Default)]
pub struct Batch {
    bytes: Vec<u8>,
    attachments: VecDeque<(usize, Attachment)>,
    /// How far the frames have been taken, in bytes of the arena.
    position: usize,
    /// Complete messages added, commands not counted.
    messages: u64,
    /// Bytes of the bodies that are referred to.
    referred: usize,
    /// The bytes are wiped before their memory is given back.
    is_secret: bool,
}

impl Drop for Batch {
    fn drop(&mut self) {
        if self.is_secret {
            self.bytes.zeroize();
        }
    }
}

/// Whether a frame with these flags is the last of a message. A command is none.
#[inline(always)]
fn ends_message(flags: u8) -> bool {
    flags & (frame::MORE | frame::COMMAND) == 0
}

/// A frame taken from a batch: its body is either in the arena or a message of its own.
#[derive(Debug)]
pub enum Taken {
    /// Position and length in the arena.
    Arena(usize, usize),
    /// The body was handed out as a message.
    Whole,
}

/// A place where frames are added one by one.
pub trait Frames {
    /// Adds a frame with a copy of `body`.
    fn push_copy(&mut self, flags: u8, body: &[u8]) -> Result<()>;

    /// Adds a frame whose body is `msg`, without copying it.
    fn push_whole(&mut self, flags: u8, msg: Msg) -> Result<()>;
}

impl Batch {
    pub fn is_empty(&self) -> bool {
        self.position == self.bytes.len()
    }

    /// The address behind the last frame.
    #[inline(always)]
    pub fn tail(&self) -> usize {
        self.bytes.as_ptr_range().end.addr()
    }

    pub fn messages(&self) -> u64 {
        self.messages
    }

    /// Bytes that wait, bodies that are referred to included.
    pub fn queued_bytes(&self) -> usize {
        self.bytes.len() - self.position + self.referred
    }

    /// Bytes in the arena, those that were taken included.
    pub fn arena_bytes(&self) -> usize {
        self.bytes.len()
    }

    /// Forgets everything; keeps the arena for reuse unless it is large.
    pub fn clear(&mut self) {
        if self.is_secret {
            self.bytes.zeroize();
        }
        // An idle pipe keeps little memory.
        if self.bytes.capacity() > FULL {
            self.bytes = Vec::new();
        }
        self.bytes.clear();
        if !self.attachments.is_empty() {
            self.attachments.clear();
        }
        self.position = 0;
        self.messages = 0;
        self.referred = 0;
    }

    #[inline]
    fn reserve(&mut self, more: usize) -> Result<()> {
        if self.bytes.capacity() - self.bytes.len() >= more { Ok(()) } else { self.grow(more) }
    }

    /// Makes room for `more` bytes and some of those behind them.
    #[cold]
    fn grow(&mut self, more: usize) -> Result<()> {
        let needed = self.bytes.len().checked_add(more).ok_or(Errno::ENOMEM)?;
        let twice = self.bytes.capacity().saturating_mul(2);
        let room = if needed <= FULL { twice.min(FULL) } else { twice };
        self.expect(room.max(needed))
    }

    /// Makes room for so many bytes in all.
    pub fn expect(&mut self, room: usize) -> Result<()> {
        let more = room.saturating_sub(self.bytes.len());
        if !self.is_secret {
            return self.bytes.try_reserve_exact(more).map_err(|_| Errno::ENOMEM);
        }
        if self.bytes.capacity() < room {
            let mut larger = Vec::new();
            larger.try_reserve_exact(room)?;
            move_wiping(&mut self.bytes, larger);
        }
        Ok(())
    }

    /// Bytes that the arena has memory for.
    pub fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Whether `more` bytes or another attachment are too many for it. An empty batch is never
    /// full.
    #[inline]
    pub fn is_full_for(&self, more: usize) -> bool {
        let is_full = more > FULL.saturating_sub(self.bytes.len())
            || self.attachments.len() >= FULL_ATTACHMENTS;
        is_full && !self.bytes.is_empty()
    }

    pub fn is_secret(&self) -> bool {
        self.is_secret
    }

    /// The arena is wiped before its memory is given back. Bodies that are referred to are not.
    pub fn keep_secret(&mut self) {
        self.is_secret = true;
    }

    fn count(&mut self, flags: u8) {
        self.messages += u64::from(ends_message(flags));
    }

    /// Takes out everything but commands. The batch is empty afterwards.
    pub fn without_commands(&mut self) -> Batch {
        let (mut kept, mut whole) = (Batch::default(), Msg::new());
        loop {
            while let Some(metadata) = self.take_metadata() {
                kept.push_metadata(metadata);
            }
            let Some((flags, taken)) = self.take(&mut whole) else { break };
            let frame = flags & (frame::MORE | frame::COMMAND);
            // Without memory the frame is lost, as it would be without memory for a new one.
            let _ = match taken {
                _ if frame & frame::COMMAND != 0 => Ok(()),
                Taken::Arena(start, len) => kept.push_copy(frame, self.arena(start, len)),
                Taken::Whole => kept.push_whole(frame, whole.take()),
            };
        }
        self.clear();
        kept
    }

    /// Adds a frame with a copy of `body`, if there is memory at hand and one length byte is
    /// enough.
    #[inline(always)]
    pub fn append_short(&mut self, flags: u8, body: &[u8]) -> bool {
        let added = append(&mut self.bytes, flags, body);
        if added {
            self.count(flags);
        }
        added
    }

    /// Adds a message of two frames, of which the first is empty, if there is memory and one length
    /// byte is enough.
    pub fn push_delimited(&mut self, body: &[u8]) -> bool {
        const HEADERS: usize = 4;
        self.reserve(HEADERS + body.len()).is_ok()
            && body.len() <= usize::from(u8::MAX)
            && append(&mut self.bytes, frame::MORE, &[])
            && self.append_short(0, body)
    }

    #[cold]
    fn push_full_path(&mut self, flags: u8, body: &[u8]) -> Result<()> {
        let (header, header_len) = frame::encode(flags, body.len());
        self.reserve(header_len + body.len())?;
        self.bytes.extend_from_slice(header.get(..header_len).unwrap_or_default());
        self.bytes.extend_from_slice(body);
        self.count(flags);
        Ok(())
    }

    /// Adds frames that are in wire form already and hold `messages` complete messages.
    pub fn push_wire(&mut self, frames: &[u8], messages: u64) -> Result<()> {
        self.reserve(frames.len())?;
        self.bytes.extend_from_slice(frames);
        self.messages += messages;
        Ok(())
    }

    /// Messages added from here on carry these properties. Returns the replaced properties if no
    /// message got them, so that attachments outnumber frames by at most one.
    pub fn push_metadata(&mut self, metadata: Option<Arc<Metadata>>) -> Option<Arc<Metadata>> {
        let end = self.bytes.len();
        if let Some((at, Attachment::Metadata(last))) = self.attachments.back_mut()
            && *at == end
        {
            return core::mem::replace(last, metadata);
        }
        self.attachments.push_back((end, Attachment::Metadata(metadata)));
        None
    }

    /// Moves all of `other`'s untouched frames to the end of this batch.
    pub fn append(&mut self, other: &mut Batch) -> Result<()> {
        debug_assert_eq!(other.position, 0);
        if self.is_empty() && self.attachments.is_empty() {
            self.clear();
            core::mem::swap(self, other);
            return Ok(());
        }
        self.is_secret |= other.is_secret;
        self.reserve(other.bytes.len())?;
        self.attachments.try_reserve(other.attachments.len())?;
        let base = self.bytes.len();
        self.bytes.extend_from_slice(&other.bytes);
        self.attachments.extend(other.attachments.drain(..).map(|(at, mark)| (base + at, mark)));
        self.messages += other.messages;
        self.referred += other.referred;
        other.clear();
        Ok(())
    }

    /// Applies a change of properties that stands at the current position, if any.
    #[inline(always)]
    pub fn take_metadata(&mut self) -> Option<Option<Arc<Metadata>>> {
        if self.attachments.is_empty() { None } else { self.take_marked_metadata() }
    }

    fn take_marked_metadata(&mut self) -> Option<Option<Arc<Metadata>>> {
        match self.attachments.front() {
            Some((at, Attachment::Metadata(_))) if *at == self.position => {}
            _ => return None,
        }
        match self.attachments.pop_front() {
            Some((_, Attachment::Metadata(metadata))) => Some(metadata),
            _ => None,
        }
    }

    /// The flags of the next frame.
    #[inline]
    pub fn peek_flags(&self) -> Option<u8> {
        self.bytes.get(self.position).map(|flags| flags & (frame::MORE | frame::COMMAND))
    }

    /// The body of the next frame; changes of properties before it have to be taken first.
    pub fn peek(&self) -> Option<&[u8]> {
        let header = frame::parse(self.bytes.get(self.position..)?)?;
        let start = self.position + header.header_len;
        match self.attachments.front() {
            Some((at, Attachment::Body(msg))) if *at == start => Some(msg.data()),
            _ => Some(self.arena(start, usize::try_from(header.body_len).ok()?)),
        }
    }

    /// Takes the next frame: flags and body. A body that is a message of its own goes to `whole`.
    #[inline(always)]
    pub fn take(&mut self, whole: &mut Msg) -> Option<(u8, Taken)> {
        let header = frame::parse(self.bytes.get(self.position..)?)?;
        let start = self.position + header.header_len;
        if !self.attachments.is_empty()
            && let Some(msg) = self.take_body(start)
        {
            *whole = msg;
            return Some((header.flags, Taken::Whole));
        }
        let len = usize::try_from(header.body_len).ok()?;
        self.position = start + len;
        Some((header.flags, Taken::Arena(start, len)))
    }

    /// Takes the next frame if it is a message of its own in the shortest form. Returns its body,
    /// and whether another frame waits.
    #[inline(always)]
    pub fn take_short(&mut self) -> Option<(&[u8], bool)> {
        if !self.attachments.is_empty() {
            return None;
        }
        let rest = self.bytes.get(self.position..)?;
        let (&[0, len], rest) = rest.split_first_chunk::<2>()? else { return None };
        let body = rest.get(..usize::from(len))?;
        self.position += 2 + body.len();
        Some((body, rest.len() > body.len()))
    }

    /// The message that is the body of the frame whose header ends at `start`, if it is one.
    fn take_body(&mut self, start: usize) -> Option<Msg> {
        match self.attachments.front() {
            Some((at, Attachment::Body(_))) if *at == start => {}
            _ => return None,
        }
        let Some((_, Attachment::Body(msg))) = self.attachments.pop_front() else { return None };
        self.position = start;
        self.referred -= msg.len();
        Some(msg)
    }

    /// The bytes of the arena that [`Batch::take`] named.
    #[inline]
    pub fn arena(&self, start: usize, len: usize) -> &[u8] {
        self.bytes.get(start..start + len).unwrap_or_default()
    }
}

impl Frames for Batch {
    #[inline(always)]
    fn push_copy(&mut self, flags: u8, body: &[u8]) -> Result<()> {
        if self.append_short(flags, body) { Ok(()) } else { self.push_full_path(flags, body) }
    }

    fn push_whole(&mut self, flags: u8, msg: Msg) -> Result<()> {
        let (header, header_len) = frame::encode(flags, msg.len());
        self.reserve(header_len)?;
        self.attachments.try_reserve(1)?;
        self.bytes.extend_from_slice(header.get(..header_len).unwrap_or_default());
        self.referred += msg.len();
        self.attachments.push_back((self.bytes.len(), Attachment::Body(msg)));
        self.count(flags);
        Ok(())
    }
}

/// How much of a batch has gone to the kernel: the outbound end's place in it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sent {
    /// Bytes written of the frame at the batch's position.
    partial: usize,
    /// Whether a frame of a message of which more has to come was written.
    inside_message: bool,
}

impl Sent {
    /// The place in a message of which so many bytes were written.
    pub fn begun(written: usize) -> Sent {
        Sent { partial: written, inside_message: false }
    }

    /// Notes that a frame with these flags has been taken whole, to go out in another form.
    pub fn passed(&mut self, flags: u8) {
        self.inside_message = flags & frame::MORE != 0;
    }

    /// Whether nothing of an unfinished message has gone out.
    pub fn at_message(&self) -> bool {
        self.partial == 0 && !self.inside_message
    }
}

impl Batch {
    /// Bytes that have to be written from `sent` on.
    pub fn unsent_bytes(&self, sent: &Sent) -> usize {
        self.queued_bytes() - sent.partial
    }

    /// Fills `slices` with the next bytes to write, from `sent` on and at most so many; returns how
    /// many slices.
    pub fn io_slices<'a>(
        &'a self,
        sent: &Sent,
        limit: usize,
        slices: &mut [std::io::IoSlice<'a>],
    ) -> usize {
        let (mut count, mut from, mut skip, mut left) = (0, self.position, sent.partial, limit);
        let mut put = |mut bytes: &'a [u8], skip: &mut usize| {
            let cut = bytes.len().min(*skip);
            *skip -= cut;
            bytes = bytes.get(cut..).unwrap_or_default();
            bytes = bytes.get(..left).unwrap_or(bytes);
            if bytes.is_empty() {
                return left > 0;
            }
            left -= bytes.len();
            match slices.get_mut(count) {
                Some(slot) => {
                    *slot = std::io::IoSlice::new(bytes);
                    count += 1;
                    true
                }
                None => false,
            }
        };
        for (at, mark) in &self.attachments {
            let Attachment::Body(msg) = mark else { continue };
            if !put(self.bytes.get(from..*at).unwrap_or_default(), &mut skip)
                || !put(msg.data(), &mut skip)
            {
                return count;
            }
            from = *at;
        }
        put(self.bytes.get(from..).unwrap_or_default(), &mut skip);
        count
    }

    /// The kernel took `written` bytes more: moves past the frames that are gone. Returns how many
    /// messages were completed. Their bodies go to `gone`, and the caller drops them where no lock
    /// is held.
    pub fn advance(&mut self, sent: &mut Sent, written: usize, gone: &mut Vec<Msg>) -> u64 {
        if self.attachments.is_empty() && written + sent.partial == self.bytes.len() - self.position
        {
            let messages = self.messages;
            self.position = self.bytes.len();
            self.messages = 0;
            *sent = Sent::default();
            return messages;
        }
        self.advance_frames(sent, written, gone)
    }

    fn advance_frames(&mut self, sent: &mut Sent, written: usize, gone: &mut Vec<Msg>) -> u64 {
        let (mut left, mut messages) = (written + sent.partial, 0);
        while let Some((flags, size)) = self.next_size() {
            if left < size {
                break;
            }
            left -= size;
            while self.take_metadata().is_some() {}
            self.take_into(gone);
            sent.inside_message = flags & frame::MORE != 0;
            messages += u64::from(ends_message(flags));
        }
        sent.partial = left;
        self.messages -= messages.min(self.messages);
        messages
    }

    /// Takes the next frame and returns its flags; a body that is a message goes to `gone`.
    fn take_into(&mut self, gone: &mut Vec<Msg>) -> Option<u8> {
        let mut whole = Msg::new();
        let (flags, taken) = self.take(&mut whole)?;
        if let Taken::Whole = taken {
            gone.push(whole);
        }
        Some(flags)
    }

    /// Flags and size on the wire of the next frame.
    fn next_size(&self) -> Option<(u8, usize)> {
        let header = frame::parse(self.bytes.get(self.position..)?)?;
        Some((header.flags, header.header_len + usize::try_from(header.body_len).ok()?))
    }

    /// The connection is gone: drops the message of which some went out, so that the next
    /// connection starts at a message. Returns how many messages that lost.
    pub fn restart(&mut self, sent: &mut Sent, gone: &mut Vec<Msg>) -> u64 {
        let mut lost = 0;
        if sent.partial > 0 || sent.inside_message {
            while let Some(flags) = {
                while self.take_metadata().is_some() {}
                self.take_into(gone)
            } {
                if flags & frame::MORE == 0 {
                    lost = u64::from(ends_message(flags));
                    break;
                }
            }
        }
        self.messages -= lost.min(self.messages);
        *sent = Sent::default();
        lost
    }
}
