//! Keys, boxes and their text form: the part of NaCl that CURVE (RFC 26) uses, and Z85 (RFC 32).
//!
//! Only this module names the library that does the arithmetic. A box is XSalsa20 with a Poly1305
//! tag, its key agreed on by X25519. Values without a lock. Secrets are wiped when they are dropped
//! and have no `Debug` that shows them.

mod channel;
#[cfg(feature = "gssapi")]
pub mod gssapi;
mod lanes;
mod stream;
#[cfg(test)]
mod tests;
mod wiped;
pub mod z85;

pub use channel::Channel;
pub use wiped::{extend_wiping, move_wiping, reserve_wiping};

use dryoc::classic::crypto_box as nacl;
use dryoc::classic::crypto_core::crypto_scalarmult_base;
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use crate::error::Result;
use crate::sys::random;

use wiped::KeyBytes;

/// Bytes of a key, public or secret.
pub const KEY_BYTES: usize = 32;
/// Bytes of the tag, by which a box is longer than its content.
pub const TAG_BYTES: usize = 16;
/// Bytes of a nonce.
pub const NONCE_BYTES: usize = 24;

pub type PublicKey = [u8; KEY_BYTES];
pub type Nonce = [u8; NONCE_BYTES];
pub type Tag = [u8; TAG_BYTES];

/// A box did not open: it was not sealed with this key and nonce, or was changed on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Forged;

/// Random bytes for nonces. Those of keys are made in their place ([`SecretKey::random`]).
///
/// # Errors
/// The error of `getrandom`, on a kernel that has none.
pub fn random_bytes<const N: usize>() -> Result<[u8; N]> {
    let mut bytes = [0; N];
    random::fill(&mut bytes)?;
    Ok(bytes)
}

/// The secret half of a key pair, or any other 32 bytes to keep secret. Moving and cloning it makes
/// no copy of them.
#[derive(Clone)]
pub struct SecretKey(KeyBytes);

impl SecretKey {
    /// The key with these bytes, which the caller has to wipe.
    pub fn copy_of(bytes: &[u8; KEY_BYTES]) -> Self {
        SecretKey(KeyBytes::copy_of(bytes))
    }

    /// The key with these bytes, which are passed on and wiped here.
    pub fn new(mut bytes: [u8; KEY_BYTES]) -> Self {
        let key = Self::copy_of(&bytes);
        bytes.zeroize();
        key
    }

    /// Random bytes.
    ///
    /// # Errors
    /// The error of `getrandom`, on a kernel that has none.
    pub fn random() -> Result<Self> {
        KeyBytes::filled(|bytes| random::fill(bytes)).map(SecretKey)
    }

    /// The bytes, for `zmq_getsockopt` and for boxes that carry them.
    pub fn expose(&self) -> &[u8; KEY_BYTES] {
        self.0.get()
    }

    /// The public key that belongs to this one.
    pub fn public(&self) -> PublicKey {
        let mut public = [0; KEY_BYTES];
        crypto_scalarmult_base(&mut public, self.expose());
        public
    }
}

impl std::fmt::Debug for SecretKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("SecretKey")
    }
}

/// Compares in constant time, wherever the keys differ.
impl PartialEq for SecretKey {
    fn eq(&self, other: &Self) -> bool {
        self.expose().ct_eq(other.expose()).into()
    }
}

impl Eq for SecretKey {}

/// Both halves.
#[derive(Clone, Debug)]
pub struct KeyPair {
    pub public: PublicKey,
    pub secret: SecretKey,
}

impl KeyPair {
    /// The pair that `secret` belongs to.
    pub fn of(secret: SecretKey) -> Self {
        KeyPair { public: secret.public(), secret }
    }

    /// A new pair.
    ///
    /// # Errors
    /// The errors of [`SecretKey::random`].
    pub fn generate() -> Result<Self> {
        Ok(Self::of(SecretKey::random()?))
    }
}

/// The key that seals and opens boxes. Moving and cloning it makes no copy of the key.
#[derive(Clone)]
pub struct BoxKey(KeyBytes);

impl BoxKey {
    /// The key that the owners of two pairs have in common. `None` for a public key that would lead
    /// to one result with every secret key.
    pub fn agreed(theirs: &PublicKey, ours: &SecretKey) -> Option<Self> {
        let mut key = nacl::crypto_box_beforenm(theirs, ours.expose()).ok()?;
        let agreed = BoxKey(KeyBytes::copy_of(&key));
        key.zeroize();
        Some(agreed)
    }

    /// A key that only this side knows, for a box that the peer sends back.
    pub fn own(secret: &SecretKey) -> Self {
        BoxKey(secret.0.clone())
    }

    /// Encrypts `data` in place and returns its tag. A nonce must never serve twice.
    #[inline]
    pub fn seal(&self, nonce: &Nonce, data: &mut [u8]) -> Tag {
        let mut tag = [0; TAG_BYTES];
        nacl::crypto_box_detached_afternm_inplace(data, &mut tag, nonce, self.0.get());
        tag
    }

    /// Decrypts `data` in place.
    ///
    /// # Errors
    /// [`Forged`]; `data` is unchanged.
    #[inline]
    pub fn open(
        &self,
        nonce: &Nonce,
        tag: &Tag,
        data: &mut [u8],
    ) -> std::result::Result<(), Forged> {
        nacl::crypto_box_open_detached_afternm_inplace(data, tag, nonce, self.0.get())
            .map_err(|_| Forged)
    }

    /// The box of `data`, which is short: its tag, then its encrypted bytes.
    pub fn seal_boxed(&self, nonce: &Nonce, data: &[u8]) -> Vec<u8> {
        let mut out = [&[0; TAG_BYTES], data].concat();
        if let Some((tag, data)) = out.split_first_chunk_mut() {
            *tag = self.seal(nonce, data);
        }
        out
    }

    /// The content of a short box that [`BoxKey::seal_boxed`] made.
    ///
    /// # Errors
    /// [`Forged`], also for bytes that are too few to be a box.
    pub fn open_boxed(&self, nonce: &Nonce, sealed: &[u8]) -> std::result::Result<Vec<u8>, Forged> {
        let (tag, data) = sealed.split_first_chunk().ok_or(Forged)?;
        let mut data = data.to_vec();
        self.open(nonce, tag, &mut data)?;
        Ok(data)
    }
}

impl std::fmt::Debug for BoxKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BoxKey")
    }
}
