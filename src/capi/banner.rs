//! The line on stderr that tells which library a program runs on: `ZMQX_BANNER=1`.
//!
//! Written by the thread that makes the first context of the process, under no lock.
#![forbid(unsafe_code)]

use std::ffi::OsStr;
use std::io::Write;

use crate::capi::util::capabilities;
use crate::capi::{error, extension};
use crate::sync::{AtomicBool, Ordering};
use crate::sys::library;
use crate::sys::poll::{PollFd, poll_now};

static DONE: AtomicBool = AtomicBool::new(false);

/// Writes the banner, if it is asked for and this is the first call.
pub(crate) fn show_once() {
    if DONE.swap(true, Ordering::Relaxed) {
        return;
    }
    let wanted = std::env::var_os("ZMQX_BANNER");
    if wanted.is_some_and(|value| is_yes(&value)) && somebody_reads_stderr() {
        // One call, so that the lines of several processes do not mix; if it fails, so be it.
        let _ = std::io::stderr().write_all(line().as_bytes());
    }
}

fn is_yes(value: &OsStr) -> bool {
    !value.is_empty() && value != "0"
}

/// Writing to a pipe that nobody reads would end the process with a signal.
fn somebody_reads_stderr() -> bool {
    let mut stderr = [PollFd { fd: libc::STDERR_FILENO, events: libc::POLLOUT, revents: 0 }];
    poll_now(&mut stderr).is_ok() && stderr[0].revents & (libc::POLLERR | libc::POLLNVAL) == 0
}

fn line() -> String {
    let dotted = |version: [i32; 3]| version.map(|number| number.to_string()).join(".");
    let path = library::own_path().map_or("?".into(), |path| path.display().to_string());
    let mut features: Vec<_> = capabilities().collect();
    features.sort_unstable_by_key(|name| name.to_ascii_lowercase());
    format!(
        "zincmq {} (libzmq {}) from {path}: {}\n",
        dotted(extension::VERSION),
        dotted(error::VERSION),
        features.join(" "),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asks_for_it() {
        for (value, wanted) in [("1", true), ("yes", true), ("0", false), ("", false)] {
            assert_eq!(is_yes(OsStr::new(value)), wanted, "{value:?}");
        }
    }
}
