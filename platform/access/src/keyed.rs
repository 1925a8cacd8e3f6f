//! HMAC-SHA-256 under one of our keys.
use hmac::{Hmac, KeyInit};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// The key's text is the HMAC key as it stands: 64 hexadecimal digits hold its 32 random bytes.
pub(crate) fn keyed(key: &SecretString) -> Hmac<Sha256> {
    keyed_by(key.expose_secret().as_bytes())
}

pub(crate) fn keyed_by(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("HMAC takes a key of any length")
}
