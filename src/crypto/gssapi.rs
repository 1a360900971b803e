//! Contexts of GSSAPI (RFC 2743): how two sides agree on one, and how it protects their messages.
//! They take the place of CURVE's keys and boxes. Only with the feature `gssapi`.
//!
//! A step towards a context may speak to a key server, so it is a piece of [`Work`] for a thread
//! that may wait. Its result is left in a place of its own, which is empty until then. Later both
//! directions of a connection share the [`Session`]. Its lock is a leaf and is held for the time of
//! one encryption.
#![forbid(unsafe_code)]

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::error::{Errno, Result};
use crate::sync::{Arc, Mutex};
use crate::sys::gssapi::{Context, Credential, Name, Side};

pub use crate::sys::gssapi::{Buffer, NameKind, Progress};

/// Work that may take long.
pub type Work = Box<dyn FnOnce() + Send>;

/// A name in the form of a socket option.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    text: Vec<u8>,
    kind: NameKind,
}

impl Principal {
    /// The text up to its NUL, if it has one. `None` for no text: the default.
    pub fn new(text: &[u8], kind: NameKind) -> Option<Principal> {
        let text = text.split(|byte| *byte == 0).next().unwrap_or_default().to_vec();
        (!text.is_empty()).then_some(Principal { text, kind })
    }

    fn import(&self) -> Result<Name> {
        Name::import(&self.text, self.kind)
    }
}

/// The names of the two sides, and the one that begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// This side begins; the service has to prove its identity.
    Initiate { own: Option<Principal>, service: Option<Principal> },
    /// Any peer that begins has to prove its identity.
    Accept { own: Option<Principal> },
}

/// One side on its way to a context.
#[derive(Debug)]
pub struct Negotiation {
    wanted: Wanted,
    credential: Option<Credential>,
    context: Context,
}

impl Negotiation {
    pub fn new(wanted: Wanted) -> Self {
        Negotiation { wanted, credential: None, context: Context::new() }
    }

    /// Takes the next step, with the peer's token; the side that begins has none. It may block.
    ///
    /// # Errors
    /// `EACCES`: no credentials, no such service, or no key server. `EPROTO`: the token proves
    /// nothing.
    fn step(&mut self, token: &[u8]) -> Result<Progress> {
        let (own, side) = match &self.wanted {
            Wanted::Initiate { own, .. } => (own, Side::Initiator),
            Wanted::Accept { own } => (own, Side::Acceptor),
        };
        if self.credential.is_none() {
            let name = own.as_ref().map(Principal::import).transpose()?;
            self.credential = Some(Credential::acquire(name.as_ref(), side)?);
        }
        let credential = self.credential.as_ref().ok_or(Errno::EACCES)?;
        match &self.wanted {
            Wanted::Initiate { service, .. } => {
                let service = service.as_ref().ok_or(Errno::EACCES)?.import()?;
                let progress = self.context.initiate(credential, &service, token);
                progress.map_err(|error| blamed(error, token))
            }
            Wanted::Accept { .. } => {
                self.context.accept(credential, token).map_err(|error| blamed(error, token))
            }
        }
    }

    /// The agreed context, for the messages from now on.
    pub fn into_session(self) -> Session {
        Session(Arc::new(Mutex::new(self.context)))
    }
}

/// The error with the right blame: before a token came from the peer a failure is not the peer's.
fn blamed(error: Errno, token: &[u8]) -> Errno {
    if token.is_empty() { error } else { Errno::EPROTO }
}

/// The result of a step: the negotiation that goes on, and the step's progress.
type Taken = Result<(Box<Negotiation>, Progress)>;

/// A step that another thread takes.
pub struct Step(Arc<Mutex<Option<Taken>>>);

impl std::fmt::Debug for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Step")
    }
}

impl Step {
    /// The step that answers `token`, and its work. When the step is dropped the work has nothing
    /// to do.
    pub fn new(mut negotiation: Box<Negotiation>, token: Vec<u8>) -> (Step, Work) {
        Step::taken_by(move || {
            let progress = negotiation.step(&token)?;
            Ok((negotiation, progress))
        })
    }

    /// The step that `take` takes; a panic in it is `EFAULT`.
    fn taken_by(take: impl FnOnce() -> Taken + Send + 'static) -> (Step, Work) {
        let place = Arc::new(Mutex::new(None));
        let step = Step(place);
        let place = Arc::downgrade(&step.0);
        let work = move || {
            if place.strong_count() == 0 {
                return;
            }
            let taken = catch_unwind(AssertUnwindSafe(take));
            if let Some(place) = place.upgrade() {
                *place.lock() = Some(taken.unwrap_or(Err(Errno::EFAULT)));
            }
        };
        (step, Box::new(work))
    }

    /// The result, once, when the work is done.
    pub fn take(&self) -> Option<Taken> {
        self.0.lock().take()
    }
}

/// An agreed context.
#[derive(Clone)]
pub struct Session(Arc<Mutex<Context>>);

impl std::fmt::Debug for Session {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Session")
    }
}

impl Session {
    /// Encrypts.
    ///
    /// # Errors
    /// `EACCES`, as when the context has expired.
    pub fn wrap(&self, plain: &[u8]) -> Result<Buffer> {
        self.0.lock().wrap(plain)
    }

    /// Decrypts a message that the peer has wrapped.
    ///
    /// # Errors
    /// `EACCES`: the message was changed, was not encrypted, or is not the next in order.
    pub fn unwrap(&self, wrapped: &[u8]) -> Result<Buffer> {
        self.0.lock().unwrap(wrapped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_ends_at_its_nul() {
        let text = |bytes: &[u8]| Principal::new(bytes, NameKind::User).map(|name| name.text);
        assert_eq!(text(b"joe\0"), Some(b"joe".to_vec()));
        assert_eq!(text(b"joe"), Some(b"joe".to_vec()));
        assert_eq!(text(b"\0joe"), None);
        assert_eq!(text(b""), None);
    }

    #[test]
    fn a_step_without_a_service_fails() {
        let wanted = Wanted::Initiate { own: None, service: None };
        let (step, work) = Step::new(Box::new(Negotiation::new(wanted)), Vec::new());
        assert!(step.take().is_none());
        work();
        assert_eq!(step.take().map(|taken| taken.err()), Some(Some(Errno::EACCES)));
        assert!(step.take().is_none());
    }

    #[test]
    fn a_panic_is_a_step_that_failed() {
        let (step, work) = Step::taken_by(|| panic!("on purpose"));
        work();
        assert_eq!(step.take().map(|taken| taken.err()), Some(Some(Errno::EFAULT)));
    }

    #[test]
    fn work_that_nobody_waits_for_is_not_done() {
        let wanted = Wanted::Accept { own: None };
        let (step, work) = Step::new(Box::new(Negotiation::new(wanted)), b"token".to_vec());
        drop(step);
        work();
    }
}
