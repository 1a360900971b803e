//! Property lists: the metadata of READY and INITIATE (RFC 23 and 37, "Metadata").
//!
//! A property is name length (1 byte), name, value length (4 bytes, big-endian), value. Names are
//! compared case-sensitively, as the original does. Pure functions and values.
#![forbid(unsafe_code)]

use std::collections::TryReserveError;

use crate::memory::copy_of;
use crate::options::SocketType;
use crate::proto::HandshakeError;

/// Longest value of a property, in bytes.
const MAX_VALUE: usize = 0x7fff_ffff;

/// Most properties that a peer may have. A peer has some ten; one that sends many more than that
/// would make this side keep and search them.
const MOST_PROPERTIES: usize = 1024;

/// Longest routing id, in bytes (RFC 23: "Identity").
pub const MAX_IDENTITY: usize = 255;

/// Bytes of a property beside its name and value.
const PROPERTY_HEAD: usize = 5;

const SOCKET_TYPE: &[u8] = b"Socket-Type";
const IDENTITY: &[u8] = b"Identity";

/// Why a property list is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetadataError {
    /// The bytes are no property list.
    Malformed,
    /// The peer's socket type does not go with this side's.
    IncompatibleSocketType,
    /// The routing id is longer than one can be.
    LongIdentity,
    /// There are more properties than any peer needs.
    TooMany,
    /// There is no memory for them.
    NoMemory,
}

impl MetadataError {
    /// The handshake's error: `refused`, if it is the peer's fault.
    pub fn in_handshake(self, refused: HandshakeError) -> HandshakeError {
        if self == MetadataError::NoMemory { HandshakeError::MEMORY } else { refused }
    }
}

impl From<TryReserveError> for MetadataError {
    fn from(_: TryReserveError) -> MetadataError {
        MetadataError::NoMemory
    }
}

/// The properties of a list, in its order. After an error the iterator ends.
#[derive(Clone, Debug)]
pub struct Properties<'a> {
    rest: &'a [u8],
}

impl<'a> Properties<'a> {
    pub fn new(list: &'a [u8]) -> Self {
        Properties { rest: list }
    }

    fn split_next(&self) -> Option<(&'a [u8], &'a [u8], &'a [u8])> {
        let (name_len, rest) = self.rest.split_first()?;
        let (name, rest) = rest.split_at_checked(usize::from(*name_len))?;
        let (value_len, rest) = rest.split_first_chunk()?;
        let value_len = usize::try_from(u32::from_be_bytes(*value_len)).ok()?;
        if value_len > MAX_VALUE {
            return None;
        }
        let (value, rest) = rest.split_at_checked(value_len)?;
        Some((name, value, rest))
    }
}

impl<'a> Iterator for Properties<'a> {
    type Item = Result<(&'a [u8], &'a [u8]), MetadataError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let Some((name, value, rest)) = self.split_next() else {
            self.rest = &[];
            return Some(Err(MetadataError::Malformed));
        };
        self.rest = rest;
        Some(Ok((name, value)))
    }
}

/// Appends one property to `out`. A name or value that cannot be expressed is left out: the options
/// refuse both.
pub fn append_property(name: &[u8], value: &[u8], out: &mut Vec<u8>) {
    let (Ok(name_len), Ok(value_len)) = (u8::try_from(name.len()), u32::try_from(value.len()))
    else {
        return;
    };
    if value.len() > MAX_VALUE {
        return;
    }
    out.push(name_len);
    out.extend_from_slice(name);
    out.extend_from_slice(&value_len.to_be_bytes());
    out.extend_from_slice(value);
}

/// The property list that this side sends: `Socket-Type`, `Identity` for the types that have one,
/// then `extra` sorted by name. Of equal names the first counts.
///
/// # Errors
/// There is no memory.
pub fn local_properties(
    socket_type: SocketType,
    routing_id: &[u8],
    extra: &[(Vec<u8>, Vec<u8>)],
) -> Result<Vec<u8>, TryReserveError> {
    let mut out = Vec::new();
    append_property(SOCKET_TYPE, socket_type.wire_name().as_bytes(), &mut out);
    if socket_type.sends_identity() {
        append_property(IDENTITY, routing_id, &mut out);
    }
    let mut extra: Vec<_> = extra.iter().collect();
    extra.sort_by_key(|(name, _)| name);
    extra.dedup_by_key(|(name, _)| name);
    for (name, value) in extra {
        out.try_reserve(name.len().saturating_add(value.len()).saturating_add(PROPERTY_HEAD))?;
        append_property(name, value, &mut out);
    }
    Ok(out)
}

/// The peer's properties from READY or INITIATE.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeerProperties {
    /// The value of the last `Identity`; `None` if there is none.
    pub identity: Option<Vec<u8>>,
    /// `None` if the peer does not name its type, which is accepted unchecked.
    pub socket_type: Option<SocketType>,
    /// All properties in the order of the list; of equal names the first is the readable one.
    pub list: Vec<(Vec<u8>, Vec<u8>)>,
}

impl PeerProperties {
    /// Reads the peer's list.
    ///
    /// # Errors
    /// [`MetadataError`] for bytes that are no list or too long a one, and for a bad routing id.
    /// Also for a type that `own` may not talk to.
    pub fn parse(list: &[u8], own: SocketType) -> Result<Self, MetadataError> {
        let mut peer = PeerProperties::default();
        for property in Properties::new(list) {
            let (name, value) = property?;
            if peer.list.len() == MOST_PROPERTIES {
                return Err(MetadataError::TooMany);
            }
            match name {
                IDENTITY if value.len() > MAX_IDENTITY => return Err(MetadataError::LongIdentity),
                SOCKET_TYPE => peer.socket_type = Some(compatible_type(own, value)?),
                IDENTITY => peer.identity = Some(value.to_vec()),
                _ => {}
            }
            peer.list.try_reserve(1)?;
            peer.list.push((name.to_vec(), copy_of(value)?));
        }
        Ok(peer)
    }
}

fn compatible_type(own: SocketType, name: &[u8]) -> Result<SocketType, MetadataError> {
    SocketType::ALL
        .into_iter()
        .find(|peer| own.accepts_peer(name) && peer.wire_name().as_bytes() == name)
        .ok_or(MetadataError::IncompatibleSocketType)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn extra(pairs: &[(&str, &str)]) -> Vec<(Vec<u8>, Vec<u8>)> {
        pairs.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect()
    }

    #[test]
    fn identity_only_where_it_belongs_and_extras_sorted() {
        let list = local_properties(
            SocketType::Pub,
            b"id",
            &extra(&[("X-b", "2"), ("X-a", "1"), ("X-b", "3")]),
        );
        let list = list.unwrap();
        assert_eq!(list, b"\x0bSocket-Type\0\0\0\x03PUB\x03X-a\0\0\0\x011\x03X-b\0\0\0\x012");
        let list = local_properties(SocketType::Req, b"id", &[]).unwrap();
        assert_eq!(list, b"\x0bSocket-Type\0\0\0\x03REQ\x08Identity\0\0\0\x02id");
    }

    #[test]
    fn last_identity_counts() {
        let mut list = Vec::new();
        append_property(b"Identity", b"first", &mut list);
        append_property(b"identity", b"other", &mut list);
        append_property(b"Identity", b"last", &mut list);
        let peer = PeerProperties::parse(&list, SocketType::Router).unwrap();
        assert_eq!(peer.identity.as_deref(), Some(&b"last"[..]));
        assert_eq!(peer.socket_type, None);
        assert_eq!(peer.list.len(), 3);
    }

    #[test]
    fn strangers_are_limited() {
        let parse = |pairs: &[(&[u8], usize)]| {
            let mut list = Vec::new();
            for (name, len) in pairs {
                append_property(name, &vec![b'a'; *len], &mut list);
            }
            PeerProperties::parse(&list, SocketType::Router).map(|peer| peer.list.len())
        };
        assert_eq!(parse(&[(b"Identity", 255), (b"X-other", 256)]), Ok(2));
        assert_eq!(parse(&[(b"Identity", 256)]), Err(MetadataError::LongIdentity));
        assert_eq!(
            parse(&[(b"Identity", 256), (b"Identity", 1)]),
            Err(MetadataError::LongIdentity)
        );
        assert_eq!(parse(&vec![(b"a".as_slice(), 0); 1024]), Ok(1024));
        assert_eq!(parse(&vec![(b"a".as_slice(), 0); 1025]), Err(MetadataError::TooMany));
    }

    #[test]
    fn socket_types_are_compared_exactly() {
        let parse = |own, name: &[u8]| {
            let mut list = Vec::new();
            append_property(b"Socket-Type", name, &mut list);
            PeerProperties::parse(&list, own).map(|peer| peer.socket_type)
        };
        assert_eq!(parse(SocketType::Sub, b"XPUB"), Ok(Some(SocketType::Xpub)));
        for name in [&b"SUB"[..], b"xpub", b"", b"XPUB\0", b"DISH"] {
            let refused = Err(MetadataError::IncompatibleSocketType);
            assert_eq!(parse(SocketType::Sub, name), refused);
        }
    }

    #[test]
    fn every_cut_of_a_list_but_the_whole_is_malformed() {
        let list = local_properties(SocketType::Pub, b"", &[]).unwrap();
        for cut in 1..list.len() {
            assert!(PeerProperties::parse(&list[..cut], SocketType::Sub).is_err(), "{cut}");
        }
        assert!(PeerProperties::parse(&[], SocketType::Sub).is_ok());
        assert!(PeerProperties::parse(b"\0\0\0\0\0", SocketType::Sub).is_ok());
        assert!(PeerProperties::parse(b"\x01a\xff\xff\xff\xff", SocketType::Sub).is_err());
    }

    proptest! {
        #[test]
        fn lists_round_trip(pairs in prop::collection::vec(
            (prop::collection::vec(any::<u8>(), 0..256), prop::collection::vec(any::<u8>(), 0..99)),
            0..8,
        )) {
            let mut list = Vec::new();
            for (name, value) in &pairs {
                append_property(name, value, &mut list);
            }
            let read: Vec<_> = Properties::new(&list)
                .map(|property| property.map(|(name, value)| (name.to_vec(), value.to_vec())))
                .collect::<Result<_, _>>()
                .unwrap();
            prop_assert_eq!(read, pairs);
        }

        #[test]
        fn arbitrary_bytes_end(list in prop::collection::vec(any::<u8>(), 0..300)) {
            prop_assert!(Properties::new(&list).count() <= list.len());
        }
    }
}
