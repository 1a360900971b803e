//! Addresses of network interfaces (`getifaddrs`). Does not block. Any thread.

use std::ffi::CStr;
use std::net::SocketAddr;
use std::ptr;

use super::net::last_error;
use super::resolve::socket_address;
use crate::error::{Errno, Result};

/// The first address of the interface `name` in the wanted family, with port 0. `ENODEV` when
/// there is no such interface or it has no such address.
pub fn first_address(name: &[u8], ipv6: bool) -> Result<SocketAddr> {
    let mut list = ptr::null_mut();
    // SAFETY: `list` is live.
    if unsafe { libc::getifaddrs(&mut list) } != 0 {
        return Err(last_error());
    }
    // SAFETY: `list` came from getifaddrs and lives until freed below.
    let found = unsafe { find(list, name, ipv6) };
    // SAFETY: `list` came from getifaddrs, and nothing refers to it any more.
    unsafe { libc::freeifaddrs(list) };
    found.ok_or(Errno::ENODEV)
}

/// # Safety
/// * `entry` is null or an element of a live list made by getifaddrs.
unsafe fn find(mut entry: *const libc::ifaddrs, name: &[u8], ipv6: bool) -> Option<SocketAddr> {
    while !entry.is_null() {
        // SAFETY: the caller guarantees a live list.
        let interface = unsafe { &*entry };
        // SAFETY: ifa_name is a C string and ifa_addr null or an address, as getifaddrs(3) says.
        if unsafe { CStr::from_ptr(interface.ifa_name) }.to_bytes() == name {
            // SAFETY: getifaddrs(3) makes ifa_addr null or a whole address.
            let address = unsafe { internet_address(interface.ifa_addr) };
            if let Some(address) = address.filter(|found| found.is_ipv6() == ipv6) {
                return Some(address);
            }
        }
        entry = interface.ifa_next;
    }
    None
}

/// # Safety
/// * `address` is null or points to a whole socket address of the family it names.
unsafe fn internet_address(address: *const libc::sockaddr) -> Option<SocketAddr> {
    if address.is_null() {
        return None;
    }
    // SAFETY: any socket address begins with its family.
    let length = match i32::from(unsafe { (*address).sa_family }) {
        libc::AF_INET => size_of::<libc::sockaddr_in>(),
        libc::AF_INET6 => size_of::<libc::sockaddr_in6>(),
        _ => return None,
    };
    // SAFETY: an address of that family has that length.
    unsafe { socket_address(address, length as libc::socklen_t) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loopback_interface() {
        assert_eq!(first_address(b"lo", false).unwrap().to_string(), "127.0.0.1:0");
        assert_eq!(first_address(b"no-such", false), Err(Errno::ENODEV));
        assert_eq!(first_address(b"", true), Err(Errno::ENODEV));
    }
}
