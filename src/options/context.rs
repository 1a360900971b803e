//! Context options: `zmq_ctx_set`, `zmq_ctx_get` and the defaults of new sockets. Under the
//! context's lock. Options that shape threads are read when the first socket is made.
#![forbid(unsafe_code)]

use crate::error::{Errno, Result};
use crate::options::SocketOptions;
use crate::options::numbers::*;
use std::collections::BTreeSet;

/// The answer to `ZMQ_SOCKET_LIMIT`: the largest sensible `ZMQ_MAX_SOCKETS`.
pub const SOCKET_LIMIT: i32 = 65_535;
/// The answer to `ZMQ_MSG_T_SIZE`: the size of `zmq_msg_t` in bytes.
pub const MSG_T_SIZE: i32 = 64;

/// The options of one context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContextOptions {
    /// Number of I/O threads; 0 leaves only inproc.
    pub io_threads: i32,
    pub max_sockets: i32,
    /// Scheduling priority of library threads; -1 leaves the system's.
    pub thread_priority: i32,
    /// Scheduling policy of library threads; -1 leaves the system's.
    pub thread_sched_policy: i32,
    /// CPUs the library threads are bound to; empty leaves them free.
    pub thread_affinity: BTreeSet<i32>,
    /// The text before the names of library threads.
    pub thread_name_prefix: String,
    /// Stored and returned, never enforced.
    pub max_msgsz: i32,
    pub zero_copy_recv: bool,
    pub ipv6: bool,
    /// Whether new sockets linger for ever.
    pub blocky: bool,
}

impl Default for ContextOptions {
    fn default() -> Self {
        ContextOptions {
            io_threads: 1,
            max_sockets: 1023,
            thread_priority: -1,
            thread_sched_policy: -1,
            thread_affinity: BTreeSet::new(),
            thread_name_prefix: String::new(),
            max_msgsz: i32::MAX,
            zero_copy_recv: true,
            ipv6: false,
            blocky: true,
        }
    }
}

impl ContextOptions {
    /// Sets an option; `EINVAL` for an unknown or read-only one and for a value out of range.
    /// Number 3 is the thread priority here, and the socket limit in [`get`](Self::get).
    pub fn set(&mut self, option: i32, value: i32) -> Result<()> {
        // The prefix is the decimal text of any number; all others refuse negative values.
        if option == ZMQ_THREAD_NAME_PREFIX {
            self.thread_name_prefix = value.to_string();
            return Ok(());
        }
        if value < 0 {
            return Err(Errno::EINVAL);
        }
        match option {
            ZMQ_IO_THREADS => self.io_threads = value,
            ZMQ_MAX_SOCKETS if value > 0 => self.max_sockets = value,
            ZMQ_THREAD_PRIORITY => self.thread_priority = value,
            ZMQ_THREAD_SCHED_POLICY => self.thread_sched_policy = value,
            ZMQ_MAX_MSGSZ => self.max_msgsz = value,
            ZMQ_THREAD_AFFINITY_CPU_ADD => _ = self.thread_affinity.insert(value),
            ZMQ_THREAD_AFFINITY_CPU_REMOVE if self.thread_affinity.remove(&value) => {}
            ZMQ_ZERO_COPY_RECV => self.zero_copy_recv = value != 0,
            ZMQ_IPV6 => self.ipv6 = value != 0,
            ZMQ_BLOCKY => self.blocky = value != 0,
            _ => return Err(Errno::EINVAL),
        }
        Ok(())
    }

    /// Reads an option; `EINVAL` for an unknown or write-only one. -1 is a value, not an error:
    /// an unset `ZMQ_THREAD_SCHED_POLICY`.
    pub fn get(&self, option: i32) -> Result<i32> {
        match option {
            ZMQ_IO_THREADS => Ok(self.io_threads),
            ZMQ_MAX_SOCKETS => Ok(self.max_sockets),
            ZMQ_SOCKET_LIMIT => Ok(SOCKET_LIMIT),
            ZMQ_THREAD_SCHED_POLICY => Ok(self.thread_sched_policy),
            ZMQ_MAX_MSGSZ => Ok(self.max_msgsz),
            ZMQ_MSG_T_SIZE => Ok(MSG_T_SIZE),
            ZMQ_THREAD_NAME_PREFIX => Ok(self.thread_name_prefix.parse().unwrap_or(0)),
            ZMQ_ZERO_COPY_RECV => Ok(self.zero_copy_recv.into()),
            ZMQ_IPV6 => Ok(self.ipv6.into()),
            ZMQ_BLOCKY => Ok(self.blocky.into()),
            _ => Err(Errno::EINVAL),
        }
    }

    /// Gives a fresh socket the values that it inherits.
    pub fn apply_defaults(&self, options: &mut SocketOptions) {
        options.ipv6 = self.ipv6;
        options.zero_copy_recv = self.zero_copy_recv;
        if !self.blocky {
            options.linger = 0;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::options::SocketType;

    #[test]
    fn defaults() {
        let context = ContextOptions::default();
        let known = [
            (ZMQ_IO_THREADS, 1),
            (ZMQ_MAX_SOCKETS, 1023),
            (ZMQ_SOCKET_LIMIT, 65_535),
            (ZMQ_THREAD_SCHED_POLICY, -1),
            (ZMQ_MAX_MSGSZ, i32::MAX),
            (ZMQ_MSG_T_SIZE, 64),
            (ZMQ_THREAD_NAME_PREFIX, 0),
            (ZMQ_ZERO_COPY_RECV, 1),
            (ZMQ_IPV6, 0),
            (ZMQ_BLOCKY, 1),
        ];
        for option in -2..200 {
            let expected = known.iter().find(|(number, _)| *number == option);
            let expected = expected.map(|(_, value)| *value).ok_or(Errno::EINVAL);
            assert_eq!(context.get(option), expected, "{option}");
        }
    }

    #[test]
    fn accepted_values() {
        let values = [i32::MIN, -100, -1, 0, 1, 2, 64, 1023, 65_536, i32::MAX];
        for option in -2..200 {
            for value in values {
                let accepted = match option {
                    1 | 3 | 4 | 5 | 7 | 10 | 42 | 70 => value >= 0,
                    2 => value >= 1,
                    9 => true,
                    _ => false,
                };
                let mut context = ContextOptions::default();
                assert_eq!(context.set(option, value).is_ok(), accepted, "{option} {value}");
                let read = match option {
                    1 | 2 | 4 | 5 | 9 if accepted => Ok(value),
                    10 | 42 | 70 if accepted => Ok((value != 0).into()),
                    _ => ContextOptions::default().get(option),
                };
                assert_eq!(context.get(option), read, "{option} {value}");
                let changed = context != ContextOptions::default();
                assert!(accepted || !changed, "{option} {value}");
            }
        }
    }

    #[test]
    fn affinity_is_a_set() {
        let mut context = ContextOptions::default();
        assert_eq!(context.set(ZMQ_THREAD_AFFINITY_CPU_REMOVE, 3), Err(Errno::EINVAL));
        context.set(ZMQ_THREAD_AFFINITY_CPU_ADD, 3).unwrap();
        context.set(ZMQ_THREAD_AFFINITY_CPU_ADD, 3).unwrap();
        context.set(ZMQ_THREAD_AFFINITY_CPU_REMOVE, 3).unwrap();
        assert_eq!(context.set(ZMQ_THREAD_AFFINITY_CPU_REMOVE, 3), Err(Errno::EINVAL));
        assert!(context.thread_affinity.is_empty());
    }

    #[test]
    fn sockets_inherit() {
        let mut context = ContextOptions::default();
        let mut socket = SocketOptions::new(SocketType::Pub);
        context.apply_defaults(&mut socket);
        assert_eq!((socket.linger, socket.ipv6, socket.zero_copy_recv), (-1, false, true));
        context.set(ZMQ_BLOCKY, 0).unwrap();
        context.set(ZMQ_IPV6, 1).unwrap();
        context.set(ZMQ_ZERO_COPY_RECV, 0).unwrap();
        context.apply_defaults(&mut socket);
        assert_eq!((socket.linger, socket.ipv6, socket.zero_copy_recv), (0, true, false));
    }
}
