//! The greeting, which opens a connection and tells which ZMTP the peer speaks (RFC 13, 15, 23 and
//! 37, "Greeting"). RFC 15 gives the ways to recognise older peers.
//!
//! Part of a connection's handshake, under the connection's lock.
#![forbid(unsafe_code)]

use super::ZmtpVersion;

/// Bytes of a 3.x greeting.
pub const GREETING_LEN: usize = 64;
/// Bytes of a greeting with revision 0 or 1.
const OLD_GREETING_LEN: usize = 12;
/// Bytes of the mechanism's name, padded with NUL.
pub const MECHANISM_LEN: usize = 20;
/// The revision byte that this side sends.
pub const REVISION: u8 = 3;
const MINOR: u8 = 1;

/// The 10 bytes that go out first. To a 1.0 peer they are the long header of an identity frame
/// of `routing_id_len` bytes.
pub fn signature(routing_id_len: usize) -> [u8; 10] {
    let mut out = [0xff; 10];
    out[1..9].copy_from_slice(&(routing_id_len as u64 + 1).to_be_bytes());
    out[9] = 0x7f;
    out
}

/// The bytes behind the revision byte towards a 3.x peer: minor version, mechanism, as-server
/// (always 0, as the original sends it) and filler.
pub fn rest(mechanism: &str) -> [u8; GREETING_LEN - 11] {
    let mut out = [0; GREETING_LEN - 11];
    out[0] = MINOR;
    out[1..=MECHANISM_LEN].copy_from_slice(&padded(mechanism));
    out
}

/// A mechanism's name as it stands in the greeting; longer names are cut.
pub fn padded(mechanism: &str) -> [u8; MECHANISM_LEN] {
    let mut out = [0; MECHANISM_LEN];
    for (to, from) in out.iter_mut().zip(mechanism.bytes()) {
        *to = from;
    }
    out
}

/// The fact that a byte of the peer's greeting has settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Milestone {
    /// No greeting at all: the bytes so far begin a 1.0 identity frame.
    Unversioned,
    /// The signature stands: this side's revision byte may go.
    Signature,
    /// The revision is known: the rest of this side's greeting may go.
    Revision,
    /// Nothing of the greeting is left to read.
    Complete,
}

/// The peer's greeting, byte by byte.
#[derive(Debug)]
pub(super) struct GreetingReader {
    bytes: [u8; GREETING_LEN],
    len: usize,
}

impl GreetingReader {
    pub(super) fn new() -> Self {
        GreetingReader { bytes: [0; GREETING_LEN], len: 0 }
    }

    /// Takes one byte. Not to be called after `Unversioned` or `Complete`.
    pub(super) fn push(&mut self, byte: u8) -> Option<Milestone> {
        *self.bytes.get_mut(self.len)? = byte;
        self.len += 1;
        match self.len {
            1 if byte != 0xff => Some(Milestone::Unversioned),
            10 if byte & 1 == 0 => Some(Milestone::Unversioned),
            10 => Some(Milestone::Signature),
            11 => Some(Milestone::Revision),
            len if len == self.expected_len() => Some(Milestone::Complete),
            _ => None,
        }
    }

    fn expected_len(&self) -> usize {
        if self.version() < ZmtpVersion::V3_0 { OLD_GREETING_LEN } else { GREETING_LEN }
    }

    /// The bytes that have been read so far.
    pub(super) fn seen(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// The peer's version; final for revisions 0 and 1 at `Revision`, else at `Complete`.
    pub(super) fn version(&self) -> ZmtpVersion {
        match (self.bytes[10], self.bytes[11]) {
            (0, _) => ZmtpVersion::V1,
            (1, _) => ZmtpVersion::V2,
            (3, 0) => ZmtpVersion::V3_0,
            _ => ZmtpVersion::V3_1,
        }
    }

    /// The socket type's number in a greeting with revision 0 or 1.
    pub(super) fn old_socket_type(&self) -> u8 {
        self.bytes[11]
    }

    /// The mechanism's name with its padding.
    pub(super) fn mechanism(&self) -> &[u8] {
        &self.bytes[12..12 + MECHANISM_LEN]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_bytes() {
        assert_eq!(signature(2), *b"\xff\0\0\0\0\0\0\0\x03\x7f");
        let rest = rest("NULL");
        assert_eq!(rest.len(), 53);
        assert_eq!(rest[..6], *b"\x01NULL\0");
        assert!(rest[5..].iter().all(|byte| *byte == 0));
        assert_eq!(padded("a name of more than twenty bytes"), *b"a name of more than ");
    }

    fn milestones(bytes: &[u8]) -> Vec<(usize, Milestone)> {
        let mut reader = GreetingReader::new();
        let steps = bytes.iter().enumerate();
        steps.filter_map(|(at, byte)| Some((at + 1, reader.push(*byte)?))).collect()
    }

    #[test]
    fn milestones_of_each_version() {
        use Milestone::*;
        let mut greeting = [0; GREETING_LEN];
        greeting[..10].copy_from_slice(&signature(0));
        for (revision, minor, end) in [(0, 5, 12), (1, 5, 12), (2, 0, 64), (3, 0, 64), (9, 9, 64)] {
            greeting[10] = revision;
            greeting[11] = minor;
            let expected = [(10, Signature), (11, Revision), (end, Complete)];
            assert_eq!(milestones(&greeting[..end]), expected);
        }
        assert_eq!(milestones(b"G"), [(1, Unversioned)]);
        assert_eq!(milestones(b"\xff\0\0\0\0\0\0\0\x03\0"), [(10, Unversioned)]);
    }

    #[test]
    fn versions() {
        let version = |revision, minor| {
            let mut reader = GreetingReader::new();
            reader.bytes[10] = revision;
            reader.bytes[11] = minor;
            reader.version()
        };
        assert_eq!(version(0, 3), ZmtpVersion::V1);
        assert_eq!(version(1, 3), ZmtpVersion::V2);
        assert_eq!(version(2, 0), ZmtpVersion::V3_1);
        assert_eq!(version(3, 0), ZmtpVersion::V3_0);
        assert_eq!(version(3, 1), ZmtpVersion::V3_1);
        assert_eq!(version(3, 2), ZmtpVersion::V3_1);
        assert_eq!(version(4, 0), ZmtpVersion::V3_1);
    }
}
