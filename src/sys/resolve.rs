//! Names to addresses and back, through the C library, so that `/etc/hosts` and NSS apply.
//!
//! [`lookup`] may block for as long as the system's resolver takes, unless the name is to be
//! numeric. Call it on a resolver thread. The other functions do not block.

use std::ffi::CString;
use std::mem::zeroed;
use std::net::SocketAddr;
use std::ptr;

use socket2::SockAddr;

use super::interfaces;
use super::net::last_error;
use crate::error::{Errno, Result};

/// Longest text of a numeric host with a zone (`NI_MAXHOST`).
const HOST_CAPACITY: usize = 1025;

/// How to look a name up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query {
    /// IPv6 addresses, and IPv4 ones mapped into IPv6 where there are none; else IPv4 only.
    pub ipv6: bool,
    /// Accept only numeric addresses: no name service is asked, and the call does not block.
    pub numeric: bool,
}

/// The addresses of `host`, with `port`, in the order of the system's preference; never empty.
/// `EINVAL` when there are none, `EAGAIN` and `ENOMEM` when the system cannot tell now.
pub fn lookup(host: &[u8], port: u16, query: Query) -> Result<Vec<SocketAddr>> {
    let host = CString::new(host).map_err(|_| Errno::EINVAL)?;
    // SAFETY: all-zero bytes are a valid addrinfo (null pointers).
    let mut hints: libc::addrinfo = unsafe { zeroed() };
    hints.ai_family = if query.ipv6 { libc::AF_INET6 } else { libc::AF_INET };
    hints.ai_socktype = libc::SOCK_STREAM;
    if query.ipv6 {
        hints.ai_flags |= libc::AI_V4MAPPED;
    }
    if query.numeric {
        hints.ai_flags |= libc::AI_NUMERICHOST;
    }
    let mut list = ptr::null_mut();
    // SAFETY: `host` is a C string, `hints` and `list` are live.
    let rc = unsafe { libc::getaddrinfo(host.as_ptr(), ptr::null(), &hints, &mut list) };
    if rc != 0 {
        return Err(resolver_error(rc));
    }
    let mut addresses = Vec::new();
    let mut entry = list;
    while !entry.is_null() {
        // SAFETY: `entry` is an element of the list that getaddrinfo made.
        let info = unsafe { &*entry };
        // SAFETY: ai_addr and ai_addrlen describe a socket address of that list.
        if let Some(mut address) = unsafe { socket_address(info.ai_addr, info.ai_addrlen) } {
            address.set_port(port);
            addresses.push(address);
        }
        entry = info.ai_next;
    }
    // SAFETY: `list` came from getaddrinfo and is not used any more.
    unsafe { libc::freeaddrinfo(list) };
    if addresses.is_empty() { Err(Errno::EINVAL) } else { Ok(addresses) }
}

fn resolver_error(code: libc::c_int) -> Errno {
    match code {
        libc::EAI_SYSTEM => last_error(),
        libc::EAI_MEMORY => Errno::ENOMEM,
        libc::EAI_AGAIN => Errno::EAGAIN,
        _ => Errno::EINVAL,
    }
}

/// The address behind a C pointer, if it is an internet address.
///
/// # Safety
/// * `address` is null or points to `length` readable bytes of a socket address.
pub(super) unsafe fn socket_address(
    address: *const libc::sockaddr,
    length: libc::socklen_t,
) -> Option<SocketAddr> {
    if address.is_null() {
        return None;
    }
    // SAFETY: `try_init` hands out zeroed storage of `capacity` bytes; at most that many are copied
    // from what the caller guarantees to be readable.
    let made = unsafe {
        SockAddr::try_init(|storage, capacity| {
            let count = length.min(*capacity);
            ptr::copy_nonoverlapping(address.cast::<u8>(), storage.cast::<u8>(), count as usize);
            *capacity = count;
            Ok(())
        })
    };
    made.ok()?.1.as_socket()
}

/// The numeric text of the address, without the port; a link-local one gets its zone as the
/// system writes it (`fe80::1%eth0`).
pub fn numeric_host(address: &SocketAddr) -> Result<String> {
    let address = SockAddr::from(*address);
    let mut host = [0u8; HOST_CAPACITY];
    // SAFETY: the address and its length are those of a live SockAddr. The buffer is live and its
    // length is given; no service text is asked for.
    let rc = unsafe {
        libc::getnameinfo(
            address.as_ptr().cast(),
            address.len(),
            host.as_mut_ptr().cast(),
            HOST_CAPACITY as libc::socklen_t,
            ptr::null_mut(),
            0,
            libc::NI_NUMERICHOST,
        )
    };
    if rc != 0 {
        return Err(resolver_error(rc));
    }
    let text = host.split(|byte| *byte == 0).next().unwrap_or_default();
    Ok(String::from_utf8_lossy(text).into_owned())
}

/// The index of the interface with this name, if there is one. Returns the error of `getifaddrs`
/// when the system is short of descriptors or memory.
pub fn interface_index(name: &[u8]) -> Result<Option<u32>> {
    let Ok(text) = CString::new(name) else { return Ok(None) };
    // SAFETY: `text` is a C string.
    match unsafe { libc::if_nametoindex(text.as_ptr()) } {
        0 => {}
        index => return Ok(Some(index)),
    }
    // The `errno` of `if_nametoindex` cannot be trusted: without free descriptors it is ENOENT.
    match interfaces::first_address(name, false) {
        Err(error) if error.is_shortage() => Err(error),
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMERIC_V4: Query = Query { ipv6: false, numeric: true };
    const NUMERIC_V6: Query = Query { ipv6: true, numeric: true };

    fn one(host: &[u8], query: Query) -> String {
        lookup(host, 7, query).map(|list| list[0].to_string()).unwrap_or_else(|e| format!("{e:?}"))
    }

    #[test]
    fn numeric_addresses_in_both_families() {
        assert_eq!(one(b"127.0.0.1", NUMERIC_V4), "127.0.0.1:7");
        assert_eq!(one(b"127.1", NUMERIC_V4), "127.0.0.1:7");
        assert_eq!(one(b"0x7f000001", NUMERIC_V4), "127.0.0.1:7");
        assert_eq!(one(b"127.0.0.1", NUMERIC_V6), "[::ffff:127.0.0.1]:7");
        assert_eq!(one(b"::1", NUMERIC_V6), "[::1]:7");
        assert_eq!(one(b"::ffff:127.0.0.1", NUMERIC_V4), "127.0.0.1:7");
    }

    #[test]
    fn what_is_not_numeric_is_refused_without_asking() {
        for host in [&b"::1"[..], b"localhost", b"", b"256.0.0.1", b"127.0.0.1 ", b"a\0b", b"\xff"]
        {
            assert!(lookup(host, 7, NUMERIC_V4).is_err(), "{host:?}");
        }
    }

    #[test]
    fn texts_are_the_system_ones() {
        for text in ["127.0.0.1", "::1", "::ffff:127.0.0.1", "::"] {
            let address = SocketAddr::new(text.parse().unwrap(), 1);
            assert_eq!(numeric_host(&address).unwrap(), text);
        }
    }

    #[test]
    fn interfaces_have_indices() {
        assert!(interface_index(b"lo").is_ok_and(|index| index.is_some()));
        assert_eq!(interface_index(b"no-such-interface"), Ok(None));
        assert_eq!(interface_index(b""), Ok(None));
    }
}
