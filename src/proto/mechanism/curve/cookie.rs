//! The cookie of a WELCOME (RFC 26): C' and s', sealed with a key that is forgotten when they come
//! back.
//!
//! The original keeps both in memory too, so a cookie proves only that the INITIATE answers this
//! WELCOME. Part of a server's handshake, under the connection's lock.
#![forbid(unsafe_code)]

use zeroize::Zeroizing;

use super::{COOKIE_BYTES, COOKIE_PREFIX, Fields, LONG_NONCE_BYTES, long_nonce};
use crate::crypto::{BoxKey, KeyPair, PublicKey, SecretKey};

/// A cookie that has not come back.
#[derive(Debug)]
pub(super) struct Cookie {
    key: BoxKey,
    nonce: [u8; LONG_NONCE_BYTES],
}

impl Cookie {
    /// `key` and `nonce` are random.
    pub(super) fn new(key: &SecretKey, nonce: [u8; LONG_NONCE_BYTES]) -> Self {
        Cookie { key: BoxKey::own(key), nonce }
    }

    /// The cookie for a client.
    pub(super) fn bake(&self, client: &PublicKey, short: &KeyPair) -> Vec<u8> {
        let nonce = long_nonce(COOKIE_PREFIX, &self.nonce);
        let content = Zeroizing::new([*client, *short.secret.expose()].concat());
        let sealed = self.key.seal_boxed(&nonce, &content);
        [&self.nonce, &sealed[..]].concat()
    }

    /// Whether this is the cookie that the client with these keys got.
    pub(super) fn fits(
        &self,
        bytes: &[u8; COOKIE_BYTES],
        client: &PublicKey,
        short: &KeyPair,
    ) -> bool {
        let mut fields = Fields(bytes);
        let Some(nonce) = fields.take() else { return false };
        let Ok(content) = self.key.open_boxed(&long_nonce(COOKIE_PREFIX, nonce), fields.0) else {
            return false;
        };
        let content = Zeroizing::new(content);
        let mut fields = Fields(&content);
        fields.take() == Some(client)
            && fields.take().is_some_and(|secret| SecretKey::copy_of(secret) == short.secret)
    }
}
