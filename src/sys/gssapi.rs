//! The system's Kerberos library, MIT's `libgssapi_krb5`: the part of GSSAPI (RFC 2743, RFC 2744)
//! that the mechanism needs. Each thing to release has an owner.
//!
//! Only with the feature `gssapi`. One thread at a time uses a name, credential or context, but
//! different threads may. [`Credential::acquire`], [`Context::initiate`] and [`Context::accept`]
//! may speak to a key server or a name server and read files. They block for as long as the
//! library's settings say.

use core::ffi::{c_int, c_void};
use core::ptr;

use crate::error::{Errno, Result};

/// The one error of every failure: the reasons differ between mechanisms and have no common number.
const REFUSED: Errno = Errno::EACCES;

type Status = u32;
type Handle = *mut c_void;

/// An object identifier.
#[repr(C)]
struct Oid {
    length: u32,
    elements: *const u8,
}

// SAFETY: the pointer inside leads to constants only.
unsafe impl Sync for Oid {}

#[repr(C)]
struct OidSet {
    count: usize,
    elements: *const Oid,
}

// SAFETY: the pointer inside leads to constants only.
unsafe impl Sync for OidSet {}

#[repr(C)]
struct RawBuffer {
    length: usize,
    value: *mut c_void,
}

const fn oid(bytes: &'static [u8]) -> Oid {
    Oid { length: bytes.len() as u32, elements: bytes.as_ptr() }
}

/// 1.2.840.113554.1.2.2, Kerberos 5.
static KERBEROS: Oid = oid(b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02");
static KERBEROS_ONLY: OidSet = OidSet { count: 1, elements: &raw const KERBEROS };
static HOSTBASED: Oid = oid(b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x04");
static USER_NAME: Oid = oid(b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x01\x01");
static PRINCIPAL: Oid = oid(b"\x2a\x86\x48\x86\xf7\x12\x01\x02\x02\x01");

const INITIATE: c_int = 1;
const ACCEPT: c_int = 2;
const INDEFINITE: u32 = u32::MAX;

const MUTUAL: u32 = 2;
const REPLAY: u32 = 4;
const SEQUENCE: u32 = 8;
const CONFIDENTIAL: u32 = 16;
const INTEGRITY: u32 = 32;

const COMPLETE: Status = 0;
const CONTINUE_NEEDED: Status = 1;

#[link(name = "gssapi_krb5")]
unsafe extern "C" {
    fn gss_import_name(
        minor: *mut u32,
        text: *const RawBuffer,
        kind: *const Oid,
        name: *mut Handle,
    ) -> Status;
    fn gss_display_name(
        minor: *mut u32,
        name: Handle,
        text: *mut RawBuffer,
        kind: *mut *const Oid,
    ) -> Status;
    fn gss_release_name(minor: *mut u32, name: *mut Handle) -> Status;
    fn gss_acquire_cred(
        minor: *mut u32,
        name: Handle,
        seconds: u32,
        mechanisms: *const OidSet,
        usage: c_int,
        credential: *mut Handle,
        actual_mechanisms: *mut *mut OidSet,
        actual_seconds: *mut u32,
    ) -> Status;
    fn gss_release_cred(minor: *mut u32, credential: *mut Handle) -> Status;
    fn gss_init_sec_context(
        minor: *mut u32,
        credential: Handle,
        context: *mut Handle,
        target: Handle,
        mechanism: *const Oid,
        flags: u32,
        seconds: u32,
        bindings: *const c_void,
        input: *const RawBuffer,
        actual_mechanism: *mut *const Oid,
        output: *mut RawBuffer,
        actual_flags: *mut u32,
        actual_seconds: *mut u32,
    ) -> Status;
    fn gss_accept_sec_context(
        minor: *mut u32,
        context: *mut Handle,
        credential: Handle,
        input: *const RawBuffer,
        bindings: *const c_void,
        source: *mut Handle,
        actual_mechanism: *mut *const Oid,
        output: *mut RawBuffer,
        actual_flags: *mut u32,
        actual_seconds: *mut u32,
        delegated: *mut Handle,
    ) -> Status;
    fn gss_delete_sec_context(
        minor: *mut u32,
        context: *mut Handle,
        output: *mut RawBuffer,
    ) -> Status;
    fn gss_wrap(
        minor: *mut u32,
        context: Handle,
        confidential: c_int,
        quality: u32,
        input: *const RawBuffer,
        was_confidential: *mut c_int,
        output: *mut RawBuffer,
    ) -> Status;
    fn gss_unwrap(
        minor: *mut u32,
        context: Handle,
        input: *const RawBuffer,
        output: *mut RawBuffer,
        was_confidential: *mut c_int,
        quality: *mut u32,
    ) -> Status;
    fn gss_release_buffer(minor: *mut u32, buffer: *mut RawBuffer) -> Status;
}

/// Bytes that the library made.
#[derive(Debug)]
pub struct Buffer(RawBuffer);

// SAFETY: the buffer is plain memory, and any thread may free it.
unsafe impl Send for Buffer {}

impl Buffer {
    const fn new() -> Buffer {
        Buffer(RawBuffer { length: 0, value: ptr::null_mut() })
    }
}

impl core::fmt::Debug for RawBuffer {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(f, "{} bytes", self.length)
    }
}

impl core::ops::Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        if self.0.value.is_null() || self.0.length == 0 {
            return &[];
        }
        // SAFETY: the library has filled the buffer, and `self` owns it until it is released.
        unsafe { core::slice::from_raw_parts(self.0.value.cast(), self.0.length) }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let mut minor = 0;
        // SAFETY: the buffer is empty or the library's, and is not used again.
        unsafe { gss_release_buffer(&raw mut minor, &raw mut self.0) };
    }
}

/// Lends bytes to the library, which only reads them.
fn lend(bytes: &[u8]) -> RawBuffer {
    RawBuffer { length: bytes.len(), value: bytes.as_ptr().cast_mut().cast() }
}

/// How the library reads the text of a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameKind {
    /// `service` or `service@host`.
    Hostbased,
    /// A user of the local realm.
    User,
    /// A Kerberos principal in full.
    Principal,
}

/// The owner of credentials, or the peer of a context.
#[derive(Debug)]
pub struct Name(Handle);

// SAFETY: the library ties no name to a thread.
unsafe impl Send for Name {}

impl Name {
    /// Reads a name. No server is asked whether it exists.
    ///
    /// # Errors
    /// `EACCES` for a text that is no name.
    pub fn import(text: &[u8], kind: NameKind) -> Result<Name> {
        let kind = match kind {
            NameKind::Hostbased => &HOSTBASED,
            NameKind::User => &USER_NAME,
            NameKind::Principal => &PRINCIPAL,
        };
        let (mut minor, mut name, text) = (0, Name(ptr::null_mut()), lend(text));
        // SAFETY: the text outlives the call, which copies it.
        let status =
            unsafe { gss_import_name(&raw mut minor, &raw const text, kind, &raw mut name.0) };
        if status == COMPLETE { Ok(name) } else { Err(REFUSED) }
    }

    /// The name as text.
    ///
    /// # Errors
    /// `EACCES` for no name.
    pub fn display(&self) -> Result<Buffer> {
        if self.0.is_null() {
            return Err(REFUSED);
        }
        let (mut minor, mut text) = (0, Buffer::new());
        // SAFETY: the name was imported, and the buffer is empty.
        let status =
            unsafe { gss_display_name(&raw mut minor, self.0, &raw mut text.0, ptr::null_mut()) };
        if status == COMPLETE { Ok(text) } else { Err(REFUSED) }
    }
}

impl Drop for Name {
    fn drop(&mut self) {
        let mut minor = 0;
        // SAFETY: the name is none or this value's, and is not used again.
        unsafe { gss_release_name(&raw mut minor, &raw mut self.0) };
    }
}

/// The side of a context that credentials are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    Initiator,
    Acceptor,
}

/// Credentials: they prove this side's identity.
#[derive(Debug)]
pub struct Credential(Handle);

// SAFETY: the library locks its credentials and ties none to a thread.
unsafe impl Send for Credential {}

impl Credential {
    /// The Kerberos credentials of `name`, or the default ones. May speak to a key server.
    ///
    /// # Errors
    /// `EACCES` when there are none.
    pub fn acquire(name: Option<&Name>, side: Side) -> Result<Credential> {
        let usage = match side {
            Side::Initiator => INITIATE,
            Side::Acceptor => ACCEPT,
        };
        let name = name.map_or(ptr::null_mut(), |name| name.0);
        let (mut minor, mut credential) = (0, Credential(ptr::null_mut()));
        // SAFETY: the name is none or one that outlives the call; null places are not written.
        let status = unsafe {
            gss_acquire_cred(
                &raw mut minor,
                name,
                INDEFINITE,
                &raw const KERBEROS_ONLY,
                usage,
                &raw mut credential.0,
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        if status == COMPLETE { Ok(credential) } else { Err(REFUSED) }
    }
}

impl Drop for Credential {
    fn drop(&mut self) {
        let mut minor = 0;
        // SAFETY: the credential is none or this value's, and is not used again.
        unsafe { gss_release_cred(&raw mut minor, &raw mut self.0) };
    }
}

/// The state of a context after a step.
#[derive(Debug)]
pub struct Progress {
    /// The token for the peer; empty if there is nothing to send.
    pub token: Buffer,
    /// No further token of the peer's is needed.
    pub complete: bool,
    /// The peer's name, once the acceptor knows it.
    pub peer: Option<Buffer>,
}

/// A security context: the keys that both sides share once they have proven their identities.
#[derive(Debug)]
pub struct Context(Handle);

// SAFETY: the library ties no context to a thread; `&mut` keeps two threads from using it at once.
unsafe impl Send for Context {}

impl Context {
    /// A context that has taken no step yet.
    pub fn new() -> Context {
        Context(ptr::null_mut())
    }

    /// Takes the next step towards `target`; the first step has no token. May speak to key and name
    /// servers.
    ///
    /// # Errors
    /// `EACCES`: the context can never be established.
    pub fn initiate(&mut self, own: &Credential, target: &Name, token: &[u8]) -> Result<Progress> {
        let (mut minor, mut flags, input) = (0, 0, lend(token));
        let mut output = Buffer::new();
        // SAFETY: all lent values outlive the call; the context is none yet or this value's; null
        // places are not written.
        let status = unsafe {
            gss_init_sec_context(
                &raw mut minor,
                own.0,
                &raw mut self.0,
                target.0,
                &raw const KERBEROS,
                MUTUAL | REPLAY | SEQUENCE | CONFIDENTIAL | INTEGRITY,
                0,
                ptr::null(),
                if token.is_empty() { ptr::null() } else { &raw const input },
                ptr::null_mut(),
                &raw mut output.0,
                &raw mut flags,
                ptr::null_mut(),
            )
        };
        let complete = completed(status)?;
        if complete && flags & MUTUAL == 0 {
            return Err(REFUSED);
        }
        Ok(Progress { token: output, complete, peer: None })
    }

    /// Answers a token of the peer's. Reads the table of keys.
    ///
    /// # Errors
    /// `EACCES`: the context can never be established.
    pub fn accept(&mut self, own: &Credential, token: &[u8]) -> Result<Progress> {
        let (mut minor, input) = (0, lend(token));
        let (mut output, mut source) = (Buffer::new(), Name(ptr::null_mut()));
        // SAFETY: all lent values outlive the call; the context is none yet or this value's; the
        // name is empty.
        let status = unsafe {
            gss_accept_sec_context(
                &raw mut minor,
                &raw mut self.0,
                own.0,
                &raw const input,
                ptr::null(),
                &raw mut source.0,
                ptr::null_mut(),
                &raw mut output.0,
                ptr::null_mut(),
                ptr::null_mut(),
                ptr::null_mut(),
            )
        };
        let complete = completed(status)?;
        let peer = if complete { Some(source.display()?) } else { None };
        Ok(Progress { token: output, complete, peer })
    }

    /// Encrypts. The context has to be complete.
    ///
    /// # Errors
    /// `EACCES` when the context is not complete, has expired, or cannot encrypt.
    pub fn wrap(&mut self, plain: &[u8]) -> Result<Buffer> {
        if self.0.is_null() {
            return Err(REFUSED);
        }
        let (mut minor, mut confidential, input) = (0, 0, lend(plain));
        let mut output = Buffer::new();
        // SAFETY: the context exists, the input outlives the call, the output is empty.
        let status = unsafe {
            gss_wrap(
                &raw mut minor,
                self.0,
                1,
                0,
                &raw const input,
                &raw mut confidential,
                &raw mut output.0,
            )
        };
        if status == COMPLETE && confidential != 0 { Ok(output) } else { Err(REFUSED) }
    }

    /// Decrypts a message that the other side has wrapped.
    ///
    /// # Errors
    /// `EACCES` when the message was changed on its way, was not encrypted, or is not the next in
    /// order.
    pub fn unwrap(&mut self, wrapped: &[u8]) -> Result<Buffer> {
        if self.0.is_null() {
            return Err(REFUSED);
        }
        let (mut minor, mut confidential, input) = (0, 0, lend(wrapped));
        let mut output = Buffer::new();
        // SAFETY: the context exists, the input outlives the call, the output is empty.
        let status = unsafe {
            gss_unwrap(
                &raw mut minor,
                self.0,
                &raw const input,
                &raw mut output.0,
                &raw mut confidential,
                ptr::null_mut(),
            )
        };
        if status == COMPLETE && confidential != 0 { Ok(output) } else { Err(REFUSED) }
    }
}

impl Default for Context {
    fn default() -> Self {
        Context::new()
    }
}

impl Drop for Context {
    fn drop(&mut self) {
        let mut minor = 0;
        // SAFETY: the context is none or this value's, and is not used again.
        unsafe { gss_delete_sec_context(&raw mut minor, &raw mut self.0, ptr::null_mut()) };
    }
}

/// Whether a step was the last one.
fn completed(status: Status) -> Result<bool> {
    match status {
        COMPLETE => Ok(true),
        CONTINUE_NEEDED => Ok(false),
        _ => Err(REFUSED),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_their_kind_says() {
        let shown = |text: &[u8], kind| {
            Name::import(text, kind).and_then(|name| name.display()).map(|text| text.to_vec())
        };
        assert_eq!(shown(b"imap@host", NameKind::Hostbased), Ok(b"imap@host".to_vec()));
        assert_eq!(shown(b"joe", NameKind::User), Ok(b"joe".to_vec()));
        assert_eq!(shown(b"joe@REALM", NameKind::Principal), Ok(b"joe@REALM".to_vec()));
    }

    #[test]
    fn nothing_is_wrapped_without_a_context() {
        let mut context = Context::new();
        assert_eq!(context.wrap(b"x").err(), Some(REFUSED));
        assert_eq!(context.unwrap(b"x").err(), Some(REFUSED));
    }
}
