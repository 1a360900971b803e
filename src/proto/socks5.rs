//! The client's side of a SOCKS5 dialogue (RFC 1928; RFC 1929 for name and password) as a value. It
//! asks a proxy for one TCP connection.
//!
//! Belongs to the session that connects. The peer's bytes follow the dialogue on the stream, so the
//! caller reads no more than [`Dialogue::wanted`] says.
#![forbid(unsafe_code)]

use zeroize::Zeroizing;

use std::net::IpAddr;

const VERSION: u8 = 5;
const LOGIN_VERSION: u8 = 1;
const METHOD_NONE: u8 = 0;
const METHOD_LOGIN: u8 = 2;
const CONNECT: u8 = 1;
const RESERVED: u8 = 0;
const IPV4: u8 = 1;
const NAME: u8 = 3;
const IPV6: u8 = 4;
/// Success, of a login and of a request.
const GRANTED: u8 = 0;

/// Every reply to a request is longer than this, and these bytes tell its length.
const REPLY_HEAD: usize = 5;

/// The address that the proxy is to connect to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Host {
    Ip(IpAddr),
    /// A name that the proxy looks up.
    Name(Vec<u8>),
}

/// Name and password for the proxy, up to 255 bytes each; the password may be empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Login {
    pub username: Zeroizing<Vec<u8>>,
    pub password: Zeroizing<Vec<u8>>,
}

/// Why the proxy gave no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SocksError {
    /// The bytes that came are not from a SOCKS5 proxy.
    Malformed,
    /// The proxy accepts none of the methods it was offered, or chose another.
    Method,
    /// The proxy does not know this name and password.
    Login,
    /// The proxy could not or would not connect; its reason (RFC 1928, 6).
    Refused(u8),
    /// No proxy can be asked for this: a name or login of more than 255 bytes, or port 0.
    Unspeakable,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Method,
    Login,
    Reply,
    Done,
}

/// One attempt. Made anew for each connection to the proxy.
#[derive(Clone, Debug)]
pub struct Dialogue {
    host: Host,
    port: u16,
    login: Option<Login>,
    state: State,
    /// The bytes that came of the awaited answer.
    answer: Vec<u8>,
    output: Zeroizing<Vec<u8>>,
}

impl Dialogue {
    /// Opens the dialogue: the greeting waits in [`take_output`](Self::take_output).
    pub fn new(host: Host, port: u16, login: Option<Login>) -> Dialogue {
        let method = if login.is_some() { METHOD_LOGIN } else { METHOD_NONE };
        let output = vec![VERSION, 1, method].into();
        Dialogue { host, port, login, state: State::Method, answer: Vec::new(), output }
    }

    /// The bytes to send now.
    pub fn take_output(&mut self) -> Vec<u8> {
        core::mem::take(&mut *self.output)
    }

    /// How many bytes may be read and passed to [`input`](Self::input); 0 when the dialogue is over
    /// and the stream is the peer's.
    pub fn wanted(&self) -> usize {
        self.answer_len().saturating_sub(self.answer.len())
    }

    /// Whether the proxy has connected.
    pub fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Takes at most [`wanted`](Self::wanted) bytes of the proxy's; bytes beyond are not read.
    /// After an error the stream is of no more use.
    pub fn input(&mut self, bytes: &[u8]) -> Result<(), SocksError> {
        let taken = bytes.len().min(self.wanted());
        self.answer.extend_from_slice(bytes.get(..taken).unwrap_or_default());
        self.check()?;
        if self.wanted() == 0 {
            self.answer.clear();
            self.advance()?;
        }
        Ok(())
    }

    /// The length of the awaited answer, as far as it is known.
    fn answer_len(&self) -> usize {
        match self.state {
            State::Method | State::Login => 2,
            State::Done => 0,
            State::Reply => match self.answer.get(3..REPLY_HEAD) {
                Some([IPV4, _]) => 4 + 4 + 2,
                Some([IPV6, _]) => 4 + 16 + 2,
                Some([NAME, length]) => 4 + 1 + usize::from(*length) + 2,
                _ => REPLY_HEAD,
            },
        }
    }

    /// Checks the bytes at hand of the answer, so that a stranger is noticed at once.
    fn check(&self) -> Result<(), SocksError> {
        let version = if self.state == State::Login { LOGIN_VERSION } else { VERSION };
        if self.answer.first().is_some_and(|byte| *byte != version) {
            return Err(SocksError::Malformed);
        }
        let Some(&verdict) = self.answer.get(1) else { return Ok(()) };
        match self.state {
            State::Method if verdict != self.method() => Err(SocksError::Method),
            State::Login if verdict != GRANTED => Err(SocksError::Login),
            State::Reply if verdict != GRANTED => Err(SocksError::Refused(verdict)),
            State::Reply => self.check_address(),
            _ => Ok(()),
        }
    }

    /// Checks that the address that the proxy connected from is one; nothing else depends on it.
    fn check_address(&self) -> Result<(), SocksError> {
        match self.answer.get(2..) {
            None | Some([] | [RESERVED] | [RESERVED, IPV4 | IPV6 | NAME, ..]) => Ok(()),
            Some(_) => Err(SocksError::Malformed),
        }
    }

    fn method(&self) -> u8 {
        if self.login.is_some() { METHOD_LOGIN } else { METHOD_NONE }
    }

    /// Takes the next step: the answer was good and whole.
    fn advance(&mut self) -> Result<(), SocksError> {
        let (state, output) = match (self.state, &self.login) {
            (State::Method, Some(login)) => (State::Login, login_message(login)?),
            (State::Method, None) | (State::Login, _) => (State::Reply, self.request()?),
            (State::Reply | State::Done, _) => (State::Done, Vec::new()),
        };
        self.state = state;
        self.output = output.into();
        Ok(())
    }

    fn request(&self) -> Result<Vec<u8>, SocksError> {
        if self.port == 0 {
            return Err(SocksError::Unspeakable);
        }
        let mut message = vec![VERSION, CONNECT, RESERVED];
        match &self.host {
            Host::Ip(IpAddr::V4(address)) => {
                message.push(IPV4);
                message.extend_from_slice(&address.octets());
            }
            Host::Ip(IpAddr::V6(address)) => {
                message.push(IPV6);
                message.extend_from_slice(&address.octets());
            }
            Host::Name(name) => {
                message.push(NAME);
                append_counted(name, &mut message)?;
            }
        }
        message.extend_from_slice(&self.port.to_be_bytes());
        Ok(message)
    }
}

fn login_message(login: &Login) -> Result<Vec<u8>, SocksError> {
    // Reserved at full size, so that no part of the password stays in other memory.
    let mut message = Vec::with_capacity(1 + 2 * 256);
    message.push(LOGIN_VERSION);
    append_counted(&login.username, &mut message)?;
    append_counted(&login.password, &mut message)?;
    Ok(message)
}

fn append_counted(text: &[u8], message: &mut Vec<u8>) -> Result<(), SocksError> {
    message.push(u8::try_from(text.len()).map_err(|_| SocksError::Unspeakable)?);
    message.extend_from_slice(text);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const REPLY: &[u8] = &[5, 0, 0, 1, 10, 0, 0, 1, 0, 80];

    fn name(text: &[u8]) -> Host {
        Host::Name(text.to_vec())
    }

    fn login(username: &[u8], password: &[u8]) -> Option<Login> {
        Some(Login { username: username.to_vec().into(), password: password.to_vec().into() })
    }

    /// A dialogue without a login that waits for the reply.
    fn asked(host: Host, port: u16) -> Dialogue {
        let mut dialogue = Dialogue::new(host, port, None);
        assert_eq!(dialogue.take_output(), [5, 1, 0]);
        dialogue.input(&[5, 0]).unwrap();
        dialogue
    }

    #[test]
    fn requests() {
        let v4 = Host::Ip("127.0.0.1".parse().unwrap());
        assert_eq!(asked(v4, 5555).take_output(), [5, 1, 0, 1, 127, 0, 0, 1, 0x15, 0xb3]);
        let v6 = asked(Host::Ip("::1".parse().unwrap()), 80).take_output();
        assert_eq!(v6, [5, 1, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 80]);
        assert_eq!(asked(name(b"a.b"), 258).take_output(), [5, 1, 0, 3, 3, b'a', b'.', b'b', 1, 2]);
    }

    #[test]
    fn replies_of_every_kind() {
        let v6 = [&[5, 0, 0, 4][..], &[0; 18]].concat();
        for reply in [REPLY, &v6, &[5, 0, 0, 3, 0, 0, 80], &[5, 0, 0, 3, 2, b'a', b'b', 0, 80]] {
            let mut dialogue = asked(name(b"a"), 1);
            dialogue.take_output();
            for byte in reply {
                assert!(!dialogue.is_done());
                dialogue.input(&[*byte]).unwrap();
            }
            assert!(dialogue.is_done());
            assert_eq!(dialogue.wanted(), 0);
            assert_eq!(dialogue.take_output(), []);
        }
    }

    #[test]
    fn what_follows_is_not_asked_for() {
        let mut dialogue = asked(name(b"a"), 1);
        assert_eq!(dialogue.wanted(), REPLY_HEAD);
        dialogue.input(&REPLY[..5]).unwrap();
        assert_eq!(dialogue.wanted(), 5);
        dialogue.input(&REPLY[5..]).unwrap();
        assert_eq!(dialogue.wanted(), 0);
    }

    #[test]
    fn logins() {
        let mut dialogue = Dialogue::new(name(b"h"), 1, login(b"me", b""));
        assert_eq!(dialogue.take_output(), [5, 1, 2]);
        dialogue.input(&[5, 2]).unwrap();
        assert_eq!(dialogue.take_output(), [1, 2, b'm', b'e', 0]);
        let mut refused = dialogue.clone();
        assert_eq!(refused.input(&[1, 1]), Err(SocksError::Login));
        assert_eq!(dialogue.clone().input(&[5]), Err(SocksError::Malformed));
        dialogue.input(&[1, 0]).unwrap();
        assert_eq!(dialogue.take_output(), [5, 1, 0, 3, 1, b'h', 0, 1]);
        dialogue.input(REPLY).unwrap();
        assert!(!dialogue.is_done());
        dialogue.input(&REPLY[5..]).unwrap();
        assert!(dialogue.is_done());
    }

    #[test]
    fn the_longest_texts() {
        let longest = vec![b'x'; 255];
        let mut dialogue = Dialogue::new(name(&longest), 1, login(&longest, &longest));
        dialogue.input(&[5, 2]).unwrap();
        assert_eq!(dialogue.take_output().len(), 3 + 2 * 255);
        dialogue.input(&[1, 0]).unwrap();
        assert_eq!(dialogue.take_output().len(), 4 + 1 + 255 + 2);
        let longer = vec![b'x'; 256];
        let mut dialogue = Dialogue::new(name(&longest), 1, login(&longer, b""));
        assert_eq!(dialogue.input(&[5, 2]), Err(SocksError::Unspeakable));
        let mut dialogue = Dialogue::new(name(&longer), 1, None);
        assert_eq!(dialogue.input(&[5, 0]), Err(SocksError::Unspeakable));
        let mut dialogue = Dialogue::new(name(b"a"), 0, None);
        assert_eq!(dialogue.input(&[5, 0]), Err(SocksError::Unspeakable));
    }

    #[test]
    fn methods_that_were_not_offered() {
        for (method, login) in [(0xff, None), (2, None), (0, login(b"u", b"p")), (1, None)] {
            let mut dialogue = Dialogue::new(name(b"a"), 1, login);
            assert_eq!(dialogue.input(&[5, method]), Err(SocksError::Method));
        }
        let mut dialogue = Dialogue::new(name(b"a"), 1, None);
        assert_eq!(dialogue.input(&[4]), Err(SocksError::Malformed));
    }

    #[test]
    fn refusals() {
        for code in 1..=255 {
            assert_eq!(asked(name(b"a"), 1).input(&[5, code]), Err(SocksError::Refused(code)));
        }
        for bad in [&[4][..], &[5, 0, 1], &[5, 0, 0, 2], &[5, 0, 0, 0, 0], b"HTTP/"] {
            assert_eq!(asked(name(b"a"), 1).input(bad), Err(SocksError::Malformed), "{bad:?}");
        }
    }

    /// All bytes that a dialogue sends and how it ends, when it is fed in pieces of this size.
    fn run(login: Option<Login>, wire: &[u8], piece: usize) -> (Vec<u8>, Result<bool, SocksError>) {
        let mut dialogue = Dialogue::new(name(b"host"), 7, login);
        let mut said = dialogue.take_output();
        let mut rest = wire;
        while dialogue.wanted() > 0 && !rest.is_empty() {
            let (now, later) = rest.split_at(piece.min(dialogue.wanted()).min(rest.len()));
            rest = later;
            if let Err(error) = dialogue.input(now) {
                return (said, Err(error));
            }
            said.extend(dialogue.take_output());
        }
        (said, Ok(dialogue.is_done()))
    }

    proptest! {
        #[test]
        fn pieces_do_not_matter(
            with_login: bool,
            good in 0..4usize,
            wire in proptest::collection::vec(any::<u8>(), 0..40),
            piece in 1..8usize,
        ) {
            let login = with_login.then(|| Login { username: b"u".to_vec().into(), password: Vec::new().into() });
            let method = if with_login { 2 } else { 0 };
            let start = [&[5, method][..], &[1, 0], &[5, 0, 0, 3]];
            let start = start.iter().enumerate().filter(|(at, _)| *at != 1 || with_login);
            let mut whole: Vec<u8> = start.flat_map(|(_, part)| part.iter().copied()).collect();
            whole.truncate(good * 3);
            whole.extend(wire);
            prop_assert_eq!(run(login.clone(), &whole, usize::MAX), run(login, &whole, piece));
        }
    }
}
