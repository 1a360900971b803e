//! How long a call may still wait, and where it sleeps.
//!
//! Owned by the call. It announces each wait under the socket's lock and sleeps without it.
#![forbid(unsafe_code)]

use core::time::Duration;
use std::time::Instant;

use crate::error::{Errno, Result};
use crate::io::shared::{SocketShared, Waiter};
use crate::io::wait_queue::WaitToken;
use crate::socket::Core;
use crate::sync::Arc;
use crate::sys::parker::Parker;

/// See the module's documentation.
pub(super) struct Patience {
    shared: Arc<SocketShared>,
    deadline: Option<Instant>,
    /// The wait was announced.
    token: Option<WaitToken>,
}

impl Patience {
    pub fn new(core: &Core, timeout: i32) -> Patience {
        let time = u64::try_from(timeout).ok().map(Duration::from_millis);
        let deadline = time.and_then(|time| Instant::now().checked_add(time));
        Patience { shared: core.shared.clone(), deadline, token: None }
    }

    /// To be called before the socket's lock is let go for the wait.
    pub fn prepare_wait(&mut self, core: &mut Core) {
        self.token = Some(core.prepare_wait());
    }

    /// Sleeps until something may have changed; `EAGAIN` when the time is up.
    pub async fn wait(&mut self, parker: &Parker) -> Result<()> {
        let Some(token) = self.token.take() else { return Ok(()) };
        let _waiter = Waiter(&self.shared);
        let left = match self.deadline {
            None => None,
            Some(deadline) => match deadline.checked_duration_since(Instant::now()) {
                Some(left) if !left.is_zero() => Some(left),
                _ => return Err(Errno::EAGAIN),
            },
        };
        match self.shared.wait(parker, token, left).await {
            // The caller looks once more: a message of the last moment still counts.
            Err(Errno::EAGAIN) => {
                self.deadline = Some(Instant::now());
                Ok(())
            }
            other => other,
        }
    }
}

impl Core {
    /// Whether a caller that finds no input probably looks at once again, in the only pipe.
    pub(super) fn trusts_yielding(&self) -> bool {
        self.shared.trusts_yielding() && self.pipes.lone().is_some()
    }

    /// Gives the core away before a wait, because a peer on it may need it for a moment only. Whether input
    /// came.
    pub fn yields(&mut self) -> bool {
        if !self.shared.may_yield() {
            return false;
        }
        self.flush_all();
        let lone = self.pipes.lone().and_then(|id| self.pipes.get_mut(id));
        self.shared.yield_to_peer(lone.map(|pipe| &mut pipe.reader))
    }

    /// Announces a wait of the calling thread, which has found nothing to do. Its deferred bytes go out first.
    pub fn prepare_wait(&mut self) -> WaitToken {
        self.flush_all();
        self.shared.prepare_wait()
    }
}
