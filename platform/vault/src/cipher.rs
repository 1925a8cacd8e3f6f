//! XChaCha20-Poly1305: its nonces are long enough to be drawn at random for ever.
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

pub(crate) const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 24;

/// One key, ready for use. It has no `Debug`, and wipes itself when dropped.
pub(crate) struct Cipher(XChaCha20Poly1305);

impl Cipher {
    pub fn new(key: &[u8; KEY_BYTES]) -> Self {
        Self(XChaCha20Poly1305::new(key.into()))
    }

    /// Returns nonce ‖ ciphertext. It opens only with the same `bound`.
    pub fn seal(&self, bound: &[u8], plain: &[u8]) -> Vec<u8> {
        let nonce: [u8; NONCE_BYTES] = rand::random();
        let payload = Payload { msg: plain, aad: bound };
        let sealed = self.0.encrypt(&XNonce::from(nonce), payload);
        [&nonce[..], &sealed.expect("the cipher takes whatever is shorter than 256 GiB")].concat()
    }

    /// `None` when a single bit of it, of `bound` or of the key is not what it was.
    pub fn open(&self, bound: &[u8], sealed: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (nonce, msg) = sealed.split_first_chunk::<NONCE_BYTES>()?;
        self.0.decrypt(&XNonce::from(*nonce), Payload { msg, aad: bound }).ok().map(Zeroizing::new)
    }
}

/// Joins what a ciphertext is bound to, each part after its length: `ab`, `c` is not `a`, `bc`.
pub(crate) fn bound(parts: &[&[u8]]) -> Vec<u8> {
    let mut bound = Vec::new();
    for part in parts {
        bound.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        bound.extend_from_slice(part);
    }
    bound
}

/// The key-encryption key: wraps all the others, and is kept away from them.
pub(crate) struct Kek(Cipher);

/// Says how a key is wrapped, before the nonce: there may be another key-encryption key one day.
const WRAPPED_V1: u8 = 1;

impl Kek {
    pub fn from_hex(text: &SecretString) -> Option<Self> {
        let digits = text.expose_secret().trim().as_bytes();
        let mut key = Zeroizing::new([0; KEY_BYTES]);
        if digits.len() != 2 * KEY_BYTES {
            return None;
        }
        for (byte, pair) in key.iter_mut().zip(digits.chunks_exact(2)) {
            let [high, low] = [pair[0], pair[1]].map(|it| char::from(it).to_digit(16));
            *byte = u8::try_from(high? * 16 + low?).ok()?;
        }
        Some(Self(Cipher::new(&key)))
    }

    pub fn wrap(&self, bound: &[u8], secret: &[u8]) -> Vec<u8> {
        let mut wrapped = self.0.seal(bound, secret);
        wrapped.insert(0, WRAPPED_V1);
        wrapped
    }

    pub fn unwrap(&self, bound: &[u8], wrapped: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
        let (version, sealed) = wrapped.split_first()?;
        if *version == WRAPPED_V1 { self.0.open(bound, sealed) } else { None }
    }
}
