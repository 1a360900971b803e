//! `zmq_proxy` and `zmq_proxy_steerable`: messages of one socket go out on another, both ways.
//!
//! Runs on the calling thread and holds a socket's lock for one frame at a time. A message is taken
//! only while the other socket has room.
#![forbid(unsafe_code)]

use crate::error::{Errno, Result};
use crate::msg::Msg;
use crate::options::SocketType;
use crate::options::numbers::{ZMQ_DONTWAIT, ZMQ_POLLIN, ZMQ_POLLOUT, ZMQ_SNDMORE};
use crate::poll::{Item, poll};
use crate::queue::Body;
use crate::socket::{Forwarded, Slot, forward, receive, send};
use crate::sys::parker::Parker;

/// Messages that one direction passes on before the other gets its turn.
const BURST: usize = 1000;

/// The sockets of a proxy. Front and back may be one socket: then it answers with the messages it
/// gets.
pub struct Proxy<'a> {
    pub front: &'a Slot,
    pub back: &'a Slot,
    /// Gets a copy of every frame.
    pub capture: Option<&'a Slot>,
    /// The socket that commands come from.
    pub control: Option<&'a Slot>,
}

/// Passes messages on until `TERMINATE` comes (`Ok`) or a socket fails, mostly with `ETERM`;
/// `EINTR` after a signal.
pub async fn run(parker: &Parker, proxy: &Proxy<'_>) -> Result<()> {
    let mut forth = Direction::default();
    let mut back = Direction::default();
    let mut paused = false;
    loop {
        parker.pause().await;
        let ready = wait(parker, proxy, &forth, &back, paused).await?;
        if let Some(control) = proxy.control.filter(|_| ready.control) {
            match obey(parker, control, &forth, &back).await? {
                Some(Command::Terminate) => return Ok(()),
                Some(Command::Pause) => paused = true,
                Some(Command::Resume) => paused = false,
                _ => {}
            }
        }
        if paused {
            continue;
        }
        forth.turn(parker, ready.front, proxy.front, proxy.back, proxy.capture).await?;
        if !core::ptr::eq(proxy.front, proxy.back) {
            back.turn(parker, ready.back, proxy.back, proxy.front, proxy.capture).await?;
        }
    }
}

/// Which sockets have input.
struct Ready {
    front: bool,
    back: bool,
    control: bool,
}

async fn wait(
    parker: &Parker,
    proxy: &Proxy<'_>,
    forth: &Direction,
    back: &Direction,
    paused: bool,
) -> Result<Ready> {
    // While paused the two are watched for the end of their context only.
    let when_active = |events: i32| if paused { 0 } else { events };
    let mut items = [
        Item::socket(proxy.front, when_active(forth.awaited_input() | back.awaited_room())),
        Item::socket(proxy.back, when_active(back.awaited_input() | forth.awaited_room())),
        match proxy.control {
            Some(control) => Item::socket(control, ZMQ_POLLIN),
            None => Item::descriptor(-1, 0),
        },
    ];
    // No item but the sockets that are there, so that a socket that is alone is waited for as such.
    let used = if proxy.control.is_some() { items.len() } else { items.len() - 1 };
    poll(parker, items.get_mut(..used).unwrap_or_default(), None).await?;
    let [front, back, control] = items.map(|item| item.ready & ZMQ_POLLIN != 0);
    Ok(Ready { front, back, control })
}

/// One way through the proxy, with its counts.
#[derive(Default)]
struct Direction {
    /// There is input, but no room for it at the other end.
    blocked: bool,
    frames: u64,
    bytes: u64,
}

impl Direction {
    /// The events to wait for at the socket that the messages come from.
    fn awaited_input(&self) -> i32 {
        if self.blocked { 0 } else { ZMQ_POLLIN }
    }

    /// The events to wait for at the socket that the messages go to.
    fn awaited_room(&self) -> i32 {
        if self.blocked { ZMQ_POLLOUT } else { 0 }
    }

    async fn turn(
        &mut self,
        parker: &Parker,
        input: bool,
        from: &Slot,
        to: &Slot,
        capture: Option<&Slot>,
    ) -> Result<()> {
        if input || self.blocked {
            // A socket that answers its messages, as REP does, has room only once it got one.
            let has_room =
                core::ptr::eq(from, to) || to.with(|core| core.known_events(ZMQ_POLLOUT))? != 0;
            self.blocked = !has_room;
            if !self.blocked {
                self.burst(parker, from, to, capture).await?;
            }
        }
        Ok(())
    }

    async fn burst(
        &mut self,
        parker: &Parker,
        from: &Slot,
        to: &Slot,
        capture: Option<&Slot>,
    ) -> Result<()> {
        let most = if capture.is_none() { 1 } else { BURST };
        if capture.is_none() && !self.forward(parker, from, to).await? {
            return Ok(());
        }
        for _ in 0..most {
            let mut frame = match take(parker, from, ZMQ_DONTWAIT).await {
                Err(Errno::EAGAIN) => return Ok(()),
                frame => frame?,
            };
            while self.pass(parker, &mut frame, to, capture).await? {
                frame = take(parker, from, 0).await?;
            }
        }
        Ok(())
    }

    /// Passes messages on by the fast path. Returns whether there was none, so that the full path
    /// is needed.
    async fn forward(&mut self, parker: &Parker, from: &Slot, to: &Slot) -> Result<bool> {
        let Forwarded { frames, bytes, left, inside } = forward(from, to, BURST as u64)?;
        self.frames += frames;
        self.bytes += bytes;
        let mut inside = inside;
        if let Some(mut frame) = left {
            inside = self.pass(parker, &mut frame, to, None).await?;
        } else if frames == 0 {
            return Ok(true);
        }
        while inside {
            let mut frame = take(parker, from, 0).await?;
            inside = self.pass(parker, &mut frame, to, None).await?;
        }
        Ok(false)
    }

    /// Sends a frame; returns whether another of its message follows.
    async fn pass(
        &mut self,
        parker: &Parker,
        frame: &mut Msg,
        to: &Slot,
        capture: Option<&Slot>,
    ) -> Result<bool> {
        let more = frame.more();
        let flags = if more { ZMQ_SNDMORE } else { 0 };
        let bytes = frame.len() as u64;
        if let Some(capture) = capture {
            send(parker, capture, Body::Own(&mut frame.share()), flags).await?;
        }
        send(parker, to, Body::Own(frame), flags).await?;
        self.frames += 1;
        self.bytes += bytes;
        Ok(more)
    }
}

async fn take(parker: &Parker, from: &Slot, flags: i32) -> Result<Msg> {
    receive(parker, from, flags, |frame| frame.into_msg()).await?
}

/// The commands of the control socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Command {
    Pause,
    Resume,
    Terminate,
    Statistics,
}

impl Command {
    fn parse(text: &[u8]) -> Option<Command> {
        match text {
            b"PAUSE" => Some(Command::Pause),
            b"RESUME" => Some(Command::Resume),
            b"TERMINATE" => Some(Command::Terminate),
            b"STATISTICS" => Some(Command::Statistics),
            _ => None,
        }
    }
}

/// Takes a command and answers it: the statistics, or on a REP an empty message.
async fn obey(
    parker: &Parker,
    control: &Slot,
    forth: &Direction,
    back: &Direction,
) -> Result<Option<Command>> {
    let frame = match take(parker, control, ZMQ_DONTWAIT).await {
        Err(Errno::EAGAIN) => return Ok(None),
        frame => frame?,
    };
    let mut more = frame.more();
    let command = if more { None } else { Command::parse(frame.data()) };
    while more {
        more = take(parker, control, 0).await?.more();
    }
    match command {
        Some(Command::Statistics) => {
            let numbers = statistics(forth, back).map(u64::to_ne_bytes);
            answer(parker, control, &numbers.each_ref().map(<[u8; 8]>::as_slice)).await?;
        }
        // Only a REP has to answer before it can take the next command.
        _ if control.with(|core| Ok(core.options().socket_type))? == SocketType::Rep => {
            answer(parker, control, &[&[]]).await?;
        }
        _ => {}
    }
    Ok(command)
}

/// Frames and bytes: in at the front, out at the front, in at the back, out at the back.
fn statistics(forth: &Direction, back: &Direction) -> [u64; 8] {
    [
        [forth.frames, forth.bytes],
        [back.frames, back.bytes],
        [back.frames, back.bytes],
        [forth.frames, forth.bytes],
    ]
    .as_flattened()
    .try_into()
    .unwrap_or_default()
}

/// Sends an answer, without waiting for a peer. A peer that does not take it gets none, nor does
/// one behind a control socket that cannot send.
async fn answer(parker: &Parker, control: &Slot, frames: &[&[u8]]) -> Result<()> {
    for (n, frame) in frames.iter().enumerate() {
        let more = if n + 1 < frames.len() { ZMQ_SNDMORE } else { 0 };
        match send(parker, control, Body::Copy(frame), more | ZMQ_DONTWAIT).await {
            Err(Errno::EAGAIN | Errno::ENOTSUP) => return Ok(()),
            sent => sent?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_exact() {
        assert_eq!(Command::parse(b"PAUSE"), Some(Command::Pause));
        assert_eq!(Command::parse(b"RESUME"), Some(Command::Resume));
        assert_eq!(Command::parse(b"TERMINATE"), Some(Command::Terminate));
        assert_eq!(Command::parse(b"STATISTICS"), Some(Command::Statistics));
        for other in [&b"PAUSE\0"[..], b"pause", b"", b"TERMINATED"] {
            assert_eq!(Command::parse(other), None);
        }
    }

    #[test]
    fn order_of_statistics() {
        let forth = Direction { frames: 1, bytes: 2, blocked: false };
        let back = Direction { frames: 3, bytes: 4, blocked: false };
        assert_eq!(statistics(&forth, &back), [1, 2, 3, 4, 3, 4, 1, 2]);
    }
}
