//! Properties of a received message (`zmq_msg_gets`): immutable, shared by all messages of a
//! connection. Any thread.
#![forbid(unsafe_code)]

use core::ffi::CStr;
use std::ffi::CString;

use crate::error::Result;
use crate::memory::joined;

/// Names and values, in the order of the names. A peer may choose many of both, so they are not
/// searched one after the other.
#[derive(Debug, Default)]
pub struct Metadata {
    entries: Box<[(Box<[u8]>, CString)]>,
}

impl Metadata {
    /// Of equal names the first counts. A value is cut at its first NUL, as a C string has to be.
    /// `ENOMEM`.
    pub fn new<'a>(properties: impl IntoIterator<Item = (&'a [u8], &'a [u8])>) -> Result<Metadata> {
        let mut properties: Vec<_> = properties.into_iter().collect();
        properties.sort_by_key(|(name, _)| *name);
        properties.dedup_by_key(|(name, _)| *name);
        let mut entries = Vec::new();
        entries.try_reserve_exact(properties.len())?;
        for (name, value) in properties {
            let text = value.split(|byte| *byte == 0).next().unwrap_or_default();
            let text = CString::from_vec_with_nul(joined(&[text, &[0]])?);
            entries.push((name.into(), text.unwrap_or_default()));
        }
        Ok(Metadata { entries: entries.into() })
    }

    /// The value of the property with exactly this name.
    pub fn get(&self, name: &[u8]) -> Option<&CStr> {
        let place = self.entries.binary_search_by_key(&name, |entry| &entry.0).ok()?;
        self.entries.get(place).map(|entry| entry.1.as_c_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_a_name_is_found_among_many() {
        let names: Vec<[u8; 2]> = (0..1000u16).rev().map(u16::to_be_bytes).collect();
        let all = names.iter().chain(&names).enumerate();
        let values: Vec<String> = all.clone().map(|(at, _)| at.to_string()).collect();
        let metadata = Metadata::new(
            all.map(|(at, name)| (name.as_slice(), values[at].as_bytes()))
                .chain([(&b""[..], &b"a\0b"[..])]),
        )
        .expect("memory");
        for (at, name) in names.iter().enumerate() {
            let value = metadata.get(name).expect("there");
            assert_eq!(value.to_bytes(), at.to_string().as_bytes());
        }
        assert_eq!(metadata.get(b""), Some(c"a"));
        assert_eq!((metadata.get(b"none"), Metadata::default().get(b"")), (None, None));
    }
}
