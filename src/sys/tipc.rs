//! Addresses of `AF_TIPC` as the kernel has them (`linux/tipc.h`), which neither the standard
//! library nor the C library knows.
//!
//! Pure functions.

use std::ptr;

use socket2::{Domain, SockAddr, SockAddrStorage};

/// Size of `struct sockaddr_tipc`: family, kind, scope, three numbers.
const SIZE: usize = 16;

const SERVICE_RANGE: u8 = 1;
const SERVICE: u8 = 2;
const SOCKET: u8 = 3;

/// Publishes a range in the whole cluster.
const CLUSTER: u8 = 1;

/// One address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TipcAddress {
    /// The instances from `lower` to `upper` that a service publishes.
    Range { service: u32, lower: u32, upper: u32 },
    /// One instance of a service, looked for in `domain` (0: anywhere).
    Instance { service: u32, instance: u32, domain: u32 },
    /// One socket of a node.
    Socket { node: u32, reference: u32 },
}

/// The address family.
pub fn family() -> Domain {
    Domain::from(libc::AF_TIPC)
}

impl TipcAddress {
    /// The address in the form of `bind` and `connect`.
    pub fn to_system(self) -> SockAddr {
        let (kind, scope, numbers) = match self {
            TipcAddress::Range { service, lower, upper } => {
                (SERVICE_RANGE, CLUSTER, [service, lower, upper])
            }
            TipcAddress::Instance { service, instance, domain } => {
                (SERVICE, 0, [service, instance, domain])
            }
            TipcAddress::Socket { node, reference } => (SOCKET, 0, [reference, node, 0]),
        };
        let mut bytes = [0; SIZE];
        let parts = (libc::AF_TIPC as u16).to_ne_bytes().into_iter().chain([kind, scope]);
        let parts = parts.chain(numbers.into_iter().flat_map(u32::to_ne_bytes));
        bytes.iter_mut().zip(parts).for_each(|(byte, part)| *byte = part);
        from_bytes(&bytes)
    }

    /// Reads an address of `getsockname` or `getpeername`; `None` if it is of another family.
    pub fn from_system(address: &SockAddr) -> Option<TipcAddress> {
        let bytes = to_bytes(address)?;
        let number = |at: usize| {
            let four = bytes.get(at..)?.first_chunk::<4>()?;
            Some(u32::from_ne_bytes(*four))
        };
        let (first, second, third) = (number(4)?, number(8)?, number(12)?);
        match *bytes.get(2)? {
            SERVICE_RANGE => {
                Some(TipcAddress::Range { service: first, lower: second, upper: third })
            }
            SERVICE => {
                Some(TipcAddress::Instance { service: first, instance: second, domain: third })
            }
            SOCKET => Some(TipcAddress::Socket { node: second, reference: first }),
            _ => None,
        }
    }
}

fn from_bytes(bytes: &[u8; SIZE]) -> SockAddr {
    let mut storage = SockAddrStorage::zeroed();
    // SAFETY: the storage is larger than any address; SIZE bytes of it are written, and that is
    // the length given.
    unsafe {
        ptr::copy_nonoverlapping(bytes.as_ptr(), (&raw mut storage).cast::<u8>(), SIZE);
        SockAddr::new(storage, SIZE as libc::socklen_t)
    }
}

fn to_bytes(address: &SockAddr) -> Option<[u8; SIZE]> {
    if address.domain() != family() || (address.len() as usize) < SIZE {
        return None;
    }
    let mut bytes = [0; SIZE];
    // SAFETY: at least SIZE bytes of the address are initialised, as its length says.
    unsafe {
        ptr::copy_nonoverlapping(address.as_ptr().cast::<u8>(), bytes.as_mut_ptr(), SIZE);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_go_to_the_system_and_back() {
        for address in [
            TipcAddress::Range { service: 5560, lower: 1, upper: u32::MAX },
            TipcAddress::Instance { service: 5560, instance: 7, domain: 0x0100_1003 },
            TipcAddress::Socket { node: 0x0100_1003, reference: 42 },
        ] {
            let system = address.to_system();
            assert_eq!(system.len(), 16);
            assert_eq!(system.domain(), family());
            assert_eq!(TipcAddress::from_system(&system), Some(address));
        }
        assert_eq!(TipcAddress::from_system(&SockAddr::vsock(1, 2)), None);
    }

    #[test]
    fn the_bytes_are_the_kernels() {
        let system = TipcAddress::Range { service: 3, lower: 2, upper: 1 }.to_system();
        let bytes = to_bytes(&system).unwrap();
        assert_eq!(bytes[2..4], [1, 1]);
        assert_eq!(bytes[4..8], 3u32.to_ne_bytes());
        let system = TipcAddress::Socket { node: 9, reference: 8 }.to_system();
        let bytes = to_bytes(&system).unwrap();
        assert_eq!(bytes[2..4], [3, 0]);
        assert_eq!(bytes[4..8], 8u32.to_ne_bytes());
        assert_eq!(bytes[8..12], 9u32.to_ne_bytes());
    }
}
