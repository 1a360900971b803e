//! Setters of options that add to a list or that change more than one value. Under the socket's
//! lock.
#![forbid(unsafe_code)]

use crate::error::{Errno, Result};
use crate::options::SocketOptions;

pub(super) fn xpub_verbose(options: &mut SocketOptions, value: i32) {
    options.xpub_verbose = value != 0;
    options.xpub_verbose_unsubscribe = false;
}

pub(super) fn xpub_verboser(options: &mut SocketOptions, value: i32) {
    options.xpub_verbose = value != 0;
    options.xpub_verbose_unsubscribe = value != 0;
}

pub(super) fn xpub_manual_last_value(options: &mut SocketOptions, value: i32) {
    options.xpub_manual = value != 0;
    options.xpub_manual_last_value = value != 0;
}

/// Adds one native-endian number of 4 bytes, or clears the list.
fn append<T>(list: &mut Vec<T>, value: Option<&[u8]>, read: fn([u8; 4]) -> T) -> Result<()> {
    match value {
        None => list.clear(),
        Some(bytes) => list.push(read(bytes.try_into().map_err(|_| Errno::EINVAL)?)),
    }
    Ok(())
}

pub(super) fn ipc_filter_pid(options: &mut SocketOptions, value: Option<&[u8]>) -> Result<()> {
    append(&mut options.ipc_filter_pid, value, i32::from_ne_bytes)
}

pub(super) fn ipc_filter_uid(options: &mut SocketOptions, value: Option<&[u8]>) -> Result<()> {
    append(&mut options.ipc_filter_uid, value, u32::from_ne_bytes)
}

pub(super) fn ipc_filter_gid(options: &mut SocketOptions, value: Option<&[u8]>) -> Result<()> {
    append(&mut options.ipc_filter_gid, value, u32::from_ne_bytes)
}

/// `X-name:value`. The first definition of a name stays; the value ends at its first NUL. 4 bytes
/// in all are refused, because libzmq takes them for an `int`.
pub(super) fn metadata(options: &mut SocketOptions, value: Option<&[u8]>) -> Result<()> {
    let text = value.unwrap_or_default();
    let colon = text.iter().position(|b| *b == b':').ok_or(Errno::EINVAL)?;
    let (name, rest) = text.split_at_checked(colon).ok_or(Errno::EINVAL)?;
    let value = rest.strip_prefix(b":").unwrap_or_default();
    let valid = name.starts_with(b"X-") && name.len() <= 255 && !value.is_empty();
    if !valid || text.len() == 4 {
        return Err(Errno::EINVAL);
    }
    if options.metadata.iter().all(|(known, _)| known != name) {
        let value = value.split(|b| *b == 0).next().unwrap_or_default();
        options.metadata.push((name.to_vec(), value.to_vec()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::SocketType;

    #[test]
    fn metadata_keeps_the_first_definition() {
        let mut o = SocketOptions::new(SocketType::Pub);
        for text in [&b"X-a:one"[..], b"X-b:x:y", b"X-a:two", b"X-c:z\0tail", b"X-:val"] {
            metadata(&mut o, Some(text)).unwrap();
        }
        let pair = |name: &[u8], value: &[u8]| (name.to_vec(), value.to_vec());
        let expected =
            [pair(b"X-a", b"one"), pair(b"X-b", b"x:y"), pair(b"X-c", b"z"), pair(b"X-", b"val")];
        assert_eq!(o.metadata, expected);
    }

    #[test]
    fn metadata_refuses_what_is_not_a_property() {
        let mut o = SocketOptions::new(SocketType::Pub);
        let long = [b"X-".as_slice(), &[b'n'; 254], b":v"].concat();
        let texts = [&b"X-:v"[..], b"X-abc", b"X-abc:", b"Y-a:bcd", b"x-a:bcd", b":X-b", &long];
        for text in texts {
            assert_eq!(metadata(&mut o, Some(text)), Err(Errno::EINVAL), "{text:?}");
        }
        let longest = [b"X-".as_slice(), &[b'n'; 253], b":v"].concat();
        metadata(&mut o, Some(&longest)).unwrap();
        assert_eq!(o.metadata.len(), 1);
    }

    #[test]
    fn verbose_and_verboser() {
        let mut o = SocketOptions::new(SocketType::Xpub);
        xpub_verboser(&mut o, 2);
        assert!(o.xpub_verbose && o.xpub_verbose_unsubscribe);
        xpub_verbose(&mut o, 1);
        assert!(o.xpub_verbose && !o.xpub_verbose_unsubscribe);
        xpub_manual_last_value(&mut o, 1);
        assert!(o.xpub_manual && o.xpub_manual_last_value);
        xpub_manual_last_value(&mut o, 0);
        assert!(!o.xpub_manual && !o.xpub_manual_last_value);
    }

    #[test]
    fn ipc_filters_append_and_clear() {
        let mut o = SocketOptions::new(SocketType::Rep);
        ipc_filter_uid(&mut o, Some(&7u32.to_ne_bytes())).unwrap();
        ipc_filter_uid(&mut o, Some(&9u32.to_ne_bytes())).unwrap();
        ipc_filter_gid(&mut o, Some(&1u32.to_ne_bytes())).unwrap();
        ipc_filter_pid(&mut o, Some(&(-1i32).to_ne_bytes())).unwrap();
        assert_eq!((&o.ipc_filter_uid[..], &o.ipc_filter_gid[..]), (&[7, 9][..], &[1][..]));
        assert_eq!(o.ipc_filter_pid, [-1]);
        ipc_filter_uid(&mut o, None).unwrap();
        assert!(o.ipc_filter_uid.is_empty());
        assert_eq!(ipc_filter_uid(&mut o, Some(b"12345")), Err(Errno::EINVAL));
    }
}
