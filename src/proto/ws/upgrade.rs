//! The opening: a request and a response in HTTP (RFC 6455 section 4). They turn a TCP connection
//! into a WebSocket and choose its sub-protocol (RFC 45).
//!
//! Pure functions, and [`Head`], which gathers the peer's request or response under the lock of the
//! connection's handshake. A stranger is recognised by its first bytes, and cannot make a
//! connection hold more than [`MAX_HEAD`].
#![forbid(unsafe_code)]

use std::collections::TryReserveError;

/// Longest request or response, in bytes.
pub const MAX_HEAD: usize = 16 * 1024;

/// Most lines of a request or response.
const MAX_HEADERS: usize = 128;

/// Bytes of the random key that a client sends.
pub const KEY_BYTES: usize = 16;

/// How a request begins.
pub const REQUEST: &[u8] = b"GET ";
/// How a response begins; the reason that follows it means nothing.
pub const RESPONSE: &[u8] = b"HTTP/1.1 101";

const END: &[u8] = b"\r\n\r\n";

/// The text that the key is hashed with (RFC 6455 section 1.3).
const GUID: &[u8] = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/// The peer does not speak the protocol, or offers no sub-protocol that this side has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// The names of the sub-protocols that one side may use, best first.
#[derive(Clone, Debug)]
pub struct Protocols {
    secure: String,
    plain: bool,
}

/// The sub-protocol that a connection goes on with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// `ZWS2.0/` and a mechanism: its handshake follows.
    Secure,
    /// `ZWS2.0`: routing ids follow.
    Plain,
}

const PLAIN: &str = "ZWS2.0";

impl Protocols {
    /// The names for a mechanism; `plain` if the peer need not prove anything.
    pub fn new(mechanism: &str, plain: bool) -> Protocols {
        Protocols { secure: format!("{PLAIN}/{mechanism}"), plain }
    }

    fn name(&self, protocol: Protocol) -> &str {
        match protocol {
            Protocol::Secure => &self.secure,
            Protocol::Plain => PLAIN,
        }
    }

    fn find(&self, name: &[u8]) -> Option<Protocol> {
        match name {
            _ if name == self.secure.as_bytes() => Some(Protocol::Secure),
            _ if name == PLAIN.as_bytes() && self.plain => Some(Protocol::Plain),
            _ => None,
        }
    }

    /// The names in the form in which a client offers them.
    fn offer(&self) -> String {
        if self.plain { format!("{},{PLAIN}", self.secure) } else { self.secure.clone() }
    }
}

/// A client's request.
pub fn request(host: &[u8], path: &[u8], key: &[u8; KEY_BYTES], offered: &Protocols) -> Vec<u8> {
    let fixed = format!(
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {}\r\n\
         Sec-WebSocket-Protocol: {}\r\nSec-WebSocket-Version: 13\r\n\r\n",
        base64(key),
        offered.offer()
    );
    [b"GET ", path, b" HTTP/1.1\r\nHost: ", host, b"\r\n", fixed.as_bytes()].concat()
}

/// Reads a request. Gives the first sub-protocol of its offer that this side has, and the response.
///
/// # Errors
/// The request is none for a WebSocket, or offers no sub-protocol that this side has.
pub fn answer(head: &[u8], ours: &Protocols) -> Result<(Protocol, Vec<u8>), Refused> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut request = httparse::Request::new(&mut headers);
    let complete = matches!(request.parse(head), Ok(status) if status.is_complete());
    if !complete || request.method != Some("GET") || request.version != Some(1) {
        return Err(Refused);
    }
    let headers = Headers(request.headers);
    headers.check_upgrade()?;
    let key = headers.all("Sec-WebSocket-Key").find(|key| !key.is_empty()).ok_or(Refused)?;
    let offers = headers.items("Sec-WebSocket-Protocol");
    let chosen = offers.filter_map(|name| ours.find(name)).next().ok_or(Refused)?;
    let response = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {}\r\nSec-WebSocket-Protocol: {}\r\n\r\n",
        accept(key),
        ours.name(chosen)
    );
    Ok((chosen, response.into_bytes()))
}

/// Reads a response: the sub-protocol that the server chose. Like other peers of ZeroMQ, this side
/// does not check the hash of its key: only ZeroMQ speaks the protocol that the server named.
///
/// # Errors
/// The response is none for a WebSocket, or chooses a sub-protocol that was not offered.
pub fn chosen(head: &[u8], offered: &Protocols) -> Result<Protocol, Refused> {
    let mut headers = [httparse::EMPTY_HEADER; MAX_HEADERS];
    let mut response = httparse::Response::new(&mut headers);
    let complete = matches!(response.parse(head), Ok(status) if status.is_complete());
    if !complete || response.code != Some(101) || response.version != Some(1) {
        return Err(Refused);
    }
    let headers = Headers(response.headers);
    headers.check_upgrade()?;
    headers.all("Sec-WebSocket-Accept").find(|value| !value.is_empty()).ok_or(Refused)?;
    let mut choices = headers.all("Sec-WebSocket-Protocol");
    match (choices.next(), choices.next()) {
        (Some(name), None) => offered.find(name).ok_or(Refused),
        _ => Err(Refused),
    }
}

struct Headers<'h, 'b>(&'h [httparse::Header<'b>]);

impl Headers<'_, '_> {
    /// The values of all headers of this name, without the white space around them.
    fn all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let of_name = move |header: &&httparse::Header<'_>| header.name.eq_ignore_ascii_case(name);
        self.0.iter().filter(of_name).map(|header| header.value.trim_ascii())
    }

    /// The items of the lists in these values.
    fn items(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.all(name).flat_map(|value| value.split(|byte| *byte == b',')).map(<[u8]>::trim_ascii)
    }

    fn has(&self, name: &str, item: &str) -> bool {
        self.items(name).any(|found| found.eq_ignore_ascii_case(item.as_bytes()))
    }

    fn check_upgrade(&self) -> Result<(), Refused> {
        let both = self.has("Upgrade", "websocket") && self.has("Connection", "Upgrade");
        if both { Ok(()) } else { Err(Refused) }
    }
}

/// The hash that proves that a server has read the key.
pub fn accept(key: &[u8]) -> String {
    let mut hash = sha1_smol::Sha1::new();
    hash.update(key);
    hash.update(GUID);
    base64(&hash.digest().bytes())
}

/// Base64 (RFC 4648 section 4).
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let at = |place: usize| u32::from(group.get(place).copied().unwrap_or(0));
        let bits = at(0) << 16 | at(1) << 8 | at(2);
        for place in 0..4 {
            let letter = LETTERS[(bits >> (18 - 6 * place)) as usize & 63];
            text.push(if place <= group.len() { letter.into() } else { '=' });
        }
    }
    text
}

/// A request or response in the making.
#[derive(Debug)]
pub struct Head {
    start: &'static [u8],
    bytes: Vec<u8>,
}

impl Head {
    /// A request or response that has to begin with `start`.
    pub fn new(start: &'static [u8]) -> Head {
        Head { start, bytes: Vec::new() }
    }

    /// Makes room for `more` bytes, up to the most that it may hold.
    ///
    /// # Errors
    /// There is no memory.
    pub fn reserve(&mut self, more: usize) -> Result<(), TryReserveError> {
        self.bytes.try_reserve(more.min(MAX_HEAD - self.bytes.len().min(MAX_HEAD)))
    }

    /// Takes its own bytes from the start of `input`; returns how many they were.
    ///
    /// # Errors
    /// It begins otherwise, has lines that do not end as they should, or is too long.
    pub fn feed(&mut self, input: &[u8]) -> Result<usize, Refused> {
        for (at, byte) in input.iter().enumerate() {
            if self.is_complete() {
                return Ok(at);
            }
            let expected = self.start.get(self.bytes.len());
            let bare = *byte == b'\n' && self.bytes.last() != Some(&b'\r');
            let wrong = expected.is_some_and(|expected| expected != byte);
            if wrong || bare || self.bytes.len() >= MAX_HEAD {
                return Err(Refused);
            }
            self.bytes.push(*byte);
        }
        Ok(input.len())
    }

    /// Whether the empty line at its end has come.
    pub fn is_complete(&self) -> bool {
        self.bytes.ends_with(END)
    }

    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
